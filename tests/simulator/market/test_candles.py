"""A candle becomes a way through its four prices, whatever the kind of file."""

import gzip
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from gridtrader.simulator.market.market import SourceMarket
from gridtrader.simulator.market.recorded import RecordedSource
from gridtrader.simulator.market.recorder import open_recording
from tests.simulator.market.support import CANDLES, COIN, CONTRACTS, MINUTE, D, prices_of, write

START = 1_750_000_020_000  # 2025-06-15 15:07:00 UTC, the first row of CANDLES


def candle(tmp_path: Path, row: str, length: str = "1m") -> RecordedSource:
    header = "timestamp,open,high,low,close,volume"
    return open_recording(COIN, write(tmp_path, f"COINUSDT-{length}-x.csv", f"{header}\n{row}\n"))


def way(source: RecordedSource) -> list[tuple[int, Decimal, bool]]:
    return [(each.time - source.start, each.last, each.is_jump) for each in source.points()]


def test_the_nearer_extreme_comes_first(tmp_path: Path) -> None:
    up_first = candle(tmp_path, "2025-06-15 15:07:00,100.00,100.10,99.00,99.50,8")
    assert way(up_first) == [
        (0, D("100.00"), True),
        (15_000, D("100.10"), False),
        (45_000, D("99.00"), False),
        (59_999, D("99.50"), False),
    ]
    down_first = candle(tmp_path, "2025-06-15 15:07:00,100.00,101.00,99.90,100.50,8")
    assert [price for _, price, _ in way(down_first)] == [D("100.00"), D("99.90"), D("101.00"), D("100.50")]


def test_at_equal_distance_the_low_comes_first(tmp_path: Path) -> None:
    even = candle(tmp_path, "2025-06-15 15:07:00,100.00,100.30,99.70,100.20,8")
    assert [price for _, price, _ in way(even)] == [D("100.00"), D("99.70"), D("100.30"), D("100.20")]


def test_a_flat_candle_stands_still(tmp_path: Path) -> None:
    assert [price for _, price, _ in way(candle(tmp_path, "2025-06-15 15:07:00,7,7,7,7,0"))] == [D(7)] * 4


def test_fractions_of_time_grow_with_the_candle(tmp_path: Path) -> None:
    hour = candle(tmp_path, "2025-06-15 15:00:00,100,101,98,99,8", length="1h")
    assert [time for time, _, _ in way(hour)] == [0, 15 * MINUTE, 45 * MINUTE, 60 * MINUTE - 1]


def test_from_candle_to_candle_the_price_jumps(tmp_path: Path) -> None:
    source = open_recording(COIN, write(tmp_path, "COINUSDT-1m-x.csv", CANDLES))
    assert [time for time, _, jump in way(source) if jump] == [0, MINUTE, 2 * MINUTE]
    assert (source.start, source.end) == (START, START + 3 * MINUTE - 1)


def test_volume_is_spread_over_the_ways_and_none_is_lost(tmp_path: Path) -> None:
    source = candle(tmp_path, "2025-06-15 15:07:00,100.00,100.10,99.00,99.50,10.1")
    assert [each.volume for each in source.points()] == [D(0), D("2.525"), D("5.05"), D("2.525")]


def test_bid_and_ask_are_the_last_price_unless_a_spread_is_given(tmp_path: Path) -> None:
    path = write(tmp_path, "COINUSDT-1m-x.csv", CANDLES)
    for each in open_recording(COIN, path).points():
        assert each.bid == each.last == each.ask == each.mark == each.index
        assert each.bid_size is None
    for each in open_recording(COIN, path, spread_ticks=3).points():
        assert each.ask - each.bid == D("0.03")
        assert each.last - each.bid == D("0.01")


def test_a_spread_never_pushes_the_bid_to_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, "COINUSDT-1m-x.csv", "time,open,high,low,close\n1750000020,0.01,0.02,0.01,0.01\n")
    for each in open_recording(COIN, path, spread_ticks=10).points():
        assert (each.bid, each.ask) == (D("0.01"), D("0.11"))
        assert each.bid <= each.last <= each.ask


