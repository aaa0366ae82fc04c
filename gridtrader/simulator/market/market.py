"""The market: several sources on one market clock."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from heapq import heapify, heappop, heappush

from gridtrader.simulator.core.model import Instrument
from gridtrader.simulator.market.api import DayStats, Kline, Point, PriceError, PriceSource
from gridtrader.simulator.market.feed import Feed
from gridtrader.simulator.market.moment import moment

MINUTE_DAYS = 5
"""Days of one-minute candles kept per symbol, and 60 times as long of hours: about 7 MB, however long the run."""


class SourceMarket:
    """A `Market` made of sources, one per symbol.

    It begins at the latest start of its sources; what an earlier source has before that is passed over, but its
    candles and day figures are there. It ends with the last source; a symbol whose source ends earlier keeps its
    last price and settles no more funding. Each symbol has a point at exactly the start. For one thread.
    """

    def __init__(
        self, sources: Sequence[PriceSource], instruments: Mapping[str, Instrument], minute_days: int = MINUTE_DAYS
    ) -> None:
        """Raise PriceError if there is no source, two of one symbol, or one that ends before the market begins."""
        names = [source.symbol for source in sources]
        if not sources or len(set(names)) != len(names):
            raise PriceError(f"a market needs one source for each symbol, got {names}")
        if minute_days < 2:
            raise PriceError(f"minute_days is {minute_days}: expected at least 2, the day's figures need one")
        self.start = max(source.start for source in sources)
        for source in sources:
            if source.end is not None and source.end < self.start:
                other = max(sources, key=lambda each: each.start)
                raise PriceError(
                    f"{source.symbol} ends at {moment(source.end)}, before {other.symbol} begins at "
                    f"{moment(other.start)}; expected sources whose times meet"
                )
        self._now = self.start - 1
        self._feeds = {
            name: Feed(source, instruments[name], minute_days) for name, source in zip(names, sources, strict=True)
        }
        for feed in self._feeds.values():
            feed.begin(self.start)
        self._end = None if any(s.end is None for s in sources) else max(s.end or 0 for s in sources)
        self._queue = [(feed.next.time, name) for name, feed in self._feeds.items() if feed.next is not None]
        heapify(self._queue)

    @property
    def now(self) -> int:
        return self._now

    @property
    def is_over(self) -> bool:
        return self._end is not None and self._now >= self._end

    def symbols(self) -> Sequence[str]:
        return list(self._feeds)

    def advance(self, until: int) -> Iterator[tuple[str, Point]]:
        """Yield what happens up to `until`, see `Market.advance`. The clock moves as the points are taken."""
        if until <= self._now:
            return
        queue = self._queue
        while queue and queue[0][0] < until:
            self._now, name = heappop(queue)
            yield name, self._take(name)
        self._now = until
        for name in sorted(self._feeds):
            feed = self._feeds[name]
            if feed.next is None or feed.next.time > until:
                between = feed.at(until)
                feed.follow(until)
                if between is not None:
                    yield name, between
            while feed.next is not None and feed.next.time <= until:
                heappop(queue)
                yield name, self._take(name)

    def _take(self, name: str) -> Point:
        feed = self._feeds[name]
        point = feed.take()
        if feed.next is not None:
            heappush(self._queue, (feed.next.time, name))
        return point

    # --- funding ---

    def funding_due(self, until: int) -> Sequence[tuple[int, str, Decimal]]:
        """Return the settlements later than `now` and not later than `until`, in order of time (ties: by symbol)."""
        return sorted(
            (time, name, feed.source.funding_rate(time))
            for name, feed in self._feeds.items()
            for time in feed.settlements(self._now, until)
        )

    def next_funding(self, symbol: str) -> tuple[int, Decimal]:
        feed = self._feed(symbol)
        time = feed.next_settlement(self._now)
        return time, feed.source.funding_rate(time)

    def funding_history(
        self, symbol: str, start: int | None, end: int | None, limit: int
    ) -> Sequence[tuple[int, Decimal]]:
        feed = self._feed(symbol)
        times = feed.settled(start, self._now if end is None else min(end, self._now), limit)
        return [(time, feed.source.funding_rate(time)) for time in times]

    # --- candles ---

    def klines(self, symbol: str, interval: str, start: int | None, end: int | None, limit: int) -> Sequence[Kline]:
        feed = self._feed(symbol)
        price = feed.at(self._now)
        return feed.last_history.klines(interval, start, end, limit, None if price is None else price.last)

    def mark_klines(
        self, symbol: str, interval: str, start: int | None, end: int | None, limit: int
    ) -> Sequence[Kline]:
        feed = self._feed(symbol)
        price = feed.at(self._now)
        return feed.mark_history.klines(interval, start, end, limit, None if price is None else price.mark)

    def day(self, symbol: str) -> DayStats:
        return self._feed(symbol).day(self._now)

    def _feed(self, symbol: str) -> Feed:
        feed = self._feeds.get(symbol)
        if feed is None:
            raise PriceError(f"symbol {symbol!r} has no prices here: expected one of {' '.join(sorted(self._feeds))}")
        return feed
