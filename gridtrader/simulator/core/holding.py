"""One account's stake in one contract: its legs and its working orders; what margin both need is in `needs`."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from gridtrader.simulator.core.contract import Contract
from gridtrader.simulator.core.margin import MarginRules
from gridtrader.simulator.core.model import ZERO, Order, OrderRequest, Position
from gridtrader.simulator.core.needs import FeeRates, Load, Needs
from gridtrader.simulator.core.positions import OPPOSITE, Fill, fill_leg

ONE_WAY: Final = 0
HEDGE: Final = 3
DEFAULT_LEVERAGE: Final = Decimal(10)
_LEGS_OF: Final = {ONE_WAY: (0,), HEDGE: (1, 2)}
_OPENING_LEG: Final = {"Buy": 1, "Sell": 2}


def is_active(order: Order) -> bool:
    """Return whether the order is in the book; untriggered conditional orders are not."""
    return order.status.is_active


class Holding:
    """Legs and working orders; sums are kept as they change, so that no check walks through the orders.

    Sizes, entry values, leverage and orders change through the methods here only, for each tells `needs` of it.
    """

    def __init__(self, contract: Contract, mode: int, rules: MarginRules, fees: FeeRates) -> None:
        self.contract = contract
        self.orders: dict[str, Order] = {}
        """Working orders by id: active and untriggered, oldest first."""
        self.active_count = 0
        self.load = {"Buy": Load(), "Sell": Load()}
        self.has_position = False
        """Whether a leg is open."""
        self._all_legs: dict[int, Position] = {}
        self._select_legs(mode)
        self.needs = Needs(contract, rules, fees, self.load, self.legs)

    # --- legs ---

    def switch(self, mode: int) -> None:
        """Change the position mode; the caller has made sure that nothing is open."""
        self._select_legs(mode)
        self.needs.terms_changed(self.legs)

    def _select_legs(self, mode: int) -> None:
        self.mode = mode
        known = self._all_legs
        leverage = next(iter(known.values())).leverage if known else DEFAULT_LEVERAGE
        for idx in _LEGS_OF[mode]:
            if idx not in known:
                known[idx] = Position(self.contract.symbol, idx, leverage=leverage)
        self.legs = {idx: known[idx] for idx in _LEGS_OF[mode]}

    def set_leverage(self, buy: Decimal, sell: Decimal) -> None:
        for leg in self._all_legs.values():
            leg.leverage = sell if leg.position_idx == _OPENING_LEG["Sell"] else buy
        self.needs.terms_changed()

    def fill(self, order: Order, qty: Decimal, price: Decimal, fee: Decimal, now: int) -> Fill:
        """Apply a fill of an order to its leg, see `fill_leg`."""
        closed = fill_leg(self.legs[order.position_idx], order.side, qty, price, fee, now)
        self.has_position = any(leg.size for leg in self.legs.values())
        self.needs.position_changed()
        return closed

    def leverage(self, side: str) -> Decimal:
        """Return the leverage at which an order of `side` opens."""
        return self.legs[_OPENING_LEG[side] if self.mode == HEDGE else 0].leverage

    @property
    def is_exposed(self) -> bool:
        """Whether the account needs margin here."""
        return self.has_position or bool(self.load["Buy"].opening_qty or self.load["Sell"].opening_qty)

    # --- closing ---

    def closes(self, request: OrderRequest | Order) -> bool:
        """Return whether an order can only close: in hedge mode by its nature, in one-way mode by its flag."""
        if self.mode == HEDGE:
            return request.position_idx != _OPENING_LEG[request.side]
        return request.reduce_only

    def closed_leg(self, side: str) -> Position | None:
        """Return the position that an order of `side` would close, None if there is none."""
        leg = self.legs[_OPENING_LEG[OPPOSITE[side]] if self.mode == HEDGE else 0]
        return leg if leg.side == OPPOSITE[side] else None

    def closable(self, side: str) -> Decimal:
        """Return the size of the position that an order of `side` would close, 0 if there is none."""
        leg = self.closed_leg(side)
        return ZERO if leg is None else leg.size

    def reduce_budget(self, side: str) -> Decimal:
        """Return what is left to be closed by orders of `side` beside those that already rest."""
        return self.closable(side) - self.load[side].closing_qty

    # --- orders ---

    def active_orders(self) -> Iterable[Order]:
        return [order for order in self.orders.values() if is_active(order)]

    @property
    def conditional_count(self) -> int:
        return len(self.orders) - self.active_count

    def replace(self, old: Order | None, new: Order) -> None:
        """Let `new` stand for `old` (None: a first version)."""
        if old is not None and is_active(old):
            self._count(old, -1)
        if new.status.is_final:
            self.orders.pop(new.order_id, None)
        else:
            self.orders[new.order_id] = new
            if is_active(new):
                self._count(new, 1)

    def _count(self, order: Order, sign: int) -> None:
        load = self.load[order.side]
        self.active_count += sign
        leaves = order.leaves_qty * sign
        if order.reduce_only:
            load.closing_qty += leaves
            load.closing_value += leaves * order.price
        else:
            load.opening_qty += leaves
            load.opening_value += leaves * order.price
        self.needs.orders_changed(order.side, are_opening=not order.reduce_only)
