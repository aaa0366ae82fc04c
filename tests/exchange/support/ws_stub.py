"""A raw WebSocket server on loopback that plays Bybit's stream, or plays it wrong."""

import base64
import contextlib
import hashlib
import hmac
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable

from tests.exchange.support.http_stub import KEY, SECRET

_MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


class Connection:
    """One client, after the handshake."""

    def __init__(self, sock: socket.socket, path: str) -> None:
        self.sock = sock
        self.path = path
        self.received: list[dict[str, object]] = []
        self._lock = threading.Lock()

    def send(self, message: object) -> None:
        self.send_text(json.dumps(message))

    def send_text(self, text: str | bytes, opcode: int = TEXT) -> None:
        data = text.encode() if isinstance(text, str) else text
        length = len(data)
        size = struct.pack("!B", length) if length < 126 else struct.pack("!BH", 126, length)
        with self._lock:
            self.sock.sendall(bytes([0x80 | opcode]) + size + data)

    def read(self) -> tuple[int, bytes]:
        """Return opcode and content of the next frame. Raises OSError at the end."""
        first, second = self._exactly(2)
        length = second & 0x7F
        if length == 126:
            (length,) = struct.unpack("!H", self._exactly(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", self._exactly(8))
        mask = self._exactly(4) if second & 0x80 else b"\0\0\0\0"
        data = bytes(byte ^ mask[i % 4] for i, byte in enumerate(self._exactly(length)))
        return first & 0x0F, data

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            chunk = self.sock.recv(count - len(data))
            if not chunk:
                raise OSError("client has gone")
            data += chunk
        return data

    def close_politely(self) -> None:
        self.send_text(struct.pack("!H", 1000), CLOSE)

    def end(self) -> None:
        """End of file, without a word."""
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()

    def reset(self) -> None:
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with contextlib.suppress(OSError):  # wakes the reading thread, which shares the descriptor
            self.sock.shutdown(socket.SHUT_RD)
        self.sock.close()


class WsStub:
    """Plays the stream: login, subscription, pongs. The switches make it misbehave."""

    def __init__(self, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self.handshake_status = 101
        self.handshake_location = ""
        """Where a redirect points to."""
        self.handshake_hangs = False
        self.login_text: str | None = None
        """Refuse logins with this text."""
        self.subscription_text: str | None = None
        self.before_the_ack: list[str] = []
        """Pushed between the request to subscribe and its answer."""
        self.answers_login = True
        self.answers_subscription = True
        self.answers_pings = True
        self.ends_after_subscription = False
        self.checks_login: Callable[[int], bool] = lambda expires: True
        self.connections: list[Connection] = []
        self.attempts = 0
        self._tls = tls
        self._closing = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        port: int = self._socket.getsockname()[1]
        return port

    @property
    def url(self) -> str:
        return f"{'wss' if self._tls else 'ws'}://127.0.0.1:{self.port}"

    @property
    def last(self) -> Connection:
        return self.connections[-1]

    def close(self) -> None:
        self._closing.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for connection in self.connections:
            connection.end()

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                sock, _ = self._socket.accept()
            except OSError:
                return
            self.attempts += 1
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError):
            if self._tls is not None:
                sock = self._tls.wrap_socket(sock, server_side=True)
            connection = self._handshake(sock)
            if connection is None:
                return
            self.connections.append(connection)
            while True:
                opcode, data = connection.read()
                if opcode == TEXT:
                    message = json.loads(data)
                    connection.received.append(message)
                    self._answer(connection, message)
                elif opcode == CLOSE:
                    connection.end()
                    return

    def _handshake(self, sock: socket.socket) -> Connection | None:
        head = b""
        while b"\r\n\r\n" not in head:
            chunk = sock.recv(4096)
            if not chunk:
                return None
            head += chunk
        lines = head.decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        if self.handshake_hangs:
            self._closing.wait()
            return None
        if self.handshake_status != 101:
            where = f"Location: {self.handshake_location}\r\n" if self.handshake_location else ""
            sock.sendall(f"HTTP/1.1 {self.handshake_status} No\r\n{where}Content-Length: 0\r\n\r\n".encode())
            sock.close()
            return None
        accept = base64.b64encode(hashlib.sha1((headers["sec-websocket-key"] + _MAGIC).encode()).digest()).decode()
        sock.sendall(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept}\r\n\r\n".encode()
        )
        return Connection(sock, lines[0].split(" ")[1])

    def _answer(self, connection: Connection, message: dict[str, object]) -> None:
        operation = message["op"]
        if operation == "ping" and self.answers_pings:
            if connection.path.endswith("/private"):
                connection.send({"op": "pong", "args": ["1750000000123"], "conn_id": "c"})
            else:
                connection.send({"success": True, "ret_msg": "pong", "conn_id": "c", "req_id": "", "op": "ping"})
        elif operation == "auth" and self.answers_login:
            refusal = self.login_text if self._is_signed(message) else "Params Error"
            connection.send({"success": refusal is None, "ret_msg": refusal or "", "op": "auth", "conn_id": "c"})
        elif operation == "subscribe":
            for push in self.before_the_ack:
                connection.send_text(push)
            if self.answers_subscription:
                self.acknowledge(connection)
            if self.answers_subscription and self.ends_after_subscription:
                connection.end()

    def acknowledge(self, connection: Connection) -> None:
        """Answer the last subscription, be it long after it was asked for."""
        asked = next(message for message in reversed(connection.received) if message["op"] == "subscribe")
        text = self.subscription_text
        connection.send(
            {"req_id": asked["req_id"], "success": text is None, "ret_msg": text or "", "op": "subscribe"}
        )

    def _is_signed(self, message: dict[str, object]) -> bool:
        arguments = message["args"]
        assert isinstance(arguments, list)
        key, expires, signature = arguments
        wanted = hmac.new(SECRET.encode(), f"GET/realtime{expires}".encode(), hashlib.sha256).hexdigest()
        return key == KEY and signature == wanted and self.checks_login(int(expires))
