"""A history in memory that answers as the exchange does, and counts what it is asked."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from gridtrader.history.rows import Record
from gridtrader.history.series import DAY_MS, INTERVALS, Kind, Series

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
T0 = 1_748_736_000_000  # 2025-06-01 00:00 UTC

PRICES = Series("DOGEUSDT", Kind.PRICES, INTERVALS["1m"])
HOURS = Series("DOGEUSDT", Kind.PRICES, INTERVALS["1h"])
MARK = Series("DOGEUSDT", Kind.MARK, INTERVALS["1m"])
FUNDING = Series("DOGEUSDT", Kind.FUNDING, INTERVALS["1m"])


def candle(at: int, series: Series = PRICES) -> Record:
    """Return a candle whose prices tell its time."""
    price = f"0.{at // MINUTE % 90_000 + 10_000}"
    return Record(at, ",".join((str(at), price, price, price, price, *(["1"] if series.kind is Kind.PRICES else []))))


class Broken(Exception):
    """The source has come to the end of its patience."""


class Tape:
    """Rows at these times. A page has at most `most` rows, the newest of those asked for, whatever limit is asked."""

    def __init__(self, times: Iterable[int], most: int = 10_000) -> None:
        self.times = sorted(times)
        self.most = most
        self.asked: list[tuple[str, int, int]] = []
        self.breaks_after: int | None = None

    def rows(self, start: int, last: int) -> list[int]:
        return self.times[bisect_left(self.times, start) : bisect_right(self.times, last)]

    def ask(self, start: int, last: int) -> Sequence[Record]:
        self.asked.append(("rows", start, last))
        return [candle(at) for at in self.rows(start, last)[-self.most :]]

    def ask_days(self, start: int, last: int) -> Sequence[Record]:
        self.asked.append(("days", start, last))
        days = sorted({at - at % DAY_MS for at in self.times})
        return [candle(day) for day in days if start <= day <= last][-self.most :]

    def page(self, series: Series, start: int, last: int, limit: int) -> Sequence[Record]:
        """Be a `Source`."""
        if self.breaks_after is not None and len(self.asked) >= self.breaks_after:
            raise Broken
        if series.interval.name == "1d":
            return self.ask_days(start, last)
        self.asked.append((series.stem, start, last))
        times = self.rows(start, last)[-min(limit, self.most) :]
        if series.kind is Kind.FUNDING:
            return [Record(at, f"{at},0.0001") for at in times]
        return [candle(at, series) for at in times]


class Silent:
    """A display that shows nothing and remembers how far it was told."""

    def __init__(self) -> None:
        self.reached: list[int] = []
        self.is_shown = False

    def begin(self, series: Series, at: int, end: int) -> None:
        self.is_shown = True

    def reach(self, at: int, rows: int) -> None:
        assert self.is_shown
        self.reached.append(at)

    def finish(self) -> None:
        self.is_shown = False
