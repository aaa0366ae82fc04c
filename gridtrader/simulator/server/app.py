"""The server: routes, sockets, the pulse, and the port they share."""

import asyncio
import contextlib
import re
import traceback
from collections.abc import Collection, Coroutine
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from gridtrader.simulator.server.control import Control
from gridtrader.simulator.server.faults import HANDSHAKE, FaultBook
from gridtrader.simulator.server.limits import SOCKET_WINDOW_MS, SOCKETS, RollingWindow
from gridtrader.simulator.server.pulse import Pulse
from gridtrader.simulator.server.rest.face import RestFace, world_of
from gridtrader.simulator.server.rest.harm import RestHarm
from gridtrader.simulator.server.streams.connection import Connection, reset
from gridtrader.simulator.server.streams.private import PrivateHub, PrivateStream, new_private_id
from gridtrader.simulator.server.streams.public import PublicHub, PublicStream, new_public_id
from gridtrader.simulator.server.venue import Venue

PRIVATE_PATH = "/v5/private"
PUBLIC_PATH = "/v5/public/linear"
STATUS_PATH = "/v5/public/misc/status"
MAX_BODY_BYTES = 262_144
"""Longest body of a request; a longer one is HTTP 413. A batch of 20 orders has some 6,000."""
PUBLIC_CONNECTIONS = 1000
"""Open market-data streams of one address (Bybit V5 docs, "Connect"); beyond it the handshake is HTTP 403."""
ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""Where a server that listens everywhere is found."""
ALIVE_S = 600.0
LEAST_ALIVE_S = 30.0
SHUTDOWN_S = 0.5
"""How long requests under way may go on once the server is told to stop."""


@dataclass(frozen=True, slots=True)
class Urls:
    """Where to find what."""

    rest: str
    ws_public: str
    ws_private: str
    demo_rest: str
    demo_ws_private: str
    control: str

    @classmethod
    def at(cls, host: str, port: int) -> "Urls":
        place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        return cls(
            rest=f"http://{place}",
            ws_public=f"ws://{place}{PUBLIC_PATH}",
            ws_private=f"ws://{place}{PRIVATE_PATH}",
            demo_rest=f"http://{place}/demo",
            demo_ws_private=f"ws://{place}/demo{PRIVATE_PATH}",
            control=f"http://{place}/control",
        )


class ExchangeServer:
    """Serves a venue on one port until it is stopped."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self.faults = FaultBook()
        self.rest = RestFace(venue)
        self.public = PublicHub(venue)
        self.private = PrivateHub(venue, venue.random)
        self.pulse = Pulse(venue, self.public)
        self._connections: set[Connection] = set()
        self._new_sockets: dict[str, RollingWindow] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._runner = web.AppRunner(self._app(), access_log=None, handle_signals=False, shutdown_timeout=SHUTDOWN_S)
        self._site: web.TCPSite | None = None
        self._address = ("", 0)

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        Control(self).mount(app.router)
        for prefix in ("", "/demo"):
            app.router.add_get(prefix + PRIVATE_PATH, self._private)
        for path in (PUBLIC_PATH, STATUS_PATH):
            app.router.add_get(path, self._public)
        app.router.add_route("*", "/{path:.*}", RestHarm(self.venue, self.faults, self.rest.handle).handle)
        return app

    @property
    def connections(self) -> Collection[Connection]:
        """The streams that are open."""
        return self._connections

    # --- life ---

    async def start(self, host: str, port: int) -> Urls:
        """Listen (port 0: any free one) and begin. Raises OSError if the port cannot be had."""
        asyncio.get_running_loop().set_exception_handler(self._on_loop_error)
        await self.pulse.advance(self.venue.market_clock.now)
        await self._runner.setup()
        await self._listen(host, port)
        bound = self._runner.addresses[0][1]
        self._address = (host, bound)
        self._spawn(self.pulse.run())
        return Urls.at(ANY_ADDRESS.get(host, host), bound)

    def _on_loop_error(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        problem = context.get("exception")
        if not isinstance(problem, ConnectionError):
            trace = "" if problem is None else "".join(traceback.format_exception(problem))
            self.venue.report_bug(f"{context.get('message')}\n{trace}")

    async def stop(self) -> None:
        """Close every socket and end."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(connection.close() for connection in self._connections), return_exceptions=True)
        await self._runner.cleanup()

    async def _listen(self, host: str, port: int) -> None:
        self._site = web.TCPSite(self._runner, host, port, reuse_address=True)
        await self._site.start()

    def refuse_connections(self, seconds: float) -> None:
        """Stop listening for so long: new connections are refused, REST and control included."""
        self._spawn(self._listen_again(seconds))

    async def _listen_again(self, seconds: float) -> None:
        if self._site is None:
            return
        site, self._site = self._site, None
        await site.stop()
        await asyncio.sleep(seconds)
        await self._listen(*self._address)

    def lift_limits(self) -> None:
        """Lift bans and refill every quota."""
        self.rest.lift_limits()
        self._new_sockets.clear()

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- streams ---

    async def _private(self, request: web.Request) -> web.StreamResponse:
        world, _ = world_of(request.path)
        alive_s = alive_time(request.query.get("max_active_time", ""))
        connection = Connection(request, self.faults, "private", new_private_id(), alive_s)
        talk = PrivateStream(self.venue, self.faults, world, connection, self.private)
        return await self._serve(request, connection, talk)

    async def _public(self, request: web.Request) -> web.StreamResponse:
        connection = Connection(request, self.faults, "public", new_public_id(), ALIVE_S)
        is_status = request.path == STATUS_PATH
        talk = PublicStream(self.venue, self.faults, connection, self.public, is_status=is_status)
        return await self._serve(request, connection, talk)

    async def _serve(
        self, request: web.Request, connection: Connection, talk: PrivateStream | PublicStream
    ) -> web.StreamResponse:
        refusal = self._refusal(request, connection.stream)
        if refusal is not None:
            return refusal
        fault = self.faults.take(HANDSHAKE, (), request.path)
        if fault is not None:
            if fault.kind == "status":
                return web.Response(status=fault.status, text="")
            if fault.kind == "reset":
                reset(request)
                return web.Response(status=500)
            connection.is_silent = True
        self._connections.add(connection)
        try:
            with contextlib.suppress(ConnectionError):
                await connection.run(talk.on_text, self.venue.options.idle_check_ms / 1000)
        except web.HTTPException:
            raise  # not a handshake that anybody could answer
        except Exception:  # noqa: BLE001 - reported; this client's stream ends, the others' go on
            self.venue.report_bug(traceback.format_exc())
        finally:
            self._connections.discard(connection)
            talk.leave()
        if connection.socket.prepared:
            return connection.socket
        return web.Response(status=500)  # goes nowhere: the client was gone before its handshake was answered

    def _refusal(self, request: web.Request, stream: str) -> web.Response | None:
        if not web.WebSocketResponse().can_prepare(request):
            return web.Response(status=404, text="404 page not found")
        window = self._new_sockets.setdefault(request.remote or "", RollingWindow(SOCKETS, SOCKET_WINDOW_MS))
        is_full = stream == "public" and self._open_public(request.remote) >= PUBLIC_CONNECTIONS
        if is_full or not window.take(1, int(self.venue.monotonic() * 1000)):
            return web.Response(status=403, text="403, access too frequent")
        return None

    def _open_public(self, address: str | None) -> int:
        return sum(each.stream == "public" and each.address == address for each in self._connections)


def alive_time(text: str) -> float:
    """Return the idle time a client asks for with `max_active_time` (30s … 600s, or minutes: 2m), in seconds."""
    match = re.fullmatch(r"(\d{1,4})(s|m)", text)
    if match is None:
        return ALIVE_S
    seconds = int(match[1]) * (60 if match[2] == "m" else 1)
    return min(max(float(seconds), LEAST_ALIVE_S), ALIVE_S)
