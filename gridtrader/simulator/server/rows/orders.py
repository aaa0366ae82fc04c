"""Orders as `order/realtime`, `order/history` and the `order` topic show them (Bybit V5 docs, order).

REST writes prices and quantities at the contract's steps ("64000.00", "0.010"), the stream writes them bare
("64000", "0.01").
"""

from decimal import Decimal

from gridtrader.simulator.core.model import ZERO, Instrument, Order
from gridtrader.simulator.server.text import EMPTY, amount, at_step, average, optional, plain

Row = dict[str, object]


def rest_order(order: Order, instrument: Instrument) -> Row:
    """Return the row of the REST lists."""
    tick, step = instrument.tick_size, instrument.qty_step
    return {
        **_common(order, instrument),
        "price": at_step(order.price, tick),
        "qty": at_step(order.qty, step),
        "leavesQty": at_step(order.leaves_qty, step),
        "cumExecQty": at_step(order.cum_exec_qty, step),
        "triggerPrice": EMPTY if order.trigger_price is None else at_step(order.trigger_price, tick),
        "lastPriceOnCreated": at_step(order.last_price_on_created, tick),
        "tpslMode": EMPTY,
        "extraFees": EMPTY,
    }


def stream_order(order: Order, instrument: Instrument) -> Row:
    """Return the row of the `order` topic."""
    return {
        "category": "linear",
        **_common(order, instrument),
        "price": plain(order.price),
        "qty": plain(order.qty),
        "leavesQty": plain(order.leaves_qty),
        "cumExecQty": plain(order.cum_exec_qty),
        "triggerPrice": optional(order.trigger_price),
        "lastPriceOnCreated": plain(order.last_price_on_created),
        "tpslMode": "UNKNOWN",
        "feeCurrency": EMPTY,
        "closedPnl": amount(order.closed_pnl),
    }


def _common(order: Order, instrument: Instrument) -> Row:
    return {
        "orderId": order.order_id,
        "orderLinkId": order.order_link_id,
        "blockTradeId": EMPTY,
        "symbol": order.symbol,
        "side": order.side,
        "isLeverage": EMPTY,
        "positionIdx": order.position_idx,
        "orderStatus": order.status.value,
        "cancelType": order.cancel_type,
        "rejectReason": order.reject_reason,
        "avgPrice": EMPTY if order.avg_price is None else average(order.avg_price, instrument.tick_size),
        "leavesValue": plain(order.leaves_qty * _value_price(order)),
        "cumExecValue": plain(order.cum_exec_value),
        "cumExecFee": plain(order.cum_exec_fee),
        "timeInForce": order.time_in_force,
        "orderType": order.order_type,
        "stopOrderType": EMPTY if order.trigger_price is None else "Stop",
        "orderIv": EMPTY,
        "takeProfit": EMPTY,
        "stopLoss": EMPTY,
        "tpTriggerBy": EMPTY,
        "slTriggerBy": EMPTY,
        "triggerDirection": order.trigger_direction,
        "triggerBy": order.trigger_by,
        "reduceOnly": order.reduce_only,
        "closeOnTrigger": order.close_on_trigger,
        "smpType": "None",
        "smpGroup": 0,
        "smpOrderId": EMPTY,
        "tpLimitPrice": "0",
        "slLimitPrice": "0",
        "placeType": EMPTY,
        "createType": order.create_type,
        "marketUnit": EMPTY,
        "slippageToleranceType": "UNKNOWN",
        "slippageTolerance": "0",
        "cumFeeDetail": {"USDT": plain(order.cum_exec_fee)} if order.cum_exec_qty else {},
        "rpiTakerAccess": False,
        "rpiMatchedQty": "0",
        "parentOrderLinkId": EMPTY,
        "createdTime": str(order.created_time),
        "updatedTime": str(order.updated_time),
    }


def _value_price(order: Order) -> Decimal:
    return order.price or order.trigger_price or ZERO
