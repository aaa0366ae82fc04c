"""What is recorded beside the last price: candles of the mark price, and funding settlements.

Mark candles are usually coarser than the prices (hours beside minutes). The mark price follows the last price in
truth, so it is taken as last price + distance: the distance is known where a mark candle opens, moves on a straight
line in between, and the sum is kept within the mark candle's low and high. So a crash inside the hour moves the mark
price when it moves the last price, as far as the recorded mark price went and no farther. (Its mere opening would be
up to an hour late; a path through its own extremes would reach them at the wrong time.)
"""

from decimal import Decimal

import polars as pl

from gridtrader.simulator.core.model import Instrument
from gridtrader.simulator.market.api import PriceError
from gridtrader.simulator.market.candles import (
    PRICE_NAMES,
    TIME_NAMES,
    candle_times,
    check_extremes,
    find_gaps,
)
from gridtrader.simulator.market.files import Table
from gridtrader.simulator.market.moment import moment
from gridtrader.simulator.market.recorded import RecordedFunding, RecordedMarks, Recording

RATE_NAMES = ("funding_rate", "fundingrate", "rate", "open")
HIGHEST_RATE = 0.1
"""No exchange settles more at a time; above it the column is no fraction (a percentage, or a price)."""

LONGEST_INTERVAL_MS = 8 * 3_600_000
"""Settlements farther apart than this are a gap; nearer ones may be an interval that Bybit has changed."""


def marks_at(table: Table, recording: Recording, contract: Instrument) -> RecordedMarks:
    """Return the mark price at each vertex.

    Bybit gives mark prices finer than the tick; they are rounded to it (ties: even). Raises PriceError if the file
    is no file of candles or does not cover the time of the prices.
    """
    times, length = candle_times(table)
    prices = pl.DataFrame({name: table.prices(table.need((name,), f"{name} price")) for name in PRICE_NAMES})
    check_extremes(table, prices)
    vertices = recording.vertices
    first, last = vertices["time"][0], vertices["time"][-1]
    if times[0] > first or times[-1] + length <= last:
        raise PriceError(
            f"{table.path}: mark prices from {moment(times[0])} to {moment(times[-1] + length)}; expected the whole "
            f"time of {recording.path}, {moment(first)} to {moment(last)}"
        )
    candles = (prices / float(contract.tick_size)).with_columns(time=times, ends=times + length)
    return RecordedMarks(_marks(vertices, candles), find_gaps(table, times, length))


def _marks(vertices: pl.DataFrame, candles: pl.DataFrame) -> pl.Series:
    known = (
        candles.filter(pl.col("time") >= vertices["time"][0])
        .join_asof(vertices.select("time", "last"), on="time", strategy="backward")
        .select("time", distance=pl.col("open") - pl.col("last"))
    )
    frame = vertices.select("time", "last").join_asof(
        candles.select("time", "ends", "low", "high"), on="time", strategy="backward"
    )
    if known.is_empty():
        distance = pl.lit(0.0)
    else:
        before = known.rename({"distance": "from"}).with_columns(since=pl.col("time"))
        after = known.rename({"distance": "to"}).with_columns(until=pl.col("time"))
        frame = frame.join_asof(before, on="time", strategy="backward")
        frame = frame.join_asof(after, on="time", strategy="forward", allow_exact_matches=False)
        share = (pl.col("time") - pl.col("since")) / (pl.col("until") - pl.col("since"))
        start, end = pl.coalesce("from", "to"), pl.coalesce("to", "from")
        distance = start + (end - start) * share.fill_null(0.0)
    within = pl.col("time") < pl.col("ends")
    mark = pl.col("last") + distance
    mark = pl.when(within).then(mark.clip(pl.col("low"), pl.col("high"))).otherwise(mark)
    return frame.select(mark.round(mode="half_to_even").clip(1).cast(pl.Int64).alias("mark")).to_series()


def read_funding(table: Table, contract: Instrument) -> RecordedFunding:
    """Return the settlements of a file; their distance may change within it.

    Raises PriceError about anything that cannot be one.
    """
    times = table.times(table.need((*TIME_NAMES, "fundingratetimestamp", "funding_time"), "time"))
    table.check_rising(times, strictly=True)
    name = table.need(RATE_NAMES, "funding rate")
    rates = table.numbers(name)
    table.check(
        rates.abs() > HIGHEST_RATE, lambda i: f"{name} is {rates[i]!r}", f"a fraction of at most {HIGHEST_RATE}"
    )
    longest = max(contract.funding_interval_min * 60_000, LONGEST_INTERVAL_MS)
    exact = [Decimal(repr(rate)) for rate in rates.to_list()]
    return RecordedFunding(table.path, times.to_list(), exact, longest, find_gaps(table, times, longest))
