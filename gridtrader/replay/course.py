"""The account's course as it follows from the prices alone, where nothing is done: estimates in floats.

From one state on, equity and margins are straight lines over each mark price. An estimate differs from what the
exchange reckons by less than `spare`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from gridtrader.replay.way import Ticks

Floats = NDArray[np.float64]
HIGHEST_RATE = 99.9999
"""What the exchange shows at most."""
_SPARE = 2e-8
"""USDT: the exchange rounds the margin of each of a symbol's two legs up to eight decimals."""


@dataclass(frozen=True, slots=True)
class State:
    """The account from one moment on, by symbol where it hangs on a price; floats are for estimates and curves."""

    time_ms: int
    equity: Decimal
    margin: float
    maintenance: float
    rate: float
    """Of maintenance margin to equity, as the exchange shows it."""
    marks: tuple[int, ...]
    """Ticks."""
    equity_slopes: tuple[float, ...]
    """USDT per tick of each mark price, as the others."""
    margin_slopes: tuple[float, ...]
    maintenance_slopes: tuple[float, ...]

    @property
    def spare(self) -> float:
        """Return by how many USDT an estimate may be wrong."""
        return _SPARE * len(self.marks)


@dataclass(frozen=True, slots=True)
class Course:
    """The account at some corners."""

    equity: Floats
    """Less that of the state."""
    margin: Floats
    rate: Floats


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the account cannot leave while each mark price stays within its own extremes. Equity: less that of the
    state."""

    lowest_equity: float
    highest_equity: float
    highest_margin: float
    highest_rate: float


def course(states: Sequence[State], since: Ticks, marks: Sequence[Ticks]) -> Course:
    """Return the course at mark prices, an array for each symbol; `since` is the number of the state each is from."""
    before = np.array([float(state.equity) for state in states])[since]
    margin = np.array([state.margin for state in states])[since]
    maintenance = np.array([state.maintenance for state in states])[since]
    equity = np.zeros(len(since))
    for number, mark in enumerate(marks):
        moved = mark - np.array([state.marks[number] for state in states])[since]
        equity += moved * np.array([state.equity_slopes[number] for state in states])[since]
        margin += moved * np.array([state.margin_slopes[number] for state in states])[since]
        maintenance += moved * np.array([state.maintenance_slopes[number] for state in states])[since]
    return Course(equity, margin, _rates(maintenance, before + equity))


def course_from(state: State, marks: Sequence[Ticks]) -> Course:
    """Return the course from one state on."""
    equity = np.zeros(len(marks[0]))
    margin, maintenance = equity + state.margin, equity + state.maintenance
    for number, mark in enumerate(marks):
        moved = mark - state.marks[number]
        equity += moved * state.equity_slopes[number]
        margin += moved * state.margin_slopes[number]
        maintenance += moved * state.maintenance_slopes[number]
    return Course(equity, margin, _rates(maintenance, float(state.equity) + equity))


def bounds_from(state: State, extremes: Sequence[tuple[int, int]]) -> Bounds:
    """Return the bounds from one state on; `extremes` are lowest and highest mark price of each symbol, in ticks.

    Plain numbers: a handful of them, asked for at every stop.
    """
    low = high = 0.0
    margin, maintenance = state.margin, state.maintenance
    for number, (lowest, highest) in enumerate(extremes):
        fall, rise = lowest - state.marks[number], highest - state.marks[number]
        slope = state.equity_slopes[number]
        low += slope * (fall if slope > 0 else rise)
        high += slope * (rise if slope > 0 else fall)
        margin += rise * state.margin_slopes[number]
        maintenance += rise * state.maintenance_slopes[number]
    equity = float(state.equity) + low
    rate = 0.0 if maintenance <= 0 else HIGHEST_RATE if equity <= 0 else min(maintenance / equity, HIGHEST_RATE)
    return Bounds(low, high, margin, rate)


def _rates(maintenance: Floats, equity: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        rates = maintenance / np.maximum(equity, 0)
    return np.where(maintenance > 0, np.minimum(rates, HIGHEST_RATE), 0)
