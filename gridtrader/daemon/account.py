"""One account: a thread that owns its engine, and what is its alone - client, private stream, files, logs (A1).

Whatever goes wrong in here ends here: an exception stops this account and no other. The supervisor starts it, looks
at its phase, and stops it.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from gridtrader.daemon import wiring
from gridtrader.daemon.clock import SystemClock
from gridtrader.engine.engine import GridEngine
from gridtrader.engine.errors import CannotStart, StopAccount
from gridtrader.engine.inbox import Inbox
from gridtrader.engine.ports import ArchiveError, StreamLost, StreamUp
from gridtrader.engine.recorder import Recorder
from gridtrader.engine.view import AccountView
from gridtrader.exchange.client import BybitClient
from gridtrader.exchange.credentials import ApiKey
from gridtrader.exchange.private_stream import PrivateStream
from gridtrader.exchange.rate_budget import RateBudget
from gridtrader.exchange.settings import EdgeSettings
from gridtrader.exchange.supervisor import ConnectionBudget
from gridtrader.exchange.tickers import TickerHub
from gridtrader.logs import AccountLogs
from gridtrader.settings import AccountSettings, SystemSettings
from gridtrader.store.archive import AccountArchive

_STREAM_WAIT_S = 30.0
"""How long a start waits for the private stream: its three attempts with their pauses fit into it."""

_GLANCE_S = 0.02

_INSIST_S = 5.0


class Phase(Enum):
    """Where an account is in its life, for the supervisor."""

    STARTING = "starting"
    TRADING = "trading"
    STOPPED = "emergency stop"
    FAILED = "failed"
    """It did not start; `AccountRunner.reason` says why, `is_passing` whether another try may help."""
    ENDED = "ended"
    """It was told to end, and has."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What all accounts of the process have in common, each part of it safe for many threads."""

    system: SystemSettings
    edge: EdgeSettings
    rates: RateBudget
    connections: ConnectionBudget
    tickers: TickerHub
    clock: SystemClock
    venue: str


