"""What the exchange deals out and writes down: identities, sequence numbers, events."""

from collections.abc import Callable, Hashable
from random import Random
from typing import Final

from gridtrader.simulator.core.model import Event

FIRST_SEQ: Final = 140_710_000_000
"""Where sequence numbers start; Bybit's have twelve digits."""

_RANDOM_BITS: Final = ~(0xF << 76 | 0xC << 60)
"""The bits of a version 4 UUID that are random; the others are its version (4) and variant (2, in two bits)."""
_UUID_BITS: Final = 0x4 << 76 | 0x8 << 60


class Tape:
    """The order in which things happened. Everything random in the exchange comes from its one seeded source."""

    def __init__(self, seed: int, *, tells_late: bool = False) -> None:
        """`tells_late`: how things stand is told once, as it is when somebody asks, not after every change of it."""
        self._random = Random(seed)
        self._seq = FIRST_SEQ
        self._events: list[Event] = []
        self._tells_late = tells_late
        self._late: dict[Hashable, Callable[[], Event]] = {}

    def next_seq(self) -> int:
        """Return a number above all before; one event of one account bears one number."""
        self._seq += 1
        return self._seq

    def new_id(self) -> str:
        """Return a version 4 UUID."""
        digits = f"{self._random.getrandbits(128) & _RANDOM_BITS | _UUID_BITS:032x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"

    def emit(self, event: Event) -> None:
        self._events.append(event)

    def emit_state(self, subject: Hashable, tell: Callable[[], Event]) -> None:
        """Emit an event that says how a subject stands."""
        if self._tells_late:
            self._late[subject] = tell
        else:
            self.emit(tell())

    def drain(self) -> list[Event]:
        """Return and forget the events since the last call."""
        events, self._events = self._events, []
        if self._late:
            events += [tell() for tell in self._late.values()]
            self._late.clear()
        return events
