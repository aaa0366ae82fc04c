"""One request's time on its connection: after it, nothing is connected and nothing is sent any more.

Cutting the socket at the deadline is not enough: while the name server, the connection or TLS are being waited for
there is no socket yet, or it is about to be replaced, and the request would go out when they are done.
"""

import socket
import time
from collections.abc import Callable
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from gridtrader.exchange.deadlines import cut
from gridtrader.exchange.dial import connect


class Late(OSError):
    """The request's deadline has passed."""


class Attempt:
    """The request under way. One at a time; `expire` may come from any thread."""

    def __init__(self) -> None:
        self.connection: Any = None
        self._until = 0.0
        self._has_expired = False

    def begin(self, seconds: float) -> Callable[[], bool]:
        """Begin a request; what is returned tells whether its time is over."""
        self.connection = None
        self._until = time.monotonic() + seconds
        self._has_expired = False
        return lambda: self._has_expired or time.monotonic() >= self._until

    def left_s(self) -> float:
        """Return the seconds left. Raises `Late` if there are none."""
        left_s = self._until - time.monotonic()
        if self._has_expired or left_s <= 0:
            raise Late("the request's time is over")
        return left_s

    def expire(self) -> None:
        """End the request: who reads from its connection sees its end at once, and nothing more is sent."""
        self._has_expired = True  # first: what is connected from now on is refused by `left_s`
        sock = getattr(self.connection, "sock", None)
        if isinstance(sock, socket.socket):
            cut(sock)


def pools(attempt: Attempt) -> dict[str, type[HTTPConnectionPool]]:
    """Return urllib3's pools whose connections obey `attempt`."""

    class _Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            """Connect within what is left; urllib3 would take the whole time for each address of the host."""
            return connect(self._dns_host, self.port or 80, attempt.left_s())

        def send(self, data: Any) -> None:
            _connected(self, attempt)
            super().send(data)

    class _Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return connect(self._dns_host, self.port or 443, attempt.left_s())

        def send(self, data: Any) -> None:
            _connected(self, attempt)
            super().send(data)

    class _PlainPool(HTTPConnectionPool):
        ConnectionCls = _Plain

        def _get_conn(self, timeout: float | None = None) -> Any:
            attempt.connection = super()._get_conn(timeout)
            return attempt.connection

    class _SecurePool(HTTPSConnectionPool):
        ConnectionCls = _Secure

        def _get_conn(self, timeout: float | None = None) -> Any:
            attempt.connection = super()._get_conn(timeout)
            return attempt.connection

    return {"http": _PlainPool, "https": _SecurePool}


def _connected(connection: HTTPConnection, attempt: Attempt) -> None:
    """See to it that the socket exists, and that it is not too late to send. Raises `Late`."""
    if connection.sock is None:
        connection.connect()
    attempt.left_s()
