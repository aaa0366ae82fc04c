"""Fetch a series: what is on the disk is taken over, what is missing is asked for, then the complete file is made."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from gridtrader.history import paging
from gridtrader.history.files import Folder
from gridtrader.history.part import Part, Tally
from gridtrader.history.rows import Record
from gridtrader.history.series import DAY, Kind, Series


class Source(Protocol):
    """The exchange's public history. `page` raises what ends the whole command."""

    def page(self, series: Series, start: int, last: int, limit: int) -> Sequence[Record]:
        """Return the rows of one page from `start` to `last` (ms, both included), oldest first."""
        ...


class Display(Protocol):
    """Shows how far a series has come. Times are market milliseconds."""

    def begin(self, series: Series, at: int, end: int) -> None: ...
    def reach(self, at: int, rows: int) -> None:
        """Show that everything before `at` is on the disk, `rows` rows in all."""
        ...

    def finish(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """A series after its fetching. `path` is None where the exchange has no row of it."""

    series: Series
    path: Path | None
    end: int
    """The moment the file goes to: what was wanted, or the end of the last finished candle before it."""
    tally: Tally
    fetched: int
    """Rows that were not on the disk before."""


class Fetcher:
    """Fetches series into one folder, one after another. Raises StoreError, and what the source raises.

    After an error, or in whatever other way it was ended, everything that had come is on the disk.
    """

    def __init__(self, source: Source, folder: Folder, display: Display) -> None:
        self._source = source
        self._folder = folder
        self._display = display

    def fetch(self, series: Series, start: int, end: int, since: int, settled_ms: int) -> Outcome:
        """Fetch the rows from `start` on and before `end`; none is asked for before `since`.

        The times are multiples of the interval; `settled_ms` is the distance of the contract's settlements.
        """
        complete = self._folder.complete(series, start)
        if end in complete:
            return Outcome(series, complete[end], end, self._folder.tally(complete[end], series), 0)
        part = self._folder.part(series, start)
        try:
            if complete:
                part.take_over(self._folder.rows(complete[max(complete)], series), end)
            before = part.tally.rows
            self._ask(part, series, max(start, since), end, settled_ms)
            if not part.tally.rows:
                self._folder.discard_empty(part)
                return Outcome(series, None, end, part.tally, 0)
            reached = _reached(part.tally, series, end)
            path = self._folder.publish(part, series, start, reached)
            return Outcome(series, path, reached, self._folder.tally(path, series), part.tally.rows - before)
        finally:
            part.close()

    def _ask(self, part: Part, series: Series, first: int, end: int, settled_ms: int) -> None:
        at = first if part.tally.last is None else part.tally.last + (series.spacing_ms or 1)
        if at >= end:
            return
        self._display.begin(series, at, end)
        try:
            for page in self._pages(series, at, end, settled_ms):
                part.append(page)
                if page:
                    self._display.reach(page[-1].at + (series.spacing_ms or 1), part.tally.rows)
        finally:
            self._display.finish()

    def _pages(self, series: Series, at: int, end: int, settled_ms: int) -> Iterator[Sequence[Record]]:
        def ask(start: int, last: int) -> Sequence[Record]:
            most = paging.MOST_SETTLEMENTS if series.kind is Kind.FUNDING else paging.MOST_CANDLES
            return self._source.page(series, start, last, most)

        def ask_days(start: int, last: int) -> Sequence[Record]:
            return self._source.page(replace(series, interval=DAY), start, last, paging.MOST_CANDLES)

        if series.kind is Kind.FUNDING:
            return paging.settlements(ask, at, end, settled_ms)
        return paging.candles(ask, ask_days, at, end, series.interval.ms)


def _reached(tally: Tally, series: Series, end: int) -> int:
    """Return the moment up to which the rows go; settlements are known up to `end`."""
    if series.spacing_ms is None or tally.last is None:
        return end
    return min(end, tally.last + series.spacing_ms)
