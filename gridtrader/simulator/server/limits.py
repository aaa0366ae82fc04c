"""Rate limits: per account and endpoint (10006), per IP address (HTTP 403), new sockets per address."""

from collections import deque
from dataclasses import dataclass

IP_REQUESTS = 600
IP_WINDOW_MS = 5_000
IP_BAN_MS = 600_000
SOCKETS = 500
SOCKET_WINDOW_MS = 300_000


class RollingWindow:
    """At most `limit` units within any `window_ms`."""

    def __init__(self, limit: int, window_ms: int) -> None:
        self.limit = limit
        self.window_ms = window_ms
        self._taken: deque[int] = deque()

    def take(self, wanted: int, now_ms: int) -> int:
        """Take up to `wanted` units and return how many were left to take."""
        self._forget(now_ms)
        granted = min(wanted, self.limit - len(self._taken))
        self._taken.extend([now_ms] * granted)
        return granted

    def left(self, now_ms: int) -> int:
        self._forget(now_ms)
        return self.limit - len(self._taken)

    def wait_ms(self, now_ms: int) -> int:
        """Return in how many milliseconds a unit is free again (0: there is one)."""
        self._forget(now_ms)
        return self._taken[0] + self.window_ms - now_ms if len(self._taken) >= self.limit else 0

    def _forget(self, now_ms: int) -> None:
        while self._taken and self._taken[0] <= now_ms - self.window_ms:
            self._taken.popleft()


@dataclass(frozen=True, slots=True)
class Grant:
    """What a request got of its endpoint's quota, and what the answer's headers say of it."""

    granted: int
    limit: int
    left: int
    wait_ms: int
    """How long until there is more; 0 where everything was granted."""


class AccountLimits:
    """The quota of every (account, endpoint); `now_ms` is any clock that only goes forward."""

    def __init__(self) -> None:
        self._windows: dict[tuple[int, str], RollingWindow] = {}

    def take(self, uid: int, path: str, quota: tuple[int, int], wanted: int, now_ms: int) -> Grant:
        """Take `wanted` units of `quota` = (units, window in milliseconds)."""
        window = self._windows.get((uid, path))
        if window is None:
            window = self._windows[uid, path] = RollingWindow(*quota)
        granted = window.take(wanted, now_ms)
        wait_ms = window.wait_ms(now_ms) if granted < wanted else 0
        return Grant(granted, window.limit, window.left(now_ms), wait_ms)

    def forget(self) -> None:
        """Give every account its full quota again."""
        self._windows.clear()


class AddressGuard:
    """The limit of one host name for one address; whoever breaks it is shut out for `ban_ms`."""

    def __init__(self, limit: int = IP_REQUESTS, window_ms: int = IP_WINDOW_MS, ban_ms: int = IP_BAN_MS) -> None:
        self._limit = limit
        self._window_ms = window_ms
        self._ban_ms = ban_ms
        self._windows: dict[str, RollingWindow] = {}
        self._banned_until: dict[str, int] = {}

    def admits(self, address: str, now_ms: int) -> bool:
        """Count one request and return whether it may pass."""
        if now_ms < self._banned_until.get(address, 0):
            return False
        window = self._windows.setdefault(address, RollingWindow(self._limit, self._window_ms))
        if window.take(1, now_ms):
            return True
        self._banned_until[address] = now_ms + self._ban_ms
        return False

    def forget(self) -> None:
        """Lift all bans."""
        self._windows.clear()
        self._banned_until.clear()
