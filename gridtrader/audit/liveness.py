"""The law "liveness": a bot that is flat, has money and a price and is not stopped, opens (S3)."""

from gridtrader.audit.books import LEGS, ZERO, Books, shown
from gridtrader.audit.ladder import Stand
from gridtrader.audit.terms import can_open, first_quantity


def idle_reason(stand: Stand, books: Books) -> str | None:
    """Return what makes a symbol that stands bare look dead; None if there is something, or a reason for nothing."""
    term = stand.term
    price = books.prices.get(term.symbol)
    if not all(ladder.is_bare for ladder in stand.ladders):
        return None
    if price is None or term.margin is None or books.is_stopped or term.symbol in books.held:
        return None
    first = first_quantity(term, price * (1 - term.entry_room))
    if not can_open(term, first_quantity(term, price * (1 + term.entry_room)), price):
        return None
    dearest = price * (1 + term.entry_room)
    cost = sum((term.order_margin(leg, first, dearest) for leg in LEGS), ZERO)
    free = books.free(term.buffer) - books.slack
    if cost > free:
        return None
    return f"flat with nothing open, though level 0 on both sides costs {shown(cost)} of free {shown(free)}"


class Liveness:
    """For how long each symbol has looked dead. `patience_ms`: from when on it is a breach."""

    def __init__(self, patience_ms: int) -> None:
        self._patience_ms = patience_ms
        self._since: dict[str, int] = {}

    def look(self, stand: Stand, books: Books) -> str | None:
        """Take in a moment; return the breach, if it is one by now."""
        reason, symbol = idle_reason(stand, books), stand.term.symbol
        if reason is None:
            self._since.pop(symbol, None)
            return None
        idle_ms = books.now_ms - self._since.setdefault(symbol, books.now_ms)
        return f"liveness: {reason}, for {idle_ms} ms" if idle_ms >= self._patience_ms else None
