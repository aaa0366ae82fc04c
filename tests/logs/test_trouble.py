"""A full disk, a vanished folder: lines are lost and counted, and nothing is ever raised."""

import errno
import logging
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from gridtrader.logs import DaemonLogs, LogBounds, Redactor
from tests.logs.conftest import NOON, Desk

_BOT, _ERRORS = "bot_2025-10-16.log", "errors_2025-10-16.log"


class Disk:
    """Stands between the logs and `os.write`; `full(kind)` says whether that file takes nothing more."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full: Callable[[str], bool] = lambda name: False
        self.room: int | None = None
        self._write = os.write
        monkeypatch.setattr("gridtrader.logs.channel.os.write", self.write)

    def write(self, fd: int, data: bytes | memoryview) -> int:
        if self.full(Path(f"/proc/self/fd/{fd}").readlink().name):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if self.room is not None:
            if self.room == 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            data = bytes(data)[: self.room]
            self.room -= len(data)
        return self._write(fd, data)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


def test_a_full_disk_loses_lines_counts_them_and_says_so_once_elsewhere(desk: Desk, disk: Disk) -> None:
    disk.full = lambda name: name.startswith("bot_")
    for number in range(3):
        desk.logs.bot.info("line %d", number)
    assert desk.logs.lost == 3
    assert [line[30:] for line in desk.lines(_ERRORS)] == [
        f"WARNING  the bot log in {desk.folder} cannot be written, lines are lost: [Errno 28] No space left on device"
    ]
    assert len(desk.troubles) == 1


def test_the_end_of_the_trouble_is_told_with_the_number_of_lost_lines(desk: Desk, disk: Disk) -> None:
    disk.full = lambda name: name.startswith("bot_")
    for number in range(3):
        desk.logs.bot.info("line %d", number)
    disk.full = lambda name: False
    desk.logs.bot.info("line 3")
    desk.logs.bot.info("line 4")
    assert [line[-6:] for line in desk.lines(_BOT)] == ["line 3", "line 4"]
    assert desk.lines(_ERRORS)[-1].endswith(f"the bot log in {desk.folder} can be written again; lines lost: 3")
    assert len(desk.troubles) == 2


def test_trouble_with_the_errors_log_is_told_in_the_bot_log(desk: Desk, disk: Disk) -> None:
    disk.full = lambda name: name.startswith("errors_")
    desk.logs.bot.error("lost")
    assert desk.lines(_BOT)[0][30:].startswith("WARNING  the errors log")


def test_with_everything_full_only_the_daemon_hears_of_it(desk: Desk, disk: Disk) -> None:
    disk.full = lambda name: True
    for _ in range(3):
        desk.logs.bot.info("x")
        desk.logs.bot.error("x")
        desk.logs.trade("x")
    assert sorted(text.split()[1] for text in desk.troubles) == ["bot", "errors", "trades"]
    assert desk.logs.lost >= 9


def test_a_line_cut_by_a_full_disk_is_closed_before_the_next_one(desk: Desk, disk: Disk) -> None:
    desk.logs.bot.info("first")
    disk.room = 20
    desk.logs.bot.info("second, of which a part is written")
    assert desk.logs.lost > 1  # the warning about it as well
    disk.room = None
    desk.logs.bot.info("third")
    first, second, third = desk.lines(_BOT)
    assert first.endswith("first")
    assert len(second) == 20
    assert third.endswith("INFO     third")


@pytest.mark.parametrize("room", range(1, 60, 7))
def test_a_write_in_pieces_is_one_line(desk: Desk, monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    write = os.write
    monkeypatch.setattr("gridtrader.logs.channel.os.write", lambda fd, data: write(fd, bytes(data)[:room]))
    desk.logs.bot.info("a line that the system takes in pieces")
    assert desk.lines(_BOT) == ["2025-10-16 14:00:00.000+03:00 INFO     a line that the system takes in pieces"]


def test_a_vanished_folder_is_noticed_within_a_second_and_not_made_anew(desk: Desk) -> None:
    desk.logs.bot.info("written")
    shutil.rmtree(desk.folder)
    desk.now_ms += 1000
    desk.logs.bot.info("lost")
    desk.logs.bot.info("lost")
    assert desk.logs.lost > 2  # the warning about it found no place either
    assert not desk.folder.exists()
    desk.folder.mkdir()
    desk.now_ms += 1000
    desk.logs.bot.info("back")
    assert desk.lines(_BOT)[0].endswith("back")
    assert "can be written again" in desk.troubles[-1]


def test_a_file_taken_away_is_made_anew(desk: Desk) -> None:
    desk.logs.bot.info("a")
    (desk.folder / _BOT).rename(desk.folder / "taken")
    desk.now_ms += 1000
    desk.logs.bot.info("b")
    assert desk.lines(_BOT)[0].endswith("b")
    assert desk.logs.lost == 0


def test_a_folder_that_cannot_be_made_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    desk = Desk(tmp_path / "file" / "001")
    logs = desk.open()
    logs.bot.error("where to?")
    logs.trade("where to?")
    assert logs.lost >= 2
    assert "Not a directory" in desk.troubles[0]


def test_a_line_after_the_end_is_counted_and_nothing_more(desk: Desk) -> None:
    desk.logs.close()
    desk.logs.close()
    desk.logs.bot.info("too late")
    assert desk.logs.lost == 1


def test_many_threads_lose_and_mix_no_lines(desk: Desk) -> None:
    def write(thread: int) -> None:
        for number in range(100):
            desk.logs.bot.info("%d:%d:%s", thread, number, "x" * 100)

    threads = [threading.Thread(target=write, args=(thread,)) for thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    texts = [line.split()[-1] for line in desk.lines(_BOT)]
    assert sorted(texts) == sorted(f"{thread}:{number}:{'x' * 100}" for thread in range(8) for number in range(100))


def _daemon(tmp_path: Path, secret: str = "VerySecretValue") -> DaemonLogs:
    return DaemonLogs(tmp_path / "logs", Redactor(secrets=[secret]), lambda: NOON, LogBounds(30, 10**6))


def test_what_the_libraries_warn_of_is_in_the_daemons_errors_without_secrets(tmp_path: Path) -> None:
    logs = _daemon(tmp_path)
    logs.capture_libraries()
    try:
        logging.getLogger("pybit._http_manager").error("10004 error sign! VerySecretValue")
        logging.getLogger("urllib3.connectionpool").warning("Connection pool is full")
        logging.getLogger("websocket").info("not this")
    finally:
        logs.close()
    written = "\n".join(path.read_text(encoding="utf-8") for path in (tmp_path / "logs").iterdir())
    assert "[MainThread] pybit._http_manager: 10004 error sign! ***" in written
    assert "urllib3.connectionpool: Connection pool is full" in written
    assert "not this" not in written


def test_capturing_leaves_nothing_behind(tmp_path: Path) -> None:
    before = list(logging.getLogger().handlers)
    logs = _daemon(tmp_path)
    logs.capture_libraries()
    logs.capture_libraries()
    assert len(logging.getLogger().handlers) == len(before) + 1
    logs.close()
    assert logging.getLogger().handlers == before


def test_pybit_adds_no_handler_of_its_own_while_its_logs_are_captured(tmp_path: Path) -> None:
    from pybit.unified_trading import HTTP

    logger = logging.getLogger("pybit._http_manager")
    before = list(logger.handlers)
    logs = _daemon(tmp_path)
    logs.capture_libraries()
    try:
        HTTP()  # type: ignore[no-untyped-call]
        assert logger.handlers == before
    finally:
        logs.close()
