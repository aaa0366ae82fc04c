"""The inbox of a dry run: the exchange sees each price before the engine does."""

from collections.abc import Callable, Sequence

from gridtrader.engine.inbox import Inbox
from gridtrader.engine.ports import Event, NewQuote, StreamMessage


class MarketInbox(Inbox):
    """Takes prices to the account's exchange, and what they do there to the engine, together with the prices.

    `drain` is called by the engine's thread only; so the exchange belongs to that thread alone.
    """

    market: Callable[[Sequence[NewQuote]], Sequence[StreamMessage]] | None = None
    """Moves the market and returns what came of it; until it is there, prices are only handed on."""

    def drain(self) -> list[Event]:
        """Take everything that is there: private events, what the newest quotes have caused, then those quotes."""
        events = super().drain()
        if self.market is None:
            return events
        quotes = [event for event in events if isinstance(event, NewQuote)]
        others = [event for event in events if not isinstance(event, NewQuote)]
        return [*others, *self.market(quotes), *quotes]