def test_points_start_anew_and_equal(tmp_path: Path) -> None:
    source = open_recording(COIN, write(tmp_path, "COINUSDT-1m-x.csv", CANDLES))
    assert list(source.points()) == list(source.points())


def test_the_vertices_are_whole_ticks(tmp_path: Path) -> None:
    source = open_recording(COIN, write(tmp_path, "COINUSDT-1m-x.csv", CANDLES))
    vertices = source.vertices()
    assert vertices.schema == {
        "time": pl.Int64,
        "last": pl.Int64,
        "volume": pl.Float64,
        "jump": pl.Boolean,
        "mark": pl.Int64,
    }
    assert [tick * COIN.tick_size for tick in vertices["last"]] == [each.last for each in source.points()]
    assert vertices["time"].to_list() == [each.time for each in source.points()]


def test_without_a_funding_file_nothing_is_paid(tmp_path: Path) -> None:
    source = open_recording(COIN, write(tmp_path, "COINUSDT-1m-x.csv", CANDLES))
    assert source.funding_rate(START) == 0


# --- kinds of files ---


def frame(csv: str) -> pl.DataFrame:
    return pl.read_csv(csv.encode(), try_parse_dates=True)


def test_csv_gz_feather_and_parquet_hold_the_same_prices(tmp_path: Path) -> None:
    plain = open_recording(COIN, write(tmp_path, "COINUSDT-1m-x.csv", CANDLES))
    zipped = tmp_path / "COINUSDT-1m-x.csv.gz"
    zipped.write_bytes(gzip.compress(CANDLES.encode()))
    table = frame(CANDLES).rename({"timestamp": "date"})
    table.write_ipc(tmp_path / "COINUSDT-1m-x.feather", compression="lz4")
    table.write_parquet(tmp_path / "COINUSDT-1m-x.parquet")
    for name in ("COINUSDT-1m-x.csv.gz", "COINUSDT-1m-x.feather", "COINUSDT-1m-x.parquet"):
        assert list(open_recording(COIN, str(tmp_path / name)).points()) == list(plain.points()), name


@pytest.mark.parametrize(
    ("column", "times"),
    [
        ("timestamp", ("2025-06-15 15:07:00+00:00", "2025-06-15 15:08:00+00:00")),
        ("timestamp", ("2025-06-15T15:07:00Z", "2025-06-15T15:08:00Z")),
        ("date", ("2025-06-15 15:07:00", "2025-06-15 15:08:00")),
        ("date", ("2025-06-15 15:07", "2025-06-15 15:08")),
        ("Date", ("2025-06-15 17:07:00.000+0200", "2025-06-15 17:08:00.000+0200")),
        ("datetime", ("2025-06-15 15:07:00 UTC", "2025-06-15 15:08:00 UTC")),
        ("open_time", ("1750000020000", "1750000080000")),
        ("time", ("1750000020", "1750000080")),
        ("time", ("1750000020.0", "1750000080.0")),
        ("Open_Time", ("1750000020000000", "1750000080000000")),
        (" start ", ("1750000020000000000", "1750000080000000000")),
    ],
)
def test_times_are_understood_in_their_usual_spellings(tmp_path: Path, column: str, times: tuple[str, str]) -> None:
    text = f"{column},Open,HIGH,low,close,Volume\n" + "".join(f"{time},1,1,1,1,1\n" for time in times)
    source = open_recording(COIN, write(tmp_path, "COINUSDT-1m-x.csv", text))
    assert [each.time for each in source.points() if each.is_jump] == [START, START + MINUTE]


