"""Recorded candles as a price's way.

Inside a candle the price goes open → nearer extreme → farther extreme → close (equal distance: low first), on
straight lines. It is at the open at the candle's start, at the extremes after a quarter and after three quarters of
it, at the close in its last millisecond: the longest way gets half of the time. From one candle to the next it jumps.
Volume is spread over the three ways in proportion to time (¼, ½, ¼).
"""

import re

import polars as pl

from gridtrader.simulator.core.model import Instrument
from gridtrader.simulator.market.api import PriceError
from gridtrader.simulator.market.files import Table
from gridtrader.simulator.market.moment import moment
from gridtrader.simulator.market.recorded import Gap, Recording

TIME_NAMES = ("timestamp", "date", "datetime", "time", "open_time", "opentime", "start", "start_time", "starttime")
PRICE_NAMES = ("open", "high", "low", "close")
VOLUME_NAMES = ("volume", "vol")

_LENGTHS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_LENGTH_IN_NAME = re.compile(r"(?<=[-_. ])(\d{1,4})([smhHdDwW])(?=[-_. ])")  # 1M would be a month


def read_candles(table: Table, contract: Instrument) -> Recording:
    """Return the way of the last price. Raises PriceError about anything that cannot be a row of candles."""
    times, length = candle_times(table)
    prices = {name: table.ticks(table.need((name,), f"{name} price"), contract) for name in PRICE_NAMES}
    check_extremes(table, pl.DataFrame(prices))
    volume = _volumes(table)
    way = pl.DataFrame({"start": times, "volume": volume} | prices).with_columns(
        low_first=pl.col("open") - pl.col("low") <= pl.col("high") - pl.col("open")
    )
    low_first, low, high = pl.col("low_first"), pl.col("low"), pl.col("high")
    corners = (
        (0, pl.col("open"), 0.0),
        (length // 4, pl.when(low_first).then(low).otherwise(high), 0.25),
        (length - length // 4, pl.when(low_first).then(high).otherwise(low), 0.5),
        (length - 1, pl.col("close"), 0.25),
    )
    vertices = pl.concat(
        way.select(
            time=pl.col("start") + offset,
            last=price,
            volume=pl.col("volume") * share,
            jump=pl.lit(offset == 0),
        )
        for offset, price, share in corners
    ).sort("time")
    return Recording(table.path, vertices, find_gaps(table, times, length))


def candle_times(table: Table) -> tuple[pl.Series, int]:
    """Return the openings of a file's candles and their length, both in milliseconds.

    The length is the usual distance of the rows; a length in the file's name (`-5m-`) must agree with it, and
    decides where there are fewer than three rows.
    """
    times = table.times(table.need(TIME_NAMES, "time"))
    table.check_rising(times, strictly=True)
    steps = times.diff().drop_nulls()
    usual = _usual_length(table.path, steps)
    off = (steps % usual != 0).extend_constant(False, 1).shift(1, fill_value=False)
    table.check(
        off,
        lambda i: f"{moment(times[i])} comes {(times[i] - times[i - 1]) / 1000:g} s after the row before",
        f"a multiple of {usual / 1000:g} s",
    )
    return times, usual


def find_gaps(table: Table, times: pl.Series, length: int) -> tuple[Gap, ...]:
    """Return the places where rows are missing."""
    missing = times.diff().fill_null(length) // length - 1
    return tuple(
        Gap(table.path, index + table.first_row, times[index - 1], times[index], missing[index])
        for index in (missing > 0).arg_true()
    )


def check_extremes(table: Table, prices: pl.DataFrame) -> None:
    """Raise PriceError about the first candle whose high or low is not its highest or lowest price."""
    highest, lowest = prices.max_horizontal(), prices.min_horizontal()
    table.check(
        (prices["high"] != highest) | (prices["low"] != lowest),
        lambda i: ", ".join(f"{name} {table.frame[name][i]}" for name in PRICE_NAMES),
        "low ≤ open, close ≤ high",
    )


def _volumes(table: Table) -> pl.Series:
    name = table.find(VOLUME_NAMES)
    if name is None:
        return pl.Series("volume", [0.0]).new_from_index(0, len(table.frame))
    volume = table.numbers(name)
    table.check(volume < 0, lambda i: f"{name} is {volume[i]!r}", "0 or more")
    return volume


def _usual_length(path: str, steps: pl.Series) -> int:
    name = re.split(r"[/\\]", path)[-1]
    named = sorted(int(count) * _LENGTHS[unit.lower()] for count, unit in _LENGTH_IN_NAME.findall(name))
    usual: list[int] = steps.mode().sort().to_list()
    if len(steps) < 2 and named:
        return named[0]
    if not usual:
        raise PriceError(f"{path}: one candle of unknown length; expected a length in the name, like -1m-")
    agreed = [length for length in usual if length in named or not named]
    if not agreed:
        raise PriceError(
            f"{path}: the rows are {usual[0] / 1000:g} s apart; expected {named[0] / 1000:g} s as the name says"
        )
    return agreed[0]
