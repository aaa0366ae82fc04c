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


class Pace(Patience[Slot]):
    """By slot, how often in a row its order did not last, and until when the next one waits.

    The first time may be a race, and costs no time: a take-profit that was cut is placed anew at once.
    """

    def __init__(self, first_ms: int, most_ms: int) -> None:
        super().__init__(first_ms, most_ms)
        self._attempts: dict[Slot, int] = {}
        """The attempt at each slot whose predecessor has been looked at."""

    def look(self, name: OrderName, last: KnownOrder, now_ms: int) -> int:
        """Take in that an order is to be placed, and the last one of its slot. Returns how many did not last in a
        row, where that is news and its slot now waits; else 0."""
        slot = name.slot
        if last.name == name or self._attempts.get(slot) == name.attempt:
            return 0
        self._attempts[slot] = name.attempt
        if last.is_withdrawn or last.name_is_used or now_ms - last.sent_ms >= LASTS_MS:
            self.worked(slot)
            return 0
        count = self.failed(slot, now_ms)
        if count == 1:
            self.lift(slot)
            return 0
        return count

    def keep(self, keys: set[Slot]) -> None:
        super().keep(keys)
        self._attempts = {slot: attempt for slot, attempt in self._attempts.items() if slot in keys}
