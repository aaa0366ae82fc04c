"""Times for log lines, and the day a line belongs to."""

from datetime import UTC, datetime, tzinfo


class Stamp:
    """Formats times in one time zone (None: the machine's). Not thread-safe: its owner holds a lock.

    A second is worked out once; the lines of the same second differ in the milliseconds only.
    """

    def __init__(self, zone: tzinfo | None) -> None:
        self._zone = zone
        self._second = -1
        self._head = self._tail = self._day = ""

    def of(self, at_ms: int) -> tuple[str, str]:
        """Return (`2025-10-16 19:59:54.480+03:00`, `2025-10-16`) for a time in milliseconds since 1970 (UTC)."""
        second, millis = divmod(at_ms, 1000)
        if second != self._second:
            moment = datetime.fromtimestamp(second, UTC).astimezone(self._zone)
            text = moment.isoformat(" ")
            self._head, self._tail, self._day = text[:19], text[19:], text[:10]
            self._second = second
        return f"{self._head}.{millis:03d}{self._tail}", self._day
