"""The law "silence": after an emergency stop nothing is sent but one cancellation, and the file stays (R2, R3)."""

from collections.abc import Iterable, Iterator
from enum import Enum

from gridtrader.audit.books import name_of


class Request(Enum):
    """What a private request does."""

    READ = "read"
    PLACE = "place"
    AMEND = "amend"
    CANCEL = "cancel"
    CANCEL_ALL = "cancel all"
    SETTING = "setting"


class Silence:
    """Fed with every private request of one account, in the order in which they came.

    `in_flight_ms`: what came so soon after the stop had been sent before it. `patience_ms`: how long the withdrawal
    may take, with its reads.
    """

    def __init__(self, in_flight_ms: int = 0, patience_ms: int = 30_000) -> None:
        self._in_flight_ms = in_flight_ms
        self._patience_ms = patience_ms
        self._stopped_ms: int | None = None
        self._file: str | None = None
        self._withdrawn: set[str] = set()

    def stopped(self, at_ms: int, file: str) -> None:
        """Note an emergency stop and what its file says."""
        self._stopped_ms, self._file = at_ms, file
        self._withdrawn.clear()

    def carried_on(self, at_ms: int) -> None:
        """Note that a new process withdraws anew: the one before has died in the stop."""
        if self._stopped_ms is not None:
            self._stopped_ms = at_ms
            self._withdrawn.clear()

    def resumed(self) -> None:
        """Note that the administrator has removed the file (R3)."""
        self._stopped_ms = self._file = None

    def sent(self, at_ms: int, request: Request, names: Iterable[str] = ()) -> Iterator[str]:
        """Take in a request and the order names in it; give what is wrong with it."""
        if self._stopped_ms is None or at_ms <= self._stopped_ms + self._in_flight_ms:
            return
        after = at_ms - self._stopped_ms
        if after > self._patience_ms:
            yield f"silence: {request.value} was sent {after} ms after the emergency stop"
        elif request is Request.CANCEL:
            yield from self._withdrawal(names)
        elif request is not Request.READ:
            yield f"silence: {request.value} {' '.join(names)} was sent {after} ms after the emergency stop"

    def _withdrawal(self, names: Iterable[str]) -> Iterator[str]:
        for link_id in names:
            name = name_of(link_id)
            if name is None or not name.slot.kind.opens:
                yield f"silence: {link_id}, no opening order, was cancelled after the emergency stop"
            elif link_id in self._withdrawn:
                yield f"silence: {link_id} was cancelled more than once after the emergency stop"
            self._withdrawn.add(link_id)

    def seen(self, file: str | None) -> Iterator[str]:
        """Compare the emergency file (None: it is gone) with what it said when the account stopped."""
        if self._stopped_ms is not None and file != self._file:
            yield "silence: the file of the emergency stop was " + ("removed" if file is None else "changed")
