"""One account's way to the exchange: budget, send, log, open the envelope. What the answer means is decided above."""

import itertools
import json
import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gridtrader.engine.ports import Clock, Lane, Refusal
from gridtrader.exchange import codes
from gridtrader.exchange.credentials import ApiKey
from gridtrader.exchange.endpoints import Endpoint, Quota
from gridtrader.exchange.fields import BadMessage, Row
from gridtrader.exchange.http import BybitHTTP, Reply
from gridtrader.exchange.rate_budget import AccountBudget, NoBudget
from gridtrader.exchange.settings import EdgeSettings
from gridtrader.exchange.skew import ClockSkew

_DONE: Final = 200
_FORBIDDEN: Final = 403
_OVERLOADED: Final = 429
_SERVER_FAULT: Final = 500
_TOO_FREQUENT: Final = "access too frequent"


class NotSent(Exception):
    """Our own budget (RATE), or a missing key (KEY), kept the request back. Nothing was done."""

    def __init__(self, refusal: Refusal, text: str) -> None:
        super().__init__(f"not sent: {text}")
        self.refusal = refusal


class NoAnswer(Exception):
    """The request may have been carried out, but no usable answer came. The text is fit for a log.

    `status` is that of HTTP, 0 if not even that came.
    """

    def __init__(self, text: str, status: int = 0) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True)
class Answer:
    """An opened envelope: `code` 0 means done; `time_ms` is the exchange's time, 0 where it did not tell it."""

    code: int
    text: str
    time_ms: int
    envelope: Row

    @property
    def result(self) -> Row:
        """Return the result of a success. Raises `BadMessage`."""
        return self.envelope.row("result")

    @property
    def extra(self) -> Row:
        """Return `retExtInfo` of a success. Raises `BadMessage`."""
        return self.envelope.row("retExtInfo")


