"""Read tables of recorded prices: csv, csv.gz, feather, parquet. Whatever is wrong is one line with file and row.

Rows are numbered as an editor shows a csv: the header is row 1. Files without a header line (feather, parquet) begin
at row 1.
"""

import gzip
import io
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import polars as pl

from gridtrader.simulator.core.model import Instrument
from gridtrader.simulator.market.api import PriceError
from gridtrader.simulator.market.moment import moment

TICK_TOLERANCE = 0.01
"""A price may be off its tick by this share of a tick: room for the rounding of floats, not for another digit."""

_BROKEN = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, EOFError, zlib.error)


@dataclass(frozen=True, slots=True)
class Table:
    """A file's rows. Column names are in lower case; csv columns are text."""

    path: str
    frame: pl.DataFrame
    first_row: int

    def fail(self, index: int, found: str, expected: str) -> NoReturn:
        """Raise PriceError about the row at `index` (0 is the first of the data)."""
        raise PriceError(f"{self.path}: row {index + self.first_row}: {found}; expected {expected}")

    def check(self, bad: pl.Series, found: Callable[[int], str], expected: str) -> None:
        """Raise PriceError about the first row where `bad` is true; `found` describes it, given its index."""
        index = bad.fill_null(True).arg_max()
        if index is not None and bad[index] is not False:
            self.fail(index, found(index), expected)

    def find(self, names: Sequence[str]) -> str | None:
        """Return the first of `names` that is a column."""
        return next((name for name in names if name in self.frame.columns), None)

    def need(self, names: Sequence[str], what: str) -> str:
        """Return the first of `names` that is a column. Raises PriceError if none is."""
        name = self.find(names)
        if name is None:
            raise PriceError(
                f"{self.path}: row 1: no column for the {what} among {', '.join(self.frame.columns)}; "
                f"expected one called {' or '.join(names)}"
            )
        return name

    def numbers(self, name: str) -> pl.Series:
        """Return a column as Float64, all finite."""
        column = self.frame[name]
        self.check(column.is_null(), lambda _: f"{name} is missing", "a number")
        if column.dtype == pl.String:
            column = column.str.strip_chars()
        values = column.cast(pl.Float64, strict=False)
        self.check(~values.is_finite(), lambda i: f"{name} is {column[i]!r}", "a number")
        return values

    def prices(self, name: str) -> pl.Series:
        """Return a column as Float64, all above 0."""
        prices = self.numbers(name)
        self.check(prices <= 0, lambda i: f"{name} is {prices[i]!r}", "a price above 0")
        return prices

    def ticks(self, name: str, contract: Instrument) -> pl.Series:
        """Return a column of prices as whole numbers of ticks (Int64 ≥ 1), see `TICK_TOLERANCE`."""
        prices = self.prices(name)
        exact = prices / float(contract.tick_size)
        whole = exact.round()
        self.check(
            ((exact - whole).abs() > TICK_TOLERANCE) | (whole < 1) | (whole > 2**53),
            lambda i: f"{name} is {prices[i]!r}",
            f"a multiple of the tick size {contract.tick_size:f} of {contract.symbol}",
        )
        return whole.cast(pl.Int64)

    def times(self, name: str) -> pl.Series:
        """Return a column of moments as milliseconds since 1970 (Int64), see `_numeric_times` and `_text_times`."""
        column = self.frame[name]
        expected = "a time: ISO date and time (UTC unless it says otherwise), or seconds or milliseconds since 1970"
        self.check(column.is_null(), lambda _: f"{name} is missing", expected)
        if column.dtype == pl.Date:
            column = column.cast(pl.Datetime("ms"))
        if column.dtype == pl.Datetime:
            times = column.dt.epoch("ms")
        elif column.dtype == pl.String:
            times = _text_times(column)
        elif column.dtype.is_numeric():
            times = _numeric_times(column.cast(pl.Float64))
        else:
            times = pl.Series(name, [None] * len(column), pl.Int64)
        known = times.is_between(0, _LATEST_MS)
        self.check(~known, lambda i: f"{name} is {str(column[i])!r}", expected)
        return times

    def check_rising(self, times: pl.Series, *, strictly: bool) -> None:
        """Raise PriceError about the first row that is not later than the one before."""
        step = times.diff().fill_null(1)
        self.check(step < 0, lambda i: f"{moment(times[i])} comes after {moment(times[i - 1])}", "rising times")
        if strictly:
            self.check(step == 0, lambda i: f"{moment(times[i])} appears a second time", "each time once")


