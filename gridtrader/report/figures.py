"""How the report writes figures: amounts in USDT, per cent, spans of time, moments (always UTC)."""

from datetime import UTC
from decimal import Decimal
from typing import Final

from gridtrader.domain.exact import HUNDRED, grouped, plain
from gridtrader.store import times

MINUS: Final = "\N{MINUS SIGN}"


def amount(value: Decimal, places: int = 2, *, signed: bool = False) -> str:
    """Return a figure with so many decimals and groups of three; "–" for one that is not finite."""
    if not value.is_finite():
        return "–"
    return grouped(value, places, signed=signed).replace("-", MINUS)


def usdt(value: Decimal, places: int = 2, *, signed: bool = False) -> str:
    """Return an amount of money with its unit."""
    return f"{amount(value, places, signed=signed)} USDT"


def percent(value: Decimal, places: int = 2, *, signed: bool = False) -> str:
    """Return a figure that is in per cent already."""
    return f"{amount(value, places, signed=signed)} %"


def share(part: Decimal, whole: Decimal, *, signed: bool = False) -> str | None:
    """Return `part` in per cent of `whole`; None where that means nothing."""
    if whole <= 0 or not part.is_finite():
        return None
    return percent(part / whole * HUNDRED, signed=signed)


def exact(value: Decimal) -> str:
    """Return all digits."""
    return plain(value)


def count(number: int, one: str, many: str = "") -> str:
    """Return `1 cycle`, `1,204 cycles`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def duration(milliseconds: int) -> str:
    """Return a span of time in its greatest unit and the one below: "12 s", "2 h 13 min", "31 d"."""
    return times.duration(milliseconds // 1000)


def moment(at_ms: int) -> str:
    """Return a time to the second, in UTC."""
    return times.moment(at_ms, UTC)
