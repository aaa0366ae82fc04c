"""The journal on a disk that fails, at every step."""

import errno
import os
import shutil
from pathlib import Path

import pytest

from gridtrader.store.atomic import remove_leftovers
from gridtrader.store.errors import StoreError
from gridtrader.store.journal import Entry, Journal, journal_files, read_journal
from tests.store.faults import Faults, KilledError

NOW = 1_760_630_394_480


def _entry(number: int) -> Entry:
    return Entry("fill", {"number": number})


def _numbers(path: Path) -> list[int]:
    return [record.data["number"] for record in read_journal(path) if record.kind == "fill"]


def _begun(tmp_path: Path) -> tuple[Path, Journal]:
    path = tmp_path / "journal.jsonl"
    path.unlink(missing_ok=True)
    for old in journal_files(path)[:-1]:
        old.unlink()
    journal = Journal(path, lambda: NOW)
    journal.append(_entry(0))
    return path, journal


@pytest.mark.parametrize("step", range(2))
def test_a_failed_append_leaves_the_file_as_it_was_and_the_next_one_works(tmp_path: Path, step: int) -> None:
    path, journal = _begun(tmp_path)
    before = path.read_bytes()
    with pytest.MonkeyPatch.context() as patch:
        faults = Faults(patch)
        faults.fail_at = step
        with pytest.raises(StoreError, match=r"journal\.jsonl: cannot be written: No space left on device"):
            journal.append(_entry(1))
        assert faults.calls[: step + 1] == ["write", "fdatasync"][: step + 1]
    assert path.read_bytes() == before
    assert journal.append(_entry(2)) == 2
    assert _numbers(path) == [0, 2]


@pytest.mark.parametrize("room", [0, 1, 30, 60])
def test_an_append_cut_by_a_full_disk_is_taken_back(tmp_path: Path, room: int) -> None:
    path, journal = _begun(tmp_path)
    before = path.read_bytes()
    with pytest.MonkeyPatch.context() as patch:
        _fill_up(patch, room)
        with pytest.raises(StoreError):
            journal.append_group([_entry(1), _entry(2)])
    assert path.read_bytes() == before
    journal.append(_entry(3))
    assert _numbers(path) == [0, 3]


