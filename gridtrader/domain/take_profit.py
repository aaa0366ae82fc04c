"""At what price a side is closed so that its whole cycle has earned the target, net of all costs (S7)."""

from decimal import Decimal
from typing import NamedTuple

from gridtrader.domain.exact import ceil_div, floor_div
from gridtrader.domain.instrument import Instrument
from gridtrader.domain.types import Side


class CycleCosts(NamedTuple):
    """What a cycle has cost and earned so far, in USDT; `open_qty` (> 0) in the base coin.

    `costs` are the fees actually paid, opening and closing, and the funding paid less the funding received;
    `closed_value` is the value of what a partly filled take-profit has closed.
    """

    entry_value: Decimal
    open_qty: Decimal
    costs: Decimal
    closed_value: Decimal


def take_profit_price(
    side: Side, cycle: CycleCosts, target: Decimal, closing_fee: Decimal, instrument: Instrument
) -> Decimal:
    """Return the take-profit price; `target` and `closing_fee` are fractions.

    LONG  (E·(1+t) + costs − proceeds) / (R·(1−f)), rounded up to the tick;
    SHORT (E·(1−t) − costs − buyback) / (R·(1+f)), rounded down to the tick, but not below the lowest price the
    contract has (costs above the whole value of a SHORT would ask for less than nothing).
    """
    sign = side.sign
    numerator = cycle.entry_value * (1 + sign * target) + sign * cycle.costs - cycle.closed_value
    denominator = cycle.open_qty * (1 - sign * closing_fee)
    rounded = ceil_div if side is Side.LONG else floor_div
    return max(rounded(numerator, denominator, instrument.tick_size), instrument.min_price)
