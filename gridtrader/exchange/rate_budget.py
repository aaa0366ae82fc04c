"""Stay below the exchange's rate limits before it has to say so, and fairly between the accounts (C6).

Two limits hold at once. *Per account and endpoint*: so many requests in any rolling second. *Per IP address*: so many
in any five seconds, shared by all accounts of the process: half of it is divided among them in equal shares that
nobody else can spend, the other half goes to whoever asks first. Nothing here sleeps under its lock, and time comes
from the clock alone.
"""

import itertools
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from gridtrader.engine.ports import Clock, Lane
from gridtrader.exchange.endpoints import Endpoint
from gridtrader.exchange.settings import EdgeSettings

_IP_WINDOW_S: Final = 5.0
_LEAST_WAIT_S: Final = 0.001
_LONGEST_SLEEP_S: Final = 0.25
"""So soon one that waits notices that its account has left."""
_NEVER: Final = float("inf")


class NoBudget(Exception):
    """The request may not be sent within the time it can wait. Nothing was sent."""


@dataclass(slots=True)
class Window:
    """What was spent within the last `span_s` seconds."""

    span_s: float
    used: int = 0
    _spent: deque[tuple[float, int]] = field(default_factory=deque)

    def take(self, now: float, weight: int) -> None:
        self._spent.append((now, weight))
        self.used += weight

    def forget(self, now: float) -> None:
        """Drop what is older than the window: at exactly `span_s` it still counts."""
        while self._spent and now - self._spent[0][0] > self.span_s:
            self.used -= self._spent.popleft()[1]

    def frees_at(self, weight: int) -> float:
        """Return when `weight` of what was spent will have left the window (never, if less was spent)."""
        for at, spent in self._spent:
            weight -= spent
            if weight <= 0:
                return at + self.span_s + _LEAST_WAIT_S
        return _NEVER