class Wire:
    """Sends requests one at a time, whichever threads they come from."""

    def __init__(
        self,
        base: str,
        key: ApiKey | None,
        settings: EdgeSettings,
        budget: AccountBudget,
        clock: Clock,
        log: logging.Logger,
    ) -> None:
        self.skew = ClockSkew(clock, settings.max_clock_skew_ms, settings.future_tolerance_ms)
        self.budget = budget
        self._key = key
        self._settings = settings
        self._clock = clock
        self._log = log
        self._http = BybitHTTP(
            base,
            key,
            self.skew.now_ms,
            settings.request_timeout_s,
            settings.recv_window_ms,
            settings.max_message_bytes,
        )
        self._one_at_a_time = threading.Lock()
        self._numbers = itertools.count(1)

    def close(self) -> None:
        """Close the connections. A request under way ends with `NoAnswer`."""
        self._http.abort()
        self._http.close()

    def distrust(self) -> None:
        """Send the next request on a new connection.

        After an answer that does not fit its request, the next one might be that to the request before.
        """
        self._http.close()

    def unfit(self, error: BadMessage) -> str:
        """Return what may be said of an answer that does not fit; its connection is not used again."""
        self.distrust()
        return self.mask(str(error))

    def ask(
        self, endpoint: Endpoint, parameters: Mapping[str, object], lane: Lane = Lane.READ, orders: int = 1
    ) -> Answer:
        """Send one request of so many orders and return the exchange's answer, be it an error code.

        It has one deadline, `request_timeout_s` from now, the wait for the rate limits not counted: after it nothing
        is sent any more. Raises `NotSent` or `NoAnswer`.
        """
        until = self._clock.monotonic() + self._settings.request_timeout_s
        if endpoint.quota is not Quota.PUBLIC:
            if self._key is None:
                raise NotSent(Refusal.KEY, f"{endpoint.path} needs an API key")
            if not self.skew.is_known:
                self._measure_skew(lane, until)
        waiting_since = self._clock.monotonic()
        try:
            self.budget.acquire(endpoint, orders, lane)
        except NoBudget as error:
            self._log.warning("not sent: %s", error)
            raise NotSent(Refusal.RATE, str(error)) from None
        return self._exchange(endpoint, parameters, until + self._clock.monotonic() - waiting_since)

    def _measure_skew(self, lane: Lane, until: float) -> None:
        """Ask for the time once before anything is signed; where that fails, the host's clock must do."""
        try:
            self.budget.acquire(Endpoint.TIME, 1, lane)
            self._exchange(Endpoint.TIME, {}, until)
        except (NoBudget, NoAnswer, NotSent) as error:
            self._log.warning("the exchange's time is not known yet: %s", error)

    def _exchange(self, endpoint: Endpoint, parameters: Mapping[str, object], until: float) -> Answer:
        number = next(self._numbers)
        with self._one_at_a_time:
            sent_ms, started = self._clock.now_ms(), self._clock.monotonic()
            if started >= until:
                self._log.warning("not sent: %s: its time has passed while it waited", endpoint.path)
                raise NotSent(Refusal.RATE, f"{endpoint.path}: its time has passed while it waited")
            self._log.info("> %d %s %s", number, endpoint.path, json.dumps(parameters))
            try:
                reply = self._http.call(endpoint.method, parameters, until - started)
            except Exception as error:  # noqa: BLE001  # pybit and requests let through whatever they meet
                reason = self.mask(f"{type(error).__name__}: {error}")
                self._log.warning("< %d %s no answer: %s", number, endpoint.path, reason)
                raise NoAnswer(f"{endpoint.path}: {reason}") from None
            received_ms, took_s = self._clock.now_ms(), self._clock.monotonic() - started
        body = self.mask(reply.body.decode("utf-8", "replace"))
        try:
            answer = self._open(endpoint, reply)
        except (BadMessage, ValueError, RecursionError) as error:
            self._log.error("< %d %s HTTP %d %.0f ms %s", number, endpoint.path, reply.status, took_s * 1000, body)
            self.distrust()
            reason = f"{endpoint.path}: HTTP {reply.status}, {self.mask(str(error))}"
            raise NoAnswer(reason, reply.status) from None
        self._heed(endpoint, reply, answer, sent_ms, received_ms)
        level = logging.INFO if answer.code == codes.OK or answer.code in codes.SOFT else logging.WARNING
        shown = body if level == logging.WARNING else self._shorten(body)
        self._log.log(level, "< %d %s HTTP %d %.0f ms %s", number, endpoint.path, reply.status, took_s * 1000, shown)
        return answer

    def _open(self, endpoint: Endpoint, reply: Reply) -> Answer:
        """Raises BadMessage or ValueError for a body that is not the exchange's envelope."""
        if reply.status == _FORBIDDEN and _TOO_FREQUENT in reply.body.decode("utf-8", "replace").lower():
            return Answer(codes.RATE_OF_ADDRESS, "HTTP 403, access too frequent", 0, Row({}, endpoint.path))
        if reply.status == _OVERLOADED or reply.status >= _SERVER_FAULT:
            raise ValueError("the server is in trouble")
        envelope = Row(json.loads(reply.body), endpoint.path)
        code = envelope.whole("retCode")
        if reply.status != _DONE and code == codes.OK:
            raise ValueError("yet retCode 0")
        time_ms = envelope.whole("time", least=1) if envelope.has("time") else 0
        return Answer(code, self.mask(envelope.text("retMsg")), time_ms, envelope)

    def _heed(self, endpoint: Endpoint, reply: Reply, answer: Answer, sent_ms: int, received_ms: int) -> None:
        """Learn what the answer says beside its content: the time, the limits, that they were exceeded."""
        if answer.time_ms and not self.skew.observe(sent_ms, received_ms, answer.time_ms):
            self._log.error("server time %d ms is not believed: ours is %d ms", answer.time_ms, received_ms)
        limit = reply.headers.get("X-Bapi-Limit", "")
        if limit.isascii() and limit.isdigit() and len(limit) < 7:
            self.budget.lower_limit(endpoint, int(limit))
        if answer.code == codes.RATE_OF_ACCOUNT:
            self.pause(endpoint, reply.headers.get("X-Bapi-Limit-Reset-Timestamp", ""))
        elif answer.code == codes.RATE_OF_ADDRESS:
            self._log.error("the exchange has barred this address; silence for %s s", self._settings.ip_ban_pause_s)
            self.budget.close_address(self._settings.ip_ban_pause_s)

    def pause(self, endpoint: Endpoint, reset_ms: str = "") -> None:
        """Rest one endpoint until the exchange's reset time, within bounds; for a second where it is not told."""
        known = reset_ms.isascii() and reset_ms.isdigit() and len(reset_ms) < 20
        self.budget.close(endpoint, (int(reset_ms) - self.skew.now_ms()) / 1000 if known else 1.0)

    def mask(self, text: str) -> str:
        """Return `text` as it may leave the edge: without key, secret and signatures."""
        return self._key.mask(text) if self._key else text

    def _shorten(self, text: str) -> str:
        most = self._settings.log_reply_chars
        return text if len(text) <= most else f"{text[:most]}… ({len(text)} characters)"
