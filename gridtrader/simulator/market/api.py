"""What a source of prices offers, and the market that is made of several.

`opening.open_market` makes a market; `market.SourceMarket` is the implementation of `Market`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Point:
    """The market of one symbol at one moment; prices are multiples of the tick size, all > 0, bid ≤ ask.

    `time` is market time in milliseconds since 1970. `is_jump` says that the price got here without passing the
    prices between (a gap between candles, a trade); otherwise the way from the point before was continuous.
    Sizes are in the base coin; None means: as much as anybody wants.
    """

    time: int
    last: Decimal
    bid: Decimal
    ask: Decimal
    mark: Decimal
    index: Decimal
    bid_size: Decimal | None = None
    ask_size: Decimal | None = None
    volume: Decimal = Decimal(0)
    """Traded since the point before, in the base coin."""
    is_jump: bool = False


@dataclass(frozen=True, slots=True)
class Kline:
    """A candle as V5 shows it; `start` is market time of its opening, milliseconds."""

    start: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    turnover: Decimal


@dataclass(frozen=True, slots=True)
class DayStats:
    """The last 24 market hours (less at the beginning)."""

    prev_price_24h: Decimal
    prev_price_1h: Decimal
    high_24h: Decimal
    low_24h: Decimal
    volume_24h: Decimal
    turnover_24h: Decimal


class PriceError(ValueError):
    """Prices that cannot be had or make no sense. The message is one line: place, value, and what is expected."""


class PriceSource(Protocol):
    """One symbol's prices: never going back in time, repeatable (each `points()` starts anew, equal).

    Only trades may share a millisecond; they then come in the order in which they happened.
    """

    symbol: str
    start: int
    """Market time of the first point, milliseconds."""
    end: int | None
    """Market time of the last point; None for a market without end."""
    funding_times: Sequence[int] | None
    """Market times of the recorded settlements, rising; None: multiples of the contract's funding interval (UTC)."""

    def points(self) -> Iterator[Point]: ...
    def funding_rate(self, time: int) -> Decimal:
        """Return the rate that a settlement at market time `time` uses (fraction)."""
        ...


class Market(Protocol):
    """All symbols' sources on one market clock."""

    @property
    def start(self) -> int:
        """Market time of the first points: the latest start of all sources."""
        ...

    @property
    def now(self) -> int:
        """Market time up to which `advance` has gone; `start - 1` at first."""
        ...

    @property
    def is_over(self) -> bool:
        """Whether every source has come to its end."""
        ...

    def symbols(self) -> Sequence[str]: ...
    def advance(self, until: int) -> Iterator[tuple[str, Point]]:
        """Yield all points later than `now` and not later than `until`, in order of time (ties: by symbol).

        Where `until` lies between two points of a continuous way, the price between them (linear in time, to the
        tick) is yielded as well, so that a slow observer sees a moving market.
        """
        ...

    def funding_due(self, until: int) -> Sequence[tuple[int, str, Decimal]]:
        """Return (market time, symbol, rate) of the settlements later than `now` and not later than `until`."""
        ...

    def next_funding(self, symbol: str) -> tuple[int, Decimal]:
        """Return market time and predicted rate of the next settlement."""
        ...

    def klines(self, symbol: str, interval: str, start: int | None, end: int | None, limit: int) -> Sequence[Kline]:
        """Return candles newest first, the running one included, as `GET /v5/market/kline` does.

        `interval` is V5's: 1 3 5 15 30 60 120 240 360 720 D W M. `start`/`end` bound the candles' openings, both
        included; with `start` alone the oldest `limit` candles are meant, otherwise the newest.
        """
        ...

    def mark_klines(
        self, symbol: str, interval: str, start: int | None, end: int | None, limit: int
    ) -> Sequence[Kline]:
        """Return candles of the mark price (volume and turnover are 0), otherwise as `klines`."""
        ...

    def funding_history(
        self, symbol: str, start: int | None, end: int | None, limit: int
    ) -> Sequence[tuple[int, Decimal]]:
        """Return (market time, rate) of past settlements newest first, as `GET /v5/market/funding/history` does."""
        ...

    def day(self, symbol: str) -> DayStats: ...
