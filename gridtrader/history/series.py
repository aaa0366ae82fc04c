"""What can be fetched: a symbol's candles, its mark price's candles, its funding settlements."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS


@dataclass(frozen=True, slots=True)
class Interval:
    """A length of candles: `name` as in file names and on the command line, `code` as V5 says it."""

    name: str
    ms: int
    code: str


INTERVALS: Final[Mapping[str, Interval]] = {
    each.name: each
    for each in (
        Interval("1m", MINUTE_MS, "1"),
        Interval("3m", 3 * MINUTE_MS, "3"),
        Interval("5m", 5 * MINUTE_MS, "5"),
        Interval("15m", 15 * MINUTE_MS, "15"),
        Interval("30m", 30 * MINUTE_MS, "30"),
        Interval("1h", HOUR_MS, "60"),
        Interval("4h", 4 * HOUR_MS, "240"),
        Interval("1d", DAY_MS, "D"),
    )
}
DAY: Final = INTERVALS["1d"]


class Kind(Enum):
    """(word in the file's name, header of the file, what its rows are). Times are milliseconds since 1970."""

    PRICES = ("", "timestamp,open,high,low,close,volume", "candles")
    MARK = ("mark", "timestamp,open,high,low,close", "mark candles")
    FUNDING = ("funding", "timestamp,funding_rate", "settlements")

    def __init__(self, word: str, header: str, rows: str) -> None:
        self.word = word
        self.header = header
        self.rows = rows


@dataclass(frozen=True, slots=True)
class Series:
    """One kind of one symbol; settlements have no interval of ours."""

    symbol: str
    kind: Kind
    interval: Interval

    @property
    def stem(self) -> str:
        """Return how the names of its files begin: `DOGEUSDT-1m`, `DOGEUSDT-mark-1m`, `DOGEUSDT-funding`."""
        length = "" if self.kind is Kind.FUNDING else self.interval.name
        return "-".join(filter(None, (self.symbol, self.kind.word, length)))

    @property
    def spacing_ms(self) -> int | None:
        """Return the distance of its rows where nothing is missing; None where it may change."""
        return None if self.kind is Kind.FUNDING else self.interval.ms
