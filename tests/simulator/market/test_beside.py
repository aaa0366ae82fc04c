"""Mark prices and funding settlements that were recorded beside the prices."""

from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from gridtrader.simulator.market.api import PriceError
from gridtrader.simulator.market.market import SourceMarket
from gridtrader.simulator.market.recorder import open_recording
from tests.simulator.market.support import COIN, HOUR, MINUTE, D, write

NINE = 1_749_978_000_000  # 2025-06-15 09:00:00 UTC
HEADER = "time,open,high,low,close"


def prices(tmp_path: Path, *candles: str, minutes: int = 30, start: int = NINE) -> str:
    rows = [f"{start + number * minutes * MINUTE},{row}" for number, row in enumerate(candles)]
    return write(tmp_path, f"COINUSDT-{minutes}m-x.csv", "\n".join([HEADER, *rows]))


def marks(tmp_path: Path, *candles: str, start: int = NINE) -> str:
    return write(
        tmp_path,
        "COINUSDT-mark-1h-x.csv",
        "\n".join([HEADER, *(f"{start + number * HOUR},{row}" for number, row in enumerate(candles))]),
    )


def mark_of(tmp_path: Path, price_path: str, mark_path: str) -> list[tuple[int, Decimal, Decimal]]:
    source = open_recording(COIN, price_path, mark_path)
    return [((each.time - NINE) // MINUTE, each.last, each.mark) for each in source.points()]


def test_the_mark_price_is_the_recorded_one_where_its_candle_opens_and_follows_the_last_price_between(
    tmp_path: Path,
) -> None:
    path = prices(tmp_path, "100,104,100,104", "104,110,104,110", "110,110,110,110", "110,110,110,110")
    seen = mark_of(tmp_path, path, marks(tmp_path, "102,200,50,110", "110,200,50,110"))
    assert seen[0] == (0, D(100), D(102))
    assert seen[4] == (30, D(104), D(105))  # the distance has shrunk to half
    assert seen[8] == (60, D(110), D(110))
    assert seen[-1] == (119, D(110), D(110))


def test_the_mark_price_stays_within_its_recorded_candle(tmp_path: Path) -> None:
    path = prices(tmp_path, "100,100,60,95", "95,140,95,100")
    seen = mark_of(tmp_path, path, marks(tmp_path, "100,120,80,100"))
    assert [mark for _, _, mark in seen] == [D(price) for price in (100, 100, 80, 95, 95, 95, 120, 100)]


def test_a_mark_candle_that_opened_before_the_prices_only_bounds_them(tmp_path: Path) -> None:
    path = prices(tmp_path, "100,101,100,100", "100,100,100,100", start=NINE + 30 * MINUTE)
    seen = mark_of(tmp_path, path, marks(tmp_path, "55,150,50,101", "101,150,50,101"))
    assert {mark - last for _, last, mark in seen} == {D(1)}


def test_mark_prices_finer_than_the_tick_are_rounded_to_it(tmp_path: Path) -> None:
    path = prices(tmp_path, "100,100,100,100", "100,100,100,100")
    source = open_recording(COIN, path, marks(tmp_path, "100.127,101,99,100.127"))
    assert {each.mark for each in source.points()} == {D("100.13")}
    assert source.vertices()["mark"].to_list() == [10013] * 8


def test_index_is_the_mark_price(tmp_path: Path) -> None:
    source = open_recording(COIN, prices(tmp_path, "100,100,100,100"), marks(tmp_path, "101,101,101,101"))
    assert {(each.mark, each.index) for each in source.points()} == {(D(101), D(101))}


@pytest.mark.parametrize(("start", "count"), [(NINE + HOUR, 2), (NINE - HOUR, 2)])
def test_mark_prices_must_cover_the_prices(tmp_path: Path, start: int, count: int) -> None:
    path = prices(tmp_path, *["100,100,100,100"] * 3)
    with pytest.raises(PriceError, match=r"mark-1h-x.csv: mark prices from .* expected the whole time of"):
        open_recording(COIN, path, marks(tmp_path, *["100,100,100,100"] * count, start=start))


def test_a_gap_between_mark_candles_is_listed(tmp_path: Path) -> None:
    path = prices(tmp_path, *["100,100,100,100"] * 8)
    rows = [f"{NINE + hour * HOUR},101,101,101,101" for hour in (0, 1, 3)]
    mark = write(tmp_path, "COINUSDT-mark-1h-x.csv", "\n".join([HEADER, *rows]))
    source = open_recording(COIN, path, mark)
    assert [(gap.path, gap.row, gap.missing) for gap in source.gaps] == [(mark, 4, 1)]
    assert {each.mark for each in source.points()} == {D(101)}


def test_a_bad_mark_candle_is_named(tmp_path: Path) -> None:
    path = prices(tmp_path, "100,100,100,100")
    with pytest.raises(PriceError, match=r"mark-1h-x.csv: row 2: low is 0.0; expected a price above 0"):
        open_recording(COIN, path, marks(tmp_path, "100,100,0,100"))
    with pytest.raises(PriceError, match=r"mark-1h-x.csv: row 2: .*expected low ≤ open, close ≤ high"):
        open_recording(COIN, path, marks(tmp_path, "100,100,101,100"))


# --- funding ---


def funding(tmp_path: Path, *rows: tuple[int, float], column: str = "open") -> str:
    table = pl.DataFrame({"date": [NINE + hour * HOUR for hour, _ in rows], column: [rate for _, rate in rows]})
    path = tmp_path / "COINUSDT-funding-x.feather"
    table.with_columns(pl.col("date").cast(pl.Datetime("ms"))).write_ipc(path)
    return str(path)


def a_day(tmp_path: Path) -> str:
    return prices(tmp_path, *["100,100,100,100"] * 48)


@pytest.mark.parametrize("column", ["open", "funding_rate", "fundingRate", "rate"])
def test_recorded_rates_settle_exactly_when_they_were_recorded(tmp_path: Path, column: str) -> None:
    rates = funding(tmp_path, (-1, 0.0001), (7, 0.000024), (15, -0.005617), (23, 0.0001), column=column)
    market = SourceMarket([open_recording(COIN, a_day(tmp_path), funding=rates)], {"COINUSDT": COIN})
    assert [(time - NINE, rate) for time, _, rate in market.funding_due(NINE + 24 * HOUR)] == [
        (7 * HOUR, D("0.000024")),
        (15 * HOUR, D("-0.005617")),
        (23 * HOUR, D("0.0001")),
    ]
    assert market.next_funding("COINUSDT") == (NINE + 7 * HOUR, D("0.000024"))
    list(market.advance(NINE + 16 * HOUR))
    assert [rate for _, rate in market.funding_history("COINUSDT", None, None, 10)] == [D("-0.005617"), D("0.000024")]


def test_an_interval_that_changed_is_followed_and_no_gap(tmp_path: Path) -> None:
    rates = funding(tmp_path, (0, 0.0001), (8, 0.0002), (12, 0.0003), (13, 0.0004), (21, 0.0001))
    source = open_recording(COIN, a_day(tmp_path), funding=rates)
    assert source.gaps == ()
    assert [time - NINE for time in source.funding_times or ()] == [hour * HOUR for hour in (0, 8, 12, 13, 21)]


def test_a_missing_settlement_is_listed(tmp_path: Path) -> None:
    source = open_recording(COIN, a_day(tmp_path), funding=funding(tmp_path, (0, 0.0001), (16, 0.0001), (24, 0.0001)))
    assert [(gap.row, gap.missing) for gap in source.gaps] == [(2, 1)]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (((0, 0.0001), (8, 0.2), (16, 0.0001)), "row 2: open is 0.2; expected a fraction of at most 0.1"),
        (((0, 0.0001), (8, float("nan")), (16, 0.0001)), "row 2: open is nan; expected a number"),
        (((8, 0.0001), (0, 0.0001), (16, 0.0001)), "row 2: 2025-06-15 09:00:00 UTC comes after"),
        (((0, 0.0001), (0, 0.0001), (16, 0.0001)), "row 2: 2025-06-15 09:00:00 UTC appears a second time"),
        (((9, 0.0001), (17, 0.0001)), "settlements from 2025-06-15 18:00:00 UTC to"),
        (((0, 0.0001), (8, 0.0001)), "expected the whole time of the prices"),
    ],
)
def test_bad_settlements_are_named(tmp_path: Path, rows: tuple[tuple[int, float], ...], said: str) -> None:
    with pytest.raises(PriceError) as caught:
        open_recording(COIN, a_day(tmp_path), funding=funding(tmp_path, *rows))
    assert "funding-x.feather" in str(caught.value)
    assert said in str(caught.value)
