"""`.emergency_stop`: written once, never touched again, and its removal told from a vanished disk."""

import json
import os
import stat
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gridtrader.store.emergency import (
    CONCLUDED_KIND,
    EmergencyStop,
    interrupted_stop,
    is_released,
    is_stopped,
    read_stop,
    write_stop,
)
from gridtrader.store.errors import StoreError
from gridtrader.store.journal import Entry, Journal

NOW = 1_760_633_994_480
STOP = EmergencyStop(NOW, "001", "maintenance margin rate 91.23 %", "DOGEUSDT", Decimal("0.9123"))


def test_the_file_says_when_what_why_and_how_much(tmp_path: Path) -> None:
    assert not is_stopped(tmp_path)
    assert write_stop(tmp_path, STOP, ZoneInfo("Europe/Moscow"))
    path = tmp_path / ".emergency_stop"
    tree = json.loads(path.read_text(encoding="utf-8"))
    assert tree["time"] == "2025-10-16T19:59:54.480+03:00"
    assert (tree["account"], tree["symbol"], tree["reason"]) == ("001", "DOGEUSDT", STOP.reason)
    assert tree["mm_rate_percent"] == 91.23
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert is_stopped(tmp_path)
    assert read_stop(tmp_path) == STOP


def test_symbol_and_rate_may_be_unknown(tmp_path: Path) -> None:
    stop = EmergencyStop(NOW, "001", "the private stream is lost")
    write_stop(tmp_path, stop)
    assert read_stop(tmp_path) == stop


@pytest.mark.parametrize("content", ["", "stopped by hand, Ann", "{}", '{"time": 1}', "[1]", "\x00"])
def test_a_file_that_is_there_already_is_not_touched(tmp_path: Path, content: str) -> None:
    path = tmp_path / ".emergency_stop"
    path.write_text(content, encoding="utf-8")
    before = path.stat()
    assert not write_stop(tmp_path, STOP)
    assert is_stopped(tmp_path)
    assert read_stop(tmp_path) is None
    after = path.stat()
    assert (before.st_mtime_ns, before.st_ino) == (after.st_mtime_ns, after.st_ino)
    assert path.read_text(encoding="utf-8") == content


def test_a_link_to_nowhere_stops_as_well(tmp_path: Path) -> None:
    (tmp_path / ".emergency_stop").symlink_to(tmp_path / "nowhere")
    assert is_stopped(tmp_path)


def test_what_cannot_be_found_out_is_an_error_not_a_no(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "lstat", refuse)
    with pytest.raises(StoreError, match="cannot be examined: Permission denied"):
        is_stopped(tmp_path)
    assert not is_released(tmp_path, tmp_path / "journal.jsonl")


def test_a_stop_that_cannot_be_written_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"\.emergency_stop: cannot be written"):
        write_stop(tmp_path / "none", STOP)


def _journal(folder: Path, *kinds: str) -> Path:
    path = folder / "journal.jsonl"
    journal = Journal(path, lambda: NOW)
    for kind in kinds:
        journal.append(Entry(kind, {"text": "x" * 100}))
    journal.close()
    return path


def test_a_removed_file_releases_the_account_whose_journal_knows_of_the_stop(tmp_path: Path) -> None:
    path = _journal(tmp_path, "fill", "emergency", "fill")
    assert is_released(tmp_path, path)
    write_stop(tmp_path, STOP)
    assert not is_released(tmp_path, path)


def test_a_stop_is_found_at_the_end_of_a_long_journal(tmp_path: Path) -> None:
    assert is_released(tmp_path, _journal(tmp_path, *["fill"] * 500, "emergency"))


def test_a_vanished_disk_is_not_consent(tmp_path: Path) -> None:
    path = _journal(tmp_path, "fill", "emergency")
    path.unlink()
    assert not is_released(tmp_path, path)
    assert not is_released(tmp_path / "none", tmp_path / "none" / "journal.jsonl")


def test_an_old_copy_of_the_folder_is_not_consent(tmp_path: Path) -> None:
    assert not is_released(tmp_path, _journal(tmp_path, "fill", "fill"))


def _concluded(folder: Path, *stops: int) -> Path:
    path = _journal(folder, "fill", "emergency")
    journal = Journal(path, lambda: STOP.at_ms)
    for stop in stops:
        journal.append(Entry(CONCLUDED_KIND, {"stop": stop}))
    journal.close()
    return path


def test_a_stop_is_interrupted_until_the_journal_has_its_end(tmp_path: Path) -> None:
    assert interrupted_stop(tmp_path, tmp_path / "journal.jsonl") is None, "there is none"
    write_stop(tmp_path, STOP)
    assert interrupted_stop(tmp_path, tmp_path / "journal.jsonl") == STOP, "it died before it wrote anything else"
    assert interrupted_stop(tmp_path, _concluded(tmp_path, STOP.at_ms - 1)) == STOP, "that was another stop's end"
    assert interrupted_stop(tmp_path, _concluded(tmp_path, STOP.at_ms)) is None


def test_a_file_made_by_hand_is_no_interrupted_stop(tmp_path: Path) -> None:
    (tmp_path / ".emergency_stop").write_text("holiday")
    assert interrupted_stop(tmp_path, _concluded(tmp_path)) is None
