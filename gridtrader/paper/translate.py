"""From the embedded exchange's words to the bot's, as the edge would have read them from the wire, and back."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Final

from gridtrader.domain.instrument import Instrument
from gridtrader.domain.types import (
    Execution,
    ExecutionKind,
    NewOrder,
    OrderReport,
    OrderStatus,
    PositionReport,
    Quote,
    Side,
    Wallet,
)
from gridtrader.engine.ports import Accepted, Outcome
from gridtrader.exchange import codes
from gridtrader.exchange.rows import BUY, INDEX_OF_SIDE, SELL, SIDE_OF_INDEX
from gridtrader.simulator.core import model

SIDES: Final = SIDE_OF_INDEX
INDEX: Final = INDEX_OF_SIDE

_STATUS: Final = {
    model.OrderStatus.NEW: OrderStatus.WORKING,
    model.OrderStatus.PARTIALLY_FILLED: OrderStatus.WORKING,
    model.OrderStatus.FILLED: OrderStatus.FILLED,
    model.OrderStatus.CANCELLED: OrderStatus.CANCELLED,
    model.OrderStatus.REJECTED: OrderStatus.REJECTED,
}
_KINDS: Final = {"Trade": ExecutionKind.TRADE, "Funding": ExecutionKind.FUNDING}


def order_report(order: model.Order) -> OrderReport:
    return OrderReport(
        symbol=order.symbol,
        side=SIDES[order.position_idx],
        order_id=order.order_id,
        link_id=order.order_link_id,
        status=_STATUS[order.status],
        is_buy=order.side == BUY,
        reduce_only=order.reduce_only,
        price=order.price,
        qty=order.qty,
        filled_qty=order.cum_exec_qty,
        filled_value=order.cum_exec_value,
        created_ms=order.created_time,
        updated_ms=order.updated_time,
        reason=order.reject_reason,
    )


def execution_of(execution: model.Execution) -> Execution:
    return Execution(
        symbol=execution.symbol,
        side=SIDES[execution.position_idx],
        kind=_KINDS.get(execution.exec_type, ExecutionKind.FORCED),
        exec_id=execution.exec_id,
        order_id=execution.order_id,
        link_id=execution.order_link_id,
        is_buy=execution.side == BUY,
        price=execution.price,
        qty=execution.qty,
        closed_qty=execution.closed_size,
        fee=execution.fee + execution.extra_fee,
        is_maker=execution.is_maker,
        pnl=execution.exec_pnl,
        at_ms=execution.exec_time,
        seq=execution.seq,
    )


def position_report(view: model.PositionView) -> PositionReport:
    return PositionReport(
        view.symbol,
        SIDES[view.position_idx],
        view.size,
        view.entry_price,
        view.leverage,
        view.seq,
        view.updated_time,
        view.cur_realised_pnl if view.size else None,
    )


def flat_report(symbol: str, side: Side) -> PositionReport:
    """Return what the exchange says of a side that has never been traded."""
    zero = Decimal(0)
    return PositionReport(symbol, side, zero, zero, zero, -1, 0)


def wallet_of(view: model.WalletView, at_ms: int) -> Wallet:
    return Wallet(
        margin_balance=view.total_margin_balance,
        available=view.total_available,
        initial_margin=view.total_initial_margin,
        maintenance_margin=view.total_maintenance_margin,
        mm_rate=view.mm_rate,
        at_ms=at_ms,
    )


def quote_of(quote: model.Quote, at_ms: int) -> Quote:
    return Quote(quote.bid, quote.ask, quote.last, at_ms)


def instrument_of(row: model.Instrument) -> Instrument:
    return Instrument(
        symbol=row.symbol,
        tick_size=row.tick_size,
        qty_step=row.qty_step,
        min_qty=row.min_qty,
        max_qty=row.max_qty,
        min_notional=row.min_notional,
        min_price=row.min_price,
        max_price=row.max_price,
        max_leverage=row.max_leverage,
        funding_interval_min=row.funding_interval_min,
        is_trading=row.status == "Trading",
    )


def request_of(order: NewOrder) -> model.OrderRequest:
    return model.OrderRequest(
        symbol=order.symbol,
        side=BUY if order.is_buy else SELL,
        order_type="Limit",
        qty=order.qty,
        price=order.price,
        position_idx=INDEX[order.side],
        reduce_only=order.reduce_only,
        order_link_id=order.link_id,
    )


def side_reports(symbol: str, views: Iterable[model.PositionView]) -> list[PositionReport]:
    """Return both sides of a contract in hedge mode; one that has never been traded is flat."""
    known = {view.position_idx: view for view in views}
    return [
        position_report(known[index]) if index in known else flat_report(symbol, side)
        for index, side in SIDES.items()
    ]


def outcome_of(deed: Callable[[], model.Order | None]) -> Outcome:
    """Carry out a command and return what the bot hears of it."""
    try:
        order = deed()
    except model.Reject as reject:
        return Accepted("") if reject.code in codes.SOFT else codes.failure_of(reject.code, reject.text)
    return Accepted(order.order_id if order is not None else "")
