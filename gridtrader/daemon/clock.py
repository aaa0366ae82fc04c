"""The machine's clocks, for everything that takes time as an argument."""

import time


class SystemClock:
    """The `Clock` of the real world."""

    def now_ms(self) -> int:
        """Return the time of day, milliseconds since 1970 (UTC)."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Return seconds that only ever go forward."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)
