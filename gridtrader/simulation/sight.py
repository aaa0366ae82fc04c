"""What one life of the bot has been told of its streams and prices, what it has read since, when it last looked."""

from collections.abc import Iterable, Sequence
from typing import Final

from gridtrader.engine.ports import (
    Event,
    NewQuote,
    PricesDown,
    PricesUp,
    StreamDown,
    StreamLost,
    StreamMessage,
    StreamUp,
)
from gridtrader.simulation.hub import Hub

READS: Final = ("executions", "positions", "open orders")
"""What makes a picture of a symbol whole again (A5, T6)."""


class Sight:
    """Fed by the inbox and the desk. What lies unread in the inbox has not been told."""

    def __init__(self, hub: Hub, symbols: Sequence[str]) -> None:
        self._hub = hub
        self._symbols = symbols
        self.is_blind = False
        """Whether it has been told that its private stream is down."""
        self.owed: dict[tuple[str, str], None] = {}
        """What is to be read, of which symbol, before it acts: it has been told that it has missed something."""
        self.prices_down: set[str] = set()
        """Symbols whose price stream it has been told is given up."""
        self.outdated: set[str] = set()
        """Symbols of which it has been told a fill since it last read their positions."""
        self._heard: dict[str, int] = {}
        self._pass_ms: int | None = None

    def took(self, events: Iterable[Event]) -> None:
        """Note that it has taken these events out of its inbox, now."""
        self._pass_ms = None
        for event in events:
            match event:
                case NewQuote(symbol):
                    self._heard[symbol] = self._hub.now
                case StreamDown() | StreamLost():
                    self.is_blind = True
                case StreamUp():
                    self.is_blind = False
                    self._owes_everything()
                case StreamMessage(executions=executions, errors=errors):
                    self.outdated.update(execution.symbol for execution in executions)
                    if errors:
                        self._owes_everything()
                case PricesDown(symbol):
                    self.prices_down.add(symbol)
                case PricesUp(symbol):
                    self.prices_down.discard(symbol)

    def _owes_everything(self) -> None:
        self.owed = {(what, symbol): None for symbol in self._symbols for what in READS}

    def read(self, what: str, symbol: str) -> None:
        """Note an answer it has got by REST."""
        self.owed.pop((what, symbol), None)
        if what == "positions":
            self.outdated.discard(symbol)
        if what == "quote":
            self._heard[symbol] = self._hub.now

    def acts(self) -> int:
        """Return when the pass began that sends something now: with its first command nothing has been waited for."""
        if self._pass_ms is None:
            self._pass_ms = self._hub.now
        return self._pass_ms

    def price_age_ms(self, symbol: str) -> int | None:
        """Return how old its price was when the pass began; None if it has none."""
        heard = self._heard.get(symbol)
        return None if heard is None else self.acts() - heard
