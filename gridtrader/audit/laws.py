"""The invariants of section 9 as functions: each returns what breaks it, in words, and nothing if it holds.

They hold when the account is quiet: no command in flight, no entry waiting to fill, no fill unseen.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from gridtrader.audit.books import LONG, SHORT, BookCycle, BookOrder, Books, cycles_of
from gridtrader.domain.types import OrderKind

LEGS = (LONG, SHORT)
_NAMES = {LONG: "LONG", SHORT: "SHORT"}


@dataclass(frozen=True, slots=True)
class Terms:
    """One symbol's configuration and contract, as far as the laws need it. Fractions of 1, never per cent."""

    symbol: str
    multiplier: Fraction
    target: Fraction
    max_level: int
    qty_step: Fraction
    tick: Fraction
    max_qty: Fraction
    closing_fee: Fraction
    taker_fee: Fraction
    leverage: Fraction
    step: Fraction
    buffer: Fraction


@dataclass(frozen=True, slots=True)
class Ladder:
    """One leg as it stands: level → executed quantity, level → resting order."""

    leg: int
    cycle: BookCycle | None
    executed: Mapping[int, Fraction]
    resting: Mapping[int, BookOrder]
    closing: Sequence[BookOrder]

    def standing(self, level: int) -> Fraction:
        resting = self.resting[level].leaves if level in self.resting else Fraction(0)
        return self.executed.get(level, Fraction(0)) + resting

    @property
    def levels(self) -> set[int]:
        return {*self.executed, *self.resting}


def ladder_of(books: Books, symbol: str, leg: int, cycles: Sequence[BookCycle]) -> Ladder:
    """Return what stands on one leg."""
    running = [c for c in cycles if (c.symbol, c.leg) == (symbol, leg) and not c.is_closed]
    orders = [
        order for order in books.orders if (order.symbol, order.leg) == (symbol, leg) and order.name is not None
    ]
    resting = {o.name.slot.level: o for o in orders if o.name is not None and o.name.slot.kind.opens}
    closing = [o for o in orders if o.name is not None and o.name.slot.kind is OrderKind.TAKE_PROFIT]
    cycle = running[-1] if running else None
    return Ladder(leg, cycle, cycle.levels() if cycle else {}, resting, closing)


def check(books: Books, terms: Sequence[Terms]) -> list[str]:
    """Return every broken law of a quiet account; empty if all hold."""
    cycles = cycles_of(books.fills)
    broken: list[str] = []
    for term in terms:
        pair = [ladder_of(books, term.symbol, leg, cycles) for leg in LEGS]
        found = [
            *_symmetry(pair),
            *_reference(pair, term),
            *_lookahead(pair, term, books),
            *(text for ladder in pair for text in _protection(ladder, term, books)),
            *_single(books, term, cycles),
            *_net_profit(cycles, term),
        ]
        broken.extend(f"{term.symbol}: {text}" for text in found)
    return broken


def _symmetry(pair: Sequence[Ladder]) -> Iterator[str]:
    long, short = pair
    for level in sorted(long.levels | short.levels):
        if long.standing(level) != short.standing(level):
            yield f"symmetry: level {level} has {_n(long.standing(level))} LONG, {_n(short.standing(level))} SHORT"


def _reference(pair: Sequence[Ladder], term: Terms) -> Iterator[str]:
    first = next((ladder.standing(0) for ladder in pair if ladder.standing(0)), None)
    if first is None:
        return
    for ladder in pair:
        for level in sorted(ladder.levels):
            wanted = quantity(first, level, term)
            if ladder.standing(level) != wanted:
                standing = _n(ladder.standing(level))
                yield f"reference: {_NAMES[ladder.leg]} level {level} has {standing}, q is {_n(wanted)}"
        if ladder.levels and sorted(ladder.levels) != list(range(max(ladder.levels) + 1)):
            yield f"reference: {_NAMES[ladder.leg]} has a gap: levels {sorted(ladder.levels)}"


