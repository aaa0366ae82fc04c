"""Fills and funding settlements as `execution/list` and the `execution` topics show them (Bybit V5 docs).

V5 tells neither by REST nor by stream which leg a fill belongs to; `execPnl` is told by the stream only.
"""

from gridtrader.simulator.core.model import Execution, Instrument
from gridtrader.simulator.server.text import EMPTY, at_step, extra_fees, plain

Row = dict[str, object]
FUNDING = "Funding"
TRADE = "Trade"


def rest_execution(execution: Execution, instrument: Instrument) -> Row:
    """Return the row of `execution/list`."""
    step = instrument.qty_step
    return {
        **_common(execution),
        "feeCurrency": EMPTY,
        "execQty": at_step(execution.qty, step),
        "orderQty": at_step(execution.order_qty, step) if execution.order_qty else "0",
        "markPrice": at_step(execution.mark_price, instrument.tick_size),
    }


def stream_execution(execution: Execution) -> Row:
    """Return the row of the `execution` topic."""
    return {
        "category": "linear",
        **_common(execution),
        "feeCurrency": "USDT",
        "execQty": plain(execution.qty),
        "orderQty": plain(execution.order_qty),
        "markPrice": plain(execution.mark_price),
        "isLeverage": "0",
        "execPnl": plain(execution.exec_pnl),
    }


def fast_execution(execution: Execution) -> Row:
    """Return the row of `execution.fast`; a maker's row does not name its `orderLinkId`."""
    return {
        "category": "linear",
        "symbol": execution.symbol,
        "execId": execution.exec_id,
        "execPrice": plain(execution.price),
        "execQty": plain(execution.qty),
        "orderId": execution.order_id,
        "isMaker": execution.is_maker,
        "orderLinkId": EMPTY if execution.is_maker else execution.order_link_id,
        "side": execution.side,
        "execTime": str(execution.exec_time),
        "seq": execution.seq,
    }


def _common(execution: Execution) -> Row:
    is_funding = execution.exec_type == FUNDING
    return {
        "symbol": execution.symbol,
        "orderType": "UNKNOWN" if is_funding else execution.order_type,
        "underlyingPrice": EMPTY,
        "orderLinkId": execution.order_link_id,
        "side": execution.side,
        "indexPrice": EMPTY,
        "orderId": execution.order_id,
        "stopOrderType": "UNKNOWN",
        "leavesQty": plain(execution.leaves_qty),
        "execTime": str(execution.exec_time),
        "isMaker": execution.is_maker,
        "execFee": plain(execution.fee),
        "feeRate": plain(execution.fee_rate),
        "execId": execution.exec_id,
        "tradeIv": EMPTY,
        "blockTradeId": EMPTY,
        "execPrice": plain(execution.price),
        "markIv": EMPTY,
        "orderPrice": plain(execution.order_price),
        "execValue": plain(execution.value),
        "execType": execution.exec_type,
        "closedSize": plain(execution.closed_size),
        "createType": EMPTY if is_funding else execution.create_type,
        "marketUnit": EMPTY,
        "extraFees": extra_fees(execution.extra_fee, execution.extra_fee_rate),
        "seq": execution.seq,
    }
