"""The control plane: what a test may do to the exchange that no client could.

JSON over HTTP under `/control`, from the same machine only, without a key; every request must carry the header
`X-Control: 1`, so that no page in a browser can reach it. Errors are HTTP 400 `{"error": "…"}`. `{name}` is an
account's key or uid.

    GET    /control/state                     clocks, market, connections, bugs
    GET    /control/accounts                  all accounts
    POST   /control/accounts                  {"key", "secret", "usdt", "demo": false}: open one
    GET    /control/accounts/{name}           its books: orders, executions, positions, wallet, ledger, requests
    POST   /control/accounts/{name}/money     {"usdt": "-5"}: deposit (> 0) or withdraw
    POST   /control/accounts/{name}/key       {"refuse": 33004 or null, "text": "…", "read_only": true}
    POST   /control/accounts/{name}/fees      {"maker": "0.0002", "taker": "0.00055"}
    POST   /control/market/pause, /resume     {}
    POST   /control/market/step               {"ms": 60000}: so much market time at once
    POST   /control/market/speed              {"speed": 60}
    POST   /control/market/quote              {"symbol", "last", "bid", "ask", "mark", "index", "bid_size",
                                              "ask_size"}: bid, mark and index default to last,
                                              ask to last + tick. Holds until the market moves: pause it first
    POST   /control/market/funding            {"symbol", "rate"}: settle now. Neither this nor a quote set by hand
                                              shows in candles and funding history: those are the price source's
    POST   /control/market/status             {"symbol", "status"}: e.g. Closed, Trading
    POST   /control/clock                     {"offset_ms": 5000}: the API's clock goes wrong
    POST   /control/notices                   {"notices": [{"title", "state", "begin", "end"}]}: what
                                              /v5/system/status and the topic system.status announce
    POST   /control/restart                   {}: order/realtime forgets its closed orders
    POST   /control/streams                   {"do": "close" | "reset" | "eof" | "silent",
                                              "account": "", "stream": ""}
    POST   /control/listener                  {"refuse_s": 2}: refuse all new connections, this plane's too
    POST   /control/limits                    {}: lift bans, refill every quota
    GET, POST, DELETE /control/faults, DELETE /control/faults/{id}    see `faults`
"""

import json
from collections.abc import Awaitable, Callable, Collection, Mapping
from decimal import Decimal, InvalidOperation
from typing import Protocol

from aiohttp import web

from gridtrader.simulator.core.model import Reject
from gridtrader.simulator.market.api import Point
from gridtrader.simulator.server.accounts import Account, BadAccount, parse_account
from gridtrader.simulator.server.books import Json, account_card, books
from gridtrader.simulator.server.faults import BadFault, FaultBook, read_fault
from gridtrader.simulator.server.pulse import Pulse
from gridtrader.simulator.server.rest.system import notice
from gridtrader.simulator.server.streams.connection import Connection
from gridtrader.simulator.server.venue import Venue

LOOPBACK = ("127.0.0.1", "::1")
STREAM_HARMS = ("close", "reset", "eof", "silent")
KEY_REFUSALS = {
    10003: "API key is invalid.",
    10005: "Permission denied, please check your API key permissions.",
    10008: "User has been banned.",
    10010: "Unmatched IP, please check your API key's bound IP addresses.",
    33004: "Your api key has expired.",
}

Deed = Callable[["Command"], Json | Awaitable[Json]]


class Server(Protocol):
    """What the plane steers."""

    venue: Venue
    faults: FaultBook
    pulse: Pulse

    @property
    def connections(self) -> Collection[Connection]: ...
    def refuse_connections(self, seconds: float) -> None:
        """Stop listening for so long: new connections are refused, REST and control included."""
        ...

    def lift_limits(self) -> None:
        """Lift bans and refill every quota."""
        ...


class BadControl(ValueError):
    """A control request that makes no sense. The message says what is allowed."""


