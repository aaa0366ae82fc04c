"""One WebSocket connection: what goes out, in which order, how late, and when it is cut."""

import asyncio
import json
import socket
import struct
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from gridtrader.simulator.server.faults import PUSH, FaultBook

MAX_BACKLOG = 10_000
"""Messages a client may leave unread before it is cut off."""
MAX_FRAME_BYTES = 65_536
"""Longest message a client may send; a longer one ends the stream (1009). 21,000 characters of topics fit in."""
CLOSE_TIMEOUT_S = 0.5
"""How long to wait for the client's half of a closing handshake."""
_NO_LINGER = struct.pack("ii", 1, 0)

Frame = Mapping[str, object]


def encode(frame: Frame) -> str:
    return json.dumps(frame, separators=(",", ":"))


def reset(request: web.Request) -> None:
    """Break the TCP connection of a request with a reset instead of an answer."""
    transport = request.transport
    if transport is None:
        return
    raw = transport.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()


def hang_up(request: web.Request) -> None:
    """End the TCP connection of a request (EOF) without an answer, or without a closing handshake."""
    if request.transport is not None:
        request.transport.close()


@dataclass(slots=True)
class _Lane:
    """Messages of one topic (or the control replies): they leave in the order they came, whatever their delays."""

    waiting: deque[Callable[[], None]] = field(default_factory=deque)
    last_due: float = 0.0

    def next(self) -> None:
        self.waiting.popleft()()


class Connection:
    """The server's end of one stream. `names` (key and uid) are set once the client has proved who it is."""

    def __init__(self, request: web.Request, faults: FaultBook, stream: str, conn_id: str, alive_s: float) -> None:
        self.stream = stream
        self.address = request.remote
        self.conn_id = conn_id
        self.names: tuple[str, ...] = ()
        self.is_silent = False
        self.topics: set[str] = set()
        """What has been subscribed."""
        self.heard: set[str] = set()
        """What is pushed already: a subscription takes effect with its reply."""
        self.socket = web.WebSocketResponse(
            timeout=CLOSE_TIMEOUT_S, autoping=False, compress=False, max_msg_size=MAX_FRAME_BYTES
        )
        self._request = request
        self._faults = faults
        self._alive_s = alive_s
        self._loop = asyncio.get_running_loop()
        self._outbox: asyncio.Queue[str] = asyncio.Queue()
        self._lanes: dict[str, _Lane] = {}
        self._held: list[str] = []
        self._closing: asyncio.Task[None] | None = None
        self._last_active = self._loop.time()

    async def run(self, on_text: Callable[[str], None], check_s: float) -> None:
        """Serve until either end closes; `on_text` gets every text message."""
        await self.socket.prepare(self._request)
        helpers = [asyncio.create_task(self._write()), asyncio.create_task(self._cut_when_idle(check_s))]
        try:
            async for message in self.socket:
                if self.is_silent:
                    continue
                self._last_active = self._loop.time()
                if message.type is WSMsgType.TEXT:
                    on_text(message.data)
                elif message.type is WSMsgType.PING:
                    await self.socket.pong(message.data)
        finally:
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)

    # --- sending ---

    def later(self, lane: str, delay_s: float, action: Callable[[], None]) -> None:
        """Do `action` after `delay_s`, but not before what was put into the same lane earlier."""
        place = self._lanes.setdefault(lane, _Lane())
        place.last_due = max(self._loop.time() + delay_s, place.last_due)
        place.waiting.append(action)
        self._loop.call_at(place.last_due, place.next)

    def push(self, topic: str, text: str) -> None:
        """Send a message of a topic now, unless a fault has other plans for it."""
        fault = self._faults.take(PUSH, self.names, topic)
        if fault is None:
            self.send(text)
        elif fault.kind == "duplicate":
            self.send(text)
            self.send(text)
        elif fault.kind == "late":
            self._loop.call_later(fault.seconds, self.send, text)
        elif fault.kind == "reorder":
            self._held.append(text)

    def send(self, text: str) -> None:
        """Send a text now; whatever was held back to be out of order follows it."""
        if self.is_silent or self.socket.closed:
            return
        self._last_active = self._loop.time()
        held, self._held = self._held, []
        for message in (text, *held):
            self._outbox.put_nowait(message)
        if self._outbox.qsize() > MAX_BACKLOG:
            self.reset()

    async def _write(self) -> None:
        while True:
            text = await self._outbox.get()
            try:
                await self.socket.send_str(text)
            except (ConnectionError, RuntimeError):
                return

    # --- ending ---

    async def close(self) -> None:
        """Close the stream in good order; one that is not open yet is hung up on."""
        if self.socket.prepared:
            await self.socket.close()
        else:
            self.hang_up()

    def close_soon(self) -> None:
        """Close the stream from where one cannot wait."""
        self._closing = self._loop.create_task(self.close())

    def reset(self) -> None:
        """Break the TCP connection with a reset."""
        reset(self._request)

    def hang_up(self) -> None:
        """End the TCP connection without a closing handshake (EOF)."""
        hang_up(self._request)

    async def _cut_when_idle(self, check_s: float) -> None:
        while True:
            await asyncio.sleep(check_s)
            if self._loop.time() - self._last_active > self._alive_s and not self.is_silent:
                self.close_soon()
                return
