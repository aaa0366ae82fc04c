"""What has been fetched so far survives whatever ended the fetching; what somebody else wrote is not taken for it."""

from pathlib import Path

import pytest

from gridtrader.history.part import Part, Tally
from gridtrader.history.series import Series
from gridtrader.store.errors import StoreError
from tests.history.support import FUNDING, HOUR, MINUTE, PRICES, T0, candle


def opened(folder: Path, series: Series = PRICES) -> Part:
    return Part(folder / "some.part", series, T0)


def filled(folder: Path, rows: int = 3) -> bytes:
    """Write a part and return its bytes."""
    part = opened(folder)
    part.append(candle(T0 + number * MINUTE) for number in range(rows))
    part.close()
    return part.path.read_bytes()


def test_pages_are_on_the_disk_when_they_have_been_added(tmp_path: Path) -> None:
    part = opened(tmp_path)
    part.append([candle(T0), candle(T0 + MINUTE)])
    assert part.path.read_text().splitlines() == [
        "timestamp,open,high,low,close,volume",
        candle(T0).line,
        candle(T0 + MINUTE).line,
    ]
    part.close()


def test_a_part_knows_what_it_has_when_it_is_opened_again(tmp_path: Path) -> None:
    content = filled(tmp_path)
    part = opened(tmp_path)
    assert (part.tally.rows, part.tally.first, part.tally.last) == (3, T0, T0 + 2 * MINUTE)
    part.append([candle(T0 + 3 * MINUTE)])
    assert part.path.read_bytes() == content + f"{candle(T0 + 3 * MINUTE).line}\n".encode()
    part.close()


def test_a_row_cut_off_anywhere_is_cut_away(tmp_path: Path) -> None:
    content = filled(tmp_path)
    path = tmp_path / "some.part"
    for size in range(len(content)):
        path.write_bytes(content[:size])
        opened(tmp_path).close()
        whole = content[:size].rpartition(b"\n")[0]
        assert path.read_bytes() == (whole + b"\n" if whole else b"timestamp,open,high,low,close,volume\n"), size


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("date,open,high,low,close,volume\n", "line 1 is 'date,open"),
        ("timestamp,open,high,low,close,volume\nnonsense\n", "line 2 is 'nonsense'"),
        (f"timestamp,open,high,low,close,volume\n{T0},1,1\n", "line 2 is"),
        (
            f"timestamp,open,high,low,close,volume\n{candle(T0 - MINUTE).line}\n",
            f"a row of {T0 - MINUTE}, before {T0}",
        ),
        ("timestamp,open,high,low,close,volume\n" + f"{candle(T0).line}\n" * 2, f"time {T0} comes after {T0}"),
        ("timestamp,open,high,low,close,volume\n\0\0\0\0\n", "line 2 is"),
    ],
)
def test_what_somebody_else_wrote_is_an_error_that_names_the_file(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "some.part"
    path.write_text(text)
    with pytest.raises(StoreError, match=r"some\.part: ") as caught:
        opened(tmp_path)
    assert said in str(caught.value)
    assert str(caught.value).endswith("; remove the file to fetch it anew")
    assert path.read_text() == text


def test_a_row_that_is_not_later_is_never_added(tmp_path: Path) -> None:
    content = filled(tmp_path)
    part = opened(tmp_path)
    with pytest.raises(StoreError, match="comes after"):
        part.append([candle(T0 + 2 * MINUTE)])
    part.close()
    assert part.path.read_bytes() == content


def test_rows_of_another_file_are_taken_over_where_they_go_on(tmp_path: Path) -> None:
    filled(tmp_path)
    part = opened(tmp_path)
    part.take_over((candle(T0 + number * MINUTE) for number in range(10)), T0 + 6 * MINUTE)
    assert (part.tally.rows, part.tally.last) == (6, T0 + 5 * MINUTE)
    part.close()


def test_missing_rows_are_counted_where_the_distance_is_known() -> None:
    prices, funding = Tally(PRICES.spacing_ms), Tally(FUNDING.spacing_ms)
    for number in (0, 1, 4, 5, 7):
        prices.take(T0 + number * MINUTE)
        funding.take(T0 + number * HOUR)
    assert (prices.rows, prices.missing, prices.gaps) == (5, 3, 2)
    assert (funding.rows, funding.missing, funding.gaps) == (5, 0, 0)
