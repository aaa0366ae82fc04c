"""The embedded exchange for tests: a context manager with a hand on the control plane.

    with EmbeddedExchange(accounts=["key:secret:10000"]) as exchange:
        exchange.quote("BTCUSDT", "65000")
        exchange.fault(point="rest", kind="stall", seconds=2, match="/v5/order/create")
        exchange.books("key")["open_orders"]

The market stands still (`speed=0`) unless a test says otherwise: prices move by `quote` and `step`. Leaving the
context fails the test if the exchange found a bug in itself.
"""

import json
import time
from collections.abc import Sequence
from http.client import HTTPConnection
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from gridtrader.simulator.server.accounts import parse_account
from gridtrader.simulator.server.app import Urls
from gridtrader.simulator.server.assembly import ExchangeConfig
from gridtrader.simulator.server.options import read_options
from gridtrader.simulator.server.thread import ExchangeThread

SYMBOLS = ("BTCUSDT", "DOGEUSDT")
CONTROL_TIMEOUT_S = 10
WAIT_S = 10


class ControlRefused(Exception):
    """The control plane did not do what it was told."""


class EmbeddedExchange:
    """An exchange in a background thread of this process, on a free port."""

    def __init__(
        self,
        accounts: Sequence[str] = ("key:secret:10000",),
        *,
        symbols: Sequence[str] | None = SYMBOLS,
        prices: Sequence[str] = ("synthetic",),
        seed: int = 1,
        speed: float = 0,
        options: Sequence[str] = (),
    ) -> None:
        """`accounts` are KEY:SECRET:USDT[:demo], `options` NAME=VALUE as on the command line."""
        core, wire = read_options(options)
        config = ExchangeConfig(
            accounts=tuple(map(parse_account, accounts)),
            prices=tuple(prices),
            symbols=None if symbols is None else tuple(symbols),
            seed=seed,
            speed=speed,
            options=core,
            wire=wire,
        )
        self.thread = ExchangeThread(config)

    def __enter__(self) -> "EmbeddedExchange":
        self.urls: Urls = self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        bugs = list(self.thread.server.venue.bugs)
        self.thread.stop()
        if kind is None and bugs:
            raise AssertionError("the exchange has a bug:\n" + "\n".join(bugs))

    # --- market ---

    def quote(self, symbol: str, last: str, **others: str) -> None:
        """Set the market: `bid`, `ask`, `mark`, `index`, `bid_size`, `ask_size` follow from `last` if not given."""
        self.control("POST", "/market/quote", symbol=symbol, last=last, **others)

    def step(self, market_ms: int) -> None:
        """Let so much market time pass at once."""
        self.control("POST", "/market/step", ms=market_ms)

    def speed(self, speed: float) -> None:
        """Let the market run: market seconds per second."""
        self.control("POST", "/market/speed", speed=speed)

    def fund(self, symbol: str, rate: str) -> None:
        """Settle funding now."""
        self.control("POST", "/market/funding", symbol=symbol, rate=rate)

    def set_status(self, symbol: str, status: str) -> None:
        """Halt ("PreLaunch"), wind down ("Delivering"), end ("Closed") or reopen ("Trading") a contract."""
        self.control("POST", "/market/status", symbol=symbol, status=status)

    # --- accounts ---

    def books(self, account: str) -> dict[str, Any]:
        """Return everything the exchange knows of an account, exact numbers as texts."""
        return self.control("GET", f"/accounts/{account}")

    def open_account(self, key: str, secret: str, usdt: str, *, demo: bool = False) -> None:
        self.control("POST", "/accounts", key=key, secret=secret, usdt=usdt, demo=demo)

    def deposit(self, account: str, usdt: str) -> None:
        """Put money in, or take it out (`usdt` < 0)."""
        self.control("POST", f"/accounts/{account}/money", usdt=usdt)

    def revoke(self, account: str, code: int | None = 10003) -> None:
        """Refuse every request of a key with `code`; None makes it good again."""
        self.control("POST", f"/accounts/{account}/key", refuse=code)

    # --- harm ---

    def fault(self, **fields: Any) -> int:
        """Set a fault (`gridtrader.simulator.server.faults` lists them) and return its id."""
        return int(self.control("POST", "/faults", **fields)["id"])

    def clear_faults(self) -> None:
        self.control("DELETE", "/faults")

    def strike_streams(self, deed: str, *, account: str = "", stream: str = "") -> int:
        """Do "close", "reset" or "silent" to open streams and return to how many."""
        return int(self.control("POST", "/streams", do=deed, account=account, stream=stream)["struck"])

    def refuse_connections(self, seconds: float) -> None:
        """Refuse every new connection for so long, of this class as well."""
        self.control("POST", "/listener", refuse_s=seconds)

    def shift_clock(self, offset_ms: int) -> None:
        """Make the API's clock wrong by so much. Times in the books never go back, even if the clock does."""
        self.control("POST", "/clock", offset_ms=offset_ms)

    def wait_for_listener(self, *topics: str, account: str = "") -> None:
        """Wait until one open stream (of that account) is pushed all these topics."""
        deadline = time.monotonic() + WAIT_S
        while not any(
            set(topics) <= set(each["topics"]) and account in ("", each["account"])
            for each in self.state()["connections"]
        ):
            if time.monotonic() > deadline:
                raise AssertionError(f"nobody listens to {topics}: {self.state()['connections']}")
            time.sleep(0.005)

    def state(self) -> dict[str, Any]:
        """Return clocks, connections and the like."""
        return self.control("GET", "/state")

    def control(self, method: str, path: str, **values: Any) -> dict[str, Any]:
        """Talk to the control plane. Raises ControlRefused with its words."""
        place = urlsplit(self.urls.control)
        connection = HTTPConnection(place.hostname or "", place.port, timeout=CONTROL_TIMEOUT_S)
        try:
            connection.request(method, place.path + path, json.dumps(values), {"X-Control": "1"})
            reply = connection.getresponse()
            answer = json.loads(reply.read())
        finally:
            connection.close()
        if reply.status != 200:
            raise ControlRefused(f"{method} {path}: {answer['error']}")
        return dict(answer)
