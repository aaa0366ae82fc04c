"""`/v5/order/realtime`, `/v5/order/history` and `/v5/execution/list`: what is and what was."""

from collections.abc import Iterable, Iterator

from gridtrader.simulator.core.model import Execution, Order, OrderStatus, World
from gridtrader.simulator.server.pages import DAY_MS, WEEK_MS, Key, Page, Window, cut
from gridtrader.simulator.server.params import Params, bad
from gridtrader.simulator.server.rest.call import Access, Answer, Call, Endpoint, per_second
from gridtrader.simulator.server.rest.kinds import Kinds
from gridtrader.simulator.server.rest.market import empty, listing
from gridtrader.simulator.server.rows.executions import rest_execution
from gridtrader.simulator.server.rows.orders import rest_order

SETTLE_COIN = "USDT"
TWO_YEARS_MS = 730 * DAY_MS
CLOSED_STATUSES = frozenset(status.value for status in OrderStatus)


def realtime(call: Call) -> Answer:
    """Open orders, or the most recent closed ones; an order asked for by name whatever its status, if it is one of
    these."""
    category, is_here = listing(call.params)
    if not is_here:
        return empty(category)
    params, reads = call.params, call.venue.reads
    if not any(params.has(name) for name in ("symbol", "baseCoin", "settleCoin")):
        raise bad("params error: symbol, baseCoin or settleCoin is required")
    order_id, link_id = params.text("orderId"), params.text("orderLinkId")
    orders: Iterable[Order]
    if order_id or link_id:
        found = reads.find(call.uid, order_id, link_id)
        orders = [] if found is None or not _is_kept(found, call) else [found]
    elif params.integer("openOnly", 0, 0, 2):
        orders = [order for order in reads.recent_closed(call.uid) if _is_kept(order, call)]
    else:
        orders = reads.open_orders(call.uid)
    kinds = Kinds.asked(params)
    return _orders(call, (order for order in orders if _is_wanted(call, order, kinds)))


def history(call: Call) -> Answer:
    """Closed orders within a window of 7 days, as long as Bybit keeps them."""
    category, is_here = listing(call.params)
    if not is_here:
        return empty(category)
    params = call.params
    status = params.text("orderStatus")
    if status and status not in CLOSED_STATUSES:
        raise bad("params error: orderStatus invalid")
    order_id, link_id = params.text("orderId"), params.text("orderLinkId")
    window, kinds = _window(call, is_named=bool(order_id or link_id)), Kinds.asked(params)
    orders = (
        order
        for order in _closed_since(call, window.start)
        if window.holds(order.created_time)
        and _is_kept(order, call)
        and _is_wanted(call, order, kinds)
        and status in ("", order.status.value)
        and (order.order_id == order_id if order_id else link_id in ("", order.order_link_id))
    )
    return _orders(call, orders)


def _closed_since(call: Call, start: int) -> Iterator[Order]:
    """Yield the orders that were closed at `start` or later, newest first: no other can have been created then."""
    for order in reversed(call.venue.reads.closed_orders(call.uid)):
        if order.updated_time < start:
            return
        yield order


def _window(call: Call, *, is_named: bool) -> Window:
    """Return the stretch of time that is asked for; none bounds a search by name where `named_history` says so."""
    window = Window.asked(call.params, call.now)
    if is_named and call.venue.options.named_history == "any_time":
        return Window(0, max(call.now, window.end))
    return window


def _is_kept(order: Order, call: Call) -> bool:
    """Whether the exchange still knows a closed order (Bybit V5 docs, "Get Order History").

    Of the last 7 days everything, but orders that ended without a fill for 24 hours only; beyond, only orders with
    fills, for two years - not at all in the demo world.
    """
    if not order.status.is_final:
        return True
    age = call.now - order.updated_time
    if not order.cum_exec_qty:
        return age <= DAY_MS
    return age <= (WEEK_MS if call.account.world is World.DEMO else TWO_YEARS_MS)


def _is_wanted(call: Call, order: Order, kinds: Kinds) -> bool:
    params = call.params
    if params.has("orderId") or params.has("orderLinkId"):
        return params.text("symbol") in ("", order.symbol)
    return _is_of(params, order.symbol, call) and kinds.hold(order)


def _is_of(params: Params, symbol: str, call: Call) -> bool:
    """Whether a symbol is asked for: by name, else by base coin, else by settle coin."""
    if params.has("symbol"):
        return symbol == call.venue.instrument(params.text("symbol")).symbol
    if params.has("baseCoin"):
        return call.venue.instrument(symbol).base_coin == params.text("baseCoin")
    return params.text("settleCoin", SETTLE_COIN) == SETTLE_COIN


def _orders(call: Call, orders: Iterable[Order]) -> Answer:
    page = Page.asked(call.params, 20, 50)
    shown, cursor = cut(sorted(orders, key=_order_key, reverse=True), _order_key, page)
    rows = [rest_order(order, call.venue.instrument(order.symbol)) for order in shown]
    return Answer({"list": rows, "nextPageCursor": cursor, "category": "linear"})


def _order_key(order: Order) -> Key:
    return order.created_time, order.order_id


def execution_list(call: Call) -> Answer:
    category, is_here = listing(call.params)
    if not is_here:
        return empty(category)
    page = Page.asked(call.params, 50, 100)
    shown, cursor = cut(_executions(call), lambda row: (row[0], row[1].exec_id), page)
    rows = [rest_execution(execution, call.venue.instrument(execution.symbol)) for _, execution in shown]
    return Answer({"nextPageCursor": cursor, "category": category, "list": rows})


def _executions(call: Call) -> Iterator[tuple[int, Execution]]:
    """Yield what is asked for with its place in the account's history, newest first.

    By orderId, else by orderLinkId, other filters are ignored; else by symbol, base coin, type and time.
    """
    params = call.params
    order_id, link_id, kind = (params.text(name) for name in ("orderId", "orderLinkId", "execType"))
    window = _window(call, is_named=bool(order_id or link_id))
    oldest = max(window.start, call.now - (WEEK_MS if call.account.world is World.DEMO else TWO_YEARS_MS))
    executions = call.venue.reads.executions(call.uid)
    for place in range(len(executions) - 1, -1, -1):
        execution = executions[place]
        if execution.exec_time < oldest:
            return
        if order_id or link_id:
            is_wanted = execution.order_id == order_id if order_id else execution.order_link_id == link_id
        else:
            is_wanted = kind in ("", execution.exec_type) and _is_of(params, execution.symbol, call)
        if is_wanted and window.holds(execution.exec_time):
            yield place, execution


_READ = Access.READ

ENDPOINTS = (
    Endpoint("GET", "/v5/order/realtime", realtime, _READ, per_second(50)),
    Endpoint("GET", "/v5/order/history", history, _READ, per_second(50)),
    Endpoint("GET", "/v5/execution/list", execution_list, _READ, per_second(50)),
)
