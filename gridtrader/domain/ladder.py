"""Where: the price of each level, and how deep both ladders are (S4, S5)."""

from decimal import Decimal

from gridtrader.domain.exact import HUNDRED
from gridtrader.domain.instrument import Instrument
from gridtrader.domain.types import Side


def step_away(previous: Decimal, side: Side, step_percent: Decimal, instrument: Instrument) -> Decimal:
    """Return the price one step behind `previous`: below for LONG, above for SHORT, rounded away (S4)."""
    return instrument.away(previous * (1 - side.sign * step_percent / HUNDRED), side)


def entry_price(touch: Decimal, side: Side, allowance_percent: Decimal, instrument: Instrument) -> Decimal:
    """Return the limit of an order that is to execute now: the touch and a bounded allowance beyond it (S3).

    Rounded back towards the touch, so that the allowance is a bound; never on the passive side of the touch.
    """
    limit = instrument.away(touch * (1 + side.sign * allowance_percent / HUNDRED), side)
    return max(limit, touch) if side is Side.LONG else min(limit, touch)


def ladder_depth(executed_long: int, executed_short: int, max_level: int) -> int:
    """Return d: the number of levels both ladders have, one ahead of the more advanced side (S5)."""
    return min(max(executed_long, executed_short) + 1, max_level + 1)


def immediate_levels(executed_other: int) -> int:
    """Return how many levels a side reopens at once when the other has executed that many (S8)."""
    return max(1, executed_other - 2)
