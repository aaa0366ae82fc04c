"""The law "S8": a side closed by its take-profit reopens max(1, m − 2) levels at once, m as the other side stands.

m is taken once, when the side is seen flat; who judges from outside does not know when that was. So every m counts
that the other side has had from shortly before the side was flat until its first new order came.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from gridtrader.audit.books import LEG_NAMES, BookOrder
from gridtrader.audit.ledger import NOBODY
from gridtrader.domain.types import OrderKind


@dataclass(slots=True)
class _Leg:
    reach: int = 0
    before: int = 0
    """The reach before the last change of it."""
    changed_ms: int = 0
    is_flat: bool = True
    possible: set[int] = field(default_factory=lambda: {0})
    """What m may be: reaches of the other leg since this one was flat."""
    cycle: int = NOBODY
    """The cycle whose orders are being judged, once its first one has come."""
    closed: int = NOBODY
    """The last closed one: an order of it that was on its way belongs to nothing."""
    allowed: set[int] = field(default_factory=set)
    """How many levels it may have opened at once."""

    def told(self, reach: int) -> set[int]:
        """Return what n may be at a reach: during a reopening the levels decided count as executed (S5).

        A leg that was opened by an order of its last cycle, on its way when that closed, reopens as well, though no
        order of the new cycle has come yet.
        """
        if self.allowed:
            return {max(reach, opened) for opened in self.allowed}
        adopted = set() if self.is_flat else {max(reach, _at_once(m)) for m in self.possible}
        return adopted | {reach}


class Reopenings:
    """Both legs of all symbols. `grace_ms`: how late the bot may hear of the other side's fills."""

    def __init__(self, grace_ms: int) -> None:
        self._grace_ms = grace_ms
        self._legs: dict[tuple[str, int], _Leg] = {}

    def _leg(self, symbol: str, leg: int) -> _Leg:
        return self._legs.setdefault((symbol, leg), _Leg())

    def stands(self, symbol: str, leg: int, reach: int, *, is_flat: bool, now_ms: int) -> None:
        """Take in how far a leg has executed now, and whether it is flat."""
        own, other = self._leg(symbol, leg), self._leg(symbol, 3 - leg)
        was_flat, own.is_flat = own.is_flat, is_flat
        if reach != own.reach:
            own.before, own.reach, own.changed_ms = own.reach, reach, now_ms
            if other.is_flat or other.cycle == NOBODY:
                other.possible |= {0} if is_flat else own.told(reach)
        if is_flat and not was_flat:
            own.possible = other.told(other.reach)
            if now_ms <= other.changed_ms + self._grace_ms:
                own.possible |= other.told(other.before)
            own.closed, own.cycle, own.allowed = max(own.closed, own.cycle), NOBODY, set()

    def placed(self, order: BookOrder) -> Iterator[str]:
        """Take in an opening order that has just come; give what is wrong with its kind."""
        if order.name is None or not order.name.slot.kind.opens:
            return
        slot, own = order.name.slot, self._leg(order.symbol, order.leg)
        if slot.cycle != own.cycle:
            if slot.cycle < own.cycle or slot.cycle <= own.closed:
                return
            own.cycle, own.allowed = slot.cycle, {_at_once(m) for m in own.possible}
        most, least = max(own.allowed, default=1), min(own.allowed, default=1)
        if slot.kind is OrderKind.ENTRY and slot.level >= most:
            yield f"S8: {LEG_NAMES[order.leg]} level {slot.level} is opened at once, {most} at most"
        if slot.kind is OrderKind.AVERAGING and slot.level < least:
            yield f"S8: {LEG_NAMES[order.leg]} level {slot.level} rests at a step, at once open {least} at least"


def _at_once(m: int) -> int:
    """Return how many levels a leg reopens at once while the other has executed so many (S8)."""
    return max(1, m - 2)
