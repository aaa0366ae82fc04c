"""A file is as it was or as it should be, whatever fails, and nothing is left beside it."""

import errno
import os
import stat
from pathlib import Path

import pytest

from gridtrader.engine.ports import ArchiveError
from gridtrader.store.atomic import create_atomic, remove_leftovers, temporary, write_atomic
from gridtrader.store.errors import StoreError
from tests.store.faults import Faults, KilledError

_OLD, _NEW = b"old content\n", b"new content, a little longer\n"


def _steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    with pytest.MonkeyPatch.context() as patch:
        faults = Faults(patch)
        write_atomic(tmp_path / "count", _NEW)
        count = len(faults.calls)
    (tmp_path / "count").unlink()
    return count


def test_a_file_is_replaced_with_rights_for_the_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "state"
    path.write_bytes(_OLD)
    path.chmod(0o644)
    write_atomic(path, _NEW)
    assert path.read_bytes() == _NEW
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["state"]  # noqa: PTH208


def test_whatever_fails_the_file_is_whole_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "state"
    steps = _steps(tmp_path, monkeypatch)
    assert steps >= 7
    refused = 0
    for step in range(steps):
        path.write_bytes(_OLD)
        with pytest.MonkeyPatch.context() as patch:
            faults = Faults(patch)
            faults.fail_at = step
            try:
                write_atomic(path, _NEW)
            except StoreError as error:
                refused += 1
                assert str(error) == f"{path}: cannot be written: No space left on device"
                assert error.errno == errno.ENOSPC
        assert path.read_bytes() in (_OLD, _NEW)
        assert os.listdir(tmp_path) == ["state"], faults.calls[step]  # noqa: PTH208
    assert refused >= steps - 1  # only the removal of what is no longer there may fail unheard


def test_wherever_the_process_dies_the_file_is_whole_and_the_next_start_cleans_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "state"
    seen = set()
    for step in range(_steps(tmp_path, monkeypatch)):
        path.write_bytes(_OLD)
        with pytest.MonkeyPatch.context() as patch:
            faults = Faults(patch)
            faults.kill_at = step
            with pytest.raises(KilledError):
                write_atomic(path, _NEW)
        seen.add(path.read_bytes())
        remove_leftovers(tmp_path)
        assert os.listdir(tmp_path) == ["state"]  # noqa: PTH208
    assert seen == {_OLD, _NEW}


def test_a_write_that_comes_back_short_is_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, bytes(data)[:3]))
    write_atomic(tmp_path / "state", _NEW)
    assert (tmp_path / "state").read_bytes() == _NEW


def test_content_name_and_folder_are_synced_in_this_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    faults = Faults(monkeypatch)
    write_atomic(tmp_path / "state", _NEW)
    names = [name for name in faults.calls if name in ("write", "fsync", "replace")]
    assert names == ["write", "fsync", "replace", "fsync"]


def test_what_need_not_last_is_not_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    faults = Faults(monkeypatch)
    write_atomic(tmp_path / "status", _NEW, durable=False)
    assert "fsync" not in faults.calls


def test_a_leftover_of_a_killed_process_is_in_nobodys_way(tmp_path: Path) -> None:
    path = tmp_path / "state"
    temporary(path).write_bytes(b"a very long rest of something else that is not finished")
    temporary(path).chmod(0o666)
    write_atomic(path, _NEW)
    assert path.read_bytes() == _NEW
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_link_in_place_of_the_temporary_file_is_not_followed(tmp_path: Path) -> None:
    path, victim = tmp_path / "state", tmp_path / "victim"
    victim.write_bytes(b"mine")
    temporary(path).symlink_to(victim)
    with pytest.raises(StoreError):
        write_atomic(path, _NEW)
    assert victim.read_bytes() == b"mine"


def test_leftovers_are_removed_by_name_and_nothing_else_is(tmp_path: Path) -> None:
    for name in (".bot_state.json.tmp", ".journal.jsonl.tmp", ".emergency_stop", "x.tmp", ".tmp", "bot_state.json"):
        (tmp_path / name).touch()
    assert remove_leftovers(tmp_path) == [".bot_state.json.tmp", ".journal.jsonl.tmp"]
    assert sorted(os.listdir(tmp_path)) == [".emergency_stop", ".tmp", "bot_state.json", "x.tmp"]  # noqa: PTH208


def test_a_missing_folder_is_one_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "none" / "state"
    with pytest.raises(StoreError, match="cannot be written: No such file or directory"):
        write_atomic(path, _NEW)
    with pytest.raises(StoreError, match="cannot be removed: No such file or directory"):
        remove_leftovers(path)


def test_the_engine_and_the_operating_system_both_know_the_error() -> None:
    assert issubclass(StoreError, ArchiveError)
    assert issubclass(StoreError, OSError)


def test_creating_never_replaces(tmp_path: Path) -> None:
    path = tmp_path / ".emergency_stop"
    assert create_atomic(path, _OLD)
    assert not create_atomic(path, _NEW)
    assert path.read_bytes() == _OLD
    assert os.listdir(tmp_path) == [".emergency_stop"]  # noqa: PTH208


@pytest.mark.parametrize("code", [errno.EPERM, errno.ENOTSUP])
def test_creating_works_where_there_are_no_hard_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "link", refuse)
    path = tmp_path / ".emergency_stop"
    assert create_atomic(path, _OLD)
    assert not create_atomic(path, _NEW)
    assert path.read_bytes() == _OLD
    assert os.listdir(tmp_path) == [".emergency_stop"]  # noqa: PTH208
