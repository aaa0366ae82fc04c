"""Bybit's public trade files: every trade is a jump to its price."""

from pathlib import Path

import pytest

from gridtrader.simulator.market.api import PriceError
from gridtrader.simulator.market.recorder import open_recording
from tests.simulator.market.support import COIN, D, write

HEADER = "timestamp,symbol,side,size,price,tickDirection,trdMatchID,grossValue,homeNotional,foreignNotional"
ROWS = (
    "1750000020.1234,COINUSDT,Buy,1.5,100.05,PlusTick,a1,15007500000,1.5,150.075",
    "1750000020.123,COINUSDT,Sell,2,100.04,MinusTick,a2,20008000000,2,200.08",
    "1750000020.123,COINUSDT,Sell,0.1,100.04,ZeroMinusTick,a3,1000400000,0.1,10.004",
    "1750000021,COINUSDT,Buy,3,100.1,PlusTick,a4,30030000000,3,300.3",
)


def file_of(tmp_path: Path, *rows: str, header: str = HEADER) -> str:
    return write(tmp_path, "COINUSDT2025-06-15.csv", "\n".join([header, *rows]) + "\n")


def test_each_trade_is_a_jump_in_the_order_of_the_file(tmp_path: Path) -> None:
    rows = (ROWS[1], ROWS[2], ROWS[0], ROWS[3])
    source = open_recording(COIN, file_of(tmp_path, *rows))
    assert [(each.time - 1_750_000_020_000, each.last, each.volume) for each in source.points()] == [
        (123, D("100.04"), D(2)),
        (123, D("100.04"), D("0.1")),
        (123, D("100.05"), D("1.5")),
        (1000, D("100.10"), D(3)),
    ]
    assert all(each.is_jump and each.bid == each.last == each.ask for each in source.points())
    assert (source.start, source.end) == (1_750_000_020_123, 1_750_000_021_000)
    assert source.gaps == ()


@pytest.mark.parametrize(
    "pattern", ["1750000020.{:03d}", "1750000020{:03d}", "1750000020{:03d}000", "1750000020{:03d}000000"]
)
def test_a_millisecond_is_never_lost_to_rounding(tmp_path: Path, pattern: str) -> None:
    rows = [f"{pattern.format(ms)},COINUSDT,Buy,1,100,PlusTick,a{ms},1,1,1" for ms in range(1000)]
    source = open_recording(COIN, file_of(tmp_path, *rows))
    assert [each.time for each in source.points()] == list(range(1_750_000_020_000, 1_750_000_021_000))


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (
            "1750000020,COINUSDT,Buy,1,100,PlusTick,b,1,1,1",
            "comes after 2025-06-15 15:07:00.123 UTC; expected rising",
        ),
        ("1750000021,OTHERUSDT,Buy,1,100,PlusTick,b,1,1,1", "symbol is 'OTHERUSDT'; expected 'COINUSDT'"),
        ("1750000021,COINUSDT,Buy,0,100,PlusTick,b,1,1,1", "size is 0.0; expected a size above 0"),
        ("1750000021,COINUSDT,Buy,1,100.001,PlusTick,b,1,1,1", "price is 100.001; expected a multiple of the tick"),
        ("1750000021,COINUSDT,Buy,1,-5,PlusTick,b,1,1,1", "price is -5.0; expected a price above 0"),
        ("1750000021,COINUSDT,Buy,1,x,PlusTick,b,1,1,1", "price is 'x'; expected a number"),
        ("1750000021,COINUSDT,Buy,1,100,PlusTick,a2,1,1,1", "trdmatchid 'a2' appears a second time"),
        ("noon,COINUSDT,Buy,1,100,PlusTick,b,1,1,1", "timestamp is 'noon'; expected a time"),
    ],
)
def test_a_bad_trade_is_named_with_what_was_expected(tmp_path: Path, bad: str, said: str) -> None:
    path = file_of(tmp_path, ROWS[1], ROWS[2], bad, ROWS[3])
    with pytest.raises(PriceError) as caught:
        open_recording(COIN, path)
    assert str(caught.value).startswith(f"{path}: row 4: ")
    assert said in str(caught.value)


def test_trades_without_a_size_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PriceError, match="row 1: no column for the size among timestamp, price; expected one called"):
        open_recording(COIN, file_of(tmp_path, "1750000020,100", header="timestamp,price"))
