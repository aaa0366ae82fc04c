"""The machine's clocks, for everything that takes time as an argument."""

import threading
import time
from collections.abc import Callable

_NS_PER_MS = 1_000_000
_SLOWER = 20
"""While the machine's time of day is behind ours, every so many seconds one is not counted."""


class SystemClock:
    """The `Clock` of the real world, with a time of day that never goes back. Safe to use from any thread.

    Deadlines, ages and pauses are reckoned with it: set back by an hour, an account would sleep for an hour. So a
    clock set forward is followed at once; one set back is waited for, a twentieth slower than time goes: no age that
    something is decided on is off by more.
    """

    def __init__(
        self, wall_ns: Callable[[], int] = time.time_ns, monotonic_ns: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self._wall_ns = wall_ns
        self._monotonic_ns = monotonic_ns
        self._lock = threading.Lock()
        self._last_ns = wall_ns()
        self._looked_ns = monotonic_ns()

    def now_ms(self) -> int:
        """Return the time of day, milliseconds since 1970 (UTC)."""
        with self._lock:
            wall, looked = self._wall_ns(), self._monotonic_ns()
            passed = looked - self._looked_ns
            self._last_ns = max(wall, self._last_ns + passed - passed // _SLOWER)
            self._looked_ns = looked
            return self._last_ns // _NS_PER_MS

    def monotonic(self) -> float:
        """Return seconds that only ever go forward."""
        return self._monotonic_ns() / 1e9

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)
