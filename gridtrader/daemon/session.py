"""One life of one account: connect, restore, trade until told to stop, or until an emergency stop (T3, A4, R2).

It knows neither threads nor sockets: who runs it gives it what it needs, and so it runs in a simulation as it runs
in the daemon.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from gridtrader.engine.engine import GridEngine
from gridtrader.engine.errors import CannotStart, StopAccount, ToldToEnd
from gridtrader.engine.inbox import Inbox
from gridtrader.engine.ports import ArchiveError, Clock, StreamLost, StreamUp

_STREAM_WAIT_S = 30.0
"""How long a start waits for the private stream: its three attempts with their pauses fit into it."""

_GLANCE_S = 0.02

_INSIST_S = 5.0
"""Pause between tries to write an emergency stop down."""


class Phase(Enum):
    """Where an account is in its life, for the supervisor."""

    STARTING = "starting"
    TRADING = "trading"
    STOPPED = "emergency stop"
    FAILED = "failed"
    """It did not start; the reason says why, `is_passing` whether another try may help."""
    ENDED = "ended"
    """It was told to end, and has."""


class PrivateSocket(Protocol):
    """An account's private stream: puts its events into the account's inbox between `start` and `stop`."""

    def start(self) -> None: ...
    def stop(self) -> None: ...


class PriceSockets(Protocol):
    """The price streams, shared by all accounts; one account's view of them."""

    def subscribe(self, symbol: str) -> None: ...
    def unsubscribe(self, symbol: str) -> None: ...


@dataclass(slots=True)
class Session:
    """Runs an account from its first request to its last. Used once, by the account's own thread."""

    engine: GridEngine
    stream: PrivateSocket
    prices: PriceSockets
    inbox: Inbox
    clock: Clock
    symbols: Sequence[str]
    on_phase: Callable[[Phase, str, bool], None]
    """Told of each new phase, its reason, and whether a failure is passing."""
    stepped_at: float = field(init=False)
    """When the engine last took a step (monotonic seconds)."""

    def __post_init__(self) -> None:
        self.stepped_at = self.clock.monotonic()

    def run(self) -> None:
        """Trade until told to stop or emergency stop; the sockets close either way (A4)."""
        try:
            if self._start():
                self._loop()
        finally:
            for symbol in self.symbols:
                self.prices.unsubscribe(symbol)
            self.stream.stop()
        self._insist_on_stop()

    def _start(self) -> bool:
        """Open the sockets and restore the account once its stream is up; returns whether it trades."""
        log = self.engine.recorder.log
        try:
            if self.engine.carry_on_stop():
                self.on_phase(Phase.STOPPED, self.engine.stop_reason, False)
                return False
            self._connect_and_restore()
        except (CannotStart, ArchiveError) as error:
            log.critical("the account does not start: %s", error)
            self.on_phase(Phase.FAILED, str(error), isinstance(error, CannotStart) and error.is_passing)
            return False
        except ToldToEnd:
            log.info("the start is given up: the account is to end")
        except StopAccount as stop:
            self.engine.emergency_stop(stop.reason, stop.symbol, stop.mm_rate)
            self.on_phase(Phase.STOPPED, stop.reason, False)
            return False
        if self.inbox.is_closed:
            self.on_phase(Phase.ENDED, "stopped during the start", False)
            return False
        self.on_phase(Phase.TRADING, "", False)
        return True

    def _connect_and_restore(self) -> None:
        self.engine.knock()
        self.stream.start()
        for symbol in self.symbols:
            self.prices.subscribe(symbol)
        self._await_stream()
        if not self.inbox.is_closed:
            self.engine.start()

    def _await_stream(self) -> None:
        deadline = self.clock.monotonic() + _STREAM_WAIT_S
        while not self.inbox.is_closed and self.clock.monotonic() < deadline:
            event = self.inbox.take_first(StreamUp, StreamLost)
            if isinstance(event, StreamUp):
                return
            if isinstance(event, StreamLost):
                raise CannotStart(f"the private stream cannot be opened: {event.reason}", is_passing=True)
            self.clock.sleep(_GLANCE_S)
        if not self.inbox.is_closed:
            raise CannotStart(f"the private stream did not open within {_STREAM_WAIT_S} s", is_passing=True)

    def _loop(self) -> None:
        while not self.inbox.is_closed:
            self.stepped_at = self.clock.monotonic()
            delay_ms = self._step()
            if self.engine.emergency_stopped:
                self.on_phase(Phase.STOPPED, self.engine.stop_reason, False)
                return
            self.inbox.wait(delay_ms / 1000)
        self.on_phase(Phase.ENDED, "stopped", False)

    def _step(self) -> int:
        try:
            return self.engine.step()
        except Exception as error:  # a mistake of ours must not trade on, nor take the process along
            self.engine.recorder.log.critical("the engine has failed", exc_info=True)
            self.engine.emergency_stop(f"internal error: {type(error).__name__}: {error}")
            return 0

    def _insist_on_stop(self) -> None:
        """Stay until an emergency stop is written down: without its file the account could be started again (R3)."""
        while not self.engine.declare_stop() and not self.inbox.is_closed:
            self.inbox.drain()
            self.inbox.wait(_INSIST_S)
