"""Clients that speak the bare wire, for tests of what no library would send."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPMessage
from typing import Any
from urllib.parse import urlsplit

import websocket

Json = dict[str, Any]
TIMEOUT_S = 5


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def sign(secret: str, text: str) -> str:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Reply:
    """An HTTP answer."""

    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def json(self) -> Json:
        return dict(json.loads(self.body))

    @property
    def code(self) -> int:
        return int(self.json["retCode"])

    @property
    def result(self) -> Json:
        """The result of a request that must have succeeded."""
        answer = self.json
        assert answer["retCode"] == 0, answer
        return dict(answer["result"])


@dataclass
class Wire:
    """A signed REST client that sends exactly the bytes it is given."""

    base: str
    key: str = "key"
    secret: str = "secret"
    recv_window: str = "5000"
    overrides: dict[str, str] = field(default_factory=dict)
    """Headers to send instead of the right ones; an empty text leaves one out."""
    now: Callable[[], int] = now_ms
    timeout_s: float = TIMEOUT_S

    def get(self, path: str, query: str = "", *, body: bytes = b"") -> Reply:
        return self._send("GET", path, query, body)

    def post(self, path: str, body: Json | str) -> Reply:
        text = body if isinstance(body, str) else json.dumps(body)
        return self._send("POST", path, "", text.encode())

    def order(self, **fields: Any) -> Reply:
        """Place an order of 0.01 BTCUSDT that opens LONG, or whatever `fields` say."""
        order = {
            "category": "linear",
            "symbol": "BTCUSDT",
            "side": "Buy",
            "orderType": "Limit",
            "qty": "0.01",
            "price": "60000",
            "positionIdx": 1,
        }
        return self.post("/v5/order/create", {name: value for name, value in (order | fields).items() if value != ""})

    def hedge(self, symbol: str = "BTCUSDT") -> None:
        assert self.post("/v5/position/switch-mode", {"category": "linear", "symbol": symbol, "mode": 3}).code == 0

    def _send(self, method: str, path: str, query: str, body: bytes) -> Reply:
        timestamp = str(self.now())
        payload = query if method == "GET" else body.decode()
        headers = {
            "X-BAPI-API-KEY": self.key,
            "X-BAPI-TIMESTAMP": timestamp,
            "X-BAPI-RECV-WINDOW": self.recv_window,
            "X-BAPI-SIGN": sign(self.secret, timestamp + self.key + self.recv_window + payload),
        } | self.overrides
        place = urlsplit(self.base)
        connection = HTTPConnection(place.hostname or "", place.port, timeout=self.timeout_s)
        try:
            target = place.path + path + (f"?{query}" if query else "")
            connection.request(method, target, body or None, {name: text for name, text in headers.items() if text})
            reply = connection.getresponse()
            return Reply(reply.status, reply.headers, reply.read())
        finally:
            connection.close()


class Stream:
    """A WebSocket client that hands out frames one by one."""

    def __init__(self, url: str) -> None:
        self.socket = websocket.create_connection(url, timeout=TIMEOUT_S)

    def __enter__(self) -> "Stream":
        return self

    def __exit__(self, *problem: object) -> None:
        self.socket.close(timeout=0)

    def send(self, frame: Json | str) -> None:
        self.socket.send(frame if isinstance(frame, str) else json.dumps(frame))

    def receive(self) -> Json:
        """Return the next frame. Raises if the stream is closed or silent for too long."""
        return dict(json.loads(self.socket.recv()))

    def ask(self, frame: Json | str) -> Json:
        """Send a request and return the reply to it, passing over pushes."""
        self.send(frame)
        return self.until(lambda each: "op" in each)

    def until(self, wanted: Callable[[Json], bool]) -> Json:
        """Return the next frame that is wanted."""
        while True:
            frame = self.receive()
            if wanted(frame):
                return frame

    def topic(self, topic: str) -> Json:
        """Return the next push of a topic."""
        return self.until(lambda each: each.get("topic") == topic)

    def is_quiet(self, seconds: float) -> bool:
        """Whether nothing at all comes for so long."""
        self.socket.settimeout(seconds)
        try:
            self.socket.recv()
        except websocket.WebSocketTimeoutException:
            return True
        finally:
            self.socket.settimeout(TIMEOUT_S)
        return False

    def auth(self, key: str = "key", secret: str = "secret", **fields: Any) -> Json:
        expires = now_ms() + 10_000
        args = [key, expires, sign(secret, f"GET/realtime{expires}")]
        return self.ask({"op": "auth", "args": args, **fields})

    def subscribe(self, *topics: str) -> Json:
        return self.ask({"op": "subscribe", "req_id": "s", "args": list(topics)})


def private(url: str, *topics: str, key: str = "key", secret: str = "secret") -> Stream:
    """Return a private stream that listens to `topics`."""
    stream = Stream(url)
    assert stream.auth(key, secret)["success"]
    assert stream.subscribe(*topics)["success"]
    return stream
