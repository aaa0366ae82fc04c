"""The rows of a series fetched so far: a plain csv file that only grows, page by page.

Each page is on the disk before the next one is asked for. A row cut off by a crash is cut away when the file is
opened again; anything else that does not fit is an error, for then somebody else has written into it.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from gridtrader.history.rows import Record
from gridtrader.history.series import Series
from gridtrader.store.append_file import AppendFile
from gridtrader.store.errors import StoreError

CHUNK_ROWS: Final = 10_000


class Tally:
    """What a file of rows holds, counted as they come."""

    def __init__(self, spacing_ms: int | None) -> None:
        self._spacing_ms = spacing_ms
        self.rows = 0
        self.first: int | None = None
        self.last: int | None = None
        self.missing = 0
        """Rows that are not there between others, in so many `gaps`."""
        self.gaps = 0

    def take(self, at: int) -> None:
        """Count one row. Raises ValueError if it is not later than the one before."""
        if self.last is None:
            self.first = at
        else:
            if at <= self.last:
                raise ValueError(f"time {at} comes after {self.last}")
            if self._spacing_ms is not None and at - self.last > self._spacing_ms:
                self.missing += (at - self.last) // self._spacing_ms - 1
                self.gaps += 1
        self.last = at
        self.rows += 1


class Part:
    """One writer. Every method raises StoreError."""

    def __init__(self, path: Path, series: Series, start: int) -> None:
        """Open the file, or begin it; its rows must not be earlier than `start`."""
        self.path = path
        self.tally = Tally(series.spacing_ms)
        self._header = series.kind.header
        self._file = AppendFile(path)
        try:
            sound = 0
            with path.open("rb") as file:
                for record, size in _whole_lines(file, path, self._header):
                    sound += size
                    if record is not None:
                        if record.at < start:
                            raise StoreError(path, f"a row of {record.at}, before {start}; {REMOVE}")
                        self._take(record.at)
            if sound < self._file.size:
                self._file.cut(sound)
            if not sound:
                self._file.append(f"{self._header}\n".encode(), sync=True)
        except OSError as error:
            self._file.close()
            raise error if isinstance(error, StoreError) else StoreError(path, "cannot be read", error) from error

    def append(self, records: Iterable[Record]) -> None:
        """Add rows; they are on the disk when this returns."""
        lines = []
        for record in records:
            self._take(record.at)
            lines.append(f"{record.line}\n")
        if lines:
            self._file.append("".join(lines).encode(), sync=True)

    def take_over(self, records: Iterator[Record], end: int) -> None:
        """Add those of the rows that are later than all of these, and before `end`."""
        last = -1 if self.tally.last is None else self.tally.last
        later = (record for record in records if last < record.at < end)
        while chunk := list(islice(later, CHUNK_ROWS)):
            self.append(chunk)

    def close(self) -> None:
        """Close the file. Safe to call twice."""
        self._file.close()

    def _take(self, at: int) -> None:
        try:
            self.tally.take(at)
        except ValueError as error:
            raise StoreError(self.path, f"{error}; {REMOVE}") from None


REMOVE: Final = "remove the file to fetch it anew"


def read_rows(file: Iterable[bytes], path: Path, header: str) -> Iterator[Record]:
    """Return the rows of a file. Raises StoreError for a line that is no row; one without an end is left out."""
    return (record for record, _ in _whole_lines(file, path, header) if record is not None)


def _whole_lines(file: Iterable[bytes], path: Path, header: str) -> Iterator[tuple[Record | None, int]]:
    """Yield each line (None for the header) and its length in bytes, up to the first one that has no end."""
    commas = header.count(",")
    for number, raw in enumerate(file, start=1):
        if not raw.endswith(b"\n"):
            return
        line = raw[:-1].decode("ascii", "replace")
        if number == 1:
            if line != header:
                raise StoreError(path, f"line 1 is {line[:80]!r}, expected {header!r}; {REMOVE}")
            yield None, len(raw)
            continue
        time = line.partition(",")[0]
        if line.count(",") != commas or not (time.isascii() and time.isdigit()):
            raise StoreError(path, f"line {number} is {line[:80]!r}, expected {header}; {REMOVE}")
        yield Record(int(time), line), len(raw)
