"""Spread tasks over the cores of this machine, or over an existing Ray cluster: the same function, the same rows."""

import importlib
import logging
import socket
import traceback
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import islice
from typing import Any

from gridtrader.replay.result import Summary
from gridtrader.simulation.many import Raised, spread
from gridtrader.sweep.task import NotPlayed, Task, play

Answer = Summary | NotPlayed | Raised

_PATIENCE_S = 5
_AHEAD = 2
"""Tasks that are at the cluster for each of its CPUs: one is played, the next one waits there."""


class ClusterError(Exception):
    """A cluster that cannot be used; the message is one line."""


def on_cores(tasks: Iterable[Task], jobs: int) -> Iterator[tuple[Task, Answer]]:
    """Yield each task with its answer, in order, played by so many processes (1: by this one)."""
    with closing(spread(play, tasks, jobs)) as answers:
        yield from answers


class Cluster:
    """A connection to a running Ray cluster. Its machines must have this package and the same files, in the same
    places."""

    def __init__(self, address: str) -> None:
        """Raise ClusterError where Ray is not installed, or nothing answers at `address`."""
        try:
            self._ray: Any = importlib.import_module("ray")
        except ImportError:
            raise ClusterError("--ray: ray is not installed, allowed: after pip install 'gridtrader[ray]'") from None
        _knock(address)
        try:
            self._ray.init(address=address, logging_level=logging.ERROR, log_to_driver=False)
        except Exception as error:  # whatever Ray raises, nothing has been played yet
            reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
            raise ClusterError(f"--ray: found {address!r}: {reason}, allowed: a cluster that runs") from error

    def cpus(self) -> int:
        return max(1, int(self._ray.cluster_resources().get("CPU", 1)))

    def play(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Answer]]:
        """Yield each task with its answer, as they come; a task that fails, or whose worker dies, answers so."""
        ray = self._ray
        call = ray.remote(play)
        waiting = iter(tasks)
        running = {call.remote(task): task for task in islice(waiting, self.cpus() * _AHEAD)}
        try:
            while running:
                (done, *_), _ = ray.wait(list(running), num_returns=1)
                task = running.pop(done)
                yield task, self._answer(done)
                running |= {call.remote(task): task for task in islice(waiting, 1)}
        finally:
            for reference in running:
                ray.cancel(reference, force=True)

    def _answer(self, reference: Any) -> Answer:
        try:
            answer: Answer = self._ray.get(reference)
        except Exception:  # noqa: BLE001  # whatever it is: it belongs to this task, and the others go on
            return Raised(traceback.format_exc())
        return answer

    def close(self) -> None:
        """Leave the cluster as it was found."""
        self._ray.shutdown()


def _knock(address: str) -> None:
    """Raise ClusterError where nobody listens: Ray itself would try for minutes. "auto" and "local" are for it."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not (host and port.isascii() and port.isdigit()):
        return
    try:
        socket.create_connection((host, int(port)), _PATIENCE_S).close()
    except (OSError, OverflowError) as error:
        raise ClusterError(f"--ray: found {address!r}: {error}, allowed: a cluster that runs") from None
