"""A raw HTTP server on loopback whose every answer, and every way of not answering, is up to the test."""

import contextlib
import hashlib
import hmac
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs

KEY, SECRET = "kEyKeYkEy123", "s3cr3ts3cr3t"


@dataclass(frozen=True)
class Request:
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    @property
    def parameters(self) -> dict[str, str]:
        return {key: values[0] for key, values in parse_qs(self.query, keep_blank_values=True).items()}

    @property
    def json(self) -> dict[str, object]:
        content = json.loads(self.body)
        assert isinstance(content, dict)
        return content

    def is_signed(self) -> bool:
        """Whether the signature fits the raw bytes."""
        payload = self.query if self.method == "GET" else self.body.decode()
        head = self.headers
        text = head["x-bapi-timestamp"] + head["x-bapi-api-key"] + head["x-bapi-recv-window"] + payload
        return head["x-bapi-sign"] == hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Answer:
    """A whole HTTP answer."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Drip:
    """An answer that never comes to its end: a byte every `interval_s`."""

    interval_s: float
    in_header: bool = False


class Hang:
    """No answer at all, the connection stays."""


class Cut:
    """The connection is reset instead of an answer."""


class HalfBody:
    """An answer whose body ends too early."""


Behaviour = Answer | Drip | Hang | Cut | HalfBody


def ok(result: object, *, extra: object | None = None, time_ms: int | None = None) -> Answer:
    """Return a success."""
    return coded(0, "OK", result=result, extra=extra, time_ms=time_ms)


def coded(
    code: int,
    text: str,
    *,
    result: object | None = None,
    extra: object | None = None,
    time_ms: int | None = None,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Return an envelope with a code."""
    content = {
        "retCode": code,
        "retMsg": text,
        "result": {} if result is None else result,
        "retExtInfo": {} if extra is None else extra,
        "time": time_ms if time_ms is not None else time.time_ns() // 1_000_000,
    }
    return Answer(json.dumps(content).encode(), status, headers or {})


def acknowledged(request: Request) -> Answer:
    """Acknowledge one order by its name, as Bybit does."""
    return ok({"orderId": "id-1", "orderLinkId": request.json["orderLinkId"]})


class HttpStub:
    """Answers every request by `self.answer`, except market/time unless the test wants that too."""

    def __init__(self, answer: Callable[[Request], Behaviour] | None = None) -> None:
        self.answer: Callable[[Request], Behaviour] = answer or (lambda _: ok({}))
        self.answers_time = True
        self.requests: list[Request] = []
        self.connections = 0
        self._closing = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def paths(self) -> list[str]:
        return [request.path for request in self.requests if request.path != "/v5/market/time"]

    def close(self) -> None:
        self._closing.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.close()

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection, connection.makefile("rb") as reader:
            while True:
                head = reader.readline().decode()
                if not head.strip():
                    return
                method, target, _ = head.split(" ", 2)
                headers: dict[str, str] = {}
                while (line := reader.readline().decode().strip()) != "":
                    name, _, value = line.partition(":")
                    headers[name.lower()] = value.strip()
                body = reader.read(int(headers.get("content-length", "0")))
                request = Request(method, target, headers, body)
                self.requests.append(request)
                if request.path.endswith("/v5/market/time") and self.answers_time:
                    behaviour: Behaviour = ok({"timeSecond": "1", "timeNano": "1"})
                else:
                    behaviour = self.answer(request)
                if not self._behave(connection, behaviour):
                    return

    def _behave(self, connection: socket.socket, behaviour: Behaviour) -> bool:
        if isinstance(behaviour, Answer):
            headers = {"Content-Length": str(len(behaviour.body)), **behaviour.headers}
            lines = [f"HTTP/1.1 {behaviour.status} X", *(f"{name}: {value}" for name, value in headers.items())]
            connection.sendall("\r\n".join([*lines, "", ""]).encode() + behaviour.body)
            return True
        if isinstance(behaviour, Hang):
            self._closing.wait()
        elif isinstance(behaviour, Drip):
            if not behaviour.in_header:
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while not self._closing.wait(behaviour.interval_s):
                connection.sendall(b"H" if behaviour.in_header else b" ")
        elif isinstance(behaviour, HalfBody):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{")
        else:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False
