"""A file that only grows: what is appended is there whole, or the file is as it was."""

import contextlib
import os
from pathlib import Path

from gridtrader.store.atomic import sync_folder, write_all
from gridtrader.store.errors import StoreError


class AppendFile:
    """One writer; not thread-safe. Every method raises StoreError only.

    A write that fails is cut off again, at once or, if even that fails, before the next one. After a StoreError of
    `append` the data may still turn up in the file if the machine crashes before that.
    """

    def __init__(self, path: Path) -> None:
        """Open `path`, making it (mode 0600) if it is not there."""
        self.path = path
        self._must_cut = False
        try:
            self._fd = _open(path)
            self.size = os.fstat(self._fd).st_size
            if self.size == 0:
                sync_folder(path.parent)
        except OSError as error:
            raise StoreError(path, "cannot be opened", error) from error

    def append(self, data: bytes, *, sync: bool) -> None:
        """Append `data`; with `sync` it survives a crash of the machine when this returns."""
        try:
            self._check_place()
            if self._must_cut:
                os.ftruncate(self._fd, self.size)
                self._must_cut = False
        except OSError as error:
            raise StoreError(self.path, "cannot be written", error) from error
        try:
            write_all(self._fd, data)
            if sync:
                os.fdatasync(self._fd)
        except OSError as error:
            self._undo()
            raise StoreError(self.path, "cannot be written", error) from error
        self.size += len(data)

    def cut(self, size: int) -> None:
        """Shorten the file to `size` bytes, for good."""
        try:
            os.ftruncate(self._fd, size)
            os.fsync(self._fd)
        except OSError as error:
            raise StoreError(self.path, "cannot be shortened", error) from error
        self.size = size

    def close(self) -> None:
        """Close the file. Safe to call twice."""
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            with contextlib.suppress(OSError):
                os.fdatasync(fd)
            with contextlib.suppress(OSError):
                os.close(fd)

    def _check_place(self) -> None:
        """A removed file takes writes without complaint; what is written there is lost."""
        if not os.path.samestat(os.fstat(self._fd), self.path.stat()):
            raise FileNotFoundError(None, "the file was removed or replaced while in use")

    def _undo(self) -> None:
        try:
            os.ftruncate(self._fd, self.size)
        except OSError:
            self._must_cut = True


def _open(path: Path) -> int:
    fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.fchmod(fd, 0o600)
    except OSError:
        os.close(fd)
        raise
    return fd
