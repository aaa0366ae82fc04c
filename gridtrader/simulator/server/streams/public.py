"""`/v5/public/linear`: prices for everybody, one feed per topic however many listen."""

import uuid
from collections.abc import Callable, Mapping, Sequence

from gridtrader.simulator.server.faults import SUBSCRIBE, FaultBook
from gridtrader.simulator.server.rest.market import INTERVALS
from gridtrader.simulator.server.rest.system import TOPIC as STATUS_TOPIC
from gridtrader.simulator.server.streams import control_frames as control
from gridtrader.simulator.server.streams.connection import Connection, encode
from gridtrader.simulator.server.streams.feeds import (
    BOOK_DEPTHS,
    BookFeed,
    Feed,
    KlineFeed,
    PriceLimitFeed,
    StatusFeed,
    TickerFeed,
    TradeFeed,
)
from gridtrader.simulator.server.venue import Venue

CONTROL = ""
MAX_ARGS_LENGTH = 21_000
"""Characters of all topics of one connection."""

_BY_SYMBOL: Mapping[str, Callable[[Venue, str, str], Feed]] = {
    "tickers": TickerFeed,
    "publicTrade": TradeFeed,
    "priceLimit": PriceLimitFeed,
}


def make_feed(venue: Venue, topic: str) -> Feed:
    """Return a feed for a topic. Raises control.BadRequest where there is none."""
    if topic == STATUS_TOPIC:
        return StatusFeed(venue, topic)
    parts = topic.split(".")
    kind, symbol = parts[0], parts[-1]
    takes_argument = kind in ("kline", "orderbook")
    if len(parts) != (3 if takes_argument else 2) or not (takes_argument or kind in _BY_SYMBOL):
        raise control.BadRequest(f"error:handler not found,topic:{topic}")
    if symbol not in venue.instruments:
        raise control.BadRequest(f"Invalid symbol :[{topic}]")
    if kind == "kline" and parts[1] in INTERVALS:
        return KlineFeed(venue, parts[1], symbol, topic)
    if kind == "orderbook" and parts[1] in map(str, BOOK_DEPTHS):
        return BookFeed(venue, int(parts[1]), symbol, topic)
    if takes_argument:
        raise control.BadRequest(f"error:handler not found,topic:{topic}")
    return _BY_SYMBOL[kind](venue, symbol, topic)


class PublicHub:
    """The feeds that somebody listens to, and who."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._feeds: dict[str, Feed] = {}
        self._listeners: dict[str, list[Connection]] = {}

    def check(self, topic: str) -> None:
        """Raise control.BadRequest for a topic that does not exist."""
        if topic not in self._feeds:
            make_feed(self._venue, topic)

    def add(self, connection: Connection, topics: Sequence[str]) -> None:
        """Let a connection listen, and give it what each topic shows first."""
        for topic in topics:
            if topic not in connection.topics or connection.socket.closed:
                continue
            feed = self._feeds.get(topic)
            if feed is None:
                feed = self._feeds[topic] = make_feed(self._venue, topic)
            self._listeners.setdefault(topic, []).append(connection)
            connection.heard.add(topic)
            first = feed.first()
            if first is not None:
                connection.push(topic, encode(first))

    def remove(self, connection: Connection, topic: str) -> None:
        """Let a connection listen no more; the last one to go takes the feed with it."""
        connection.topics.discard(topic)
        connection.heard.discard(topic)
        listeners = self._listeners.get(topic, [])
        if connection in listeners:
            listeners.remove(connection)
            if not listeners:
                del self._listeners[topic], self._feeds[topic]

    def beat(self) -> None:
        """Send what is due."""
        now = self._venue.clock.now()
        for topic, feed in list(self._feeds.items()):
            for frame in feed.due(now):
                text = encode(frame)
                for connection in list(self._listeners[topic]):
                    connection.push(topic, text)


class PublicStream:
    """The talk with one client."""

    def __init__(
        self, venue: Venue, faults: FaultBook, connection: Connection, hub: PublicHub, *, is_status: bool = False
    ) -> None:
        """`is_status`: the stream of `system.status`, which has no other topic; the market's streams have not it."""
        self._is_status = is_status
        self._venue = venue
        self._faults = faults
        self._connection = connection
        self._hub = hub

    def on_text(self, text: str) -> None:
        request: control.Request | None = None
        try:
            request = control.read(text)
            self._handle(request)
        except control.BadRequest as problem:
            self._reply(request, success=False, message=str(problem))

    def _handle(self, request: control.Request) -> None:
        if request.op == "ping":
            pong = encode(control.public_pong(request, self._connection.conn_id))
            self._connection.later(CONTROL, self._delay(), lambda: self._connection.send(pong))
        elif request.op == "subscribe":
            self._subscribe(request)
        elif request.op == "unsubscribe":
            for topic in request.topics():
                self._hub.remove(self._connection, topic)
            self._reply(request, success=True, message="")
        else:
            raise control.BadRequest("error:invalid op")

    def _subscribe(self, request: control.Request) -> None:
        topics, connection = self._known(request.topics()), self._connection
        control.refuse_known(topics, connection.topics)
        if sum(map(len, (*connection.topics, *topics))) > MAX_ARGS_LENGTH:
            raise control.BadRequest(f"error:args length exceeds {MAX_ARGS_LENGTH}")
        fault = self._faults.take(SUBSCRIBE, connection.names, topics[0])
        if fault is not None:
            raise control.BadRequest(fault.text)
        self._reply(request, success=True, message=self._venue.options.subscribe_ack)
        connection.topics.update(topics)
        connection.later(CONTROL, 0, lambda: self._hub.add(connection, topics))

    def _known(self, topics: list[str]) -> list[str]:
        """Return the topics that exist. Raises BadRequest if one does not, or if none does (`bad_topic`)."""
        known, problem = [], None
        for topic in topics:
            try:
                if (topic == STATUS_TOPIC) is not self._is_status:
                    raise control.BadRequest(f"error:handler not found,topic:{topic}")
                self._hub.check(topic)
                known.append(topic)
            except control.BadRequest as refusal:
                problem = problem or refusal
        if problem is not None and (self._venue.options.bad_topic == "fails_all" or not known):
            raise problem
        return known

    def _reply(self, request: control.Request | None, *, success: bool, message: str) -> None:
        text = encode(control.public_reply(request, self._connection.conn_id, success=success, message=message))
        self._connection.later(CONTROL, self._delay(), lambda: self._connection.send(text))

    def _delay(self) -> float:
        return self._venue.options.reply_delay_ms / 1000

    def leave(self) -> None:
        """Forget the connection: it is closed."""
        for topic in list(self._connection.topics):
            self._hub.remove(self._connection, topic)


def new_public_id() -> str:
    """Return a connection id as the public stream writes it."""
    return str(uuid.uuid4())
