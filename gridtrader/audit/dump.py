"""Books from the embedded exchange's own dump (`GET /control/accounts/{name}`)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from gridtrader.audit.books import BookFill, BookOrder, Books, name_of

_FUNDING = "Funding"


def books_from_dump(
    dump: Mapping[str, Any],
    *,
    prices: Mapping[str, Decimal] | None = None,
    held: frozenset[str] = frozenset(),
    is_stopped: bool = False,
) -> Books:
    """Return the books of one account; what the dump does not hold is told beside it.

    Raises KeyError or ArithmeticError for what is no dump.
    """
    return Books(
        orders=[order_from_row(row) for row in dump["open_orders"]],
        fills=[fill_from_row(row) for row in dump["executions"]],
        sizes={(row["symbol"], row["position_idx"]): Decimal(row["size"]) for row in dump["positions"]},
        available=Decimal(dump["wallet"]["total_available"]),
        margin_balance=Decimal(dump["wallet"]["total_margin_balance"]),
        prices=prices or {},
        held=held,
        is_stopped=is_stopped,
    )


def marks_of(dump: Mapping[str, Any]) -> dict[str, Decimal]:
    """Return the mark prices that the positions show, for a caller whose bot is known to hear prices."""
    return {row["symbol"]: Decimal(row["mark_price"]) for row in dump["positions"]}


def order_from_row(row: Mapping[str, Any]) -> BookOrder:
    """Return an order from the exchange's own names for its parts."""
    return BookOrder(
        symbol=row["symbol"],
        leg=row["position_idx"],
        order_id=row["order_id"],
        name=name_of(row["order_link_id"]),
        is_buy=row["side"] == "Buy",
        reduce_only=row["reduce_only"],
        price=Decimal(row["price"]),
        qty=Decimal(row["qty"]),
        leaves=Decimal(row["leaves_qty"]),
    )


def fill_from_row(row: Mapping[str, Any]) -> BookFill:
    """Return an execution from the exchange's own names for its parts."""
    return BookFill(
        symbol=row["symbol"],
        leg=row["position_idx"],
        name=name_of(row["order_link_id"]),
        order_id=row["order_id"],
        order_qty=Decimal(row["order_qty"]),
        order_price=Decimal(row["order_price"]),
        price=Decimal(row["price"]),
        qty=Decimal(row["qty"]),
        closed=Decimal(row["closed_size"]),
        fee=Decimal(row["fee"]) + Decimal(row["extra_fee"]),
        is_funding=row["exec_type"] == _FUNDING,
        at_ms=row["exec_time"],
        seq=row["seq"],
    )
