"""Page through a history from its beginning to its end: no row twice, none missing at the borders of the pages.

The exchange answers newest first, at most so many rows of the span that was asked for; whether it cuts a longer span
at its old or its new end is not documented for candles, and it has changed its largest page before. So every span
asked for fits into one page, and the beginning of a span is asked for again as long as it may have been cut off.
Spans go forward in time: what has come can be kept at once, and an interrupted run goes on behind the last row.

Pure: `ask(start, last)` returns the rows of one page from `start` to `last`, both included, oldest first.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from gridtrader.history.rows import Record
from gridtrader.history.series import DAY_MS

MOST_CANDLES: Final = 1000
MOST_SETTLEMENTS: Final = 200
"""Largest pages (Bybit V5 docs, "Get Kline", "Get Funding Rate History")."""

Ask = Callable[[int, int], Sequence[Record]]


def whole_span(ask: Ask, start: int, last: int, least_distance: int = 1) -> list[Record]:
    """Return all rows from `start` to `last`, oldest first; no two of them are nearer than `least_distance` ms."""
    found = list(ask(start, last))
    while found and found[0].at - start >= least_distance:
        older = ask(start, found[0].at - 1)
        if not older:
            break
        found[:0] = older
    return found


def candles(ask: Ask, ask_days: Ask, start: int, end: int, length: int) -> Iterator[Sequence[Record]]:
    """Yield the finished candles that open from `start` on and before `end`, both multiples of `length`.

    A candle is finished once the exchange shows a later one: its own clock does not come into it, and a market that
    runs at another pace is no exception. So each span begins with the last candle of the span before, and the last
    span ends with the candle at `end`, which is not taken. Where a span is empty (before the listing, in a gap),
    candles of a day (`ask_days`) tell where to go on.
    """
    at = start
    held: Record | None = None
    """The last candle before a gap: whether there is a later one is not known yet."""
    while at <= end:
        last = min(at + (MOST_CANDLES - 1) * length, end)
        found = whole_span(ask, at, last + length - 1, length)
        if found:
            if held is not None:
                yield [held]
                held = None
            yield found[:-1]
            if found[-1].at == end:
                return
            if found[-1].at > at:
                at = found[-1].at
                continue
            held = found[-1]
        later = _next_day(ask_days, last + length, end)
        if later is None:
            return
        at = later


def _next_day(ask_days: Ask, after: int, end: int) -> int | None:
    """Return the first moment from `after` to `end` where candles may be; None if there are no more."""
    if after > end:
        return None
    for first in range(after - after % DAY_MS, end + 1, MOST_CANDLES * DAY_MS):
        last = min(first + MOST_CANDLES * DAY_MS, end + 1) - 1
        days = whole_span(ask_days, first, last, DAY_MS)
        if days:
            return max(after, days[0].at)
    return None


def settlements(ask: Ask, start: int, end: int, distance: int) -> Iterator[Sequence[Record]]:
    """Yield the settlements from `start` on and before `end`, as far as there are any by now.

    `distance` is that of today in milliseconds. It may have been another one, also a shorter one, so every span is
    asked for until nothing is left of it.
    """
    for first in range(start, end, MOST_SETTLEMENTS * distance):
        yield whole_span(ask, first, min(first + MOST_SETTLEMENTS * distance, end) - 1)
