"""Laws that hold at every moment, also while commands and fills are under way: no level twice, none beyond q(k)."""

from collections.abc import Iterator

from gridtrader.audit.books import LONG, ZERO, BookOrder, Books, shown
from gridtrader.audit.ladder import Ladder, Stand
from gridtrader.audit.ledger import NOBODY


def always_laws(stand: Stand, books: Books) -> Iterator[str]:
    """Give what is broken."""
    for ladder in stand.ladders:
        yield from _books_agree(stand, ladder, books)
        yield from _directions(ladder)
        yield from _one_of_each(ladder)
        yield from _one_cycle(ladder)
        yield from _not_beyond_reference(stand, ladder)


def _books_agree(stand: Stand, ladder: Ladder, books: Books) -> Iterator[str]:
    """The ledger was told of every fill; and nobody but the bot opened or closed anything."""
    size = books.sizes.get((stand.term.symbol, ladder.leg), ZERO)
    told = ZERO if ladder.cycle is None else ladder.cycle.size
    if size != told:
        yield f"books: {ladder.name} holds {shown(size)}, its executions tell {shown(told)}"
    if ladder.cycle is not None and ladder.cycle.is_foreign:
        yield f"single: {ladder.name} was changed by somebody else"


def _directions(ladder: Ladder) -> Iterator[str]:
    for order in (*ladder.opening.values(), *ladder.doubles):
        if order.reduce_only or order.is_buy != (ladder.leg == LONG):
            yield f"single: {ladder.name}'s {_called(order)} is no opening order"
    for order in ladder.closing:
        if not order.reduce_only or order.is_buy == (ladder.leg == LONG):
            yield f"protection: {ladder.name}'s take-profit is no closing order"


def _one_of_each(ladder: Ladder) -> Iterator[str]:
    for order in ladder.doubles:
        yield f"single: {ladder.name} {_called(order)} is open more than once"
    if len(ladder.closing) > 1:
        yield f"protection: {ladder.name} has {len(ladder.closing)} take-profits"


def _one_cycle(ladder: Ladder) -> Iterator[str]:
    """Opening orders of an old cycle are gone before those of the next one are placed (S8)."""
    numbers = {order.name.slot.cycle for order in ladder.opening.values() if order.name is not None}
    if len(numbers) > 1:
        yield f"single: {ladder.name} has open orders of {len(numbers)} cycles"
    if ladder.cycle is None:
        return
    running = ladder.cycle.number
    for order in ladder.opening.values():
        if order.name is not None and order.name.slot.cycle < running:
            yield f"single: {ladder.name} {_called(order)} is open, and of an earlier cycle than the running one"


def _not_beyond_reference(stand: Stand, ladder: Ladder) -> Iterator[str]:
    """Executed and open together, a level is never more than q(k)."""
    if not stand.has_reference:
        return
    for level in ladder.levels:
        if level == NOBODY:
            continue
        executed, leaves, wanted = ladder.executed(level), ladder.leaves(level), stand.q(level)
        if executed + leaves > wanted:
            text = f"level {level} has executed {shown(executed)} and may execute {shown(leaves)} more"
            yield f"single: {ladder.name} {text}; q({level}) is {shown(wanted)}"


def _called(order: BookOrder) -> str:
    assert order.name is not None
    return f"level {order.name.slot.level} ({order.name.encode()})"
