"""Names of files, and that a complete one appears at once or not at all."""

import gzip
from pathlib import Path

import pytest

from gridtrader.history.files import Folder, moment
from gridtrader.history.part import Part
from gridtrader.history.series import Series
from gridtrader.store.errors import StoreError
from tests.history.support import DAY, FUNDING, HOURS, MARK, MINUTE, PRICES, T0, candle


def filled(folder: Folder, rows: int, series: Series = PRICES) -> Part:
    part = folder.part(series, T0)
    part.append(candle(T0 + number * MINUTE, series) for number in range(rows))
    return part


def test_names_say_symbol_kind_length_and_span() -> None:
    folder = Folder(Path("data"))
    assert [folder.name(series, T0, T0 + DAY).name for series in (PRICES, MARK, FUNDING, HOURS)] == [
        "DOGEUSDT-1m-2025-06-01_2025-06-02.csv.gz",
        "DOGEUSDT-mark-1m-2025-06-01_2025-06-02.csv.gz",
        "DOGEUSDT-funding-2025-06-01_2025-06-02.csv.gz",
        "DOGEUSDT-1h-2025-06-01_2025-06-02.csv.gz",
    ]


def test_moments_in_names_go_to_the_minute() -> None:
    assert [moment(at) for at in (T0, T0 + MINUTE, T0 + 19 * 60 * MINUTE + 30 * MINUTE)] == [
        "2025-06-01",
        "2025-06-01T0001",
        "2025-06-01T1930",
    ]


def test_complete_files_are_found_by_their_beginning(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    for name in (
        "DOGEUSDT-1m-2025-06-01_2025-06-02.csv.gz",
        "DOGEUSDT-1m-2025-06-01_2025-06-02T1930.csv.gz",
        "DOGEUSDT-1m-2025-06-01_later.csv.gz",
        "DOGEUSDT-1m-2025-06-01_2025-06-04.csv",
        "DOGEUSDT-1m-2025-06-01.part",
        "DOGEUSDT-1m-2025-05-01_2025-06-05.csv.gz",
        "DOGEUSDT-mark-1m-2025-06-01_2025-06-05.csv.gz",
        "1000DOGEUSDT-1m-2025-06-01_2025-06-05.csv.gz",
    ):
        (tmp_path / name).touch()
    assert sorted(folder.complete(PRICES, T0)) == [T0 + DAY, T0 + DAY + (19 * 60 + 30) * MINUTE]


def test_a_complete_file_takes_the_place_of_its_part_and_of_shorter_ones(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    shorter = folder.publish(filled(folder, 3), PRICES, T0, T0 + 3 * MINUTE)
    path = folder.publish(filled(folder, 5), PRICES, T0, T0 + 5 * MINUTE)
    assert sorted(each.name for each in tmp_path.iterdir()) == [path.name]
    assert path != shorter
    rows = [candle(T0 + number * MINUTE).line for number in range(5)]
    text = "\n".join(["timestamp,open,high,low,close,volume", *rows, ""])
    assert gzip.decompress(path.read_bytes()).decode() == text
    assert [record.line for record in folder.rows(path, PRICES)] == rows


def test_the_same_rows_make_the_same_bytes(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    first = folder.publish(filled(folder, 5), PRICES, T0, T0 + 5 * MINUTE).read_bytes()
    assert folder.publish(filled(folder, 5), PRICES, T0, T0 + 5 * MINUTE).read_bytes() == first


def test_rows_of_a_longer_wish_stay_in_the_part(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    path = folder.publish(filled(folder, 5), PRICES, T0, T0 + 3 * MINUTE)
    assert folder.tally(path, PRICES).rows == 3
    again = folder.part(PRICES, T0)
    assert again.tally.rows == 5
    again.close()


@pytest.mark.parametrize("damage", ["cut", "flipped", "no gzip", "two times"])
def test_a_damaged_file_is_an_error_that_names_it(tmp_path: Path, damage: str) -> None:
    folder = Folder(tmp_path)
    path = folder.publish(filled(folder, 500), PRICES, T0, T0 + 500 * MINUTE)
    content = path.read_bytes()
    rows = gzip.decompress(content)
    harmed = {
        "cut": content[: len(content) // 2],
        "flipped": content[:-6] + bytes([content[-6] ^ 1]) + content[-5:],
        "no gzip": b"timestamp",
        "two times": gzip.compress(rows + rows.splitlines(keepends=True)[-1]),
    }
    path.write_bytes(harmed[damage])
    with pytest.raises(StoreError, match=f"{path.name}: .*remove the file to fetch it anew"):
        folder.tally(path, PRICES)


def test_a_part_without_rows_is_not_left_behind(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.discard_empty(folder.part(PRICES, T0))
    assert list(tmp_path.iterdir()) == []
