"""The order book shown to the public, made up around the touch.

Nobody but the accounts trades here, so the depth behind the best bid and ask is scenery: sizes that follow from the
price alone, so that a level looks the same whenever it is looked at.
"""

from collections.abc import Iterator
from decimal import Decimal
from zlib import crc32

from gridtrader.simulator.core.model import Instrument, Quote
from gridtrader.simulator.server.text import at_step

MAX_STEPS = 500
Levels = list[list[str]]


def touch_sizes(instrument: Instrument, quote: Quote) -> tuple[Decimal, Decimal]:
    """Return (bid size, ask size); a touch that gives as much as anybody wants shows the largest order's size."""
    return (
        instrument.max_qty if quote.bid_size is None else quote.bid_size,
        instrument.max_qty if quote.ask_size is None else quote.ask_size,
    )


def book(instrument: Instrument, quote: Quote, depth: int) -> tuple[Levels, Levels]:
    """Return (bids from the best down, asks from the best up), at most `depth` levels each."""
    bid_size, ask_size = touch_sizes(instrument, quote)
    return (
        list(_side(instrument, quote.bid, bid_size, depth, -instrument.tick_size)),
        list(_side(instrument, quote.ask, ask_size, depth, instrument.tick_size)),
    )


def _side(instrument: Instrument, best: Decimal, size: Decimal, depth: int, step: Decimal) -> Iterator[list[str]]:
    price = best
    for level in range(depth):
        if not instrument.min_price <= price <= instrument.max_price:
            return
        text = at_step(price, instrument.tick_size)
        shown = size if level == 0 else _scenery(instrument, text)
        yield [text, at_step(shown, instrument.qty_step)]
        price += step


def _scenery(instrument: Instrument, price: str) -> Decimal:
    steps = 1 + crc32(f"{instrument.symbol}{price}".encode()) % MAX_STEPS
    return instrument.qty_step * steps
