"""Exact decimal arithmetic: the one place that says how precise it is and which way things are rounded.

Money, prices and quantities are `Decimal`, never float (S1). Sums and products of what an exchange sends
stay below `PRECISION` significant digits, so they are exact; a quotient is only ever taken together with a
named rounding (`floor_to`, `ceil_to`, `ceil_div`, `floor_div`) or as an average that nothing is compared to.
"""

import decimal
from decimal import Decimal
from fractions import Fraction

PRECISION = 60
ZERO = Decimal(0)
ONE = Decimal(1)
HUNDRED = Decimal(100)


def install() -> None:
    """Give this thread, and every thread started later, `PRECISION` digits.

    Called once when the package is imported: a decimal context belongs to a thread, and a computation that is
    exact in one thread and rounded in another would be found by nobody.
    """
    decimal.DefaultContext.prec = PRECISION
    decimal.getcontext().prec = PRECISION


def floor_to(value: Decimal, step: Decimal) -> Decimal:
    """Return the largest multiple of `step` (> 0) that is not above `value`."""
    return _whole(value, step, up=False) * step


def ceil_to(value: Decimal, step: Decimal) -> Decimal:
    """Return the smallest multiple of `step` (> 0) that is not below `value`."""
    return _whole(value, step, up=True) * step


def floor_div(numerator: Decimal, denominator: Decimal, step: Decimal) -> Decimal:
    """Return `numerator / denominator` rounded down to a multiple of `step`, without a rounded quotient between."""
    return _whole(numerator, denominator * step, up=False) * step


def ceil_div(numerator: Decimal, denominator: Decimal, step: Decimal) -> Decimal:
    """Return `numerator / denominator` rounded up to a multiple of `step`, without a rounded quotient between."""
    return _whole(numerator, denominator * step, up=True) * step


def _whole(numerator: Decimal, divisor: Decimal, *, up: bool) -> Decimal:
    quotient, remainder = divmod(numerator, divisor)
    if up and remainder * divisor > 0:
        return quotient + 1
    if not up and remainder * divisor < 0:
        return quotient - 1
    return quotient


def floor_power(base: Decimal, multiplier: Decimal, exponent: int, step: Decimal) -> Decimal:
    """Return `base × multiplier^exponent` rounded down to a multiple of `step`, exactly.

    `multiplier^50` has more digits than any decimal context worth having; a fraction has them all.
    """
    steps = Fraction(base) * Fraction(multiplier) ** exponent / Fraction(step)
    return Decimal(steps.numerator // steps.denominator) * step


def plain(value: Decimal) -> str:
    """Return `value` as the exchange wants numbers: no exponent, no trailing zeros after the point."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def grouped(value: Decimal, places: int, *, signed: bool = False) -> str:
    """Return a figure for people: rounded half to even, in groups of three, never "-0.00"; `signed` shows a plus."""
    rounded = round(value, places)
    sign = "+" if signed and rounded > 0 else ""
    return f"{sign}{rounded if rounded else 0:,.{places}f}"


def decimals(value: Decimal) -> int:
    """Return how many digits a value has after the point."""
    return len(plain(value).partition(".")[2])
