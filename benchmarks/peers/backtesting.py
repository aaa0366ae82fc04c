"""backtesting.py: candle by candle, one reaction after each; LONG and SHORT at once with its `hedging`.

A side has no one closing order there: each fill is a trade with a take-profit of its own, all set to the side's
price. A closed side counts as one fill of the take-profit, as elsewhere.
"""

import warnings
from collections.abc import Callable
from typing import Any

import pandas as pd
from backtesting import Backtest, Strategy

from benchmarks.candles import Candles
from benchmarks.ladder import LONG, SHORT, Ladder, depth_of, opening
from benchmarks.peers.protocol import answer
from benchmarks.terms import MAKER_FEE, MONEY, MULTIPLIER, TICK


class Grid(Strategy):  # type: ignore[misc]
    """Both sides, a step apart."""

    def init(self) -> None:
        """Begin flat; orders are tagged (sign, level) and filled at the first chance."""
        self.sides = {sign: Ladder(sign) for sign in (LONG, SHORT)}
        self.decided = dict.fromkeys(self.sides, 0)
        """Levels opened at once whose fill is not seen yet."""
        self.resting: dict[tuple[int, int], Any] = {}
        self.fills = 0

    def next(self) -> None:
        """Take in what the candle filled, then let stand what should."""
        held = {sign: sorted((t.tag[1], t) for t in self.trades if t.tag[0] == sign) for sign in self.sides}
        for sign, ladder in self.sides.items():
            if ladder.executed > 0 and (not held[sign] or held[sign][0][0] > 0):
                self.fills += 1
                for _, late in held[sign]:  # filled by the candle that closed the others
                    late.close()
                held[sign] = []
                self._withdraw(sign, 0)
                ladder.clear()
        changed = False
        for sign, ladder in self.sides.items():
            for level, trade in held[sign][ladder.executed :]:
                ladder.fill(trade.entry_price, is_maker=self.decided[sign] == 0)
                self.decided[sign] = max(0, self.decided[sign] - 1)
                self.resting.pop((sign, level), None)
                self.fills += 1
                changed = True
        for sign, ladder in self.sides.items():
            if ladder.executed == 0 and self.decided[sign] == 0:
                self.decided[sign] = opening(self.sides[-sign].executed)
                for level in range(self.decided[sign]):
                    self._order(sign, level, None)
        if changed:
            self._stand(held)

    def _stand(self, held: dict[int, list[tuple[int, Any]]]) -> None:
        counts = [max(ladder.executed, self.decided[sign]) for sign, ladder in self.sides.items()]
        depth = depth_of(counts[0], counts[1])
        for sign, ladder in self.sides.items():
            if ladder.executed == 0 or self.decided[sign]:
                continue
            ladder.extend(depth)
            self._withdraw(sign, len(ladder.prices))
            for level in range(ladder.executed, len(ladder.prices)):
                if (sign, level) not in self.resting:
                    self._order(sign, level, ladder.prices[level])
            target = ladder.take_profit()
            for _, trade in held[sign]:
                if trade.tp != target:
                    trade.tp = target

    def _order(self, sign: int, level: int, price: float | None) -> None:
        place = self.buy if sign == LONG else self.sell
        order = place(size=MULTIPLIER**level, limit=price, tag=(sign, level))
        if price is not None:
            self.resting[sign, level] = order

    def _withdraw(self, sign: int, beyond: int) -> None:
        for place in [place for place in self.resting if place[0] == sign and place[1] >= beyond]:
            self.resting.pop(place).cancel()


def prepare(candles: Candles) -> Callable[[], int]:
    """Return a run over the candles, prices in ticks: it takes whole sizes only, and any price."""
    columns = {name.capitalize(): column / TICK for name, column in candles.prices().items()}
    frame = pd.DataFrame(columns, index=pd.to_datetime(candles.times_ms, unit="ms"))
    backtest = Backtest(frame.round(), Grid, cash=MONEY, margin=0.1, commission=MAKER_FEE, hedging=True)

    def run() -> int:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fills: int = backtest.run()._strategy.fills
        return fills

    return run


if __name__ == "__main__":
    answer("backtesting", prepare)
