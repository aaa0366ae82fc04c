"""Exact decimal arithmetic of the exchange: every rounding has a name and a direction.

Cash moves by exact products (quantity × price × rate), which always end; only what a division yields is rounded:
margins upwards, realised profit and shares of fees half up, each to the 8 decimals that Bybit shows.
"""

from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Final

MONEY: Final = Decimal("0.00000001")
RATE: Final = Decimal("0.0001")
ONE: Final = Decimal(1)


def floor_to(value: Decimal, step: Decimal) -> Decimal:
    """Return the largest multiple of `step` (> 0) that is not above `value`."""
    return floor_div(value, ONE, step)


def ceil_to(value: Decimal, step: Decimal) -> Decimal:
    """Return the smallest multiple of `step` (> 0) that is not below `value`."""
    return ceil_div(value, ONE, step)


def floor_div(numerator: Decimal, denominator: Decimal, step: Decimal) -> Decimal:
    """Return `numerator / denominator` (denominator > 0) rounded down to a multiple of `step`, in one rounding."""
    quotient, remainder = divmod(numerator, denominator * step)
    return (quotient - 1 if remainder < 0 else quotient) * step


def ceil_div(numerator: Decimal, denominator: Decimal, step: Decimal) -> Decimal:
    """Return `numerator / denominator` (denominator > 0) rounded up to a multiple of `step`, in one rounding."""
    quotient, remainder = divmod(numerator, denominator * step)
    return (quotient + 1 if remainder > 0 else quotient) * step


def is_multiple(value: Decimal, step: Decimal) -> bool:
    """Return whether `value` is a whole number of steps."""
    return not value % step


def ceil_money(value: Decimal) -> Decimal:
    """Round an amount the exchange reserves up to 8 decimals."""
    return value.quantize(MONEY, ROUND_CEILING)


def round_money(value: Decimal) -> Decimal:
    """Round an amount half up (away from zero on a tie, so that LONG and SHORT mirror) to 8 decimals."""
    return value.quantize(MONEY, ROUND_HALF_UP)


def truncate_rate(value: Decimal) -> Decimal:
    """Cut a margin rate to 4 decimals, as V5 shows it."""
    return value.quantize(RATE, ROUND_DOWN)
