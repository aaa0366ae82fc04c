"""One account's private stream: connects, delivers late, doubled or in another order, dies, lies dead (A3, A5).

It keeps the timetable of the daemon's own supervisor: three attempts with growing pauses, then the stream is lost.
"""

from collections.abc import Callable, Sequence
from random import Random
from typing import Final

from gridtrader.engine.inbox import Inbox
from gridtrader.engine.ports import StreamDown, StreamLost, StreamMessage, StreamUp
from gridtrader.paper import translate
from gridtrader.simulation.faults import CONNECT_RATES, EVENT_RATES, Dice, Fault
from gridtrader.simulation.hub import Hub, Timer
from gridtrader.simulation.venue import Venue
from gridtrader.simulator.core import model

ATTEMPTS: Final = 3
BACK_OFF_MS: Final = (1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000)
SILENCE_MS: Final = 30_000
CHECK_MS: Final = 5_000

_FAILURES: Final = {
    Fault.STREAM_REFUSED: (50, "connection refused"),
    Fault.STREAM_AUTH: (300, "auth: Params Error"),
    Fault.STREAM_SUBSCRIBE: (10_000, "not subscribed within 10 s"),
}
"""How long a failed attempt takes, and what it says."""


class SimStream:
    """The private socket of one account in one life of the process."""

    def __init__(self, venue: Venue, uid: int, hub: Hub, inbox: Inbox, dice: Dice, delays: Random) -> None:
        self._venue = venue
        self._uid = uid
        self._hub = hub
        self._inbox = inbox
        self._dice = dice
        self._delays = delays
        self._connection = 0
        """Raised with every loss: what was in the air is lost with its connection."""
        self.in_the_air = 0
        """Messages on their way."""
        self.is_up = False
        self.on_lost: Callable[[], None] = _nobody
        """Told at once when nothing more will be heard, also where that is noticed later."""
        self.on_jolt: Callable[[], None] = _nobody
        """Told when it comes up, or breaks down: moments at which a leap of the price hurts most."""
        self.on_missed: Callable[[], None] = _nobody
        """Told when a message is lost though the connection lives."""
        self.is_read_along = False
        """Whether its messages carry a text for the log."""
        self._is_dead = False
        self._is_stopped = False
        self._failures = 0
        self._losses = 0
        self._last: dict[str, int] = {}
        self._timers: list[Timer] = []

    @property
    def is_alive(self) -> bool:
        """Whether what happens is heard."""
        return self.is_up and not self._is_dead

    # --- its life ---

    def start(self) -> None:
        """Begin to connect."""
        self._later(20, self._attempt)

    def stop(self) -> None:
        """Close for good: nothing is put any more."""
        self._is_stopped = True
        self._lose()

    def break_down(self) -> None:
        """Lose the connection, noticed at once."""
        if self.is_up:
            self._lose()
            self._inbox.put(StreamDown("connection reset by peer"))
            self._again()
            self.on_jolt()

    def fall_silent(self) -> None:
        """Stay open and say nothing any more: noticed when it has been silent for too long."""
        if self.is_up and not self._is_dead:
            self._is_dead = True
            self.on_lost()
            connection = self._connection
            checks = -(-SILENCE_MS // CHECK_MS) * CHECK_MS + int(self._delays.random() * CHECK_MS)

            def notice() -> None:
                if connection == self._connection and self.is_up:
                    self._lose()
                    self._inbox.put(StreamDown(f"no message for {checks / 1000:.1f} s"))
                    self._again()

            self._later(checks, notice)

    def _later(self, delay: int, call: Callable[[], None]) -> None:
        self._hub.after(delay, lambda: None if self._is_stopped else call())

    def _attempt(self) -> None:
        fault = self._dice.throw(CONNECT_RATES)
        if fault is None:
            self._later(80 + int(self._delays.random() * 200), self._come_up)
        else:
            takes, reason = _FAILURES[fault]
            self._later(takes, lambda: self._failed(reason))

    def _come_up(self) -> None:
        self._failures = 0
        self._connection += 1
        self.is_up, self._is_dead = True, False
        self._venue.listen(self._uid, self._happened)
        self._inbox.put(StreamUp())
        self.on_jolt()

    def _failed(self, reason: str) -> None:
        self._failures += 1
        if self._failures >= ATTEMPTS:
            self._inbox.put(StreamLost(f"{self._failures} attempts failed, the last one: {reason}"))
            return
        self._again()

    def _again(self) -> None:
        pause = BACK_OFF_MS[min(self._losses, len(BACK_OFF_MS) - 1)]
        self._losses += 1
        self._later(pause, self._attempt)

    def _lose(self) -> None:
        self._connection += 1
        self.is_up = False
        self.in_the_air = 0
        self.on_lost()
        self._venue.listen(self._uid, None)

    # --- its messages ---

    def _happened(self, events: Sequence[model.Event]) -> None:
        if self._is_dead:
            return
        now = self._hub.now
        soon = now + 3 + int(self._delays.random() * 25)  # one connection: what happens together comes together
        for event in events:
            message, due = _message(event, now), soon
            if self.is_read_along:
                message = message._replace(text=_text(message))
            fault = self._dice.throw(EVENT_RATES)
            if fault is Fault.EVENT_LATE:
                due += self._dice.between(300, 6_000)
            elif fault is Fault.EVENT_UNREADABLE:
                message = StreamMessage(message.topic, "{}", errors=(f"{message.topic}: data is missing",))
            elif fault is Fault.STREAM_DROP:
                self._later(self._dice.between(1, 150), self.break_down)
            elif fault is Fault.EVENT_LOST:
                self.on_missed()
                continue
            elif fault is Fault.EVENT_PERMUTED:
                due += self._dice.between(0, 400)
            due = max(due, self._last.get(message.topic, 0))  # within a topic order holds
            self._last[message.topic] = due
            self._deliver(message, due)
            if fault is Fault.EVENT_DOUBLED:
                self._deliver(message, due + self._dice.between(0, 2_000))

    def _deliver(self, message: StreamMessage, due: int) -> None:
        connection = self._connection
        self.in_the_air += 1

        def arrive() -> None:
            if connection == self._connection:
                self.in_the_air -= 1
                if not self._is_dead:
                    self._inbox.put(message)

        self._hub.at(due, arrive)


def _nobody() -> None:
    """Tell nobody."""


def _text(message: StreamMessage) -> str:
    """Return what a message says, for who reads along."""
    parts = [
        f"{o.link_id or o.order_id} {o.status.value}, {o.filled_qty} of {o.qty} at {o.price}" for o in message.orders
    ]
    parts += [f"{e.link_id or e.kind.value} {e.side.name} {e.qty} at {e.price}" for e in message.executions]
    parts += [f"{p.symbol} {p.side.name} {p.size} at {p.avg_price}" for p in message.positions]
    return "; ".join(parts)


def _message(event: model.Event, now: int) -> StreamMessage:
    match event:
        case model.OrderChanged(order=order):
            return StreamMessage("order", "", orders=(translate.order_report(order),))
        case model.Executed(executions=executions):
            return StreamMessage("execution", "", executions=tuple(map(translate.execution_of, executions)))
        case model.PositionChanged(legs=legs):
            hedged = tuple(translate.position_report(leg) for leg in legs if leg.position_idx)
            return StreamMessage("position", "", positions=hedged)
        case model.WalletChanged(wallet=wallet):
            return StreamMessage("wallet", "", wallet=translate.wallet_of(wallet, now + 1))
