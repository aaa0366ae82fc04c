"""A `PriceSource` of recorded prices: vertices of the price's way, and what was recorded beside it."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from gridtrader.simulator.core.model import Instrument
from gridtrader.simulator.market.api import Point, PriceError
from gridtrader.simulator.market.moment import moment

CHUNK = 65_536
"""Vertices turned into Python objects at a time: a year of minutes has two millions."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Rows that a file lacks. Times are market milliseconds; `row` is the row after the gap."""

    path: str
    row: int
    after: int
    before: int
    missing: int

    def __str__(self) -> str:
        return (
            f"{self.path}: row {self.row}: {self.missing} missing between {moment(self.after)} and "
            f"{moment(self.before)}; the price stands still there"
        )


@dataclass(frozen=True, slots=True)
class Recording:
    """What a file of prices holds.

    `vertices` has the columns `time` (Int64, milliseconds, never falling), `last` (Int64, ticks), `volume` (Float64,
    base coin, traded since the vertex before) and `jump` (Boolean: the way from the vertex before is not continuous).
    """

    path: str
    vertices: pl.DataFrame
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordedMarks:
    """The mark price at each vertex of a recording (Int64, ticks)."""

    ticks: pl.Series
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordedFunding:
    """Settlements as they were: times (rising, market milliseconds) and rates (fractions)."""

    path: str
    times: Sequence[int]
    rates: Sequence[Decimal]
    longest_ms: int
    """More time than this between two of them is a gap."""
    gaps: tuple[Gap, ...] = ()


class RecordedSource:
    """The prices of one symbol from files.

    Without a mark file the mark price is the last price; the index price is the mark price. Without a funding file
    every rate is 0, since none was recorded. Bid and ask are the last price unless `spread_ticks` holds them apart:
    the ask is that many ticks above the bid, and the last price between them (nearer to the bid by half a tick where
    the spread is odd). Sizes are unlimited.
    """

    def __init__(
        self,
        contract: Instrument,
        recording: Recording,
        marks: RecordedMarks | None = None,
        funding: RecordedFunding | None = None,
        spread_ticks: int = 0,
    ) -> None:
        """Raise PriceError if the settlements do not cover the time of the prices."""
        if spread_ticks < 0:
            raise PriceError(f"spread_ticks is {spread_ticks}: expected 0 or more")
        vertices = recording.vertices
        self.symbol = contract.symbol
        self.start: int = vertices["time"][0]
        self.end: int | None = vertices["time"][-1]
        self.funding_times: Sequence[int] | None = None if funding is None else funding.times
        self.gaps = tuple(gap for part in (recording, marks, funding) if part is not None for gap in part.gaps)
        mark = vertices["last"] if marks is None else marks.ticks
        self._vertices = vertices.with_columns(mark.alias("mark"))
        self._tick = contract.tick_size
        self._funding = funding
        self._spread = spread_ticks
        if funding is not None:
            _check_span(funding, self.start, vertices["time"][-1])

    def vertices(self) -> pl.DataFrame:
        """Return the way of the price for searching: `Recording.vertices` and the column `mark` (Int64, ticks).

        Price = ticks × tick size, exactly. Between two vertices of which the later has `jump` false, last and mark
        price move on a straight line; otherwise they stand until the later vertex.
        """
        return self._vertices

    def points(self) -> Iterator[Point]:
        tick, below = self._tick, self._spread // 2
        columns = self._vertices.select("time", "last", "mark", "volume", "jump")
        for chunk in columns.iter_slices(CHUNK):
            for time, last, mark, volume, jump in chunk.iter_rows():
                price = bid = ask = last * tick
                if self._spread:
                    low = max(1, last - below)
                    bid, ask = low * tick, (low + self._spread) * tick
                fair = price if mark == last else mark * tick
                # repr gives the shortest text of a float, which is the number that stood in the file.
                yield Point(time, price, bid, ask, fair, fair, None, None, Decimal(repr(volume)), jump)

    def funding_rate(self, time: int) -> Decimal:
        """Return the recorded rate of the settlement at `time`, or of the next one; 0 where none was recorded.

        After the last record that one stands in; no price is recorded then, so nothing is settled by it.
        """
        if self._funding is None:
            return Decimal(0)
        place = bisect_left(self._funding.times, time)
        return self._funding.rates[min(place, len(self._funding.rates) - 1)]


def _check_span(funding: RecordedFunding, start: int, end: int) -> None:
    """Raise PriceError where settlements must be missing before the first record or after the last one."""
    first, last = funding.times[0], funding.times[-1]
    if first - funding.longest_ms > start or last + funding.longest_ms <= end:
        raise PriceError(
            f"{funding.path}: settlements from {moment(first)} to {moment(last)}; expected the whole time of the "
            f"prices, {moment(start)} to {moment(end)}"
        )
