"""One account in dry run, without a network: the test says what the exchange publishes and where prices go."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from gridtrader.daemon.dry_files import DryRunArchive
from gridtrader.domain.known import Strategy
from gridtrader.domain.types import SIDES, FeeRates, Quote, Side
from gridtrader.engine.engine import GridEngine
from gridtrader.engine.ports import NewQuote, Refusal, Refused, Unreachable
from gridtrader.engine.recorder import Recorder
from gridtrader.engine.settings import EngineSettings
from gridtrader.paper.contracts import ContractRows
from gridtrader.paper.funding import HOUR_MS, Settlement
from gridtrader.paper.inbox import MarketInbox
from gridtrader.paper.venue import DryRunTerms, DryRunVenue, open_venue
from gridtrader.simulator.catalogue import catalogue_rows
from tests.operator.folders import BOUNDS
from tests.support.memory import MemoryDiary, TestClock

D = Decimal
SYMBOL = "DOGEUSDT"
FEES = FeeRates(D("0.0002"), D("0.00055"))
TURNS = 50
START_MS = 1_760_000_400_000
"""A whole hour."""


@dataclass
class FakeMarket:
    """What the exchange tells everybody; counts what it is asked."""

    prices: dict[str, str] = field(default_factory=lambda: {SYMBOL: "0.2"})
    settled: list[Settlement] = field(default_factory=list)
    changes: dict[str, Any] = field(default_factory=dict)
    """Fields of instruments-info that are not what the catalogue says."""
    is_down: bool = False
    asked: list[str] = field(default_factory=list)

    def contract(self, symbol: str) -> ContractRows:
        self._ask(f"contract {symbol}")
        infos, tiers = catalogue_rows()
        found = [info for info in infos if info["symbol"] == symbol]
        if not found:
            raise Refused(Refusal.INVALID, 10001, "Not supported symbols")
        return ContractRows({**found[0], **self.changes}, [tier for tier in tiers if tier["symbol"] == symbol])

    def quote(self, symbol: str) -> Quote:
        self._ask(f"quote {symbol}")
        return quote(self.prices[symbol])

    def settlements(self, symbol: str) -> Sequence[Settlement]:
        self._ask(f"settlements {symbol}")
        return list(reversed(self.settled))

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if self.is_down:
            raise Unreachable("no route to host")


def quote(last: str, bid: str = "", ask: str = "") -> Quote:
    return Quote(D(bid or last), D(ask or last), D(last), 0)


def strategy(symbol: str = SYMBOL) -> Strategy:
    """Return a ladder of 100, 200, 400, … DOGE at 0.2, one per cent from level to level."""
    return Strategy(
        symbol=symbol,
        margin=D(2),
        leverage=D(10),
        step_percent=D(1),
        multiplier=D(2),
        target=D("0.005"),
        max_level=5,
        entry_allowance_percent=D("0.1"),
        reprice_ms=3_000,
    )


class Stage:
    """`start` and `stop` are those of the process; files and the market outlive them."""

    def __init__(self, folder: Path, *, balance: str = "10000", symbols: Sequence[str] = (SYMBOL,)) -> None:
        self.folder = folder
        self.market = FakeMarket()
        self.balance = balance
        self.symbols = symbols
        self.fees = FEES
        self.venue_name = "dry run"
        self.clock = TestClock(START_MS)
        self.diary = MemoryDiary()
        self.venue: DryRunVenue
        self.engine: GridEngine

    # --- the process ---

    def open(self) -> DryRunVenue:
        """Open the exchange only."""
        self.inbox = MarketInbox(self.clock.now_ms)
        terms = DryRunTerms(self.symbols, D(self.balance), self.fees, self.venue_name)
        self.venue = open_venue(terms, self.folder, self.market, self.inbox, self.clock.now_ms, self.diary.bot)
        return self.venue

    def start(self) -> None:
        """Open everything, restore, and let the engine act."""
        self.open()
        self.archive = DryRunArchive(self.folder, "001", BOUNDS, self.clock.now_ms, self.diary.bot)
        settings = EngineSettings(
            account_id="001",
            strategies=tuple(map(strategy, self.symbols)),
            mm_threshold=D("0.9"),
            buffer_percent=D(15),
            fallback_fees=FeeRates(D(1), D(1)),
            venue="dry run",
        )
        recorder = Recorder(self.archive, self.diary, self.clock)
        self.engine = GridEngine(settings, self.venue.gateway, recorder, self.clock, self.inbox)
        self.engine.start()
        for symbol in self.symbols:
            self.inbox.put(NewQuote(symbol, quote(self.market.prices[symbol])))
        self.act()

    def stop(self) -> None:
        """End the process, in whatever condition; nothing is written on the way."""
        self.venue.close()
        self.archive.close()

    def restart(self, *, after_s: int = 60) -> None:
        self.stop()
        self.clock.sleep(after_s)
        self.start()

    # --- the market ---

    def price(self, last: str, *, symbol: str = SYMBOL, after_s: int = 1) -> None:
        """Let the price go there, and the engine act until it has nothing more to do."""
        self.clock.sleep(after_s)
        self.market.prices[symbol] = last
        self.inbox.put(NewQuote(symbol, quote(last)))
        self.act()

    def act(self) -> None:
        for _ in range(TURNS):
            self.engine.step()
            if self.inbox.is_empty:
                return
        raise AssertionError("the engine does not come to rest")

    def settle(self, rate: str, *, hours: int = 1) -> None:
        """Let so many hours pass, and a settlement at the end of them."""
        due = self.clock.now_ms() - self.clock.now_ms() % HOUR_MS + hours * HOUR_MS
        self.market.settled.append(Settlement(due, D(rate)))
        self.clock.now = due + 6_000

    # --- what there is ---

    def sizes(self, symbol: str = SYMBOL) -> tuple[Decimal, ...]:
        """Return LONG and SHORT as the exchange has them."""
        return tuple(report.size for report in self.venue.gateway.positions_of(symbol))

    def standing(self, symbol: str = SYMBOL) -> set[tuple[str, bool, Decimal, Decimal]]:
        """Return (name, whether it closes, price, quantity) of every order that stands."""
        orders = self.venue.gateway.open_orders(symbol)
        return {(order.link_id, order.reduce_only, order.price, order.qty) for order in orders}

    def cycles(self, symbol: str = SYMBOL) -> dict[Side, int]:
        known = self.engine.book.symbols[symbol]
        return {side: cycle.number for side in SIDES if (cycle := known.sides[side].cycle) is not None}

    @property
    def money(self) -> Decimal:
        return self.venue.gateway.wallet().margin_balance
