"""Where socket threads leave events for the engine's thread: bounded, never blocking, never raising.

Fills are events and queued; a quote is state: only the newest of each symbol is kept. If the queue overflows because
the engine is stuck, messages are dropped and `overflowed` says so: the engine then reads everything by REST.
"""

import threading
from collections import deque
from collections.abc import Callable

from gridtrader.engine.ports import Event, NewQuote, StreamMessage

CAPACITY = 20_000
"""Private events kept while the engine is busy: minutes of the liveliest account."""


class Inbox:
    """One engine's inbox. `put` from any thread, `drain` and `wait` from the engine's only."""

    def __init__(self, now_ms: Callable[[], int] | None = None, capacity: int = CAPACITY) -> None:
        """`now_ms` is our clock: what decides by its age is as old as it was heard, however late it is looked at."""
        self._now_ms = now_ms
        self._heard: dict[str, int] = {}
        self._lock = threading.RLock()  # taken itself, not through the condition: that is three times as fast
        self._condition = threading.Condition(self._lock)
        self._events: deque[Event] = deque()
        self._quotes: dict[str, NewQuote] = {}
        self._capacity = capacity
        self._overflowed = False
        self._is_closed = False

    def put(self, event: Event) -> None:
        """Leave an event; wakes the engine."""
        heard_ms = self._now_ms() if self._now_ms is not None else 0
        with self._lock:
            if isinstance(event, NewQuote):
                self._quotes[event.symbol] = event
                self._heard[event.symbol] = heard_ms
            elif isinstance(event, StreamMessage) and len(self._events) >= self._capacity:
                self._overflowed = True
            elif isinstance(event, StreamMessage):
                is_dated = event.wallet is None or event.heard_ms
                self._events.append(event if is_dated else event._replace(heard_ms=heard_ms))
            else:  # what says how things stand with a stream is rare, and never lost
                self._events.append(event)
            self._condition.notify()

    def drain(self) -> list[Event]:
        """Take everything that is there: private events in their order, then the newest quotes."""
        with self._lock:
            events = [*self._events, *self._quotes.values()]
            self._events.clear()
            self._quotes.clear()
            return events

    @property
    def is_empty(self) -> bool:
        """A glance: something may come at any moment."""
        return not self._events and not self._quotes

    def heard_ms(self, symbol: str) -> int | None:
        """Return when the newest quote of a symbol came; None without a clock."""
        return self._heard.get(symbol) if self._now_ms is not None else None

    def take_first(self, *kinds: type[Event]) -> Event | None:
        """Take out the first event of these kinds, leaving the others; None if there is none."""
        with self._lock:
            found = next((event for event in self._events if isinstance(event, kinds)), None)
            if found is not None:
                self._events.remove(found)
            return found

    def take_overflow(self) -> bool:
        """Return whether events were lost since the last call."""
        if not self._overflowed:
            return False
        with self._lock:
            overflowed, self._overflowed = self._overflowed, False
            return overflowed

    def wait(self, timeout_s: float) -> None:
        """Sleep until there is something, the inbox is closed, or the time is over."""
        with self._condition:
            self._condition.wait_for(lambda: self._events or self._quotes or self._is_closed, timeout_s)

    def close(self) -> None:
        """Wake the engine for good: it is to stop."""
        with self._condition:
            self._is_closed = True
            self._condition.notify()

    @property
    def is_closed(self) -> bool:
        return self._is_closed