class RateBudget:
    """The IP address's budget and, through `account`, those of the accounts. Safe to use from any thread."""

    def __init__(self, settings: EdgeSettings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self.lock = threading.Lock()
        self._accounts: list[AccountBudget] = []
        self._closed_until = -_NEVER
        self._left = Window(_IP_WINDOW_S + settings.rate_guard_s)

    def account(self, name: str) -> "AccountBudget":
        """Add an account. The shares of all become equal again at once."""
        budget = AccountBudget(name, self)
        with self.lock:
            self._accounts.append(budget)
        return budget

    def leave(self, account: "AccountBudget") -> None:
        """Take an account out; what it has spent still counts until it is five seconds old."""
        with self.lock:
            if account in self._accounts:
                now = self.clock.monotonic()
                self._accounts.remove(account)
                account.has_left = True
                account.recent.forget(now)
                self._left.take(now, account.recent.used)

    def close(self, seconds: float) -> None:
        """Send nothing at all for so long: the exchange has barred the address."""
        with self.lock:
            self._closed_until = max(self._closed_until, self.clock.monotonic() + seconds)

    # --- under the lock ---

    def share(self) -> int:
        """Return what each account may spend in five seconds whatever the others do."""
        return self.settings.ip_requests_per_5_s // 2 // max(1, len(self._accounts))

    def ready_at(self, now: float, account: "AccountBudget", weight: int) -> float:
        """Return when `account` may send `weight` requests: `now`, or the first moment at which that may change."""
        if now < self._closed_until:
            return self._closed_until
        windows = [self._left, *(other.recent for other in self._accounts)]
        for window in windows:
            window.forget(now)
        capacity, share = self.settings.ip_requests_per_5_s, self.share()
        total = sum(window.used for window in windows)
        lent = self._left.used + sum(max(0, other.recent.used - share) for other in self._accounts)
        to_lend = capacity - share * len(self._accounts)
        own = max(0, min(weight, share - account.recent.used))
        if total + weight <= capacity and (own == weight or lent + weight - own <= to_lend):
            return now
        return min((window.frees_at(1) for window in windows), default=_NEVER)


class AccountBudget:
    """One account's requests: a bucket per endpoint, a share of the IP address, and lanes for those that wait."""

    def __init__(self, name: str, shared: RateBudget) -> None:
        self.name = name
        self.recent = Window(_IP_WINDOW_S + shared.settings.rate_guard_s)
        self.has_left = False
        self._shared = shared
        self._settings = shared.settings
        self._limits = {endpoint: endpoint.quota.per_second(shared.settings) for endpoint in Endpoint}
        self._buckets = {endpoint: Window(1.0 + shared.settings.rate_guard_s) for endpoint in Endpoint}
        self._closed_until: dict[Endpoint, float] = {}
        self._tickets = itertools.count()
        self._waiting: dict[tuple[int, int], tuple[Endpoint, int]] = {}

    def limit(self, endpoint: Endpoint) -> int | None:
        """Return the requests (orders) a second that `endpoint` allows; None if it has no limit of its own."""
        return self._limits[endpoint]

    def acquire(self, endpoint: Endpoint, weight: int, lane: Lane, timeout_s: float | None = None) -> None:
        """Wait until one request of `weight` orders may be sent, and count it as sent.

        Of the account's waiting requests the lower lane goes first, and within a lane the earlier. Raises `NoBudget`
        at once when the wait would be longer than `timeout_s` (default: the settings').
        """
        clock, lock = self._shared.clock, self._shared.lock
        limit = self._limits[endpoint]
        if limit is not None and weight > limit:
            raise NoBudget(f"{endpoint.path}: {weight} orders in one request, at most {limit} a second are allowed")
        start = clock.monotonic()
        deadline = start + (self._settings.budget_wait_s if timeout_s is None else timeout_s)
        with lock:
            ticket = (lane.value, next(self._tickets))
            self._waiting[ticket] = (endpoint, weight)
        try:
            while True:
                with lock:
                    now = clock.monotonic()
                    ready = self._ready_at(now, ticket)
                    if ready <= now:
                        self._take(now, endpoint, weight)
                        return
                if ready > deadline:
                    raise NoBudget(f"{endpoint.path}: rate limit, no turn within {deadline - start:.1f} s")
                clock.sleep(min(max(_LEAST_WAIT_S, ready - now), _LONGEST_SLEEP_S))
        finally:
            with lock:
                del self._waiting[ticket]

    def close(self, endpoint: Endpoint, seconds: float) -> None:
        """Send nothing to `endpoint` for so long (bounded by the settings): the exchange has said 10006."""
        pause = min(max(seconds, self._settings.bucket_pause_min_s), self._settings.bucket_pause_max_s)
        with self._shared.lock:
            until = self._shared.clock.monotonic() + pause
            self._closed_until[endpoint] = max(until, self._closed_until.get(endpoint, until))

    def lower_limit(self, endpoint: Endpoint, per_second: int) -> None:
        """Take over a limit the exchange has told, if it is lower than the one known."""
        with self._shared.lock:
            known = self._limits[endpoint]
            if known is not None and 1 <= per_second < known:
                self._limits[endpoint] = per_second

    def close_address(self, seconds: float) -> None:
        """Send nothing for so long, from any account."""
        self._shared.close(seconds)

    def leave(self) -> None:
        """Give the account's share back; from now on it may send nothing."""
        self._shared.leave(self)

    # --- under the lock ---

    def _ready_at(self, now: float, ticket: tuple[int, int]) -> float:
        if self.has_left:
            return _NEVER
        endpoint, weight = self._waiting[ticket]
        ahead = [wanted for other, wanted in self._waiting.items() if other < ticket]
        bucket_ready = self._bucket_ready_at(now, endpoint, weight + sum(w for e, w in ahead if e is endpoint))
        if bucket_ready > now:
            return bucket_ready
        # Only those ahead that wait for the address, not for their own endpoint, go before us there.
        first = sum(1 for e, w in ahead if e is not endpoint and self._bucket_ready_at(now, e, w) <= now)
        return self._shared.ready_at(now, self, 1 + first)

    def _bucket_ready_at(self, now: float, endpoint: Endpoint, weight: int) -> float:
        closed_until = self._closed_until.get(endpoint, now)
        if now < closed_until:
            return closed_until
        limit, bucket = self._limits[endpoint], self._buckets[endpoint]
        if limit is None:
            return now
        bucket.forget(now)
        excess = bucket.used + weight - limit
        if excess <= 0:
            return now
        # More is wanted ahead of us than one window holds: ask again when the first of it is free.
        return bucket.frees_at(min(excess, bucket.used)) if bucket.used else now + bucket.span_s

    def _take(self, now: float, endpoint: Endpoint, weight: int) -> None:
        if self._limits[endpoint] is not None:
            self._buckets[endpoint].take(now, weight)
        self.recent.take(now, 1)
