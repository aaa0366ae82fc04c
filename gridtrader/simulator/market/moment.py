"""Market time as people read it."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(time: int) -> str:
    """Return milliseconds since 1970 as UTC date and time, with a fraction only where there is one."""
    text = f"{_EPOCH + timedelta(milliseconds=time):%Y-%m-%d %H:%M:%S.%f}"
    return f"{text[:-3].removesuffix('.000')} UTC"
