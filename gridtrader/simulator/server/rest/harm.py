"""The room where REST faults are done: handlers know nothing of them."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from aiohttp import web

from gridtrader.simulator.server.faults import REST, Fault, FaultBook
from gridtrader.simulator.server.rest.face import envelope_response, limit_headers, world_of
from gridtrader.simulator.server.streams.connection import hang_up, reset
from gridtrader.simulator.server.venue import Venue

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class RestHarm:
    """Stands before the REST face and strikes where a fault says so."""

    def __init__(self, venue: Venue, faults: FaultBook, handler: Handler) -> None:
        self._venue = venue
        self._faults = faults
        self._handler = handler

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a request, or do to it what the first fault that matches says."""
        world, path = world_of(request.path)
        account = self._venue.accounts.with_key(world, request.headers.get("X-BAPI-API-KEY", ""))
        names = () if account is None else (account.key, str(account.uid))
        fault = self._faults.take(REST, names, path)
        if fault is None:
            return await self._handler(request)
        with contextlib.suppress(ConnectionError):
            await request.read()  # what is on its way has arrived, even if the client gives up meanwhile
        reply = await self._handler(request) if fault.processed else None
        return await self._strike(request, fault, reply)

    async def _strike(
        self, request: web.Request, fault: Fault, reply: web.StreamResponse | None
    ) -> web.StreamResponse:
        if fault.kind == "stall":
            await asyncio.sleep(fault.seconds)
            return reply or await self._handler(request)
        if fault.kind == "status":
            return web.Response(status=fault.status, text=fault.body, content_type="text/html")
        if fault.kind == "code":
            now = self._venue.clock.now()
            headers = {} if fault.reset_in_ms is None else limit_headers(10, 0, now + fault.reset_in_ms)
            return envelope_response(fault.code, fault.text, {}, {}, now, headers)
        if fault.kind == "eof":
            hang_up(request)
        else:
            reset(request)
        return reply or web.Response(status=500)  # goes nowhere: the connection is gone
