"""From `logging` records to text: message, origin, stack traces."""

import logging
import traceback
from collections.abc import Callable


class RecordHandler(logging.Handler):
    """Hands each record, as level and text, to `write`; it takes no lock of its own and never raises."""

    def __init__(self, write: Callable[[int, str], None], *, with_origin: bool = False, level: int = 0) -> None:
        super().__init__(level)
        self._write = write
        self._with_origin = with_origin

    def createLock(self) -> None:  # noqa: N802 - the name logging gives it
        """Have no lock: what `write` leads to has its own, and one must not be held inside the other."""
        self.lock = None

    def handle(self, record: logging.LogRecord) -> bool:
        passed = bool(self.filter(record))
        if passed:
            self.emit(record)
        return passed

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = _text(record)
        except Exception as error:  # noqa: BLE001 - a line with a wrong argument must not stop trading
            text = f"{record.msg!s} (a log line that cannot be put together: {error!r})"
        if self._with_origin:
            text = f"[{record.threadName}] {record.name}: {text}"
        self._write(record.levelno, text)


def _text(record: logging.LogRecord) -> str:
    parts = [record.getMessage()]
    if record.exc_info and record.exc_info[1] is not None:
        parts += "".join(traceback.format_exception(record.exc_info[1])).rstrip().split("\n")
    if record.stack_info:
        parts += record.stack_info.split("\n")
    return "\n".join(parts)
