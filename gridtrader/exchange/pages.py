"""Whole lists from an exchange that hands them out in pages and weeks."""

from collections.abc import Callable, Iterator, Mapping

from gridtrader.engine.ports import Unreachable
from gridtrader.exchange.fields import Row

Fetch = Callable[[Mapping[str, object]], Row]
"""Ask for one page with these parameters (the cursor among them) and return the `result` object."""


def all_rows(fetch: Fetch, parameters: Mapping[str, object], max_pages: int) -> list[object]:
    """Return the rows of all pages, in the exchange's order.

    The cursor is passed back exactly as it came. The end is an empty cursor, an empty page, or a cursor seen before:
    some lists end with a cursor that is not empty. Raises `Unreachable` after `max_pages`, `BadMessage`, and what
    `fetch` raises.
    """
    collected: list[object] = []
    seen: set[str] = set()
    cursor = ""
    for _ in range(max_pages):
        result = fetch({**parameters, "cursor": cursor} if cursor else parameters)
        page = result.list("list")
        collected.extend(page)
        cursor = "" if result.is_blank("nextPageCursor") else result.text("nextPageCursor")
        if not page or not cursor or cursor in seen:
            return collected
        seen.add(cursor)
    raise Unreachable(f"a list of more than {max_pages} pages: {dict(parameters)}")


def windows(start_ms: int, end_ms: int, longest_ms: int) -> Iterator[tuple[int, int]]:
    """Yield spans no longer than `longest_ms` that cover start to end; neighbours share their border.

    Raises ValueError if the end lies before the start.
    """
    if end_ms < start_ms:
        raise ValueError(f"a history from {start_ms} to {end_ms} ms: the end lies before the start")
    while True:
        until = min(start_ms + longest_ms, end_ms)
        yield start_ms, until
        if until == end_ms:
            return
        start_ms = until
