"""One account's stake in one contract: its legs, its working orders, and the margin both need."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from gridtrader.simulator.core.calm import Band, band_around
from gridtrader.simulator.core.contract import Contract
from gridtrader.simulator.core.margin import (
    LegMargin,
    Margin,
    MarginRules,
    OpenLeg,
    OrderTerms,
    Slopes,
    deduction_shares,
)
from gridtrader.simulator.core.model import ZERO, Order, OrderRequest, OrderStatus, Position, RiskTier
from gridtrader.simulator.core.positions import OPPOSITE, SIGN

ONE_WAY: Final = 0
HEDGE: Final = 3
DEFAULT_LEVERAGE: Final = Decimal(10)
_LEGS_OF: Final = {ONE_WAY: (0,), HEDGE: (1, 2)}
_OPENING_LEG: Final = {"Buy": 1, "Sell": 2}
_ACTIVE: Final = (OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED)


@dataclass(slots=True)
class FeeRates:
    """What the account pays, as fractions of the value."""

    maker: Decimal
    taker: Decimal
    extra_share: Decimal = ZERO
    """Tax on each fee, as a share of it."""

    @property
    def closing(self) -> Decimal:
        """What margin reckons for the fee to close: the taker rate with its tax."""
        return self.taker * (1 + self.extra_share)


@dataclass(slots=True)
class Load:
    """The active orders of one direction: open quantity and value of the opening ones, open quantity of the closing.

    In one-way mode every order without the reduce-only flag counts as opening.
    """

    opening_qty: Decimal = ZERO
    opening_value: Decimal = ZERO
    closing_qty: Decimal = ZERO
    closing_value: Decimal = ZERO


def is_active(order: Order) -> bool:
    """Return whether the order is in the book; untriggered conditional orders are not."""
    return order.status in _ACTIVE


class Holding:
    """Legs and working orders; sums are kept as they change, so that no check walks through the orders."""

    def __init__(self, contract: Contract, mode: int, rules: MarginRules, fees: FeeRates) -> None:
        self.contract = contract
        self.orders: dict[str, Order] = {}
        """Working orders by id: active and untriggered, oldest first."""
        self.active_count = 0
        self.load = {"Buy": Load(), "Sell": Load()}
        self._rules = rules
        self._fees = fees
        self._all_legs: dict[int, Position] = {}
        self.switch(mode)

    # --- legs ---

    def switch(self, mode: int) -> None:
        """Change the position mode; the caller has made sure that nothing is open."""
        self.mode = mode
        known = self._all_legs
        leverage = next(iter(known.values())).leverage if known else DEFAULT_LEVERAGE
        for idx in _LEGS_OF[mode]:
            if idx not in known:
                known[idx] = Position(self.contract.symbol, idx, leverage=leverage)
        self.legs = {idx: known[idx] for idx in _LEGS_OF[mode]}
        self.touch()

    def set_leverage(self, buy: Decimal, sell: Decimal) -> None:
        for leg in self._all_legs.values():
            leg.leverage = sell if leg.position_idx == _OPENING_LEG["Sell"] else buy
        self.touch()

    def leverage(self, side: str) -> Decimal:
        """Return the leverage at which an order of `side` opens."""
        return self.legs[_OPENING_LEG[side] if self.mode == HEDGE else 0].leverage

    @property
    def has_position(self) -> bool:
        return any(leg.size for leg in self.legs.values())

    @property
    def is_exposed(self) -> bool:
        """Whether the account needs margin here."""
        return self.has_position or any(load.opening_qty for load in self.load.values())

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
        self.touch()

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

    # --- margin ---

    def touch(self) -> None:
        """Forget computed margins: position, orders, leverage or fees have changed."""
        self._cushion_mark: Decimal | None = None
        self._margin_mark: Decimal | None = None
        self._stakes: tuple[tuple[OpenLeg, Decimal], ...] | None = None
        self._order_mm_tier: RiskTier | None = None

    def terms(self, side: str) -> OrderTerms:
        """Return what the margin of an opening order of `side` depends on."""
        return OrderTerms(SIGN[side], self.leverage(side), self._fees.closing)

    def value(self, extra_qty: Decimal = ZERO) -> Decimal:
        """Return the value at the mark price of positions, opening orders and `extra_qty`, in USDT."""
        return (self._qty() + extra_qty) * self.contract.mark

    def _qty(self) -> Decimal:
        qty = self.load["Buy"].opening_qty + self.load["Sell"].opening_qty
        for leg in self.legs.values():
            qty += leg.size
        return qty

    def tier(self) -> RiskTier:
        """Return the tier of positions and opening orders at the mark price."""
        return self._rules.tier(self.value())

    def cushion(self) -> Decimal:
        """Return unrealised profit minus maintenance margin: what this contract adds to the distance to liquidation.

        This is asked most often of all, so it computes nothing else and nothing twice.
        """
        mark = self.contract.mark
        if mark != self._cushion_mark:
            tier = self.tier()
            unrealised, required = ZERO, []
            for leg, share in self._open_legs():
                unrealised += leg.unrealised(mark)
                required.append(leg.maintenance(mark, tier, share))
            self._cushion = unrealised - self._rules.together(required) - self._order_mm(tier)
            self._cushion_mark = mark
        return self._cushion

    def calm_band(self, share: Decimal) -> Band:
        """Return the mark prices around the present one at which `cushion` is less than `share` USDT below its
        present value, given that nothing but the mark price changes.

        Within a tier a price move costs at most the net size, and the maintenance rate of all sizes.
        """
        mark, value = self.contract.mark, self.value()
        net = gross = ZERO
        for leg in self.legs.values():
            net += leg.size * SIGN[leg.side]
            gross += leg.size
        speed = abs(net) + self._rules.tier(value).maintenance_rate * gross
        return band_around(mark, share, speed, self._rules.tier_range(value, self._qty()))

    def margin(self) -> Margin:
        """Return all margins at the mark price now."""
        mark = self.contract.mark
        if mark != self._margin_mark:
            tier = self.tier()
            legs = {
                leg.position_idx: LegMargin(
                    leg.initial(mark), leg.maintenance(mark, tier, share), leg.unrealised(mark)
                )
                for leg, share in self._open_legs()
            }
            self._margin = Margin(
                legs=legs,
                position_im=self._rules.together([leg.initial for leg in legs.values()]),
                position_mm=self._rules.together([leg.maintenance for leg in legs.values()]),
                order_im=self._order_im(),
                order_mm=self._order_mm(tier),
                unrealised=sum((leg.unrealised for leg in legs.values()), ZERO),
                tier=tier,
            )
            self._margin_mark = mark
        return self._margin

    def slopes(self) -> Slopes:
        """Return how equity and the margins of positions move with the mark price now (margins: of both legs)."""
        rate = self.tier().maintenance_rate
        equity = initial = maintenance = ZERO
        for leg in self.legs.values():
            equity += leg.size * SIGN[leg.side]
            initial += leg.size / leg.leverage
            maintenance += leg.size * rate
        return Slopes(equity, initial, maintenance)

    def _opening(self) -> list[tuple[str, Load]]:
        return [(side, load) for side, load in self.load.items() if load.opening_qty]

    def _order_im(self) -> Decimal:
        total = ZERO
        for side, load in self.load.items():
            value = load.opening_value + (load.closing_value if self._rules.closing_orders else ZERO)
            if value:
                total += self.terms(side).initial(value)
        return total

    def _order_mm(self, tier: RiskTier) -> Decimal:
        if tier is not self._order_mm_tier:
            rate = tier.maintenance_rate
            parts = (self.terms(side).maintenance(load.opening_value, rate) for side, load in self._opening())
            self._order_mm_sum = sum(parts, ZERO)
            self._order_mm_tier = tier
        return self._order_mm_sum

    def _open_legs(self) -> tuple[tuple[OpenLeg, Decimal], ...]:
        """Return the positions, each with its share of the tier's deduction."""
        if self._stakes is None:
            legs = tuple(self._open_leg(leg) for leg in self.legs.values() if leg.size)
            self._stakes = tuple(zip(legs, deduction_shares(legs), strict=True))
        return self._stakes

    def _open_leg(self, leg: Position) -> OpenLeg:
        terms = OrderTerms(SIGN[leg.side], leg.leverage, self._fees.closing)
        return OpenLeg(
            leg.position_idx, terms.sign, leg.size, leg.open_value, leg.leverage, terms.close_fee(leg.open_value)
        )