def quantity(first: Fraction, level: int, term: Terms) -> Fraction:
    """Return q(level) = floor(q(0) · multiplier^level) to the quantity step."""
    return (first * term.multiplier**level // term.qty_step) * term.qty_step


def _lookahead(pair: Sequence[Ladder], term: Terms, books: Books) -> Iterator[str]:
    """Each side has a resting averaging order, unless money or the maximum forbid."""
    deepest = max((level for ladder in pair for level in ladder.executed), default=-1)
    if deepest < 0 or deepest >= term.max_level:
        return
    missing = [ladder for ladder in pair if not ladder.resting]
    if not missing:
        return
    ahead = deepest + 1
    first = pair[0].standing(0) or pair[1].standing(0)
    size = quantity(first, ahead, term)
    if size > term.max_qty:
        return
    cost = sum(
        (_least_margin(ladder, size, ahead, term) for ladder in pair if ahead not in ladder.resting), Fraction(0)
    )
    free = books.available - term.buffer * books.margin_balance
    if cost <= free:
        names = " and ".join(_NAMES[ladder.leg] for ladder in missing)
        yield f"lookahead: no averaging order on {names}, though level {ahead} costs {_n(cost)} of free {_n(free)}"


def _least_margin(ladder: Ladder, size: Fraction, level: int, term: Terms) -> Fraction:
    """Return the margin of a level at the price it would have, counted from the leg's deepest fill."""
    if ladder.cycle is None:
        return Fraction(10) ** 12
    deepest = max(ladder.executed)
    last = [f.price for f in ladder.cycle.fills if f.name and f.name.slot.kind.opens and f.name.slot.level == deepest]
    sign = 1 if ladder.leg == LONG else -1
    price = last[-1] * (1 - sign * term.step) ** (level - deepest)
    share = 1 / term.leverage
    return size * price * (share + term.taker_fee + (1 - sign * share) * term.taker_fee)


def _protection(ladder: Ladder, term: Terms, books: Books) -> Iterator[str]:
    """Each open side has exactly one TP, reduce-only, for exactly its position, at the price of S7 within a tick."""
    name, size = _NAMES[ladder.leg], books.sizes.get((term.symbol, ladder.leg), Fraction(0))
    if size == 0:
        if ladder.closing:
            yield f"protection: flat {name} has {len(ladder.closing)} take-profits"
        return
    if len(ladder.closing) != 1:
        yield f"protection: {name} of {_n(size)} has {len(ladder.closing)} take-profits"
        return
    order = ladder.closing[0]
    if not order.reduce_only or order.is_buy == (ladder.leg == LONG):
        yield f"protection: {name}'s take-profit is no closing order"
    if order.leaves != size:
        yield f"protection: {name} of {_n(size)} has a take-profit for {_n(order.leaves)}"
    if ladder.cycle is None:
        yield f"protection: {name} of {_n(size)} has no fills"
        return
    exact = exact_take_profit(ladder.cycle, term)
    distance = (order.price - exact) * ladder.cycle.sign
    if not 0 <= distance < term.tick:
        yield f"protection: {name}'s take-profit is at {_n(order.price)}, S7 gives {float(exact):.10g}"


def exact_take_profit(cycle: BookCycle, term: Terms) -> Fraction:
    """Return S7's price before rounding."""
    closed, value, fees = cycle.priced_part()
    opened = sum((f.qty - f.closed for f in cycle.fills if not f.is_funding), Fraction(0))
    sign = cycle.sign
    numerator = cycle.entry_value * (1 + sign * term.target) + sign * (cycle.other_costs() + fees) - value
    return numerator / ((opened - closed) * (1 - sign * term.closing_fee))


def _single(books: Books, term: Terms, cycles: Sequence[BookCycle]) -> Iterator[str]:
    """No (cycle, side, level) was ever executed or open twice."""
    for ladder_cycles in ([c for c in cycles if (c.symbol, c.leg) == (term.symbol, leg)] for leg in LEGS):
        for cycle in ladder_cycles:
            levels = cycle.levels()
            first = levels.get(0)
            for level, executed in levels.items():
                if level < 0:
                    yield f"single: {_NAMES[cycle.leg]} was changed by somebody else"
                elif first and executed > quantity(first, level, term) and level:
                    wanted = _n(quantity(first, level, term))
                    yield f"single: {_NAMES[cycle.leg]} level {level} executed {_n(executed)} of {wanted}"
    slots = [order.name.slot for order in books.orders if order.symbol == term.symbol and order.name is not None]
    for slot in {slot for slot in slots if slots.count(slot) > 1}:
        yield f"single: {slot} is open {slots.count(slot)} times"


def _net_profit(cycles: Sequence[BookCycle], term: Terms) -> Iterator[str]:
    """A cycle closed by its TP earned at least t × its entry value, net, to a tick of its quantity."""
    for cycle in cycles:
        if cycle.symbol != term.symbol or not cycle.is_closed:
            continue
        if any(fill.name is None for fill in cycle.fills if not fill.is_funding):
            continue  # closed by somebody else: law "single" speaks of it
        closed = sum((fill.closed for fill in cycle.fills), Fraction(0))
        if cycle.net < term.target * cycle.entry_value - term.tick * closed:
            yield (
                f"net profit: a {_NAMES[cycle.leg]} cycle earned {float(cycle.net):.8f}, "
                f"{float(term.target * cycle.entry_value):.8f} was the least"
            )


def _n(value: Fraction) -> str:
    return f"{float(value):.10g}"
