"""How long positions have been without their take-profit, and ladders unequal: measured, and bounded."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

from gridtrader.audit.books import LEGS, ZERO, BookOrder
from gridtrader.audit.ledger import LegCycle
from gridtrader.simulation.measures import Stopwatch
from gridtrader.simulation.verdicts import Verdicts

_BOTH: Final = tuple(LEGS)


class Gaps:
    """One account's open gaps. Times are given by who tells."""

    def __init__(self, symbols: Sequence[str], verdicts: Verdicts) -> None:
        self._verdicts = verdicts
        self._uncovered = {(symbol, leg): Stopwatch() for symbol in symbols for leg in _BOTH}
        self._peace: dict[tuple[str, int], int] = {}
        """What the clock of peace showed when each position lost its cover."""
        self._unequal = {symbol: Stopwatch() for symbol in symbols}

    def measure(
        self,
        symbol: str,
        orders: Collection[BookOrder],
        sizes: Mapping[tuple[str, int], Decimal],
        cycles: Mapping[int, LegCycle | None],
        now: int,
        peace_ms: int,
        seen_since: int,
    ) -> None:
        """Take in how a symbol stands; `seen_since`: what began before was not all in the bot's sight."""
        standing: list[dict[int, Decimal]] = []
        for leg in _BOTH:
            key, cycle = (symbol, leg), cycles[leg]
            size, closing = sizes[key], []
            levels = {} if cycle is None else {level: book.qty for level, book in cycle.levels.items()}
            for order in orders:
                if order.leg != leg:
                    continue
                if order.reduce_only:
                    closing.append(order)
                elif order.name is not None:
                    level = order.name.slot.level
                    levels[level] = levels.get(level, ZERO) + order.leaves
            is_covered = not size or (len(closing) == 1 and closing[0].leaves == size)
            if not is_covered and self._uncovered[key].since is None:
                self._peace[key] = peace_ms
            self._tell(self._uncovered[key], not is_covered, now, seen_since, is_cover=True)
            standing.append(levels)
        self._tell(self._unequal[symbol], standing[0] != standing[1], now, seen_since, is_cover=False)

    def _tell(self, watch: Stopwatch, is_wrong: bool, now: int, seen_since: int, *, is_cover: bool) -> None:
        verdicts = self._verdicts
        is_away = watch.since is not None and watch.since < seen_since
        if is_cover:
            distribution = verdicts.uncovered_away if is_away else verdicts.uncovered
        else:
            distribution = verdicts.unequal_away if is_away else verdicts.unequal
        watch.tell(is_wrong, now, distribution)

    def uncovered(self, peace_ms: int) -> Iterator[tuple[str, int, int]]:
        """Give symbol, leg and how long in peace of each position that is not covered."""
        for key, watch in self._uncovered.items():
            if watch.since is not None:
                yield *key, peace_ms - self._peace[key]
