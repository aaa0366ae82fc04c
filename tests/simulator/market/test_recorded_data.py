"""Recorded Bybit data pass through unchanged."""

from functools import cache

import polars as pl
import pytest

from gridtrader.simulator.market.market import SourceMarket
from gridtrader.simulator.market.recorded import RecordedSource
from gridtrader.simulator.market.recorder import open_recording
from tests.simulator.market.support import CONTRACTS, HOUR, MINUTE, D, recorded

CANDLES = (
    ("DOGEUSDT", "DOGEUSDT-1m-2025-06.csv.gz", MINUTE, 43_200),
    ("SOLUSDT", "SOLUSDT-1m-2025-06.csv.gz", MINUTE, 43_200),
    ("BTCUSDT", "BTCUSDT-1m-2025-06.csv.gz", MINUTE, 43_200),
    ("ADAUSDT", "ADAUSDT-5m-2025-09_2026-07.feather", 5 * MINUTE, 86_604),
    ("SOLUSDT", "SOLUSDT-5m-2025-09_2026-07.feather", 5 * MINUTE, 86_604),
)
SPAN = "2025-09_2026-07.feather"
CRASH = 1_760_130_000_000  # 2025-10-10 21:00 UTC


@cache
def source_of(symbol: str, name: str, *, beside: bool = False) -> RecordedSource:
    mark = recorded(f"{symbol}-mark-1h-{SPAN}") if beside else None
    funding = recorded(f"{symbol}-funding-{SPAN}") if beside else None
    return open_recording(CONTRACTS[symbol], recorded(name), mark, funding)


def raw(name: str) -> pl.DataFrame:
    path = recorded(name)
    return pl.read_ipc(path) if path.endswith(".feather") else pl.read_csv(path)


@pytest.mark.parametrize(("symbol", "name", "length", "rows"), CANDLES)
def test_the_way_through_every_candle_has_the_prices_of_the_file(
    symbol: str, name: str, length: int, rows: int
) -> None:
    source, file = source_of(symbol, name), raw(name)
    assert source.gaps == ()
    price, tick = pl.col("last"), CONTRACTS[symbol].tick_size
    candles = (
        source.vertices()
        .group_by(pl.col("time") // length * length, maintain_order=True)
        .agg(open=price.first(), high=price.max(), low=price.min(), close=price.last(), volume=pl.col("volume").sum())
    )
    assert len(candles) == len(file) >= rows
    for column in ("open", "high", "low", "close"):
        prices = {ticks: ticks * tick for ticks in candles[column].unique()}
        assert [prices[ticks] for ticks in candles[column]] == [D(repr(each)) for each in file[column]], column
    assert candles["volume"].to_list() == file["volume"].to_list()


@pytest.mark.parametrize(("symbol", "name", "length", "rows"), CANDLES)
def test_candles_made_of_points_equal_the_file(symbol: str, name: str, length: int, rows: int) -> None:
    source, file = source_of(symbol, name), raw(name).head(300)
    market = SourceMarket([source], CONTRACTS)
    for _ in market.advance(source.start + 300 * length - 1):
        pass
    klines = list(reversed(market.klines(symbol, str(length // MINUTE), None, None, 300)))
    assert [k.start for k in klines] == [source.start + number * length for number in range(300)]
    for column in ("open", "high", "low", "close", "volume"):
        expected = [D(repr(each)) for each in file[column].to_list()]
        assert [getattr(k, column) for k in klines] == expected, column


@pytest.mark.parametrize("symbol", ["ADAUSDT", "SOLUSDT"])
def test_the_mark_price_opens_each_hour_as_recorded_and_stays_within_it(symbol: str) -> None:
    source = source_of(symbol, f"{symbol}-5m-{SPAN}", beside=True)
    tick = float(CONTRACTS[symbol].tick_size)
    mark = raw(f"{symbol}-mark-1h-{SPAN}").select(
        pl.col("date").dt.epoch("ms").alias("hour"), *(pl.col(name) / tick for name in ("open", "high", "low"))
    )
    seen = (
        source.vertices()
        .group_by(pl.col("time") // HOUR * HOUR, maintain_order=True)
        .agg(first=pl.col("mark").first(), highest=pl.col("mark").max(), lowest=pl.col("mark").min())
        .join(mark, left_on="time", right_on="hour", maintain_order="left")
    )
    assert len(seen) == 7217
    assert (seen["first"] - seen["open"]).abs().max() <= 0.5001  # type: ignore[operator]
    assert (seen["highest"] <= seen["high"] + 0.5001).all()
    assert (seen["lowest"] >= seen["low"] - 0.5001).all()


def test_in_the_crash_the_mark_price_falls_with_the_last_price_and_less_far() -> None:
    source = source_of("ADAUSDT", f"ADAUSDT-5m-{SPAN}", beside=True)
    hour = source.vertices().filter(pl.col("time").is_between(CRASH, CRASH + HOUR - 1))
    lowest = hour.sort("last").row(0, named=True)
    before = hour.row(0, named=True)
    assert lowest["last"] < 0.6 * before["last"]
    assert lowest["last"] < lowest["mark"] < 0.8 * before["mark"]


def test_recorded_settlements_are_due_when_they_were() -> None:
    source = source_of("ADAUSDT", f"ADAUSDT-5m-{SPAN}", beside=True)
    file = raw(f"ADAUSDT-funding-{SPAN}")
    market = SourceMarket([source], CONTRACTS)
    assert source.end is not None
    due = market.funding_due(source.end)
    assert [time for time, _, _ in due] == file["date"].dt.epoch("ms").to_list()
    assert [rate for _, _, rate in due] == [D(repr(rate)) for rate in file["open"].to_list()]
    assert len(due) == 902
