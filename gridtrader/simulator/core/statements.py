"""The rows an account can look up: executions, transaction log, closed profit. Built from what is known, no state."""

from decimal import Decimal

from gridtrader.simulator.core.model import ZERO, ClosedPnl, Execution, LedgerEntry, Order, Position, Quote
from gridtrader.simulator.core.positions import Fill

FUNDING = "Funding"


def trade(
    order: Order,
    quote: Quote,
    closed: Fill,
    *,
    exec_id: str,
    exec_type: str,
    price: Decimal,
    qty: Decimal,
    fee: Decimal,
    fee_rate: Decimal,
    is_maker: bool,
    extra_fee: Decimal,
    extra_fee_rate: Decimal,
) -> Execution:
    """Return the execution of a fill; `order` is the version after it."""
    return Execution(
        uid=order.uid,
        exec_id=exec_id,
        exec_type=exec_type,
        symbol=order.symbol,
        side=order.side,
        position_idx=order.position_idx,
        order_id=order.order_id,
        order_link_id=order.order_link_id,
        order_type=order.order_type,
        order_price=order.price,
        order_qty=order.qty,
        leaves_qty=order.leaves_qty,
        price=price,
        qty=qty,
        value=qty * price,
        closed_size=closed.closed,
        fee=fee,
        fee_rate=fee_rate,
        is_maker=is_maker,
        exec_pnl=closed.pnl,
        mark_price=quote.mark,
        index_price=quote.index,
        create_type=order.create_type,
        exec_time=order.updated_time,
        seq=order.seq,
        extra_fee=extra_fee,
        extra_fee_rate=extra_fee_rate,
    )


def funding(
    leg: Position,
    quote: Quote,
    *,
    uid: int,
    exec_id: str,
    order_id: str,
    rate: Decimal,
    fee: Decimal,
    now: int,
    seq: int,
) -> Execution:
    """Return the execution of a funding settlement of a leg; `fee` > 0 is paid. There is no order behind it."""
    return Execution(
        uid=uid,
        exec_id=exec_id,
        exec_type=FUNDING,
        symbol=leg.symbol,
        side=leg.side,
        position_idx=leg.position_idx,
        order_id=order_id,
        order_link_id="",
        order_type="UNKNOWN",
        order_price=ZERO,
        order_qty=ZERO,
        leaves_qty=ZERO,
        price=quote.mark,
        qty=leg.size,
        value=leg.size * quote.mark,
        closed_size=ZERO,
        fee=fee,
        fee_rate=rate,
        is_maker=False,
        exec_pnl=ZERO,
        mark_price=quote.mark,
        index_price=quote.index,
        create_type="",
        exec_time=now,
        seq=seq,
    )


def ledger_row(
    execution: Execution, *, row_id: str, row_type: str, size: Decimal, cash_balance: Decimal
) -> LedgerEntry:
    """Return the transaction log's row of an execution.

    Funding has its own column there, with the opposite sign (> 0 received), and no fee; the rate of a short
    position is shown negated.
    """
    is_funding = execution.exec_type == FUNDING
    received = -execution.fee if is_funding else ZERO
    fee = ZERO if is_funding else execution.fee
    return LedgerEntry(
        id=row_id,
        time=execution.exec_time,
        symbol=execution.symbol,
        side=execution.side,
        type=row_type,
        qty=execution.qty,
        size=size,
        price=execution.price,
        fee=fee,
        fee_rate=-execution.fee_rate if is_funding and execution.side == "Sell" else execution.fee_rate,
        cash_flow=execution.exec_pnl,
        funding=received,
        change=execution.exec_pnl + received - fee - execution.extra_fee,
        cash_balance=cash_balance,
        trade_id=execution.exec_id,
        order_id=execution.order_id,
        order_link_id=execution.order_link_id,
        extra_fee=execution.extra_fee,
        extra_fee_rate=execution.extra_fee_rate,
    )


def transfer_row(*, row_id: str, amount: Decimal, cash_balance: Decimal, now: int) -> LedgerEntry:
    """Return the row of money put in (> 0) or taken out (< 0)."""
    return LedgerEntry(
        id=row_id,
        time=now,
        symbol="",
        side="None",
        type="TRANSFER_IN" if amount >= 0 else "TRANSFER_OUT",
        qty=abs(amount),
        size=ZERO,
        price=ZERO,
        fee=ZERO,
        fee_rate=ZERO,
        cash_flow=amount,
        funding=ZERO,
        change=amount,
        cash_balance=cash_balance,
        trade_id="",
        order_id="",
        order_link_id="",
    )


def closed_pnl_row(
    before: ClosedPnl | None, order: Order, exec_type: str, closed: Fill, *, leverage: Decimal, price_quantum: Decimal
) -> ClosedPnl:
    """Return the row of a closing order with one more fill in it; the averages are rounded to `price_quantum`."""
    size, entry, exit_ = closed.closed, closed.entry_value, closed.exit_value
    open_fee, close_fee, count, created = closed.open_fee, closed.close_fee, 1, order.updated_time
    if before is not None:
        size, entry, exit_ = size + before.closed_size, entry + before.cum_entry_value, exit_ + before.cum_exit_value
        open_fee, close_fee = open_fee + before.open_fee, close_fee + before.close_fee
        count, created = before.fill_count + 1, before.created_time
    return ClosedPnl(
        symbol=order.symbol,
        order_id=order.order_id,
        side=order.side,
        qty=order.qty,
        order_price=order.price,
        order_type=order.order_type,
        exec_type=exec_type,
        closed_size=size,
        cum_entry_value=entry,
        avg_entry_price=(entry / size).quantize(price_quantum),
        cum_exit_value=exit_,
        avg_exit_price=(exit_ / size).quantize(price_quantum),
        closed_pnl=order.closed_pnl,
        fill_count=count,
        leverage=leverage,
        open_fee=open_fee,
        close_fee=close_fee,
        created_time=created,
        updated_time=order.updated_time,
    )
