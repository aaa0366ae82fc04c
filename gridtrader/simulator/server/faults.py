"""Faults on demand, for tests: what the network and a bad day of the exchange do to a client.

A fault waits at a *point* until something passes that matches it: an account (or anybody), a path or topic that
begins with `match`. It then does its *kind* of harm, `count` times or until it is cleared.

    point       kinds
    rest        stall (`seconds`), drop (reset), eof (the connection ends without a reply), status (`status`, `body`),
                code (`code`, `text`, `reset_in_ms`)
                each before the request is carried out, or after it with `processed: true`: a processed drop is a
                reply that was lost, a processed stall a reply that came late, a processed 502 an accepted order
    handshake   reset (no answer at all), status (`status`), silent (a zombie: accepted, then never a word);
                nobody is known yet, so `account` must be empty; `match` is the path, e.g. /demo/v5/private
    auth        fail (`text`), silent, close, reset
    subscribe   fail (`text`)
    push        duplicate, late (`seconds`), reorder (after the next message of any topic), lose
"""

import itertools
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

REST, HANDSHAKE, AUTH, SUBSCRIBE, PUSH = "rest", "handshake", "auth", "subscribe", "push"
KINDS: Mapping[str, tuple[str, ...]] = {
    REST: ("stall", "drop", "eof", "status", "code"),
    HANDSHAKE: ("reset", "status", "silent"),
    AUTH: ("fail", "silent", "close", "reset"),
    SUBSCRIBE: ("fail",),
    PUSH: ("duplicate", "late", "reorder", "lose"),
}
ANYBODY = ""


class BadFault(ValueError):
    """A fault that does not exist. The message says what is allowed."""


@dataclass(slots=True)
class Fault:
    """One fault. `account` is a key or uid, empty for anybody; `count` None means until cleared."""

    point: str
    kind: str
    account: str = ANYBODY
    match: str = ""
    count: int | None = 1
    seconds: float = 0.0
    processed: bool = False
    status: int = 502
    body: str = "<html><head><title>502 Bad Gateway</title></head><body></body></html>"
    code: int = 10016
    text: str = "Internal System Error."
    reset_in_ms: int | None = None
    """Where the rate-limit reset header points, from now; None: no such header."""
    id: int = 0
    hits: int = field(default=0)

    def __post_init__(self) -> None:
        if self.point not in KINDS:
            raise BadFault(f"point: {self.point!r} is not a point; allowed: {', '.join(KINDS)}")
        if self.kind not in KINDS[self.point]:
            raise BadFault(
                f"kind: {self.kind!r} is not a kind of {self.point}; allowed: {', '.join(KINDS[self.point])}"
            )
        if self.count is not None and self.count < 1:
            raise BadFault(f"count: {self.count} is too small; allowed: 1 or more, or null for until cleared")

    def shown(self) -> dict[str, object]:
        """Return the fault as the control plane shows it."""
        return asdict(self)


_TYPES: Mapping[str, tuple[type, ...]] = {
    "point": (str,),
    "kind": (str,),
    "account": (str, int),
    "match": (str,),
    "count": (int, type(None)),
    "seconds": (int, float),
    "processed": (bool,),
    "status": (int,),
    "body": (str,),
    "code": (int,),
    "text": (str,),
    "reset_in_ms": (int, type(None)),
}


def read_fault(values: Mapping[str, object]) -> Fault:
    """Make a fault of JSON. Raises BadFault."""
    for name, value in values.items():
        if name not in _TYPES:
            raise BadFault(f"{name}: no such field; allowed: {', '.join(_TYPES)}")
        if not isinstance(value, _TYPES[name]) or (isinstance(value, bool) and bool not in _TYPES[name]):
            raise BadFault(f"{name}: {value!r} has the wrong type")
    for name in ("point", "kind"):
        if name not in values:
            raise BadFault(f"{name} is missing")
    fault = Fault(**values)  # type: ignore[arg-type]  # names and types have just been checked
    fault.account = str(fault.account)
    return fault


class FaultBook:
    """The faults that wait, in the order in which they were set; the first that matches is taken."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._ids = itertools.count(1)

    def __iter__(self) -> "itertools.chain[Fault]":
        return itertools.chain(self._faults)

    def add(self, fault: Fault) -> Fault:
        fault.id = next(self._ids)
        self._faults.append(fault)
        return fault

    def clear(self, fault_id: int | None = None) -> int:
        """Forget one fault, or all, and return how many there were."""
        kept = [fault for fault in self._faults if fault_id is not None and fault.id != fault_id]
        gone = len(self._faults) - len(kept)
        self._faults = kept
        return gone

    def take(self, point: str, names: tuple[str, ...], subject: str) -> Fault | None:
        """Return the fault that strikes who is called `names` at `point` doing `subject`, if there is one."""
        for fault in self._faults:
            is_meant = fault.account == ANYBODY or fault.account in names
            if fault.point == point and is_meant and subject.startswith(fault.match):
                fault.hits += 1
                if fault.count is not None:
                    fault.count -= 1
                    if not fault.count:
                        self._faults.remove(fault)
                return fault
        return None
