"""Questions to endpoints a trading account never asks: one request each, its envelope opened, nothing more.

Only the client library's `get_…` methods are taken, all of which send GET: nothing here can change an account.
"""

import json
from collections.abc import Callable, Mapping
from typing import Final

from gridtrader.engine.ports import Lane, Refusal, Refused, Unreachable
from gridtrader.exchange import codes
from gridtrader.exchange.credentials import ApiKey
from gridtrader.exchange.endpoints import Endpoint
from gridtrader.exchange.fields import BadMessage, Row
from gridtrader.exchange.http import BybitHTTP
from gridtrader.exchange.messages import CATEGORY
from gridtrader.exchange.rate_budget import AccountBudget, NoBudget
from gridtrader.exchange.settings import EdgeSettings

_DONE: Final = 200
_FORBIDDEN: Final = 403
_TOO_FREQUENT: Final = b"access too frequent"


class Direct:
    """One account's way to such endpoints, or, without a key, everybody's to public ones.

    `now_ms` is the exchange's time, for the signatures. Every request counts against `budget` as one of the address.
    """

    def __init__(
        self, rest: str, key: ApiKey | None, settings: EdgeSettings, budget: AccountBudget, now_ms: Callable[[], int]
    ) -> None:
        self._key = key
        self._budget = budget
        self._ban_pause_s = settings.ip_ban_pause_s
        self._http = BybitHTTP(
            rest, key, now_ms, settings.request_timeout_s, settings.recv_window_ms, settings.max_message_bytes
        )

    def risk_limit(self, symbol: str) -> Row:
        """Return the result of market/risk-limit. Raises `Refused` or `Unreachable`."""
        return self._ask("get_risk_limit", {"category": CATEGORY, "symbol": symbol}, "market/risk-limit")

    def instruments(self, asked: Mapping[str, object]) -> Row:
        """Return the result of market/instruments-info. Raises `Refused` or `Unreachable`."""
        return self._ask("get_instruments_info", asked, "market/instruments-info")

    def ticker(self, symbol: str) -> Row:
        """Return the result of market/tickers. Raises `Refused` or `Unreachable`."""
        return self._ask("get_tickers", {"category": CATEGORY, "symbol": symbol}, "market/tickers")

    def funding_history(self, symbol: str) -> Row:
        """Return the result of market/funding/history: the newest 200. Raises `Refused` or `Unreachable`."""
        asked = {"category": CATEGORY, "symbol": symbol, "limit": 200}
        return self._ask("get_funding_rate_history", asked, "market/funding/history")

    def key_information(self) -> Row:
        """Return the result of user/query-api. Raises `Refused` or `Unreachable`."""
        return self._ask("get_api_key_information", {}, "user/query-api")

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _ask(self, method: str, parameters: Mapping[str, object], place: str) -> Row:
        try:
            self._budget.acquire(Endpoint.TIME, 1, Lane.READ)
            reply = self._http.call(method, parameters)
        except NoBudget as error:
            raise Refused(Refusal.RATE, codes.OK, f"not sent: {error}") from None
        except Exception as error:  # noqa: BLE001  # pybit and requests let through whatever they meet
            raise Unreachable(f"{place}: {self._hide(f'{type(error).__name__}: {error}')}") from None
        if reply.status == _FORBIDDEN and _TOO_FREQUENT in reply.body.lower():
            self._budget.close_address(self._ban_pause_s)  # everybody's silence, not only ours
        try:
            if reply.status != _DONE:
                raise ValueError(f"HTTP {reply.status}")
            envelope = Row(json.loads(reply.body), place)
            code = envelope.whole("retCode")
            text = self._hide(envelope.text("retMsg"))
            if code == codes.RATE_OF_ADDRESS:
                self._budget.close_address(self._ban_pause_s)
            if code == codes.OK:
                return envelope.row("result")
        except (BadMessage, ValueError, RecursionError) as error:
            raise Unreachable(f"{place}: {self._hide(str(error))}") from None
        if code in codes.AMBIGUOUS:
            raise Unreachable(f"{place}: {text} (retCode {code})")
        raise Refused(codes.refusal_of(code, text), code, f"{place}: {text}")

    def _hide(self, text: str) -> str:
        return self._key.mask(text) if self._key else text
