"""The versions of an order: the first one, and the next after each change.

Every command and fill comes here, so orders are built by giving their fields by place, in the order of `Order`: by
name, or with `dataclasses.replace`, the same takes three to fifteen times as long.
"""

from decimal import Decimal

from gridtrader.simulator.core.model import ZERO, Order, OrderStatus


def first_version(
    uid: int,
    order_id: str,
    order_link_id: str,
    symbol: str,
    side: str,
    position_idx: int,
    order_type: str,
    time_in_force: str,
    price: Decimal,
    qty: Decimal,
    now: int,
    seq: int,
    *,
    reduce_only: bool,
    create_type: str,
    last_price: Decimal,
    status: OrderStatus = OrderStatus.NEW,
    close_on_trigger: bool = False,
    trigger_price: Decimal | None = None,
    trigger_direction: int = 0,
    trigger_by: str = "",
) -> Order:
    """Return an order of which nothing has been executed yet, as it is made at `now` (milliseconds)."""
    return Order(
        uid,
        order_id,
        order_link_id,
        symbol,
        side,
        position_idx,
        order_type,
        time_in_force,
        price,
        qty,
        qty,
        ZERO,
        ZERO,
        ZERO,
        status,
        reduce_only,
        close_on_trigger,
        "UNKNOWN",
        "EC_NoError",
        ZERO,
        create_type,
        last_price,
        trigger_price,
        trigger_direction,
        trigger_by,
        now,
        now,
        seq,
    )


def next_version(
    order: Order,
    now: int,
    seq: int,
    *,
    price: Decimal | None = None,
    qty: Decimal | None = None,
    leaves_qty: Decimal | None = None,
    cum_exec_qty: Decimal | None = None,
    cum_exec_value: Decimal | None = None,
    cum_exec_fee: Decimal | None = None,
    status: OrderStatus | None = None,
    reduce_only: bool | None = None,
    cancel_type: str | None = None,
    reject_reason: str | None = None,
    closed_pnl: Decimal | None = None,
    trigger_price: Decimal | None = None,
) -> Order:
    """Return the order as it stands after a change at `now` (milliseconds) with the sequence number `seq`.

    None leaves a field as it is.
    """
    return Order(
        order.uid,
        order.order_id,
        order.order_link_id,
        order.symbol,
        order.side,
        order.position_idx,
        order.order_type,
        order.time_in_force,
        order.price if price is None else price,
        order.qty if qty is None else qty,
        order.leaves_qty if leaves_qty is None else leaves_qty,
        order.cum_exec_qty if cum_exec_qty is None else cum_exec_qty,
        order.cum_exec_value if cum_exec_value is None else cum_exec_value,
        order.cum_exec_fee if cum_exec_fee is None else cum_exec_fee,
        order.status if status is None else status,
        order.reduce_only if reduce_only is None else reduce_only,
        order.close_on_trigger,
        order.cancel_type if cancel_type is None else cancel_type,
        order.reject_reason if reject_reason is None else reject_reason,
        order.closed_pnl if closed_pnl is None else closed_pnl,
        order.create_type,
        order.last_price_on_created,
        order.trigger_price if trigger_price is None else trigger_price,
        order.trigger_direction,
        order.trigger_by,
        order.created_time,
        now,
        seq,
    )
