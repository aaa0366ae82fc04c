"""Play an account over recorded prices: without delay, on the exchange's own matching, margin and funding.

The market moves from stop to stop (`way`). At each the exchange fills what is reached, then the engine sees the price
and everything that happened, and acts until it has nothing more to do; only then the price goes on. Stops at which
neither could do anything are passed over (`is_fast`), which changes nothing but the time it takes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from math import ceil, floor

from gridtrader.engine.engine import GridEngine
from gridtrader.engine.errors import CannotStart, StopAccount
from gridtrader.engine.inbox import Inbox
from gridtrader.engine.ports import NewQuote
from gridtrader.engine.settings import EngineSettings
from gridtrader.paper.clock import PaperClock
from gridtrader.paper.contracts import without_band
from gridtrader.paper.gateway import PaperGateway
from gridtrader.replay.balance import Balance
from gridtrader.replay.garbage import searched_rarely
from gridtrader.replay.recorder import ReplayLedger, ReplayRecorder
from gridtrader.replay.result import Stop as EmergencyStop
from gridtrader.replay.track import Track
from gridtrader.replay.way import ENDLESS, Limits, Stop, Way, settlements_in
from gridtrader.simulator.core.calm import EVERYWHERE, Band, common
from gridtrader.simulator.core.exchange import Exchange
from gridtrader.simulator.core.model import Event, Instrument, Options, WalletChanged, World
from gridtrader.simulator.market.moment import moment
from gridtrader.simulator.market.recorded import RecordedSource

UID = 1
_NEVER_MS = 10**13
_TELL_EVERY = 256
_MOST_TURNS = 1_000
"""Steps the engine may take at one moment; more would mean that it never comes to rest."""


class ReplayError(Exception):
    """The replay cannot be played; the message says why, in one line."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to replay."""

    settings: EngineSettings
    contracts: dict[str, Instrument]
    sources: Sequence[RecordedSource]
    balance: Decimal
    maker_fee: Decimal
    taker_fee: Decimal
    start: int
    end: int
    """The last moment that is played, ms."""
    spread_ticks: int = 0
    unlimited_margin: bool = False
    is_fast: bool = True


def without_delay(settings: EngineSettings) -> EngineSettings:
    """Return an engine's settings for a world in which everything is known at once: nothing is ever waited for, and
    nothing is asked for that has been told."""
    return replace(
        settings,
        venue="replay",
        confirm_ms=_NEVER_MS,
        wallet_max_age_ms=_NEVER_MS,
        quote_max_age_ms=_NEVER_MS,
        mm_refresh_ms=(_NEVER_MS, _NEVER_MS),
        balance_stop_ms=_NEVER_MS,
        push_lag_ms=0,
        rest_lag_ms=0,
        reconcile_ms=_NEVER_MS,
    )


