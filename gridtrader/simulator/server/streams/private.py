"""`/v5/private`: what happens to an account, told to whoever has proved to be it.

There is no snapshot after a subscription, and no order between topics: every push is some milliseconds late, each
topic by its own measure. Within a topic the order is that of the events.
"""

import secrets
from collections.abc import Callable, Iterator, Sequence
from random import Random

from gridtrader.simulator.core.model import Event, Executed, OrderChanged, PositionChanged, WalletChanged, World
from gridtrader.simulator.server.auth import StreamAuthFailed, check_stream
from gridtrader.simulator.server.faults import AUTH, SUBSCRIBE, Fault, FaultBook
from gridtrader.simulator.server.rows.executions import TRADE, fast_execution, stream_execution
from gridtrader.simulator.server.rows.orders import stream_order
from gridtrader.simulator.server.rows.positions import stream_position
from gridtrader.simulator.server.rows.wallets import wallet
from gridtrader.simulator.server.streams import control_frames as control
from gridtrader.simulator.server.streams.connection import Connection, encode
from gridtrader.simulator.server.venue import Venue

FAMILIES = ("order", "execution", "position", "wallet", "greeks", "execution.fast")
CATEGORISED = ("order", "execution", "position", "execution.fast")
CATEGORIES = ("linear", "inverse", "spot", "option")
TOPICS = frozenset(FAMILIES) | {f"{family}.{category}" for family in CATEGORISED for category in CATEGORIES}
NOT_ON_DEMO = "execution.fast"
"""The family that demo trading does not have."""
CONTROL = ""
"""The lane of control replies."""

Build = Callable[[str], dict[str, object]]
"""Makes the frame of a topic, whose name is the one that was subscribed."""


class PrivateStream:
    """The talk with one client."""

    def __init__(
        self, venue: Venue, faults: FaultBook, world: World, connection: Connection, hub: "PrivateHub"
    ) -> None:
        self._venue = venue
        self._faults = faults
        self._world = world
        self._connection = connection
        self._hub = hub
        self._uid: int | None = None

    def on_text(self, text: str) -> None:
        request: control.Request | None = None
        try:
            request = control.read(text)
            self._handle(request)
        except control.BadRequest as problem:
            self._reply(request, success=False, message=str(problem))

    def _handle(self, request: control.Request) -> None:
        if request.op == "ping":
            now = self._venue.clock.now()
            pong = encode(control.private_pong(request, self._connection.conn_id, now))
            self._connection.later(CONTROL, self._delay(), lambda: self._connection.send(pong))
        elif request.op == "auth":
            self._auth(request)
        elif request.op in ("subscribe", "unsubscribe"):
            self._change_topics(request)
        else:
            raise control.BadRequest("error:invalid op")

    def _auth(self, request: control.Request) -> None:
        """Take effect at once, answer later: clients subscribe without waiting for the answer."""
        if self._uid is not None:
            raise control.BadRequest("error:already authenticated")
        try:
            account = check_stream(self._venue.accounts, self._world, request.args, self._venue.clock.now())
        except StreamAuthFailed as problem:
            is_plain = self._venue.options.auth_failure_text == "params_error"
            self._fail_auth(request, "Params Error" if is_plain else str(problem))
            return
        names = (account.key, str(account.uid))
        fault = self._faults.take(AUTH, names, "auth")
        if fault is not None:
            self._harm_auth(request, fault)
            return
        self._uid = account.uid
        self._connection.names = names
        self._reply(request, success=True, message="")

    def _harm_auth(self, request: control.Request, fault: Fault) -> None:
        if fault.kind == "fail":
            self._fail_auth(request, fault.text)
        elif fault.kind == "silent":
            self._connection.is_silent = True
        elif fault.kind == "close":
            self._connection.close_soon()
        else:
            self._connection.reset()

    def _fail_auth(self, request: control.Request, message: str) -> None:
        self._reply(request, success=False, message=message)
        if self._venue.options.auth_failure_closes:
            self._connection.later(CONTROL, 0, self._connection.close_soon)

    def _change_topics(self, request: control.Request) -> None:
        if self._uid is None:
            raise control.BadRequest("Request not authorized")
        topics = request.topics()
        unknown = [topic for topic in topics if not self._is_known(topic)]
        if unknown and (self._venue.options.bad_topic == "fails_all" or len(unknown) == len(topics)):
            raise control.BadRequest(f"error:handler not found,topic:{unknown[0]}")
        topics = [topic for topic in topics if topic not in unknown]
        connection, uid = self._connection, self._uid
        if request.op == "unsubscribe":
            self._hub.remove(uid, connection, topics)
            self._reply(request, success=True, message="")
            return
        _refuse_mixed(topics)
        control.refuse_known(topics, connection.topics)
        fault = self._faults.take(SUBSCRIBE, connection.names, topics[0])
        if fault is not None:
            raise control.BadRequest(fault.text)
        self._reply(request, success=True, message=self._venue.options.subscribe_ack)
        connection.topics.update(topics)
        connection.later(CONTROL, 0, lambda: self._hub.add(uid, connection, topics))

    def _is_known(self, topic: str) -> bool:
        return topic in TOPICS and not (self._world is World.DEMO and topic.startswith(NOT_ON_DEMO))

    def _reply(self, request: control.Request | None, *, success: bool, message: str) -> None:
        text = encode(control.private_reply(request, self._connection.conn_id, success=success, message=message))
        self._connection.later(CONTROL, self._delay(), lambda: self._connection.send(text))

    def _delay(self) -> float:
        return self._venue.options.reply_delay_ms / 1000

    def leave(self) -> None:
        """Forget the connection: it is closed."""
        if self._uid is not None:
            self._hub.remove(self._uid, self._connection, list(self._connection.topics))