def test_what_cannot_be_taken_back_at_once_is_taken_back_before_the_next_append(tmp_path: Path) -> None:
    path, journal = _begun(tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        _fill_up(patch, 30)
        _break(patch, "ftruncate", errno.EIO)
        with pytest.raises(StoreError):
            journal.append(_entry(1))
        with pytest.raises(StoreError, match="Input/output error"):
            journal.append(_entry(2))
    journal.append(_entry(3))
    assert _numbers(path) == [0, 3]


def test_a_torn_append_that_nobody_took_back_is_cut_at_the_next_start(tmp_path: Path) -> None:
    path, journal = _begun(tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        _fill_up(patch, 30)
        _break(patch, "ftruncate", errno.EIO)
        with pytest.raises(StoreError):
            journal.append(_entry(1))
    again = Journal(path, lambda: NOW)
    assert again.cut_bytes == 30
    assert again.append(_entry(2)) == 2


def test_a_journal_that_was_removed_takes_nothing_more(tmp_path: Path) -> None:
    path, journal = _begun(tmp_path)
    path.unlink()
    with pytest.raises(StoreError, match="No such file"):
        journal.append(_entry(1))
    path.touch()
    with pytest.raises(StoreError, match="removed or replaced while in use"):
        journal.append(_entry(1))


def test_a_folder_that_vanished_is_an_error_with_each_append_and_none_once_it_is_back(tmp_path: Path) -> None:
    folder = tmp_path / "001"
    folder.mkdir()
    path, journal = _begun(folder)
    folder.rename(tmp_path / "away")
    with pytest.raises(StoreError):
        journal.append(_entry(1))
    (tmp_path / "away").rename(folder)
    journal.append(_entry(2))
    assert _numbers(path) == [0, 2]
    shutil.rmtree(folder)
    with pytest.raises(StoreError):
        journal.append(_entry(3))


def _steps_of_a_rotation(tmp_path: Path) -> list[str]:
    _, journal = _begun(tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        faults = Faults(patch)
        journal.rotate([_entry(10)])
        return list(faults.calls)


def test_a_rotation_that_fails_anywhere_loses_nothing_and_the_journal_goes_on(tmp_path: Path) -> None:
    steps = _steps_of_a_rotation(tmp_path)
    assert {"write", "fdatasync", "link", "replace", "fsync"} <= set(steps)
    outcomes = set()
    for step in range(len(steps)):
        path, journal = _begun(tmp_path)
        with pytest.MonkeyPatch.context() as patch:
            faults = Faults(patch)
            faults.fail_at = step
            try:
                journal.rotate([_entry(10)])
            except StoreError as error:
                assert "journal" in str(error) or str(tmp_path) in str(error)
        journal.append(_entry(1))
        journal.close()
        outcome = tuple(_numbers(path))
        outcomes.add(outcome)
        assert outcome in ((0, 1), (10, 1)), steps[step]
        everything = [number for file in journal_files(path) for number in _numbers(file)]
        assert {0, 1} <= set(everything)
        remove_leftovers(tmp_path)
        again = Journal(path, lambda: NOW)
        assert again.damages == ()
        assert again.next_seq == max(record.seq for record in read_journal(path)) + 1
        again.close()
    assert outcomes == {(0, 1), (10, 1)}


def test_a_process_that_dies_anywhere_in_a_rotation_leaves_a_whole_journal(tmp_path: Path) -> None:
    for step in range(len(_steps_of_a_rotation(tmp_path))):
        path, journal = _begun(tmp_path)
        with pytest.MonkeyPatch.context() as patch:
            faults = Faults(patch)
            faults.kill_at = step
            with pytest.raises(KilledError):
                journal.rotate([_entry(10)])
        remove_leftovers(tmp_path)
        again = Journal(path, lambda: NOW)
        assert (again.damages, again.cut_bytes) == ((), 0)
        assert _numbers(path) in ([0], [10])
        again.append(_entry(1))
        again.rotate([_entry(20)])
        assert _numbers(path) == [20]
        again.close()


def test_after_a_rotation_whose_folder_could_not_be_synced_nothing_is_said_to_be_safe_before_it_is(
    tmp_path: Path,
) -> None:
    path, journal = _begun(tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gridtrader.store.journal.sync_folder", lambda folder: _refuse())
        with pytest.raises(StoreError, match="cannot be synced: Input/output error"):
            journal.rotate([_entry(10)])
        with pytest.raises(StoreError, match="cannot be synced: Input/output error"):
            journal.append(_entry(1))
    journal.append(_entry(2))
    assert _numbers(path) == [10, 2]


def test_a_rotation_works_where_there_are_no_hard_links(tmp_path: Path) -> None:
    path, journal = _begun(tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        _break(patch, "link", errno.EPERM)
        journal.rotate([_entry(10)])
    journal.append(_entry(11))
    assert _numbers(path) == [10, 11]
    assert _numbers(journal_files(path)[0]) == [0]


def test_a_failed_rotation_without_hard_links_gives_the_file_its_name_back(tmp_path: Path) -> None:
    path, journal = _begun(tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        _break(patch, "link", errno.EPERM)
        _break(patch, "replace", errno.EIO)
        with pytest.raises(StoreError):
            journal.rotate([_entry(10)])
    journal.append(_entry(1))
    assert _numbers(path) == [0, 1]


def test_a_failed_rotation_is_not_tried_again_with_every_record(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path, lambda: NOW, max_bytes=1000)
    while path.stat().st_size < 1000:
        journal.append(_entry(0))
    with pytest.MonkeyPatch.context() as patch:
        _break(patch, "replace", errno.EIO)
        with pytest.raises(StoreError):
            journal.rotate([])
    is_full = []
    for number in range(4):
        is_full.append(journal.is_full)
        journal.append(_entry(number))
    assert is_full == [False, False, True, True]


def _refuse() -> None:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def _break(patch: pytest.MonkeyPatch, name: str, code: int) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    patch.setattr(os, name, fail)


def _fill_up(patch: pytest.MonkeyPatch, room: int) -> None:
    """Let the disk take `room` more bytes."""
    write = os.write
    left = room

    def take(fd: int, data: bytes | memoryview) -> int:
        nonlocal left
        if left == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = write(fd, bytes(data)[:left])
        left -= written
        return written

    patch.setattr(os, "write", take)
