"""Recorded trades (Bybit's public trade files) as a price's way: every trade is a jump to its price."""

import polars as pl

from gridtrader.simulator.core.model import Instrument
from gridtrader.simulator.market.files import Table
from gridtrader.simulator.market.recorded import Recording

TIME_NAMES = ("timestamp", "time")
SIZE_NAMES = ("size", "qty", "quantity")
_ID_NAMES = ("trdmatchid", "id", "tradeid")


def is_trades(table: Table) -> bool:
    """Return whether the columns are those of trades, not of candles."""
    return table.find(("price",)) is not None and table.find(("open",)) is None


def read_trades(table: Table, contract: Instrument) -> Recording:
    """Return the way of the last price. Raises PriceError about anything that cannot be a row of trades.

    Times are cut to the millisecond; trades of one millisecond keep the file's order.
    """
    times = table.times(table.need(TIME_NAMES, "time"))
    table.check_rising(times, strictly=False)
    if (symbols := table.find(("symbol",))) is not None:
        found = table.frame[symbols]
        table.check(found != contract.symbol, lambda i: f"symbol is {found[i]!r}", repr(contract.symbol))
    if (ids := table.find(_ID_NAMES)) is not None:
        names = table.frame[ids]
        again = names.is_not_null() & ~names.is_first_distinct()
        table.check(again, lambda i: f"{ids} {names[i]!r} appears a second time", "each trade once")
    prices = table.ticks(table.need(("price",), "price"), contract)
    size_name = table.need(SIZE_NAMES, "size")
    sizes = table.numbers(size_name)
    table.check(sizes <= 0, lambda i: f"{size_name} is {sizes[i]!r}", "a size above 0")
    vertices = pl.DataFrame({"time": times, "last": prices, "volume": sizes}).with_columns(jump=pl.lit(True))
    return Recording(table.path, vertices)
