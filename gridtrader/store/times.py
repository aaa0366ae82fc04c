"""Times in files, ISO 8601 with milliseconds and offset, and spans of time in words."""

import itertools
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def iso(at_ms: int, zone: tzinfo | None) -> str:
    """Return `2025-10-16T19:59:54.480+03:00` for a time in milliseconds since 1970; zone None is the machine's."""
    time = (_EPOCH + timedelta(milliseconds=at_ms)).astimezone(zone)
    return time.isoformat(timespec="milliseconds")


def moment(at_ms: int, zone: tzinfo | None) -> str:
    """Return `2025-10-16 19:59:54`, as people write it, to the second; zone as in `iso`."""
    return iso(at_ms, zone)[:19].replace("T", " ")


def from_iso(text: str) -> int:
    """Return milliseconds since 1970. Raises ValueError for a text that is no time or has no offset."""
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"a time without an offset: {text!r}")
    return (time - _EPOCH) // _MILLISECOND


def day_of(at_ms: int, zone: tzinfo | None) -> str:
    """Return the day (`2025-10-16`) a time falls on."""
    return iso(at_ms, zone)[:10]


def duration(seconds: int) -> str:
    """Return a time span in its greatest unit and the one below: "12 s", "2 h 13 min", "5 min"."""
    left = max(0, seconds)
    for (size, unit), (smaller_size, smaller_unit) in itertools.pairwise(_UNITS):
        if left >= size:
            count, rest = divmod(left, size)
            smaller = rest // smaller_size
            return f"{count} {unit} {smaller} {smaller_unit}" if smaller else f"{count} {unit}"
    return f"{left} s"
