"""From the embedded exchange's words to the bot's."""

from gridtrader.simulation.translate import (
    INDEX,
    execution_of,
    flat_report,
    instrument_of,
    order_report,
    position_report,
    quote_of,
    request_of,
    wallet_of,
)

__all__ = [
    "INDEX",
    "execution_of",
    "flat_report",
    "instrument_of",
    "order_report",
    "position_report",
    "quote_of",
    "request_of",
    "wallet_of",
]
