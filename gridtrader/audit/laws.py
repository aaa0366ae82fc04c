"""The invariants of section 9, put together: what a simulation calls, and a check of one moment.

Every call returns what is broken, in words, and nothing if all holds. The package's own page says who calls what.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from gridtrader.audit.always import always_laws
from gridtrader.audit.books import ZERO, BookFill, BookOrder, Books
from gridtrader.audit.ladder import Stand, stand_of
from gridtrader.audit.ledger import Ledger, LegCycle, ledger_of
from gridtrader.audit.liveness import Liveness, idle_reason
from gridtrader.audit.placement import Names, placement_laws
from gridtrader.audit.protection import net_profit_law, protection_laws
from gridtrader.audit.reopening import Reopenings
from gridtrader.audit.reserve import Purse, reserve_law
from gridtrader.audit.silence import Silence
from gridtrader.audit.symmetry import symmetry_laws
from gridtrader.audit.terms import Terms as Terms


class Laws:
    """The laws of one account over its whole life, restarts included. Not thread-safe.

    `grace_ms`: how long the bot may take to answer an entry or funding (law net profit). `patience_ms`: how long a
    symbol may stand bare (law liveness). `refresh_ms`: how often at least the bot asks for its balance, which nobody
    tells it when only unrealised profit moves (R1). `sees_all`: `always` is called after each event, so that the law
    S8 can know how far each side had executed when.
    """

    def __init__(
        self,
        terms: Iterable[Terms],
        *,
        grace_ms: int = 1_000,
        patience_ms: int = 60_000,
        refresh_ms: int = 20_000,
        sees_all: bool = False,
    ) -> None:
        self.ledger = Ledger(grace_ms)
        self.purse = Purse()
        self.names = Names()
        self.liveness = Liveness(patience_ms)
        self.reopenings = Reopenings(grace_ms) if sees_all else None
        self.configure(terms)
        self.silence = Silence()
        self._refresh_ms = refresh_ms
        self._told: tuple[int, Decimal] | None = None

    def configure(self, terms: Iterable[Terms]) -> None:
        """Take a changed configuration; a running ladder keeps its quantities (S2)."""
        self._terms = {term.symbol: term for term in terms}
        self._buffer = next((term.buffer for term in self._terms.values()), ZERO)

    def filled(self, fill: BookFill) -> list[str]:
        """Take in an execution; judge the cycle that it closes."""
        return [f"{fill.symbol}: {text}" for text in self._closed(self.ledger.add(fill))]

    def placed(
        self,
        order: BookOrder,
        books: Books,
        *,
        tolerance: Decimal = ZERO,
        is_reserve_judged: bool = True,
        is_anew: bool = True,
    ) -> list[str]:
        """Take in an order that has just come; `books` are as they were before it, the ledger too.

        `is_anew`: whether it was decided with both sides flat (S2).

        `tolerance` (USDT): by how much the free balance may have been better for the bot than all balances noted.
        """
        term = self._terms.get(order.symbol)
        if term is None or order.name is None:
            return []
        broken = [*self.names.placed(order)]
        if order.name.slot.kind.opens:
            stand = stand_of(self.ledger, books, term)
            self.note(books)
            self._reach(stand, books.now_ms)
            if self.reopenings is not None:
                broken += self.reopenings.placed(order)
            broken += placement_laws(stand, self.ledger, order, books.now_ms, is_anew=is_anew)
            if is_reserve_judged:
                broken += reserve_law(stand, order, self.purse.free(), tolerance)
            self.purse.placed(term.order_margin(order.leg, order.qty, order.price))
        return [f"{order.symbol}: {text}" for text in broken]

    def note(self, books: Books) -> None:
        """Take in the balance of a moment."""
        self.purse.note(books.now_ms, self._free(books))

    def told(self, books: Books) -> None:
        """Take in a balance that the exchange tells the bot, by stream or as an answer."""
        self.note(books)
        self._told = (books.now_ms, self._free(books))

    def withdrawn(self, order: BookOrder) -> None:
        """Take in an opening order that was cancelled with `leaves` open."""
        term = self._terms.get(order.symbol)
        if term is not None and order.name is not None and order.name.slot.kind.opens:
            self.purse.withdrawn(term.order_margin(order.leg, order.leaves, order.price))

    def always(self, books: Books, symbols: Iterable[str] | None = None) -> list[str]:
        """Judge any moment; `symbols` are those that something has happened to, None means all."""
        self.note(books)
        broken: list[str] = []
        for term in self._meant(symbols):
            stand = stand_of(self.ledger, books, term)
            self._reach(stand, books.now_ms)
            broken += _said(term, [*always_laws(stand, books), *self._idle(stand, books)])
        return broken

    def quiet(self, books: Books, symbols: Iterable[str] | None = None) -> list[str]:
        """Judge a quiet moment: no command in flight, no entry waiting to fill, no fill unseen."""
        broken: list[str] = []
        if self._told is not None and books.now_ms - self._told[0] <= self._refresh_ms:
            books = books._replace(slack=max(books.slack, self._free(books) - self._told[1]))
        for term in self._meant(symbols):
            stand = stand_of(self.ledger, books, term)
            broken += _said(term, [*quiet_laws(stand, books), *self._idle(stand, books)])
        return broken

    def _free(self, books: Books) -> Decimal:
        """Return the free balance; all symbols of an account have one buffer."""
        return books.free(self._buffer)

    def _reach(self, stand: Stand, now_ms: int) -> None:
        if self.reopenings is None:
            return
        for ladder in stand.ladders:
            reach = stand.reach(ladder) if stand.has_reference else 0
            is_flat = ladder.cycle is None
            self.reopenings.stands(stand.term.symbol, ladder.leg, reach, is_flat=is_flat, now_ms=now_ms)

    def _meant(self, symbols: Iterable[str] | None) -> Iterable[Terms]:
        return self._terms.values() if symbols is None else [self._terms[symbol] for symbol in symbols]

    def _closed(self, cycle: LegCycle | None) -> Iterator[str]:
        if cycle is not None and cycle.symbol in self._terms:
            yield from net_profit_law(cycle, self._terms[cycle.symbol])

    def _idle(self, stand: Stand, books: Books) -> Iterator[str]:
        broken = self.liveness.look(stand, books)
        if broken is not None:
            yield broken


def quiet_laws(stand: Stand, books: Books) -> Iterator[str]:
    """Give what is broken in one quiet symbol. A stopped account need not keep anything right any more."""
    yield from always_laws(stand, books)
    if not books.is_stopped:
        yield from symmetry_laws(stand, books)
        yield from protection_laws(stand, books)


def check_placement(
    ledger: Ledger, books: Books, order: BookOrder, term: Terms, *, tolerance: Decimal = ZERO
) -> list[str]:
    """Return what is wrong with an order that comes to these books, by the balance that they show."""
    stand, free = stand_of(ledger, books, term), books.free(term.buffer)
    broken = [*placement_laws(stand, ledger, order, books.now_ms), *reserve_law(stand, order, free, tolerance)]
    return _said(term, broken)


def check(books: Books, terms: Sequence[Terms], *, grace_ms: int = 1_000) -> list[str]:
    """Return every law that an account breaks which has been quiet for long; `books.fills` is its whole history."""
    ledger, closed = ledger_of(books.fills, grace_ms)
    by_symbol = {term.symbol: term for term in terms}
    broken: list[str] = []
    for term in terms:
        stand = stand_of(ledger, books, term)
        idle = idle_reason(stand, books)
        broken += _said(term, [*quiet_laws(stand, books), *([f"liveness: {idle}"] if idle else [])])
    for cycle in closed:
        if cycle.symbol in by_symbol:
            broken += _said(by_symbol[cycle.symbol], net_profit_law(cycle, by_symbol[cycle.symbol]))
    return broken


def _said(term: Terms, broken: Iterable[str]) -> list[str]:
    return [f"{term.symbol}: {text}" for text in broken]
