"""What one process life has done on each symbol, for the live table and the summary at the end."""

from dataclasses import dataclass
from decimal import Decimal

from gridtrader.domain.exact import ZERO


@dataclass(slots=True)
class Tally:
    """Counts since the process started; money in USDT. `net` is that of closed cycles, after all costs."""

    entries: int = 0
    """Fills of levels opened at once."""
    averagings: int = 0
    """Fills of averaging levels."""
    take_profits: int = 0
    """Fills of take-profits."""
    cycles_closed: int = 0
    reopenings: int = 0
    """Cycles begun on a side that a take-profit had closed."""
    net: Decimal = ZERO
    fees: Decimal = ZERO
    funding: Decimal = ZERO
    """Paid less received."""
    last: str = ""
    """The last thing that happened, in words."""
