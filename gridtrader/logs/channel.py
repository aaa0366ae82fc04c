"""One kind of log in one folder: a file a day, bounded in age and size, and never an exception.

The file of the day is `{kind}_YYYY-MM-DD.log`. When it has grown to a quarter of the kind's share it becomes
`{kind}_YYYY-MM-DD.1.log` (2, 3, …) and a new one begins; the oldest parts go first, those of today included. So the
newest lines are always in the file without a number, and a flood cannot fill the disk.

Each line is one `write` to the operating system: it survives the death of the process, not that of the machine.
"""

import contextlib
import os
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Final

_RETRY_MS: Final = 1000
_LOOK_MS: Final = 1000
_PARTS: Final = 4


class Channel:
    """Not thread-safe: its owner holds a lock.

    The folder is not made here: one that has vanished may be a disk that has vanished, and a new folder in its
    place would hide that.
    """

    def __init__(self, folder: Path, kind: str, *, keep_days: int, max_bytes: int) -> None:
        self.kind = kind
        self.lost = 0
        """Lines that could not be written, since the start."""
        self.news: list[str] = []
        """What the owner should report elsewhere: trouble and its end, once each."""
        self._folder = folder
        self._keep_days = keep_days
        self._max_bytes = max_bytes
        self._part_bytes = max(max_bytes // _PARTS, 1)
        self._names = re.compile(rf"{re.escape(kind)}_(\d{{4}}-\d\d-\d\d)(?:\.(\d+))?\.log")
        self._fd = -1
        self._day = ""
        self._size = 0
        self._identity = (0, 0)
        self._looked_ms = 0
        self._torn = False
        self._lost_before = 0
        self._failing = False
        self._retry_ms: int | None = None
        self._closed = False

    @property
    def is_failing(self) -> bool:
        """Whether the last line could not be written."""
        return self._failing

    def take_news(self) -> list[str]:
        """Return the news and forget them."""
        news, self.news = self.news, []
        return news

    def write(self, line: bytes, day: str, now_ms: int) -> None:
        """Append a line (newline included) to the file of `day`; one that cannot be written is counted in `lost`."""
        if self._closed or (self._retry_ms is not None and abs(now_ms - self._retry_ms) < _RETRY_MS):
            self.lost += 1
            return
        try:
            self._ready(len(line), day, now_ms)
            self._append(line)
        except OSError as error:
            self._failed(error, now_ms)
        else:
            self._worked()

    def prune(self, day: str) -> None:
        """Remove what is too old, then the oldest until the current file can grow to a full part."""
        first_day = (date.fromisoformat(day) - timedelta(days=self._keep_days - 1)).isoformat()
        try:
            files = sorted(self._files(), key=lambda file: (file[0], file[1] or 1 << 62))
            others = [(its_day, path) for its_day, part, path in files if part or its_day != day]
            room = self._max_bytes - self._part_bytes
            sizes = [path.stat().st_size for _, path in others]
            total = sum(sizes)
            for (its_day, path), size in zip(others, sizes, strict=True):
                if its_day < first_day or total > room:
                    path.unlink()
                    total -= size
        except OSError as error:
            self.news.append(f"old {self.kind} logs could not be removed from {self._folder}: {error}")

    def close(self) -> None:
        """Close the file; later lines are counted as lost."""
        self._closed = True
        self._drop()

    def _ready(self, size: int, day: str, now_ms: int) -> None:
        """Have the right file open: of this day, not too long, and still where it was."""
        if self._fd >= 0 and abs(now_ms - self._looked_ms) >= _LOOK_MS:
            self._looked_ms = now_ms
            if not self._is_in_place():
                self._drop()
        if self._fd < 0 or day != self._day:
            self._open(day, now_ms)
        if self._size and self._size + size > self._part_bytes:
            self._drop()
            self._set_aside(day)
            self._open(day, now_ms)

    def _append(self, line: bytes) -> None:
        rest = memoryview(b"\n" + line if self._torn else line)
        while rest:
            written = os.write(self._fd, rest)
            self._size += written
            rest = rest[written:]
            self._torn = bool(rest)

    def _open(self, day: str, now_ms: int) -> None:
        self._drop()
        path = self._path(day)
        fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.fchmod(fd, 0o600)
            status = os.fstat(fd)
            self._torn = status.st_size > 0 and os.pread(fd, 1, status.st_size - 1) != b"\n"
        except OSError:
            os.close(fd)
            raise
        self._fd, self._day, self._size = fd, day, status.st_size
        self._identity = (status.st_dev, status.st_ino)
        self._looked_ms = now_ms
        self._retry_ms = None
        self.prune(day)

    def _is_in_place(self) -> bool:
        try:
            status = self._path(self._day).stat()
        except OSError:
            return False
        return (status.st_dev, status.st_ino) == self._identity

    def _drop(self) -> None:
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            with contextlib.suppress(OSError):
                os.close(fd)

    def _path(self, day: str, part: int | None = None) -> Path:
        number = "" if part is None else f".{part}"
        return self._folder / f"{self.kind}_{day}{number}.log"

    def _set_aside(self, day: str) -> None:
        parts = [part for its_day, part, _ in self._files() if its_day == day and part]
        self._path(day).rename(self._path(day, max(parts, default=0) + 1))

    def _files(self) -> list[tuple[str, int, Path]]:
        """Return (day, part, path) of this kind's files; the part of a file without a number is 0."""
        found = []
        for path in self._folder.iterdir():
            match = self._names.fullmatch(path.name)
            if match:
                found.append((match[1], int(match[2] or 0), path))
        return found

    def _failed(self, error: OSError, now_ms: int) -> None:
        self.lost += 1
        if not self._failing:
            self._failing = True
            self._lost_before = self.lost - 1
            self.news.append(f"the {self.kind} log in {self._folder} cannot be written, lines are lost: {error}")
        if self._fd < 0:  # opening is dear: it is not tried again with every line
            self._retry_ms = now_ms

    def _worked(self) -> None:
        if self._failing:
            self._failing = False
            count = self.lost - self._lost_before
            self.news.append(f"the {self.kind} log in {self._folder} can be written again; lines lost: {count}")
