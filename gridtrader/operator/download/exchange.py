"""The exchange's public history over REST: one request at a time, well below the limits, patient with trouble.

Only the client library's public `get_…` methods are called, unsigned. Every request counts against a budget of its
own, a tenth of what the exchange allows an address, so that a daemon beside it keeps what it needs.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from gridtrader.engine.ports import Clock, GatewayError, Lane, Unreachable
from gridtrader.exchange import codes
from gridtrader.exchange.endpoints import Endpoint
from gridtrader.exchange.fields import BadMessage, Row
from gridtrader.exchange.http import BybitHTTP, Reply
from gridtrader.exchange.market import contract_questions
from gridtrader.exchange.messages import CATEGORY
from gridtrader.exchange.rate_budget import NoBudget, RateBudget
from gridtrader.exchange.rows import SETTLE_COIN
from gridtrader.exchange.settings import EdgeSettings
from gridtrader.history.rows import Record, read_page
from gridtrader.history.series import MINUTE_MS, Kind, Series

REQUESTS_PER_5_S: Final = 60
"""Of the 600 of an address; a daemon takes 480 of them unless configured otherwise."""
PAUSES_S: Final = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Before the second to the sixth try; after those a request is given up."""

_LONGEST: Final = 200
_DONE: Final = 200
_FORBIDDEN: Final = 403
_TOO_FREQUENT: Final = "access too frequent"
_MAY_PASS: Final = frozenset({_FORBIDDEN, 408, 425, 429})
"""HTTP statuses below 500 that are no final no."""
_METHODS: Final = {
    Kind.PRICES: ("get_kline", "market/kline"),
    Kind.MARK: ("get_mark_price_kline", "market/mark-price-kline"),
    Kind.FUNDING: ("get_funding_rate_history", "market/funding/history"),
}

Result = TypeVar("Result")


class Declined(GatewayError):
    """The exchange said no, and would say so again."""


class NoSuchContract(Exception):
    """There is no USDT perpetual of that name; the message is whole."""


class _Trouble(Exception):
    """Something that may pass; the next try should wait at least so long."""

    def __init__(self, text: str, least_pause_s: float = 0.0) -> None:
        super().__init__(text)
        self.least_pause_s = least_pause_s


@dataclass(frozen=True, slots=True)
class Contract:
    """What is asked of a contract before its history: that it is there, and how far its settlements are apart."""

    symbol: str
    settled_ms: int


