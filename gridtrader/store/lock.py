"""One daemon per accounts directory (R5)."""

import contextlib
import errno
import fcntl
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from gridtrader.store.errors import StoreError

LOCK_NAME: Final = ".lock"
_NO_FOLDER_LOCKS: Final = frozenset({errno.EBADF, errno.EINVAL, errno.ENOLCK, errno.ENOTSUP, errno.EACCES})
_PAUSES_S: Final = (0.01, 0.02, 0.05)


class AlreadyRunningError(StoreError):
    """Another process holds the accounts directory. `pid` is its number, or None where it cannot be read."""

    def __init__(self, folder: Path, pid: int | None) -> None:
        who = f"process {pid}" if pid else "another process"
        super().__init__(folder, f"in use by {who}; two daemons on the same accounts would trade against each other")
        self.pid = pid


class DirectoryLock:
    """Holds the accounts directory for this process until `release`, or until the process ends in any way.

    The kernel's locks on the lock file and on the directory itself are what counts; the number in the file is for
    people. The second lock is there because a lock file can be deleted, which would make the first one worthless.
    """

    def __init__(self, folder: Path) -> None:
        """Take the lock. Raises AlreadyRunningError, or StoreError if there is no such directory or it has no locks.

        The directory is not made: one that is missing may be a disk that is missing, and with it the files that say
        which accounts are stopped (R3).
        """
        self._fds: list[int] = []
        path = folder / LOCK_NAME
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            self._fds.append(file)
            _take(file)
            self._lock_folder(folder)
            os.ftruncate(file, 0)
            os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
        except BlockingIOError as error:
            self._close()
            raise AlreadyRunningError(folder, read_holder(folder)) from error
        except OSError as error:
            self._close()
            raise StoreError(path, "cannot be locked", error) from error

    def release(self) -> None:
        """Give the directory back. The lock file stays: removing it would race with the next process."""
        if self._fds:
            with contextlib.suppress(OSError):
                os.ftruncate(self._fds[0], 0)
        self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _lock_folder(self, folder: Path) -> None:
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._fds.append(fd)
        try:
            _take(fd)
        except BlockingIOError:
            raise
        except OSError as error:
            if error.errno not in _NO_FOLDER_LOCKS:  # network file systems lock files only
                raise

    def _close(self) -> None:
        while self._fds:
            with contextlib.suppress(OSError):
                os.close(self._fds.pop())


def _take(fd: int) -> None:
    """Lock at once, or within a moment: `is_held` holds a lock for as long as it takes to look."""
    for pause_s in (*_PAUSES_S, None):
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if pause_s is None:
                raise
            time.sleep(pause_s)


def read_holder(folder: Path) -> int | None:
    """Return the process number in the lock file, or None. It says who held the lock last, not that it is held."""
    try:
        return int((folder / LOCK_NAME).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def is_held(folder: Path) -> bool:
    """Return whether some process holds the directory now. Raises StoreError if that cannot be found out."""
    return _is_locked(folder / LOCK_NAME) or _is_locked(folder)


def _is_locked(path: Path) -> bool:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise StoreError(path, "cannot be opened", error) from error
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError as error:
        if error.errno not in _NO_FOLDER_LOCKS:
            raise StoreError(path, "cannot be examined", error) from error
    finally:
        os.close(fd)
    return False
