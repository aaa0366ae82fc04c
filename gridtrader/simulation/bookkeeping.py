"""From the simulated exchange's words to those of the laws."""

from decimal import Decimal

from gridtrader.audit.books import BookFill, BookOrder, name_of
from gridtrader.simulator.core import model


def book_order(order: model.Order, leaves: Decimal, asked_price: Decimal | None = None) -> BookOrder:
    """Return an order with `leaves` open; `asked_price` is its limit as asked, where the exchange has moved it."""
    return BookOrder(
        symbol=order.symbol,
        leg=order.position_idx,
        order_id=order.order_id,
        name=name_of(order.order_link_id),
        is_buy=order.side == "Buy",
        reduce_only=order.reduce_only,
        price=order.price,
        qty=order.qty,
        leaves=leaves,
        asked_price=asked_price,
    )


def book_fill(execution: model.Execution, asked_price: Decimal | None = None) -> BookFill:
    """Return a fill or a funding settlement; `asked_price` is its order's limit as it was sent, if known."""
    return BookFill(
        symbol=execution.symbol,
        leg=execution.position_idx,
        name=name_of(execution.order_link_id),
        order_id=execution.order_id,
        order_qty=execution.order_qty,
        order_price=execution.order_price if asked_price is None else asked_price,
        price=execution.price,
        qty=execution.qty,
        closed=execution.closed_size,
        fee=execution.fee + execution.extra_fee,
        is_funding=execution.exec_type == "Funding",
        at_ms=execution.exec_time,
        seq=execution.seq,
    )
