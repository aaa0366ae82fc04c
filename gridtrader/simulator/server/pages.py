"""Pages and time windows of V5's lists.

Lists go newest first. A cursor holds the sort keys of the first and the last row of its page and travels
percent-encoded inside JSON; the next page starts behind the last key, so rows that appear or vanish meanwhile move
nothing.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar
from urllib.parse import quote

from gridtrader.simulator.server.params import Params, bad

Row = TypeVar("Row")
Key = tuple[int, str]
"""What a list is sorted by: a time (or number), then a name that makes it unique."""

MAX_DIGITS = 20
DAY_MS = 86_400_000
WEEK_MS = 7 * DAY_MS


@dataclass(frozen=True, slots=True)
class Page:
    """How much of a list to show, and where to start: behind the key `after`."""

    limit: int
    after: Key | None

    @classmethod
    def asked(cls, params: Params, default: int, most: int) -> "Page":
        """Read `limit` (1 … `most`) and `cursor`."""
        cursor = params.text("cursor")
        return cls(params.integer("limit", default, 1, most), _read(cursor) if cursor else None)


def cut(newest_first: Iterable[Row], key: Callable[[Row], Key], page: Page) -> tuple[list[Row], str]:
    """Return the rows of the page and the cursor of the next one ("" where there is none)."""
    rows = iter(newest_first)
    if page.after is not None:
        after = page.after
        rows = (row for row in rows if key(row) < after)
    shown = list(islice(rows, page.limit))
    has_more = bool(shown) and next(rows, None) is not None
    return shown, _write(key(shown[0]), key(shown[-1])) if has_more else ""


def _write(first: Key, last: Key) -> str:
    return quote(",".join(f"{number}:{name}" for number, name in (first, last)), safe="")


def _read(cursor: str) -> Key:
    number, _, name = cursor.rpartition(",")[2].partition(":")
    if not number.removeprefix("-").isdecimal() or len(number) > MAX_DIGITS:
        raise bad("params error: cursor invalid")
    return int(number), name


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time, both ends included, in milliseconds."""

    start: int
    end: int

    def holds(self, moment: int) -> bool:
        return self.start <= moment <= self.end

    @classmethod
    def asked(cls, params: Params, now: int, span: int = WEEK_MS, default: int = WEEK_MS) -> "Window":
        """Read `startTime` and `endTime`, at most `span` apart; one alone opens a span, none the last `default`."""
        start, end = params.moment("startTime"), params.moment("endTime")
        if start is None and end is None:
            return cls(now - default, now)
        if end is None and start is not None:
            return cls(start, start + span)
        if start is None and end is not None:
            return cls(end - span, end)
        window = cls(start or 0, end or 0)
        if window.end < window.start:
            raise bad("params error: startTime must not be later than endTime")
        if window.end - window.start > span:
            raise bad(f"The time range between startTime and endTime cannot exceed {span // DAY_MS} days.")
        return window
