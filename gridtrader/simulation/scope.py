"""What an account may do as the world is at a moment: where it is held back, and where it hears of prices."""

from collections.abc import Collection
from decimal import Decimal

from gridtrader.simulation.life import SimAccount
from gridtrader.simulator.core import model


def held_symbols(account: SimAccount) -> list[str]:
    """Return the symbols in which nothing may be opened: the contract does not trade, the disk takes no journal."""
    if account.disk.is_full:
        return account.symbols
    instruments = account.venue.exchange.instruments
    return [symbol for symbol in account.symbols if instruments[symbol].status != "Trading"]


def quotes_of(account: SimAccount, held: Collection[str]) -> dict[str, model.Quote]:
    """Return the prices of the symbols in which the bot may act, and hears of them."""
    free = [symbol for symbol in account.symbols if symbol not in held and symbol not in account.prices_down]
    return {symbol: account.venue.exchange.quote(symbol) for symbol in free}


def prices_of(account: SimAccount) -> dict[str, Decimal]:
    """Return the last prices of the symbols of whose prices the bot hears."""
    quote, down = account.venue.exchange.quote, account.prices_down
    return {symbol: quote(symbol).last for symbol in account.symbols if symbol not in down}


def out_of_band(account: SimAccount) -> set[str]:
    """Return the symbols in which the exchange refuses a level for its price: it comes to rest with the price."""
    if account.life is None or account.venue.exchange.options.price_limit != "reject":
        return set()
    return {symbol for symbol, known in account.life.engine.book.symbols.items() if known.refused_legs}
