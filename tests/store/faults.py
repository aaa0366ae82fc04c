"""A disk that fails at a chosen step, and a process that dies there."""

import errno
import os
from collections.abc import Callable
from typing import Any

import pytest

CALLS = ("open", "fchmod", "write", "fsync", "fdatasync", "ftruncate", "close", "link", "replace", "unlink", "rename")


class KilledError(BaseException):
    """The process ends here: nothing after it runs, not even what cleans up."""


class Faults:
    """Counts the calls that reach the operating system and fails the chosen one.

    `kill` makes every later call fail as well: a dead process makes none.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: list[str] = []
        self.fail_at: int | None = None
        self.kill_at: int | None = None
        self.code = errno.ENOSPC
        self._patch = monkeypatch
        for name in CALLS:
            monkeypatch.setattr(os, name, self._wrapped(name, getattr(os, name)))

    def _wrapped(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def step(*args: Any, **kwargs: Any) -> Any:
            place = len(self.calls)
            self.calls.append(name)
            if self.kill_at is not None and place >= self.kill_at:
                raise KilledError(name)
            if place == self.fail_at:
                if name == "close":
                    call(*args, **kwargs)  # a close that fails has closed
                raise OSError(self.code, os.strerror(self.code))
            return call(*args, **kwargs)

        return step

    def stop(self) -> None:
        self._patch.undo()
