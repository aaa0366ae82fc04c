"""`trades_history.csv`: a row for each execution that any spreadsheet opens."""

import csv
import os
import stat
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gridtrader.store.errors import StoreError
from gridtrader.store.trades_csv import TradesHistory

ZONE = ZoneInfo("Europe/Moscow")
ROW = {"time_ms": "1760633994480", "symbol": "DOGEUSDT", "price": "0.19933", "order_name": "g_DOGE_LA03_1k9f2_0"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "trades_history.csv"


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _row(number: int) -> dict[str, str]:
    return ROW | {"symbol": f"S{number}"}


def test_a_row_has_its_time_in_the_zone_of_the_configuration(path: Path) -> None:
    history = TradesHistory(path, ZONE)
    history.append(ROW)
    history.append(ROW)
    assert path.read_text(encoding="utf-8").splitlines() == [
        "time,time_ms,symbol,price,order_name",
        *["2025-10-16 19:59:54,1760633994480,DOGEUSDT,0.19933,g_DOGE_LA03_1k9f2_0"] * 2,
    ]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_header_is_written_once_over_restarts(path: Path) -> None:
    for _ in range(3):
        history = TradesHistory(path, ZONE)
        history.append(ROW)
        history.close()
    assert len(path.read_text(encoding="utf-8").splitlines()) == 4


def test_a_file_torn_at_any_byte_goes_on_with_whole_rows(path: Path) -> None:
    history = TradesHistory(path, ZONE)
    history.append(_row(1))
    history.append(_row(2))
    history.close()
    whole = path.read_bytes()
    for size in range(len(whole) + 1):
        path.write_bytes(whole[:size])
        again = TradesHistory(path, ZONE)
        again.append(_row(3))
        again.close()
        kept = max(whole[:size].count(b"\n") - 1, 0)
        assert [row["symbol"] for row in _rows(path)] == [*["S1", "S2"][:kept], "S3"], size


@pytest.mark.parametrize("name", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\tx"])
def test_a_foreign_order_name_is_not_run_as_a_formula(path: Path, name: str) -> None:
    TradesHistory(path, ZONE).append(ROW | {"order_name": name})
    assert _rows(path)[0]["order_name"] == f"'{name}"


def test_a_negative_number_stays_a_number(path: Path) -> None:
    TradesHistory(path, ZONE).append(ROW | {"price": "-0.05"})
    assert _rows(path)[0]["price"] == "-0.05"


def test_commas_quotes_and_line_ends_stay_within_their_cell(path: Path) -> None:
    history = TradesHistory(path, ZONE)
    history.append(ROW | {"order_name": 'a,"b"\nc'})
    history.append(ROW)
    assert [row["order_name"] for row in _rows(path)] == ['a,"b" c', ROW["order_name"]]
    assert len(path.read_text(encoding="utf-8").splitlines()) == 3


def test_a_full_file_is_set_aside_by_number_and_the_oldest_go(path: Path) -> None:
    history = TradesHistory(path, ZONE, max_bytes=150, keep_files=2)
    for number in range(12):
        history.append(_row(number))
    names = sorted(entry.name for entry in path.parent.iterdir())
    assert len(names) == 3
    assert names[-1] == "trades_history.csv"
    files = [path.parent / name for name in names]
    symbols = [row["symbol"] for file in files for row in _rows(file)]
    assert symbols == [f"S{number}" for number in range(12 - len(symbols), 12)]


def test_other_columns_begin_a_new_file(path: Path) -> None:
    path.write_text("date;price\n1;2\n", encoding="utf-8")
    history = TradesHistory(path, ZONE)
    history.append(ROW)
    history.append({"time_ms": "0", "other": "x"})
    assert (path.parent / "trades_history-00001.csv").read_text(encoding="utf-8").startswith("date;price")
    assert _rows(path.parent / "trades_history-00002.csv")[0]["symbol"] == "DOGEUSDT"
    assert _rows(path)[0]["other"] == "x"


def test_a_full_disk_is_one_clear_error_and_the_next_row_is_whole(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = TradesHistory(path, ZONE)
    history.append(_row(1))
    write = os.write
    with monkeypatch.context() as patch:

        def full(fd: int, data: bytes | memoryview) -> int:
            if len(data) > 10:
                return write(fd, bytes(data)[:10])
            raise OSError(28, "No space left on device")

        patch.setattr(os, "write", full)
        with pytest.raises(StoreError, match=r"trades_history\.csv: cannot be written"):
            history.append(ROW | {"order_name": "ten" + "x" * 7})
    history.append(_row(2))
    assert [row["symbol"] for row in _rows(path)] == ["S1", "S2"]


def test_a_vanished_folder_is_an_error_with_each_row_and_none_once_it_is_back(tmp_path: Path) -> None:
    folder = tmp_path / "001"
    folder.mkdir()
    history = TradesHistory(folder / "trades_history.csv", ZONE)
    history.append(_row(1))
    folder.rename(tmp_path / "away")
    for _ in range(2):
        with pytest.raises(StoreError):
            history.append(_row(2))
    (tmp_path / "away").rename(folder)
    history.append(_row(3))
    assert [row["symbol"] for row in _rows(folder / "trades_history.csv")] == ["S1", "S3"]


def test_an_execution_told_of_again_after_a_crash_has_one_row(path: Path) -> None:
    first = TradesHistory(path)
    for number in range(3):
        first.append(_row(number) | {"exec_id": f"e{number}"})
    first.close()
    again = TradesHistory(path)
    for number in range(2, 4):
        again.append(_row(number) | {"exec_id": f"e{number}"})
    assert [row["exec_id"] for row in _rows(path)] == ["e0", "e1", "e2", "e3"]
