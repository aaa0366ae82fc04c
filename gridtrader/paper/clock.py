"""Time that moves only when it is moved."""


class PaperClock:
    """The clock of an account without delays.

    Whatever happens at one moment of the market happens at once, and still in an order: everything that changes the
    exchange gets a millisecond of its own, so that a balance is known to be newer than the order it contains (S6).
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
