"""One run: a world built from a seed, played to its end or to the first broken law."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from heapq import heappop, heappush
from typing import Final

from gridtrader.simulation.attendance import Operator
from gridtrader.simulation.configure import AccountPlan, plan_accounts
from gridtrader.simulation.daemon import SimDaemon
from gridtrader.simulation.faults import (
    BEGIN_RATES,
    BURST_SHARE,
    JOLT_RATES,
    ONCE_RATES,
    OUTAGE_SHARE,
    RESTART_RATES,
    SAFE,
    Chance,
    Dice,
    Fault,
    Mishap,
    Now,
    Script,
)
from gridtrader.simulation.hub import Hub
from gridtrader.simulation.judge import Judge
from gridtrader.simulation.life import SimAccount
from gridtrader.simulation.machine import Process, SimClock
from gridtrader.simulation.market import Prices, open_record, synthetic
from gridtrader.simulation.misfortune import Misfortune
from gridtrader.simulation.trouble import LASTS_MS
from gridtrader.simulation.venue import Venue
from gridtrader.simulation.verdicts import CALM, STORM, Verdicts
from gridtrader.simulator.catalogue import load_catalogue
from gridtrader.simulator.core import model
from gridtrader.simulator.core.exchange import Exchange

START_MS: Final = 1_760_000_000_000
HOUR_MS: Final = 3_600_000
_CONTRACTS: Final = ("DOGEUSDT", "SOLUSDT", "BTCUSDT", "XRPUSDT", "ETHUSDT")


@dataclass(frozen=True, slots=True)
class Plan:
    """What to play."""

    seed: int
    hours: float = 24
    accounts: int = 3
    faults: frozenset[Fault] = frozenset()
    only: tuple[Mishap, ...] | None = None
    """If given, of all faults only these happen."""
    crash_at: int | None = None
    """The input or output of the first process at which it is killed."""
    prices: tuple[str, ...] = ()
    """Files of recorded prices, played from their beginning to their end at most; none: a synthetic market."""


class World:
    """Everything in a run. `play` once."""

    def __init__(
        self,
        plan: Plan,
        handler: logging.Handler | None = None,
        *,
        accounts: Sequence[AccountPlan] | None = None,
    ) -> None:
        """`accounts` replaces those that the seed would draw; nothing else that it decides is moved by that."""
        self.plan = plan
        record = open_record(plan.prices) if plan.prices else None
        self.start = record.start if record else START_MS
        """When the run begins, in ms since 1970."""
        until = self.start + int(plan.hours * HOUR_MS)
        self._until = min(until, record.end) if record else until
        self.hub = Hub(self.start)
        self.script = Script(plan.only, self._struck)
        self._chance = Chance(plan.seed, plan.faults, self.script, Now(self.hub))
        self._handler = handler
        self._log = logging.Logger("---", logging.INFO if handler else logging.CRITICAL + 1)
        if handler:
            self._log.addHandler(handler)
        self._kinds = self._choose_kinds()
        catalogue = load_catalogue()
        contracts = record.contracts if record else {symbol: catalogue[symbol] for symbol in _CONTRACTS}
        plans = (
            plan_accounts(plan.accounts, contracts, self._chance.source("accounts")) if accounts is None else accounts
        )
        used = {strategy.symbol for account in plans for strategy in account.settings.strategies}
        contracts = {symbol: contract for symbol, contract in contracts.items() if symbol in used}
        self.exchange = Exchange(contracts, self._options(), plan.seed)
        self.venue = Venue(self.exchange, self.hub)
        self.clock = SimClock(self.hub)
        self.prices = (
            [prices for prices in record.prices() if prices.symbol in used]
            if record
            else synthetic(contracts, plan.seed, START_MS, self._touch(plans))
        )
        self.verdicts = Verdicts()
        self.is_over = False
        self.on_point: Callable[[int, int, str], None] = lambda life, number, where: None
        """Told of every input and output, before it: in which life of the process, its number there, what it is."""
        self.accounts = [SimAccount(account, self.venue, self.hub, self.clock) for account in plans]
        patience = STORM if plan.faults - SAFE else CALM
        self.judges = {a.uid: Judge(a, self.hub, self.verdicts, patience, self._stop) for a in self.accounts}
        self._operator = Operator(self.hub, self.venue, self.judges, self.script, self._log)
        self._process: Process | None = None
        self._daemon: SimDaemon | None = None
        self._lives = 0
        self._doom: str | None = None
        """At which inputs or outputs the process dies: those whose name begins like this."""
        self._down_ms = 0
        self._feed: list[tuple[int, int, Prices, model.Quote]] = []

    # --- what the world is like ---

    def _choose_kinds(self) -> frozenset[Fault]:
        dice = self._chance.dice("world")
        kinds = set()
        for fault, rate in ONCE_RATES.items():
            if dice.throw({fault: rate}) is fault:
                kinds.add(fault)
        return frozenset(kinds)

    def _touch(self, plans: Sequence[AccountPlan]) -> dict[str, Decimal]:
        """Return what a usual level 0 is worth in each symbol where the market is thin, in USDT."""
        if Fault.PARTIAL_FILL not in self._kinds:
            return {}
        strategies = [strategy for account in plans for strategy in account.settings.strategies]
        worth: dict[str, Decimal] = {}
        for strategy in strategies:
            own = strategy.margin * strategy.leverage
            worth[strategy.symbol] = max(own, worth.get(strategy.symbol, own))
        return worth

    def _options(self) -> model.Options:
        source = self._chance.source("options")
        return model.Options(
            reduce_only_victim=source.choice(("furthest", "oldest")),
            hedge_margin=source.choice(("sum", "larger")),
            reduce_only_cut=source.choice(("reduce", "cancel")),
            price_limit=source.choice(("adjust", "reject")) if Fault.PRICE_BAND in self._kinds else "adjust",
        )

    # --- playing ---

    def play(self) -> Verdicts:
        """Play to the end, or to the first broken law."""
        for account in self.accounts:
            self.exchange.open_account(account.uid, model.World.MAINNET, account.plan.usdt, self.hub.now)
            memory = self.venue.open(account.uid, self.judges[account.uid].happened)
            if Fault.HISTORY_SHORT in self._kinds:
                memory.keeps_ms = 2 * HOUR_MS
            judge = self.judges[account.uid]
            account.on_idle = self._idle
            account.on_left, account.on_sent, account.on_stop = judge.left, judge.sent, judge.stopped
            account.on_jolt = partial(self._jolt, account, self._chance.dice(f"{account.plan.id}/jolt"))
            account.on_missed, account.on_doubled = judge.missed, judge.doubled
            account.on_begun, account.on_read = judge.begun, judge.halts.looks
            account.on_balance = judge.shown
        for number, prices in enumerate(self.prices):
            self._next_price(number, prices)
        self._move_market()
        if Fault.FUNDING in self._kinds:
            self._arm_funding()
        Misfortune(self, self._chance)
        self._begin()
        step = HOUR_MS // 4
        while not self.is_over and self.hub.now < self._until:
            self.hub.run(min(self._until, self.hub.now + step))
        self._end()
        return self.verdicts

    def _stop(self) -> None:
        self.is_over = True
        self.hub.stop()

    def _struck(self, mishap: Mishap) -> None:
        """Let the judges of those whom a fault befalls be patient."""
        place, lasts = mishap.place.partition("/")[0], LASTS_MS.get(mishap.fault, 0)
        if not lasts:
            return
        for account in self.accounts:
            if place in (account.plan.id, "machine") or place in account.symbols:
                self.judges[account.uid].trouble.strikes(lasts)

    def _idle(self, account: SimAccount) -> None:
        self.judges[account.uid].look()

    # --- prices and funding ---

    def _next_price(self, number: int, prices: Prices) -> None:
        following = prices.next()
        if following is not None:
            when, quote = following
            heappush(self._feed, (when, number, prices, quote))

    def _move_market(self) -> None:
        """Set the prices of this moment, and come back at the next one."""
        now = self.hub.now
        while self._feed and self._feed[0][0] <= now:
            _, number, prices, quote = heappop(self._feed)
            self._quote(prices, quote)
            self._next_price(number, prices)
        for judge in self.judges.values():
            judge.tick()
        if self._feed:
            self.hub.at(self._feed[0][0], self._move_market)

    def _quote(self, prices: Prices, quote: model.Quote) -> None:
        self.exchange.set_quote(prices.symbol, quote, self.hub.now)
        self.venue.pump()
        for account in self.accounts:
            self.judges[account.uid].priced(prices.symbol)
            if account.life is not None:
                account.life.price(prices.symbol, quote)

    def _jolt(self, account: SimAccount, dice: Dice) -> None:
        """Let a price leap just when an account's stream, or its start, is most easily hurt."""
        if dice.throw(JOLT_RATES) is None:
            return
        symbol = account.symbols[dice.between(0, len(account.symbols) - 1)]
        prices = next(prices for prices in self.prices if prices.symbol == symbol)
        share = Decimal(dice.between(-150, 150)) / 10_000

        def leap(share: Decimal) -> None:
            self._quote(prices, prices.leapt(self.exchange.quote(symbol), share))

        delay = dice.between(50, 700)
        for count in (1, 2, 3):
            self.hub.after(count * delay, partial(leap, share))
            share = -share * Decimal("0.8")

    def _arm_funding(self) -> None:
        def settle() -> None:
            for prices in self.prices:
                if self.exchange.instruments[prices.symbol].status == "Trading":
                    self.exchange.settle_funding(prices.symbol, prices.funding_rate(self.hub.now), self.hub.now)
                    self.venue.pump()
            self.hub.after(8 * HOUR_MS, settle)

        self.hub.at((self.start // (8 * HOUR_MS) + 1) * 8 * HOUR_MS, settle)

    # --- the process ---

    def _begin(self) -> None:
        """Start the daemon."""
        self._lives += 1
        self._doom = None
        self._log.info("process %d begins", self._lives)
        for account in self.accounts:
            dice = self._chance.dice(f"{account.plan.id}/begin/{self._lives}")
            if dice.throw(BEGIN_RATES) is Fault.BURST:
                wait, lasts = dice.between(0, 2_500), 10_000 + 10 * dice.between(0, 2_500)
                self.hub.after(wait, partial(self.gust, account, lasts, OUTAGE_SHARE))
        process = self._process = Process(self._passed)
        self._daemon = SimDaemon(
            self.accounts, self.hub, process, self._chance, self._handler, self._operator.phase_changed
        )

    def judge(self, account: SimAccount) -> Judge:
        return self.judges[account.uid]

    def gust(self, account: SimAccount, lasts_ms: int, share: float = BURST_SHARE) -> None:
        """Let a share of an account's requests and messages fail for a while."""
        name = account.plan.id
        self._chance.gusts[name] = share
        self.hub.after(lasts_ms, lambda: self._chance.gusts.pop(name, None))

    def crash(self, down_ms: int, where: str = "") -> None:
        """Let the process die at its next input or output whose name begins with `where`."""
        if self._process is not None:
            self._doom, self._down_ms = where, down_ms

    def _passed(self, process: Process, where: str) -> None:
        if process is not self._process:
            return
        self.on_point(self._lives, process.points, where)
        if self._lives == 1 and process.points == self.plan.crash_at:
            self._doom, self._down_ms = "", 3_000
        if self._doom is not None and where.startswith(self._doom):
            self._log.info("process %d is killed at its input or output %d: %s", self._lives, process.points, where)
            self._kill(process)

    def _kill(self, process: Process) -> None:
        """End the process here and now; a new one comes up after a while."""
        process.is_dead = True
        self._process = None
        self._doom = None
        self.hub.at(self.hub.now, self._bury)
        self.hub.after(max(1, self._down_ms), self._begin)

    def _bury(self) -> None:
        """Let the fibers of the dead process end, and its sockets."""
        fibers = [account.life.fiber for account in self.accounts if account.life is not None]
        if self._daemon is not None:
            fibers.append(self._daemon.fiber)
        for fiber in fibers:
            fiber.kill()
        dice = self._chance.dice(f"disk/{self._lives}")
        for account in self.accounts:
            self.judges[account.uid].left()
            if account.life is not None:
                account.life.stream.stop()
                account.life = None
            for fault, rate in RESTART_RATES.items():
                if dice.throw({fault: rate}) is not fault:
                    continue
                if fault is not Fault.TORN_JOURNAL:
                    account.disk.spoil_state()
                elif self.venue.memories[account.uid].keeps_ms is not None:
                    continue  # the exchange forgets as well: nobody could know
                elif not account.disk.tear():
                    continue
                self.blame(account, fault)

    def _end(self) -> None:
        if self._process is not None:
            self._process.is_dead = True
        for account in self.accounts:
            if account.life is not None:
                account.life.fiber.kill()
        if self._daemon is not None:
            self._daemon.fiber.kill()

    def blame(self, account: SimAccount, fault: Fault) -> None:
        self._operator.blame(account, fault)
