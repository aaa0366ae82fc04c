"""The margin that one account's legs and working orders in one contract need, at the mark price now.

It is asked for after every command, fill and quote, and each of these changes only a part of what it is made of. So
it is kept in parts, and a part is forgotten when something changes that it hangs on:

    =====================  =================  =================  ============================
    is forgotten with ...  a position's fill  an order's change  other leverage, fees or legs
    =====================  =================  =================  ============================
    size, tier             yes                an opening order   yes
    positions, slopes      yes                no                 yes
    initial margin of the
    orders of a direction  no                 of that direction  yes
    maintenance margin of
    all opening orders     no                 an opening order   yes
    =====================  =================  =================  ============================

All but the initial margin of orders hangs on the mark price or on the tier as well; both are compared with those of
the last reckoning. They are taken for the same only if they are the same object: equal prices may be written with
different digits, and the digits are shown. So what is kept is, to the digit, what reckoning anew would give.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple

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
from gridtrader.simulator.core.model import ZERO, Position, RiskTier
from gridtrader.simulator.core.positions import SIGN

SIDES: Final = ("Buy", "Sell")


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


class Upkeep(NamedTuple):
    """What keeps the open legs from liquidation at `mark` in `tier`: leg by leg, and what they count together."""

    mark: Decimal
    tier: RiskTier
    maintenances: list[Decimal]
    unrealised: list[Decimal]
    maintenance: Decimal
    profit: Decimal


class Needs:
    """Reckons the margin of a holding, which tells it of every change with one of the methods `…_changed`."""

    def __init__(
        self,
        contract: Contract,
        rules: MarginRules,
        fees: FeeRates,
        load: Mapping[str, Load],
        legs: Mapping[int, Position],
    ) -> None:
        """`load` and the legs are read here and changed by the holding."""
        self._contract = contract
        self._rules = rules
        self._fees = fees
        self._load = load
        self._legs = legs
        self._terms: dict[str, OrderTerms] = {}
        self._size: Decimal | None = None
        self._tier_mark: Decimal | None = None
        self._stakes: tuple[tuple[OpenLeg, Decimal], ...] | None = None
        self._kept_upkeep: Upkeep | None = None
        self._margins_upkeep: Upkeep | None = None
        self._slopes_tier: RiskTier | None = None
        self._order_im: dict[str, Decimal] = {}
        self._order_mm_tier: RiskTier | None = None
        self._margin_mark: Decimal | None = None

    # --- what has changed ---

    def position_changed(self) -> None:
        """A leg has another size or another entry value."""
        self._stakes = self._kept_upkeep = self._slopes_tier = None
        self._size = self._tier_mark = self._margin_mark = None

    def orders_changed(self, side: str, *, are_opening: bool) -> None:
        """The opening (or closing) orders of a direction have another quantity or value."""
        if are_opening:
            self._size = self._tier_mark = self._order_mm_tier = None
        if are_opening or self._rules.closing_orders:
            self._order_im.pop(side, None)
            self._margin_mark = None

    def terms_changed(self, legs: Mapping[int, Position] | None = None) -> None:
        """Leverage or fees have changed, or other `legs` count than before."""
        if legs is not None:
            self._legs = legs
        self._terms.clear()
        self._order_im.clear()
        self._order_mm_tier = None
        self.position_changed()

    # --- size and tier ---

    def terms(self, side: str) -> OrderTerms:
        """Return what the margin of an opening order of `side` depends on."""
        terms = self._terms.get(side)
        if terms is None:
            leg = self._legs.get(0) or self._legs[SIDES.index(side) + 1]
            terms = self._terms[side] = OrderTerms(SIGN[side], leg.leverage, self._fees.closing)
        return terms

    def value(self, extra_qty: Decimal = ZERO) -> Decimal:
        """Return the value at the mark price of positions, opening orders and `extra_qty`, in USDT."""
        return (self.size() + extra_qty) * self._contract.mark

    def size(self) -> Decimal:
        """Return the quantity of positions and opening orders together."""
        size = self._size
        if size is None:
            size = self._load["Buy"].opening_qty + self._load["Sell"].opening_qty
            for leg in self._legs.values():
                size += leg.size
            self._size = size
        return size

    def tier(self) -> RiskTier:
        """Return the tier of positions and opening orders at the mark price."""
        mark = self._contract.mark
        if mark is not self._tier_mark:
            self._tier = self._rules.tier(self.size() * mark)
            self._tier_mark = mark
        return self._tier

    # --- margin ---

    def cushion(self) -> Decimal:
        """Return unrealised profit minus maintenance margin: how far this contract keeps from liquidation.

        In a wild market this is asked for every account at every quote, so it makes nothing that only `margin` needs.
        """
        upkeep = self._upkeep()
        return upkeep.profit - upkeep.maintenance - self._order_mm()

    def margin(self) -> Margin:
        """Return all margins at the mark price now."""
        mark = self._contract.mark
        if mark is not self._margin_mark:
            upkeep = self._upkeep()
            if upkeep is not self._margins_upkeep:
                self._reckon_legs(upkeep)
            self._margin = Margin(
                self._leg_margins,
                self._position_im,
                upkeep.maintenance,
                self._order_im_of("Buy") + self._order_im_of("Sell"),
                self._order_mm(),
                upkeep.profit,
                upkeep.tier,
            )
            self._margin_mark = mark
        return self._margin

    def slopes(self) -> Slopes:
        """Return how equity and the margins of positions move with the mark price now (margins: of both legs)."""
        tier = self.tier()
        if tier is not self._slopes_tier:
            equity = initial = maintenance = ZERO
            for leg in self._legs.values():
                equity += leg.size * SIGN[leg.side]
                initial += leg.size / leg.leverage
                maintenance += leg.size * tier.maintenance_rate
            self._slopes = Slopes(equity, initial, maintenance)
            self._slopes_tier = tier
        return self._slopes

    def calm_band(self, share: Decimal) -> Band:
        """Return the mark prices around the present one at which `cushion` is less than `share` USDT below its
        present value, given that nothing but the mark price changes.

        Within a tier a price move costs at most the net size, and the maintenance rate of all sizes.
        """
        slopes = self.slopes()
        speed = abs(slopes.equity) + slopes.maintenance
        return band_around(self._contract.mark, share, speed, self._rules.tier_range(self.value(), self.size()))

    # --- parts ---

    def _upkeep(self) -> Upkeep:
        mark, tier, kept = self._contract.mark, self.tier(), self._kept_upkeep
        if kept is None or kept.mark is not mark or kept.tier is not tier:
            stakes = self._open_legs()
            required = [leg.maintenance(mark, tier, share) for leg, share in stakes]
            unrealised = [leg.unrealised(mark) for leg, _ in stakes]
            together = self._rules.together(required)
            kept = self._kept_upkeep = Upkeep(mark, tier, required, unrealised, together, sum(unrealised, ZERO))
        return kept

    def _reckon_legs(self, upkeep: Upkeep) -> None:
        """Put together the margins of each leg."""
        legs = [leg for leg, _ in self._open_legs()]
        initials = [leg.initial(upkeep.mark) for leg in legs]
        margins = map(LegMargin, initials, upkeep.maintenances, upkeep.unrealised)
        self._leg_margins = {leg.position_idx: margin for leg, margin in zip(legs, margins, strict=True)}
        self._position_im = self._rules.together(initials)
        self._margins_upkeep = upkeep

    def _open_legs(self) -> tuple[tuple[OpenLeg, Decimal], ...]:
        """Return the positions, each with its share of the tier's deduction."""
        if self._stakes is None:
            legs = tuple([self._open_leg(leg) for leg in self._legs.values() if leg.size])
            self._stakes = tuple(zip(legs, deduction_shares(legs), strict=True))
        return self._stakes

    def _open_leg(self, leg: Position) -> OpenLeg:
        terms = self.terms(leg.side)
        close_fee = terms.close_fee(leg.open_value)
        return OpenLeg(leg.position_idx, terms.sign, leg.size, leg.open_value, leg.leverage, close_fee)

    def _order_im_of(self, side: str) -> Decimal:
        margin = self._order_im.get(side)
        if margin is None:
            load = self._load[side]
            value = load.opening_value + (load.closing_value if self._rules.closing_orders else ZERO)
            margin = self._order_im[side] = self.terms(side).initial(value) if value else ZERO
        return margin

    def _order_mm(self) -> Decimal:
        tier = self.tier()
        if tier is not self._order_mm_tier:
            total = ZERO
            for side, load in self._load.items():
                if load.opening_qty:
                    total += self.terms(side).maintenance(load.opening_value, tier.maintenance_rate)
            self._order_mm_sum = total
            self._order_mm_tier = tier
        return self._order_mm_sum
