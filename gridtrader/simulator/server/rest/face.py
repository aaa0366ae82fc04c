"""The REST face: every check of the wire in Bybit's order, then the endpoint, then the envelope."""

import asyncio
import json
import traceback
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from gridtrader.simulator.core.model import Reject, World
from gridtrader.simulator.server import auth
from gridtrader.simulator.server.accounts import Account, Request
from gridtrader.simulator.server.limits import AccountLimits, AddressGuard, Grant
from gridtrader.simulator.server.params import Params, from_body, from_query
from gridtrader.simulator.server.rest import account, demo, history, market, orders, position, system
from gridtrader.simulator.server.rest.call import Access, Answer, Call, Endpoint, RejectWithResult
from gridtrader.simulator.server.venue import Venue

DEMO_PREFIX = "/demo"
TOO_FREQUENT = "403, access too frequent"
STREAM_PATHS = ("/v5/public", "/v5/private", "/v5/trade")
UNAUTHORISED = frozenset({10001, 10002, 10003, 10004})
"""Refusals of key, signature or time, which may come as HTTP 401 (`auth_refusal`)."""

ENDPOINTS: Mapping[tuple[str, str], Endpoint] = {
    (endpoint.method, endpoint.path): endpoint
    for room in (market, system, account, position, orders, history)
    for endpoint in room.ENDPOINTS
}


def world_of(path: str) -> tuple[World, str]:
    """Split a path into its world and the path within: `/demo/v5/…` is the demo world."""
    if path.startswith(DEMO_PREFIX + "/"):
        return World.DEMO, path.removeprefix(DEMO_PREFIX)
    return World.MAINNET, path


@dataclass(frozen=True, slots=True)
class _Raw:
    """A request as it travelled."""

    world: World
    method: str
    path: str
    query: str
    body: bytes
    headers: Mapping[str, str]

    @property
    def payload(self) -> bytes:
        """The bytes that are signed."""
        return auth.to_bytes(self.query) if self.method == "GET" else self.body


