"""Two daemons on one accounts directory: the second one refuses."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gridtrader.store.errors import StoreError
from gridtrader.store.lock import AlreadyRunningError, DirectoryLock, is_held, read_holder

_HOLD = """
import sys, time
from pathlib import Path
from gridtrader.store.lock import DirectoryLock
lock = DirectoryLock(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


def test_the_second_one_is_refused_with_the_number_of_the_first(tmp_path: Path) -> None:
    with DirectoryLock(tmp_path):
        with pytest.raises(AlreadyRunningError) as refusal:
            DirectoryLock(tmp_path)
        assert refusal.value.pid == os.getpid()
        assert str(refusal.value) == (
            f"{tmp_path}: in use by process {os.getpid()}; two daemons on the same accounts would trade against each "
            "other"
        )
        assert is_held(tmp_path)


def test_a_released_directory_can_be_taken_again(tmp_path: Path) -> None:
    DirectoryLock(tmp_path).release()
    assert not is_held(tmp_path)
    with DirectoryLock(tmp_path):
        assert read_holder(tmp_path) == os.getpid()


def test_looking_does_not_take(tmp_path: Path) -> None:
    assert not is_held(tmp_path)
    DirectoryLock(tmp_path).release()
    assert not is_held(tmp_path)
    with DirectoryLock(tmp_path):
        pass


def test_deleting_the_lock_file_does_not_let_a_second_one_in(tmp_path: Path) -> None:
    with DirectoryLock(tmp_path):
        (tmp_path / ".lock").unlink()
        assert is_held(tmp_path)
        with pytest.raises(AlreadyRunningError):
            DirectoryLock(tmp_path)


def test_a_lock_file_of_a_dead_process_is_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / ".lock").write_text("4194304\n", encoding="ascii")
    with DirectoryLock(tmp_path):
        assert read_holder(tmp_path) == os.getpid()


def test_the_death_of_the_process_releases_the_directory(tmp_path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", _HOLD, str(tmp_path)], stdout=subprocess.PIPE)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(AlreadyRunningError) as refusal:
            DirectoryLock(tmp_path)
        assert refusal.value.pid == holder.pid
        assert is_held(tmp_path)
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        assert holder.stdout is not None
        holder.stdout.close()
    with DirectoryLock(tmp_path):
        pass


def test_a_directory_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be locked: No such file or directory"):
        DirectoryLock(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_a_refused_attempt_leaves_nothing_open(tmp_path: Path) -> None:
    with DirectoryLock(tmp_path):
        before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
        with pytest.raises(AlreadyRunningError):
            DirectoryLock(tmp_path)
        assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
