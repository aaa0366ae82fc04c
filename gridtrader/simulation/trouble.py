"""How long the world has left an account in peace: what the bot must do in seconds it may not have been able to."""

from collections.abc import Mapping
from typing import Final

from gridtrader.simulation.faults import CONNECT_RATES, REQUEST_RATES, Fault
from gridtrader.simulation.hub import Hub

_SECOND: Final = 1_000
_MINUTE: Final = 60_000

LASTS_MS: Final[Mapping[Fault, int]] = {
    **dict.fromkeys(REQUEST_RATES, 30 * _SECOND),
    **dict.fromkeys(CONNECT_RATES, 15 * _SECOND),
    Fault.MONEY: 11 * _MINUTE,
    Fault.DUPLICATE: 6 * _MINUTE,
    Fault.STREAM_DROP: 10 * _SECOND,
    Fault.STREAM_ZOMBIE: 45 * _SECOND,
    Fault.EVENT_DOUBLED: 3 * _SECOND,
    Fault.EVENT_LATE: 10 * _SECOND,
    Fault.EVENT_PERMUTED: _SECOND,
    Fault.EVENT_UNREADABLE: 10 * _SECOND,
    Fault.PRICES_DOWN: 7 * _MINUTE,
    Fault.READ_STALE: 2 * _MINUTE + 5 * _SECOND,
    Fault.HISTORY_LATE: 5 * _MINUTE + 15 * _SECOND,
    Fault.PRICE_GAP: 5 * _SECOND,
    Fault.HALT: 21 * _MINUTE,
    Fault.BURST: 5 * _MINUTE,
    Fault.VANISHED_ORDER: 10 * _MINUTE + 30 * _SECOND,
    Fault.FOREIGN_ORDER: 31 * _MINUTE,
    Fault.CLOCK_STEP: 30 * _SECOND,
    Fault.DISK_FULL: 10 * _MINUTE + 30 * _SECOND,
}
"""For how long after a fault the account need not be as fast as ever. A halt or a vanished order: until everything is
read anew, in ten minutes at the latest. Others do not slow anything down, or the bot is away meanwhile."""


class Trouble:
    """One account's peace, as a clock that stands still while a fault has its effect, or the bot is away."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._until = hub.now
        self._troubled = 0
        self._away_since: int | None = None

    def strikes(self, lasts_ms: int) -> None:
        """Note that something has struck, and for how long from now on it is felt."""
        self._count_absence()
        now, until = self._hub.now, self._hub.now + lasts_ms
        if until > self._until:
            self._troubled += until - max(now, self._until)
            self._until = until

    def away(self) -> None:
        """Note that the bot is away, or blind, from now on."""
        if self._away_since is None:
            self._away_since = self._hub.now

    def back(self, lasts_ms: int) -> None:
        """Note that the bot sees again; it takes so long until all is well."""
        self._count_absence()
        self._away_since = None
        self.strikes(lasts_ms)

    def _count_absence(self) -> None:
        if self._away_since is not None:
            self._troubled += max(0, self._hub.now - max(self._away_since, self._until))
            self._away_since = self._hub.now

    @property
    def is_on(self) -> bool:
        """Whether something is felt at this moment."""
        return self._away_since is not None or self._hub.now < self._until

    @property
    def peace_ms(self) -> int:
        """Return what the clock shows, in ms; only differences tell anything."""
        now = self._hub.now
        shown = now - self._troubled + max(0, self._until - now)
        if self._away_since is not None:
            shown -= max(0, now - max(self._away_since, self._until))
        return shown
