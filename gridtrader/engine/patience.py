"""How long to wait before the same thing is tried again: longer with each failure, and never in a hot loop."""

from dataclasses import dataclass, field
from typing import Generic, TypeVar

Key = TypeVar("Key")


@dataclass(slots=True)
class Patience(Generic[Key]):
    """Failures in a row by key, and until when each waits; times are milliseconds of our clock."""

    first_ms: int
    most_ms: int
    _failures: dict[Key, int] = field(default_factory=dict)
    _until: dict[Key, int] = field(default_factory=dict)

    def failed(self, key: Key, now_ms: int) -> int:
        """Count a failure; returns how many there have been in a row."""
        count = self._failures[key] = self._failures.get(key, 0) + 1
        self._until[key] = now_ms + min(self.most_ms, self.first_ms * 2 ** min(count - 1, 20))
        return count

    def worked(self, key: Key) -> None:
        """Forget the failures of a key."""
        self._failures.pop(key, None)
        self._until.pop(key, None)

    def lift(self, key: Key) -> None:
        """Let a key be tried at once; its failures still count."""
        self._until.pop(key, None)

    def count(self, key: Key) -> int:
        return self._failures.get(key, 0)

    def is_due(self, key: Key, now_ms: int) -> bool:
        return self._until.get(key, 0) <= now_ms

    def next_due(self, now_ms: int) -> int | None:
        """Return when the next waiting key is due; None if none waits any more."""
        return min((until for until in self._until.values() if until > now_ms), default=None)

    def has_come_due(self, since_ms: int, now_ms: int) -> bool:
        """Whether a key has come due after `since_ms`."""
        return any(since_ms < until <= now_ms for until in self._until.values())

    def keep(self, keys: set[Key]) -> None:
        """Forget all other keys."""
        for key in [key for key in self._failures if key not in keys]:
            self.worked(key)

    def waiting(self) -> list[Key]:
        return list(self._until)
