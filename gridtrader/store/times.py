"""Times in files: ISO 8601 with milliseconds and offset."""

from datetime import UTC, datetime, timedelta, tzinfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def iso(at_ms: int, zone: tzinfo | None) -> str:
    """Return `2025-10-16T19:59:54.480+03:00` for a time in milliseconds since 1970; zone None is the machine's."""
    moment = (_EPOCH + timedelta(milliseconds=at_ms)).astimezone(zone)
    return moment.isoformat(timespec="milliseconds")


def from_iso(text: str) -> int:
    """Return milliseconds since 1970. Raises ValueError for a text that is no time or has no offset."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"a time without an offset: {text!r}")
    return (moment - _EPOCH) // _MILLISECOND


def day_of(at_ms: int, zone: tzinfo | None) -> str:
    """Return the day (`2025-10-16`) a time falls on."""
    return iso(at_ms, zone)[:10]
