"""The way one symbol's price takes: corners it is known to pass, and the stops the bot's orders make it take.

Everything is in whole ticks of the last price. From a corner to the next the price either jumps, or moves through
every price between; then it stops at each price where an order waits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil, floor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridtrader.simulator.core.calm import Band
from gridtrader.simulator.core.model import Quote
from gridtrader.simulator.market.recorded import RecordedSource

Ticks = NDArray[np.int64]

NEAR = 256
"""So many corners are looked at one by one, in plain numbers, at first: most stops are so near. Arrays cost tens of
microseconds a stop there, since between two stops their code and the prices leave the processor's caches. Each time
nothing is found four times as many are looked at, together."""
LONGEST_LOOK = 65_536
ENDLESS = 2**62
"""A price, in ticks, or a time that never comes."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Where the price comes to next. `corner`: the number of the corner, if it is one."""

    time_ms: int
    last: int
    mark: int
    corner: int | None


@dataclass(frozen=True, slots=True)
class Limits:
    """What the price may do without anybody having to know, in ticks; bounds are excluded.

    `time_ms`: something is due then, whatever the price does. All are whole numbers: arrays of prices are compared
    with them as they are.
    """

    low: int = 0
    high: int = ENDLESS
    mark_low: int = 0
    mark_high: int = ENDLESS
    time_ms: int = ENDLESS


def merged(times: Sequence[Ticks]) -> Ticks:
    """Return the times of all of these in order, each once. Each is in order already; one alone is left as it is."""
    if len(times) == 1:
        return times[0]
    # numpy's own `unique` keeps a table of all values, which takes twenty times as long as sorting what is sorted.
    together = np.sort(np.concatenate(times), kind="stable")
    return together[begins(together)]


def begins(values: Ticks) -> NDArray[np.int64]:
    """Return where in ordered values a new one begins."""
    is_new = np.ones(len(values), dtype=np.bool_)
    np.not_equal(values[1:], values[:-1], out=is_new[1:])
    return np.flatnonzero(is_new)


class Corners(NamedTuple):
    """Corners in the order of time; prices in ticks. `jumps`: whether the way from the corner before is a jump."""

    times: Ticks
    last: Ticks
    mark: Ticks
    jumps: NDArray[np.bool_]


class Way:
    """One symbol's prices, and where the price is now. Made of the part of a record that is replayed."""

    def __init__(self, source: RecordedSource, tick: Decimal, spread_ticks: int, start: int, end: int) -> None:
        """`start` ≤ time ≤ `end` are replayed; the record must have begun by `start`."""
        corners = _part(source, start, end)
        self.symbol = source.symbol
        self.times, self.last, self.mark, self.jumps = corners.times, corners.last, corners.mark, corners.jumps
        self._is_marked_at_last = bool(np.array_equal(self.last, self.mark))
        self._end_ms = int(self.times[-1])
        self.tick = tick
        self._spread = spread_ticks
        self._below = spread_ticks // 2
        self.corner = 0
        """The corner passed last."""
        self.at = Stop(int(self.times[0]), int(self.last[0]), int(self.mark[0]), 0)

    def __len__(self) -> int:
        return len(self.times)

    @property
    def is_over(self) -> bool:
        return self.corner + 1 >= len(self.times)

    def quote(self) -> Quote:
        """Return the market where the price is."""
        last, mark = self.at.last, self.at.mark * self.tick
        bid = max(1, last - self._below) if self._spread else last
        return Quote(last * self.tick, bid * self.tick, (bid + self._spread) * self.tick, mark, mark)

    def falls_to(self, buy: Decimal) -> int:
        """Return the last price, in ticks, at which a resting buy order fills: the ask has come down to it."""
        ticks = int(buy / self.tick)
        return ticks - self._spread + self._below if self._spread else ticks

    def rises_to(self, sell: Decimal) -> int:
        """Return the last price, in ticks, at which a resting sell order fills: the bid has come up to it."""
        ticks = int(sell / self.tick)
        return ticks + self._below if self._spread else ticks

    # --- going on ---

    def next_stop(self, buy: Decimal | None, sell: Decimal | None, calm: Band) -> Stop | None:
        """Return where the price comes to next; None at the end.

        `buy` and `sell` are the nearest resting orders, `calm` the mark prices at which the account is in no danger:
        on its way to a corner the price stops at each order, and where the mark price leaves the calm.
        """
        number = self.corner + 1
        if number >= len(self.times):
            return None
        corner = Stop(int(self.times[number]), int(self.last[number]), int(self.mark[number]), number)
        if self.jumps[number]:
            return corner
        stop = corner
        here, ahead = self.at.last, corner.last
        if ahead < here and buy is not None and ahead < (reached := self.falls_to(buy)) < here:
            stop = self._between(here - reached, here - ahead, corner)
        elif ahead > here and sell is not None and ahead > (reached := self.rises_to(sell)) > here:
            stop = self._between(reached - here, ahead - here, corner)
        if not calm.low < corner.mark * self.tick < calm.high:
            return self._before_danger(stop, corner, calm)
        return stop

    def _before_danger(self, stop: Stop, corner: Stop, calm: Band) -> Stop:
        """Return the first price out of the calm if it comes before a stop, else the stop. It is one tick away at
        least: where the calm has no width every price is looked at."""
        here = self.at.mark
        if corner.mark < here:
            edge = min(here - 1, floor(calm.low / self.tick))
            share, whole = here - edge, here - corner.mark
        elif corner.mark > here:
            edge = max(here + 1, ceil(calm.high / self.tick))
            share, whole = edge - here, corner.mark - here
        else:
            return stop
        if share >= whole:
            return stop
        found = self._between(share, whole, corner)
        return found if found.time_ms < stop.time_ms else stop

    def _between(self, share: int, whole: int, corner: Stop) -> Stop:
        """Return the stop after share/whole of the straight way to a corner; time is cut to the millisecond."""
        here = self.at
        time = here.time_ms + (corner.time_ms - here.time_ms) * share // whole
        last = here.last + _half_even((corner.last - here.last) * share, whole)
        if here.mark == here.last and corner.mark == corner.last:
            return Stop(time, last, last, None)
        return Stop(time, last, here.mark + _half_even((corner.mark - here.mark) * share, whole), None)

    def go(self, stop: Stop) -> None:
        """Move the price there."""
        self.at = stop
        if stop.corner is not None:
            self.corner = stop.corner

    # --- searching ---

    def quiet_until(self, limits: Limits) -> int:
        """Return the last corner before the first one that leaves the limits; the one passed last if there is none
        between."""
        ranges = [(self.last, limits.low, limits.high), (self.mark, limits.mark_low, limits.mark_high)]
        if self._is_marked_at_last:
            ranges = [(self.last, max(limits.low, limits.mark_low), min(limits.high, limits.mark_high))]
        begin, end, length = self.corner + 1, self._corner_from(limits.time_ms), NEAR
        while begin < end:
            until = found = min(begin + length, end)
            for prices, low, high in ranges:
                found = begin + _first_outside(prices[begin:found], low, high)
            if found < until:
                return found - 1
            begin, length = until, min(length * 4, LONGEST_LOOK)
        return max(end - 1, self.corner)

    def _corner_from(self, time_ms: int) -> int:
        """Return the first corner that is not earlier; after the last one where there is none."""
        return len(self.times) if time_ms > self._end_ms else int(self.times.searchsorted(time_ms))

    def mark_extremes(self, corner: int) -> tuple[int, int]:
        """Return the lowest and the highest mark price, in ticks, from here to a corner."""
        here = self.at.mark
        marks = self.mark[self.corner + 1 : corner + 1]
        if len(marks) > NEAR:
            return min(here, int(marks.min())), max(here, int(marks.max()))
        near = [here, *marks.tolist()]
        return min(near), max(near)

    def marks_at(self, times: Ticks) -> Ticks:
        """Return the mark price, in ticks, at each time (rising): that of the last corner, or the present one if that
        is later."""
        corners = self.times.searchsorted(times, side="right") - 1
        return np.where(corners <= self.corner, self.at.mark, self.mark[corners])

    def corner_at(self, time_ms: int) -> int:
        """Return the last corner that is not later; -1 before the first."""
        return int(self.times.searchsorted(time_ms, side="right")) - 1

    def skip_to(self, corner: int) -> None:
        """Move the price to a corner, past those between."""
        if corner != self.corner:
            self.go(Stop(int(self.times[corner]), int(self.last[corner]), int(self.mark[corner]), corner))


