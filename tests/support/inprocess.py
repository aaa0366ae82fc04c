"""The engine and the exchange's pure core in one thread: for stories that need both. Time is the test's."""

import random
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from gridtrader.audit.books import Books
from gridtrader.audit.laws import Terms
from gridtrader.audit.mirror import check_mirror
from gridtrader.domain.known import Strategy
from gridtrader.domain.types import FeeRates, Quote
from gridtrader.engine.engine import GridEngine
from gridtrader.engine.inbox import Inbox
from gridtrader.engine.ports import NewQuote
from gridtrader.engine.recorder import Recorder
from gridtrader.engine.settings import EngineSettings
from gridtrader.simulation.bookkeeping import book_fill
from gridtrader.simulation.stateview import state_tree
from gridtrader.simulator.catalogue import load_catalogue
from gridtrader.simulator.core import model
from gridtrader.simulator.core.exchange import Exchange
from tests.support.desk import UID, Desk
from tests.support.memory import MemoryArchive, MemoryDiary, TestClock
from tests.support.witness import Witness


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
        return books._replace(fills=[book_fill(e) for e in self.exchange.executions(UID)])

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
