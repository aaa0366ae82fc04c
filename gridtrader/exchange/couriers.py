"""Carry prices to many sinks so that a slow or failing one keeps nobody waiting (A1, A3).

A sink promises not to block. One that breaks the promise occupies the thread that serves it; when another letter has
then waited longer than a moment, a further thread is started. A sink that is still busy gets only the newest price
when it comes back.
"""

import logging
import threading
from collections import deque

from gridtrader.engine.ports import Clock, NewQuote, PricesDown, PricesUp, Sink

Letter = NewQuote | PricesDown | PricesUp


class Mailbox:
    """What waits for one sink about one symbol: the newest state (up or down) and the newest price after it."""

    __slots__ = ("_price", "_state", "has_failed", "is_closed", "is_queued", "sink")

    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self.is_closed = False
        self.has_failed = False
        self.is_queued = False
        """In the queue, or with a courier."""
        self._state: PricesDown | PricesUp | None = None
        self._price: NewQuote | None = None

    def add(self, letter: Letter) -> None:
        if isinstance(letter, NewQuote):
            self._price = letter
        else:
            self._state, self._price = letter, None

    def empty(self) -> list[Letter]:
        """Take everything out, in the order in which it holds."""
        letters = [letter for letter in (self._state, self._price) if letter is not None]
        self._state = self._price = None
        return letters

    @property
    def has_mail(self) -> bool:
        return self._state is not None or self._price is not None


class Couriers:
    """The threads that serve all mailboxes: one, as long as every sink keeps its promise. Safe from any thread."""

    def __init__(self, patience_s: float, clock: Clock, log: logging.Logger, name: str = "courier") -> None:
        """`patience_s`: how long a letter waits for a courier before another one is started."""
        self._patience_s = patience_s
        self._clock = clock
        self._log = log
        self._name = name
        self._lock = threading.Lock()
        self._work = threading.Condition(self._lock)
        self._alarm = threading.Condition(self._lock)
        self._queue: deque[tuple[float, Mailbox]] = deque()
        self._couriers = 0
        self._idle = 0
        self._is_watched = False
        self._is_started = False
        self._is_closed = False

    @property
    def count(self) -> int:
        """How many couriers there are, those included that a sink does not let go."""
        return self._couriers

    def post(self, box: Mailbox, letter: Letter) -> None:
        """Leave a letter; never waits for a sink."""
        with self._lock:
            if self._is_closed or box.is_closed:
                return
            box.add(letter)
            if box.is_queued:
                return
            box.is_queued = True
            self._queue.append((self._clock.monotonic(), box))
            if not self._is_started:
                self._is_started = True
                self._start_courier()
                threading.Thread(target=self._watch, name=f"{self._name}-relief", daemon=True).start()
            if self._idle:
                self._idle -= 1  # on behalf of the one that wakes: the next letter must not count on it
                self._work.notify()
            elif not self._is_watched:
                self._alarm.notify()

    def close_box(self, box: Mailbox) -> None:
        """Deliver nothing to it any more (a letter under way excepted)."""
        with self._lock:
            box.is_closed = True
            box.empty()

    def close(self) -> None:
        """End all threads; one that a sink does not let go ends when it comes back."""
        with self._lock:
            self._is_closed = True
            self._work.notify_all()
            self._alarm.notify_all()

    def _start_courier(self) -> None:
        self._couriers += 1
        threading.Thread(target=self._serve, name=self._name, daemon=True).start()

    def _serve(self) -> None:
        while True:
            with self._lock:
                while not self._queue and not self._is_closed:
                    if self._idle:  # the relief of a slow sink that has come back
                        break
                    self._idle += 1
                    self._work.wait()
                if self._is_closed or not self._queue:
                    self._couriers -= 1
                    return
                _, box = self._queue.popleft()
                letters = box.empty()
            self._deliver(box, letters)
            with self._lock:
                box.is_queued = box.has_mail
                if box.is_queued:
                    self._queue.append((self._clock.monotonic(), box))

    def _deliver(self, box: Mailbox, letters: list[Letter]) -> None:
        for letter in letters:
            try:
                box.sink.put(letter)
                box.has_failed = False
            except Exception:  # noqa: BLE001  # one account's fault, and none of the others' business
                if not box.has_failed:
                    self._log.exception("a sink has failed; said once until it takes something again")
                box.has_failed = True

    def _watch(self) -> None:
        """Start another courier when a letter has waited too long for the ones there are."""
        with self._lock:
            while not self._is_closed:
                self._is_watched = bool(self._queue) and not self._idle
                if not self._is_watched:
                    self._alarm.wait()
                    continue
                left_s = self._queue[0][0] + self._patience_s - self._clock.monotonic()
                if left_s <= 0:
                    self._log.warning("a sink is slow: courier %d starts", self._couriers + 1)
                    self._start_courier()
                    left_s = self._patience_s
                self._alarm.wait(left_s)
