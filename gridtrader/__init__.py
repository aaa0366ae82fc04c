"""GRID-Trader: a two-sided grid trading daemon for Bybit USDT perpetuals, many accounts in one process."""

__version__ = "0.1.0"

from gridtrader.domain import exact

exact.install()
