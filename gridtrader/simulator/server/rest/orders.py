"""`/v5/order/create`, `amend`, `cancel`, `cancel-all` and their batches."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial

from gridtrader.simulator.core.model import Order, OrderRequest, OrderStatus, Reject
from gridtrader.simulator.server.params import Params, bad
from gridtrader.simulator.server.rest.call import Access, Answer, Call, Endpoint, per_second
from gridtrader.simulator.server.rest.kinds import Kinds
from gridtrader.simulator.server.rest.market import linear

LINK_ID_LENGTH = 36
LINK_ID_SIGNS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
TIMES_IN_FORCE = ("GTC", "IOC", "FOK", "PostOnly")
TRIGGERS = ("LastPrice", "MarkPrice", "IndexPrice")
NOT_EMULATED = ("takeProfit", "stopLoss", "tpLimitPrice", "slLimitPrice", "bboSideType", "slippageToleranceType")
RACE_MS = 1000
"""How long after a fill a cancel still crosses it on the wire."""


def create(call: Call) -> Answer:
    linear(call.params)
    return Answer(_ids(_place(call, call.params)))


def amend(call: Call) -> Answer:
    linear(call.params)
    return Answer(_ids(_amend(call, call.params)))


def cancel(call: Call) -> Answer:
    linear(call.params)
    return Answer(_ids(_cancel(call, call.params)))


def cancel_all(call: Call) -> Answer:
    """By symbol, else by base coin, else by settle coin; of the kinds that `orderFilter` names."""
    linear(call.params)
    symbol, coin, base = (call.params.text(name) for name in ("symbol", "settleCoin", "baseCoin"))
    kinds = Kinds.asked(call.params)
    cancel = partial(
        call.venue.core.cancel_all, call.uid, call.now, active=kinds.active, conditional=kinds.conditional
    )
    if symbol:
        cancelled = list(cancel(symbol=call.venue.instrument(symbol).symbol))
    elif base:
        symbols = [found.symbol for found in call.venue.instruments.values() if found.base_coin == base]
        cancelled = [order for name in symbols for order in cancel(symbol=name)]
    elif coin:
        cancelled = list(cancel(settle_coin=coin))
    else:
        raise bad("params error: symbol, settleCoin or baseCoin is required")
    return Answer({"list": [_ids(order) for order in cancelled], "success": "1"})


def create_batch(call: Call) -> Answer:
    return _batch(call, _place, with_time=True)


def amend_batch(call: Call) -> Answer:
    return _batch(call, _amend)


def cancel_batch(call: Call) -> Answer:
    return _batch(call, _cancel)


def _batch(call: Call, act: Callable[[Call, Params], Order], *, with_time: bool = False) -> Answer:
    """Do one after the other; each item has its own code, the envelope says nothing about them."""
    category = linear(call.params)
    rows: list[dict[str, object]] = []
    codes: list[dict[str, object]] = []
    for place, item in enumerate(call.params.items("request", int(call.venue.options.batch_most))):
        row: dict[str, object] = {"category": category, "symbol": "", "orderId": "", "orderLinkId": ""}
        try:
            row |= {"symbol": item.text("symbol"), "orderLinkId": item.text("orderLinkId")}
            if place >= call.granted:
                raise Reject(10006, "Too many visits. Exceeded the API Rate Limit.")
            order = act(call, item)
            row |= _ids(order)
            codes.append({"code": 0, "msg": "OK"})
        except Reject as reject:
            order = None
            codes.append({"code": reject.code, "msg": reject.text})
        if with_time:
            row["createAt"] = "" if order is None else str(order.created_time)
        rows.append(row)
    return Answer({"list": rows}, extra={"list": codes})


def _place(call: Call, params: Params) -> Order:
    return call.venue.core.create_order(call.uid, _order_request(call, params), call.now)


def _order_request(call: Call, params: Params) -> OrderRequest:
    """Check what the wire itself checks, and fill in what Bybit defaults."""
    symbol = call.venue.instrument(params.required("symbol")).symbol
    order_type = params.choice("orderType", ("Limit", "Market"))
    _refuse_not_emulated(params)
    qty = params.decimal("qty", "Qty invalid")
    if qty is None:
        raise bad("params error: qty is required")
    price = params.decimal("price", "price invalid")
    if price is None and order_type == "Limit":
        raise bad("params error: price is required")
    return OrderRequest(
        symbol=symbol,
        side=params.choice("side", ("Buy", "Sell")),
        order_type=order_type,
        qty=qty,
        price=price if order_type == "Limit" else None,
        position_idx=params.integer("positionIdx", 0, 0, 2),
        time_in_force="IOC" if order_type == "Market" else params.choice("timeInForce", TIMES_IN_FORCE, "GTC"),
        reduce_only=params.flag("reduceOnly"),
        close_on_trigger=params.flag("closeOnTrigger"),
        order_link_id=_link_id(params),
        trigger_price=_positive(params, "triggerPrice"),
        trigger_direction=params.integer("triggerDirection", 0, 0, 2),
        trigger_by=params.choice("triggerBy", TRIGGERS, "LastPrice") if params.has("triggerPrice") else "",
    )


def _refuse_not_emulated(params: Params) -> None:
    for name in NOT_EMULATED:
        if params.is_set(name):
            raise bad(f"params error: {name} is not supported by this exchange")


def _positive(params: Params, name: str) -> Decimal | None:
    return params.decimal(name) or None


def _link_id(params: Params) -> str:
    link_id = params.text("orderLinkId")
    if len(link_id) > LINK_ID_LENGTH:
        raise bad("params error: OrderLinkId length exceeded")
    if not LINK_ID_SIGNS.issuperset(link_id):
        raise bad("params error: OrderLinkId invalid")
    return link_id


def _amend(call: Call, params: Params) -> Order:
    symbol, order_id, link_id = _named(call, params)
    _refuse_not_emulated(params)
    return call.venue.core.amend_order(
        call.uid,
        symbol,
        call.now,
        order_id=order_id,
        order_link_id=link_id,
        qty=params.decimal("qty", "Qty invalid"),
        price=params.decimal("price", "price invalid"),
        trigger_price=_positive(params, "triggerPrice"),
    )


def _cancel(call: Call, params: Params) -> Order:
    symbol, order_id, link_id = _named(call, params)
    core = call.venue.core
    try:
        return core.cancel_order(call.uid, symbol, call.now, order_id=order_id, order_link_id=link_id)
    except Reject:
        order = core.find_order(call.uid, order_id=order_id, order_link_id=link_id)
        if order is not None and order.status is OrderStatus.FILLED and call.now - order.updated_time <= RACE_MS:
            call.venue.repeat_fill(order)
        raise


def _named(call: Call, params: Params) -> tuple[str, str, str]:
    symbol = call.venue.instrument(params.required("symbol")).symbol
    order_id, link_id = params.text("orderId"), params.text("orderLinkId")
    if not order_id and not link_id:
        raise bad("params error: OrderId or orderLinkId is required")
    return symbol, order_id, link_id


def _ids(order: Order) -> dict[str, object]:
    return {"orderId": order.order_id, "orderLinkId": order.order_link_id}


_WRITE = Access.WRITE

ENDPOINTS = (
    Endpoint("POST", "/v5/order/create", create, _WRITE, per_second(10)),
    Endpoint("POST", "/v5/order/amend", amend, _WRITE, per_second(10)),
    Endpoint("POST", "/v5/order/cancel", cancel, _WRITE, per_second(10)),
    Endpoint("POST", "/v5/order/cancel-all", cancel_all, _WRITE, per_second(10)),
    Endpoint("POST", "/v5/order/create-batch", create_batch, _WRITE, per_second(10), counts_orders=True),
    Endpoint("POST", "/v5/order/amend-batch", amend_batch, _WRITE, per_second(10), counts_orders=True),
    Endpoint("POST", "/v5/order/cancel-batch", cancel_batch, _WRITE, per_second(10), counts_orders=True),
)