class _HttpRefusal(Exception):
    """A refusal that comes as an HTTP status, without an envelope."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class RestFace:
    """Answers `/v5/…` and `/demo/v5/…`."""

    def __init__(self, venue: Venue) -> None:
        self._limits = AccountLimits()
        self._guards = {world: AddressGuard() for world in World}
        self._venue = venue

    def lift_limits(self) -> None:
        """Lift the bans of addresses and give every account its full quotas again."""
        self._limits.forget()
        for guard in self._guards.values():
            guard.forget()

    def admits(self, address: str, world: World) -> bool:
        """Count a request of an address and return whether it may pass; each world is a host name of its own."""
        return self._guards[world].admits(address, self._elapsed())

    def _elapsed(self) -> int:
        return int(self._venue.monotonic() * 1000)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request; refusals are answers too."""
        path, _, query = request.raw_path.partition("?")
        world, inner = world_of(path)
        if not self.admits(request.remote or "", world):
            return web.Response(status=403, text=TOO_FREQUENT)
        try:
            body = await request.read()
        except ConnectionError:
            return web.Response(status=400)  # the client died in the middle of its request: nobody hears this
        endpoint = ENDPOINTS.get((request.method, inner))
        if endpoint is None:
            return self._no_endpoint(world, inner)
        if request.method == "GET" and body:
            return web.Response(status=403, text="403 Forbidden")
        reply = self._answer(endpoint, _Raw(world, request.method, inner, query, body, request.headers))
        longest = self._venue.options.answer_delay_max_ms
        if longest and endpoint.access is not Access.PUBLIC:
            await asyncio.sleep(self._venue.random.uniform(0, longest) / 1000)
        return reply

    def _no_endpoint(self, world: World, path: str) -> web.Response:
        """Answer for a path that is not emulated: demo says so of those it does not have."""
        refused = demo.refusal(path, self._venue.options) if world is World.DEMO else None
        if refused is None or path.startswith(STREAM_PATHS):
            return web.Response(status=404, text="404 page not found")
        return envelope_response(refused.code, refused.text, {}, {}, self._venue.clock.now(), {})

    def _answer(self, endpoint: Endpoint, raw: _Raw) -> web.Response:
        now = self._venue.clock.now()
        signer: Account | None = None
        grant: Grant | None = None
        try:
            if endpoint.access is not Access.PUBLIC:
                signer = self._authenticate(raw, now)
            if raw.world is World.DEMO:
                self._refuse_on_demo(endpoint)
            if signer is not None and signer.read_only and endpoint.access is Access.WRITE:
                raise Reject(10005, "Permission denied, please check your API key permissions.")
            params = from_query(raw.query) if raw.method == "GET" else self._body(raw)
            if signer is not None and endpoint.quota is not None:
                wanted = params.count("request") if endpoint.counts_orders else 1
                grant = self._limits.take(signer.uid, endpoint.path, endpoint.quota, wanted, self._elapsed())
                if not grant.granted and not endpoint.counts_orders:
                    raise Reject(10006, "Too many visits. Exceeded the API Rate Limit.")
            answer = self._call(endpoint, signer, params, grant)
            code, message, result, extra = 0, answer.message, answer.result, answer.extra
        except _HttpRefusal as refusal:
            return web.Response(status=refusal.status, text=refusal.text)
        except Reject as reject:
            result = reject.result if isinstance(reject, RejectWithResult) else {}
            code, message, extra = reject.code, reject.text, {}
        except Exception:  # noqa: BLE001 - a bug of ours must not look like an answer of Bybit's
            self._venue.report_bug(traceback.format_exc())
            return web.Response(status=500, text="500 Internal Server Error")
        if signer is not None:
            payload = raw.payload.decode(errors="replace")
            signer.requests.append(Request(now, raw.method, raw.path, payload, code))
        return envelope_response(code, message, result, extra, now, self._headers(grant, now))

    def _authenticate(self, raw: _Raw, now: int) -> Account:
        try:
            return auth.check_request(self._venue.accounts, raw.world, raw.headers, raw.payload, now)
        except Reject as reject:
            if reject.code in UNAUTHORISED and self._venue.options.auth_refusal == "http_401":
                raise _HttpRefusal(401, "401 Unauthorized") from None
            raise

    def _body(self, raw: _Raw) -> Params:
        try:
            return from_body(raw.body)
        except Reject:
            if self._venue.options.bad_body == "http_400":
                raise _HttpRefusal(400, "400 Bad Request") from None
            raise

    def _refuse_on_demo(self, endpoint: Endpoint) -> None:
        refused = demo.refusal(endpoint.path, self._venue.options)
        if refused is not None:
            raise refused

    def _call(self, endpoint: Endpoint, signer: Account | None, params: Params, grant: Grant | None) -> Answer:
        call = Call(self._venue, params, self._venue.now(), grant.granted if grant else 1, signer)
        try:
            return endpoint.handler(call)
        finally:
            self._venue.publish()

    def _headers(self, grant: Grant | None, now: int) -> dict[str, str]:
        trace = {"Traceid": f"{self._venue.random.getrandbits(128):032x}"}
        return trace if grant is None else trace | limit_headers(grant.limit, grant.left, now + grant.wait_ms)


def limit_headers(limit: int, left: int, reset: int) -> dict[str, str]:
    """Return the headers of a rate limit; `reset` is API time, the present where nothing is limited."""
    return {
        "X-Bapi-Limit": str(limit),
        "X-Bapi-Limit-Status": str(left),
        "X-Bapi-Limit-Reset-Timestamp": str(reset),
    }


def envelope_response(
    code: int,
    message: str,
    result: Mapping[str, object],
    extra: Mapping[str, object],
    now: int,
    headers: Mapping[str, str],
) -> web.Response:
    """Return V5's envelope around a result; business errors are HTTP 200."""
    reply = {"retCode": code, "retMsg": message, "result": result, "retExtInfo": extra, "time": now}
    return web.Response(
        body=json.dumps(reply, separators=(",", ":")).encode(),
        content_type="application/json",
        charset="utf-8",
        headers={**headers, "Timenow": str(now), "Ret_code": str(code)},
    )
