"""The account's course: equity, margin and risk rate at every corner of the prices, and their extremes.

Where the bot does nothing the course between two stops follows from the prices alone. It is only estimated there
(`course`); wherever an extreme could be passed (`extremes`), the corner is reckoned exactly.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import numpy as np

from gridtrader.replay.balance import Balance
from gridtrader.replay.course import State, bounds_from, course_from
from gridtrader.replay.extremes import Records, corners_to_reckon, may_pass
from gridtrader.replay.way import Ticks, Way, merged
from gridtrader.simulator.core.calm import EVERYWHERE, Band, band_around
from gridtrader.simulator.core.exchange import Exchange

ZERO = Decimal(0)
_NOWHERE: Ticks = np.empty(0, np.int64)


class Track:
    """Measures one account."""

    def __init__(self, exchange: Exchange, uid: int, ways: Sequence[Way], balance: Balance) -> None:
        self._exchange = exchange
        self._balance = balance
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
        wallet = self._balance.now()
        equity = self.final_equity = wallet.equity
        self.maximum_margin = max(self.maximum_margin, wallet.total_initial_margin)
        self.maximum_mm_rate = max(self.maximum_mm_rate, wallet.mm_rate)
        self._peak = max(self._peak, equity)
        if self._peak - equity > self.maximum_drawdown:
            self.maximum_drawdown, self.drawdown_peak = self._peak - equity, self._peak
        if self._is_in_market:
            self.in_market_ms += time_ms - self._since_ms
        self._since_ms, self._is_in_market = time_ms, bool(exchange.open_symbols(uid))
        slopes = [(exchange.slopes(uid, way.symbol), way.tick) for way in self._ways]
        self.states.append(
            State(
                time_ms,
                equity,
                float(wallet.total_initial_margin),
                float(wallet.total_maintenance_margin),
                float(wallet.mm_rate),
                tuple([way.at.mark for way in self._ways]),
                tuple([float(slope.equity * tick) for slope, tick in slopes]),
                tuple([float(slope.initial * tick) for slope, tick in slopes]),
                tuple([float(slope.maintenance * tick) for slope, tick in slopes]),
            )
        )

    def room(self, threshold: Decimal, *, is_stopped: bool) -> Decimal:
        """Return how far, in USDT, the account is from its risk limit; from liquidation once it is stopped."""
        wallet = self._balance.now()
        share = Decimal(1) if is_stopped else threshold
        return max(ZERO, share * wallet.total_margin_balance - wallet.total_maintenance_margin)

    def unpaid_marks(self, way: Way, lack: Decimal) -> Band:
        """Return the mark prices around the present one at which the free balance is less than `lack` higher, given
        that the risk tier stays the same. A move of 1 changes equity by the net size, and margins by at most their
        share of the price."""
        slopes = self._exchange.slopes(self._uid, way.symbol)
        return band_around(way.at.mark * way.tick, lack, abs(slopes.equity) + slopes.initial, EVERYWHERE)

    @staticmethod
    def unpaid_prices(way: Way, lack: Decimal, per_price: Decimal) -> Band:
        """Return the last prices around the present one at which what costs `per_price` more for each 1 of price is
        less than `lack` cheaper. Limits are rounded to ticks, so that one of them is held back."""
        room = lack - per_price * way.tick
        return band_around(way.at.last * way.tick, room, per_price, EVERYWHERE)

    # --- by estimate ---

    def record_times(self, quiet: Mapping[str, int]) -> Ticks:
        """Return the times of the corners on the way to these at which an extreme may be passed.

        Between most stops there is none, and the extremes of the prices alone tell so.
        """
        state = self.states[-1]
        extremes = [way.mark_extremes(quiet[way.symbol]) for way in self._ways]
        records = Records(
            peak=float(self._peak - state.equity),
            drawdown=float(self.maximum_drawdown),
            margin=float(self.maximum_margin),
            rate=float(self.maximum_mm_rate),
        )
        if not may_pass(records, bounds_from(state, extremes), state.spare):
            return _NOWHERE
        times = times_between(self._ways, quiet)
        if not len(times):
            return _NOWHERE
        ahead = course_from(state, [way.marks_at(times) for way in self._ways])
        return times[corners_to_reckon(records, ahead, state.spare)]


def times_between(ways: Sequence[Way], quiet: Mapping[str, int]) -> Ticks:
    """Return the times of all corners between where the prices are and these corners, once each, in order."""
    parts = [way.times[way.corner + 1 : quiet[way.symbol] + 1] for way in ways]
    return merged(parts)
