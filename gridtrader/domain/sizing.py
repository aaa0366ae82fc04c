"""How much: the reference quantities of a ladder and the margin an order binds (S1, S2, S6).

Leverage is used here, for margin, and nowhere else.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from gridtrader.domain.exact import ONE, floor_div, floor_power, plain
from gridtrader.domain.instrument import Instrument
from gridtrader.domain.types import Side


class SizingError(ValueError):
    """The configuration does not give a ladder this contract can hold; the message has the figures."""


@dataclass(frozen=True, slots=True)
class Reference:
    """The quantities both sides of a running ladder share, fixed when its first side opened (S2).

    q(k) is in the base coin and rises strictly. `quantities` are those reckoned beforehand; there is no highest one.
    """

    quantities: tuple[Decimal, ...]
    multiplier: Decimal
    qty_step: Decimal

    def quantity(self, level: int) -> Decimal:
        """Return q(level)."""
        if level < len(self.quantities):
            return self.quantities[level]
        return floor_power(self.quantities[0], self.multiplier, level, self.qty_step)


def reference_for(
    *,
    margin: Decimal,
    leverage: Decimal,
    multiplier: Decimal,
    price: Decimal,
    lowest_price: Decimal,
    max_level: int,
    instrument: Instrument,
) -> Reference:
    """Return the reference quantities of a new ladder (S1).

    `margin` is `initial_position_size_usd` (before leverage), `price` what level 0 is bought or sold at,
    `lowest_price` the lowest limit price an order of level 0 can have (its value must reach the exchange's minimum
    there too). q(0) is floored to the quantity step and raised to the smallest quantity the exchange takes.
    Raises SizingError if the quantities would not rise strictly.
    """
    first = floor_div(margin * leverage, price, instrument.qty_step)
    return build_reference(
        max(first, instrument.smallest_qty(lowest_price)),
        multiplier=multiplier,
        max_level=max_level,
        instrument=instrument,
    )


def build_reference(first: Decimal, *, multiplier: Decimal, max_level: int, instrument: Instrument) -> Reference:
    """Return the reference quantities q(k) = floor(q(0) × multiplier^k) that begin with `first`."""
    quantities = tuple(floor_power(first, multiplier, level, instrument.qty_step) for level in range(max_level + 1))
    if quantities[0] > instrument.max_qty:
        raise SizingError(
            f"{instrument.symbol}: level 0 of {plain(quantities[0])} is above the largest order the exchange takes, "
            f"{plain(instrument.max_qty)}; lower initial_position_size_usd or leverage"
        )
    for level in range(max_level):
        if quantities[level + 1] <= quantities[level]:
            raise SizingError(
                f"{instrument.symbol}: level {level + 1} would not be larger than level {level}: "
                f"q({level}) = {plain(quantities[level])}, q({level + 1}) = {plain(quantities[level + 1])} "
                f"(q(0) {plain(first)}, averaging_multiplier {plain(multiplier)}, "
                f"quantity step {plain(instrument.qty_step)}); raise initial_position_size_usd, leverage "
                f"or averaging_multiplier"
            )
    return Reference(quantities, multiplier, instrument.qty_step)


def first_of(level: int, quantity: Decimal, multiplier: Decimal, qty_step: Decimal) -> Decimal | None:
    """Return the q(0) whose q(level) is `quantity`, or None if there is none.

    There is one at most: a q(0) larger by a step makes q(level) larger by at least a step, the multiplier being > 1.
    """
    steps = Fraction(quantity) / Fraction(multiplier) ** level / Fraction(qty_step)
    first = Decimal(-(-steps.numerator // steps.denominator)) * qty_step
    return first if floor_power(first, multiplier, level, qty_step) == quantity else None


def depth_allowed_by_size(reference: Reference, max_level: int, instrument: Instrument) -> int:
    """Return how many of the levels 0 … `max_level` fit below `maxOrderQty`; both sides end there (S1)."""
    depth = 0
    while depth <= max_level and reference.quantity(depth) <= instrument.max_qty:
        depth += 1
    return depth


def order_margin(side: Side, qty: Decimal, price: Decimal, leverage: Decimal, taker_fee: Decimal) -> Decimal:
    """Return what the exchange binds for a resting opening order: margin, opening fee and fee to close (S6).

    Bybit: qty·price/lev + qty·price·taker + qty·price·(1 ∓ 1/lev)·taker, − for LONG, + for SHORT. The result is in
    USDT; its last digit may be rounded, up.
    """
    value = qty * price
    share = ONE / leverage
    return value * (share + taker_fee + (1 - side.sign * share) * taker_fee)
