"""Symmetry, reference and look-ahead of a quiet symbol, and what excuses a level that is missing (S1, S5, S6)."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from gridtrader.audit.books import ZERO, Books, shown
from gridtrader.audit.ladder import Ladder, Stand
from gridtrader.audit.terms import ONE


@dataclass(frozen=True, slots=True)
class _Missing:
    """A leg of a level that does not stand, or not wholly, and the most that placing it now would bind."""

    ladder: Ladder
    qty: Decimal
    price: Decimal
    margin: Decimal


class _Excused(Exception):
    """The level cannot be placed, whatever the bot does; so neither can those above it."""


def symmetry_laws(stand: Stand, books: Books) -> Iterator[str]:
    """Give what is broken. While an entry waits to fill the symbol is not quiet, and nothing is."""
    if any(ladder.has_waiting_entry for ladder in stand.ladders):
        return
    orphans = [ladder for ladder in stand.ladders if ladder.cycle is None and ladder.opening]
    for ladder in orphans:
        yield f"symmetry: levels {sorted(ladder.opening)} rest on {ladder.name}, which is flat"
    if orphans or not stand.has_reference:
        return
    yield from _halves(stand)
    depth = stand.depth()
    for level in range(depth):
        short_of = [ladder for ladder in stand.ladders if not _stands(stand, ladder, level)]
        if short_of:
            yield from _judge(stand, books, level, short_of)
            return
    for ladder in stand.ladders:
        beyond = [level for level in ladder.opening if level >= depth and ladder.is_untouched(level)]
        if beyond:
            yield f"symmetry: {ladder.name} levels {sorted(beyond)} rest beyond the depth of {depth}"


def _stands(stand: Stand, ladder: Ladder, level: int) -> bool:
    return level in ladder.opening or stand.is_complete(ladder, level)


def _halves(stand: Stand) -> Iterator[str]:
    """A level whose order works is whole: executed and open together, it is q(k)."""
    for ladder in stand.ladders:
        for level in sorted(ladder.opening):
            standing, wanted = ladder.executed(level) + ladder.leaves(level), stand.q(level)
            if standing < wanted:  # more than that breaks a law that always holds
                yield f"reference: {ladder.name} level {level} has {shown(standing)}, q is {shown(wanted)}"


def _judge(stand: Stand, books: Books, level: int, short_of: list[Ladder]) -> Iterator[str]:
    """Say whether the lowest missing level may be missing."""
    if stand.term.symbol in books.held:
        return
    try:
        missing = [_missing(stand, books, ladder, level) for ladder in short_of]
    except _Excused:
        return
    names = " and ".join(leg.ladder.name for leg in missing)
    cost = sum((leg.margin for leg in missing), ZERO)
    free = books.free(stand.term.buffer) - books.slack
    reached = max(map(stand.reach, stand.ladders))
    law = "lookahead" if level >= reached else "symmetry"
    if cost <= free:
        yield f"{law}: level {level} is missing on {names}, though its {shown(cost)} fit into free {shown(free)}"
        return
    lone = [ladder.name for ladder in stand.ladders if ladder.is_untouched(level)]
    if lone and not any(ladder.executed(level) for ladder in stand.ladders):
        yield f"{law}: level {level} rests on {lone[0]} alone; a level without money for both stands on neither"
    yield from _deeper(stand, level, reached, cost - free)


def _deeper(stand: Stand, level: int, reached: int, short: Decimal) -> Iterator[str]:
    """Smaller levels come first: nothing rests ahead of a gap, nor what the gap could be filled for."""
    freed = ZERO
    ahead: set[int] = set()
    for ladder in stand.ladders:
        for deeper, order in ladder.opening.items():
            if deeper > level and ladder.is_untouched(deeper):
                freed += stand.term.order_margin(ladder.leg, order.leaves, order.price)
                if deeper >= reached:
                    ahead.add(deeper)
    if ahead:
        yield f"lookahead: levels {sorted(ahead)} rest ahead while level {level} is missing for want of money"
    elif freed >= short:
        yield f"symmetry: level {level} is missing for want of {shown(short)}, and deeper ones bind {shown(freed)}"


def _missing(stand: Stand, books: Books, ladder: Ladder, level: int) -> _Missing:
    term = stand.term
    qty, price = stand.q(level) - ladder.executed(level), _price(stand, books, ladder, level)
    lowest = min(price, books.prices.get(term.symbol, price) * (1 - term.entry_room))
    if term.is_off_limits(price) or term.is_too_small(qty, lowest):
        raise _Excused  # the minimum is checked at the lowest price the order can have (S1)
    if term.tier_value is not None and _value(stand, price) + qty * price > term.tier_value * (1 - term.entry_room):
        raise _Excused
    return _Missing(ladder, qty, price, term.order_margin(ladder.leg, qty, price))


def _price(stand: Stand, books: Books, ladder: Ladder, level: int) -> Decimal:
    """Return the highest price the level may be placed at: a step from the one before; where it may be one that is
    opened at once (S3, S8), the market's price too."""
    term, anchor = stand.term, ladder.anchor(level - 1)
    other = stand.ladders[0] if ladder is stand.ladders[1] else stand.ladders[1]
    step = None if anchor is None else term.step_from(ladder.leg, *anchor)
    if step is not None and level >= stand.reach(other) - 2:
        return step
    market = books.prices.get(term.symbol)
    if market is None:
        raise _Excused
    entry = market * (ONE + term.entry_room)
    return entry if step is None else max(step, entry)


def _value(stand: Stand, price: Decimal) -> Decimal:
    """Return what the symbol's positions and opening orders are worth."""
    total = ZERO
    for ladder in stand.ladders:
        if ladder.cycle is not None:
            total += ladder.cycle.size * price
        total += sum((order.leaves * order.price for order in ladder.opening.values()), ZERO)
    return total
