"""The engine and the exchange's pure core in one thread, without a wire: for stories that need both.

`Desk` stands where REST and streams stand in the daemon: it is a `Gateway` for the engine, and it puts what the
exchange emits into the engine's inbox. Time is the test's.
"""

import logging
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial

from gridtrader.audit.books import Books
from gridtrader.audit.laws import Terms
from gridtrader.audit.mirror import check_mirror
from gridtrader.domain.instrument import Instrument
from gridtrader.domain.known import Strategy
from gridtrader.domain.types import (
    Amendment,
    Execution,
    FeeRates,
    NewOrder,
    OrderReport,
    PositionReport,
    Quote,
    Wallet,
)
from gridtrader.engine.engine import GridEngine
from gridtrader.engine.inbox import Inbox
from gridtrader.engine.ports import (
    Accepted,
    AccountMode,
    ArchiveError,
    Lane,
    MarginMode,
    NewQuote,
    Outcome,
    Record,
    Refusal,
    Rejected,
    StreamMessage,
    SymbolState,
    Unreachable,
)
from gridtrader.engine.recorder import Recorder
from gridtrader.engine.settings import EngineSettings
from gridtrader.paper.translate import (
    SIDES,
    execution_of,
    flat_report,
    instrument_of,
    order_report,
    position_report,
    quote_of,
    request_of,
    wallet_of,
)
from gridtrader.simulation.bookkeeping import book_fill
from gridtrader.simulation.stateview import state_tree
from gridtrader.simulator.catalogue import load_catalogue
from gridtrader.simulator.core import model
from gridtrader.simulator.core.exchange import Exchange
from tests.support.witness import Witness

UID = 1
_REFUSALS = {
    110007: Refusal.MONEY,
    110090: Refusal.TIER,
    110072: Refusal.DUPLICATE,
    110001: Refusal.GONE,
    110017: Refusal.REDUCE_ONLY,
}


class TestClock:
    """Time that goes on when told to."""

    __test__ = False

    def __init__(self, now_ms: int = 1_760_000_000_000) -> None:
        self.now = now_ms

    def now_ms(self) -> int:
        return self.now

    def monotonic(self) -> float:
        return self.now / 1000

    def sleep(self, seconds: float) -> None:
        self.now += int(seconds * 1000)


@dataclass
class MemoryArchive:
    """An account's files, kept in memory; `is_full` plays a disk without room."""

    records: list[Record] = field(default_factory=list)
    states: dict[str, SymbolState] = field(default_factory=dict)
    trades: list[Mapping[str, str]] = field(default_factory=list)
    status: Mapping[str, object] = field(default_factory=dict)
    snapshots: list[Mapping[str, object]] = field(default_factory=list)
    emergencies: list[dict[str, str]] = field(default_factory=list)
    is_full: bool = False
    journal_is_full: bool = False

    def rotate_journal(self, records: Sequence[Record]) -> None:
        self._check()
        self.records = list(records)

    def _check(self) -> None:
        if self.is_full:
            raise ArchiveError("no space left on device")

    def journal(self, records: Sequence[Record]) -> None:
        self._check()
        self.records.extend(records)

    def read_journal(self) -> Sequence[Record]:
        return list(self.records)

    def save_state(self, symbols: Mapping[str, SymbolState]) -> None:
        self._check()
        self.states = dict(symbols)

    def trade(self, row: Mapping[str, str]) -> None:
        self._check()
        self.trades.append(row)

    def metrics(self, row: Mapping[str, object]) -> None:
        self._check()
        self.snapshots.append(row)

    def save_status(self, status: Mapping[str, object]) -> None:
        self._check()
        self.status = status

    def declare_emergency(self, *, symbol: str, reason: str, mm_rate: str) -> None:
        self.emergencies.append({"symbol": symbol, "reason": reason, "mm_rate": mm_rate})


class MemoryDiary:
    """An account's logs, kept in memory."""

    def __init__(self) -> None:
        self.bot = logging.Logger("account", logging.DEBUG)
        self.records: list[logging.LogRecord] = []
        handler = logging.Handler()
        handler.emit = self.records.append  # type: ignore[method-assign, assignment]
        self.bot.addHandler(handler)
        self.trades: list[str] = []
        self.positions: list[str] = []

    def trade(self, text: str) -> None:
        self.trades.append(text)

    def position(self, text: str) -> None:
        self.positions.append(text)

    def lines(self, level: int = logging.DEBUG) -> list[str]:
        return [record.getMessage() for record in self.records if record.levelno >= level]


