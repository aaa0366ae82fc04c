"""Books from the embedded exchange's own dump (`GET /control/accounts/{name}`)."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from gridtrader.audit.books import BookFill, BookOrder, Books, name_of

_FUNDING = "Funding"


def books_from_dump(dump: Mapping[str, Any]) -> Books:
    """Return the books of one account. Raises KeyError or ValueError for what is no dump."""
    return Books(
        orders=[_order(row) for row in dump["open_orders"]],
        fills=[_fill(row) for row in dump["executions"]],
        sizes={(row["symbol"], row["position_idx"]): Fraction(row["size"]) for row in dump["positions"]},
        available=Fraction(dump["wallet"]["total_available"]),
        margin_balance=Fraction(dump["wallet"]["total_margin_balance"]),
    )


def _order(row: Mapping[str, Any]) -> BookOrder:
    return BookOrder(
        symbol=row["symbol"],
        leg=row["position_idx"],
        order_id=row["order_id"],
        name=name_of(row["order_link_id"]),
        is_buy=row["side"] == "Buy",
        reduce_only=row["reduce_only"],
        price=Fraction(row["price"]),
        leaves=Fraction(row["leaves_qty"]),
    )


def _fill(row: Mapping[str, Any]) -> BookFill:
    return BookFill(
        symbol=row["symbol"],
        leg=row["position_idx"],
        name=name_of(row["order_link_id"]),
        price=Fraction(row["price"]),
        qty=Fraction(row["qty"]),
        closed=Fraction(row["closed_size"]),
        fee=Fraction(row["fee"]),
        is_funding=row["exec_type"] == _FUNDING,
        at_ms=row["exec_time"],
        seq=row["seq"],
    )
