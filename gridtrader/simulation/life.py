"""One account in one life of the daemon: its session in a fiber, with the simulated network and disk around it."""

import logging
from collections.abc import Callable
from random import Random
from typing import Final

from gridtrader.daemon.policy import AccountPolicy
from gridtrader.daemon.session import Phase, Session
from gridtrader.domain.types import Amendment, NewOrder
from gridtrader.engine.engine import GridEngine
from gridtrader.engine.inbox import Inbox
from gridtrader.engine.ports import Event, NewQuote, PricesDown, PricesUp, StreamMessage
from gridtrader.engine.recorder import Recorder
from gridtrader.paper.translate import quote_of
from gridtrader.simulation.configure import AccountPlan
from gridtrader.simulation.confirming import Unconfirmed
from gridtrader.simulation.desk import SimDesk
from gridtrader.simulation.faults import Dice
from gridtrader.simulation.hub import Bell, Fiber, Hub
from gridtrader.simulation.machine import Disk, Process, SimArchive, SimClock
from gridtrader.simulation.private import SimStream
from gridtrader.simulation.sight import Sight
from gridtrader.simulation.venue import Venue
from gridtrader.simulator.core.model import Quote

_MOST_WAIT_MS: Final = 60_000


class SimInbox(Inbox):
    """The account's own inbox, waited at in simulated time. `on_idle` is told before each wait."""

    def __init__(
        self,
        hub: Hub,
        process: Process,
        clock: SimClock,
        sight: Sight,
        unconfirmed: Unconfirmed,
        on_idle: Callable[[], None],
    ) -> None:
        super().__init__(clock.now_ms)
        self._bell = Bell(hub)
        self._process = process
        self._sight = sight
        self._unconfirmed = unconfirmed
        self._on_idle = on_idle

    def put(self, event: Event) -> None:
        super().put(event)
        self._bell.ring()

    def drain(self) -> list[Event]:
        events = super().drain()
        self._sight.took(events)
        for event in events:
            if isinstance(event, StreamMessage):
                self._unconfirmed.told(event)
        return events

    def take_first(self, *kinds: type[Event]) -> Event | None:
        event = super().take_first(*kinds)
        if event is not None:
            self._sight.took([event])
        return event

    def wait(self, timeout_s: float) -> None:
        if self.is_empty and not self.is_closed:
            self._on_idle()
            self._bell.wait(min(_MOST_WAIT_MS, int(timeout_s * 1000) + 1))
            if self._process.is_dead:
                self._process.point("woken")

    def close(self) -> None:
        super().close()
        self._bell.ring()


class SimDiary:
    """The account's logs, kept by whoever wants to read them; nobody does while all is well."""

    def __init__(self, name: str, handler: logging.Handler | None) -> None:
        self.bot = logging.Logger(name, logging.DEBUG if handler else logging.CRITICAL + 1)
        if handler:
            self.bot.addHandler(handler)

    def trade(self, text: str) -> None:
        self.bot.info("trade %s", text)

    def position(self, text: str) -> None:
        self.bot.info("position %s", text)


class SimAccount:
    """One account over all lives: its money at the exchange, its disk, and the life it has now, if any."""

    def __init__(self, plan: AccountPlan, venue: Venue, hub: Hub, clock: SimClock) -> None:
        self.plan = plan
        self.uid = plan.uid
        self.venue = venue
        self.hub = hub
        self.clock = clock
        self.disk = Disk()
        self.policy = AccountPolicy()
        self.life: Life | None = None
        self.starts = 0
        """How many lives it has had."""
        self.on_idle: Callable[[SimAccount], None] = lambda account: None
        self.on_left: Callable[[], None] = lambda: None
        """Told when the bot sees or acts no more."""
        self.on_sent: Callable[[str, NewOrder | Amendment | str], None] = lambda command, what: None
        self.on_read: Callable[[str, str, bool], None] = lambda what, symbol, is_answered: None
        """Told of questions by REST about a symbol, and of their answers."""
        self.unconfirmed = Unconfirmed()
        self.on_missed: Callable[[], None] = lambda: None
        """Told when a message of the private stream is lost though the connection lives."""
        self.on_jolt: Callable[[], None] = lambda: None
        """Told when the private stream comes up or breaks down."""
        self.on_balance: Callable[[], None] = lambda: None
        """Told when REST shows a balance."""
        self.on_begun: Callable[[], None] = lambda: None
        """Told when a new life begins."""
        self.on_stop: Callable[[str], None] = lambda file: None
        """Told when the emergency file is written, with what it says."""
        self.on_doubled: Callable[[str, str], None] = lambda symbol, exec_id: None
        """Told when an execution is written into the trades file once more."""
        self.prices_down: set[str] = set()

    @property
    def symbols(self) -> list[str]:
        return [strategy.symbol for strategy in self.plan.settings.strategies]