class Replay:
    """One account's replay. `play` once; then `ledger` and `track` hold what it came to."""

    def __init__(self, plan: Plan, on_progress: Callable[[float], None] | None = None) -> None:
        """`on_progress` is told now and then which share of the prices has been passed."""
        self._plan = plan
        self._on_progress = on_progress
        ticks = {symbol: contract.tick_size for symbol, contract in plan.contracts.items()}
        self.ways = {
            source.symbol: Way(source, ticks[source.symbol], plan.spread_ticks, plan.start, plan.end)
            for source in plan.sources
        }
        self.clock = PaperClock(plan.start)
        self.exchange = Exchange(
            {symbol: without_band(contract) for symbol, contract in plan.contracts.items()},
            Options(maker_fee=plan.maker_fee, taker_fee=plan.taker_fee, risk_tiers=not plan.unlimited_margin),
            tells_late=True,
        )
        self._balance = Balance(self.exchange, UID, self.clock)
        self._inbox = Inbox(self.clock.now_ms)
        self._gateway = PaperGateway(self.exchange, UID, self.clock, self._inbox)
        self.ledger = ReplayLedger(self.clock)
        self._gateway.on_events = self._happened
        self._calms: dict[str, Band] = {}
        recorder = ReplayRecorder(self.clock, self.ledger)
        self._settings = without_delay(plan.settings)
        self.engine = GridEngine(self._settings, self._gateway, recorder, self.clock, self._inbox)
        self.track = Track(self.exchange, UID, list(self.ways.values()), self._balance)
        self._settlements = sorted(
            (time, source.symbol, rate)
            for source in plan.sources
            for time, rate in settlements_in(source, plan.start, plan.end)
        )
        self._settled = 0

    def _happened(self, events: Sequence[Event]) -> None:
        self.ledger.happened(events)
        self._calms.clear()
        for event in events:
            if isinstance(event, WalletChanged):
                self._balance.told(event.wallet)

    # --- playing ---

    def play(self) -> None:
        """Play to the end. Raises ReplayError if the account cannot be started with these prices."""
        with searched_rarely():
            self._begin()
            self._go_on()
        self.ledger.end()

    def _go_on(self) -> None:
        moments = 0
        while True:
            self.track.measure(self.clock.market_ms)
            if self._plan.is_fast:
                self._pass_over()
            following = self._following()
            if following is None:
                self.track.measure(self.clock.market_ms)
                break
            now = following[1].time_ms
            self._settle_before(now)
            while following is not None and following[1].time_ms <= now:
                self._move(*following)
                self._act()
                following = self._following()
            moments += 1
            if moments % _TELL_EVERY == 0:
                self._tell_progress()

    def _begin(self) -> None:
        exchange, clock = self.exchange, self.clock
        exchange.open_account(UID, World.MAINNET, self._plan.balance, clock.now_ms())
        for way in self.ways.values():
            exchange.set_quote(way.symbol, way.quote(), clock.tick())
        try:
            self.engine.start()
        except (CannotStart, StopAccount) as error:
            raise ReplayError(f"the account does not start: {error}") from error
        self._gateway.tells_at_once = False
        self._act()

    def _following(self) -> tuple[Way, Stop] | None:
        """Return which price comes to its next stop first, and the stop."""
        best: tuple[Way, Stop] | None = None
        for way in self.ways.values():
            buy, sell = self.exchange.nearest(way.symbol)
            stop = way.next_stop(buy, sell, self._calm(way))
            if stop is not None and (best is None or stop.time_ms < best[1].time_ms):
                best = (way, stop)
        return best

    def _move(self, way: Way, stop: Stop) -> None:
        way.go(stop)
        self.exchange.set_quote(way.symbol, way.quote(), self.clock.move(stop.time_ms))
        self._gateway.pump()

    def _settle_before(self, time_ms: int) -> None:
        """Settle the funding that is due up to a moment, at the prices before it."""
        while self._settled < len(self._settlements) and self._settlements[self._settled][0] <= time_ms:
            due, symbol, rate = self._settlements[self._settled]
            self._settled += 1
            self.exchange.settle_funding(symbol, rate, self.clock.move(due))
            self._gateway.pump()
            self._act()

    def _act(self) -> None:
        """Let the engine see where things stand, and act until it has nothing more to do."""
        engine, inbox = self.engine, self._inbox
        self._check_risk()
        if self.ledger.stop is None:
            if engine.lacks_money:
                self._gateway.tell_balance()
            for symbol in self.ways:
                inbox.put(NewQuote(symbol, self._gateway.quote(symbol)))
            self._take_turns()
        inbox.drain()

    def _take_turns(self) -> None:
        for _ in range(_MOST_TURNS):
            sent = self._gateway.commands
            self.engine.step()
            self._gateway.pump()  # what all commands of a step have done is told together
            if self.engine.emergency_stopped:
                self.ledger.stop = EmergencyStop(self.clock.market_ms, self.engine.stop_reason)
                return
            if self._gateway.commands == sent and self._inbox.is_empty:
                return
        raise ReplayError(f"the engine does not come to rest at {moment(self.clock.market_ms)}")

    def _check_risk(self) -> None:
        """Tell the engine of a risk rate at its threshold as soon as there is one (R1)."""
        if self._balance.now().mm_rate >= self._settings.mm_threshold:
            self._gateway.tell_balance()

    def _tell_progress(self) -> None:
        if self._on_progress is None:
            return
        passed = sum(way.corner for way in self.ways.values())
        self._on_progress(passed / sum(len(way) for way in self.ways.values()))

    # --- passing over what concerns nobody ---

    def _pass_over(self) -> None:
        """Move the prices on to just before the next stop at which the exchange or the engine may have to act."""
        engine, is_stopped = self.engine, self.ledger.stop is not None
        if engine.awaits_price and not is_stopped:
            return
        time_ms = ENDLESS if is_stopped else engine.due_ms
        if self._settled < len(self._settlements):
            time_ms = min(time_ms, self._settlements[self._settled][0])
        quiet = {way.symbol: way.quiet_until(self._limits(way, time_ms)) for way in self.ways.values()}
        if len(quiet) > 1:
            until = min(int(self.ways[symbol].times[corner]) for symbol, corner in quiet.items())
            quiet = {symbol: min(corner, self.ways[symbol].corner_at(until)) for symbol, corner in quiet.items()}
        for time in self.track.record_times(quiet):
            # Of several trades of one millisecond only the first ones may be quiet.
            self._skip({way.symbol: min(way.corner_at(int(time)), quiet[way.symbol]) for way in self.ways.values()})
            self.track.measure(int(time))
        self._skip(quiet)

    def _skip(self, corners: Mapping[str, int]) -> None:
        for symbol, corner in corners.items():
            way = self.ways[symbol]
            if corner > way.corner:
                way.skip_to(corner)
                self.exchange.set_quote(symbol, way.quote(), self.clock.move(way.at.time_ms))

    def _calm(self, way: Way) -> Band:
        """Return the mark prices at which, as things stand, the account reaches no limit of its risk rate; once it is
        stopped, at which it is not liquidated."""
        calm = self._calms.get(way.symbol)
        if calm is None or not calm.holds(way.at.mark * way.tick):
            room = self.track.room(self._settings.mm_threshold, is_stopped=self.ledger.stop is not None)
            share = room / len(self.ways)
            self._calms = {symbol: self.exchange.calm_marks(UID, symbol, share) for symbol in self.ways}
            calm = self._calms[way.symbol]
        return calm

    def _limits(self, way: Way, time_ms: int) -> Limits:
        buy, sell = self.exchange.nearest(way.symbol)
        marks, prices = self._unpaid(way)
        marks = common((self._calm(way), marks))
        low, high = _in_ticks(prices, way.tick)
        mark_low, mark_high = _in_ticks(marks, way.tick)
        return Limits(
            low=low if buy is None else max(low, way.falls_to(buy)),
            high=high if sell is None else min(high, way.rises_to(sell)),
            mark_low=mark_low,
            mark_high=mark_high,
            time_ms=time_ms,
        )

    def _unpaid(self, way: Way) -> tuple[Band, Band]:
        """Return the mark prices and the last prices at which nothing that lacks money can be paid yet. What is
        missing is shared out among all the prices that may make up for it."""
        marks, prices = [EVERYWHERE], [EVERYWHERE]
        if self.engine.lacks_money:
            for lack in self.engine.money_lacks:
                if lack is None:
                    continue
                share = lack.amount / (len(self.ways) + (1 if lack.per_price else 0))
                marks.append(self.track.unpaid_marks(way, share))
                if lack.per_price and lack.symbol == way.symbol:
                    prices.append(self.track.unpaid_prices(way, share, lack.per_price))
        return common(marks), common(prices)


def _in_ticks(band: Band, tick: Decimal) -> tuple[int, int]:
    """Return a band's bounds in whole ticks, not nearer than they are."""
    low, high = float(band.low) / float(tick), float(band.high) / float(tick)
    return max(0, floor(low)), ENDLESS if high >= ENDLESS else ceil(high)