Shuffle = Callable[[list[StreamMessage]], list[StreamMessage]]
Fault = Callable[[str, str], Outcome | None]
"""Takes a command ("place", "amend", "cancel") and an order name; see `Desk.before` and `Desk.after`."""


@dataclass
class Desk:
    """The exchange's side of the table, with hands to tamper with what passes over it."""

    exchange: Exchange
    clock: TestClock
    inbox: Inbox
    witness: Witness
    shuffle: Shuffle = list
    """What the streams make of the messages of one moment: doubled, reordered, lost."""
    before: Fault = lambda command, name: None
    """An outcome here means: the command never reaches the exchange."""
    after: Fault = lambda command, name: None
    """An outcome here is what the bot hears of a command that was carried out."""
    is_down: bool = False
    """Whether every read fails."""
    commands: list[str] = field(default_factory=list)
    told_ms: int = 0
    """The moment of what the streams are telling."""

    # --- streams ---

    def push(self) -> int:
        """Put what has happened into the engine's inbox; returns how many messages."""
        self.told_ms = self.clock.now  # a balance alone (a transfer) is of now
        messages = [self._message(event) for event in self.exchange.drain()]
        self.witness.heard(self.clock.now)
        for message in self.shuffle(messages):
            self.inbox.put(message)
        return len(messages)

    def _message(self, event: model.Event) -> StreamMessage:
        match event:
            case model.OrderChanged(order=order):
                self.told_ms = order.updated_time
                return StreamMessage("order", "", orders=(order_report(order),))
            case model.Executed(executions=executions):
                self.told_ms = executions[-1].exec_time
                return StreamMessage("execution", "", executions=tuple(map(execution_of, executions)))
            case model.PositionChanged(legs=legs):
                return StreamMessage("position", "", positions=tuple(map(position_report, legs)))
            case model.WalletChanged(wallet=wallet):
                self.witness.told(self.clock.now)
                return StreamMessage("wallet", "", wallet=self._wallet(wallet, self.told_ms))

    def _wallet(self, view: model.WalletView, at_ms: int | None = None) -> Wallet:
        """Stamp a balance with the moment it is of (None: now), however late it is told."""
        return wallet_of(view, (self.clock.now if at_ms is None else at_ms) + 1)

    # --- reads ---

    def _read(self) -> None:
        if self.is_down:
            raise Unreachable("the test has taken the exchange away")

    def account_mode(self) -> AccountMode:
        self._read()
        return AccountMode(MarginMode(self.exchange.margin_mode(UID)), is_unified=True)

    def wallet(self) -> Wallet:
        self._read()
        self.witness.told(self.clock.now)
        return self._wallet(self.exchange.wallet(UID))

    def instrument(self, symbol: str) -> Instrument:
        return instrument_of(self.exchange.instruments[symbol])

    def fee_rates(self, symbol: str) -> FeeRates | None:
        return FeeRates(Decimal("0.0002"), Decimal("0.00055"))

    def quote(self, symbol: str) -> Quote:
        return quote_of(self.exchange.quote(symbol), self.clock.now_ms())

    def positions(self) -> Sequence[PositionReport]:
        return [r for s in self.exchange.open_symbols(UID) for r in self.positions_of(s) if r.size]

    def positions_of(self, symbol: str) -> Sequence[PositionReport]:
        self._read()
        views = {v.position_idx: v for v in self.exchange.positions(UID, symbol)}
        return [
            position_report(views[idx]) if idx in views else flat_report(symbol, side) for idx, side in SIDES.items()
        ]

    def open_orders(self, symbol: str | None = None) -> Sequence[OrderReport]:
        return [order_report(order) for order in self.exchange.open_orders(UID, symbol)]

    def order(self, symbol: str, link_id: str) -> OrderReport | None:
        self._read()
        order = self.exchange.find_order(UID, order_link_id=link_id)
        return None if order is None else order_report(order)

    def order_history(self, symbol: str, start_ms: int, end_ms: int) -> Sequence[OrderReport]:
        orders = (*self.exchange.closed_orders(UID), *self.exchange.open_orders(UID, symbol))
        return [order_report(o) for o in orders if o.symbol == symbol and start_ms <= o.created_time <= end_ms]

    def executions(self, symbol: str, start_ms: int, end_ms: int) -> Sequence[Execution]:
        rows = self.exchange.executions(UID)
        return [execution_of(e) for e in rows if e.symbol == symbol and start_ms <= e.exec_time <= end_ms]

    # --- commands ---

    def place(self, orders: Sequence[NewOrder], lane: Lane) -> Sequence[Outcome]:
        return [self._do("place", order.link_id, partial(self._create, order)) for order in orders]

    def _create(self, order: NewOrder) -> model.Order:
        return self.witness.create(request_of(order), self._tick())

    def amend(self, amendments: Sequence[Amendment], lane: Lane) -> Sequence[Outcome]:
        return [
            self._do(
                "amend",
                a.link_id,
                partial(self._amend, a),
            )
            for a in amendments
        ]

    def cancel(self, symbol: str, link_ids: Sequence[str], lane: Lane) -> Sequence[Outcome]:
        return [self._do("cancel", name, partial(self._cancel, symbol, name)) for name in link_ids]

    def _amend(self, a: Amendment) -> model.Order:
        return self.witness.amend(a.symbol, a.link_id, a.qty, a.price, self._tick())

    def _cancel(self, symbol: str, name: str) -> model.Order:
        return self.witness.cancel(symbol, name, self._tick())

    def cancel_all(self, symbol: str) -> Outcome:
        self.witness.cancel_all(symbol, self._tick())
        return Accepted("")

    def set_hedge_mode(self, symbol: str) -> Outcome:
        return self._do("mode", symbol, lambda: self.exchange.switch_mode(UID, symbol, None, 3, self._tick()), 110025)

    def set_cross_margin(self) -> Outcome:
        return self._do("margin", "", lambda: self.exchange.set_margin_mode(UID, "REGULAR_MARGIN", self._tick()))

    def set_leverage(self, symbol: str, leverage: Decimal) -> Outcome:
        return self._do(
            "leverage",
            symbol,
            lambda: self.exchange.set_leverage(UID, symbol, leverage, leverage, self._tick()),
            110043,
        )

    def _tick(self) -> int:
        self.clock.now += 1
        return self.clock.now

    def _do(self, command: str, name: str, deed: Callable[[], object], soft: int = 0) -> Outcome:
        self.commands.append(f"{command} {name}")
        spoiled = self.before(command, name)
        if spoiled is not None:
            return spoiled
        try:
            result = deed()
        except model.Reject as reject:
            if reject.code == soft:
                return Accepted("")
            return Rejected(_REFUSALS.get(reject.code, Refusal.OTHER), reject.code, reject.text)
        return self.after(command, name) or Accepted(result.order_id if isinstance(result, model.Order) else "")


