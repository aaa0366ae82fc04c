"""Numbers as V5 writes them: strings, without exponent, at a step or bare."""

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal

QUOTIENT = Decimal("1e-8")
PRODUCT_DECIMALS = 18
EMPTY = ""


def plain(value: Decimal) -> str:
    """Return `value` exactly, without exponent and without trailing zeros."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def at_step(value: Decimal, step: Decimal) -> str:
    """Return `value` with as many decimals as `step` is written with, cut off if it has more."""
    return format(value.quantize(step, ROUND_DOWN), "f")


def amount(value: Decimal) -> str:
    """Return an amount of money: exactly, or, where a division has left more decimals than products of prices,
    quantities and rates ever have, rounded half to even to 8."""
    exponent = value.as_tuple().exponent
    is_product = isinstance(exponent, int) and exponent >= -PRODUCT_DECIMALS
    return plain(value if is_product else value.quantize(QUOTIENT, ROUND_HALF_EVEN))


def average(value: Decimal, tick: Decimal) -> str:
    """Return an average price: rounded half to even to 8 decimals, or to 3 more than the tick's, then bare."""
    return plain(value.quantize(min(QUOTIENT, tick.scaleb(-3)), ROUND_HALF_EVEN))


def optional(value: Decimal | None) -> str:
    """Return the number, or the empty string V5 uses for "there is none"."""
    return EMPTY if value is None else plain(value)


def decimals(step: Decimal) -> int:
    """Return how many decimals `step` is written with."""
    exponent = step.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def extra_fees(fee: Decimal, rate: Decimal) -> str | list[dict[str, str]]:
    """Return `extraFees`: a list of taxes, or the empty string where there is none. `rate` is of the value."""
    if not fee:
        return EMPTY
    return [{"feeCoin": "USDT", "feeType": "GST", "subFeeType": "IND_GST", "feeRate": plain(rate), "fee": plain(fee)}]
