"""The account's course: equity, margin and risk rate at every corner of the prices, and their extremes.

Where the bot does nothing the course between two stops follows from the prices alone. It is only estimated there
(`may_set_record`, with room to spare); wherever an extreme could be passed, every corner is reckoned exactly.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from gridtrader.replay.way import Ticks, Way
from gridtrader.simulator.core.calm import EVERYWHERE, Band, band_around
from gridtrader.simulator.core.exchange import Exchange

Floats = NDArray[np.float64]
ZERO = Decimal(0)
_SPARE = 2e-8
"""USDT by which an estimate may be wrong: the exchange rounds margins to eight decimals."""
_HIGHEST_RATE = 99.9999
_RATE_STEPS = 10_000
"""Risk rates have four decimals."""
_RATE_SPARE = 1e-6
"""Share of such a step by which an estimate may be wrong."""


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


class Track:
    """Measures one account."""

    def __init__(self, exchange: Exchange, uid: int, ways: Sequence[Way]) -> None:
        self._exchange = exchange
        self._uid = uid
        self._ways = ways
        self.states: list[State] = []
        self.maximum_margin = ZERO
        self.maximum_mm_rate = ZERO
        self.maximum_drawdown = ZERO
        self.drawdown_peak = ZERO
        """The high from which equity has fallen most."""
        self.final_equity = ZERO
        self.in_market_ms = 0
        self._peak = ZERO
        self._since_ms = 0
        self._is_in_market = False

    # --- exactly ---

    def measure(self, time_ms: int) -> None:
        """Take in how the account stands now, after everything that happened at this moment."""
        exchange, uid = self._exchange, self._uid
        wallet = exchange.wallet(uid)
        equity = self.final_equity = wallet.equity
        self.maximum_margin = max(self.maximum_margin, wallet.total_initial_margin)
        self.maximum_mm_rate = max(self.maximum_mm_rate, wallet.mm_rate)
        self._peak = max(self._peak, equity)
        if self._peak - equity > self.maximum_drawdown:
            self.maximum_drawdown, self.drawdown_peak = self._peak - equity, self._peak
        if self._is_in_market:
            self.in_market_ms += time_ms - self._since_ms
        self._since_ms, self._is_in_market = time_ms, any(True for _ in exchange.open_symbols(uid))
        slopes = [exchange.slopes(uid, way.symbol) for way in self._ways]
        ticks = [way.tick for way in self._ways]
        self.states.append(
            State(
                time_ms,
                equity,
                float(wallet.total_initial_margin),
                float(wallet.total_maintenance_margin),
                float(wallet.mm_rate),
                tuple(way.at.mark for way in self._ways),
                tuple(float(slope.equity * tick) for slope, tick in zip(slopes, ticks, strict=True)),
                tuple(float(slope.initial * tick) for slope, tick in zip(slopes, ticks, strict=True)),
                tuple(float(slope.maintenance * tick) for slope, tick in zip(slopes, ticks, strict=True)),
            )
        )

    def room(self, threshold: Decimal, *, is_stopped: bool) -> Decimal:
        """Return how far, in USDT, the account is from its risk limit; from liquidation once it is stopped."""
        wallet = self._exchange.wallet(self._uid)
        share = Decimal(1) if is_stopped else threshold
        return max(ZERO, share * wallet.total_margin_balance - wallet.total_maintenance_margin)

    def unpaid_marks(self, way: Way, lack: Decimal) -> Band:
        """Return the mark prices around the present one at which the free balance is less than `lack` higher, given
        that the risk tier stays the same. A move of 1 changes equity by the net size, and margins by at most their
        share of the price."""
        slopes = self._exchange.slopes(self._uid, way.symbol)
        return band_around(way.at.mark * way.tick, lack, abs(slopes.equity) + slopes.initial, EVERYWHERE)

    # --- by estimate ---

    def record_times(self, quiet: Mapping[str, int]) -> Ticks:
        """Return the times of the corners on the way to these at which an extreme may be passed."""
        times = times_between(self._ways, quiet)
        if not len(times):
            return times
        state = self.states[-1]
        ahead = course([state], np.zeros(len(times), np.int64), [marks_at(way, times) for way in self._ways])
        peak = float(self._peak - state.equity)
        fall = np.maximum(np.maximum.accumulate(ahead.equity), peak) - ahead.equity
        steps = np.floor(ahead.rate * _RATE_STEPS + _RATE_SPARE)
        found = {
            *_rises(ahead.margin, float(self.maximum_margin)),
            *_rises(steps, float(self.maximum_mm_rate) * _RATE_STEPS + 0.5),
            *_rises(ahead.equity, peak),
            *_rises(fall, float(self.maximum_drawdown)),
        }
        return times[sorted(found)]


@dataclass(frozen=True, slots=True)
class Course:
    """The account at some corners, as it follows from a state and the prices alone."""

    equity: Floats
    """Less that of the state."""
    margin: Floats
    rate: Floats


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
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = maintenance / np.maximum(before + equity, 0)
    return Course(equity, margin, np.where(maintenance > 0, np.minimum(rate, _HIGHEST_RATE), 0))


def _rises(values: Floats, record: float) -> list[int]:
    """Return where a series may rise above all it has been before and above its record, each height once."""
    before = np.empty_like(values)
    before[0] = record
    np.maximum.accumulate(values[:-1], out=before[1:])
    np.maximum(before, record, out=before)
    found = np.flatnonzero(values > before - _SPARE)
    if len(found) > 1:
        found = found[np.unique(values[found], return_index=True)[1]]
    return [int(place) for place in found]


def times_between(ways: Sequence[Way], quiet: Mapping[str, int]) -> Ticks:
    """Return the times of all corners between where the prices are and these corners, once each, in order."""
    parts = [way.times[way.corner + 1 : quiet[way.symbol] + 1] for way in ways]
    return parts[0] if len(parts) == 1 else np.unique(np.concatenate(parts))


def marks_at(way: Way, times: Ticks) -> Ticks:
    """Return the mark price (ticks) at each time: that of the last corner, or the present one if that is later."""
    if not len(times):
        return np.empty(0, np.int64)
    corners = np.searchsorted(way.times, times, side="right") - 1
    return np.where(corners <= way.corner, way.at.mark, way.mark[corners])
