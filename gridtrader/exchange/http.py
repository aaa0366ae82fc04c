"""pybit's HTTP client with its judgement taken out: it signs and sends once, and hands back whatever came.

pybit retries, sleeps in the caller's thread, swallows return codes and may send an order twice; here its request loop
runs exactly once and every answer, good or bad, becomes a `Reply`.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import requests
from pybit.unified_trading import HTTP
from requests.adapters import HTTPAdapter

from gridtrader.exchange.attempt import Attempt, Late, pools
from gridtrader.exchange.body import whole_body
from gridtrader.exchange.credentials import ApiKey
from gridtrader.exchange.deadlines import DEADLINES
from gridtrader.exchange.tls import http_context

_NEVER: Final = frozenset({object()})
"""`retry_codes` that match nothing. An empty set would bring pybit's own back, and any number could come from a
server."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: HTTP status, headers (without regard to case) and the body as it was."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class TooSlow(Exception):
    """The answer was not complete at the request's deadline."""


class BybitHTTP(HTTP):
    """One session of one account. `call` may be used by one thread at a time.

    `endpoint` may have a path before /v5; `now_ms` is the exchange's time, for the signatures; without a key only
    public methods work.
    """

    def __init__(
        self,
        endpoint: str,
        key: ApiKey | None,
        now_ms: Callable[[], int],
        timeout_s: float,
        recv_window_ms: int,
        most_bytes: int,
    ) -> None:
        self._base = endpoint
        self._key = key
        self._now_ms = now_ms
        self._most_bytes = most_bytes
        super().__init__(  # type: ignore[no-untyped-call]
            api_key=key.key if key else None,
            api_secret=key.secret if key else None,
            timeout=timeout_s,
            recv_window=recv_window_ms,
            max_retries=1,
            retry_codes=_NEVER,
        )

    def __post_init__(self) -> None:
        """Do what pybit does here, without its log handler on every client and with a session of our own."""
        self.endpoint = self._base
        self.logger = logging.getLogger("pybit")
        self._adapter = _Adapter()
        self.client = _Session(self._adapter)

    def __repr__(self) -> str:
        """Return what may be shown: pybit's own repr is a dataclass's, with key and secret."""
        return f"BybitHTTP({self._base}, {self._key.masked if self._key else 'no key'})"

    def call(self, method: str, parameters: Mapping[str, object], timeout_s: float | None = None) -> Reply:
        """Send one request by pybit's `method` and return the answer, whatever it says.

        Name server, connection, TLS, request and answer together have `timeout_s` (the constructor's, if not given);
        nothing is sent after it. Raises `TooSlow`, or what requests and urllib3 raise; nothing is ever sent again.
        """
        limit_s = self.timeout if timeout_s is None else timeout_s
        ended = self._adapter.begin(limit_s)
        try:
            with DEADLINES.limit(limit_s, self._adapter.expire):
                reply = getattr(self, method)(**parameters)
        except Exception as error:
            if ended() or isinstance(error, Late):
                raise TooSlow(f"no complete answer within {limit_s:.3g} s") from error
            raise
        if not isinstance(reply, Reply):
            raise TypeError(f"pybit's {method} returned {type(reply).__name__}")
        if ended():
            raise TooSlow(f"no complete answer within {limit_s:.3g} s")
        return reply

    def abort(self) -> None:
        """End the request under way, from any thread; `call` ends with an error and sends nothing more."""
        self._adapter.expire()

    def close(self) -> None:
        """Close the connections that are not in use."""
        self.client.close()

    # --- what pybit calls ---

    def _prepare_headers(
        self, payload: str, recv_window: int, content_type: str = "application/json"
    ) -> dict[str, str]:
        """Sign with the exchange's time instead of the host's."""
        timestamp = self._now_ms()
        return {
            "Content-Type": content_type,
            "X-BAPI-API-KEY": self.api_key,
            "X-BAPI-SIGN": self._auth(payload, recv_window, timestamp),  # type: ignore[no-untyped-call]
            "X-BAPI-SIGN-TYPE": "2",
            "X-BAPI-TIMESTAMP": str(timestamp),
            "X-BAPI-RECV-WINDOW": str(recv_window),
        }

    def _log_request(self, *_: object) -> None:
        """Log nothing: pybit would write key and signature."""

    def _check_status_code(self, *_: object) -> None:
        """Accept every status: it is judged by the caller."""

    def _handle_response(self, response: requests.Response, *_: object) -> Reply:
        with response:
            return Reply(response.status_code, response.headers, whole_body(response.raw, self._most_bytes))


class _Session(requests.Session):
    """A session that reads no environment (proxies, netrc: a third of a request's time) and follows no redirect."""

    def __init__(self, adapter: "_Adapter") -> None:
        super().__init__()
        self.trust_env = False
        self.mount("https://", adapter)
        self.mount("http://", adapter)
        self.headers.update(
            {"Content-Type": "application/json", "Accept": "application/json", "Accept-Encoding": "gzip"}
        )

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        # A redirect would take the signed headers, and an order turned into a GET, to wherever it points.
        kwargs["allow_redirects"] = False
        kwargs["stream"] = True  # the body is read within bounds, by `whole_body`
        return super().send(request, **kwargs)

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return None: requests would read the whole body of a redirect it does not follow."""


class _Adapter(HTTPAdapter):
    """Connections that share one TLS context, and of which none outlives the deadline of its request."""

    def __init__(self) -> None:
        self._current = Attempt()
        super().__init__(pool_connections=1, pool_maxsize=1)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs, ssl_context=http_context())
        self.poolmanager.pool_classes_by_scheme = pools(self._current)

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:  # noqa: ARG002  # requests' signature
        """Ask for a valid certificate, without loading the authorities anew for every connection."""
        conn.cert_reqs = "CERT_REQUIRED"

    def begin(self, seconds: float) -> Callable[[], bool]:
        """Begin a request of so many seconds; what is returned tells whether they have passed."""
        return self._current.begin(seconds)

    def expire(self) -> None:
        """End the request under way: whoever reads from its connection sees its end, and nothing more is sent."""
        self._current.expire()
