"""Two clocks: the API speaks the wall clock, the market runs at its own speed.

Whatever a client may compare with its own clock is API time: signatures, order times, pushes, envelopes, and the
`nextFundingTime` of the tickers. Candles and the funding history are market time, which starts where the price
source starts and runs `speed` market seconds per second.
"""

import time
from collections.abc import Callable

MAX_STEP_S = 0.25
"""Longest stretch of real time that one step of the market makes up for: a host that slept for a minute gets a
market that stood still, not one that jumps."""


def wall_ms() -> int:
    """Return milliseconds since 1970 (UTC)."""
    return time.time_ns() // 1_000_000


class ApiClock:
    """The clock of signatures, order times and pushes. `offset_ms` makes it wrong on purpose, for tests."""

    def __init__(self, wall: Callable[[], int] = wall_ms) -> None:
        self._wall = wall
        self.offset_ms = 0

    def now(self) -> int:
        """Return milliseconds since 1970 (UTC), offset included."""
        return self._wall() + self.offset_ms


class MarketClock:
    """Market time: `speed` market seconds per second while it runs."""

    def __init__(self, start: int, speed: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.speed = speed
        self.is_paused = False
        self._monotonic = monotonic
        self._position = float(start)
        self._seen = monotonic()
        self._expected: dict[int, int] = {}

    @property
    def now(self) -> int:
        """Market time, milliseconds."""
        return int(self._position)

    def tick(self) -> int:
        """Let time pass as the host's clock says, and return the new market time."""
        seen = self._monotonic()
        elapsed_s = seen - self._seen
        self._seen = seen
        if self.is_paused:
            return self.now
        if elapsed_s > MAX_STEP_S:
            elapsed_s = MAX_STEP_S
            self._expected.clear()
        self._position += elapsed_s * 1000 * self.speed
        return self.now

    def pause(self) -> None:
        self.is_paused = True

    def resume(self) -> None:
        self._seen = self._monotonic()
        self.is_paused = False
        self._expected.clear()

    def set_speed(self, speed: float) -> None:
        self.speed = speed
        self._expected.clear()

    def step(self, market_ms: int) -> int:
        """Move on by `market_ms` at once, paused or not, and return the new market time."""
        self._position += market_ms
        self._expected.clear()
        return self.now

    def in_api_time(self, market_ms: int, api_now: int) -> int:
        """Return when, by the API's clock, the market will reach `market_ms`, to the second.

        The answer stays the same until the market's course changes (pause, step, another speed).

        A market that stands still is taken to go on at the speed it had, or at real time if it had none.
        """
        known = self._expected.get(market_ms)
        if known is None:
            known = round((api_now + (market_ms - self._position) / (self.speed or 1)) / 1000) * 1000
            self._expected = {at: api for at, api in self._expected.items() if at > self._position}
            self._expected[market_ms] = known
        return known
