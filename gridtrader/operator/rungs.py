"""A ladder level by level, before anything is traded: what it needs, and where it would close.

Prices, quantities, margins and take-profits are those of the domain, the same that trade; here they are only put in
a row. Every level is taken to execute at its own price and both level 0 at the price given; level 0 pays the taker
fee, the other levels, which rest, the maker fee; no funding. A real ladder differs by what the market does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from gridtrader.domain.exact import HUNDRED, ONE, ZERO, plain
from gridtrader.domain.instrument import Instrument
from gridtrader.domain.known import Strategy
from gridtrader.domain.ladder import entry_price, step_away
from gridtrader.domain.sizing import Reference, SizingError, depth_allowed_by_size, order_margin, reference_for
from gridtrader.domain.take_profit import CycleCosts, take_profit_price
from gridtrader.domain.types import SIDES, FeeRates, Quote, Side
from gridtrader.operator.risk_tiers import RiskTier, maintenance_margin, most_value


@dataclass(frozen=True, slots=True)
class Terms:
    """What a ladder is built from. `quote` is where level 0 opens: LONG at the ask, SHORT at the bid."""

    strategy: Strategy
    instrument: Instrument
    quote: Quote
    fees: FeeRates
    closing_fee: Decimal
    buffer_percent: Decimal
    tiers: tuple[RiskTier, ...] = ()

    @property
    def leverage(self) -> Decimal:
        """The configured leverage, capped by the exchange's maximum (S1)."""
        return min(self.strategy.leverage, self.instrument.max_leverage)


@dataclass(frozen=True, slots=True)
class SideRung:
    """One level of one side, and the side once this level has executed and no deeper one; money in USDT."""

    price: Decimal
    distance_percent: Decimal
    """From level 0 of this side."""
    notional: Decimal
    margin: Decimal
    """What the exchange binds for the order, the fees it reserves included (S6)."""
    total_margin: Decimal
    average: Decimal
    take_profit: Decimal
    loss: Decimal
    """Unrealised loss while the price stands at this level."""
    maintenance: Decimal | None
    """Maintenance margin of this side alone at this price; None without risk tiers."""


@dataclass(frozen=True, slots=True)
class LadderRung:
    """One level on both sides."""

    level: int
    quantity: Decimal
    total_quantity: Decimal
    """Of one side."""
    sides: Mapping[Side, SideRung]
    total_margin: Decimal
    """Of both sides, this level included."""
    balance: Decimal | None
    """What S6 asks for: total margin / (1 − buffer). None with a buffer of 100 %, where no balance is enough."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """All levels there can be; `warnings` say what cuts them off."""

    reference: Reference
    rungs: tuple[LadderRung, ...]
    warnings: tuple[str, ...]


def build_ladder(terms: Terms) -> Ladder:
    """Return the ladder. Raises SizingError if the quantities do not rise (S1), or not even level 0 can be had."""
    strategy, instrument = terms.strategy, terms.instrument
    reference = reference_for(
        margin=strategy.margin,
        leverage=terms.leverage,
        multiplier=strategy.multiplier,
        price=terms.quote.touch(Side.LONG),
        lowest_price=entry_price(terms.quote.bid, Side.SHORT, strategy.entry_allowance_percent, instrument),
        max_level=strategy.max_level,
        instrument=instrument,
    )
    warnings: list[str] = []
    prices = {side: _prices(terms, side) for side in SIDES}
    depth = _depth(terms, reference, prices, warnings)
    if not depth:
        raise SizingError(
            f"{instrument.symbol}: level 0 at {plain(terms.quote.last)} lies outside the contract's prices, "
            f"{plain(instrument.min_price)} to {plain(instrument.max_price)}"
        )
    sides = {side: _side_rungs(terms, side, reference, prices[side][:depth]) for side in SIDES}
    rungs = []
    quantity = ZERO
    for level in range(depth):
        pair = {side: sides[side][level] for side in SIDES}
        quantity += reference.quantity(level)
        total = sum((rung.total_margin for rung in pair.values()), ZERO)
        rungs.append(
            LadderRung(
                level, reference.quantity(level), quantity, pair, total, balance_for(total, terms.buffer_percent)
            )
        )
    warnings += _tier_warning(terms, rungs)
    return Ladder(reference, tuple(rungs), tuple(warnings))


def balance_for(margin: Decimal, buffer_percent: Decimal) -> Decimal | None:
    """Return the margin balance that carries so much margin above its buffer (S6); None if none does."""
    share = ONE - buffer_percent / HUNDRED
    return margin / share if share > 0 else None


def _prices(terms: Terms, side: Side) -> list[Decimal]:
    """Return the prices of all levels that lie within the contract's price range, from level 0 (S4)."""
    strategy, instrument = terms.strategy, terms.instrument
    price = terms.quote.touch(side)
    prices: list[Decimal] = []
    while len(prices) <= strategy.max_level and instrument.min_price <= price <= instrument.max_price:
        prices.append(price)
        price = step_away(price, side, strategy.step_percent, instrument)
    return prices


