"""websocket-client's framing on a socket that is already connected: one handshake, then messages of a bounded size.

`WebSocketApp` would follow a redirect of the handshake to any host, with a socket of its own making and the login
after it, and takes frames of any size. Used by one thread, apart from `cut` of its socket.
"""

import select
import socket
from typing import Any, Final, cast

import websocket
from websocket import ABNF

_HANDSHAKE_BYTES: Final = 64 * 1024
"""More than any answer to a handshake has."""


class TooLarge(websocket.WebSocketException):
    """The other end sends more than belongs in one message."""


class Link(websocket.WebSocket):
    """A WebSocket connection to the host its socket was made for, and to no other."""

    def __init__(self, most_bytes: int) -> None:
        """`most_bytes`: the largest message, all its fragments and their headers together."""
        super().__init__(skip_utf8_validation=True)  # json finds bad UTF-8 by itself, ten times faster
        self._most_bytes = most_bytes
        self._received = 0

    def begin(self, url: str, sock: socket.socket) -> None:
        """Do the handshake. Anything but a 101 on this very socket raises."""
        self.connect(url, socket=_Metered(sock), redirect_limit=0)  # type: ignore[no-untyped-call]
        self.sock = sock

    def wait(self, seconds: float) -> bool:
        """Return whether something can be read within so long."""
        pending = getattr(self.sock, "pending", None)  # TLS may have read more from the wire than was asked for
        if pending is not None and pending():
            return True
        poll = select.poll()
        poll.register(cast(socket.socket, self.sock), select.POLLIN)
        return bool(poll.poll(seconds * 1000))

    def receive(self) -> tuple[int, bytes]:
        """Return opcode and content of the next message or control frame. Raises OSError or WebSocketException."""
        if not self.cont_frame.cont_data:  # the fragments of one message count together, whatever comes between
            self._received = 0
        opcode, frame = self.recv_data_frame(control_frame=True)
        return opcode, cast(bytes, frame.data)

    def _recv(self, bufsize: int) -> bytes:
        data = cast(bytes, super()._recv(bufsize))  # type: ignore[no-untyped-call]
        self._received += len(data)
        if self._received > self._most_bytes:
            raise TooLarge(f"a message of more than {self._most_bytes} bytes")
        return data


def close_reason(content: bytes) -> str:
    """Return what a close frame says, in words."""
    code = int.from_bytes(content[:2], "big") if len(content) > 1 else None
    words = content[2:].decode("utf-8", "replace")
    return " ".join(part for part in ("closed by the other end", f"(code {code})" if code else "", words) if part)


class _Metered:
    """A socket of which only so much is read: an answer to a handshake has no end otherwise."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._left = _HANDSHAKE_BYTES

    def recv(self, bufsize: int) -> bytes:
        data = self._sock.recv(bufsize)
        self._left -= len(data)
        if self._left < 0:
            raise TooLarge(f"an answer to the handshake of more than {_HANDSHAKE_BYTES} bytes")
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


TEXT: Final = ABNF.OPCODE_TEXT
BINARY: Final = ABNF.OPCODE_BINARY
CLOSE: Final = ABNF.OPCODE_CLOSE
PONG: Final = ABNF.OPCODE_PONG
