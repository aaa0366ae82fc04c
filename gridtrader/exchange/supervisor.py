"""Keep one socket alive: connect, watch, replace (A5). The socket's owner hears of it, in order, and nothing else.

pybit reconnects in its own thread, without pauses, gives up for good after a tenth of a second of "connection
refused", and tells nobody. So every connection here has one life, and this thread outlives them all.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from gridtrader.engine.ports import Clock
from gridtrader.exchange.rate_budget import Window
from gridtrader.exchange.settings import EdgeSettings
from gridtrader.exchange.stream import Listener, Stream

_MOST_DOUBLINGS: Final = 16
_CONNECTIONS_WINDOW_S: Final = 300.0
_MOST_EARLY: Final = 10_000
"""Messages kept that come before the subscription is confirmed: there are seconds of them at most."""


class Owner(Protocol):
    """What a supervised socket tells. Calls never overlap, and speak of the current connection only."""

    def up(self) -> None:
        """The topics are subscribed; whatever happened before is unknown."""
        ...

    def message(self, message: Mapping[str, object], text: str) -> None:
        """Take one push of a topic."""
        ...

    def garbage(self, text: str, reason: str) -> None:
        """Take what could not be read."""
        ...

    def down(self, reason: str) -> None:
        """The connection that was up is lost; a new one is being made."""
        ...

    def exhausted(self, reason: str) -> None:
        """So many attempts in a row have failed. Told once until the next `up`."""
        ...


class ConnectionBudget:
    """New sockets of the whole process: Bybit allows 500 in five minutes. Safe to use from any thread."""

    def __init__(self, settings: EdgeSettings, clock: Clock) -> None:
        self._limit = settings.ip_connections_per_5_min
        self._clock = clock
        self._lock = threading.Lock()
        self._window = Window(_CONNECTIONS_WINDOW_S)

    def take(self) -> float:
        """Count one connection and return 0, or return the seconds until one may be had."""
        with self._lock:
            now = self._clock.monotonic()
            self._window.forget(now)
            if self._window.used < self._limit:
                self._window.take(now, 1)
                return 0.0
            return self._window.frees_at(1) - now


class Supervisor:
    """One thread that sees to it that one socket is connected."""

    def __init__(
        self,
        name: str,
        make: Callable[[Listener], Stream],
        owner: Owner,
        connections: ConnectionBudget,
        settings: EdgeSettings,
        clock: Clock,
        log: logging.Logger,
        *,
        mask: Callable[[str], str] = str,
        attempts: int,
        then_every_s: float | None,
        ails: Callable[[], str] = str,
    ) -> None:
        """`make` returns a stream that is not open yet. `ails` tells what is wrong with a connection that is up and
        talks, though not as its owner needs it; "" if nothing is.

        After `attempts` failures in a row the owner is told, and the thread goes on every `then_every_s`, or ends.
        `mask` takes what must not be shown out of a reason.
        """
        self._name = name
        self._make = make
        self._owner = owner
        self._connections = connections
        self._settings = settings
        self._clock = clock
        self._log = log
        self._mask = mask
        self._attempts = attempts
        self._then_every_s = then_every_s
        self._ails = ails
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._life: _Life | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    @property
    def is_up(self) -> bool:
        """Whether the socket is subscribed, as far as is known."""
        life = self._life
        return life is not None and life.is_up and not life.stream.failure

    def start(self) -> None:
        """Start the thread; once."""
        self._thread.start()

    def stop(self) -> None:
        """Close the socket and end the thread, waiting a bounded time for it. The owner hears nothing any more.

        A thread that is connecting just then ends a little later, by itself and in silence.
        """
        self.ask_to_stop()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(self._settings.stop_timeout_s)
            if self._thread.is_alive():
                self._log.warning("%s: still connecting, ends by itself", self._name)

    def ask_to_stop(self) -> None:
        """Begin to stop, without waiting."""
        self._stopping.set()
        self._wake.set()

    # --- the thread ---

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._keep_connected()
                return
            except Exception as error:  # noqa: BLE001  # a silent end would be the very fault this class is here for
                self._log.exception("%s: its supervisor has failed", self._name)
                self._tell(self._owner.exhausted, f"its supervisor has failed: {type(error).__name__}: {error}")
            if self._then_every_s is None or self._rest(self._then_every_s):
                return

    def _keep_connected(self) -> None:
        failures = doublings = 0
        pause_s = 0.0
        while not self._rest(pause_s):
            life, reason = self._attempt()
            began = self._clock.monotonic()
            if life.is_up:
                reason = self._watch(life)
            self._bury(life)
            if self._stopping.is_set():
                return
            if life.is_up:  # looked at again: it may have come up while it was given up
                failures = 0
                self._log.warning("%s: lost: %s", self._name, reason)
                self._tell(self._owner.down, reason)
                if self._clock.monotonic() - began >= self._settings.stable_s:
                    doublings = 0
            else:
                failures += 1
                self._log.warning("%s: attempt %d failed: %s", self._name, failures, reason)
                if failures == self._attempts:
                    self._tell(self._owner.exhausted, f"{failures} attempts failed, the last one: {reason}")
            if failures >= self._attempts:
                if self._then_every_s is None:
                    return
                pause_s = self._then_every_s
            else:
                first, most = self._settings.backoff_first_s, self._settings.backoff_max_s
                pause_s = min(first * 2 ** min(doublings, _MOST_DOUBLINGS), most)
                doublings += 1

    def _rest(self, seconds: float) -> bool:
        """Wait; return whether the thread is to stop."""
        return self._stopping.wait(seconds) if seconds > 0 else self._stopping.is_set()

    def _attempt(self) -> "tuple[_Life, str]":
        """Make a connection and wait until it is up; otherwise say why it is not."""
        self._wake.clear()
        life = self._life = _Life(self, self._make)
        try:
            while (wait_s := self._connections.take()) > 0:
                self._log.warning("%s: too many new connections, waiting up to %.0f s", self._name, wait_s)
                if self._rest(min(wait_s, self._settings.check_s)):
                    return life, "stopped"
            until = self._clock.monotonic() + self._settings.connect_timeout_s
            life.stream.open()
            while not life.is_up and not life.stream.failure and not self._stopping.is_set():
                left_s = until - self._clock.monotonic()
                if left_s <= 0:
                    return life, f"not subscribed within {self._settings.connect_timeout_s} s"
                self._wake.wait(left_s)
                self._wake.clear()
        except Exception as error:  # noqa: BLE001  # this thread must not die of anything
            return life, self._mask(f"{type(error).__name__}: {error}")
        return life, life.stream.failure

    def _watch(self, life: "_Life") -> str:
        """Return, once the connection is lost or the thread is to stop, with the reason."""
        settings, stream = self._settings, life.stream
        while not self._stopping.is_set():
            if stream.failure:
                return stream.failure
            if not stream.wst.is_alive():
                return "its thread has ended"
            silent_s = self._clock.monotonic() - stream.last_message
            if silent_s > settings.silence_s:
                return f"no message for {silent_s:.1f} s"
            if life.is_told and (ailment := self._ails()):
                return ailment
            self._wake.wait(settings.check_s)
            self._wake.clear()
        return "stopped"

    def _bury(self, life: "_Life") -> None:
        """Close the old socket for good and wait for its thread: it tells nothing more, and a new one may be made."""
        self._life = None
        life.stream.close()

    def _tell(self, call: Callable[..., None], *arguments: object) -> None:
        if self._stopping.is_set():
            return
        try:
            call(*arguments)
        except Exception:  # noqa: BLE001  # this thread must not die of its owner's mistakes
            self._log.exception("%s: its owner failed", self._name)

    # --- from the reader threads ---

    def pass_on(self, life: "_Life", call: Callable[..., None], *arguments: object) -> None:
        """Tell the owner something, if `life` is still the current connection.

        No lock is needed against `down`: that is told when this thread has ended.
        """
        if self._life is life and not self._stopping.is_set():
            call(*arguments)

    def came_up(self, life: "_Life") -> None:
        """Tell the owner that the topics are subscribed, before any of their messages."""
        if self._life is life and not self._stopping.is_set():
            self._log.info("%s: up", self._name)
            life.is_up = True
            self._wake.set()
            self._owner.up()
            for call, arguments in life.early:
                self._tell(self.pass_on, life, call, *arguments)  # where one fails, the rest is told
            life.early.clear()
            life.is_told = True

    def message(self, life: "_Life", message: Mapping[str, object], text: str) -> None:
        self._tell_in_order(life, self._owner.message, message, text)

    def garbage(self, life: "_Life", text: str, reason: str) -> None:
        self._tell_in_order(life, self._owner.garbage, text, reason)

    def _tell_in_order(self, life: "_Life", call: Callable[..., None], *arguments: object) -> None:
        """Pass something on, or keep it until the subscription is confirmed: a snapshot may come before that."""
        if life.is_up:
            self.pass_on(life, call, *arguments)
        elif len(life.early) < _MOST_EARLY:
            life.early.append((call, arguments))

    def wake(self) -> None:
        self._wake.set()


class _Life:
    """One connection's voice, which falls silent when another one takes its place."""

    def __init__(self, supervisor: Supervisor, make: Callable[[Listener], Stream]) -> None:
        self._supervisor = supervisor
        self.is_up = False
        self.is_told = False
        """Whether the owner knows that it is up."""
        self.early: list[tuple[Callable[..., None], tuple[object, ...]]] = []
        """What came before it was up; only its reader thread touches it."""
        self.stream = make(self)

    def ready(self) -> None:
        self._supervisor.came_up(self)

    def message(self, message: Mapping[str, object], text: str) -> None:
        self._supervisor.message(self, message, text)

    def garbage(self, text: str, reason: str) -> None:
        self._supervisor.garbage(self, text, reason)

    def ended(self) -> None:
        self._supervisor.wake()