class AccountRunner:
    """Runs one account in its own thread. `start`, `stop` and the properties are for the supervisor's thread."""

    def __init__(
        self,
        account: AccountSettings,
        key: ApiKey,
        folder: Path,
        shared: Shared,
        logs: AccountLogs,
        on_change: Callable[[], None],
    ) -> None:
        self.account = account
        self.reason = ""
        self.is_passing = False
        self._key = key
        self._folder = folder
        self._shared = shared
        self._logs = logs
        self._on_change = on_change
        self._phase = Phase.STARTING
        self._inbox = Inbox()
        self._engine: GridEngine | None = None
        self._stepped_at = time.monotonic()
        self._thread = threading.Thread(target=self._run, name=f"account-{account.id}", daemon=True)

    # --- for the supervisor ---

    @property
    def phase(self) -> Phase:
        return self._phase

    @property
    def view(self) -> AccountView | None:
        """What people see of the account, as of a moment ago."""
        engine = self._engine
        return engine.view if engine is not None else None

    @property
    def silent_s(self) -> float:
        """Seconds since the engine last took a step: a stuck request, if it is long."""
        return time.monotonic() - self._stepped_at

    def start(self) -> None:
        """Start the thread; returns at once."""
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Begin to stop, without waiting: orders stay on the exchange, the take-profits protect (T8)."""
        self._inbox.close()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread to end; returns whether it has."""
        self._thread.join(max(0.0, timeout_s))
        return not self._thread.is_alive()

    # --- the thread ---

    def _run(self) -> None:
        try:
            self._live()
        except Exception as error:  # noqa: BLE001  # an account's last line: nothing of it may reach another (A1)
            self._logs.bot.critical("the account has failed", exc_info=True)
            self._end(Phase.FAILED, f"internal error: {type(error).__name__}: {error}")

    def _live(self) -> None:
        try:
            archive = AccountArchive(
                self._folder,
                self.account.id,
                wiring.file_bounds(self._shared.system),
                self._shared.clock.now_ms,
                self._logs.bot,
                wiring.zone_of(self._shared.system),
            )
        except ArchiveError as error:
            self._end(Phase.FAILED, f"its files cannot be used: {error}")
            return
        try:
            self._trade(archive)
            self._insist_on_stop()
        finally:
            archive.close()

    def _insist_on_stop(self) -> None:
        """Stay until an emergency stop is written down: without its file the account could be started again (R3)."""
        engine = self._engine
        while engine is not None and not engine.declare_stop() and not self._inbox.is_closed:
            self._inbox.drain()
            self._inbox.wait(_INSIST_S)

    def _trade(self, archive: AccountArchive) -> None:
        """Connect, restore, trade until told to stop or emergency stop; the sockets close either way (A4)."""
        shared, account = self._shared, self.account
        demo = account.demo_trading
        hosts = wiring.hosts_of(shared.system, demo=demo)
        log = self._logs.bot
        budget = shared.rates.account(account.id)
        client = BybitClient(self._key, hosts, shared.edge, budget, shared.clock, log, demo=demo)
        stream = PrivateStream(
            account.id, self._key, hosts, self._inbox, shared.connections, shared.edge, shared.clock, client.skew, log
        )
        recorder = Recorder(archive, self._logs, shared.clock)
        engine = GridEngine(
            wiring.engine_settings(account, shared.system, shared.venue), client, recorder, shared.clock, self._inbox
        )
        symbols = [symbol.symbol for symbol in account.symbols]
        try:
            self._engine = engine
            if self._start(engine, stream):
                self._loop(engine)
        finally:
            for symbol in symbols:
                shared.tickers.unsubscribe(symbol, demo, self._inbox)
            stream.stop()
            client.close()

    def _start(self, engine: GridEngine, stream: PrivateStream) -> bool:
        """Open the sockets and restore the account once its stream is up; returns whether it trades."""
        try:
            engine.knock()
            stream.start()
            for symbol in self.account.symbols:
                self._shared.tickers.subscribe(symbol.symbol, self.account.demo_trading, self._inbox)
            self._await_stream()
            if not self._inbox.is_closed:
                engine.start()
        except CannotStart as error:
            self._logs.bot.critical("the account does not start: %s", error)
            self.is_passing = error.is_passing
            self._end(Phase.FAILED, str(error))
            return False
        except ArchiveError as error:
            self._logs.bot.critical("the account does not start: %s", error)
            self._end(Phase.FAILED, str(error))
            return False
        except StopAccount as stop:
            engine.emergency_stop(stop.reason, stop.symbol)
            self._end(Phase.STOPPED, stop.reason)
            return False
        if self._inbox.is_closed:
            self._end(Phase.ENDED, "stopped during the start")
            return False
        self._enter(Phase.TRADING)
        return True

    def _await_stream(self) -> None:
        deadline = time.monotonic() + _STREAM_WAIT_S
        while not self._inbox.is_closed and time.monotonic() < deadline:
            event = self._inbox.take_first(StreamUp, StreamLost)
            if isinstance(event, StreamUp):
                return
            if isinstance(event, StreamLost):
                raise CannotStart(f"the private stream cannot be opened: {event.reason}", is_passing=True)
            time.sleep(_GLANCE_S)
        if not self._inbox.is_closed:
            raise CannotStart(f"the private stream did not open within {_STREAM_WAIT_S} s", is_passing=True)

    def _loop(self, engine: GridEngine) -> None:
        while not self._inbox.is_closed:
            self._stepped_at = time.monotonic()
            delay_ms = self._step(engine)
            if engine.emergency_stopped:
                self._end(Phase.STOPPED, engine.stop_reason)
                return
            self._inbox.wait(delay_ms / 1000)
        self._end(Phase.ENDED, "stopped")

    def _step(self, engine: GridEngine) -> int:
        try:
            return engine.step()
        except Exception as error:  # noqa: BLE001  # a mistake of ours must not trade on, nor take the process along
            self._logs.bot.critical("the engine has failed", exc_info=True)
            engine.emergency_stop(f"internal error: {type(error).__name__}: {error}")
            return 0

    def _enter(self, phase: Phase) -> None:
        self._phase = phase
        self._on_change()

    def _end(self, phase: Phase, reason: str) -> None:
        self.reason = reason
        self._enter(phase)
