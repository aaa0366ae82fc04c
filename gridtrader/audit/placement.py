"""Laws of the moment in which an order appears: its name, its quantity, its price (C2, S1, S2, S4)."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from gridtrader.audit.books import BookOrder, shown
from gridtrader.audit.ladder import Ladder, Stand
from gridtrader.audit.ledger import NOBODY, Ledger
from gridtrader.audit.terms import ONE, first_quantity
from gridtrader.domain.order_names import OrderName
from gridtrader.domain.types import OrderKind


def placement_laws(
    stand: Stand, ledger: Ledger, order: BookOrder, now_ms: int, *, is_anew: bool = True
) -> Iterator[str]:
    """Give what is wrong with an opening order that has just come; the stand is as it was before it.

    `is_anew`: whether it was decided with both sides flat. What was decided before the other side closed keeps the
    quantities that held then (S2).

    An order of the cycle that closed while it was on its way is not judged: it belongs to nothing, and is withdrawn.
    """
    name = order.name
    if name is None or not name.slot.kind.opens:
        return
    ladder = stand.ladders[order.leg - 1]
    if name.slot.cycle <= stand.pair.last_number[order.leg]:
        if not ledger.is_news(stand.pair.closed_ms[order.leg], now_ms):
            yield f"single: {name.encode()} was placed, and its cycle is long closed"
        return
    yield from _quantity(stand, ladder, order, name, is_anew=is_anew)
    if name.slot.kind is OrderKind.AVERAGING:
        yield from _one_step(stand, ladder, order, name, is_news=_is_news(ledger, ladder, name, now_ms))


def _is_news(ledger: Ledger, ladder: Ladder, name: OrderName, now_ms: int) -> bool:
    """Whether the bot need not know what has executed of the level before."""
    book = None if ladder.cycle is None else ladder.cycle.levels.get(name.slot.level - 1)
    return book is not None and ledger.is_news(book.last_ms, now_ms)


def _quantity(stand: Stand, ladder: Ladder, order: BookOrder, name: OrderName, *, is_anew: bool) -> Iterator[str]:
    level = name.slot.level
    if stand.has_reference:
        wanted = stand.q(level) - ladder.executed(level)
        if order.qty != wanted:
            text = f"{ladder.name} level {level} was placed with {shown(order.qty)}, {shown(wanted)} is missing of q"
            yield f"reference: {text}"
    elif not is_anew and stand.pair.first is not None:
        q = stand.q(level)
        if order.qty != q:
            yield f"reference: {ladder.name} level {level} was placed with {shown(order.qty)}, q is {shown(q)}"
    elif level == 0:
        yield from _first_quantity(stand, ladder, order, name)


def _first_quantity(stand: Stand, ladder: Ladder, order: BookOrder, name: OrderName) -> Iterator[str]:
    """Level 0 of a new ladder: as large as its twin (S2), and the first of the two as S1 says."""
    other = stand.ladders[0] if ladder is stand.ladders[1] else stand.ladders[1]
    twin = other.opening.get(0)
    if twin is not None:
        if twin.qty != order.qty:
            yield f"reference: level 0 was placed with {shown(order.qty)}, its twin has {shown(twin.qty)}"
        return
    term, price = stand.term, order.price
    if term.margin is None or name.attempt:
        return
    least = first_quantity(term, price * (1 + term.first_band))
    most = first_quantity(term, price * (1 - term.first_band))
    if not least <= order.qty <= most:
        text = f"{ladder.name} level 0 was placed with {shown(order.qty)} at {shown(price)}"
        yield f"reference: {text}; S1 gives {shown(first_quantity(term, price))}"


def _one_step(stand: Stand, ladder: Ladder, order: BookOrder, name: OrderName, *, is_news: bool) -> Iterator[str]:
    """A level is placed exactly one step from the one before (S4)."""
    level, term = name.slot.level, stand.term
    before = ladder.opening.get(level - 1)
    if before is not None and before.name is not None and before.name.slot.kind is OrderKind.ENTRY:
        if not stand.term.is_too_small(before.leaves, before.price):
            yield f"S4: {ladder.name} level {level} was placed above an entry that has no price yet"
        return
    anchor = ladder.anchor(level - 1)
    if anchor is None or (before is None and not stand.is_complete(ladder, level - 1)):
        return  # the order below was refused or lost on its way; a gap that stays is seen when all is quiet
    asked = order.price if order.asked_price is None else order.asked_price
    wanted = term.step_from(ladder.leg, *anchor)
    if asked == wanted:
        return
    book = None if ladder.cycle is None else ladder.cycle.levels.get(level - 1)
    crossed = book is not None and book.kind is OrderKind.AVERAGING and is_news
    if crossed and book is not None and asked == term.step_from(ladder.leg, book.limit, ONE):
        return
    yield f"S4: {ladder.name} level {level} was placed at {shown(asked)}, one step is {shown(wanted)}"


@dataclass(slots=True)
class _LegNames:
    cycle: int = NOBODY
    attempts: dict[tuple[OrderKind, int], int] = field(default_factory=dict)


class Names:
    """No order name comes twice, whatever is forgotten in between (C2).

    Cycle numbers of a leg never fall and attempts at a slot always rise, so that only the newest cycle's attempts
    need be remembered.
    """

    def __init__(self) -> None:
        self._legs: dict[tuple[str, int], _LegNames] = {}

    def placed(self, order: BookOrder) -> Iterator[str]:
        """Note an order that has just come; give what is wrong with its name."""
        name = order.name
        if name is None:
            return
        slot = name.slot
        known = self._legs.setdefault((order.symbol, order.leg), _LegNames())
        if slot.cycle < known.cycle:
            yield f"single: {name.encode()} was placed after an order of a later cycle"
            return
        if slot.cycle > known.cycle:
            known.cycle = slot.cycle
            known.attempts.clear()
        last = known.attempts.get((slot.kind, slot.level), -1)
        if name.attempt <= last:
            yield f"single: {name.encode()} was placed when attempt {last} was already made"
            return
        known.attempts[slot.kind, slot.level] = name.attempt
