"""Names and contents of the folder of recorded prices.

`DOGEUSDT-1m-2025-06-01_2025-06-28.csv.gz` holds everything from the first moment up to and without the second (UTC);
`DOGEUSDT-1m-2025-06-01.part` is one on the way there. The embedded exchange reads symbol, kind and length from the
name.
"""

import gzip
import io
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from gridtrader.history.part import REMOVE, Part, Tally, read_rows
from gridtrader.history.rows import Record
from gridtrader.history.series import DAY_MS, Series
from gridtrader.store.atomic import write_atomic
from gridtrader.store.errors import StoreError
from gridtrader.store.times import iso

_ENDING: Final = ".csv.gz"
_DAMAGED: Final = (EOFError, zlib.error, gzip.BadGzipFile)


def moment(at: int) -> str:
    """Return a time as it stands in names, to the minute: `2025-06-01`, `2025-06-01T1930`."""
    text = iso(at, UTC)
    return text[:10] if at % DAY_MS == 0 else f"{text[:13]}{text[14:16]}"


def _of_moment(text: str) -> int | None:
    try:
        at = round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1000
    except ValueError:
        return None
    return at if moment(at) == text else None


class Folder:
    """The files of the series that begin at the same moment. Everything raises StoreError."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def part(self, series: Series, start: int) -> Part:
        """Open what has been fetched of a series that is not complete, or begin it."""
        return Part(self._part_path(series, start), series, start)

    def name(self, series: Series, start: int, end: int) -> Path:
        """Return where the complete file is, or will be."""
        return self.path / f"{series.stem}-{moment(start)}_{moment(end)}{_ENDING}"

    def complete(self, series: Series, start: int) -> dict[int, Path]:
        """Return the complete files that begin at `start`, by their ends."""
        head = f"{series.stem}-{moment(start)}_"
        found = {}
        try:
            for path in self.path.iterdir():
                name = path.name
                if name.startswith(head) and name.endswith(_ENDING):
                    end = _of_moment(name.removeprefix(head).removesuffix(_ENDING))
                    if end is not None:
                        found[end] = path
        except OSError as error:
            raise StoreError(self.path, "cannot be listed", error) from error
        return found

    def rows(self, path: Path, series: Series) -> Iterator[Record]:
        """Yield the rows of a complete file."""
        try:
            with gzip.open(path, "rb") as file:
                yield from read_rows(file, path, series.kind.header)
        except _DAMAGED as error:
            raise StoreError(path, f"is damaged ({error}); {REMOVE}") from error
        except OSError as error:
            raise error if isinstance(error, StoreError) else StoreError(path, "cannot be read", error) from error

    def tally(self, path: Path, series: Series) -> Tally:
        """Count the rows of a complete file, which also proves that it is sound."""
        tally = Tally(series.spacing_ms)
        for record in self.rows(path, series):
            try:
                tally.take(record.at)
            except ValueError as error:
                raise StoreError(path, f"{error}; {REMOVE}") from None
        return tally

    def publish(self, part: Part, series: Series, start: int, end: int) -> Path:
        """Make the complete file of what has been fetched; the part, and shorter files of the same, go.

        Rows from `end` on, of an earlier and longer wish, stay in the part.
        """
        part.close()
        path = self.name(series, start, end)
        packed = io.BytesIO()
        has_more = False
        try:
            with (
                part.path.open("rb") as source,
                gzip.GzipFile(filename="", mode="wb", fileobj=packed, compresslevel=6, mtime=0) as target,
            ):
                target.write(f"{series.kind.header}\n".encode())
                for record in read_rows(source, part.path, series.kind.header):
                    if record.at >= end:
                        has_more = True
                        break
                    target.write(f"{record.line}\n".encode())
            write_atomic(path, packed.getvalue())
            for other_end, other in self.complete(series, start).items():
                if other_end < end:
                    other.unlink()
            if not has_more:
                part.path.unlink()
        except OSError as error:
            raise error if isinstance(error, StoreError) else StoreError(path, "cannot be written", error) from error
        return path

    def discard_empty(self, part: Part) -> None:
        """Remove a part in which there is nothing."""
        part.close()
        if not part.tally.rows:
            try:
                part.path.unlink()
            except OSError as error:
                raise StoreError(part.path, "cannot be removed", error) from error

    def _part_path(self, series: Series, start: int) -> Path:
        return self.path / f"{series.stem}-{moment(start)}.part"
