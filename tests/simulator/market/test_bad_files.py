"""A file that is not what it should be is one clear line with file and row; never a wrong result."""

import gzip
from pathlib import Path

import polars as pl
import pytest

from gridtrader.simulator.market.api import PriceError
from gridtrader.simulator.market.recorder import open_recording
from tests.simulator.market.support import COIN, write

HEADER = "timestamp,open,high,low,close,volume"
ROWS = (
    "2025-06-15 15:07:00,100.00,100.50,99.90,100.20,10",
    "2025-06-15 15:08:00,100.20,100.30,100.10,100.25,4",
    "2025-06-15 15:09:00,100.25,101.00,99.50,100.00,8",
    "2025-06-15 15:10:00,100.00,100.00,100.00,100.00,0",
)


def complaint(path: str) -> str:
    with pytest.raises(PriceError) as caught:
        open_recording(COIN, path)
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith(path)
    assert "expected" in text
    return text.removeprefix(path)


def complaint_about(tmp_path: Path, rows: list[str], header: str = HEADER) -> str:
    return complaint(write(tmp_path, "COINUSDT-1m-x.csv", "\n".join([header, *rows]) + "\n"))


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ("2025-06-15 15:09:00,abc,101.00,99.50,100.00,8", "open is 'abc'; expected a number"),
        ("2025-06-15 15:09:00,,101.00,99.50,100.00,8", "open is missing; expected a number"),
        ("2025-06-15 15:09:00,NaN,101.00,99.50,100.00,8", "open is 'NaN'; expected a number"),
        ("2025-06-15 15:09:00,100,inf,99.50,100.00,8", "high is 'inf'; expected a number"),
        ("2025-06-15 15:09:00,100.25,101.00,0,100.00,8", "low is 0.0; expected a price above 0"),
        ("2025-06-15 15:09:00,100.25,101.00,-1,100.00,8", "low is -1.0; expected a price above 0"),
        ("2025-06-15 15:09:00,100.25,101.00,0.00004,100.00,8", "low is 4e-05; expected a multiple of the tick size"),
        (
            "2025-06-15 15:09:00,100.255,101.00,99.50,100.00,8",
            "open is 100.255; expected a multiple of the tick size",
        ),
        ("2025-06-15 15:09:00,1e300,1e300,99.50,100.00,8", "open is 1e+300; expected a multiple of the tick size"),
        ("2025-06-15 15:09:00,100.25,99.00,99.50,100.00,8", "open 100.25, high 99.00, low 99.50, close 100.00"),
        ("2025-06-15 15:09:00,101.25,101.00,99.50,100.00,8", "expected low ≤ open, close ≤ high"),
        ("2025-06-15 15:09:00,100.25,101.00,99.50,99.49,8", "expected low ≤ open, close ≤ high"),
        ("2025-06-15 15:09:00,100.25,101.00,99.50,100.00,-8", "volume is -8.0; expected 0 or more"),
        ("2025-06-15 15:09:00,100.25,101.00,99.50,100.00,", "volume is missing; expected a number"),
        ("2025-06-15 15:09:00,100.25,101.00,99.50,100.00,nan", "volume is 'nan'; expected a number"),
        ("yesterday,100.25,101.00,99.50,100.00,8", "timestamp is 'yesterday'; expected a time"),
        ("2025-13-15 15:09:00,100.25,101.00,99.50,100.00,8", "timestamp is '2025-13-15 15:09:00'; expected a time"),
        ("1750000140,100.25,101.00,99.50,100.00,8", "timestamp is '1750000140'; expected a time"),
        ("9999-06-15 15:09:00,100.25,101.00,99.50,100.00,8", "timestamp is '9999-06-15 15:09:00'; expected a time"),
        (",100.25,101.00,99.50,100.00,8", "timestamp is missing; expected a time"),
        ("", "timestamp is missing; expected a time"),
        ("2025-06-15 15:07:30,100.25,101.00,99.50,100.00,8", "comes after 2025-06-15 15:08:00 UTC"),
        ("2025-06-15 15:08:00,100.25,101.00,99.50,100.00,8", "2025-06-15 15:08:00 UTC appears a second time"),
        (
            "2025-06-15 15:08:30,100.25,101.00,99.50,100.00,8",
            "comes 30 s after the row before; expected a multiple of",
        ),
        ("2025-06-15 15:09:00,100.25", "high is missing; expected a number"),
    ],
)
def test_a_bad_row_is_named_with_what_was_expected(tmp_path: Path, bad: str, said: str) -> None:
    text = complaint_about(tmp_path, [*ROWS[:2], bad, ROWS[3]])
    assert text.startswith(": row 4: ")
    assert said in text


def test_the_first_row_can_be_bad_too(tmp_path: Path) -> None:
    assert complaint_about(tmp_path, ["2025-06-15 15:07:00,0,1,1,1,1", *ROWS[1:]]).startswith(": row 2: open is 0.0")
    assert ": row 2: timestamp is 'x'" in complaint_about(tmp_path, ["x,1,1,1,1,1"])


def test_rows_of_a_file_without_header_line_count_from_one(tmp_path: Path) -> None:
    table = pl.DataFrame({"date": [1750000020, 1750000080]} | dict.fromkeys(["open", "high", "low"], 1.0))
    table = table.with_columns(close=pl.Series([1.0, None]))
    table.write_ipc(tmp_path / "COINUSDT.feather")
    assert complaint(str(tmp_path / "COINUSDT.feather")) == ": row 2: close is missing; expected a number"


