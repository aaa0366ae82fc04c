"""GridEngine: one account. Events change what is known; one pass says what should stand and sends the difference.

The engine runs at its own pace: an event never sends anything by itself, it only wakes a pass, and start, reconnect,
doubt and restart all end in the same pass. It has no thread and no clock of its own, so the same code trades live, in
a simulation, and in a replay.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from functools import partial

from gridtrader.domain.invariants import BrokenInvariant
from gridtrader.domain.known import HoldReason
from gridtrader.domain.money import Lack
from gridtrader.domain.types import aged
from gridtrader.engine.book import AccountBook, Fact
from gridtrader.engine.enquiry import Enquiry
from gridtrader.engine.errors import CannotStart, StopAccount, ToldToEnd
from gridtrader.engine.executor import Executor
from gridtrader.engine.halt import Halt
from gridtrader.engine.inbox import Inbox
from gridtrader.engine.passes import Passes, set_hold
from gridtrader.engine.ports import (
    Clock,
    Event,
    Gateway,
    NewQuote,
    PricesDown,
    PricesUp,
    StopOrdered,
    StreamDown,
    StreamLost,
    StreamMessage,
    StreamUp,
)
from gridtrader.engine.recorder import Recorder
from gridtrader.engine.settings import EngineSettings
from gridtrader.engine.start import Starter
from gridtrader.engine.view import AccountView, view_account
from gridtrader.engine.watch import AGAIN_MS, Watch

IDLE_MS = 30_000
"""The longest an engine sleeps."""

RETRY_FILES_MS = 5_000
"""How often a file that could not be written is tried again."""

_SHOW_MS = 200

_GLANCE_MS = 100


class Mode(Enum):
    STARTING = "starting"
    TRADING = "trading"
    BLIND = "blind"
    """The private stream is down: nothing is sent until everything has been read anew (A5)."""
    STOPPED = "emergency stop"


@dataclass(slots=True)
class GridEngine:
    """One account's engine; every method is called by the thread that owns it (the inbox excepted)."""

    settings: EngineSettings
    gateway: Gateway
    recorder: Recorder
    clock: Clock
    inbox: Inbox
    book: AccountBook = field(default_factory=AccountBook)
    mode: Mode = Mode.STARTING
    stop_reason: str = ""
    _halt: Halt | None = None
    executor: Executor = field(init=False)
    watch: Watch = field(init=False)
    passes: Passes = field(init=False)
    _shown_ms: int = 0
    _last_symbol: str = ""
    _touched: dict[str, None] = field(default_factory=dict)
    """Symbols of which something has been learnt since it was looked whether they add up."""
    due_ms: int = 0
    """When the engine has something to do though nothing happens."""
    _due_ms: int = 0
    """The same, but never too long away."""
    view: AccountView | None = None
    """A picture for people, replaced as a whole; any thread may read it. Made while `is_watched`."""
    is_watched: bool = False
    """Set by who looks at the view, from any thread."""

    def __post_init__(self) -> None:
        self._wire(self.book)

    def _wire(self, book: AccountBook) -> None:
        self.book = book
        self.executor = Executor(self.gateway, book, self.recorder, self.settings, self.clock)
        enquiry = Enquiry(self.gateway, book, self.recorder, self.settings, self.clock)
        self.watch = Watch(enquiry, book, self.recorder, self.settings)
        self.passes = Passes(book, self.executor, self.watch, self.recorder, self.settings)

    @property
    def emergency_stopped(self) -> bool:
        return self.mode is Mode.STOPPED

    @property
    def lacks_money(self) -> bool:
        """Whether something does not stand for want of money."""
        return self.passes.lacks_money

    @property
    def money_lacks(self) -> Sequence[Lack | None]:
        """How much money is missing for each level that does not stand for want of it; None: nobody can say."""
        return self.passes.money_lacks

    @property
    def awaits_price(self) -> bool:
        """Whether any price may change what should stand: by what it says, or by what it makes of the balance. Where
        it is known what `money_lacks` are, a price or the balance has to move by as much."""
        return self.passes.is_restless or (self.lacks_money and None in self.money_lacks)

    # --- start ---

    def knock(self) -> None:
        """See whether the exchange answers to the account's key. Raises CannotStart."""
        self._starter([]).knock()

    def _starter(self, held: list[Event]) -> Starter:
        news = partial(self._news, held)
        return Starter(self.gateway, self.recorder, self.settings, self.clock, self._pause, news)

    def start(self) -> None:
        """Restore the account (T3). Raises CannotStart or ToldToEnd; the engine may then be started anew."""
        now = self.clock.now_ms()
        held: list[Event] = []
        starter = self._starter(held)
        self._wire(starter.start())
        for known in self.book.symbols.values():
            self.watch.enquiry.complete_until[known.symbol] = starter.read_ms
        self.watch.read_at, self.watch.complete_ms = now + min(AGAIN_MS, self.settings.reconcile_ms), now
        self.mode = Mode.TRADING
        for event in (*starter.told, *held):
            self._take(event)
        self._touched.update(dict.fromkeys(self.book.symbols))
        self.recorder.save_state(self.book.symbols.values(), anew=True)
        self._show(self.clock.now_ms(), at_once=True)
        self.recorder.log.info("restored and trading: %s", ", ".join(self.book.symbols))

    def _news(self, held: list[Event]) -> Sequence[Event]:
        """Return what the streams told; what is state and not news is held back until the start is over."""
        news = self.inbox.drain()
        if any(isinstance(event, StreamDown | StreamLost) for event in news):
            raise CannotStart("the private stream was lost during the start", is_passing=True)
        held.extend(event for event in news if isinstance(event, NewQuote | PricesDown | PricesUp))
        return news

    def _pause(self, milliseconds: int) -> None:
        """Wait, but not longer than until the account is to end. Raises ToldToEnd."""
        for passed in range(0, milliseconds, _GLANCE_MS):
            if self.inbox.is_closed:
                break
            self.clock.sleep(min(milliseconds - passed, _GLANCE_MS) / 1000)
        if self.inbox.is_closed:
            raise ToldToEnd

    # --- one step ---

    def step(self) -> int:
        """Take in what has come, look at what is due, act; returns after how many ms to call again at the latest."""
        if self.mode is Mode.STOPPED:
            return IDLE_MS
        try:
            return self._step()
        except StopAccount as stop:
            self.emergency_stop(stop.reason, stop.symbol)
        except BrokenInvariant as broken:
            self.recorder.log.exception("a law of the bot is broken")
            self.emergency_stop(f"broken invariant: {broken}")
        return IDLE_MS

    def _step(self) -> int:
        is_news = self._take_all(self.inbox.drain())
        now = self.clock.now_ms()
        if self._touched:
            self.watch.notice(now, self._touched)
            self._touched.clear()
        if self.inbox.take_overflow():
            self.watch.doubt(now, "events were lost, the inbox was full")
        if self.executor.has_doubts:
            self.executor.has_doubts = False
            self.watch.contracts_in_doubt |= self.executor.contracts_in_doubt
            self.executor.contracts_in_doubt.clear()
            self.watch.doubt(now, "the exchange's answers do not fit what is known")
        self.watch.check_risk(self._last_symbol)
        if not (is_news or self.passes.is_restless or self.watch.must_read) and now < self._due_ms:
            self._show(now)
            return self._due_ms - now  # only a price, and nothing waits for one
        if self.mode is Mode.BLIND:
            self.watch.attend_risk(now, self._last_symbol)
            return IDLE_MS
        if self.watch.next_due() <= now:
            self._learn(self.watch.attend(now))
            if self.watch.has_asked:
                self._touched.update(dict.fromkeys(self.book.symbols))
            is_news |= self.watch.has_asked or self.lacks_money
            self.watch.check_risk(self._last_symbol)
            self.executor.forget_old_slots()
            if not self.inbox.is_empty:  # asking took time: what was told meanwhile is heard before any decision
                self.passes.is_restless |= is_news
                return 0
        if (is_news or self.passes.is_restless or self._is_time(now)) and not self.watch.must_read:
            self._pass()
        self.recorder.retry_files(self.book.symbols.values())
        self.recorder.save_state(self.book.symbols.values())
        now = self.clock.now_ms()
        self._show(now)
        dues = [self.watch.next_due(), self.passes.wake_ms, self.executor.next_due(now)]
        self.due_ms = min(due for due in dues if due is not None)
        self._due_ms = min(self.due_ms, now + (IDLE_MS if self.recorder.is_healthy else RETRY_FILES_MS))
        return max(0, self._due_ms - now)

    def _is_time(self, now_ms: int) -> bool:
        """Whether an entry is due for a new price, or a refused command for another try."""
        is_wake = self.passes.wake_ms is not None and self.passes.wake_ms <= now_ms
        return is_wake or self.executor.has_come_due(self.passes.made_ms, now_ms)

    def _show(self, now_ms: int, *, at_once: bool = False) -> None:
        """Renew what people see: the status file and the picture for the live table."""
        self.recorder.save_status(self.mode.value, self.stop_reason, self.book, now_ms, at_once=at_once)
        if self.is_watched and (now_ms - self._shown_ms >= _SHOW_MS or at_once):
            self._shown_ms = now_ms
            self.view = view_account(self.book, self.mode.value, self.stop_reason, self.recorder.tallies)

    # --- events ---

    def _take_all(self, events: Iterable[Event]) -> bool:
        """Enter events; returns whether any of them was more than a price."""
        is_news = False
        for event in events:
            self._take(event)
            is_news |= not isinstance(event, NewQuote)
        return is_news

    def _take(self, event: Event) -> None:
        match event:
            case NewQuote(symbol, quote):
                known = self.book.symbols.get(symbol)
                if known is not None:
                    known.quote = quote
                    known.quoted_ms = self.inbox.heard_ms(symbol) or self.clock.now_ms()
                    self._last_symbol = symbol
            case StreamMessage():
                self._take_message(event)
            case StreamUp():
                self.mode = Mode.TRADING
                self.watch.is_stream_new = True
                self.watch.doubt(self.clock.now_ms(), "the private stream is new")
            case StreamDown(reason):
                self.recorder.log.warning("the private stream is down, nothing is sent until it is back: %s", reason)
                self.mode = Mode.BLIND
            case StreamLost(reason):
                raise StopAccount(f"the private stream is lost: {reason}")
            case StopOrdered(reason):
                raise StopAccount(reason)
            case PricesDown(symbol, reason):
                self.recorder.log.critical("%s: the price stream is lost, nothing new is opened: %s", symbol, reason)
                self._hold(symbol, HoldReason.PRICES_DOWN, is_held=True)
            case PricesUp(symbol):
                self._hold(symbol, HoldReason.PRICES_DOWN, is_held=False)

    def _hold(self, symbol: str, reason: HoldReason, *, is_held: bool) -> None:
        known = self.book.symbols.get(symbol)
        if known is not None:
            set_hold(known, reason, is_held=is_held)

    def _take_message(self, message: StreamMessage) -> None:
        self.recorder.log.debug("stream %s: %s", message.topic, message.text)
        now = self.clock.now_ms()
        for error in message.errors:
            self.recorder.log.error("stream %s: %s in %s", message.topic, error, message.text)
        if message.errors:
            self.watch.doubt(now, "a stream message could not be understood")
        for execution in message.executions:
            self._touched[execution.symbol] = None
            self._learn(self.book.learn_execution(execution))
        for order in message.orders:
            self._touched[order.symbol] = None
            self._learn(self.book.learn_order(order, now))
        for position in message.positions:
            self._touched[position.symbol] = None
            self._learn(self.book.learn_position(position))
            self.executor.position_told(position.symbol)
        if message.wallet is not None:
            wallet = aged(message.wallet, self.settings.push_lag_ms)
            if self.book.learn_wallet(wallet, message.heard_ms or now):
                self.recorder.log.debug("balance: %s", wallet)

    def _learn(self, facts: Iterable[Fact]) -> None:
        alarms = self.recorder.record(facts)
        if alarms:
            raise StopAccount(f"the position was changed by somebody else: {alarms[0].reason}", alarms[0].symbol)

    def _pass(self) -> None:
        self.passes.make(self.clock.now_ms())

    # --- stop ---

    def emergency_stop(self, reason: str, symbol: str = "", mm_rate: Decimal | None = None) -> None:
        """Stop for good: say so, write the file, withdraw resting opening orders once; take-profits stay (R2)."""
        if self.mode is Mode.STOPPED:
            return
        self.mode, self.stop_reason = Mode.STOPPED, reason
        self.recorder.log.critical("EMERGENCY STOP %s: %s", symbol, reason)
        if mm_rate is None and self.book.wallet is not None:
            mm_rate = self.book.wallet.mm_rate
        self._halt = Halt(self.gateway, self.recorder, self.settings, self.book, reason, symbol, mm_rate)
        self._halt.declare()
        if self.settings.cancel_opening_on_emergency:
            self._halt.withdraw_openings()
        self._halt.conclude()
        if self.book.symbols:  # a stop before anything is known leaves the file to tell what was
            self.recorder.save_state(self.book.symbols.values())
        self._show(self.clock.now_ms(), at_once=True)

    def carry_on_stop(self) -> bool:
        """Stop again, if a death interrupted the last emergency stop; returns whether it did. Raises ArchiveError.

        Its file keeps the account from starting, so nobody else would ever withdraw its opening orders (R2, R3).
        """
        stop = self.recorder.archive.interrupted_emergency()
        if stop is None:
            return False
        self.recorder.log.warning("the process died in an emergency stop: it is carried on")
        self.emergency_stop(stop.reason, stop.symbol)
        return True

    def declare_stop(self) -> bool:
        """Write the emergency stop down, if there is one and it is not written; returns whether nothing is left."""
        return self._halt is None or (self._halt.declare() and self._halt.conclude())