def _part(source: RecordedSource, start: int, end: int) -> Corners:
    """Return the corners from `start` to `end`, with one more where either cuts the way between two of them."""
    frame = source.vertices()
    whole = Corners(
        frame["time"].to_numpy(), frame["last"].to_numpy(), frame["mark"].to_numpy(), frame["jump"].to_numpy()
    )
    first = int(np.searchsorted(whole.times, start))
    after = int(np.searchsorted(whole.times, end, side="right"))
    part = slice(first, after)
    parts = [Corners(whole.times[part], whole.last[part], whole.mark[part], whole.jumps[part])]
    if first and (first == len(whole.times) or whole.times[first] > start):
        parts.insert(0, _corner_between(whole, first, start))
    if after < len(whole.times) and whole.times[after - 1] < end:
        parts.append(_corner_between(whole, after, end))
    if len(parts) == 1:
        return parts[0]
    return Corners(
        np.concatenate([part.times for part in parts]),
        np.concatenate([part.last for part in parts]),
        np.concatenate([part.mark for part in parts]),
        np.concatenate([part.jumps for part in parts]),
    )


def _corner_between(whole: Corners, number: int, time: int) -> Corners:
    """Return the market at a time before the corner `number` as a corner of its own: on the straight way to it, or
    where it stands before a jump."""
    before = number - 1
    last, mark, stands = int(whole.last[before]), int(whole.mark[before]), True
    if number < len(whole.times) and not whole.jumps[number]:
        share, span = time - int(whole.times[before]), int(whole.times[number] - whole.times[before])
        last += _half_even(int(whole.last[number] - last) * share, span)
        mark += _half_even(int(whole.mark[number] - mark) * share, span)
        stands = False
    return Corners(np.array([time]), np.array([last]), np.array([mark]), np.array([stands]))


def _first_outside(prices: Ticks, low: int, high: int) -> int:
    """Return the number of the first price that is not between the two; how many there are if all are."""
    if len(prices) <= NEAR:
        for number, price in enumerate(prices.tolist()):
            if not low < price < high:
                return number
        return len(prices)
    out = (prices <= low) | (prices >= high)
    found = int(out.argmax())
    return found if out[found] else len(prices)


def settlements_in(source: RecordedSource, start: int, end: int) -> Sequence[tuple[int, Decimal]]:
    """Return times and rates of the settlements after `start` and not after `end`; none where none is recorded."""
    times = source.funding_times
    if times is None:
        return []
    return [(time, source.funding_rate(time)) for time in times if start < time <= end]


def _half_even(numerator: int, denominator: int) -> int:
    """Return the quotient, denominator > 0, to the nearest whole number (ties: even)."""
    quotient, rest = divmod(numerator, denominator)
    if 2 * rest > denominator or (2 * rest == denominator and quotient % 2):
        quotient += 1
    return quotient
