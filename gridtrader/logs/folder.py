"""The logs of one folder: an account's, or the daemon's (spec section 7).

| file | what |
| --- | --- |
| `bot_YYYY-MM-DD.log` | DEBUG and INFO |
| `errors_YYYY-MM-DD.log` | WARNING, ERROR and CRITICAL, with stack traces; these lines are not in the bot log |
| `trades_YYYY-MM-DD.log` | each execution |
| `positions_YYYY-MM-DD.log` | each change of position |

A folder's bound is shared out (3/5 bot, 1/5 errors, 1/10 trades, 1/10 positions), so that a flood of one kind
cannot push out another. Nothing here raises: lines that cannot be written are counted, and the trouble and its end
are reported once, as a WARNING in a log that still works and to whoever listens.
"""

import contextlib
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Final

from gridtrader.logs.channel import Channel
from gridtrader.logs.handler import RecordHandler
from gridtrader.logs.redact import Redactor
from gridtrader.logs.stamp import Stamp

MAX_CHARS: Final = 262_144
"""A longer message is cut: one absurd reply must not push out a day."""

Listener = Callable[[int, str], None]
"""Takes a level of `logging` and a line or sentence, already free of secrets."""

_SHARES: Final = {"bot": 60, "errors": 20, "trades": 10, "positions": 10}
_NEXT_LINE: Final = "\n    "


@dataclass(frozen=True, slots=True)
class LogBounds:
    """How long and how much is kept in one folder, all kinds together."""

    keep_days: int
    max_bytes: int


class FolderLogs:
    """The four logs of one folder. Safe for use by many threads; the folder is made if it is not there.

    `now_ms` tells the time of day (milliseconds since 1970, UTC); `zone` is that of the lines and of the day's end
    (None: the machine's). `on_trouble` hears when a log cannot be written and when it can again; `echo` gets every
    line of WARNING and above as it was written. Both are called without a lock held, and may fail.
    """

    def __init__(
        self,
        folder: Path,
        redact: Redactor,
        now_ms: Callable[[], int],
        bounds: LogBounds,
        *,
        zone: tzinfo | None = None,
        level: str = "DEBUG",
        on_trouble: Listener | None = None,
        echo: Listener | None = None,
    ) -> None:
        self._redact = redact
        self._now_ms = now_ms
        self._on_trouble = on_trouble
        self._echo = echo
        self._lock = threading.Lock()
        self._stamp = Stamp(zone)
        self._day = ""
        self._channels = {
            kind: Channel(folder, kind, keep_days=bounds.keep_days, max_bytes=bounds.max_bytes * share // 100)
            for kind, share in _SHARES.items()
        }
        with contextlib.suppress(OSError):  # the first line that cannot be written tells why
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Not from logging.getLogger: a registered logger is global, and one account's must not be another's.
        self.bot = logging.Logger(folder.name, level)
        """Decisions, requests, replies, events: by level into the bot log or the errors log."""
        self.bot.propagate = False
        self.bot.addHandler(RecordHandler(self.record))

    @property
    def lost(self) -> int:
        """Lines that could not be written, since the start."""
        return sum(channel.lost for channel in self._channels.values())

    def trade(self, text: str) -> None:
        """Write a line into the trades log."""
        self._write("trades", logging.INFO, text)

    def position(self, text: str) -> None:
        """Write a line into the positions log."""
        self._write("positions", logging.INFO, text)

    def record(self, level: int, text: str) -> None:
        """Write a message of that level, as `bot` does; further lines of the text are indented."""
        kind = "bot" if level < logging.WARNING else "errors"
        self._write(kind, level, f"{logging.getLevelName(level):<8} {text}")

    def close(self) -> None:
        """Close the files; later lines are counted as lost."""
        with self._lock:
            for channel in self._channels.values():
                channel.close()

    def _write(self, kind: str, level: int, text: str) -> None:
        text = self._fit(text)
        with self._lock:
            line = self._put(kind, text)
            news = self._gather_news() if any(channel.news for channel in self._channels.values()) else ()
        if level >= logging.WARNING:
            _tell(self._echo, level, line)
        for item in news:
            _tell(self._on_trouble, logging.WARNING, item)

    def _fit(self, text: str) -> str:
        """Make a text fit for a log: no secrets, not endless, and nothing in it that could pass for another line."""
        text = self._redact(text)
        if len(text) > MAX_CHARS:
            text = f"{text[:MAX_CHARS]}… ({len(text) - MAX_CHARS} more characters)"
        if text.isprintable():
            return text
        return _NEXT_LINE.join(part if part.isprintable() else _escaped(part) for part in text.split("\n"))

    def _put(self, kind: str, text: str) -> str:
        now_ms = self._now_ms()
        time, day = self._stamp.of(now_ms)
        if day != self._day:  # every kind, also one that has nothing to write for weeks
            self._day = day
            for channel in self._channels.values():
                channel.prune(day)
        line = f"{time} {text}"
        self._channels[kind].write(f"{line}\n".encode("utf-8", "backslashreplace"), day, now_ms)
        return line

    def _gather_news(self) -> list[str]:
        """Return what the channels have to say, after writing it where it can be written."""
        told: list[str] = []
        while fresh := [item for channel in self._channels.values() for item in channel.take_news()]:
            for item in fresh:
                text = self._fit(item)
                told.append(text)
                # A WARNING stands in the errors log; only if that one is the trouble does the bot log get it.
                for kind in ("errors", "bot"):
                    self._put(kind, f"{'WARNING':<8} {text}")
                    if not self._channels[kind].is_failing:
                        break
        return told


def _escaped(text: str) -> str:
    return "".join(sign if sign.isprintable() or sign == "\t" else repr(sign)[1:-1] for sign in text)


def _tell(listener: Listener | None, level: int, text: str) -> None:
    if listener is not None:
        with contextlib.suppress(Exception):  # who listens to the logs must not break what is being logged
            listener(level, text)