class PublicExchange:
    """A `Source` of history. `tell` hears of every trouble that is waited out. For one thread."""

    def __init__(self, rest: str, edge: EdgeSettings, clock: Clock, tell: Callable[[str], None]) -> None:
        self.rest: Final = rest
        self.now_ms = 0
        """The exchange's time as of its last answer; 0 before the first."""
        self._edge = edge
        self._clock = clock
        self._tell = tell
        limit = min(REQUESTS_PER_5_S, edge.ip_requests_per_5_s)
        self._budget = RateBudget(replace(edge, ip_requests_per_5_s=limit), clock).account("download")
        self._http = BybitHTTP(
            rest, None, clock.now_ms, edge.request_timeout_s, edge.recv_window_ms, edge.max_message_bytes
        )

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def contract(self, symbol: str) -> Contract:
        """Return a contract, whether it still trades or not. Raises NoSuchContract or Unreachable."""

        def read(result: Row) -> Contract | None:
            rows = [Row(each, f"{result.place} {symbol}") for each in result.list("list")]
            row = next((each for each in rows if each.text("symbol") == symbol), None)
            if row is None:
                return None
            told = [row.text(key) for key in ("contractType", "quoteCoin", "settleCoin")]
            if told != ["LinearPerpetual", SETTLE_COIN, SETTLE_COIN]:
                raise NoSuchContract(f"{symbol} is {' '.join(told)}; expected a USDT perpetual")
            return Contract(symbol, row.whole("fundingInterval", least=1) * MINUTE_MS)

        try:
            for asked in contract_questions(symbol):
                found = self._ask("get_instruments_info", asked, "market/instruments-info", read)
                if found is not None:
                    return found
        except Declined as error:
            raise NoSuchContract(f"{symbol}: the exchange has no such contract ({error})") from None
        raise NoSuchContract(f"{symbol}: the exchange has no such contract")

    def page(self, series: Series, start: int, last: int, limit: int) -> Sequence[Record]:
        """Return one page, see `Source`. Raises Declined or Unreachable."""
        method, place = _METHODS[series.kind]
        asked: dict[str, object] = {"category": CATEGORY, "symbol": series.symbol, "limit": limit}
        if series.kind is Kind.FUNDING:
            asked |= {"startTime": start, "endTime": last}
        else:
            asked |= {"interval": series.interval.code, "start": start, "end": last}
        return self._ask(
            method, asked, f"{place} {series.symbol}", lambda result: read_page(result, series, start, last)
        )

    def _ask(self, method: str, asked: Mapping[str, object], place: str, read: Callable[[Row], Result]) -> Result:
        for pause_s in PAUSES_S:
            try:
                return self._once(method, asked, place, read)
            except _Trouble as trouble:
                wait_s = max(pause_s, trouble.least_pause_s)
                self._tell(f"{trouble}; the next try is in {wait_s:g} s")
                self._clock.sleep(wait_s)
        try:
            return self._once(method, asked, place, read)
        except _Trouble as trouble:
            raise Unreachable(f"{self.rest}: {trouble}; given up after {len(PAUSES_S) + 1} tries") from None

    def _once(self, method: str, asked: Mapping[str, object], place: str, read: Callable[[Row], Result]) -> Result:
        """Send one request and read its answer. Raises Declined or _Trouble."""
        try:
            self._budget.acquire(Endpoint.TIME, 1, Lane.READ)
            reply = self._http.call(method, asked)
        except NoBudget as error:
            raise _Trouble(str(error)) from None
        except Exception as error:  # noqa: BLE001  # pybit and requests let through whatever they meet
            raise _Trouble(f"{place}: {_shortened(error)}") from None
        self._judge_status(reply, place)
        try:
            envelope = Row(json.loads(reply.body), place)
            code, text = envelope.whole("retCode"), envelope.text("retMsg")
            if code == codes.OK:
                result = read(envelope.row("result"))
                self.now_ms = envelope.whole("time", least=1)
                return result
        except (BadMessage, ValueError, RecursionError) as error:
            self._http.close()  # the next answer on this connection might be that to the request before
            raise _Trouble(f"{place}: {error}") from None
        said = f"{place}: {text} (retCode {code})"
        if code == codes.RATE_OF_ADDRESS:
            raise _Trouble(said, self._edge.ip_ban_pause_s)
        if code == codes.RATE_OF_ACCOUNT:
            raise _Trouble(said, self._until_reset_s(reply))
        if code in codes.AMBIGUOUS:
            raise _Trouble(said)
        raise Declined(said)

    def _judge_status(self, reply: Reply, place: str) -> None:
        """Return if an envelope can be in the answer. Raises Declined or _Trouble."""
        if reply.status == _DONE:
            return
        said = f"{place}: HTTP {reply.status}"
        if reply.status == _FORBIDDEN and _TOO_FREQUENT in reply.body.decode("utf-8", "replace").lower():
            raise _Trouble(f"{said}, the exchange has barred this address", self._edge.ip_ban_pause_s)
        if reply.status in _MAY_PASS or reply.status >= 500:
            raise _Trouble(said)
        raise Declined(said)

    def _until_reset_s(self, reply: Reply) -> float:
        """Return the seconds until the reset the exchange tells, within bounds: it may lie in the past or far off."""
        told = reply.headers.get("X-Bapi-Limit-Reset-Timestamp", "")
        if not (told.isascii() and told.isdigit() and len(told) < 20):
            return 0.0
        return min(max(0.0, (int(told) - self._clock.now_ms()) / 1000), self._edge.bucket_pause_max_s)


def _shortened(error: Exception) -> str:
    """Return an error in one line; those of connections are long, and of several lines."""
    text = " ".join(f"{type(error).__name__}: {error}".split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
