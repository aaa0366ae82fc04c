"""Wait for conditions instead of sleeping, and collect what sinks are given."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from gridtrader.engine.ports import Event

Kind = TypeVar("Kind")
PATIENCE_S = 10.0


def until(condition: Callable[[], bool], what: str, patience_s: float = PATIENCE_S) -> None:
    """Return as soon as `condition` holds; fail with `what` if it does not within `patience_s`."""
    end = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {patience_s} s: {what}")
        time.sleep(0.002)


class RecordingSink:
    """Keeps every event."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._news = threading.Condition()

    def put(self, event: Event) -> None:
        with self._news:
            self.events.append(event)
            self._news.notify_all()

    def of(self, kind: type[Kind]) -> list[Kind]:
        with self._news:
            return [event for event in self.events if isinstance(event, kind)]

    def wait_for(self, kind: type[Kind], count: int = 1, patience_s: float = PATIENCE_S) -> list[Kind]:
        """Return the events of a kind once there are so many."""
        with self._news:
            found = self._news.wait_for(
                lambda: len([event for event in self.events if isinstance(event, kind)]) >= count, patience_s
            )
            if not found:
                raise AssertionError(f"no {count} {kind.__name__} within {patience_s} s, only {self.events}")
        return self.of(kind)
