"""How far the exchange's clock is from ours, learned from every answer."""

import threading
from typing import Final

from gridtrader.engine.ports import Clock

_ENOUGH: Final = 3
"""So many answers in a row that tell the same are believed, however far off: it is by that time that requests are
valid or not, and our own clock may have been hours ahead for a moment (it never goes back)."""

_FURTHEST_MS: Final = 86_400_000
"""Beyond a day it is a broken answer, however often."""


class ClockSkew:
    """Exchange time = our time + skew. Safe to use from several threads.

    An answer that bears the server's time t, asked for at s and received at r (ours), proves that the skew lies
    between t − r and t − s. The first one gives the middle; of the later ones each that contradicts what is known
    moves it to its nearer end. So no answer, however slow, makes it worse, and a clock that was set is followed at
    once.
    """

    def __init__(self, clock: Clock, limit_ms: int, tolerance_ms: int) -> None:
        """`limit_ms`: a skew beyond it is not believed at once; `tolerance_ms`: how far a date may lie in the future,
        and answers that tell the same apart."""
        self._clock = clock
        self._tolerance_ms = tolerance_ms
        self._limit_ms = limit_ms
        self._lock = threading.Lock()
        self._skew_ms = 0
        self._is_known = False
        self._doubted_ms = 0
        self._doubts = 0
        """How many answers in a row have told the skew `_doubted_ms`, which is beyond the limit."""

    @property
    def is_known(self) -> bool:
        """Whether any answer has been seen."""
        return self._is_known

    @property
    def skew_ms(self) -> int:
        return self._skew_ms

    def now_ms(self) -> int:
        """Return the exchange's time of day, as well as it is known."""
        return self._clock.now_ms() + self._skew_ms

    def latest_ms(self) -> int:
        """Return the time beyond which nothing the exchange has dated can be true.

        As long as no answer has told the exchange's time, that is our own and the limit of the skew.
        """
        return self.now_ms() + (self._tolerance_ms if self._is_known else self._limit_ms)

    def observe(self, sent_ms: int, received_ms: int, server_ms: int) -> bool:
        """Learn from one answer; return False if it is not believed: it alone claims a skew beyond the limit."""
        low, high = server_ms - received_ms, server_ms - sent_ms
        with self._lock:
            wanted = min(max(self._skew_ms, low), high) if self._is_known else (low + high) // 2
            if abs(wanted) > self._limit_ms and not self._is_told_again(wanted):
                return False
            self._doubts = 0
            self._skew_ms = wanted
            self._is_known = True
        return True

    def _is_told_again(self, skew_ms: int) -> bool:
        """Whether a skew beyond the limit has been told often enough in a row."""
        if abs(skew_ms) > _FURTHEST_MS:
            return False
        if abs(skew_ms - self._skew_ms) <= self._tolerance_ms and self._is_known:
            return True  # it is the one that is known
        agrees = self._doubts and abs(skew_ms - self._doubted_ms) <= self._tolerance_ms
        self._doubts = self._doubts + 1 if agrees else 1
        self._doubted_ms = skew_ms
        return self._doubts >= _ENOUGH
