"""The account's course: equity, margin and risk rate at every corner of the prices, and their extremes.

Where the bot does nothing the course between two stops follows from the prices alone. It is only estimated there
(`may_set_record`, with room to spare); wherever an extreme could be passed, every corner is reckoned exactly.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from gridtrader.replay.way import Way
from gridtrader.simulator.core.exchange import Exchange

ZERO = Decimal(0)
_SPARE = 1e-6
"""Share by which an estimate must stay below an extreme to be believed."""


@dataclass(frozen=True, slots=True)
class State:
    """The account from one moment on; floats, for curves only. `nets` is USDT per tick of each mark price."""

    time_ms: int
    equity: float
    margin: float
    maintenance: float
    marks: tuple[int, ...]
    nets: tuple[float, ...]


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
        self.states.append(
            State(
                time_ms,
                float(equity),
                float(wallet.total_initial_margin),
                float(wallet.total_maintenance_margin),
                tuple(way.at.mark for way in self._ways),
                tuple(float(exchange.net_size(uid, way.symbol) * way.tick) for way in self._ways),
            )
        )

    def room(self, threshold: Decimal, *, is_stopped: bool) -> Decimal:
        """Return how far, in USDT, the account is from its risk limit; from liquidation once it is stopped."""
        wallet = self._exchange.wallet(self._uid)
        share = Decimal(1) if is_stopped else threshold
        return max(ZERO, share * wallet.total_margin_balance - wallet.total_maintenance_margin)

    # --- by estimate ---

    def may_set_record(self, quiet: Mapping[str, int]) -> bool:
        """Whether any extreme may be passed on the way to these corners. If not, the highest equity is noted."""
        state = self.states[-1]
        times = times_between(self._ways, quiet)
        if not len(times):
            return False
        marks = [marks_at(way, times) for way in self._ways]
        equity = np.full(len(times), state.equity)
        for mine, mark, net in zip(marks, state.marks, state.nets, strict=True):
            equity += (mine - mark) * net
        lowest = float(equity.min())
        growth = max(float(mine.max()) / mark for mine, mark in zip(marks, state.marks, strict=True))
        growth = max(1.0, growth) * (1 + _SPARE)
        if state.margin * growth > float(self.maximum_margin):
            return True
        if lowest <= 0 or state.maintenance * growth / lowest > float(self.maximum_mm_rate):
            return state.maintenance > 0
        before = np.maximum(np.maximum.accumulate(equity), float(self._peak))
        if float((before - equity).max()) * (1 + _SPARE) + _SPARE > float(self.maximum_drawdown):
            return True
        return float(equity.max()) * (1 + _SPARE) + _SPARE > float(self._peak)


def times_between(ways: Sequence[Way], quiet: Mapping[str, int]) -> NDArray[np.int64]:
    """Return the times of all corners between where the prices are and these corners, once each, in order."""
    parts = [way.times[way.corner + 1 : quiet[way.symbol] + 1] for way in ways]
    return parts[0] if len(parts) == 1 else np.unique(np.concatenate(parts))


def marks_at(way: Way, times: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the mark price (ticks) at each time: that of the last corner, or the present one if that is later."""
    if not len(times):
        return np.empty(0, np.int64)
    corners = np.searchsorted(way.times, times, side="right") - 1
    return np.where(corners <= way.corner, way.at.mark, way.mark[corners])
