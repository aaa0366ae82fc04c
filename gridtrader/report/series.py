"""What the page's script draws and lists: the replay in columns, as JSON."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from operator import attrgetter
from typing import Final, NamedTuple

from gridtrader.domain.exact import HUNDRED, decimals
from gridtrader.domain.types import SIDES, Side
from gridtrader.replay.result import Bar, ClosedCycle, ReplayResult, Sample, Standing, SymbolParameters, Trade
from gridtrader.report.columns import Json, encode, figures, integers, steps
from gridtrader.report.thin import thinned

MOST_TRADES: Final = 60_000
MOST_ORDERS: Final = 60_000
"""What a file carries of executions and of orders, all symbols together: about 2 MB each."""

_SHORT, _MAKER, _FORCED = 1, 2, 4
_TAKE_PROFIT: Final = -1
_MONEY_PLACES: Final = 4
_AVERAGE_PLACES: Final = 2
"""An average price has so many digits more than the tick."""


class Depth(NamedTuple):
    """How many levels a side held from a time on."""

    time_ms: int
    levels: int


def data(result: ReplayResult) -> Json:
    """Return everything the page's script needs."""
    parameters = result.parameters
    stop = result.summary.stop
    return encode(
        {
            "start": parameters.start_ms,
            "end": max(parameters.end_ms, parameters.start_ms),
            "balance": parameters.balance,
            "threshold": parameters.mm_threshold * HUNDRED,
            "stop": None if stop is None else {"time": stop.time_ms, "reason": stop.reason},
            "symbols": [_symbol(result, symbol) for symbol in parameters.symbols],
            "samples": _samples(result.samples, parameters.start_ms),
            "cycles": _cycles(result),
        }
    )


def depths(trades: Sequence[Trade]) -> Iterator[Depth]:
    """Yield how many levels one side of one symbol held, whenever that changed.

    A level counts from its first fill, and all of them until nothing of the side is open.
    """
    held: set[int] = set()
    size = Decimal(0)
    before = 0
    for trade in trades:
        if trade.closed_quantity:
            size -= trade.closed_quantity
            if size <= 0:
                held.clear()
        elif trade.level is not None:
            held.add(trade.level)
            size += trade.quantity
        if len(held) != before:
            before = len(held)
            yield Depth(trade.time_ms, before)


