"""Many runs over worker processes: outcomes in the order in which they were asked for, whichever ends first.

A call that raises, or whose process dies, is the outcome of that item alone. A worker ends by itself when its parent
is gone; Ctrl-C is for the parent only, which then ends its workers.
"""

import multiprocessing
import signal
import traceback
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from typing import Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")

_SPAWN = multiprocessing.get_context("spawn")
"""Not fork: a worker begins with nothing but what it is given, so that it plays as a process of its own would."""


@dataclass(frozen=True, slots=True)
class Raised:
    """A call that gave no answer: the traceback, or how its process ended."""

    trace: str

    @property
    def last_line(self) -> str:
        return self.trace.strip().rpartition("\n")[2]


def spread(
    call: Callable[[Item], Answer], items: Iterable[Item], jobs: int
) -> Generator[tuple[Item, Answer | Raised], None, None]:
    """Yield each item with what `call` returns for it, in order.

    With one job everything happens in this process; otherwise `call`, the items and the answers must be picklable,
    and `call` be a function of a module. Workers end when the iterator is closed or exhausted.
    """
    if jobs == 1:
        for item in items:
            yield item, _attempt(call, item)
        return
    team = _Team(call, items)
    try:
        yield from team.work(jobs)
    finally:
        team.end()


def _attempt(call: Callable[[Item], Answer], item: Item) -> Answer | Raised:
    try:
        return call(item)
    except Exception:  # noqa: BLE001  # whatever it is: it belongs to this item, and the others go on
        return Raised(traceback.format_exc())


class _Team(Generic[Item, Answer]):
    """The workers, what each is at, and the answers that wait for an earlier one."""

    def __init__(self, call: Callable[[Item], Answer], items: Iterable[Item]) -> None:
        self._call = call
        self._items = enumerate(items)
        self._busy: dict[Connection, _Worker[Item, Answer]] = {}
        self._done: dict[int, tuple[Item, Answer | Raised]] = {}

    def work(self, jobs: int) -> Iterator[tuple[Item, Answer | Raised]]:
        # Workers inherit a blocked Ctrl-C; Python unblocks it where it starts its tracker with the first of them.
        resource_tracker.ensure_running()
        for number, item in islice(self._items, jobs):
            self._give(_Worker(self._call), number, item)
        place = 0
        while self._busy:
            ready = wait(list(self._busy))
            for connection in [connection for connection in self._busy if connection in ready]:
                self._take(self._busy.pop(connection))
            while place in self._done:
                yield self._done.pop(place)
                place += 1

    def _give(self, worker: "_Worker[Item, Answer]", number: int, item: Item) -> None:
        worker.begin(number, item)
        self._busy[worker.connection] = worker

    def _take(self, worker: "_Worker[Item, Answer]") -> None:
        number, item, answer = worker.finish()
        self._done[number] = (item, answer)
        following = next(self._items, None)
        if following is None:
            worker.end()
        else:
            self._give(worker if worker.is_alive else _Worker(self._call), *following)

    def end(self) -> None:
        for worker in self._busy.values():
            worker.end()
        self._busy.clear()


class _Worker(Generic[Item, Answer]):
    """One process, and the item it is at."""

    def __init__(self, call: Callable[[Item], Answer]) -> None:
        self.connection, far_end = _SPAWN.Pipe()
        self._process = _SPAWN.Process(target=_serve, args=(call, far_end), daemon=True)
        # The child inherits the blocked signal, from its first instruction on.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self._process.start()
        finally:
            far_end.close()
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        self._at: tuple[int, Item] | None = None
        self.is_alive = True

    def begin(self, number: int, item: Item) -> None:
        self._at = (number, item)
        try:
            self.connection.send(item)
        except OSError:
            self.is_alive = False  # it is told of where the answer is fetched

    def finish(self) -> tuple[int, Item, Answer | Raised]:
        """Fetch the answer; wait for it if need be."""
        if self._at is None:
            raise RuntimeError("the worker is at nothing")
        number, item = self._at
        try:
            return number, item, self.connection.recv()
        except (EOFError, OSError):
            self.is_alive = False
            self._process.join()
            return number, item, Raised(f"the worker process ended by itself (exit code {self._process.exitcode})")

    def end(self) -> None:
        self.connection.close()
        self._process.terminate()
        self._process.join()


def _serve(call: Callable[[Item], Answer], connection: Connection) -> None:
    """Answer until the parent closes its end. Runs in the worker."""
    while True:
        try:
            item = connection.recv()
        except EOFError:
            return
        answer = _attempt(call, item)
        try:
            connection.send(answer)
        except OSError:
            return  # the parent is gone
