"""How the profits of cycles are put into classes. A ladder's profits grow by its multiplier: 1-2-5 classes show them,
equal ones would put nearly all into the first."""

from collections.abc import Iterator, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import pairwise
from typing import Final, NamedTuple

_NARROW: Final = 4
"""Profits of one sign whose greatest is at most so many times the smallest are put into equal classes."""
_EQUAL: Final = 12
_MOST_DECADES: Final = 4
"""Below the greatest profit's ten-thousandth, profits are one class around 0."""
_ROUND: Final = (Decimal(1), Decimal(2), Decimal(5))


class Bin(NamedTuple):
    """A class of values: `low` ≤ value < `high`."""

    low: Decimal
    high: Decimal

    def holds(self, value: Decimal) -> bool:
        return self.low <= value < self.high


def bins(values: Sequence[Decimal]) -> list[Bin]:
    """Return classes with round edges that hold every value, the first and the last not empty; [] for no values."""
    if not values:
        return []
    low, high = min(values), max(values)
    has_one_sign = low > 0 or high < 0
    smallest, greatest = sorted((abs(low), abs(high)))
    edges = _equal(low, high) if has_one_sign and greatest <= _NARROW * smallest else _growing(values)
    classes = [Bin(*pair) for pair in pairwise(edges)]
    return [one for one in classes if one.high > low and one.low <= high]


def _equal(low: Decimal, high: Decimal) -> list[Decimal]:
    step = _round_up((high - low) / _EQUAL) if high > low else _round_up(abs(high) / 100)
    first = int((low / step).to_integral_value(ROUND_FLOOR))
    last = int((high / step).to_integral_value(ROUND_FLOOR)) + 1
    return [step * number for number in range(first, last + 1)]


def _growing(values: Sequence[Decimal]) -> list[Decimal]:
    greatest = max(abs(value) for value in values)
    if greatest == 0:
        return [Decimal(0), Decimal(1)]
    above = [abs(value) for value in values if value]
    smallest = max(min(above), greatest.scaleb(-_MOST_DECADES))
    edges = list(_series(smallest, greatest))
    mirrored = [-edge for edge in reversed(edges)] if min(values) < 0 else []
    return [*mirrored, Decimal(0), *edges]


def _series(smallest: Decimal, greatest: Decimal) -> Iterator[Decimal]:
    """Yield 1, 2, 5, 10 …, from the last not above `smallest` to the first above `greatest`."""
    exponent = smallest.adjusted()
    edges = [digit.scaleb(power) for power in range(exponent, greatest.adjusted() + 2) for digit in _ROUND]
    first = max(number for number, edge in enumerate(edges) if edge <= smallest)
    for edge in edges[first:]:
        yield edge
        if edge > greatest:
            return


def _round_up(value: Decimal) -> Decimal:
    """Return the first of 1, 2, 5, 10 … × 10^n not below `value` (> 0)."""
    exponent = value.adjusted()
    digits = (value.scaleb(-exponent) / 1).quantize(Decimal("0.000001"), ROUND_CEILING)
    return next(
        (digit.scaleb(exponent) for digit in _ROUND if digits <= digit),
        Decimal(10).scaleb(exponent),
    )