class Life:
    """An account's session in one process."""

    def __init__(
        self,
        account: SimAccount,
        process: Process,
        requests: Dice,
        messages: Dice,
        delays: Random,
        handler: logging.Handler | None,
        on_phase: Callable[[], None],
    ) -> None:
        plan, hub = account.plan, account.hub
        account.on_begun()
        self._account = account
        self._on_phase = on_phase
        self.phase, self.reason, self.is_passing = Phase.STARTING, "", False
        self.sight = Sight(hub, account.symbols)
        self.inbox = SimInbox(
            hub, process, account.clock, self.sight, account.unconfirmed, lambda: account.on_idle(account)
        )
        self.desk = SimDesk(account.venue, plan.uid, hub, process, requests, delays, is_demo=plan.is_demo)
        self.desk.on_sent = account.on_sent
        self.desk.on_asked = lambda what, symbol: account.on_read(what, symbol, False)
        self.desk.on_read = self._has_read
        self.desk.on_balance = account.on_balance
        self.desk.on_answered, self.desk.on_looked_up = account.unconfirmed.answered, account.unconfirmed.asked
        self.stream = SimStream(account.venue, plan.uid, hub, self.inbox, messages, delays)
        self.stream.on_lost, self.stream.on_jolt = account.on_left, account.on_jolt
        self.stream.on_missed = account.on_missed
        diary = SimDiary(plan.id, handler)
        self.desk.log = diary.bot
        self.stream.is_read_along = handler is not None
        self.archive = SimArchive(account.disk, process, account.on_stop, account.on_doubled)
        recorder = Recorder(self.archive, diary, account.clock)
        self.engine = GridEngine(plan.settings, self.desk, recorder, account.clock, self.inbox)
        self._subscribed: set[str] = set()
        self.session = Session(
            self.engine, self.stream, self, self.inbox, account.clock, account.symbols, self._enter
        )
        self.fiber: Fiber = hub.spawn(f"account-{plan.id}", self._run)

    def _has_read(self, what: str, symbol: str) -> None:
        self.sight.read(what, symbol)
        if what == "open orders":
            self._account.unconfirmed.read(symbol)
        self._account.on_read(what, symbol, True)

    def _run(self) -> None:
        """Live, as the daemon's account thread does: nothing of an account's failure may reach another (A1)."""
        try:
            self.session.run()
        except Exception as error:  # the judge takes it for a defect
            self.engine.recorder.log.critical("the account has failed", exc_info=True)
            self._enter(Phase.FAILED, f"internal error: {type(error).__name__}: {error}", False)

    def _enter(self, phase: Phase, reason: str, is_passing: bool) -> None:
        self.phase, self.reason, self.is_passing = phase, reason, is_passing
        if phase is Phase.TRADING:
            self.sight.owed.clear()  # a start reads in its own way, and proves what it has read (T3)
        self._on_phase()

    # --- prices ---

    def subscribe(self, symbol: str) -> None:
        self._subscribed.add(symbol)
        self.price(symbol, self._account.venue.exchange.quote(symbol))

    def unsubscribe(self, symbol: str) -> None:
        self._subscribed.discard(symbol)

    def price(self, symbol: str, quote: Quote) -> None:
        """Tell the account a price, if its price stream lives."""
        if symbol in self._subscribed and symbol not in self._account.prices_down:
            self.inbox.put(NewQuote(symbol, quote_of(quote, self._account.hub.now)))

    def tell_prices(self, symbol: str, *, is_up: bool) -> None:
        """Tell that the price stream has been given up, or is back."""
        if symbol in self._subscribed:
            event = PricesUp(symbol) if is_up else PricesDown(symbol, "10 attempts failed")
            self.inbox.put(event)

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing is under way to or from the account."""
        return self.inbox.is_empty and not self.desk.in_the_air and not self.stream.in_the_air and self.stream.is_up
