"""End what has taken too long: one thread watches the deadlines of all requests of the process.

A socket timeout bounds the wait for the next byte, not for the answer: a peer that drips a byte every few seconds
would hold a thread for ever (C4).
"""

import contextlib
import heapq
import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterator


class Deadlines:
    """Calls `end` in its own thread when a guarded block is still running at its deadline."""

    def __init__(self, name: str = "deadlines") -> None:
        self._name = name
        self._condition = threading.Condition()
        self._thread: threading.Thread | None = None
        self._due: list[tuple[float, int]] = []
        self._end: dict[int, Callable[[], None]] = {}
        self._numbers = itertools.count()

    @contextlib.contextmanager
    def limit(self, seconds: float, end: Callable[[], None]) -> Iterator[None]:
        """Run the block; call `end` if it takes longer than `seconds`. `end` must not block nor raise."""
        number = next(self._numbers)
        due = time.monotonic() + seconds
        with self._condition:
            self._end[number] = end
            heapq.heappush(self._due, (due, number))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
            elif self._due[0][1] == number:
                self._condition.notify()
        try:
            yield
        finally:
            with self._condition:
                self._end.pop(number, None)

    def _run(self) -> None:
        while True:
            with self._condition:
                while self._due and (self._due[0][1] not in self._end):
                    heapq.heappop(self._due)  # ended in time
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is None or wait > 0:
                    self._condition.wait(wait)
                    continue
                end = self._end.pop(heapq.heappop(self._due)[1])
                # Within the lock: once `limit` has let go of the block, its `end` must not come any more.
                with contextlib.suppress(Exception):  # this thread guards every request of the process
                    end()


def cut(sock: socket.socket) -> None:
    """End a connection for good, from any thread: who reads from it sees its end at once."""
    try:
        # The plain socket's method: an SSLSocket's own takes its TLS state away from the thread that reads.
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
    except OSError:
        return  # it has ended by itself


DEADLINES = Deadlines()
"""The process's own."""
