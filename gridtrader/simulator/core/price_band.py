"""How aggressive a limit price may be (Bybit V5 docs, "Set Price Limit Behaviour", since 2026-05-26).

    highest buy  = min(mark × (1 + Y), max(index, mark × (1 + X) + α × max(0, premium)))
    lowest sell  = max(mark × (1 − Y), min(index, mark × (1 − X) + α × min(0, premium)))

with α = 1 and the premium averaged over 30 seconds.
"""

from collections import deque
from decimal import Decimal
from typing import Final

from gridtrader.simulator.core.exact import ONE, ceil_div, floor_div
from gridtrader.simulator.core.model import ZERO, Instrument, Quote

WINDOW_S: Final = 30
_SECOND_MS: Final = 1000


class PremiumAverage:
    """Mean of `(ask + bid) / 2 − mark`, sampled at every whole second of the last 30.

    A sample is what the latest quote at or before that second says, so seconds without a quote repeat the one
    before. Nothing is computed while quotes arrive: an expired quote only leaves behind how long it was in force.
    """

    __slots__ = ("_cached", "_cached_at", "_first", "_quote", "_runs")

    def __init__(self) -> None:
        self._runs: deque[tuple[int, int, Quote]] = deque()
        self._quote: Quote | None = None
        self._first = 0
        self._cached_at = -1
        self._cached = (ZERO, 1)

    def feed(self, quote: Quote, now: int) -> None:
        """Take a quote that is in force from `now` (milliseconds) on; time never goes back."""
        first = -(-now // _SECOND_MS)
        if first > self._first:
            if self._quote is not None:
                self._runs.append((self._first, first - 1, self._quote))
                while self._runs[0][1] <= first - 1 - WINDOW_S:
                    self._runs.popleft()
            self._first = first
        self._quote = quote
        if first * _SECOND_MS == now:
            self._cached_at = -1

    def doubled(self, now: int) -> tuple[Decimal, int]:
        """Return (twice the sum of the samples, their number ≥ 1) as of `now`; without a sample (0, 1)."""
        last = now // _SECOND_MS
        if last != self._cached_at:
            self._cached, self._cached_at = self._sum(last), last
        return self._cached

    def _sum(self, last: int) -> tuple[Decimal, int]:
        runs = [*self._runs]
        if self._quote is not None:
            runs.append((self._first, last, self._quote))
        total, count = ZERO, 0
        for first, end, quote in runs:
            seconds = min(end, last) - max(first, last - WINDOW_S + 1) + 1
            if seconds > 0:
                total += seconds * (quote.ask + quote.bid - 2 * quote.mark)
                count += seconds
        return (total, count) if count else (ZERO, 1)


def price_band(instrument: Instrument, quote: Quote, premium: tuple[Decimal, int]) -> tuple[Decimal, Decimal]:
    """Return (highest buy price, rounded down to the tick; lowest sell price, rounded up).

    `premium` is what `PremiumAverage.doubled` returns: the mean is only ever taken together with the rounding.
    """
    doubled, count = premium
    weight = Decimal(2 * count)
    tick, mark, index = instrument.tick_size, quote.mark, quote.index
    wide, narrow = instrument.price_limit_y, instrument.price_limit_x
    highest = max(index * weight, mark * (ONE + narrow) * weight + max(ZERO, doubled))
    highest = min(mark * (ONE + wide) * weight, highest)
    lowest = min(index * weight, mark * (ONE - narrow) * weight + min(ZERO, doubled))
    lowest = max(mark * (ONE - wide) * weight, lowest)
    return floor_div(highest, weight, tick), ceil_div(lowest, weight, tick)
