"""Rows of the transaction log and of `position/closed-pnl` (Bybit V5 docs)."""

from decimal import Decimal

from gridtrader.simulator.core.model import ClosedPnl, Instrument, LedgerEntry
from gridtrader.simulator.server.text import EMPTY, amount, at_step, extra_fees, plain

Row = dict[str, object]
SETTLEMENT = "SETTLEMENT"
NO_FEE = "0.00000000"
"""How the fee of a settlement is written."""


def transaction(entry: LedgerEntry, instrument: Instrument | None) -> Row:
    """Return the row of the transaction log; `funding` > 0 was received, and is empty unless it is a settlement.

    Money that came or went belongs to no contract: `instrument` is None.
    """
    step = instrument.qty_step if instrument is not None else None
    is_settlement = entry.type == SETTLEMENT
    return {
        "id": entry.id,
        "symbol": entry.symbol,
        "category": "linear" if entry.symbol else EMPTY,
        "side": entry.side or "None",
        "transactionTime": str(entry.time),
        "type": entry.type,
        "transSubType": EMPTY,
        "qty": plain(entry.qty) if step is None else at_step(entry.qty, step),
        "size": plain(entry.size) if step is None else at_step(entry.size, step),
        "currency": "USDT",
        "tradePrice": plain(entry.price) if instrument is None else _price(entry.price, instrument),
        "funding": plain(entry.funding) if is_settlement else EMPTY,
        "fee": NO_FEE if is_settlement else plain(entry.fee),
        "cashFlow": plain(entry.cash_flow),
        "change": plain(entry.change),
        "cashBalance": plain(entry.cash_balance),
        "feeRate": plain(entry.fee_rate),
        "bonusChange": EMPTY,
        "tradeId": entry.trade_id,
        "orderId": entry.order_id,
        "orderLinkId": entry.order_link_id,
        "extraFees": extra_fees(entry.extra_fee, entry.extra_fee_rate),
    }


def _price(price: Decimal, instrument: Instrument) -> str:
    """Return a price at the tick; a take-over or a settlement may lie between two ticks."""
    tick = instrument.tick_size
    return plain(price) if price % tick else at_step(price, tick)


def closed_pnl(row: ClosedPnl, instrument: Instrument) -> Row:
    """Return the row of `closed-pnl`; `side` is the closing order's."""
    step = instrument.qty_step
    return {
        "symbol": row.symbol,
        "orderId": row.order_id,
        "side": row.side,
        "qty": at_step(row.qty, step),
        "orderPrice": plain(row.order_price),
        "orderType": row.order_type,
        "execType": row.exec_type,
        "closedSize": at_step(row.closed_size, step),
        "cumEntryValue": amount(row.cum_entry_value),
        "avgEntryPrice": amount(row.avg_entry_price),
        "cumExitValue": plain(row.cum_exit_value),
        "avgExitPrice": amount(row.avg_exit_price),
        "closedPnl": amount(row.closed_pnl),
        "fillCount": str(row.fill_count),
        "leverage": plain(row.leverage),
        "openFee": amount(row.open_fee),
        "closeFee": plain(row.close_fee),
        "createdTime": str(row.created_time),
        "updatedTime": str(row.updated_time),
    }
