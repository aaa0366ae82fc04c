"""The time of an exchange in the same process: every change of it has a millisecond of its own.

So a balance is known to be newer than the order it contains (S6), and what was done again in the same order has the
same times.
"""

from collections.abc import Callable
from typing import Protocol


class VenueClock(Protocol):
    """What the exchange's side needs of a clock."""

    def now_ms(self) -> int:
        """Return the time, ms since 1970; never before the last change."""
        ...

    def tick(self) -> int:
        """Return the time of the next change: later than that of any before."""
        ...


class PaperClock:
    """Time that moves only when it is moved: that of an account without delays.

    Whatever happens at one moment of the market happens at once, and still in an order.
    """

    def __init__(self, now_ms: int) -> None:
        self.market_ms = now_ms
        """When it is in the market."""
        self._now_ms = now_ms

    def now_ms(self) -> int:
        return self._now_ms

    def monotonic(self) -> float:
        return self._now_ms / 1000

    def sleep(self, seconds: float) -> None:
        self._now_ms += int(seconds * 1000)

    def move(self, market_ms: int) -> int:
        """Go on to a later moment of the market, or the same; returns the time that this change of it has."""
        self.market_ms = market_ms
        self._now_ms = max(self._now_ms + 1, market_ms)
        return self._now_ms

    def tick(self) -> int:
        """Return the time of the next change at this moment of the market."""
        self._now_ms += 1
        return self._now_ms


class DayClock:
    """The time of day, for changes that happen as they come. It follows `now_ms` and runs ahead of it by one
    millisecond for each change of the same one; after `last_ms`, the time of the last change of an earlier run."""

    def __init__(self, now_ms: Callable[[], int], last_ms: int = 0) -> None:
        self._day_ms = now_ms
        self._last_ms = last_ms

    def now_ms(self) -> int:
        self._last_ms = max(self._last_ms, self._day_ms())  # what is done from now on is later than what was seen now
        return self._last_ms

    def tick(self) -> int:
        self._last_ms = max(self._last_ms + 1, self._day_ms())
        return self._last_ms
