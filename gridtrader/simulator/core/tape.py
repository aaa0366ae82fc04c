"""What the exchange deals out and writes down: identities, sequence numbers, events."""

from collections.abc import Callable, Hashable
from random import Random
from typing import Final

from gridtrader.simulator.core.model import Event

FIRST_SEQ: Final = 140_710_000_000
"""Where sequence numbers start; Bybit's have twelve digits."""


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
        digits = f"{self._random.getrandbits(128):032x}"
        variant = "89ab"[int(digits[16], 16) & 3]
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"

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
