"""The exchange behind the wire: the pure core, its market and clocks, the accounts, and who is told what happened."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from random import Random

from gridtrader.simulator.core.api import ExchangeCore
from gridtrader.simulator.core.model import Event, Instrument, Order, OrderChanged, Quote
from gridtrader.simulator.market.api import Market, Point
from gridtrader.simulator.server.accounts import Account, AccountBook, AccountSpec
from gridtrader.simulator.server.book import touch_sizes
from gridtrader.simulator.server.clock import ApiClock, MarketClock
from gridtrader.simulator.server.options import WireOptions
from gridtrader.simulator.server.params import bad
from gridtrader.simulator.server.reads import Reads
from gridtrader.simulator.server.rows import markets
from gridtrader.simulator.server.tape import Tape

log = logging.getLogger(__name__)

Notice = Mapping[str, object]
Listener = Callable[[Sequence[Event]], None]


class Venue:
    """One market, two worlds of accounts. Everything runs in one thread."""

    def __init__(
        self,
        core: ExchangeCore,
        market: Market,
        *,
        clock: ApiClock,
        market_clock: MarketClock,
        options: WireOptions,
        seed: int,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.core = core
        self.market = market
        self.clock = clock
        self.market_clock = market_clock
        self.options = options
        self.monotonic = monotonic
        self.accounts = AccountBook()
        self.reads = Reads(core, options, self.now)
        self.notices: list[Notice] = []
        """What `system/status` announces."""
        self.random = Random(f"{seed}:wire")
        self.tapes = {
            symbol: Tape(core.instruments[symbol], Random(f"{seed}:tape:{symbol}")) for symbol in market.symbols()
        }
        self.bugs: list[str] = []
        """Tracebacks of what should never happen; empty in a healthy exchange."""
        self._listeners: list[Listener] = []
        self._latest = 0

    def now(self) -> int:
        """Return API time for what is written into the books: it never goes back, even if the clock does."""
        self._latest = max(self._latest, self.clock.now())
        return self._latest

    # --- contracts and prices ---

    @property
    def instruments(self) -> Mapping[str, Instrument]:
        return self.core.instruments

    def instrument(self, symbol: str) -> Instrument:
        """Return a contract, or raise Reject 10001."""
        found = self.core.instruments.get(symbol)
        if found is None:
            raise bad("Not supported symbols")
        return found

    def move(self, symbol: str, point: Point) -> None:
        """Let the market of a symbol go to `point`."""
        now = self.now()
        self.core.set_quote(symbol, quote_of(point), now)
        self.tapes[symbol].record(point, now)

    def ticker(self, symbol: str) -> dict[str, str]:
        """Return the fields that the REST ticker and the ticker topic share."""
        instrument, quote = self.core.instruments[symbol], self.core.quote(symbol)
        market_time, rate = self.market.next_funding(symbol)
        due = self.market_clock.in_api_time(market_time, self.clock.now())
        return markets.ticker_fields(
            instrument, quote, self.market.day(symbol), (due, rate), touch_sizes(instrument, quote)
        )

    # --- accounts ---

    def open_account(self, spec: AccountSpec) -> Account:
        """Open an account with its first money. Raises BadAccount."""
        now = self.now()
        fees = self.core.options
        account = self.accounts.add(spec, now, fees.maker_fee, fees.taker_fee)
        self.core.open_account(account.uid, spec.world, spec.usdt, now)
        self.reads.open_account(account.uid)
        self.publish()
        return account

    def flat_text(self) -> str:
        """Return what the next flat leg shows for what it has none of."""
        choice = self.options.flat_leg
        if choice == "random":
            return self.random.choice(("", "0"))
        return "" if choice == "empty" else "0"

    # --- events ---

    def listen(self, listener: Listener) -> None:
        """Have `listener` told of all events from now on; it must not call the core."""
        self._listeners.append(listener)

    def publish(self) -> None:
        """Tell the listeners what has happened since the last time."""
        events = self.core.drain()
        if events:
            self._tell(events)

    def repeat_fill(self, order: Order) -> None:
        """Push a filled order once more, as the wire does when a cancel and a fill cross."""
        again = replace(order, cancel_type="CancelByUser", reject_reason="EC_OrigClOrdIDDoesNotExist")
        self._tell([OrderChanged(order.uid, again)])

    def _tell(self, events: Sequence[Event]) -> None:
        for uid in dict.fromkeys(event.uid for event in events):
            self.reads.note(uid)
        for listener in self._listeners:
            listener(events)

    def report_bug(self, text: str) -> None:
        """Keep and log something that should never happen."""
        self.bugs.append(text)
        log.error("the exchange has a bug: %s", text)


def quote_of(point: Point) -> Quote:
    """Return the quote of a point."""
    return Quote(point.last, point.bid, point.ask, point.mark, point.index, point.bid_size, point.ask_size)
