"""From the simulated exchange's words to the bot's."""

from gridtrader.paper.translate import (
    INDEX,
    SIDES,
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
    "SIDES",
    "execution_of",
    "flat_report",
    "instrument_of",
    "order_report",
    "position_report",
    "quote_of",
    "request_of",
    "wallet_of",
]
