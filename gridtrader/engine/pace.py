"""How soon an order is placed anew whose predecessors the exchange accepted and then threw out.

A command that is refused waits by itself (`Patience`). An order that was acknowledged and is gone a moment later -
the acknowledgement is asynchronous, reduce-only orders are cancelled by the exchange - was refused by nobody, and
would otherwise be placed again ten times a second.
"""

from typing import Final

from gridtrader.domain.order_names import OrderName, Slot
from gridtrader.domain.orders import KnownOrder
from gridtrader.engine.patience import Patience

LASTS_MS: Final = 10_000
"""An order that has to be placed anew within so long did not last."""


class Pace:
    """By slot, how often in a row its order did not last; times are milliseconds of our clock.

    The first time may be a race, and costs no time: a take-profit that was cut is placed anew at once.
    """

    def __init__(self, pause_ms: int, longest_pause_ms: int) -> None:
        self._patience: Patience[Slot] = Patience(pause_ms, longest_pause_ms)
        self._attempts: dict[Slot, int] = {}
        """The attempt at each slot whose predecessor has been looked at."""

    def look(self, name: OrderName, last: KnownOrder | None, now_ms: int) -> int:
        """Take in that an order is to be placed, and the last one of its slot. Returns how many did not last in a
        row, where that is news and its slot now waits; else 0."""
        slot = name.slot
        if last is None or last.name == name or self._attempts.get(slot) == name.attempt:
            return 0
        self._attempts[slot] = name.attempt
        if last.is_withdrawn or last.name_is_used or now_ms - last.sent_ms >= LASTS_MS:
            self._patience.worked(slot)
            return 0
        count = self._patience.failed(slot, now_ms)
        if count == 1:
            self._patience.lift(slot)
            return 0
        return count

    def is_due(self, slot: Slot, now_ms: int) -> bool:
        return self._patience.is_due(slot, now_ms)

    def next_due(self, now_ms: int) -> int | None:
        """Return when the next slot that waits is due; None if none waits."""
        return self._patience.next_due(now_ms)

    def has_come_due(self, since_ms: int, now_ms: int) -> bool:
        """Whether a slot has come due after `since_ms`."""
        return self._patience.has_come_due(since_ms, now_ms)

    def keep(self, slots: set[Slot]) -> None:
        """Forget all other slots."""
        if self._attempts:
            self._patience.keep(slots)
            self._attempts = {slot: attempt for slot, attempt in self._attempts.items() if slot in slots}
