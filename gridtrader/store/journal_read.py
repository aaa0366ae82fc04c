"""Reading a journal back: what is sound, what is damaged, and where an interrupted append begins."""

import contextlib
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from gridtrader.store.errors import StoreError
from gridtrader.store.journal_lines import Damage, Record, decode, skim


def read_journal(path: Path, on_damage: Callable[[Damage], None] | None = None) -> Iterator[Record]:
    """Yield the records of one file in order; what cannot be read is told to `on_damage` and passed over.

    Yields nothing for a file that is not there. Raises StoreError if it cannot be read. A file in use may end in the
    middle of a group; one that `Journal` has opened does not.
    """
    damaged = False
    for line in _examine(path):
        if line.damage:
            damaged = True
            if on_damage:
                on_damage(line.damage)
        if line.seq is not None:
            record = decode(line.text)
            yield replace(record, after_damage=True) if damaged else record


def journal_files(path: Path) -> list[Path]:
    """Return the older files of a journal, oldest first, and at the end `path` itself. Raises StoreError."""
    pattern = re.compile(rf"{re.escape(path.stem)}-(\d{{12,}}){re.escape(path.suffix)}")
    try:
        older = [other for other in path.parent.iterdir() if pattern.fullmatch(other.name)]
    except OSError as error:
        raise StoreError(path.parent, "cannot be listed", error) from error
    return [*sorted(older, key=lambda other: (len(other.name), other.name)), path]


def read_tail(path: Path, max_bytes: int = 65_536) -> list[Record]:
    """Return the records in the last part of a file, oldest first. Raises StoreError if it cannot be read."""
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            start = max(file.tell() - max_bytes, 0)
            file.seek(start)
            lines = file.read(max_bytes).split(b"\n")
    except OSError as error:
        raise StoreError(path, "cannot be read", error) from error
    records = []
    for line in lines:
        with contextlib.suppress(ValueError):  # the first one is cut in two, the last one is empty
            skim(line)
            records.append(decode(line))
    return records


@dataclass(slots=True)
class Scan:
    """What the writer must know of a file before it goes on in it."""

    damages: list[Damage]
    good_size: int = 0
    """Bytes up to the end of the last line that is complete, its group included."""
    lacks_newline: bool = False
    first_seq: int = 0
    last_seq: int = 0
    lost_after: int = 0
    """Damaged lines after the last record; each had a number once."""


def scan_journal(path: Path) -> Scan:
    """Go through a file without keeping its records. Raises StoreError if it cannot be read."""
    scan = Scan([])
    group_start: int | None = None
    unfinished: tuple[int, int] | None = None
    for line in _examine(path):
        if line.damage and (line.is_terminated or line.seq is not None):
            scan.damages.append(line.damage)
        if line.seq is None:
            if line.is_terminated:  # else it is the last one, and what a crash made of it
                scan.lost_after += 1
                scan.good_size = line.end
                group_start, unfinished = None, None
            continue
        scan.first_seq = scan.first_seq or line.seq
        scan.last_seq, scan.lost_after = line.seq, 0
        scan.good_size, scan.lacks_newline = line.end, not line.is_terminated
        place, count = line.group or (0, 1)
        if place == 0:
            group_start = line.start
        unfinished = (place, count) if place + 1 < count else None
    if unfinished and group_start is not None:
        scan.good_size, scan.lacks_newline = group_start, False
        scan.last_seq -= unfinished[0] + 1
    return scan


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int
    is_terminated: bool
    text: bytes
    """Without the newline."""
    seq: int | None = None
    """None for a line that is not as it was written."""
    group: tuple[int, int] | None = None
    damage: Damage | None = None


def _examine(path: Path) -> Iterator[_Line]:
    expected: int | None = None
    start = 0
    for number, raw in enumerate(_raw_lines(path), start=1):
        is_terminated = raw.endswith(b"\n")
        place = (start, start + len(raw), is_terminated, raw[:-1] if is_terminated else raw)
        start += len(raw)
        try:
            seq, group = skim(place[-1])
        except ValueError as error:
            reason = str(error) if is_terminated else "the last line is not complete"
            yield _Line(*place, damage=Damage(path.name, number, reason))
            expected = None if expected is None else expected + 1
            continue
        damage = None
        if expected is not None and seq != expected:
            damage = Damage(path.name, number, f"record {seq} stands where record {expected} should")
        expected = seq + 1
        yield _Line(*place, seq, group, damage)


def _raw_lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            yield from file
    except FileNotFoundError:
        return
    except OSError as error:
        raise StoreError(path, "cannot be read", error) from error
