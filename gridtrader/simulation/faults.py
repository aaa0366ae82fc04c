"""What can go wrong, how often, and the script of what did: a fault is drawn once, and can be left out later.

Every place where something can go wrong draws from a source of chance of its own (`Dice`), so that leaving one fault
out does not move all others. What was drawn is kept as a script; a failure is shortened by trying parts of it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from random import Random
from typing import Final

from gridtrader.simulation.hub import Hub


class Fault(Enum):
    """A kind of fault; the value is its name on the command line."""

    # requests
    REQUEST_LOST = "request-lost"
    REQUEST_LATE = "request-late"
    REPLY_LOST = "reply-lost"
    REPLY_LATE = "reply-late"
    HTTP_5XX = "http-5xx"
    HTML_BODY = "html-body"
    FORBIDDEN = "forbidden-403"
    RATE = "rate-10006"
    CLOCK_WINDOW = "clock-10002"
    SERVER_ERROR = "server-10016"
    GONE = "gone-110001"
    MONEY = "money-110007"
    REDUCE_ONLY = "reduce-only-110017"
    DUPLICATE = "duplicate-110072"
    BUSY = "busy-110079"
    BURST = "burst"
    # private stream
    STREAM_DROP = "stream-drop"
    STREAM_ZOMBIE = "stream-zombie"
    STREAM_REFUSED = "stream-refused"
    STREAM_AUTH = "stream-auth"
    STREAM_SUBSCRIBE = "stream-subscribe"
    EVENT_DOUBLED = "event-doubled"
    EVENT_LATE = "event-late"
    EVENT_PERMUTED = "event-permuted"
    EVENT_UNREADABLE = "event-unreadable"
    EVENT_LOST = "event-lost"
    # public stream
    PRICES_DOWN = "prices-down"
    # reads
    READ_STALE = "read-stale"
    HISTORY_LATE = "history-late"
    HISTORY_SHORT = "history-short"
    # the exchange
    PARTIAL_FILL = "partial-fill"
    PRICE_GAP = "price-gap"
    PRICE_BAND = "price-band"
    HALT = "halt"
    DELISTING = "delisting"
    LEVERAGE_CAP = "leverage-cap"
    WITHDRAWAL = "withdrawal"
    ADL = "adl"
    LIQUIDATION = "liquidation"
    FUNDING = "funding"
    FOREIGN_ORDER = "foreign-order"
    VANISHED_ORDER = "vanished-order"
    # the machine
    CLOCK_STEP = "clock-step"
    CRASH = "crash"
    TORN_JOURNAL = "torn-journal"
    CORRUPT_STATE = "corrupt-state"
    DISK_FULL = "disk-full"


REQUEST_RATES: Final[Mapping[Fault, float]] = {
    Fault.REQUEST_LOST: 0.004,
    Fault.REQUEST_LATE: 0.004,
    Fault.REPLY_LOST: 0.004,
    Fault.REPLY_LATE: 0.006,
    Fault.HTTP_5XX: 0.003,
    Fault.HTML_BODY: 0.001,
    Fault.FORBIDDEN: 0.001,
    Fault.RATE: 0.003,
    Fault.CLOCK_WINDOW: 0.001,
    Fault.SERVER_ERROR: 0.003,
    Fault.GONE: 0.003,
    Fault.MONEY: 0.003,
    Fault.REDUCE_ONLY: 0.003,
    Fault.DUPLICATE: 0.0005,
    Fault.BUSY: 0.002,
}
"""Chance per command (reads: those that can happen to a read). `burst` raises all of them for a while."""

EVENT_RATES: Final[Mapping[Fault, float]] = {
    Fault.EVENT_DOUBLED: 0.02,
    Fault.EVENT_LATE: 0.02,
    Fault.EVENT_PERMUTED: 0.12,
    Fault.EVENT_UNREADABLE: 0.001,
    Fault.STREAM_DROP: 0.003,
    Fault.EVENT_LOST: 0.001,
}
"""Chance per message of the private stream; one may be the last of its connection."""

HOURLY_RATES: Final[Mapping[Fault, float]] = {
    Fault.STREAM_DROP: 0.2,
    Fault.STREAM_ZOMBIE: 0.1,
    Fault.PRICES_DOWN: 0.05,
    Fault.READ_STALE: 0.3,
    Fault.HISTORY_LATE: 0.2,
    Fault.PRICE_GAP: 0.1,
    Fault.HALT: 0.02,
    Fault.LEVERAGE_CAP: 0.01,
    Fault.WITHDRAWAL: 0.04,
    Fault.ADL: 0.01,
    Fault.VANISHED_ORDER: 0.05,
    Fault.BURST: 0.04,
    Fault.DELISTING: 0.002,
    Fault.LIQUIDATION: 0.002,
    Fault.FOREIGN_ORDER: 0.02,
    Fault.CLOCK_STEP: 0.05,
    Fault.CRASH: 0.25,
    Fault.DISK_FULL: 0.03,
}
"""How often per account and hour (the machine's: per hour)."""

CONNECT_RATES: Final[Mapping[Fault, float]] = {
    Fault.STREAM_REFUSED: 0.08,
    Fault.STREAM_AUTH: 0.03,
    Fault.STREAM_SUBSCRIBE: 0.03,
}
"""Chance per attempt to connect a private stream."""

ONCE_RATES: Final[Mapping[Fault, float]] = {
    Fault.HISTORY_SHORT: 0.2,
    Fault.PARTIAL_FILL: 0.5,
    Fault.PRICE_BAND: 0.3,
    Fault.FUNDING: 1.0,
}
"""Chance per run that the exchange is of that kind."""

DEATH_RATES: Final[Mapping[Fault, float]] = {Fault.REQUEST_LATE: 0.8}
"""Chance per request that its process dies while it is on its way."""

JOLT_RATES: Final[Mapping[Fault, float]] = {Fault.PRICE_GAP: 0.4}
"""Chance per loss or return of a private stream, starts included, that the price leaps some times within
a second or so."""

BEGIN_RATES: Final[Mapping[Fault, float]] = {Fault.BURST: 0.3}
"""Chance per account and beginning of a process."""

RESTART_RATES: Final[Mapping[Fault, float]] = {Fault.TORN_JOURNAL: 0.3, Fault.CORRUPT_STATE: 0.3}
"""Chance per crash."""

BURST_SHARE: Final = 0.4
"""Share of an account's requests and messages that fails while a burst lasts."""

OUTAGE_SHARE: Final = 0.9
"""The same of a burst at the beginning of a process, and then of requests only."""

RATES: Final[Mapping[Fault, float]] = {
    **EVENT_RATES,
    **REQUEST_RATES,
    **HOURLY_RATES,
    **CONNECT_RATES,
    **ONCE_RATES,
    **RESTART_RATES,
}

SAFE: Final = frozenset({Fault.FUNDING})
"""Not faults at all, but days that are not quiet: on also where no faults are asked for."""

HOUR_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True, order=True)
class Mishap:
    """One fault that happened: where (a dice's name), at which throw there, what, and when in the world's time."""

    at_ms: int
    place: str
    throw: int
    fault: Fault = field(compare=False)

    @property
    def key(self) -> tuple[str, int]:
        return self.place, self.throw

    def __str__(self) -> str:
        minutes, ms = divmod(self.at_ms, 60_000)
        return (
            f"{minutes // 60:02d}:{minutes % 60:02d}:{ms / 1000:06.3f} {self.place}#{self.throw} {self.fault.value}"
        )


