"""The account's append-only journal: what must not be forgotten, safe on the disk before anything is done with it.

`journal.jsonl` is the current file; a full one becomes `journal-{first sequence number}.jsonl` beside it, and the
new one begins with whatever its owner needs to go on without the old ones.
"""

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from gridtrader.store.append_file import AppendFile
from gridtrader.store.atomic import keep_as, sync_folder, temporary
from gridtrader.store.errors import StoreError
from gridtrader.store.journal_lines import Damage, Entry, Record, encode
from gridtrader.store.journal_read import journal_files, read_journal, scan_journal

__all__ = ["Damage", "Entry", "Journal", "Record", "journal_files", "read_journal"]

MAX_BYTES: Final = 16_000_000
KEEP_FILES: Final = 8
ROTATED: Final = "rotated"
"""Kind of the first record of a file that continues another; `data` names that one."""


class Journal:
    """One writer (the account's engine thread); not thread-safe. Raises StoreError for whatever the disk does.

    A record is there when `append` returns. If `append` raises, it is not, except that a crash of the machine right
    then may leave it: what is read back may hold one step more than was acted on, never one less.
    """

    def __init__(
        self, path: Path, now_ms: Callable[[], int], *, max_bytes: int = MAX_BYTES, keep_files: int = KEEP_FILES
    ) -> None:
        """Open the journal, making it if there is none, and cut off what a crash left unfinished at its end."""
        self._path = path
        self._now_ms = now_ms
        self._max_bytes = max_bytes
        self._keep_files = keep_files
        self._names_unsynced = False
        self._full_at = max_bytes
        self._file = AppendFile(path)
        try:
            scan = scan_journal(path)
            self.damages: tuple[Damage, ...] = tuple(scan.damages)
            """Lines that cannot be read; they stay where they are."""
            self.cut_bytes = self._file.size - scan.good_size
            """What was cut off: a line, or lines appended together, that a crash interrupted. Nobody acted on it."""
            if self.cut_bytes:
                self._file.cut(scan.good_size)
            if scan.lacks_newline:
                self._file.append(b"\n", sync=True)
            last_seq = scan.last_seq or _last_seq(journal_files(path)[:-1])
        except StoreError:
            self._file.close()
            raise
        self._next_seq = last_seq + scan.lost_after + 1
        self._first_seq = scan.first_seq or self._next_seq

    @property
    def next_seq(self) -> int:
        """Number of the next record; numbers rise by 1, over all files."""
        return self._next_seq

    @property
    def is_full(self) -> bool:
        """Whether it is time to call `rotate`. Appending goes on working.

        Neither a rotation that failed nor a snapshot that is itself too long makes it time again at once.
        """
        return self._file.size >= self._full_at

    def append(self, entry: Entry) -> int:
        """Record one step; return its number. Raises TypeError for data that is not JSON with `Decimal`."""
        return self.append_group([entry])

    def append_group(self, entries: Sequence[Entry]) -> int:
        """Record one or more steps, all or none of which will be read back; return the number of the last one."""
        count = len(entries)
        if count == 0:
            raise ValueError("a group has at least one entry")
        at_ms = self._now_ms()
        lines = [
            encode(self._next_seq + place, at_ms, entry, (place, count) if count > 1 else None)
            for place, entry in enumerate(entries)
        ]
        self._sync_names()
        self._file.append(b"".join(lines), sync=True)
        self._next_seq += count
        return self._next_seq - 1

    def rotate(self, snapshot: Sequence[Entry]) -> None:
        """Begin a new file with `snapshot`, keep the old one beside it, remove the oldest beyond the bound.

        If it raises, the journal goes on, in the old file or in the new one, and nothing recorded is lost.
        """
        archive = self._path.with_name(f"{self._path.stem}-{self._first_seq:012d}{self._path.suffix}")
        entries = [Entry(ROTATED, {"from": archive.name}), *snapshot]
        at_ms = self._now_ms()
        lines = [encode(self._next_seq + place, at_ms, entry) for place, entry in enumerate(entries)]
        self._full_at = self._file.size + self._max_bytes // 8
        fresh = self._begin(b"".join(lines), archive)
        self._file.close()
        self._file = fresh
        self._full_at = max(self._max_bytes, 2 * fresh.size)
        self._first_seq, self._next_seq = self._next_seq, self._next_seq + len(entries)
        self._names_unsynced = True
        self._sync_names()
        self._remove_oldest()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _begin(self, data: bytes, archive: Path) -> AppendFile:
        """Put a new file with `data` in place of the current one, which gets the name `archive`."""
        temp = temporary(self._path)
        fresh = None
        try:
            temp.unlink(missing_ok=True)
            fresh = AppendFile(temp)
            fresh.append(data, sync=True)
            keep_as(self._path, archive)
            temp.replace(self._path)
        except OSError as error:
            if fresh:
                fresh.close()
            with contextlib.suppress(OSError):  # else the next start removes it
                temp.unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # only where there are no hard links is the name free now
                if not self._path.exists():
                    archive.rename(self._path)
            raise StoreError(self._path, "cannot begin a new file", error) from error
        fresh.path = self._path
        return fresh

    def _sync_names(self) -> None:
        """Make a rotation survive a crash of the machine, before anything is said to be safe in the new file."""
        if self._names_unsynced:
            try:
                sync_folder(self._path.parent)
            except OSError as error:
                raise StoreError(self._path.parent, "cannot be synced", error) from error
            self._names_unsynced = False

    def _remove_oldest(self) -> None:
        older = journal_files(self._path)[:-1]
        for path in older[: max(len(older) - self._keep_files, 0)]:
            with contextlib.suppress(OSError):  # the next rotation tries again
                path.unlink()


def _last_seq(older: Sequence[Path]) -> int:
    """Return the number of the last record of the newest older file, 0 without any."""
    if not older:
        return 0
    scan = scan_journal(older[-1])
    return scan.last_seq + scan.lost_after
