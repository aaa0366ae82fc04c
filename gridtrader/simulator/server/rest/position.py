"""`/v5/position/*`."""

from collections.abc import Iterator

from gridtrader.simulator.core.model import PositionView
from gridtrader.simulator.server.pages import Page, Window, cut
from gridtrader.simulator.server.params import bad
from gridtrader.simulator.server.rest.call import Access, Answer, Call, Endpoint, per_second
from gridtrader.simulator.server.rest.market import empty, linear, listing
from gridtrader.simulator.server.rows.ledgers import closed_pnl
from gridtrader.simulator.server.rows.positions import rest_position

SETTLE_COIN = "USDT"


def position_list(call: Call) -> Answer:
    """By `symbol` both legs, flat ones included; by `settleCoin` (or base coin) only what has a size."""
    category, is_here = listing(call.params)
    if not is_here:
        return empty(category)
    symbol = call.params.text("symbol")
    if symbol:
        legs = list(call.venue.reads.positions(call.uid, call.venue.instrument(symbol).symbol))
    elif call.params.has("settleCoin") or call.params.has("baseCoin"):
        legs = list(_open_legs(call))
    else:
        raise bad("params error: symbol or settleCoin is required")
    page = Page.asked(call.params, 20, 200)
    # Forward by symbol and leg: the key counts down, for pages go from the greatest key to the least.
    shown, cursor = cut(list(enumerate(legs)), lambda row: (-row[0], row[1].symbol), page)
    rows = [_row(call, leg) for _, leg in shown]
    return Answer({"list": rows, "nextPageCursor": cursor, "category": category})


def _open_legs(call: Call) -> Iterator[PositionView]:
    coin = call.params.text("settleCoin", SETTLE_COIN)
    base = call.params.text("baseCoin")
    for symbol in sorted(call.venue.reads.open_symbols(call.uid)):
        if coin != SETTLE_COIN or base not in ("", call.venue.instrument(symbol).base_coin):
            continue
        yield from (leg for leg in call.venue.reads.positions(call.uid, symbol) if leg.size > 0)


def _row(call: Call, leg: PositionView) -> dict[str, object]:
    return rest_position(leg, call.venue.instrument(leg.symbol), flat=call.venue.flat_text())


def symbol_info(call: Call) -> Answer:
    """Leverage of both legs, without a position."""
    category = linear(call.params)
    symbol = call.venue.instrument(call.params.required("symbol")).symbol
    rows = [
        {
            "symbol": symbol,
            "leverage": rest_position(leg, call.venue.instrument(symbol), flat="")["leverage"],
            "side": leg.side,
            "positionIdx": leg.position_idx,
        }
        for leg in call.venue.core.positions(call.uid, symbol)
    ]
    return Answer({"category": category, "list": rows})


def switch_mode(call: Call) -> Answer:
    linear(call.params)
    symbol, coin = call.params.text("symbol"), call.params.text("coin")
    if not symbol and not coin:
        raise bad("params error: symbol or coin is required")
    mode = call.params.integer("mode", -1, -1, 3)
    if mode not in (0, 3):
        raise bad("params error: mode invalid")
    if symbol:
        call.venue.core.switch_mode(call.uid, call.venue.instrument(symbol).symbol, None, mode, call.now)
    else:
        call.venue.core.switch_mode(call.uid, None, coin, mode, call.now)
    return Answer({})


def set_leverage(call: Call) -> Answer:
    linear(call.params)
    symbol = call.venue.instrument(call.params.required("symbol")).symbol
    buy, sell = call.params.decimal("buyLeverage"), call.params.decimal("sellLeverage")
    if buy is None or sell is None:
        raise bad("params error: buyLeverage and sellLeverage are required")
    call.venue.core.set_leverage(call.uid, symbol, buy, sell, call.now)
    return Answer({})


def trading_stop(call: Call) -> Answer:
    """Refuse, once the request is well formed: stop orders of a position are not emulated.

    A stop that is stored and never triggers would be a lie that costs somebody money; conditional orders
    (`triggerPrice` of `order/create`) do work.
    """
    linear(call.params)
    call.venue.instrument(call.params.required("symbol"))
    call.params.choice("tpslMode", ("Full", "Partial"))
    if not call.params.has("positionIdx"):
        raise bad("params error: positionIdx is required")
    call.params.integer("positionIdx", 0, 0, 2)
    for name in ("takeProfit", "stopLoss", "trailingStop"):
        call.params.decimal(name)
    raise bad("trading-stop is not supported by this exchange")


def closed_pnl_list(call: Call) -> Answer:
    category, is_here = listing(call.params)
    if not is_here:
        return empty(category)
    window = Window.asked(call.params, call.now)
    symbol = call.params.text("symbol")
    rows = call.venue.reads.closed_pnl(call.uid)
    newest_first = sorted(
        (row for row in rows if window.holds(row.updated_time) and symbol in ("", row.symbol)),
        key=lambda row: (row.updated_time, row.order_id),
        reverse=True,
    )
    page = Page.asked(call.params, 50, 100)
    shown, cursor = cut(newest_first, lambda row: (row.updated_time, row.order_id), page)
    listed = [closed_pnl(row, call.venue.instrument(row.symbol)) for row in shown]
    return Answer({"nextPageCursor": cursor, "category": category, "list": listed})


_READ, _WRITE = Access.READ, Access.WRITE

ENDPOINTS = (
    Endpoint("GET", "/v5/position/list", position_list, _READ, per_second(50)),
    Endpoint("GET", "/v5/position/symbol-info", symbol_info, _READ, per_second(50)),
    Endpoint("POST", "/v5/position/switch-mode", switch_mode, _WRITE, per_second(10)),
    Endpoint("POST", "/v5/position/set-leverage", set_leverage, _WRITE, per_second(10)),
    Endpoint("POST", "/v5/position/trading-stop", trading_stop, _WRITE, per_second(10)),
    Endpoint("GET", "/v5/position/closed-pnl", closed_pnl_list, _READ, per_second(50)),
)
