"""What the exchange allows for one contract; the only place where quantities and prices are rounded (C1)."""

from dataclasses import dataclass
from decimal import Decimal

from gridtrader.domain.exact import ceil_div, ceil_to, floor_to
from gridtrader.domain.types import Side


@dataclass(frozen=True, slots=True)
class Instrument:
    """A linear perpetual. Quantities are in the base coin, prices and notionals in USDT.

    `is_trading` is false for a contract that is announced, being delivered or closed.
    """

    symbol: str
    tick_size: Decimal
    qty_step: Decimal
    min_qty: Decimal
    max_qty: Decimal
    min_notional: Decimal
    min_price: Decimal
    max_price: Decimal
    max_leverage: Decimal
    funding_interval_min: int
    is_trading: bool

    def floor_qty(self, qty: Decimal) -> Decimal:
        """Round a quantity down to `qtyStep`."""
        return floor_to(qty, self.qty_step)

    def away(self, price: Decimal, side: Side) -> Decimal:
        """Round a ladder price to the tick away from the market: down for LONG, up for SHORT (S4)."""
        return floor_to(price, self.tick_size) if side is Side.LONG else ceil_to(price, self.tick_size)

    def smallest_qty(self, price: Decimal) -> Decimal:
        """Return the smallest quantity the exchange takes for an order at `price` (> 0)."""
        by_value = ceil_div(self.min_notional, price, self.qty_step)
        return max(ceil_to(self.min_qty, self.qty_step), by_value)
