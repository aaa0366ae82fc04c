"""A bare pass over candles in plain Python: the strategy of `ladder`, and nothing of an exchange or a bot around it.

How long it takes is what this machine and interpreter can do; a replay's time divided by it can be compared between
machines.
"""

from collections.abc import Sequence

from benchmarks.candles import Candles
from benchmarks.ladder import LONG, SHORT, Ladder, depth_of, opening

NEVER = float("inf")
Row = tuple[int, int, list[int]]


class Pair:
    """Both ladders at one price, which they trade at."""

    __slots__ = ("buy", "fills", "long", "sell", "short")

    def __init__(self, price: float) -> None:
        self.long, self.short = Ladder(LONG), Ladder(SHORT)
        self.fills = 0
        self.buy = self.sell = price
        self._open(self.long, 1, price)
        self._open(self.short, 1, price)
        self._stand()

    def _open(self, ladder: Ladder, levels: int, price: float) -> None:
        for _ in range(levels):
            ladder.fill(price, is_maker=False)
        self.fills += levels

    def _stand(self) -> None:
        """Let all orders stand that should; note the nearest below and above."""
        long, short = self.long, self.short
        depth = depth_of(long.executed, short.executed)
        long.extend(depth)
        short.extend(depth)
        self.buy = max(
            long.prices[long.executed] if long.executed < len(long.prices) else -NEVER, short.take_profit()
        )
        self.sell = min(
            short.prices[short.executed] if short.executed < len(short.prices) else NEVER, long.take_profit()
        )

    def fall(self, price: float) -> None:
        """Fill the nearest order below: it averages LONG or closes SHORT."""
        self._reach(self.long, self.short, price)

    def rise(self, price: float) -> None:
        """Fill the nearest order above: it averages SHORT or closes LONG."""
        self._reach(self.short, self.long, price)

    def _reach(self, averaged: Ladder, closed: Ladder, price: float) -> None:
        if averaged.executed < len(averaged.prices) and averaged.prices[averaged.executed] == price:
            averaged.fill(price, is_maker=True)
        else:
            closed.clear()
            self._open(closed, opening(averaged.executed), price)
        self.fills += 1
        self._stand()


def rows_of(candles: Candles) -> list[Row]:
    """Return the candles as a pass wants them: high, low, and the four corners of each."""
    return list(zip(candles.high.tolist(), candles.low.tolist(), candles.corners().tolist(), strict=True))


def play(rows: Sequence[Row]) -> int:
    """Pass over the candles and return the number of fills."""
    pair = Pair(float(rows[0][2][0]))
    for high, low, corners in rows:
        if low <= pair.buy or high >= pair.sell:
            for price in corners:
                while price <= pair.buy:
                    pair.fall(pair.buy)
                while price >= pair.sell:
                    pair.rise(pair.sell)
    return pair.fills
