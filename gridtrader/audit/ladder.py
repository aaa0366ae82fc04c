"""What stands on the two legs of one symbol at one moment, executed and resting, level by level."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from gridtrader.audit.books import LEG_NAMES, LEGS, SIGN, ZERO, BookOrder, Books
from gridtrader.audit.ledger import NOBODY, Ledger, LegCycle, Pair
from gridtrader.audit.terms import Terms
from gridtrader.domain.types import OrderKind


@dataclass(slots=True)
class Ladder:
    """One leg. `opening` are its open opening orders by level, `doubles` further ones of the same level."""

    leg: int
    cycle: LegCycle | None
    opening: dict[int, BookOrder] = field(default_factory=dict)
    doubles: list[BookOrder] = field(default_factory=list)
    closing: list[BookOrder] = field(default_factory=list)

    @property
    def name(self) -> str:
        return LEG_NAMES[self.leg]

    @property
    def sign(self) -> int:
        return SIGN[self.leg]

    @property
    def is_bare(self) -> bool:
        """Whether it is flat and nothing of it may open."""
        return self.cycle is None and not self.opening

    @property
    def has_waiting_entry(self) -> bool:
        return any(o.name is not None and o.name.slot.kind is OrderKind.ENTRY for o in self.opening.values())

    @property
    def levels(self) -> set[int]:
        executed = () if self.cycle is None else self.cycle.levels
        return {*executed, *self.opening}

    def executed(self, level: int) -> Decimal:
        return ZERO if self.cycle is None else self.cycle.executed(level)

    def leaves(self, level: int) -> Decimal:
        order = self.opening.get(level)
        return ZERO if order is None else order.leaves

    def is_untouched(self, level: int) -> bool:
        """Whether the level only rests: nothing of it has executed."""
        return level in self.opening and not self.executed(level)

    def anchor(self, level: int) -> tuple[Decimal, Decimal] | None:
        """Return what a step from this level counts from, as value and quantity: its limit while it rests, else its
        average execution price; None while it has neither (S4)."""
        order = self.opening.get(level)
        if order is not None:
            return order.price, Decimal(1)
        book = None if self.cycle is None else self.cycle.levels.get(level)
        return None if book is None else (book.value, book.qty)


@dataclass(slots=True)
class Stand:
    """Both legs of one symbol, and the ladder's quantities."""

    term: Terms
    pair: Pair
    ladders: tuple[Ladder, Ladder]
    _complete: dict[int, frozenset[int]] = field(default_factory=dict)

    @property
    def has_reference(self) -> bool:
        """Whether q(0) is known and binds: it does until both legs are flat."""
        return self.pair.first is not None and not self.pair.is_flat

    def q(self, level: int) -> Decimal:
        return self.pair.quantity(level, self.term)

    def is_complete(self, ladder: Ladder, level: int) -> bool:
        """Whether a level counts as executed: all of it, or all but what the exchange would not take (S1, S5)."""
        complete = self._complete.get(ladder.leg)
        if complete is None:
            complete = self._complete[ladder.leg] = frozenset(self._complete_levels(ladder))
        return level in complete

    def _complete_levels(self, ladder: Ladder) -> Iterator[int]:
        if ladder.cycle is None or self.pair.first is None:
            return
        term = self.term
        for level, book in ladder.cycle.levels.items():
            if level == NOBODY or level in ladder.opening:
                continue
            missing = self.q(level) - book.qty
            if missing <= 0 or missing < term.min_qty or missing * book.value < term.min_notional * book.qty:
                yield level

    def reach(self, ladder: Ladder) -> int:
        """Return n: the levels of a leg up to its highest executed one."""
        self.is_complete(ladder, 0)
        return max(self._complete[ladder.leg], default=-1) + 1

    def depth(self) -> int:
        """Return S5's depth d, capped by the largest order the exchange takes (S1).

        Where the configuration was lowered, what has executed stays, and keeps its insurance.
        """
        term = self.term
        executed = max((max(o.cycle.levels, default=0) for o in self.ladders if o.cycle is not None), default=0)
        depth = min(max(map(self.reach, self.ladders)), max(term.max_level, executed)) + 1
        while depth > 0 and self.q(depth - 1) > term.max_qty:
            depth -= 1
        return depth


def stand_of(ledger: Ledger, books: Books, term: Terms) -> Stand:
    """Return what stands in one symbol."""
    pair = ledger.pair(term.symbol)
    ladders = (Ladder(LEGS[0], pair.running[LEGS[0]]), Ladder(LEGS[1], pair.running[LEGS[1]]))
    for order in named_orders(books, term.symbol):
        ladder = ladders[order.leg - 1]
        assert order.name is not None
        slot = order.name.slot
        if not slot.kind.opens:
            ladder.closing.append(order)
        elif slot.level in ladder.opening:
            ladder.doubles.append(order)
        else:
            ladder.opening[slot.level] = order
    return Stand(term, pair, ladders)


def named_orders(books: Books, symbol: str) -> Iterator[BookOrder]:
    """Give the bot's own open orders of one symbol."""
    for order in books.orders:
        if order.symbol == symbol and order.name is not None:
            yield order
