"""Funding of a dry run: the rates the exchange publishes, settled on the imagined positions.

Settlements fall on whole hours and are published a moment later. The history of rates is asked for after each hour,
and every settlement in it that is newer than the last one known is made up for, at the price of now.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple, Protocol

from gridtrader.engine.ports import GatewayError

HOUR_MS: Final = 3_600_000
DELAYS_MS: Final = (5_000, 20_000, 80_000)
"""After the hour: a rate that is not there yet is asked for again."""


class Settlement(NamedTuple):
    """A settlement in the past: when it was due, by the exchange's time, and the rate (fraction; > 0: LONG pays)."""

    due_ms: int
    rate: Decimal


class FundingHistory(Protocol):
    """The exchange's public history of rates."""

    def settlements(self, symbol: str) -> Sequence[Settlement]:
        """Return the newest settlements, in any order. Raises GatewayError."""
        ...


@dataclass(frozen=True, slots=True)
class Timetable:
    """When to ask: so many ms after each multiple of `period_ms`; `delays_ms` rise and are below it."""

    period_ms: int = HOUR_MS
    delays_ms: tuple[int, ...] = DELAYS_MS

    def next_after(self, now_ms: int) -> int:
        """Return the next time to ask, later than now."""
        hour = now_ms - now_ms % self.period_ms
        return next(
            at
            for begin in (hour, hour + self.period_ms)
            for at in (begin + delay for delay in self.delays_ms)
            if at > now_ms
        )


@dataclass(slots=True)
class Funding:
    """Settles what is due. `last_ms` has the last settlement known of each symbol, by the exchange's time."""

    history: FundingHistory
    settle: Callable[[str, Settlement], None]
    """Settles on the dry run's exchange, or raises ArchiveError: then it is tried again."""
    last_ms: dict[str, int]
    timetable: Timetable
    log: logging.Logger
    _next_ms: int = 0
    _is_failing: bool = False

    def attend(self, now_ms: int) -> None:
        """Ask if it is time to, and settle what is new. What cannot be asked is asked again later."""
        if now_ms < self._next_ms:
            return
        self._next_ms = self.timetable.next_after(now_ms)
        try:
            for symbol in self.last_ms:
                self._settle_new(symbol)
        except (GatewayError, OSError) as error:
            if not self._is_failing:
                self.log.warning("funding is not settled for now, it is made up for later: %s", error)
            self._is_failing = True
        else:
            self._is_failing = False

    def _settle_new(self, symbol: str) -> None:
        last_ms = self.last_ms[symbol]
        for settlement in sorted(each for each in self.history.settlements(symbol) if each.due_ms > last_ms):
            self.settle(symbol, settlement)
            self.last_ms[symbol] = settlement.due_ms