class Script:
    """The faults of a run: those that happened, or - if it is given - those that alone may happen."""

    def __init__(
        self, only: Iterable[Mishap] | None = None, on_struck: Callable[[Mishap], None] = lambda mishap: None
    ) -> None:
        """`on_struck` is told of each fault as it happens."""
        self.happened: list[Mishap] = []
        self._on_struck = on_struck
        self._only = None if only is None else {mishap.key: mishap.fault for mishap in only}

    def admits(self, mishap: Mishap) -> bool:
        """Note a fault that was drawn; returns whether it is to happen."""
        if self._only is not None and self._only.get(mishap.key) is not mishap.fault:
            return False
        self.happened.append(mishap)
        self._on_struck(mishap)
        return True


class Chance:
    """Where all dice of a run come from."""

    def __init__(self, seed: int, faults: frozenset[Fault], script: Script, now: "Now") -> None:
        self.seed = seed
        self.faults = faults
        self.script = script
        self.now = now
        self.gusts: dict[str, float] = {}
        """Accounts whose requests and messages fail more often at the moment, and what share of them."""

    def dice(self, place: str) -> "Dice":
        return Dice(self, place)

    def source(self, place: str) -> Random:
        """Return a source of chance for what is no fault: delays, prices, configurations."""
        return Random(f"{self.seed}:{place}:")


class Now:
    """When the world is, in ms since its beginning."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._start = hub.now

    @property
    def ms(self) -> int:
        return self._hub.now - self._start


class Dice:
    """The faults of one place."""

    def __init__(self, chance: Chance, place: str) -> None:
        self._chance = chance
        self._place = place
        self._owner = place.partition("/")[0]
        self._random = Random(f"{chance.seed}:{place}")
        self._throws = 0
        self._details: tuple[int, Random] | None = None

    def throw(self, rates: Mapping[Fault, float], among: frozenset[Fault] | None = None) -> Fault | None:
        """Return the fault that happens here now, if one does. `among`: those that can."""
        self._throws += 1
        lot = self._random.random()
        total, share = sum(rates.values()), self._chance.gusts.get(self._owner)
        if share is not None and (rates is REQUEST_RATES or (rates is EVENT_RATES and share <= BURST_SHARE)):
            lot *= total / share
        if lot >= total:
            return None
        for fault, rate in rates.items():
            lot -= rate
            if lot < 0:
                if fault not in self._chance.faults or (among is not None and fault not in among):
                    return None
                return fault if self._admits(fault) else None
        return None

    def _admits(self, fault: Fault) -> bool:
        return self._chance.script.admits(Mishap(self._chance.now.ms, self._place, self._throws, fault))

    def waiting_ms(self, fault: Fault) -> int:
        """Return how long it takes until a fault of an hourly rate comes (exponential, in ms)."""
        return int(self._random.expovariate(HOURLY_RATES[fault]) * HOUR_MS) + 1

    def comes(self, fault: Fault) -> bool:
        """Note that a fault is due; returns whether it is to happen."""
        self._throws += 1
        return fault in self._chance.faults and self._admits(fault)

    def between(self, low: int, high: int) -> int:
        """Return a number from low to high, both included: what this throw's fault is like.

        Each throw has a source of its own for that: whether its fault happens must not move the throws after it.
        """
        if self._details is None or self._details[0] != self._throws:
            self._details = (self._throws, Random(f"{self._chance.seed}:{self._place}:{self._throws}"))
        return low + int(self._details[1].random() * (high - low + 1))
