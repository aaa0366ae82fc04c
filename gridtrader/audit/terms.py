"""One symbol's configuration and contract as the laws need them, and the spec's formulas on them (S1, S4, S6).

Nothing here divides and compares: where a rule has a quotient, both sides are multiplied out, so that every answer is
exact.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from gridtrader.audit.books import LONG, SIGN, ZERO

ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Terms:
    """Rates and percentages are fractions of 1. What is not known stays at its default and is not judged."""

    symbol: str
    multiplier: Decimal
    target: Decimal
    max_level: int
    qty_step: Decimal
    tick: Decimal
    max_qty: Decimal
    closing_fee: Decimal
    taker_fee: Decimal
    leverage: Decimal
    """As set on the exchange: the smaller of configuration and contract."""
    step: Decimal
    buffer: Decimal
    margin: Decimal | None = None
    """`initial_position_size_usd`; None: the size of a new ladder is not judged."""
    min_qty: Decimal = ZERO
    min_notional: Decimal = ZERO
    min_price: Decimal = ZERO
    max_price: Decimal | None = None
    tier_value: Decimal | None = None
    """The largest value in USDT, positions and opening orders together, that the risk tiers allow at `leverage`."""
    entry_room: Decimal = Decimal("0.01")
    """How far beyond the last price an order that is to execute now may be priced, at most."""
    first_band: Decimal = Decimal("0.05")
    """How far the price that q(0) was reckoned from may be from the limit of the order that brought it."""

    def is_too_small(self, qty: Decimal, price: Decimal) -> bool:
        """Whether the exchange takes no order of `qty` at `price` (S1)."""
        return qty < self.min_qty or qty * price < self.min_notional

    def is_off_limits(self, price: Decimal) -> bool:
        """Whether the contract has no such price."""
        return price <= 0 or price < self.min_price or (self.max_price is not None and price > self.max_price)

    def order_margin(self, leg: int, qty: Decimal, price: Decimal) -> Decimal:
        """Return what an opening order binds: qty·price·(1/lev + taker + (1 ∓ 1/lev)·taker), to 60 digits (S6)."""
        lever, fee = self.leverage, self.taker_fee
        return qty * price * (1 + fee * (2 * lever - SIGN[leg])) / lever

    def step_from(self, leg: int, value: Decimal, qty: Decimal) -> Decimal:
        """Return the price one step behind `value / qty`: down to the tick for LONG, up for SHORT (S4)."""
        sign = SIGN[leg]
        whole, rest = divmod(value * (1 - sign * self.step), qty * self.tick)
        return (whole + 1 if sign < 0 and rest else whole) * self.tick


@lru_cache(maxsize=4_096)  # every order that comes is asked for, and fractions are slow
def quantity(first: Decimal, level: int, multiplier: Decimal, qty_step: Decimal) -> Decimal:
    """Return q(level) = floor(q(0) · multiplier^level) to the quantity step, exactly (S1)."""
    steps = Fraction(first) * Fraction(multiplier) ** level / Fraction(qty_step)
    return Decimal(steps.numerator // steps.denominator) * qty_step


def first_quantity(term: Terms, price: Decimal) -> Decimal:
    """Return S1's q(0) at `price`: floored to the step, raised to the smallest the exchange takes there."""
    if term.margin is None:
        raise ValueError(f"{term.symbol}: q(0) cannot be reckoned without the margin of level 0")
    floored = term.margin * term.leverage // (price * term.qty_step) * term.qty_step
    return max(floored, _up(term.min_qty, ONE, term.qty_step), _up(term.min_notional, price, term.qty_step))


def _up(numerator: Decimal, denominator: Decimal, step: Decimal) -> Decimal:
    whole, rest = divmod(numerator, denominator * step)
    return (whole + 1 if rest else whole) * step


def can_open(term: Terms, first: Decimal, price: Decimal) -> bool:
    """Whether S1 allows a ladder of `first` at `price`: q(k) rises, none is too small, q(0) not too large."""
    if first > term.max_qty:
        return False
    before = ZERO
    level_price = price * (1 - term.entry_room)
    for level in range(term.max_level + 1):
        qty = quantity(first, level, term.multiplier, term.qty_step)
        if qty <= before:
            return False
        if not term.is_off_limits(level_price) and term.is_too_small(qty, level_price):
            return False
        before, level_price = qty, term.step_from(LONG, level_price, ONE)
    return True
