"""What a report draws: prices, equity, margin and risk rate in a few thousand steps. Floats, never reckoned with."""

from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from gridtrader.replay.course import Floats, State, course
from gridtrader.replay.result import Bar, Sample
from gridtrader.replay.way import Ticks, Way, begins, merged

STEPS = 2_000
"""At most so many bars and samples, whatever the length of a replay."""
_MINUTE_MS = 60_000
_PLACES = 6


def step_ms(start: int, end: int) -> int:
    """Return the length of a bar: whole minutes."""
    return max(1, -(-(end - start + 1) // (STEPS * _MINUTE_MS))) * _MINUTE_MS


def bars_of(way: Way, start: int, step: int) -> list[Bar]:
    """Return the last prices as bars; stretches without a price are left out."""
    firsts, numbers = _stretches(way.times, start, step)
    last = way.last
    columns = (
        last[firsts],
        np.maximum.reduceat(last, firsts),
        np.minimum.reduceat(last, firsts),
        last[np.append(firsts[1:], len(last)) - 1],
    )
    rows = zip(numbers.tolist(), *(column.tolist() for column in columns), strict=True)
    return [Bar(start + number * step, *(ticks * way.tick for ticks in prices)) for number, *prices in rows]


def samples_of(ways: Sequence[Way], states: Sequence[State], start: int, step: int) -> list[Sample]:
    """Return the account's course, a sample for each stretch in which there was a price."""
    times = merged([way.times for way in ways])
    since = np.searchsorted(np.array([state.time_ms for state in states]), times, side="right") - 1
    marks = [way.mark[np.searchsorted(way.times, times, side="right") - 1] for way in ways]
    at = course(states, since, marks)
    begun = round(states[0].equity, _PLACES)
    gains = [float(state.equity - begun) for state in states]
    equity = np.array(gains)[since] + at.equity  # less what it began with: floats are coarse beside ample balances
    firsts, numbers = _stretches(times, start, step)
    ends = np.append(firsts[1:], len(times)) - 1
    lowest, highest = np.minimum.reduceat(equity, firsts), np.maximum.reduceat(at.rate, firsts)
    # The worst may have been between two corners, where the price stopped.
    stops = (np.array([state.time_ms for state in states]) - start) // step
    places = np.maximum(np.searchsorted(numbers, stops, side="right") - 1, 0)
    np.minimum.at(lowest, places, gains)
    np.maximum.at(highest, places, [state.rate for state in states])
    columns = (equity[ends], lowest, at.margin[ends], highest)
    rows = zip(numbers.tolist(), *(_decimals(column) for column in columns), strict=True)
    return [
        Sample(start + number * step, begun + gain, begun + lowest_gain, margin, rate)
        for number, gain, lowest_gain, margin, rate in rows
    ]


def _stretches(times: Ticks, start: int, step: int) -> tuple[Ticks, Ticks]:
    """Return where each stretch begins among the times, and its number."""
    numbers = (times - start) // step
    firsts = begins(numbers)
    return firsts, numbers[firsts]


def _decimals(values: Floats) -> list[Decimal]:
    return [Decimal(repr(round(value, _PLACES))) for value in values.tolist()]