def strategy(symbol: str = "DOGEUSDT", **changes: object) -> Strategy:
    """Return a lively strategy for a symbol of the catalogue."""
    values: dict[str, object] = {
        "symbol": symbol,
        "margin": Decimal(1),
        "leverage": Decimal(25),
        "step_percent": Decimal("0.5"),
        "multiplier": Decimal(2),
        "target": Decimal("0.005"),
        "max_level": 6,
        "entry_allowance_percent": Decimal("0.1"),
        "reprice_ms": 3_000,
    }
    return Strategy(**{**values, **changes})  # type: ignore[arg-type]


def settings(*strategies: Strategy, **changes: object) -> EngineSettings:
    values: dict[str, object] = {
        "account_id": "001",
        "strategies": strategies or (strategy(),),
        "mm_threshold": Decimal("0.9"),
        "buffer_percent": Decimal(15),
        "fallback_fees": FeeRates(Decimal("0.0002"), Decimal("0.00055")),
    }
    return EngineSettings(**{**values, **changes})  # type: ignore[arg-type]


class Table:
    """One account, one engine, one exchange: `price` moves the market and lets the engine come to rest."""

    def __init__(
        self,
        settings: EngineSettings,
        prices: Mapping[str, str],
        usdt: str = "10000",
        options: model.Options | None = None,
        archive: MemoryArchive | None = None,
    ) -> None:
        self.clock = TestClock()
        catalogue = load_catalogue()
        self.exchange = Exchange({s: catalogue[s] for s in prices}, options or model.Options(), 1)
        self.exchange.open_account(UID, model.World.MAINNET, Decimal(usdt), self.clock.now)
        for symbol, price in prices.items():
            self.quote(symbol, price)
        self.settings = settings
        self.archive = archive or MemoryArchive()
        self.witness = Witness(self.exchange, UID, [self._terms(s) for s in settings.strategies])
        self.begin()

    def begin(self) -> None:
        """Make a new engine on the same exchange and files: the first one, or one after a crash."""
        self.diary = MemoryDiary()
        self.inbox = Inbox()
        self.witness.left()
        self.witness.laws.configure([self._terms(s) for s in self.settings.strategies])
        self.desk = Desk(self.exchange, self.clock, self.inbox, self.witness)
        self.exchange.drain()
        recorder = Recorder(self.archive, self.diary, self.clock)
        self.engine = GridEngine(self.settings, self.desk, recorder, self.clock, self.inbox)

    def start(self) -> None:
        self.engine.start()
        self.rest()

    def quote(self, symbol: str, price: str) -> Quote:
        """Move the market without a word to the engine."""
        value = Decimal(price)
        self.clock.now += 1
        self.exchange.set_quote(symbol, model.Quote(value, value, value, value, value), self.clock.now)
        return Quote(value, value, value, self.clock.now)

    def price(self, symbol: str, price: str) -> None:
        """Move the market and let the engine come to rest."""
        quote = self.quote(symbol, price)
        self.desk.push()
        self.inbox.put(NewQuote(symbol, quote))
        self.rest()

    def walk(self, symbol: str, prices: Iterable[str]) -> None:
        for price in prices:
            self.price(symbol, price)

    def wander(self, seed: int, steps: int, *, sigma: float = 0.004) -> Iterator[int]:
        """Move the market of all symbols at random, yielding after each step."""
        dice = random.Random(seed)
        prices = {symbol: float(self.exchange.quote(symbol).last) for symbol in self.exchange.instruments}
        for step in range(steps):
            symbol = dice.choice(sorted(prices))
            prices[symbol] *= 1 + dice.gauss(0, sigma)
            tick = self.exchange.instruments[symbol].tick_size
            self.price(symbol, str((Decimal(prices[symbol]) / tick).quantize(Decimal(1)) * tick))
            yield step

    # --- the books ---

    def broken_laws(self) -> list[str]:
        """Return which laws of section 9 the exchange's books break now, or broke at any moment before."""
        books = self.books()
        now = self.witness.laws.quiet(books)
        state = state_tree(self.archive.states)
        terms = [self._terms(s) for s in self.settings.strategies]
        mirror = [] if books.is_stopped else check_mirror(state, books, terms, self.witness.laws.ledger)
        return self.witness.broken + now + mirror

    def books(self) -> Books:
        """Return the exchange's books, the whole history with them."""
        held = self.exchange.instruments if self.archive.is_full else ()
        books = self.witness.books(self.clock.now, held=held, is_stopped=self.engine.emergency_stopped)
        return replace(books, fills=[book_fill(e) for e in self.exchange.executions(UID)])

    def _terms(self, s: Strategy) -> Terms:
        row = self.exchange.instruments[s.symbol]
        taker = Decimal("0.00055")
        leverage = min(s.leverage, row.max_leverage)
        return Terms(
            symbol=s.symbol,
            multiplier=s.multiplier,
            target=s.target,
            max_level=s.max_level,
            qty_step=row.qty_step,
            tick=row.tick_size,
            max_qty=row.max_qty,
            closing_fee=taker,
            taker_fee=taker,
            leverage=leverage,
            step=s.step_percent / 100,
            buffer=self.settings.buffer_percent / 100,
            margin=s.margin,
            min_qty=row.min_qty,
            min_notional=row.min_notional,
            min_price=row.min_price,
            max_price=row.max_price,
            tier_value=max(tier.limit for tier in row.tiers if tier.max_leverage >= leverage),
        )

    def open_names(self) -> list[str]:
        return [order.order_link_id for order in self.exchange.open_orders(UID)]

    def sizes(self, symbol: str) -> tuple[Decimal, Decimal]:
        legs = {view.position_idx: view.size for view in self.exchange.positions(UID, symbol)}
        return legs[1], legs[2]

    def rest(self, limit: int = 200) -> None:
        """Step until nothing more happens."""
        for _ in range(limit):
            before = len(self.exchange.executions(UID)), len(self.diary.records)
            self.engine.step()
            self.clock.now += 5
            pushed = self.desk.push()
            if not pushed and before == (len(self.exchange.executions(UID)), len(self.diary.records)):
                return
        raise AssertionError("the engine never comes to rest")

    def wait(self, ms: int) -> None:
        """Let time pass in steps of a second."""
        end = self.clock.now + ms
        while self.clock.now < end:
            self.clock.now += min(1000, end - self.clock.now)
            for symbol in self.exchange.instruments:  # the price stream repeats itself while it lives
                self.inbox.put(NewQuote(symbol, self.desk.quote(symbol)))
            self.engine.step()
            self.desk.push()
        self.rest()