def _refuse_mixed(topics: Sequence[str]) -> None:
    for family in CATEGORISED:
        if family in topics and any(topic == f"{family}.{category}" for topic in topics for category in CATEGORIES):
            raise control.BadRequest(f"error:all-in-one and categorised topics must not be mixed,topic:{family}")


def new_private_id() -> str:
    """Return a connection id as the private stream writes it."""
    return f"{secrets.token_hex(10)}-{secrets.token_hex(2)}"


class PrivateHub:
    """Who listens to which account, and what events look like on the wire."""

    def __init__(self, venue: Venue, random: Random) -> None:
        self._venue = venue
        self._random = random
        self._listeners: dict[int, dict[str, list[Connection]]] = {}
        venue.listen(self.publish)

    def add(self, uid: int, connection: Connection, topics: Sequence[str]) -> None:
        by_topic = self._listeners.setdefault(uid, {})
        for topic in topics:
            if topic in connection.topics:
                by_topic.setdefault(topic, []).append(connection)
                connection.heard.add(topic)

    def remove(self, uid: int, connection: Connection, topics: Sequence[str]) -> None:
        connection.topics.difference_update(topics)
        connection.heard.difference_update(topics)
        by_topic = self._listeners.get(uid, {})
        for topic in topics:
            if connection in by_topic.get(topic, []):
                by_topic[topic].remove(connection)

    def publish(self, events: Sequence[Event]) -> None:
        """Push events to who listens; the delay of each topic is drawn once for all events of a moment."""
        delays: dict[str, float] = {}
        for event in events:
            by_topic = self._listeners.get(event.uid)
            if not by_topic:
                continue
            for family, build in self._frames(event):
                for topic in (family, f"{family}.linear"):
                    for connection in by_topic.get(topic, ()):
                        delay = delays.setdefault(family, self._delay())
                        _push(connection, topic, encode(build(topic)), delay)

    def _delay(self) -> float:
        options = self._venue.options
        return self._random.uniform(options.push_delay_min_ms, options.push_delay_max_ms) / 1000

    def _frames(self, event: Event) -> Iterator[tuple[str, Build]]:
        now = self._venue.clock.now()
        match event:
            case OrderChanged(uid, order):
                row = stream_order(order, self._venue.instruments[order.symbol])
                yield "order", _framed(f"{uid}_{order.symbol}_{order.seq}", now, [row])
            case Executed(uid, executions):
                first = executions[0]
                rows = [stream_execution(execution) for execution in executions]
                yield "execution", _framed(f"{uid}_{first.symbol}_{first.seq}", now, rows)
                fast = [fast_execution(execution) for execution in executions if execution.exec_type == TRADE]
                if fast:
                    yield "execution.fast", _framed(None, now, fast)
            case PositionChanged(uid, _, legs, _):
                rows = [stream_position(leg, flat=self._venue.flat_text()) for leg in legs]
                yield "position", _framed(f"{uid}_position_{now}", now, rows)
            case WalletChanged(uid, view):
                row = wallet(view, self._venue.core.margin_mode(uid), self._venue.options.usdt_price)
                yield "wallet", _framed(f"{uid}_wallet_{now}", now, [row])


def _framed(frame_id: str | None, now: int, rows: list[dict[str, object]]) -> Build:
    head = {} if frame_id is None else {"id": frame_id}

    def build(topic: str) -> dict[str, object]:
        return {**head, "topic": topic, "creationTime": now, "data": rows}

    return build


def _push(connection: Connection, topic: str, text: str, delay_s: float) -> None:
    connection.later(topic, delay_s, lambda: connection.push(topic, text))
