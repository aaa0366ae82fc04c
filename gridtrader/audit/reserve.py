"""The law "reserve": no command was sent that money did not cover (S6), judged by the exchange's own wallet.

The bot decides by a balance that may be 5 s old, and counts what it has sent since. So the law asks for the balance
that was best for the bot within that time, less what was placed since. What is placed and withdrawn is counted in one
running figure; balances are kept as if nothing had been placed, in a queue that falls (one entry at least, as many as
there were ever lower balances within the time at most).
"""

from collections import deque
from collections.abc import Iterator
from decimal import Decimal

from gridtrader.audit.books import ZERO, BookOrder, shown
from gridtrader.audit.ladder import Ladder, Stand
from gridtrader.domain.types import OrderKind

BALANCE_AGE_MS = 5_000


class Purse:
    """What the bot of one account may believe to be free."""

    def __init__(self, age_ms: int = BALANCE_AGE_MS) -> None:
        self._age_ms = age_ms
        self._placed = ZERO
        self._best: deque[tuple[int, Decimal]] = deque()

    def note(self, now_ms: int, free: Decimal) -> None:
        """Take in the free balance (`Books.free`) of a moment; times never fall."""
        value = free + self._placed
        while self._best and self._best[-1][1] <= value:
            self._best.pop()
        self._best.append((now_ms, value))
        while self._best[0][0] < now_ms - self._age_ms:
            self._best.popleft()

    def lasts(self, now_ms: int) -> None:
        """Note that the last balance was still the balance until now."""
        if self._best:
            self._best[-1] = (now_ms, self._best[-1][1])

    def placed(self, margin: Decimal) -> None:
        """Count an opening order that came."""
        self._placed += margin

    def withdrawn(self, margin: Decimal) -> None:
        """Count what a cancelled opening order had left to bind."""
        self._placed -= margin

    def free(self) -> Decimal:
        """Return the most that the bot may believe to be free; only after a first `note`."""
        return self._best[0][1] - self._placed


def reserve_law(stand: Stand, order: BookOrder, free: Decimal, tolerance: Decimal) -> Iterator[str]:
    """Give whether an opening order that has just come, and what is missing of its twin, is more than free money.

    `stand` is as it was before the order.
    """
    if order.name is None or not order.name.slot.kind.opens:
        return
    term, level = stand.term, order.name.slot.level
    own = term.order_margin(order.leg, order.leaves, order.price)
    twin = _twin_margin(stand, order, level)
    if own + twin > free + tolerance:
        yield (
            f"reserve: {order.name.encode()} binds {shown(own)}, its twin {shown(twin)} more; free was {shown(free)}"
        )


def _twin_margin(stand: Stand, order: BookOrder, level: int) -> Decimal:
    """Return the least that the other leg of the level may still need: nothing where it stands or has executed, or
    where nobody knows its price."""
    term = stand.term
    other: Ladder = stand.ladders[2 - order.leg]
    if level in other.opening:
        return ZERO
    total = stand.q(level) if stand.has_reference else order.qty
    missing = total - other.executed(level)
    anchor = other.anchor(level - 1)
    if missing <= 0 or stand.is_complete(other, level):
        return ZERO
    is_entry = order.name is not None and order.name.slot.kind is OrderKind.ENTRY
    if level and anchor is None:
        return ZERO
    price = order.price * (1 - term.entry_room) if anchor is None else term.step_from(other.leg, *anchor)
    if is_entry:
        price = min(price, order.price * (1 - term.entry_room))
    if term.is_off_limits(price) or term.is_too_small(missing, price):
        return ZERO
    return term.order_margin(other.leg, missing, price)
