"""What REST tells of an account: its books as they stand, or as they stood a while ago.

On the live wire REST may lag behind the streams, and what was may appear later still. Two switches emulate that:
`rest_lag_ms` for what is (open orders, positions, wallet), `history_lag_ms` for what was. With both at 0 everything
comes straight from the core.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from gridtrader.simulator.core.api import ExchangeCore
from gridtrader.simulator.core.model import ClosedPnl, Execution, LedgerEntry, Order, PositionView, WalletView
from gridtrader.simulator.server.options import WireOptions

Row = TypeVar("Row")

RECENT_CLOSED: Final = 500
"""Closed orders that `order/realtime` still knows of each account."""


@dataclass(frozen=True, slots=True)
class _State:
    """How an account stood from `time` on."""

    time: int
    orders: Mapping[str, Order]
    positions: Mapping[str, tuple[PositionView, ...]]
    wallet: WalletView


class Reads:
    """The reading half of the core, late by what the switches say. `now` is the time of the books."""

    def __init__(self, core: ExchangeCore, options: WireOptions, now: Callable[[], int]) -> None:
        self._core = core
        self._now = now
        self._lag_ms = options.rest_lag_ms
        self._history_lag_ms = options.history_lag_ms
        self._states: dict[int, deque[_State]] = {}
        self._forgotten: dict[int, int] = {}

    def note(self, uid: int) -> None:
        """Remember how an account stands after something happened to it."""
        if not self._lag_ms:
            return
        core = self._core
        state = _State(
            self._now(),
            {order.order_id: order for order in core.open_orders(uid)},
            {symbol: core.positions(uid, symbol) for symbol in core.instruments},
            core.wallet(uid),
        )
        self._states.setdefault(uid, deque()).append(state)

    def restart(self) -> None:
        """Forget the closed orders of `order/realtime`, as a restart of Bybit's service does."""
        for uid in self._forgotten:
            self._forgotten[uid] = len(self._core.closed_orders(uid))

    def open_account(self, uid: int) -> None:
        """Begin with an account that has just been opened."""
        self._forgotten[uid] = 0
        self.note(uid)

    # --- what is ---

    def open_orders(self, uid: int) -> Iterable[Order]:
        state = self._state(uid)
        return self._core.open_orders(uid) if state is None else state.orders.values()

    def positions(self, uid: int, symbol: str) -> tuple[PositionView, ...]:
        """Return all legs, flat ones included."""
        state = self._state(uid)
        return self._core.positions(uid, symbol) if state is None else state.positions[symbol]

    def open_symbols(self, uid: int) -> Iterable[str]:
        state = self._state(uid)
        if state is None:
            return self._core.open_symbols(uid)
        return [symbol for symbol, legs in state.positions.items() if any(leg.size for leg in legs)]

    def wallet(self, uid: int) -> WalletView:
        state = self._state(uid)
        return self._core.wallet(uid) if state is None else state.wallet

    def recent_closed(self, uid: int) -> Sequence[Order]:
        """Return the closed orders that `order/realtime` knows, oldest first."""
        closed = self._core.closed_orders(uid)
        first = max(self._forgotten.get(uid, 0), len(closed) - RECENT_CLOSED)
        return _until(closed[first:], self._lag_ms, self._now(), _updated)

    def find(self, uid: int, order_id: str, link_id: str) -> Order | None:
        """Return the order of that id, else of that orderLinkId: an open one, or one closed recently."""
        state = self._state(uid)
        found = self._core.find_order(uid, order_id=order_id, order_link_id="" if order_id else link_id)
        if found is None:
            return None
        if state is not None and found.order_id in state.orders:
            return state.orders[found.order_id]
        if found.status.is_final:
            return found if any(order.order_id == found.order_id for order in self.recent_closed(uid)) else None
        return found if state is None else None

    # --- what was ---

    def closed_orders(self, uid: int) -> Sequence[Order]:
        """Return final versions, oldest first."""
        return _until(self._core.closed_orders(uid), self._history_lag_ms, self._now(), _updated)

    def executions(self, uid: int) -> Sequence[Execution]:
        """Return fills and funding, oldest first."""
        return _until(self._core.executions(uid), self._history_lag_ms, self._now(), lambda each: each.exec_time)

    def ledger(self, uid: int) -> Sequence[LedgerEntry]:
        """Return the transaction log, oldest first."""
        return _until(self._core.ledger(uid), self._history_lag_ms, self._now(), lambda each: each.time)

    def closed_pnl(self, uid: int) -> Sequence[ClosedPnl]:
        latest = self._now() - self._history_lag_ms
        return [row for row in self._core.closed_pnl(uid) if row.updated_time <= latest]

    def _state(self, uid: int) -> _State | None:
        """Return how the account stood then, None where nothing has changed since."""
        states = self._states.get(uid)
        if not states:
            return None
        then = self._now() - self._lag_ms
        while len(states) > 1 and states[1].time <= then:
            states.popleft()
        return None if states[-1].time <= then else states[0]


def _updated(order: Order) -> int:
    return order.updated_time


def _until(rows: Sequence[Row], lag_ms: int, now: int, time: Callable[[Row], int]) -> Sequence[Row]:
    """Return the rows that are at least `lag_ms` old; they are in order of time."""
    return rows if not lag_ms else rows[: bisect_right(rows, now - lag_ms, key=time)]
