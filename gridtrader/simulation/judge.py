"""Who watches one account: from the exchange's own books, event by event, never from what the bot believes.

Some laws hold always (no level twice, no word after a stop), others when the account is quiet. How long a position
was without its take-profit, and the ladders unequal, is measured throughout.
"""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Final

from gridtrader.audit.books import Books, name_of
from gridtrader.audit.laws import Laws
from gridtrader.audit.mirror import check_mirror
from gridtrader.audit.reserve import Purse
from gridtrader.audit.terms import Terms
from gridtrader.daemon.session import Phase
from gridtrader.domain.types import Amendment, NewOrder, OrderKind
from gridtrader.simulation.conduct import Conduct
from gridtrader.simulation.entries import Entries
from gridtrader.simulation.gaps import Gaps
from gridtrader.simulation.halts import Halts
from gridtrader.simulation.hub import Hub
from gridtrader.simulation.life import SimAccount
from gridtrader.simulation.open_orders import OpenOrders
from gridtrader.simulation.quiet import quiet_symbols
from gridtrader.simulation.scope import held_symbols, out_of_band, prices_of, quotes_of
from gridtrader.simulation.stateview import state_tree
from gridtrader.simulation.terms import terms_of
from gridtrader.simulation.trouble import Trouble
from gridtrader.simulation.verdicts import Breach, Patience, Verdicts
from gridtrader.simulator.core import model

LEGS: Final = (1, 2)
ZERO: Final = Decimal(0)

_BALANCE_MS: Final = 6_500
"""How old the balance may be on which an order that arrives was decided: S6's 5 s, what REST lags, and the way."""

_SLACK: Final = Decimal("0.02")
"""Share of the margin balance by which the free balance may have grown without the bot having to know (S6: 5 s)."""

_REFRESH_MS: Final = 65_000
"""How often at least the bot asks for its balance (`configure`), and a little more."""

_READS_AGAIN_MS: Final = 5_000
"""Within how long after a stream has come up everything is read a second time."""

_REPAIRS_MS: Final = 15_000
"""How long after a comparison all must be put right that a lost message has kept from the bot (T6)."""

