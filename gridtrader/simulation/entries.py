"""The law S3: an entry that has not filled follows the market; one left behind is a symbol that stands still."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from gridtrader.audit.books import LONG, SIGN, BookOrder
from gridtrader.domain.types import OrderKind
from gridtrader.simulator.core.model import Quote

LEFT_BEHIND_MS: Final = 90_000
"""How long, in peace, an entry may stay where nobody trades any more: three prices, and a refusal or two."""


class Entries:
    """Since when each entry of an account has been left behind by the market, in peace."""

    def __init__(self) -> None:
        self._since: dict[str, int] = {}

    def look(self, orders: Iterable[BookOrder], quotes: Mapping[str, Quote], peace_ms: int) -> Iterator[str]:
        """Take in the open orders; `quotes` are those of symbols in which the bot may act. Give what is broken."""
        behind: dict[str, int] = {}
        for order in orders:
            quote = quotes.get(order.symbol)
            if quote is None or order.name is None or order.name.slot.kind is not OrderKind.ENTRY:
                continue
            touch = quote.ask if order.leg == LONG else quote.bid
            if (touch - order.price) * SIGN[order.leg] <= 0 or order.asked_price is not None:
                continue
            since = behind[order.order_id] = self._since.get(order.order_id, peace_ms)
            if peace_ms - since > LEFT_BEHIND_MS:
                yield (
                    f"{order.symbol}: S3: {order.name.encode()} waits at {order.price} for {peace_ms - since} ms of "
                    f"peace, the market is at {touch}"
                )
        self._since = behind
