"""How a fill changes a leg: average entry, realised profit, fees. Pure arithmetic on one `Position`.

The entry value is kept exactly. A partial close realises its share of the profit rounded to 8 decimals, and the last
close what is left, so that over a whole cycle the realised profits are exactly what was sold minus what was bought.
"""

from decimal import Decimal
from typing import Final

from gridtrader.simulator.core.exact import round_money
from gridtrader.simulator.core.model import ZERO, Position
from gridtrader.simulator.core.values import value

SIGN: Final = {"Buy": 1, "Sell": -1, "": 0}
OPPOSITE: Final = {"Buy": "Sell", "Sell": "Buy"}


@value(frozen=True, slots=True)
class Fill:
    """What one fill closed of a leg. All amounts in USDT, `closed` in the base coin."""

    closed: Decimal = ZERO
    pnl: Decimal = ZERO
    """Realised, before fees."""
    entry_value: Decimal = ZERO
    exit_value: Decimal = ZERO
    open_fee: Decimal = ZERO
    """Share of the opening fees that left with the closed quantity."""
    close_fee: Decimal = ZERO
    funding: Decimal = ZERO
    """Share of the funding paid (< 0 received) that left with the closed quantity."""

    @property
    def net_pnl(self) -> Decimal:
        """Realised profit after the opening and the closing fee (`closedPnl`)."""
        return self.pnl - self.open_fee - self.close_fee


NOTHING_CLOSED: Final = Fill()


def fill_leg(leg: Position, side: str, qty: Decimal, price: Decimal, fee: Decimal, now: int) -> Fill:
    """Apply a fill of `qty` (> 0) at `price` to the leg and return what it closed.

    A fill against the leg closes it first and opens the other direction with the rest; that can only happen in
    one-way mode, where one leg may turn.
    """
    if leg.side in ("", side):
        _open(leg, side, qty, price, fee, now)
        return NOTHING_CLOSED
    closed = min(qty, leg.size)
    close_fee = fee if closed == qty else round_money(fee * closed / qty)
    fill = _close(leg, closed, price, close_fee)
    if closed < qty:
        _open(leg, side, qty - closed, price, fee - close_fee, now)
    return fill


def pay_funding(leg: Position, fee: Decimal) -> None:
    """Book a funding payment (> 0 paid, < 0 received) on the leg."""
    leg.open_funding += fee
    leg.cur_realised_pnl -= fee
    leg.cum_realised_pnl -= fee


def _open(leg: Position, side: str, qty: Decimal, price: Decimal, fee: Decimal, now: int) -> None:
    if leg.size == ZERO:
        leg.side = side
        leg.cur_realised_pnl = ZERO
        leg.open_time = now
    leg.size += qty
    leg.open_value += qty * price
    leg.entry_price = leg.open_value / leg.size
    leg.open_fees += fee
    leg.cur_realised_pnl -= fee
    leg.cum_realised_pnl -= fee


def _close(leg: Position, qty: Decimal, price: Decimal, fee: Decimal) -> Fill:
    is_whole = qty == leg.size
    gain = (leg.size * price - leg.open_value) * SIGN[leg.side]
    pnl = gain if is_whole else round_money(gain * qty / leg.size)
    exit_value = qty * price
    entry_value = exit_value - pnl * SIGN[leg.side]
    open_fee = leg.open_fees if is_whole else round_money(leg.open_fees * qty / leg.size)
    funding = leg.open_funding if is_whole else round_money(leg.open_funding * qty / leg.size)
    leg.size -= qty
    leg.open_value -= entry_value
    leg.open_fees -= open_fee
    leg.open_funding -= funding
    leg.cur_realised_pnl += pnl - fee
    leg.cum_realised_pnl += pnl - fee
    if is_whole:
        leg.side = ""
        leg.entry_price = ZERO
        leg.open_time = 0
    return Fill(qty, pnl, entry_value, exit_value, open_fee, fee, funding)
