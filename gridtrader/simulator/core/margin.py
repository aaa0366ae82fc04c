"""Margin of the unified account in cross mode (Bybit help centre, "The New Margin Calculation"): formulas only.

    feeToClose(long)  = size·entry·(1 − 1/lev)·taker      feeToClose(short) = size·entry·(1 + 1/lev)·taker
    positionIM = size·mark/lev + feeToClose               positionMM = size·mark·MMR − mmDeduction + feeToClose
    orderIM    = qty·price/lev + open fee + close fee     orderMM    = qty·price·MMR + open fee + close fee

Bybit leaves open how the two legs of a hedged pair share a tier. Here both legs and the opening orders together
choose the tier at the mark price, and its deduction is given once, to each leg by its share of the positions' value;
a position's part before fees is never below 0. Every margin is rounded up to 8 decimals.
"""

from decimal import Decimal
from typing import NamedTuple

from gridtrader.simulator.core.calm import ENDLESS, EVERYWHERE, Band
from gridtrader.simulator.core.exact import ONE, ceil_money
from gridtrader.simulator.core.model import ZERO, Options, RiskTier
from gridtrader.simulator.core.values import value


@value(frozen=True, slots=True)
class MarginRules:
    """The tiers of one contract, lowest first, and how a hedged pair counts."""

    tiers: tuple[RiskTier, ...]
    larger_leg_only: bool = False
    closing_orders: bool = False
    """Whether closing orders need initial margin too."""

    @classmethod
    def of(cls, tiers: tuple[RiskTier, ...], options: Options) -> "MarginRules":
        """Without risk tiers the first one holds for every size."""
        return cls(
            tiers if options.risk_tiers else tiers[:1],
            larger_leg_only=options.hedge_margin == "larger",
            closing_orders=options.closing_order_margin,
        )

    def tier(self, value: Decimal) -> RiskTier:
        """Return the tier for a total value in USDT; above the last limit the last one."""
        for tier in self.tiers:
            if value <= tier.limit:
                return tier
        return self.tiers[-1]

    def tier_range(self, value: Decimal, qty: Decimal) -> Band:
        """Return the mark prices at which `qty` (≥ 0), worth `value` now, stays in the tier it is in."""
        if not qty:
            return EVERYWHERE
        below = ZERO
        for tier in self.tiers[:-1]:
            if value <= tier.limit:
                return Band(below / qty, tier.limit / qty)
            below = tier.limit
        return Band(below / qty, ENDLESS)

    def together(self, legs: list[Decimal]) -> Decimal:
        """Return what the margins of the legs of one contract count together."""
        return max(legs, default=ZERO) if self.larger_leg_only else sum(legs, ZERO)


@value(frozen=True, slots=True)
class OrderTerms:
    """What the margin of opening orders of one direction depends on: `sign` is +1 for Buy, -1 for Sell."""

    sign: int
    leverage: Decimal
    taker_fee: Decimal

    def close_fee(self, value: Decimal) -> Decimal:
        """Return the fee of closing at the bankruptcy price what was opened for `value` USDT."""
        return value * (self.leverage - self.sign) * self.taker_fee / self.leverage

    def fees(self, value: Decimal) -> Decimal:
        """Return opening and closing fee of an order."""
        return value * self.taker_fee + self.close_fee(value)

    def initial(self, value: Decimal) -> Decimal:
        return ceil_money(value / self.leverage + self.fees(value))

    def maintenance(self, value: Decimal, rate: Decimal) -> Decimal:
        return ceil_money(value * rate + self.fees(value))


@value(frozen=True, slots=True)
class OpenLeg:
    """A position as its margin sees it; made anew when the position changes, not when the price does."""

    position_idx: int
    sign: int
    size: Decimal
    open_value: Decimal
    leverage: Decimal
    close_fee: Decimal

    def unrealised(self, mark: Decimal) -> Decimal:
        gain = self.size * mark - self.open_value
        return gain if self.sign > 0 else -gain

    def initial(self, mark: Decimal) -> Decimal:
        return ceil_money(self.size * mark / self.leverage + self.close_fee)

    def maintenance(self, mark: Decimal, tier: RiskTier, share: Decimal) -> Decimal:
        """`share` (0 to 1) is the leg's part of the tier's deduction."""
        required = self.size * mark * tier.maintenance_rate
        if tier.deduction:
            required = max(ZERO, required - tier.deduction * share)
        return ceil_money(required + self.close_fee)


def deduction_shares(legs: tuple[OpenLeg, ...]) -> tuple[Decimal, ...]:
    """Return each leg's share of the value, which at one mark price is its share of the size."""
    if len(legs) == 1:
        return (ONE,)
    total = sum((leg.size for leg in legs), ZERO)
    return tuple(leg.size / total for leg in legs)


class LegMargin(NamedTuple):
    initial: Decimal = ZERO
    maintenance: Decimal = ZERO
    unrealised: Decimal = ZERO


class Slopes(NamedTuple):
    """By how much an account's figures grow when a contract's mark price grows by 1, within the same risk tier."""

    equity: Decimal
    initial: Decimal
    maintenance: Decimal


@value(frozen=True, slots=True)
class Margin:
    """Everything one contract adds to an account's requirement at one mark price."""

    legs: dict[int, LegMargin]
    position_im: Decimal
    position_mm: Decimal
    order_im: Decimal
    order_mm: Decimal
    unrealised: Decimal
    tier: RiskTier
