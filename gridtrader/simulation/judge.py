"""Who watches one account: from the exchange's own books, event by event, never from what the bot believes.

Some laws hold always (no level twice, no word after a stop), others when the account is quiet. How long a position
was without its take-profit, and the ladders unequal, is measured throughout.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

from gridtrader.audit.books import BookOrder, Books
from gridtrader.audit.laws import Laws
from gridtrader.audit.mirror import check_mirror
from gridtrader.audit.reserve import Purse
from gridtrader.audit.silence import Request, Silence
from gridtrader.audit.terms import Terms
from gridtrader.daemon.session import Phase
from gridtrader.domain.types import Amendment, NewOrder, OrderKind
from gridtrader.simulation.bookkeeping import book_fill, book_order
from gridtrader.simulation.hub import Hub
from gridtrader.simulation.life import SimAccount
from gridtrader.simulation.measures import Stopwatch
from gridtrader.simulation.quiet import quiet_symbols
from gridtrader.simulation.stateview import state_tree
from gridtrader.simulation.terms import terms_of
from gridtrader.simulation.verdicts import Breach, Patience, Verdicts
from gridtrader.simulator.core import model

LEGS: Final = (1, 2)
ZERO: Final = Decimal(0)

_BALANCE_MS: Final = 6_500
"""How old the balance may be on which an order that arrives was decided: S6's 5 s, what REST lags, and the way."""

_SLACK: Final = Decimal("0.02")
"""Share of the margin balance by which the free balance may have grown without the bot having to know (S6: 5 s)."""

_REQUESTS: Final = {
    "place": Request.PLACE,
    "amend": Request.AMEND,
    "cancel": Request.CANCEL,
    "cancel all": Request.CANCEL_ALL,
    "setting": Request.SETTING,
    "read": Request.READ,
}