def read_table(path: str) -> Table:
    """Read a whole file. Raises PriceError if it is missing, empty, damaged or of another kind."""
    name = path.lower()
    reader = next((_READERS[ending] for ending in _READERS if name.endswith(ending)), None)
    if reader is None:
        raise PriceError(f"{path}: unknown kind of file; expected {', '.join(_READERS)}")
    try:
        content = Path(path).read_bytes()
        if name.endswith(".gz"):
            content = gzip.decompress(content)
        frame = reader(io.BytesIO(content))
    except _BROKEN as error:
        if reader is _read_csv and "more fields" in str(error):
            raise PriceError(f"{path}: {_longest_row(content)} values in every row") from error
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise PriceError(f"{path}: cannot be read ({reason}); expected a sound file of its kind") from error
    columns = [column.strip().lower() for column in frame.columns]
    if len(set(columns)) != len(columns):
        raise PriceError(f"{path}: row 1: a column appears twice in {', '.join(columns)}; expected different names")
    frame.columns = columns
    if frame.is_empty():
        raise PriceError(f"{path}: has no rows; expected prices")
    return Table(path, frame, first_row=2 if reader is _read_csv else 1)


def _read_csv(content: io.BytesIO) -> pl.DataFrame:
    frame = pl.read_csv(content, infer_schema=False)
    filled = frame.select(pl.any_horizontal(pl.all().is_not_null())).to_series()
    return frame.head(len(filled) - (filled.reverse().arg_max() or 0) if filled.any() else 0)


def _longest_row(content: bytes) -> str:
    rows = content.splitlines()
    width = rows[0].count(b",") + 1
    for number, row in enumerate(rows, 1):
        if row.count(b",") >= width:
            return f"row {number}: has {row.count(b',') + 1} values; expected {width}"
    return f"a row has too many values; expected {width}"


_READERS: dict[str, Callable[[io.BytesIO], pl.DataFrame]] = {
    ".csv": _read_csv,
    ".csv.gz": _read_csv,
    ".feather": pl.read_ipc,
    ".parquet": pl.read_parquet,
}


_LATEST_MS = 10**13
"""The year 2286."""
_UNITS = ((1e8, 1e10, 1000.0), (1e11, 1e13, 1.0), (1e14, 1e16, 1e-3), (1e17, 1e19, 1e-6))
"""Seconds, milli-, micro- and nanoseconds since 1970 are told apart by their size: 1973 to 2286 in each."""


def _numeric_times(values: pl.Series) -> pl.Series:
    """Return milliseconds; all values must be in the unit of the first. A fraction of a millisecond is cut off."""
    first = values[0]
    for low, high, factor in _UNITS:
        if first is not None and low <= first < high:
            # A float of seconds is off by up to 0.0002 ms: without the allowance .123 s would become 122 ms.
            times = (values * factor + 0.001).floor()
            return times.set(~values.is_between(low, high), None).cast(pl.Int64, strict=False)
    return pl.Series(values.name, [None] * len(values), pl.Int64)


_ZONE = r"(?:[+-]\d\d:?\d\d)$"
_DATE_FORMATS = ("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%d")


def _text_times(column: pl.Series) -> pl.Series:
    """Return milliseconds; all values must be written as the first."""
    text = column.str.strip_chars()
    values = text.cast(pl.Float64, strict=False)
    if values[0] is not None:
        return _numeric_times(values)
    text = text.str.replace(r"(?:Z| ?UTC)$", "+00:00").str.replace("T", " ", literal=True)
    zoned = bool(text.str.contains(_ZONE)[0])
    none = pl.Series(column.name, [None] * len(column), pl.Int64)
    for pattern in _DATE_FORMATS:
        times = text.str.to_datetime(
            pattern + ("%z" if zoned else ""), time_unit="ms", time_zone="UTC" if zoned else None, strict=False
        ).dt.epoch("ms")
        if times[0] is not None:
            return times
    return none