_SETTLES_MS: Final = 5_000
"""How long after its return the bot may take to put right what happened meanwhile."""


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
        self._open = OpenOrders(account.symbols)
        self._sizes: dict[tuple[str, int], Decimal] = {(s, leg): ZERO for s in account.symbols for leg in LEGS}
        self._gaps = Gaps(account.symbols, verdicts)
        self._entries = Entries()
        self.trouble = Trouble(hub)
        self.trouble.away()
        self.halts = Halts(account, hub, self.trouble)
        self._laws = self._new_laws()
        self._conduct = Conduct(account, hub)
        self._leverage: dict[str, Decimal] = {}
        self._terms_key: object = None
        self._terms_now: list[Terms] = []
        self._dirty: dict[str, int] = {}
        """Symbols in which something has happened that no quiet moment has followed, and since when: peace, in ms."""
        self._away_ms: int | None = hub.now
        """Since when the bot is dead, blind or stopped; None while it sees."""
        self._back_ms = hub.now
        self._misled_until = hub.now
        """Until when the bot may believe what REST, lagging, told it when its stream came up: it reads once more. Or,
        when a message was lost, what it knew before."""
        self._soil(account.symbols)
        self._missing: set[str] = set()
        """Symbols in which an order is gone that nobody has told the bot of: it need not know until it compares."""
        self.is_suspended = False
        """Whether somebody else has had a hand in the account: until it begins anew, only silence is judged."""

        self.was_forced = False
        """Whether the exchange itself has closed something: then the account must stop (S11)."""

    def _new_laws(self) -> Laws:
        patience = self._patience
        laws = Laws(
            [], grace_ms=patience.grace_ms, patience_ms=patience.bare_ms, refresh_ms=_REFRESH_MS, sees_all=True
        )
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
        is_told = False
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
                case model.WalletChanged(wallet=wallet):
                    self.halts.rate(wallet.mm_rate)
                    is_told = True
        known = [symbol for symbol in touched if symbol in self._open.orders]
        self._soil(known)
        for symbol in known:
            self._measure(symbol)
        if known and not self.is_suspended:
            self._terms()
            books = self._books(known)
            if is_told:
                self._laws.told(books)
            for law in self._laws.always(books, known):
                self.breach(law)

    def shown(self) -> None:
        """Note that REST shows the bot its balance."""
        self.halts.rate(self._exchange.wallet(self._account.uid).mm_rate)
        if not self.is_suspended:
            self._terms()
            self._laws.told(self._balance())

    def _maybe_new(self, order: model.Order) -> None:
        """Judge an order that the exchange has not told of before."""
        if not self._open.is_new(order):
            return
        book = self._open.book(order, order.qty)
        if not self.is_suspended:
            terms = {term.symbol: term for term in self._terms()}
            books = self._books([order.symbol])
            if not book.reduce_only:  # the wallet is as it was after the order came
                binds = terms[order.symbol].order_margin(book.leg, book.qty, book.price)
                books = books._replace(available=books.available + binds)
            room, is_anew = max(ZERO, books.margin_balance) * _SLACK / 40, self._conduct.is_anew(book)
            for law in self._laws.placed(book, books, tolerance=room, is_anew=is_anew):
                self.breach(law)
        self._open.enter(book)

    def _order(self, order: model.Order) -> None:
        if order.symbol not in self._open.orders:
            return
        if not order.status.is_final:
            self._open.enter(self._open.book(order, order.leaves_qty))
            return
        before = self._open.gone(order.symbol, order.order_id)
        if before is not None and order.status is model.OrderStatus.CANCELLED:
            self._laws.withdrawn(before)

    def _fill(self, execution: model.Execution) -> None:
        fill = self._open.fill(execution)
        if not fill.is_funding and (execution.exec_type != "Trade" or fill.name is None):
            self.is_suspended = self.was_forced = True
            self.halts.stranger()
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
        link_id = what if isinstance(what, str) else what.link_id
        name = name_of(link_id)
        if name is not None:
            self._account.unconfirmed.sent(link_id, name.slot.symbol, self.trouble.peace_ms)
        if not isinstance(what, str) and what.price is not None:
            self._open.asked(what.link_id, what.price)
        for law in self._conduct.sent(command, what):
            self.breach(law)
        self.halts.sent(command, what)

    def vanished(self, symbol: str) -> None:
        """Note that an order is gone and its stream will not tell; the comparison must (T6)."""
        self._missing.add(symbol)

    def missed(self) -> None:
        """Note that a message is lost though the stream lives; the comparison must make up for it (T6)."""
        compares_ms = self._account.plan.settings.reconcile_ms
        self._misled_until = max(self._misled_until, self._hub.now + compares_ms + _REPAIRS_MS)

    def stopped(self, file: str) -> None:
        """Note that the emergency file has been written."""
        self.halts.declared()
        self._conduct.silence.stopped(self._hub.now, file)

    def doubled(self, symbol: str, exec_id: str) -> None:
        """Note that an execution stands in the trades file twice."""
        self.breach(f"{symbol}: section 7: execution {exec_id} is told twice")

    def begun(self) -> None:
        """Note that a new life begins."""
        self.halts.begun()
        for law in self._conduct.begun():
            self.breach(law)

    def resumed(self) -> None:
        """Note that the operator has flattened the account and removed the file: it begins anew."""
        names = self._laws.names
        self._laws = self._new_laws()
        self._laws.names = names
        self._conduct.silence.resumed()
        self._dirty = dict.fromkeys(self._open.orders, self.trouble.peace_ms)
        self.is_suspended = self.was_forced = False
        self.left()

    def ended(self, phase: Phase) -> None:
        """Note that the bot has come to a stop, or has given up a start."""
        self.left()
        halts, orders = self.halts, self._open.orders
        for law in halts.stopped(orders) if phase is Phase.STOPPED else halts.failed(orders):
            self.breach(law)

    # --- when it sees and when it does not ---

    def left(self) -> None:
        """Note that the bot sees and acts no more: dead, blind, stopped."""
        if self._away_ms is None:
            self._away_ms = self._hub.now
            self._laws.ledger.left(self._hub.now)
            self._account.unconfirmed.forget()
            self.trouble.away()

    def _soil(self, symbols: Iterable[str]) -> None:
        for symbol in symbols:
            self._dirty.setdefault(symbol, self.trouble.peace_ms)

    def _clean(self, symbols: Iterable[str]) -> None:
        for symbol in symbols:
            self._dirty.pop(symbol, None)

    def _look_whether_back(self) -> None:
        life = self._account.life
        if self._away_ms is None or life is None or life.phase is not Phase.TRADING:
            return
        if life.engine.watch.must_read or not life.stream.is_up or not life.stream.is_alive:
            return
        self._away_ms, self._back_ms = None, self._hub.now
        self._laws.ledger.back(self._hub.now)
        is_late = self._account.venue.memories[self._account.uid].lag_ms > 0
        self._misled_until = self._hub.now + (_READS_AGAIN_MS if is_late else 0)
        self.trouble.back(_SETTLES_MS)

    # --- measuring ---

    def _measure(self, symbol: str) -> None:
        seen_since = self._hub.now if self._away_ms is not None else self._back_ms
        cycles = self._laws.ledger.pair(symbol).running
        orders = self._open.orders[symbol].values()
        self._gaps.measure(symbol, orders, self._sizes, cycles, self._hub.now, self.trouble.peace_ms, seen_since)

    def priced(self, symbol: str) -> None:
        """Take in what a new price has made of the balance; until now it was as last noted (S6)."""
        if not self.is_suspended and (self._sizes.get((symbol, 1)) or self._sizes.get((symbol, 2))):
            self._laws.purse.lasts(self._hub.now)
            self._laws.note(self._balance())

    def tick(self) -> None:
        """Look at what lasts too long; called with every price."""
        if any(self._sizes.values()):
            self.halts.rate(self._exchange.wallet(self._account.uid).mm_rate)
        for law in self.halts.tick():
            self.breach(law)
        if self.is_suspended or self._away_ms is not None:
            return
        peace, held = self.trouble.peace_ms, held_symbols(self._account)
        for law in self._account.unconfirmed.overdue(peace):
            self.breach(law)
        if self._hub.now < self._misled_until:
            self._dirty = dict.fromkeys(self._dirty, peace)
            return
        for symbol, leg, lasts in self._gaps.uncovered(peace):
            if symbol not in held and lasts > self._patience.uncovered_ms:
                self.breach(
                    f"{symbol}: protection: leg {leg} has been without its take-profit for {lasts} ms of peace"
                )
        for law in self._entries.look(self._open.entries, quotes_of(self._account, held), peace):
            self.breach(law)
        if self._dirty:
            self._dirty.update(dict.fromkeys(self._dirty.keys() & out_of_band(self._account), peace))
        for symbol, since in self._dirty.items():
            if peace - since > self._patience.restless_ms:
                self.breach(f"{symbol}: restless: it has not been quiet for {peace - since} ms of peace")

    # --- when it is quiet ---

    def look(self) -> None:
        """Check the laws, if the account is quiet and anything has happened since it last was."""
        self._look_whether_back()
        life = self._account.life
        if not self._dirty or self.is_suspended or life is None or self._away_ms is not None:
            return
        if not life.is_at_rest or self._open.entries or self._hub.now < self._misled_until:
            return
        held, books = held_symbols(self._account), life.engine.book.symbols
        halted = {symbol for symbol in held if self._exchange.instruments[symbol].status == "PreLaunch"}
        quiet = {symbol for symbol in quiet_symbols(life.engine) if symbol in held or not books[symbol].holds}
        self._clean(halted)  # nothing can be put right there; it is looked at again when something happens
        if not self.trouble.is_on:
            self._missing.clear()
        symbols = sorted(self._dirty.keys() & quiet - self._missing)
        if not symbols:
            return
        self._clean(symbols)
        self._verdicts.quiet_points += 1
        terms = self._terms()
        now = self._books(symbols)
        for law in self._laws.quiet(now, symbols):
            self.breach(law)
        if not self._account.disk.is_full:
            if self._account.disk.state_is_corrupt:
                self.breach("mirror: the state file cannot be read")
            told = state_tree(self._account.disk.states)
            meant = [term for term in terms if term.symbol in symbols]
            for law in check_mirror(told, now, meant, self._laws.ledger):
                self.breach(law)

    def _balance(self) -> Books:
        """Return books that tell of the balance only."""
        wallet = self._exchange.wallet(self._account.uid)
        return Books((), {}, wallet.total_available, wallet.total_margin_balance, now_ms=self._hub.now)

    def _books(self, symbols: Iterable[str]) -> Books:
        """Return books that tell of the orders of these symbols only."""
        account = self._account
        wallet = self._exchange.wallet(account.uid)
        return Books(
            orders=self._open.of(symbols),
            sizes=self._sizes,
            available=wallet.total_available,
            margin_balance=wallet.total_margin_balance,
            now_ms=self._hub.now,
            prices=prices_of(account),
            held=frozenset(held_symbols(account)),
            is_stopped=account.disk.emergency is not None or self._away_ms is not None,
            slack=max(ZERO, wallet.total_margin_balance) * _SLACK,
        )

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
