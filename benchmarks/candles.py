"""A made-up stretch of 1-minute candles: the same ones for every tool.

The logarithm of the price is a random walk that is drawn back to where it began, so that it moves like a coin in a
wide range: both sides of the strategy close again and again, all year.
"""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.terms import MINUTE_MS, START_MS, TICK

Ticks = NDArray[np.int64]

MINUTES_A_DAY: Final = 1_440
_SEED: Final = 7
_FIRST: Final = 20_000
"""Ticks."""
_DEVIATION: Final = 0.0011
"""Of the logarithm of the price in one minute: 4 % a day."""
_PULL: Final = 0.001
"""Share of the distance from the beginning that a minute takes back: half of it in half a day."""
_WICK: Final = 0.0004
"""Mean reach of high and low beyond open and close, as a fraction of the price."""


@dataclass(frozen=True, slots=True)
class Candles:
    """Minutes without a gap from `START_MS`; prices in ticks. Each opens where the one before closed."""

    open: Ticks
    high: Ticks
    low: Ticks
    close: Ticks

    def __len__(self) -> int:
        return len(self.open)

    @property
    def times_ms(self) -> Ticks:
        return START_MS + MINUTE_MS * np.arange(len(self), dtype=np.int64)

    def corners(self) -> Ticks:
        """Return the way inside each candle as four columns: open, nearer extreme (ties: low), farther one, close."""
        low_first = self.open - self.low <= self.high - self.open
        nearer, farther = np.where(low_first, self.low, self.high), np.where(low_first, self.high, self.low)
        return np.column_stack([self.open, nearer, farther, self.close])

    def prices(self) -> dict[str, NDArray[np.float64]]:
        """Return the four columns as prices."""
        columns = {"open": self.open, "high": self.high, "low": self.low, "close": self.close}
        return {name: np.round(column * TICK, 5) for name, column in columns.items()}


def make_candles(days: int) -> Candles:
    """Return the first `days` of the one made-up record; a shorter record is the beginning of a longer one."""
    count = days * MINUTES_A_DAY
    walk, wicks = np.random.default_rng([_SEED, 0]), np.random.default_rng([_SEED, 1])
    way, at = [0.0], 0.0
    for shock in (walk.standard_normal(count) * _DEVIATION).tolist():
        at += shock - _PULL * at
        way.append(at)
    prices = _FIRST * np.exp(np.array(way))
    begin, end = prices[:-1], prices[1:]
    reach = wicks.exponential(_WICK, (count, 2))
    rounded = np.rint(prices).astype(np.int64)
    high = np.rint(np.maximum(begin, end) * (1 + reach[:, 0])).astype(np.int64)
    low = np.rint(np.minimum(begin, end) * (1 - reach[:, 1])).astype(np.int64)
    return Candles(rounded[:-1], high, low, rounded[1:])


def save(candles: Candles, path: Path) -> None:
    """Write the candles for another process (`load`)."""
    np.savez(path, open=candles.open, high=candles.high, low=candles.low, close=candles.close)


def load(path: Path) -> Candles:
    """Return the candles that `save` wrote."""
    with np.load(path) as columns:
        return Candles(columns["open"], columns["high"], columns["low"], columns["close"])


def write_csv(candles: Candles, path: Path) -> None:
    """Write the candles as the replay reads them; the name must begin with the symbol."""
    columns = (candles.open, candles.high, candles.low, candles.close)
    rows = zip(candles.times_ms.tolist(), *(column.tolist() for column in columns), strict=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("timestamp", "open", "high", "low", "close"))
        for time, *prices in rows:
            writer.writerow((time, *(f"{price // 100_000}.{price % 100_000:05d}" for price in prices)))