class Command:
    """A control request: what its path names, and its JSON body read field by field."""

    def __init__(self, path: Mapping[str, str], values: Mapping[str, object]) -> None:
        self.path = path
        self.all = values

    def text(self, name: str, default: str | None = None) -> str:
        value = self.all.get(name, default)
        if not isinstance(value, str):
            raise BadControl(f"{name}: {value!r} is not a text")
        return value

    def number(self, name: str) -> float:
        value = self.all.get(name)
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise BadControl(f"{name}: {value!r} is not a number")
        return value

    def decimal(self, name: str) -> Decimal | None:
        value = self.all.get(name)
        if value is None:
            return None
        try:
            number = Decimal(value) if isinstance(value, str) else None
        except InvalidOperation:
            number = None
        if number is None or not number.is_finite():
            raise BadControl(f"{name}: {value!r} is not a number written as a text")
        return number

    def required(self, name: str) -> Decimal:
        value = self.decimal(name)
        if value is None:
            raise BadControl(f"{name} is missing")
        return value


class Control:
    """The handlers of the plane."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._venue = server.venue

    def mount(self, router: web.UrlDispatcher) -> None:
        """Add the routes."""
        for method, path, deed in self._routes():
            router.add_route(method, f"/control{path}", self._guarded(deed))

    def _routes(self) -> tuple[tuple[str, str, Deed], ...]:
        return (
            ("GET", "/state", lambda _: self._state()),
            ("GET", "/accounts", lambda _: self._accounts()),
            ("POST", "/accounts", self._open),
            ("GET", "/accounts/{name}", self._books),
            ("POST", "/accounts/{name}/money", self._money),
            ("POST", "/accounts/{name}/key", self._key),
            ("POST", "/accounts/{name}/fees", self._fees),
            ("POST", "/market/{deed:pause|resume|step|speed}", self._market),
            ("POST", "/market/quote", self._quote),
            ("POST", "/market/funding", self._funding),
            ("POST", "/market/status", self._status),
            ("POST", "/clock", self._clock),
            ("POST", "/notices", self._notices),
            ("POST", "/restart", lambda _: self._restart()),
            ("POST", "/streams", self._streams),
            ("POST", "/listener", self._listener),
            ("POST", "/limits", lambda _: self._limits()),
            ("GET", "/faults", lambda _: self._show_faults()),
            ("POST", "/faults", self._add_fault),
            ("DELETE", "/faults", self._clear_faults),
            ("DELETE", "/faults/{id}", self._clear_faults),
        )

    def _guarded(self, deed: Deed) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            if request.remote not in LOOPBACK or request.headers.get("X-Control") != "1":
                return web.json_response(
                    {"error": "only from this machine, with the header X-Control: 1"}, status=403
                )
            try:
                body = json.loads(await request.read() or b"{}")
                if not isinstance(body, dict):
                    raise BadControl("the body is not a JSON object")
                done = deed(Command(request.match_info, body))
                reply = done if isinstance(done, dict) else await done
            except (BadControl, BadAccount, BadFault, Reject, ValueError) as problem:
                return web.json_response({"error": str(problem)}, status=400)
            self._venue.publish()
            return web.json_response(reply)

        return handle

    def _account(self, command: Command) -> Account:
        name = command.path["name"]
        account = self._venue.accounts.named(name)
        if account is None:
            raise BadControl(f"account {name!r} does not exist")
        return account

    def _symbol(self, command: Command) -> str:
        return self._venue.instrument(command.text("symbol")).symbol

    # --- looking ---

    def _state(self) -> Json:
        venue = self._venue
        return {
            "api_time": venue.clock.now(),
            "market_time": venue.market.now,
            "speed": venue.market_clock.speed,
            "is_paused": venue.market_clock.is_paused,
            "is_over": venue.market.is_over,
            "symbols": sorted(venue.instruments),
            "connections": [
                {"stream": each.stream, "account": each.names[0] if each.names else "", "topics": sorted(each.heard)}
                for each in self._server.connections
                if not each.socket.closed
            ],
            "bugs": venue.bugs,
        }

    def _accounts(self) -> Json:
        return {"accounts": [account_card(account) for account in self._venue.accounts]}

    def _books(self, command: Command) -> Json:
        return books(self._venue, self._account(command))

    # --- accounts ---

    def _open(self, command: Command) -> Json:
        demo = ":demo" if command.all.get("demo") is True else ""
        spec = parse_account(f"{command.text('key')}:{command.text('secret')}:{command.text('usdt')}{demo}")
        return account_card(self._venue.open_account(spec))

    def _money(self, command: Command) -> Json:
        self._venue.core.transfer(self._account(command).uid, command.required("usdt"), self._venue.now())
        return {}

    def _key(self, command: Command) -> Json:
        account = self._account(command)
        if "refuse" in command.all:
            code = command.all["refuse"]
            if code is not None and not isinstance(code, int):
                raise BadControl(f"refuse: {code!r} is not a retCode; allowed: a whole number, or null")
            account.refusal = None if code is None else Reject(code, command.text("text", KEY_REFUSALS.get(code, "")))
        if "read_only" in command.all:
            account.read_only = command.all["read_only"] is True
        return account_card(account)

    def _fees(self, command: Command) -> Json:
        account = self._account(command)
        maker, taker = command.required("maker"), command.required("taker")
        self._venue.core.set_fee_rates(account.uid, maker, taker)
        account.maker_fee, account.taker_fee = maker, taker
        return {}

    # --- market ---

    async def _market(self, command: Command) -> Json:
        clock, deed = self._venue.market_clock, command.path["deed"]
        if deed == "pause":
            clock.pause()
        elif deed == "resume":
            clock.resume()
        elif deed == "speed":
            clock.set_speed(_not_negative("speed", command.number("speed")))
        else:
            await self._server.pulse.advance(clock.step(int(_not_negative("ms", command.number("ms")))))
        return {"market_time": self._venue.market.now}

    def _quote(self, command: Command) -> Json:
        symbol = self._symbol(command)
        last = command.required("last")
        point = Point(
            time=self._venue.market.now,
            last=last,
            bid=command.decimal("bid") or last,
            ask=command.decimal("ask") or last + self._venue.instruments[symbol].tick_size,
            mark=command.decimal("mark") or last,
            index=command.decimal("index") or last,
            bid_size=command.decimal("bid_size"),
            ask_size=command.decimal("ask_size"),
            is_jump=True,
        )
        self._venue.move(symbol, point)
        return {}

    def _funding(self, command: Command) -> Json:
        self._venue.core.settle_funding(self._symbol(command), command.required("rate"), self._venue.now())
        return {}

    def _status(self, command: Command) -> Json:
        self._venue.core.set_status(self._symbol(command), command.text("status"), self._venue.now())
        return {}

    def _clock(self, command: Command) -> Json:
        self._venue.clock.offset_ms = int(command.number("offset_ms"))
        return {"api_time": self._venue.clock.now()}

    def _notices(self, command: Command) -> Json:
        values = command.all.get("notices")
        if not isinstance(values, list) or not all(isinstance(each, dict) for each in values):
            raise BadControl(f"notices: {values!r} is not a list of objects")
        self._venue.notices = [notice(each) for each in values]
        return {"notices": self._venue.notices}

    def _restart(self) -> Json:
        self._venue.reads.restart()
        return {}

    # --- harm ---

    async def _streams(self, command: Command) -> Json:
        deed, account, stream = command.text("do"), command.text("account", ""), command.text("stream", "")
        if deed not in STREAM_HARMS:
            raise BadControl(f"do: {deed!r} is not known; allowed: {', '.join(STREAM_HARMS)}")
        struck = [
            each for each in self._server.connections if account in ("", *each.names) and stream in ("", each.stream)
        ]
        for connection in struck:
            if deed == "close":
                connection.close_soon()
            elif deed == "reset":
                connection.reset()
            elif deed == "eof":
                connection.hang_up()
            else:
                connection.is_silent = True
        return {"struck": len(struck)}

    def _listener(self, command: Command) -> Json:
        self._server.refuse_connections(_not_negative("refuse_s", command.number("refuse_s")))
        return {}

    def _limits(self) -> Json:
        self._server.lift_limits()
        return {}

    def _show_faults(self) -> Json:
        return {"faults": [fault.shown() for fault in self._server.faults]}

    def _add_fault(self, command: Command) -> Json:
        return self._server.faults.add(read_fault(command.all)).shown()

    def _clear_faults(self, command: Command) -> Json:
        fault_id = command.path.get("id")
        return {"cleared": self._server.faults.clear(None if fault_id is None else int(fault_id))}


def _not_negative(name: str, value: float) -> float:
    if value < 0:
        raise BadControl(f"{name}: {value} is too small; allowed: at least 0")
    return value
