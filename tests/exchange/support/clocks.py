"""A clock that passes by itself and one that passes only when told."""

import time


class RealClock:
    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class FakeClock:
    """Sleeping takes no time and moves the clock; `slept` remembers how long each sleep was."""

    def __init__(self, now_ms: int = 1_750_000_000_000) -> None:
        self.start_ms = now_ms
        self.seconds = 1000.0
        self.slept: list[float] = []

    def now_ms(self) -> int:
        return self.start_ms + round((self.seconds - 1000.0) * 1000)

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.slept.append(seconds)
        self.seconds += seconds
