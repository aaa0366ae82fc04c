"""Take-profits of a quiet symbol (S7), and what a closed cycle has earned."""

from collections.abc import Iterator

from gridtrader.audit.books import LEG_NAMES, ZERO, BookOrder, Books, shown
from gridtrader.audit.ladder import Ladder, Stand
from gridtrader.audit.ledger import LegCycle
from gridtrader.audit.terms import Terms


def protection_laws(stand: Stand, books: Books) -> Iterator[str]:
    """Each open leg has exactly one take-profit, reduce-only, for exactly its position, at S7's price."""
    for ladder in stand.ladders:
        size = books.sizes.get((stand.term.symbol, ladder.leg), ZERO)
        closing = ladder.closing
        if not size:
            if closing:
                yield f"protection: flat {ladder.name} has {len(closing)} take-profits"
        elif not closing:
            if size >= stand.term.min_qty:
                yield f"protection: {ladder.name} of {shown(size)} has 0 take-profits"
        elif len(closing) == 1:  # more than one breaks a law that always holds
            yield from _one(stand.term, ladder, closing[0])
            if closing[0].leaves != size:
                yield f"protection: {ladder.name} of {shown(size)} has a take-profit for {shown(closing[0].leaves)}"


def _one(term: Terms, ladder: Ladder, order: BookOrder) -> Iterator[str]:
    cycle = ladder.cycle
    if cycle is None or order.name is None:
        return
    if order.name.slot.cycle < cycle.number:
        yield f"protection: {ladder.name}'s take-profit {order.name.encode()} is of an earlier cycle"
    price = order.price if order.asked_price is None else order.asked_price
    numerator, denominator = cycle.take_profit(term.target, term.closing_fee, order.order_id)
    distance = (price * denominator - numerator) * cycle.sign
    if 0 <= distance < term.tick * denominator or _is_at_the_edge(term, cycle, order):
        return
    exact = f"{numerator / denominator:.12g}"
    yield f"protection: {ladder.name}'s take-profit is at {shown(price)}, S7 gives {exact}"


def _is_at_the_edge(term: Terms, cycle: LegCycle, order: BookOrder) -> bool:
    """Whether S7 asks for a price the contract does not have, and the order is at the last one it has."""
    numerator, denominator = cycle.take_profit(term.target, term.closing_fee, order.order_id)
    if cycle.sign < 0:
        return order.price == term.min_price and numerator < term.min_price * denominator
    return order.price == term.max_price and numerator > term.max_price * denominator


def net_profit_law(cycle: LegCycle, term: Terms) -> Iterator[str]:
    """A cycle closed by its take-profit earned at least t × its entry value, net, to a tick of its quantity.

    Not judged: what somebody else closed, and what closed before the bot could have answered the last entry or
    funding (`LegCycle.is_hasty`).
    """
    if cycle.is_foreign or cycle.is_hasty:
        return
    least = term.target * cycle.entry_value
    dearer = cycle.closing_fees - cycle.closed_value * term.closing_fee
    if dearer > 0:
        least -= dearer  # configured to reckon with the maker's rate, and it crossed
    if cycle.net < least - term.tick * cycle.closed_qty:
        yield (f"net profit: a {LEG_NAMES[cycle.leg]} cycle earned {shown(cycle.net)}, {shown(least)} was the least")
