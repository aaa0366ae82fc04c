"""`metrics_YYYY-MM-DD.jsonl`: one line of figures at every comparison with the exchange (T6)."""

import contextlib
import os
import re
from collections.abc import Mapping
from datetime import date, timedelta, tzinfo
from pathlib import Path
from typing import Final

from gridtrader.store.atomic import write_all
from gridtrader.store.errors import StoreError
from gridtrader.store.json_text import Json, dumps_line
from gridtrader.store.times import iso

KEEP_DAYS: Final = 30
_NAME: Final = re.compile(r"metrics_(\d{4}-\d\d-\d\d)\.jsonl")


class MetricsLog:
    """Appends to the files of one account; one writer, not thread-safe. Raises StoreError."""

    def __init__(self, folder: Path, zone: tzinfo | None = None, *, keep_days: int = KEEP_DAYS) -> None:
        self._folder = folder
        self._zone = zone
        self._keep_days = keep_days
        self._day = ""

    def append(self, at_ms: int, figures: Mapping[str, Json]) -> None:
        """Append one snapshot; `figures` come after the time, which has the key `time`."""
        time = iso(at_ms, self._zone)
        day = time[:10]
        path = self._folder / f"metrics_{day}.jsonl"
        line = dumps_line({"time": time, **figures}).encode()
        try:
            _append(path, line)
        except OSError as error:
            raise StoreError(path, "cannot be written", error) from error
        if day != self._day:
            self._day = day
            self._remove_old(day)

    def _remove_old(self, day: str) -> None:
        first = (date.fromisoformat(day) - timedelta(days=self._keep_days - 1)).isoformat()
        with contextlib.suppress(OSError):  # the next day tries again
            for path in self._folder.iterdir():
                match = _NAME.fullmatch(path.name)
                if match and match[1] < first:
                    path.unlink()


def _append(path: Path, line: bytes) -> None:
    """Append a line, on a new one if the last was cut short by a crash or a full disk."""
    fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        size = os.fstat(fd).st_size
        torn = size > 0 and os.pread(fd, 1, size - 1) != b"\n"
        write_all(fd, (b"\n" if torn else b"") + line + b"\n")
    finally:
        os.close(fd)
