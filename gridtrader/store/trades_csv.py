"""`trades_history.csv`: one row for each execution, for people and their spreadsheets.

It is no source of truth (the journal and the exchange are): rows reach the operating system at once, the disk a
little later.
"""

import contextlib
import csv
import io
import re
from collections.abc import Iterable, Mapping
from datetime import tzinfo
from pathlib import Path
from typing import Final

from gridtrader.store.append_file import AppendFile
from gridtrader.store.errors import StoreError
from gridtrader.store.times import moment

MAX_BYTES: Final = 16_000_000
KEEP_FILES: Final = 100
TIME: Final = "time"
"""First column: when, in the configured zone, as spreadsheets read it."""
KEY: Final = "exec_id"
"""Last column: an execution has one row, also where it is told of again after a crash."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_NUMBER: Final = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?")


class TradesHistory:
    """Appends to the file of one account; one writer, not thread-safe. Raises StoreError for whatever the disk does.

    The columns are the keys of the rows, before them the time in the configured zone; rows with other columns than
    the file's begin a new file. After an error the file is opened anew with the next row.
    """

    def __init__(
        self, path: Path, zone: tzinfo | None = None, *, max_bytes: int = MAX_BYTES, keep_files: int = KEEP_FILES
    ) -> None:
        self._path = path
        self._zone = zone
        self._max_bytes = max_bytes
        self._keep_files = keep_files
        self._file: AppendFile | None = None
        self._header = b""
        self._told: set[str] = set()
        """Ids of the last executions in the file as it was opened: a process that died may not have noted them."""
        self.cut_bytes = 0
        """Length of an unfinished last row that was cut off when the file was opened."""

    def append(self, row: Mapping[str, str]) -> None:
        """Append one execution; `time_ms` is its time, milliseconds since 1970 by the exchange's clock.

        Raises KeyError or ValueError for a row without one.
        """
        time = moment(int(row["time_ms"]), self._zone)
        line = _line([time, *(_harmless(cell) for cell in row.values())])
        header = _line([TIME, *row])
        try:
            if self._file is None or header != self._header:
                self.close()
                self._header = header
                self._file = self._open()
            if self._file.size >= self._max_bytes:
                self._file.close()
                self._file = None
                self._set_aside()
                self._file = self._open()
            if row.get(KEY) not in self._told:
                self._file.append(line, sync=False)
        except OSError as error:
            self.close()
            if isinstance(error, StoreError):
                raise
            raise StoreError(self._path, "cannot be written", error) from error

    def close(self) -> None:
        """Close the file."""
        if self._file:
            self._file.close()
            self._file = None

    def _open(self) -> AppendFile:
        if not self._has_header(self._header):
            self._set_aside()
        file = AppendFile(self._path)
        try:
            if file.size == 0:
                file.append(self._header, sync=False)
            else:
                self._cut_torn(file)
        except StoreError:
            file.close()
            raise
        return file

    def _has_header(self, header: bytes) -> bool:
        """Return whether the file is one of this format, or is not there, or was begun and not finished."""
        try:
            with self._path.open("rb") as file:
                first = file.read(len(header))
        except FileNotFoundError:
            return True
        if header.startswith(first):
            if first != header:
                self._path.unlink()
            return True
        return False

    def _cut_torn(self, file: AppendFile) -> None:
        with self._path.open("rb") as reader:
            reader.seek(max(file.size - 65_536, 0))
            tail = reader.read()
        self.cut_bytes = len(tail) - (tail.rfind(b"\n") + 1)
        rows = tail.decode("utf-8", "replace").splitlines()
        self._told = {row.rpartition(",")[2] for row in rows}
        if self.cut_bytes:
            file.cut(file.size - self.cut_bytes)

    def _set_aside(self) -> None:
        pattern = re.compile(rf"{re.escape(self._path.stem)}-(\d{{5,}}){re.escape(self._path.suffix)}")
        older = {
            int(match[1]): path for path in self._path.parent.iterdir() if (match := pattern.fullmatch(path.name))
        }
        number = max(older, default=0) + 1
        self._path.rename(self._path.with_name(f"{self._path.stem}-{number:05d}{self._path.suffix}"))
        for old in sorted(older)[: max(len(older) + 1 - self._keep_files, 0)]:
            with contextlib.suppress(OSError):  # the next one tries again
                older[old].unlink()


def _harmless(text: str) -> str:
    """Somebody else's order name can be anything: a spreadsheet must not run it as a formula."""
    is_formula = text.startswith(_FORMULA) and not _NUMBER.fullmatch(text)
    return f"'{text}" if is_formula else text


def _line(cells: Iterable[str]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow([cell.replace("\n", " ").replace("\r", " ") for cell in cells])
    return buffer.getvalue().encode("utf-8", "backslashreplace")
