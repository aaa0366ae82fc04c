"""Risk tiers of a contract: the maintenance margin a position needs, and how much a leverage may hold.

The formulas are the exchange's (Bybit help centre, "Maintenance Margin"); the bot itself trades by what the exchange
reports (R1), these figures are for looking ahead.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from gridtrader.domain.exact import ONE, ZERO
from gridtrader.domain.types import Side
from gridtrader.exchange.fields import Row


@dataclass(frozen=True, slots=True)
class RiskTier:
    """Positions worth up to `limit` USDT: `rate` (fraction) of the value less `deduction` USDT."""

    limit: Decimal
    rate: Decimal
    deduction: Decimal
    max_leverage: Decimal


def parse_tiers(rows: Iterable[object], symbol: str, place: str) -> tuple[RiskTier, ...]:
    """Read the rows of risk-limit that are of `symbol`, lowest tier first. Raises BadMessage."""
    tiers = []
    for number, data in enumerate(rows, start=1):
        row = Row(data, f"{place} row {number}")
        if row.text("symbol") != symbol:
            continue
        rate = row.decimal("maintenanceMargin", above=ZERO)
        if rate > ONE:
            raise row.bad("maintenanceMargin", "a fraction, at most 1")
        tiers.append(
            RiskTier(
                limit=row.decimal("riskLimitValue", above=ZERO),
                rate=rate,
                deduction=row.decimal("mmDeduction", least=ZERO, blank=ZERO),
                max_leverage=row.decimal("maxLeverage", above=ZERO),
            )
        )
    return tuple(sorted(tiers, key=lambda tier: tier.limit))


def maintenance_margin(
    side: Side,
    qty: Decimal,
    entry_value: Decimal,
    mark: Decimal,
    leverage: Decimal,
    taker_fee: Decimal,
    tiers: Sequence[RiskTier],
) -> Decimal:
    """Return the maintenance margin in USDT of one side that stands alone: no other side, nothing resting.

    size·mark·rate − deduction + fee to close, which is size·entry·(1 ∓ 1/leverage)·taker. `tiers` is not empty;
    above the last limit the last tier counts.
    """
    value = qty * mark
    tier = next((tier for tier in tiers if value <= tier.limit), tiers[-1])
    fee = entry_value * (ONE - side.sign / leverage) * taker_fee
    return max(ZERO, value * tier.rate - tier.deduction) + fee


def most_value(tiers: Sequence[RiskTier], leverage: Decimal) -> Decimal | None:
    """Return what positions and orders of a contract may be worth together with a leverage; None: not told.

    0 where no tier allows the leverage.
    """
    if not tiers:
        return None
    return max((tier.limit for tier in tiers if tier.max_leverage >= leverage), default=ZERO)
