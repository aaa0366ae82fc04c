"""All files of an account behind the engine's port."""

import logging
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from gridtrader.engine.journal import remember
from gridtrader.engine.ports import Archive, ArchiveError, InterruptedStop, LevelState, Record, SymbolState
from gridtrader.store.archive import AccountArchive, FileBounds
from gridtrader.store.emergency import is_released, is_stopped, read_stop
from gridtrader.store.journal import journal_files
from gridtrader.store.state import read_state
from gridtrader.store.status import read_status

NOW = 1_760_633_994_480


class Reports(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())


class Folder:
    """An account's folder, its archive, and what the archive logged."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reports = Reports()
        self._log = logging.Logger("test")
        self._log.addHandler(self._reports)

    @property
    def reports(self) -> list[str]:
        return self._reports.texts

    def open(self, journal_bytes: int = 16_000_000) -> AccountArchive:
        bounds = FileBounds(journal_bytes, 8, 16_000_000, 100, 30)
        return AccountArchive(self.path, "001", bounds, lambda: NOW, self._log)


def _sent(number: int) -> Record:
    return {"kind": "sent", "symbol": "DOGEUSDT", "names": f"name-{number}", "at": number}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_it_is_what_the_engine_asks_for(folder: Folder) -> None:
    archive: Archive = folder.open()
    archive.journal([_sent(1), _sent(2)])
    archive.save_state({"X": SymbolState((LevelState(Decimal(1), Decimal(2), 0, "o", 0, None),), (), None, None, {})})
    archive.trade({"time_ms": "0", "symbol": "X"})
    archive.metrics({"equity": "1000", "symbols": {"X": {"size": "0"}}})
    archive.save_status({"mode": "running", "reason": ""})
    assert archive.read_journal() == [_sent(1), _sent(2)]
    assert read_state(folder.path / "bot_state.json").symbols is not None
    assert read_status(folder.path) == {"mode": "running", "reason": ""}
    assert sorted(path.name for path in folder.path.iterdir()) == [
        "bot_state.json",
        "journal.jsonl",
        "metrics_2025-10-16.jsonl",
        "status.json",
        "trades_history.csv",
    ]
    assert folder.reports == []


def test_the_journal_is_there_after_a_restart(folder: Folder) -> None:
    first = folder.open()
    first.journal([_sent(1)])
    first.close()
    assert folder.open().read_journal() == [_sent(1)]


def test_what_a_crash_left_is_cleaned_up_and_reported(folder: Folder) -> None:
    first = folder.open()
    first.journal([_sent(1)])
    first.close()
    with (folder.path / "journal.jsonl").open("ab") as file:
        file.write(b'{"seq":2')
    (folder.path / ".bot_state.json.tmp").touch()
    assert folder.open().read_journal() == [_sent(1)]
    assert len(folder.reports) == 2
    assert ".bot_state.json.tmp was left behind" in folder.reports[0]
    assert "an unfinished line of 8 bytes was cut off" in folder.reports[1]


def test_a_damaged_line_is_left_out_and_reported_with_its_place(folder: Folder) -> None:
    first = folder.open()
    for number in range(3):
        first.journal([_sent(number)])
    first.close()
    path = folder.path / "journal.jsonl"
    path.write_bytes(path.read_bytes().replace(b"name-1", b"name-7"))
    assert folder.open().read_journal() == [_sent(0), _sent(2)]
    assert len(folder.reports) == 1
    assert "journal.jsonl:2: the checksum does not fit" in folder.reports[0]


def test_a_full_journal_goes_on_with_what_is_still_needed(folder: Folder) -> None:
    archive = folder.open(journal_bytes=1000)
    for number in range(20):
        archive.journal([_sent(number)])
    was_full = archive.journal_is_full
    ladder: Record = {"kind": "ladder", "symbol": "DOGEUSDT", "q0": "376", "at": 0}
    archive.rotate_journal([ladder])
    archive.journal([_sent(20)])
    assert (was_full, archive.journal_is_full) == (True, False)
    assert len(journal_files(folder.path / "journal.jsonl")) == 2
    records = archive.read_journal()
    assert [record["kind"] for record in records] == ["rotated", "ladder", "sent"]
    assert records[1:] == [ladder, _sent(20)]


def test_an_emergency_is_in_the_journal_and_in_the_file(folder: Folder) -> None:
    archive = folder.open()
    archive.declare_emergency(symbol="DOGEUSDT", reason="the rate is too high", mm_rate="0.9123")
    stop = read_stop(folder.path)
    assert stop is not None
    assert (stop.account, stop.symbol, stop.reason, stop.mm_rate) == (
        "001",
        "DOGEUSDT",
        "the rate is too high",
        Decimal("0.9123"),
    )
    (record,) = archive.read_journal()
    assert record == {
        "kind": "emergency",
        "symbol": "DOGEUSDT",
        "reason": "the rate is too high",
        "mm_rate": "0.9123",
        "at": NOW,
    }
    (folder.path / ".emergency_stop").unlink()
    assert is_released(folder.path, folder.path / "journal.jsonl")


def test_the_record_of_an_emergency_is_no_riddle_to_the_engine(folder: Folder) -> None:
    archive = folder.open()
    archive.declare_emergency(symbol="", reason="the private stream is lost", mm_rate="")
    assert remember(archive.read_journal()) == ({}, [])
    archive.declare_emergency(symbol="DOGEUSDT", reason="the rate is too high", mm_rate="0.9")
    assert remember(archive.read_journal())[1] == []


def test_the_stop_file_is_written_even_if_the_journal_cannot_be(folder: Folder) -> None:
    archive = folder.open()
    (folder.path / "journal.jsonl").unlink()
    with pytest.raises(ArchiveError):
        archive.declare_emergency(symbol="", reason="the disk", mm_rate="")
    assert is_stopped(folder.path)


def test_every_failure_is_the_error_the_engine_knows(folder: Folder, tmp_path: Path) -> None:
    archive = folder.open()
    folder.path.rename(tmp_path.parent / "away")
    attempts: tuple[Callable[[], None], ...] = (
        lambda: archive.journal([_sent(1)]),
        lambda: archive.save_state({}),
        lambda: archive.trade({"time_ms": "0"}),
        lambda: archive.metrics({}),
        lambda: archive.save_status({}),
        lambda: archive.declare_emergency(symbol="", reason="", mm_rate=""),
    )
    for attempt in attempts:
        with pytest.raises(ArchiveError):
            attempt()
    assert not folder.path.exists()
    with pytest.raises(ArchiveError):
        folder.open()
    assert not folder.path.exists()


@pytest.mark.parametrize("text", ["{", "[]", '{"X": {}}', "\x00" * 40])
def test_t2_a_corrupt_state_file_is_a_warning_and_is_written_anew(folder: Folder, text: str) -> None:
    path = folder.path / "bot_state.json"
    path.write_text(text)
    archive = folder.open()
    (warning,) = folder.reports
    assert str(path) in warning
    assert "written anew" in warning
    archive.save_state({})
    assert read_state(path).symbols == {}


def test_an_emergency_is_interrupted_until_it_is_concluded_also_for_the_next_process(folder: Folder) -> None:
    archive = folder.open()
    assert archive.interrupted_emergency() is None
    archive.declare_emergency(symbol="", reason="the private stream is lost", mm_rate="")
    archive.close()
    archive = folder.open()
    assert archive.interrupted_emergency() == InterruptedStop("the private stream is lost")
    archive.conclude_emergency()
    assert archive.interrupted_emergency() is None
    assert remember(archive.read_journal()) == ({}, [])
    archive.close()
    assert folder.open().interrupted_emergency() is None
    (folder.path / ".emergency_stop").unlink()
    assert is_released(folder.path, folder.path / "journal.jsonl")


def test_a_file_made_by_hand_is_never_concluded(folder: Folder) -> None:
    archive = folder.open()
    (folder.path / ".emergency_stop").write_text("holiday")
    archive.conclude_emergency()
    assert (archive.interrupted_emergency(), list(archive.read_journal())) == (None, [])
