"""The prices of a run: synthetic walks in coarse steps, or recorded ones; gaps on top; funding at its times."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from typing import Final

from gridtrader.simulator.catalogue import load_catalogue
from gridtrader.simulator.core.model import Instrument, Quote
from gridtrader.simulator.market.api import Point, PriceError, PriceSource
from gridtrader.simulator.market.opening import open_records
from gridtrader.simulator.market.path import point_between, same_prices
from gridtrader.simulator.market.synthetic import SyntheticMarket, SyntheticSource

STEP_MS: Final = 30_000
"""Market time between two prices: a walk this coarse still meets every level, and a day costs a minute less."""

_LIVELY: Final = SyntheticMarket(step_ms=STEP_MS, volatility_per_minute=0.0016, jumps_per_day=8.0)
"""Livelier than the exchange's own market: a day brings dozens of take-profits a side."""

_THIN: Final = (0.3, 2.0, 60.0)
"""What stands at the touch of a thin market, in usual orders: at worst, at a thin touch at most, at best."""

_THIN_SHARE: Final = 0.2
"""Share of prices with a thin touch."""

_WIDEST: Final = (Decimal("0.6"), Decimal("1.6"))


class Prices:
    """One symbol's way. Gaps move it for good, within bounds."""

    def __init__(
        self, source: PriceSource, contract: Instrument, *, is_deep: bool, points: Iterator[Point] | None = None
    ) -> None:
        """`points` replaces those of the source."""
        self._source = source
        self._points = source.points() if points is None else points
        self._tick = contract.tick_size
        self._is_deep = is_deep
        self._factor = Decimal(1)
        self.symbol = source.symbol

    def next(self) -> tuple[int, Quote] | None:
        """Return the next moment and its quote; None at the end of a record."""
        point = next(self._points, None)
        if point is None:
            return None
        sizes = (None, None) if self._is_deep else (point.bid_size, point.ask_size)
        last, bid, ask, mark, index = point.last, point.bid, point.ask, point.mark, point.index
        if self._factor != 1:
            last, bid, ask, mark, index = map(self._moved, (last, bid, ask, mark, index))
            ask = max(ask, bid + self._tick)
        return point.time, Quote(last, bid, ask, mark, index, *sizes)

    def _moved(self, price: Decimal) -> Decimal:
        return max(self._tick, (price * self._factor / self._tick).to_integral_value() * self._tick)

    def leap(self, share: Decimal) -> Decimal:
        """Let all prices from now on be so much higher (or lower), turned round where they would leave the bounds.

        Returns by what share they really are.
        """
        wanted = self._factor * (1 + share)
        low, high = _WIDEST
        if not low < wanted < high:
            share = -share
        self._factor *= 1 + share
        return share

    def leapt(self, quote: Quote, share: Decimal) -> Quote:
        """Return a quote after a leap that begins now: until the next price it is the market."""
        ratio, tick = 1 + self.leap(share), self._tick

        def at(price: Decimal) -> Decimal:
            return max(tick, (price * ratio / tick).to_integral_value() * tick)

        bid = at(quote.bid)
        ask = max(at(quote.ask), bid + tick)
        return replace(quote, last=at(quote.last), bid=bid, ask=ask, mark=at(quote.mark), index=at(quote.index))

    def funding_rate(self, time: int) -> Decimal:
        return self._source.funding_rate(time)


def synthetic(
    contracts: Mapping[str, Instrument], seed: int, start: int, touch: Mapping[str, Decimal]
) -> list[Prices]:
    """Return a made-up market for each contract. `touch`: what a usual order is worth in USDT where the market is
    thin, so that orders fill in parts; elsewhere it takes any quantity."""
    found = []
    for symbol, contract in contracts.items():
        market, usual = _LIVELY, float(touch.get(symbol, 0))
        if usual:
            market = replace(
                market,
                touch_usdt=(_THIN[1] * usual, _THIN[2] * usual),
                thin_touch_probability=_THIN_SHARE,
                thin_touch_usdt=(_THIN[0] * usual, _THIN[1] * usual),
            )
        found.append(Prices(SyntheticSource(contract, seed, start, market), contract, is_deep=not usual))
    return found


@dataclass(frozen=True, slots=True)
class Record:
    """Recorded prices of some contracts; only the time that all of them cover is played."""

    sources: Mapping[str, PriceSource]
    contracts: dict[str, Instrument]
    """Theirs; the reference price is the one at the start."""
    start: int
    end: int

    def prices(self) -> list[Prices]:
        """Return the prices from the start on, each time anew."""
        return [self._prices(symbol) for symbol in self.contracts]

    def _prices(self, symbol: str) -> Prices:
        source, contract = self.sources[symbol], self.contracts[symbol]
        points = _steps(source.points(), self.start, contract.tick_size)
        return Prices(source, contract, is_deep=True, points=points)


@lru_cache(maxsize=1)
def open_record(files: tuple[str, ...]) -> Record:
    """Return the record of these files, named as for the embedded exchange; the last one is kept for the next run.

    Raises PriceError, one line, about a bad file, an unknown symbol, files whose times do not meet.
    """
    catalogue = load_catalogue()
    sources = {source.symbol: source for source in open_records(files, catalogue)}
    if not sources:
        raise PriceError(f"prices are {list(files)}: expected files")
    start = max(source.start for source in sources.values())
    end = min(source.end for source in sources.values() if source.end is not None)
    if start >= end:
        raise PriceError(f"prices are {list(files)}: expected files whose times meet")
    contracts: dict[str, Instrument] = {}
    for symbol, source in sources.items():
        contract = catalogue[symbol]
        first = next(_steps(source.points(), start, contract.tick_size))
        contracts[symbol] = replace(contract, reference_price=first.last)
    return Record(sources, contracts, start, end)


def _steps(points: Iterable[Point], start: int, tick: Decimal) -> Iterator[Point]:
    """Yield the points from `start` on, and the price between wherever nothing is recorded for so long."""
    reached: Point | None = None
    for ahead in points:
        if reached is not None:
            stands = ahead.is_jump or same_prices(reached, ahead)
            for time in range(max(start, reached.time), ahead.time, STEP_MS):
                if time == reached.time:
                    yield reached
                else:
                    yield replace(reached, time=time) if stands else point_between(reached, ahead, time, tick)
        reached = ahead
    if reached is not None:
        yield reached
