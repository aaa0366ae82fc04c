"""Pages of the public history, read field by field; numbers stay the text they were. Everything raises `BadMessage`.

Bybit V5 docs, "Get Kline", "Get Mark Price Kline", "Get Funding Rate History": newest first.
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Final, NamedTuple

from gridtrader.exchange.fields import BadMessage, Row
from gridtrader.history.series import Kind, Series

_NUMBER: Final = re.compile(r"[0-9]{1,40}(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,2})?")
_TIME: Final = re.compile(r"[0-9]{1,15}")


class Record(NamedTuple):
    """A row as it goes into the file, without the end of the line; `at` is its time in milliseconds since 1970."""

    at: int
    line: str


def read_page(result: Row, series: Series, start: int, last: int) -> list[Record]:
    """Return the rows of a page, oldest first; all must lie from `start` to `last`, each time once."""
    if series.kind is Kind.FUNDING:
        found = [_settlement(row, series, result.place) for row in result.list("list")]
    else:
        if result.text("symbol") != series.symbol:
            raise result.bad("symbol", repr(series.symbol))
        found = [_candle(row, series, result.place) for row in result.list("list")]
    found.reverse()
    for older, newer in pairwise(found):
        if older.at >= newer.at:
            raise BadMessage(result.place, "list", [newer.at, older.at], "rows newest first, each time once")
    for record in found:
        if not start <= record.at <= last:
            raise BadMessage(result.place, "the time of a row", record.at, f"{start} to {last}, as asked for")
    return found


def _candle(row: object, series: Series, place: str) -> Record:
    width = series.kind.header.count(",") + 1
    if not isinstance(row, list) or len(row) < width:
        raise BadMessage(place, "a candle", row, f"a list of at least {width} texts")
    cells = row[:width]
    at = _moment(cells[0], place)
    if at % series.interval.ms:
        raise BadMessage(place, "the time of a candle", at, f"a multiple of {series.interval.name}")
    for cell in cells[1:]:
        if not isinstance(cell, str) or not _NUMBER.fullmatch(cell):
            raise BadMessage(f"{place} {at}", "a candle", row, "decimal numbers ≥ 0 in texts")
    _check_prices(cells[1:5], f"{place} {at}")
    return Record(at, ",".join(cells))


def _check_prices(cells: Sequence[str], place: str) -> None:
    prices = [Decimal(cell) for cell in cells]
    _, high, low, _ = prices
    if not low > 0 or high != max(prices) or low != min(prices):
        raise BadMessage(place, "open, high, low, close", list(cells), "0 < low ≤ open, close ≤ high")


def _settlement(data: object, series: Series, place: str) -> Record:
    row = Row(data, place)
    if row.text("symbol") != series.symbol:
        raise row.bad("symbol", repr(series.symbol))
    at = _moment(row.text("fundingRateTimestamp"), place)
    row.decimal("fundingRate")
    return Record(at, f"{at},{row.text('fundingRate')}")


def _moment(text: object, place: str) -> int:
    if not isinstance(text, str) or not _TIME.fullmatch(text):
        raise BadMessage(place, "the time of a row", text, "milliseconds since 1970 in a text")
    return int(text)