@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin"])
def test_typed_times_are_understood_whatever_their_zone(tmp_path: Path, zone: str | None) -> None:
    utc = pl.Series("date", [START, START + MINUTE]).cast(pl.Datetime("ms"))
    times = utc if zone is None else utc.dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
    table = pl.DataFrame([times, *(pl.Series(name, [1.0, 2.0]) for name in ("open", "high", "low", "close"))])
    table.write_parquet(tmp_path / "COINUSDT.parquet")
    source = open_recording(COIN, str(tmp_path / "COINUSDT.parquet"))
    assert [each.time for each in source.points() if each.is_jump] == [START, START + MINUTE]


def test_days_without_a_time_are_midnights(tmp_path: Path) -> None:
    table = pl.DataFrame({"date": [20_000, 20_001]} | dict.fromkeys(["open", "high", "low", "close"], 5.0))
    table.with_columns(pl.col("date").cast(pl.Date)).write_parquet(tmp_path / "COINUSDT.parquet")
    source = open_recording(COIN, str(tmp_path / "COINUSDT.parquet"))
    assert (source.start, source.end) == (20_000 * 86_400_000, 20_002 * 86_400_000 - 1)


@pytest.mark.parametrize("kind", [pl.Int64, pl.Float64, pl.Float32, pl.Decimal(10, 4)])
def test_numbers_of_every_kind_land_on_the_tick(tmp_path: Path, kind: pl.DataType) -> None:
    columns = ["open", "high", "low", "close"]
    table = frame("timestamp,open,high,low,close\n1750000020,100,100,100,100\n1750000080,101,101,101,101\n")
    table.with_columns(pl.col(columns).cast(kind)).write_parquet(tmp_path / "COINUSDT.parquet")
    source = open_recording(COIN, str(tmp_path / "COINUSDT.parquet"))
    assert {each.last for each in source.points()} == {D("100.00"), D("101.00")}


def test_noise_of_floats_is_rounded_to_the_tick_exactly(tmp_path: Path) -> None:
    noisy = 0.1 + 0.2  # 0.30000000000000004
    table = pl.DataFrame({"time": [1750000020, 1750000080]} | dict.fromkeys(["open", "high", "low", "close"], noisy))
    table.write_parquet(tmp_path / "COINUSDT.parquet")
    source = open_recording(COIN, str(tmp_path / "COINUSDT.parquet"))
    assert {str(each.last) for each in source.points()} == {"0.30"}


def test_more_columns_and_lines_that_are_empty_at_the_end_do_no_harm(tmp_path: Path) -> None:
    text = "open,close,low,high,trades,date\n1,1,1,2,77,2025-06-15 15:07:00\n1,1,1,2,,2025-06-15 15:08:00\n\n\n"
    source = open_recording(COIN, write(tmp_path, "COINUSDT.csv", "\ufeff" + text))
    assert len(list(source.points())) == 8


# --- candles of candles ---


def test_candles_made_of_the_way_equal_the_candles_of_the_file(tmp_path: Path) -> None:
    source = open_recording(COIN, write(tmp_path, "COINUSDT-1m-x.csv", CANDLES))
    market = SourceMarket([source], {"COINUSDT": COIN})
    for _ in market.advance(START + 3 * MINUTE - 1):
        pass
    assert prices_of(reversed(market.klines("COINUSDT", "1", None, None, 10))) == [
        (START, "100.00", "100.50", "99.90", "100.20"),
        (START + MINUTE, "100.20", "100.30", "100.10", "100.25"),
        (START + 2 * MINUTE, "100.25", "101.00", "99.50", "100.00"),
    ]
    assert [k.volume for k in market.klines("COINUSDT", "1", None, None, 10)] == [D(8), D(4), D(10)]
    assert market.is_over


def test_ticks_of_every_contract_keep_their_decimals(tmp_path: Path) -> None:
    text = "time,open,high,low,close\n1750000020,{0},{0},{0},{0}\n"
    for symbol, price in {"BTCUSDT": "105796.10", "DOGEUSDT": "0.21826", "SOLUSDT": "167.790"}.items():
        path = write(tmp_path, f"{symbol}-1m-x.csv", text.format(price))
        assert str(next(open_recording(CONTRACTS[symbol], path).points()).last) == price