def test_nan_in_a_typed_file_is_found(tmp_path: Path) -> None:
    table = pl.DataFrame({"date": [1750000020, 1750000080]} | dict.fromkeys(["open", "high", "low"], 1.0))
    table.with_columns(close=pl.Series([1.0, float("nan")])).write_parquet(tmp_path / "COINUSDT.parquet")
    assert complaint(str(tmp_path / "COINUSDT.parquet")) == ": row 2: close is nan; expected a number"


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("timestamp,open,high,low,volume,last", "no column for the close price among"),
        ("when,open,high,low,close,volume", "no column for the time among when, open,"),
        ("2025-06-15 15:06:00,1,2,3,4,5", "no column for the time among 2025-06-15 15:06:00"),
        ("timestamp,open,Open,low,close,volume", "a column appears twice"),
    ],
)
def test_wrong_columns_are_named(tmp_path: Path, header: str, said: str) -> None:
    text = complaint_about(tmp_path, list(ROWS), header)
    assert text.startswith(": row 1: ")
    assert said in text


def test_another_separator_is_refused(tmp_path: Path) -> None:
    text = complaint_about(tmp_path, [row.replace(",", ";") for row in ROWS], HEADER.replace(",", ";"))
    assert text.startswith(": row 1: no column for the time among timestamp;open;high;low;close;volume; expected")


def test_a_row_with_too_many_values_is_refused(tmp_path: Path) -> None:
    text = complaint_about(tmp_path, [*ROWS[:2], ROWS[2] + ",77", ROWS[3]])
    assert text.startswith(": row 4: has 7 values; expected 6")


def test_a_name_that_contradicts_the_rows_is_refused(tmp_path: Path) -> None:
    text = complaint(write(tmp_path, "COINUSDT-5m-x.csv", "\n".join([HEADER, *ROWS])))
    assert "the rows are 60 s apart; expected 300 s as the name says" in text


@pytest.mark.parametrize("name", ["COINUSDT-30d-1m-x.csv", "COINUSDT_1m.csv", "COINUSDT-1M-x.csv", "COINUSDT.csv"])
def test_a_name_that_may_mean_something_else_does_no_harm(tmp_path: Path, name: str) -> None:
    source = open_recording(COIN, write(tmp_path, name, "\n".join([HEADER, *ROWS])))
    assert source.end == source.start + 4 * 60_000 - 1


def test_one_candle_needs_its_length_in_the_name(tmp_path: Path) -> None:
    text = complaint(write(tmp_path, "COINUSDT.csv", "\n".join([HEADER, ROWS[0]])))
    assert "one candle of unknown length; expected a length in the name" in text


@pytest.mark.parametrize("content", ["", HEADER, HEADER + "\n", HEADER + "\n\n\n"])
def test_an_empty_file_is_refused(tmp_path: Path, content: str) -> None:
    complaint(write(tmp_path, "COINUSDT-1m-x.csv", content))


def test_a_missing_or_unreadable_file_is_refused(tmp_path: Path) -> None:
    assert "cannot be read" in complaint(str(tmp_path / "COINUSDT-1m-x.csv"))
    (tmp_path / "COINUSDT-1m-folder.csv").mkdir()
    assert "cannot be read" in complaint(str(tmp_path / "COINUSDT-1m-folder.csv"))


@pytest.mark.parametrize("name", ["COINUSDT-1m.txt", "COINUSDT-1m.csv.zip", "COINUSDT-1m", "COINUSDT-1m.gz"])
def test_an_unknown_kind_of_file_is_refused(tmp_path: Path, name: str) -> None:
    text = complaint(write(tmp_path, name, "\n".join([HEADER, *ROWS])))
    assert "unknown kind of file; expected .csv, .csv.gz, .feather, .parquet" in text


@pytest.mark.parametrize("name", ["COINUSDT-1m.csv.gz", "COINUSDT-1m.feather", "COINUSDT-1m.parquet"])
def test_a_damaged_file_is_refused(tmp_path: Path, name: str) -> None:
    whole = tmp_path / name
    table = pl.read_csv("\n".join([HEADER, *ROWS]).encode(), try_parse_dates=True)
    if name.endswith(".feather"):
        table.write_ipc(whole)
    elif name.endswith(".parquet"):
        table.write_parquet(whole)
    else:
        whole.write_bytes(gzip.compress("\n".join([HEADER, *ROWS]).encode()))
    open_recording(COIN, str(whole))
    sound = whole.read_bytes()
    for damaged in (sound[: len(sound) // 2], sound[:-4], sound[20:], b"garbage", b""):
        whole.write_bytes(damaged)
        assert "cannot be read" in complaint(str(whole))


def test_text_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "COINUSDT-1m-x.csv"
    path.write_bytes(HEADER.encode() + b"\n\xff\xfe\x00,1,1,1,1,1\n")
    assert "cannot be read" in complaint(str(path))


def test_a_gap_is_listed_and_the_price_stands_still_in_it(tmp_path: Path) -> None:
    path = write(tmp_path, "COINUSDT-1m-x.csv", "\n".join([HEADER, *ROWS[:2], ROWS[3]]))
    source = open_recording(COIN, path)
    (gap,) = source.gaps
    assert (gap.row, gap.missing) == (4, 1)
    assert str(gap) == (
        f"{path}: row 4: 1 missing between 2025-06-15 15:08:00 UTC and 2025-06-15 15:10:00 UTC; "
        "the price stands still there"
    )
    assert [each.is_jump for each in source.points()][8]


def test_two_candles_with_their_length_in_the_name_may_have_a_gap_between(tmp_path: Path) -> None:
    source = open_recording(COIN, write(tmp_path, "COINUSDT-1m-x.csv", "\n".join([HEADER, ROWS[0], ROWS[3]])))
    assert [gap.missing for gap in source.gaps] == [2]
    assert source.end == source.start + 4 * 60_000 - 1
