"""One symbol on the market clock: its next point, where its price stands, its candles and its settlements."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import chain

from gridtrader.simulator.core.model import Instrument
from gridtrader.simulator.market.api import DayStats, Point, PriceError, PriceSource
from gridtrader.simulator.market.klines import MINUTE_MS, DayWindow, History
from gridtrader.simulator.market.path import point_between, same_prices

_ZERO = Decimal(0)


class Feed:
    """A source being played. `next` is the first point not yet reached, None at the end."""

    def __init__(self, source: PriceSource, instrument: Instrument, minute_days: int) -> None:
        self.symbol = source.symbol
        self.source = source
        self._tick = instrument.tick_size
        self._interval_ms = instrument.funding_interval_min * MINUTE_MS
        self._window = DayWindow()
        self.last_history = History(self._tick, minute_days, self._window.add)
        self.mark_history = History(self._tick, minute_days)
        self._points = source.points()
        self._reached: Point | None = None
        self.next = next(self._points, None)
        if self.next is None:
            raise PriceError(f"{source.symbol}: the source has no price")

    def begin(self, start: int) -> None:
        """Pass over what lies before `start`, so that the next point is the market at exactly that time.

        Candles and day figures remember what was passed over.
        """
        while self.next is not None and self.next.time < start:
            self.take()
        if self._reached is None or (self.next is not None and self.next.time == start):
            return
        here = self.at(start) or self._reached
        self.follow(start)
        here = replace(here, time=start, volume=_ZERO, is_jump=True)
        self._points = chain([] if self.next is None else [self.next], self._points)
        self.next = here

    def take(self) -> Point:
        """Move to the next point and return it."""
        point = self.next
        if point is None:
            raise PriceError(f"{self.symbol}: no price after the end of the source")
        self.last_history.reach(point.time, point.last, point.volume, point.is_jump)
        self.mark_history.reach(point.time, point.mark, _ZERO, point.is_jump)
        self._reached = point
        self.next = next(self._points, None)
        return point

    def at(self, time: int) -> Point | None:
        """Return the market at `time`, before the next point; None where it stands as at the last one."""
        reached, ahead = self._reached, self.next
        if reached is None or ahead is None or ahead.is_jump or time <= reached.time or same_prices(reached, ahead):
            return None
        return point_between(reached, ahead, time, self._tick)

    def follow(self, time: int) -> None:
        """Bring the candles up to `time`, before the next point."""
        ahead = self.next if self.next is not None and not self.next.is_jump else None
        self.last_history.follow(time, None if ahead is None else (ahead.time, ahead.last))
        self.mark_history.follow(time, None if ahead is None else (ahead.time, ahead.mark))

    def now(self, time: int) -> Point:
        """Return the market at `time`. Raises PriceError before the first point."""
        here = self.at(time) or self._reached
        if here is None:
            raise PriceError(f"{self.symbol}: no price yet, the market has not been advanced to its start")
        return here

    def day(self, time: int) -> DayStats:
        return self._window.stats(self.last_history.running(), self.now(time).last)

    # --- funding ---

    def settlements(self, after: int, until: int) -> Sequence[int]:
        """Return the settlement times later than `after` and not later than `until`; none once the source is over."""
        recorded = self.source.funding_times
        if recorded is not None:
            return recorded[bisect_right(recorded, after) : bisect_right(recorded, until)]
        end = self.source.end
        last = until if end is None else min(until, end)
        step = self._interval_ms
        return range((after // step + 1) * step, last + 1, step)

    def next_settlement(self, now: int) -> int:
        """Return the first settlement later than `now`; where the record ends, the contract's interval goes on."""
        recorded = self.source.funding_times
        if recorded is not None and recorded[-1] > now:
            return recorded[bisect_right(recorded, now)]
        return (now // self._interval_ms + 1) * self._interval_ms

    def settled(self, start: int | None, end: int, limit: int) -> Sequence[int]:
        """Return the times of past settlements from `start` to `end`, newest first."""
        first = self.source.start if start is None else max(start, self.source.start)
        return self.settlements(first - 1, end)[: -limit - 1 : -1]
