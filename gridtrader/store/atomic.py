"""Files that are there whole or not at all (T2): temporary file, fsync, rename, fsync of the folder.

One writer per file at a time, which the daemon's lock and one engine thread per account see to. The temporary file's
name is fixed, so a killed process leaves at most one behind for each file.
"""

import contextlib
import errno
import os
import re
from pathlib import Path
from typing import Final

from gridtrader.store.errors import StoreError

_TEMPORARY: Final = re.compile(r"\..+\.tmp")
_NO_LINKS: Final = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})
"""What file systems without hard links answer."""


def write_atomic(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Put `data` into `path` (mode 0600), replacing what is there. Raises StoreError; `path` is then as it was.

    `durable=False` leaves out both fsyncs: enough for what is written anew every few seconds and worthless after a
    crash of the machine.
    """
    _write(path, data, durable=durable, replace=True)


def create_atomic(path: Path, data: bytes) -> bool:
    """Put `data` into `path` unless something is there already; return whether it was written. Raises StoreError."""
    return _write(path, data, durable=True, replace=False)


def remove_leftovers(folder: Path) -> list[str]:
    """Remove the temporary files that a killed process left in `folder`; return their names. Raises StoreError."""
    removed = []
    try:
        for path in sorted(folder.iterdir()):
            if _TEMPORARY.fullmatch(path.name):
                path.unlink()
                removed.append(path.name)
    except OSError as error:
        raise StoreError(folder, "temporary files cannot be removed", error) from error
    return removed


def temporary(path: Path) -> Path:
    """Return the name under which `path` is prepared."""
    return path.with_name(f".{path.name}.tmp")


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a crash of the machine. Raises OSError."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def keep_as(path: Path, archive: Path) -> None:
    """Give a file a second name, so that a rename onto `path` does not lose it. Raises OSError.

    Without hard links the file is renamed, and until the rename that follows there is none at `path`.
    """
    try:
        os.link(path, archive)
    except FileExistsError:
        if not archive.samefile(path):
            raise
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        path.rename(archive)


def write_all(fd: int, data: bytes) -> None:
    """Write every byte, however many calls that takes. Raises OSError, with a part perhaps written."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(fd, rest) :]


def _write(path: Path, data: bytes, *, durable: bool, replace: bool) -> bool:
    temp = temporary(path)
    try:
        try:
            _fill(temp, data, durable=durable)
            written = _put_in_place(temp, path, replace=replace)
        finally:
            with contextlib.suppress(OSError):  # after a rename it is gone; otherwise it must not stay
                temp.unlink(missing_ok=True)
        if durable and written:
            sync_folder(path.parent)
    except OSError as error:
        raise StoreError(path, "cannot be written", error) from error
    return written


def _fill(temp: Path, data: bytes, *, durable: bool) -> None:
    fd = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        os.fchmod(fd, 0o600)  # a leftover of an earlier process keeps its mode through O_TRUNC
        write_all(fd, data)
        if durable:
            os.fsync(fd)
    finally:
        os.close(fd)


def _put_in_place(temp: Path, path: Path, *, replace: bool) -> bool:
    if replace:
        temp.replace(path)
        return True
    try:
        os.link(temp, path)  # unlike a rename, a link never replaces
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if os.path.lexists(path):
            return False
        temp.replace(path)
    return True
