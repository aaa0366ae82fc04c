"""Prices at which nobody can be liquidated, so that a quiet market need not reckon every account at every quote.

Whether an account is liquidated hangs on its cushion: margin balance minus maintenance margin. The cushion is shared
out among the contracts in which the account has something; while the mark price of each stays in its band, none of
them can use up more than its share, so the cushion is above 0 without being computed. Any change of the account
(`Account.disturb`) makes the bands void. They only save work: what is liquidated, and when, stays the same.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from gridtrader.simulator.core.model import ZERO
from gridtrader.simulator.core.values import value

ENDLESS: Final = Decimal("Infinity")
DUST: Final = Decimal("0.000001")
"""Withheld from every share, USDT: more than the rounding of all margins of a contract together."""


@value(frozen=True, slots=True)
class Band:
    """Mark prices between `low` and `high`, both excluded."""

    low: Decimal
    high: Decimal

    def holds(self, mark: Decimal) -> bool:
        return self.low < mark < self.high


EVERYWHERE: Final = Band(ZERO, ENDLESS)


def common(bands: Iterable[Band]) -> Band:
    """Return the prices that lie in all bands; every price where there is none."""
    low, high = EVERYWHERE.low, EVERYWHERE.high
    for band in bands:
        low, high = max(low, band.low), min(high, band.high)
    return Band(low, high)


def band_around(mark: Decimal, share: Decimal, speed: Decimal, tier_range: Band) -> Band:
    """Return the band in which the contract uses up less than `share` USDT of the cushion.

    `speed` bounds what a move of the mark price by 1 can cost as long as the mark price stays in `tier_range`.
    """
    room = share - DUST
    if room <= ZERO:
        return Band(mark, mark)
    if not speed:
        return tier_range
    reach = room / speed
    return Band(max(ZERO, tier_range.low, mark - reach), min(tier_range.high, mark + reach))