def _symbol(result: ReplayResult, symbol: SymbolParameters) -> Mapping[str, object]:
    parameters = result.parameters
    of_symbol = len(parameters.symbols)
    trades = sorted((trade for trade in result.trades if trade.symbol == symbol.symbol), key=attrgetter("time_ms"))
    orders = sorted((order for order in result.standing if order.symbol == symbol.symbol), key=attrgetter("since_ms"))
    shown_trades = thinned(trades, MOST_TRADES // of_symbol, attrgetter("time_ms"), _importance)
    shown_orders = thinned(
        orders, MOST_ORDERS // of_symbol, attrgetter("since_ms"), lambda order: order.until_ms - order.since_ms
    )
    start = parameters.start_ms
    return {
        "name": symbol.symbol,
        "pricePlaces": decimals(symbol.tick_size),
        "quantityPlaces": decimals(symbol.quantity_step),
        "mostLevels": symbol.max_levels + 1,
        "bars": _bars(result.bars.get(symbol.symbol, []), start),
        "fills": _fills(shown_trades, start),
        "fillsLeftOut": len(trades) - len(shown_trades),
        "orders": _orders(shown_orders, start),
        "ordersLeftOut": len(orders) - len(shown_orders),
        "depth": [_depth([trade for trade in trades if trade.side is side], start) for side in SIDES],
    }


def _importance(trade: Trade) -> tuple[bool, int, Decimal]:
    return trade.is_forced, _TAKE_PROFIT if trade.level is None else trade.level, trade.price * trade.quantity


def _bars(bars: Sequence[Bar], start_ms: int) -> Mapping[str, Json]:
    return {
        "time": steps([bar.time_ms for bar in bars], start_ms),
        "open": figures(bar.open for bar in bars),
        "high": figures(bar.high for bar in bars),
        "low": figures(bar.low for bar in bars),
        "close": figures(bar.close for bar in bars),
    }


def _fills(trades: Sequence[Trade], start_ms: int) -> Mapping[str, Json]:
    return {
        "time": steps([trade.time_ms for trade in trades], start_ms),
        "flags": integers(
            _SHORT * (trade.side is Side.SHORT) + _MAKER * trade.is_maker + _FORCED * trade.is_forced
            for trade in trades
        ),
        "level": integers(_TAKE_PROFIT if trade.level is None else trade.level for trade in trades),
        "price": figures(trade.price for trade in trades),
        "quantity": figures(trade.quantity for trade in trades),
        "fee": figures((trade.fee for trade in trades), _MONEY_PLACES),
        "pnl": figures((trade.realised_pnl for trade in trades), _MONEY_PLACES),
    }


def _orders(orders: Sequence[Standing], start_ms: int) -> Mapping[str, Json]:
    return {
        "time": steps([order.since_ms for order in orders], start_ms),
        "lasted": integers(order.until_ms - order.since_ms for order in orders),
        "side": integers(int(order.side is Side.SHORT) for order in orders),
        "level": integers(_TAKE_PROFIT if order.level is None else order.level for order in orders),
        "price": figures(order.price for order in orders),
        "quantity": figures(order.quantity for order in orders),
    }


def _depth(trades: Sequence[Trade], start_ms: int) -> Mapping[str, Json]:
    changes = list(depths(trades))
    return {
        "time": steps([change.time_ms for change in changes], start_ms),
        "levels": integers(change.levels for change in changes),
    }


def _samples(samples: Sequence[Sample], start_ms: int) -> Mapping[str, Json]:
    return {
        "time": steps([sample.time_ms for sample in samples], start_ms),
        "equity": figures((sample.equity for sample in samples), _MONEY_PLACES),
        "lowest": figures((sample.lowest_equity for sample in samples), _MONEY_PLACES),
        "margin": figures((sample.margin for sample in samples), _MONEY_PLACES),
        "rate": figures((sample.highest_mm_rate * HUNDRED for sample in samples), _MONEY_PLACES),
    }


def _cycles(result: ReplayResult) -> Mapping[str, object]:
    cycles: Sequence[ClosedCycle] = sorted(result.cycles, key=attrgetter("closed_ms"))
    places = {symbol.symbol: number for number, symbol in enumerate(result.parameters.symbols)}
    ticks = {symbol.symbol: decimals(symbol.tick_size) for symbol in result.parameters.symbols}
    averages = (round(cycle.average_entry, ticks[cycle.symbol] + _AVERAGE_PLACES) for cycle in cycles)
    closings = (round(cycle.take_profit, ticks[cycle.symbol] + _AVERAGE_PLACES) for cycle in cycles)
    start = result.parameters.start_ms
    return {
        "symbol": integers(places[cycle.symbol] for cycle in cycles),
        "side": integers(int(cycle.side is Side.SHORT) for cycle in cycles),
        "closed": steps([cycle.closed_ms for cycle in cycles], start),
        "lasted": integers(cycle.closed_ms - cycle.opened_ms for cycle in cycles),
        "levels": integers(cycle.levels for cycle in cycles),
        "value": figures((cycle.entry_value for cycle in cycles), 2),
        "entry": figures(averages),
        "exit": figures(closings),
        "gross": figures((cycle.gross for cycle in cycles), _MONEY_PLACES),
        "fees": figures((cycle.fees for cycle in cycles), _MONEY_PLACES),
        "funding": figures((cycle.funding for cycle in cycles), _MONEY_PLACES),
        "net": figures((cycle.net for cycle in cycles), _MONEY_PLACES),
        "percent": figures((cycle.net_percent if cycle.entry_value else Decimal(0) for cycle in cycles), 3),
    }