class Judge:
    """One account's judge over all its lives."""

    def __init__(
        self, account: SimAccount, hub: Hub, verdicts: Verdicts, patience: Patience, on_breach: Callable[[], None]
    ) -> None:
        self._account = account
        self._hub = hub
        self._verdicts = verdicts
        self._patience = patience
        self._on_breach = on_breach
        self._exchange = account.venue.exchange
        self._orders: dict[str, dict[str, BookOrder]] = {symbol: {} for symbol in account.symbols}
        self._sizes: dict[tuple[str, int], Decimal] = {(s, leg): ZERO for s in account.symbols for leg in LEGS}
        self._uncovered = {key: Stopwatch() for key in self._sizes}
        self._unequal = {symbol: Stopwatch() for symbol in account.symbols}
        self._laws = self._new_laws()
        self._silence = Silence(patience_ms=60_000)
        self._leverage: dict[str, Decimal] = {}
        self._terms_key: object = None
        self._terms_now: list[Terms] = []
        self._asked: dict[str, Decimal] = {}
        """The price each open order was sent with: the exchange may have moved it into its band."""
        self._dirty: set[str] = set(account.symbols)
        self._away_ms: int | None = hub.now
        """Since when the bot is dead, blind or stopped; None while it sees."""
        self._back_ms = hub.now
        self._dirty_ms = hub.now
        """Since when something has happened that no quiet moment has followed."""
        self.is_suspended = False
        """Whether somebody else has had a hand in the account: until it begins anew, only silence is judged."""

        self.was_forced = False
        """Whether the exchange itself has closed something: then the account must stop (S11)."""

    def _new_laws(self) -> Laws:
        patience = self._patience
        laws = Laws([], grace_ms=patience.grace_ms, patience_ms=patience.bare_ms, sees_all=True)
        laws.purse = Purse(_BALANCE_MS)
        self._terms_key = None
        return laws

    # --- what the world tells ---

    def happened(self, events: Sequence[model.Event]) -> None:
        """Take in what the exchange has done, at once."""
        touched: dict[str, None] = {}
        orders = [event.order for event in events if isinstance(event, model.OrderChanged)]
        for order in orders:
            self._maybe_new(order)
        for event in events:
            match event:
                case model.OrderChanged(order=order):
                    self._order(order)
                    touched[order.symbol] = None
                case model.Executed(executions=executions):
                    for execution in executions:
                        self._fill(execution)
                        touched[execution.symbol] = None
                case model.PositionChanged(symbol=symbol, legs=legs):
                    for leg in legs:
                        self._leverage[symbol] = leg.leverage
                        if leg.position_idx:
                            self._sizes[symbol, leg.position_idx] = leg.size
                    touched[symbol] = None
                case model.WalletChanged():
                    pass
        known = [symbol for symbol in touched if symbol in self._orders]
        if not self._dirty:
            self._dirty_ms = self._hub.now
        self._dirty.update(known)
        for symbol in known:
            self._measure(symbol)
        if known and not self.is_suspended:
            self._terms()
            for law in self._laws.always(self._books(), known):
                self.breach(law)

    def _maybe_new(self, order: model.Order) -> None:
        """Judge an order that the exchange has not told of before."""
        orders = self._orders.get(order.symbol)
        if orders is None or order.order_id in orders or self._is_old(order):
            return
        book = self._book_order(order, order.qty)
        if not self.is_suspended:
            terms = {term.symbol: term for term in self._terms()}
            books = self._books()
            if not book.reduce_only:  # the wallet is as it was after the order came
                binds = terms[order.symbol].order_margin(book.leg, book.qty, book.price)
                books = replace(books, available=books.available + binds)
            for law in self._laws.placed(book, books, tolerance=max(ZERO, books.margin_balance) * _SLACK / 4):
                self.breach(law)
        orders[order.order_id] = book

    def _is_old(self, order: model.Order) -> bool:
        return order.created_time < order.updated_time

    def _order(self, order: model.Order) -> None:
        orders = self._orders.get(order.symbol)
        if orders is None:
            return
        if not order.status.is_final:
            orders[order.order_id] = self._book_order(order, order.leaves_qty)
            return
        before = orders.pop(order.order_id, None)
        self._asked.pop(order.order_link_id, None)
        if before is not None and order.status is model.OrderStatus.CANCELLED:
            self._laws.withdrawn(before)

    def _book_order(self, order: model.Order, leaves: Decimal) -> BookOrder:
        asked = self._asked.get(order.order_link_id)
        return book_order(order, leaves, None if asked == order.price else asked)

    def _fill(self, execution: model.Execution) -> None:
        fill = book_fill(execution)
        if not fill.is_funding and execution.exec_type != "Trade":
            self.is_suspended = self.was_forced = True
        self._verdicts.fills += not fill.is_funding
        name = fill.name
        if name is not None and name.slot.kind is OrderKind.TAKE_PROFIT and not execution.leaves_qty:
            self._verdicts.take_profits += 1
        for law in self._laws.filled(fill):
            if not self.is_suspended:
                self.breach(law)

    def sent(self, command: str, what: NewOrder | Amendment | str) -> None:
        """Take in a command that leaves."""
        self._verdicts.commands += 1
        if not isinstance(what, str) and what.price is not None:
            self._asked[what.link_id] = what.price
        name = what if isinstance(what, str) else what.link_id
        for law in self._silence.sent(self._hub.now, _REQUESTS[command], [name]):
            self.breach(law)

    def stopped(self, file: str) -> None:
        """Note that the emergency file has been written."""
        self._silence.stopped(self._hub.now, file)

    def resumed(self) -> None:
        """Note that the operator has flattened the account and removed the file: it begins anew."""
        names = self._laws.names
        self._laws = self._new_laws()
        self._laws.names = names
        self._silence.resumed()
        self._dirty.update(self._orders)
        self.is_suspended = self.was_forced = False
        self.left()

    # --- when it sees and when it does not ---

    def left(self) -> None:
        """Note that the bot sees and acts no more: dead, blind, stopped."""
        if self._away_ms is None:
            self._away_ms = self._hub.now
            self._laws.ledger.left(self._hub.now)

    def _look_whether_back(self) -> None:
        life = self._account.life
        if self._away_ms is None or life is None or life.phase is not Phase.TRADING:
            return
        if life.engine.watch.must_read or not life.stream.is_up or not life.stream.is_alive:
            return
        self._away_ms, self._back_ms = None, self._hub.now
        self._laws.ledger.back(self._hub.now)

    def _was_away(self, since: int) -> bool:
        return self._away_ms is not None or self._back_ms > since

    # --- measuring ---

    def _measure(self, symbol: str) -> None:
        now, verdicts = self._hub.now, self._verdicts
        standing: list[dict[int, Decimal]] = []
        for leg in LEGS:
            key = (symbol, leg)
            size, closing = self._sizes[key], []
            levels: dict[int, Decimal] = {}
            cycle = self._laws.ledger.cycle(symbol, leg)
            if cycle is not None:
                levels = {level: book.qty for level, book in cycle.levels.items()}
            for order in self._orders[symbol].values():
                if order.leg != leg:
                    continue
                if order.reduce_only:
                    closing.append(order)
                elif order.name is not None:
                    level = order.name.slot.level
                    levels[level] = levels.get(level, ZERO) + order.leaves
            is_covered = not size or (len(closing) == 1 and closing[0].leaves == size)
            watch = self._uncovered[key]
            away = watch.since is not None and self._was_away(watch.since)
            watch.tell(not is_covered, now, verdicts.uncovered_away if away else verdicts.uncovered)
            standing.append(levels)
        watch = self._unequal[symbol]
        away = watch.since is not None and self._was_away(watch.since)
        watch.tell(standing[0] != standing[1], now, verdicts.unequal_away if away else verdicts.unequal)

    def tick(self) -> None:
        """Look at what lasts too long; called with every price."""
        if self.is_suspended or self._away_ms is not None:
            return
        now = self._hub.now
        for (symbol, leg), watch in self._uncovered.items():
            since = watch.since
            if since is None or symbol in self._held():
                continue
            if now - max(since, self._back_ms) > self._patience.uncovered_ms:
                self.breach(f"{symbol}: protection: leg {leg} has been without its take-profit for {now - since} ms")
        if self._dirty and now - max(self._dirty_ms, self._back_ms) > self._patience.restless_ms:
            self.breach(f"restless: the account has not been quiet for {self._patience.restless_ms} ms")

    # --- when it is quiet ---

    def look(self) -> None:
        """Check the laws, if the account is quiet and anything has happened since it last was."""
        self._look_whether_back()
        life = self._account.life
        if not self._dirty or self.is_suspended or life is None or self._away_ms is not None:
            return
        if not life.is_at_rest or self._has_entry():
            return
        held, books = self._held(), life.engine.book.symbols
        halted = {symbol for symbol in held if self._exchange.instruments[symbol].status == "PreLaunch"}
        quiet = [symbol for symbol in quiet_symbols(life.engine) if symbol in held or not books[symbol].holds]
        self._dirty -= halted  # nothing can be put right there; it is looked at again when something happens
        symbols = sorted(self._dirty.intersection(quiet))
        if not symbols:
            return
        self._dirty.difference_update(symbols)
        self._verdicts.quiet_points += 1
        terms = self._terms()
        now = self._books()
        for law in self._laws.quiet(now, symbols):
            self.breach(law)
        if not self._account.disk.is_full:
            told = state_tree(self._account.disk.states)
            meant = [term for term in terms if term.symbol in symbols]
            for law in check_mirror(told, now, meant, self._laws.ledger):
                self.breach(law)

    def _has_entry(self) -> bool:
        return any(
            order.name is not None and order.name.slot.kind is OrderKind.ENTRY
            for orders in self._orders.values()
            for order in orders.values()
        )

    def _books(self) -> Books:
        account = self._account
        wallet = self._exchange.wallet(account.uid)
        prices = {
            symbol: self._exchange.quote(symbol).last
            for symbol in account.symbols
            if symbol not in account.prices_down
        }
        return Books(
            orders=[order for orders in self._orders.values() for order in orders.values()],
            sizes=self._sizes,
            available=wallet.total_available,
            margin_balance=wallet.total_margin_balance,
            now_ms=self._hub.now,
            prices=prices,
            held=frozenset(self._held()),
            is_stopped=account.disk.emergency is not None or self._away_ms is not None,
            slack=max(ZERO, wallet.total_margin_balance) * _SLACK,
        )

    def _held(self) -> list[str]:
        if self._account.disk.is_full:
            return self._account.symbols
        instruments = self._exchange.instruments
        return [symbol for symbol in self._account.symbols if instruments[symbol].status != "Trading"]

    def _terms(self) -> list[Terms]:
        """Return the terms as they are now; made anew only when contract or leverage have changed."""
        rows = tuple(self._exchange.instruments[symbol] for symbol in self._account.symbols)
        key = (rows, tuple(self._leverage.items()))
        if key != self._terms_key:
            self._terms_key = key
            self._terms_now = terms_of(self._account.plan.settings, self._exchange, self._leverage)
            self._laws.configure(self._terms_now)
        return self._terms_now

    def breach(self, law: str) -> None:
        """Note a broken law; the run ends."""
        self._verdicts.breaches.append(Breach(self._hub.now, self._account.plan.id, law))
        self._on_breach()