def _depth(terms: Terms, reference: Reference, prices: Mapping[Side, list[Decimal]], warnings: list[str]) -> int:
    """Return how many levels both ladders have: what one side cannot have, the other does not get (S5)."""
    instrument = terms.instrument
    wanted = terms.strategy.max_level + 1
    by_size = depth_allowed_by_size(reference, wanted - 1, instrument)
    if by_size < wanted:
        warnings.append(
            f"level {by_size} would be {plain(reference.quantity(by_size))}, above the exchange's largest order "
            f"{plain(instrument.max_qty)}: both ladders end at level {by_size - 1}"
        )
    for side, found in prices.items():
        if len(found) < wanted:
            warnings.append(
                f"{side.name} level {len(found)} would lie outside the contract's prices, "
                f"{plain(instrument.min_price)} to {plain(instrument.max_price)}: both ladders end at level "
                f"{len(found) - 1}"
            )
    return min(by_size, *(len(found) for found in prices.values()))


def _side_rungs(terms: Terms, side: Side, reference: Reference, prices: Sequence[Decimal]) -> list[SideRung]:
    rungs: list[SideRung] = []
    quantity = value = fees = margins = ZERO
    for level, price in enumerate(prices):
        step = reference.quantity(level)
        margin = order_margin(side, step, price, terms.leverage, terms.fees.taker)
        quantity += step
        value += step * price
        fees += step * price * (terms.fees.maker if level else terms.fees.taker)
        margins += margin
        costs = CycleCosts(entry_value=value, open_qty=quantity, costs=fees, closed_value=ZERO)
        rungs.append(
            SideRung(
                price=price,
                distance_percent=(price / prices[0] - ONE) * HUNDRED,
                notional=step * price,
                margin=margin,
                total_margin=margins,
                average=value / quantity,
                take_profit=take_profit_price(
                    side, costs, terms.strategy.target, terms.closing_fee, terms.instrument
                ),
                loss=side.sign * (value - quantity * price) or ZERO,  # no -0
                maintenance=maintenance_margin(
                    side, quantity, value, price, terms.leverage, terms.fees.taker, terms.tiers
                )
                if terms.tiers
                else None,
            )
        )
    return rungs


def _tier_warning(terms: Terms, rungs: Sequence[LadderRung]) -> list[str]:
    """Say where both ladders together would be worth more than the risk tiers allow for the leverage (S1)."""
    most = most_value(terms.tiers, terms.leverage)
    if most is None:
        return []
    value = ZERO
    for rung in rungs:
        value += sum((side.notional for side in rung.sides.values()), ZERO)
        if value > most:
            return [
                f"up to level {rung.level} both ladders are worth {value:,.0f} USDT, more than the {most:,.0f} that "
                f"the risk tiers allow with leverage {plain(terms.leverage)}: the exchange may refuse this level, "
                f"and both ladders then end below it; a lower leverage allows more"
            ]
    return []
