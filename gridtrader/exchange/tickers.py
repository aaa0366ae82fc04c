"""Public prices: one ticker socket per symbol and world, shared by all accounts that want it (A2)."""

import logging
import threading
from collections.abc import Mapping

from gridtrader.domain.types import Quote
from gridtrader.engine.ports import Clock, NewQuote, PricesDown, PricesUp, Sink
from gridtrader.exchange.couriers import Couriers, Letter, Mailbox
from gridtrader.exchange.fields import BadMessage
from gridtrader.exchange.hosts import Hosts
from gridtrader.exchange.market import TickerBook
from gridtrader.exchange.settings import EdgeSettings
from gridtrader.exchange.stream import Listener, Stream
from gridtrader.exchange.supervisor import ConnectionBudget, Supervisor

_SHOWN = 300


class TickerHub:
    """Opens a symbol's socket with its first subscriber and closes it with its last. Safe to use from any thread.

    Sinks get `NewQuote`, `PricesDown` when the socket could not be rebuilt within its attempts, and `PricesUp` when
    it is back. They are called from the hub's own threads; a slow or failing one keeps no other waiting.
    """

    def __init__(
        self,
        mainnet: Hosts,
        demo: Hosts,
        connections: ConnectionBudget,
        settings: EdgeSettings,
        clock: Clock,
        log: logging.Logger,
    ) -> None:
        self._hosts = {False: mainnet, True: demo}
        self._connections = connections
        self._settings = settings
        self._clock = clock
        self._log = log
        self._couriers = Couriers(settings.sink_patience_s, clock, log)
        self._lock = threading.Lock()
        self._feeds: dict[tuple[str, bool], _Feed] = {}
        self._is_closed = False

    def subscribe(self, symbol: str, demo: bool, sink: Sink) -> None:
        """Send the symbol's prices to `sink` from now on; what is known already comes at once.

        A second subscription of the same sink changes nothing. Raises RuntimeError after `close`.
        """
        box = Mailbox(sink)
        is_new = False
        with self._lock:
            if self._is_closed:
                raise RuntimeError(f"prices of {symbol} are asked for after the end of the ticker hub")
            feed = self._feeds.get((symbol, demo))
            if feed is None:
                is_new = True
                feed = self._feeds[symbol, demo] = self._new_feed(symbol, demo=demo)
            elif feed.box_of(sink) is not None:
                return
            feed.boxes += (box,)
        if is_new:
            feed.supervisor.start()
        feed.greet(box)

    def unsubscribe(self, symbol: str, demo: bool, sink: Sink) -> None:
        """Send `sink` nothing more; closes the socket if it was the last. Nothing happens if it was none."""
        with self._lock:
            feed = self._feeds.get((symbol, demo))
            box = feed.box_of(sink) if feed is not None else None
            if feed is None or box is None:
                return
            feed.boxes = tuple(other for other in feed.boxes if other is not box)
            is_last = not feed.boxes
            if is_last:
                del self._feeds[symbol, demo]
        self._couriers.close_box(box)
        if is_last:
            feed.supervisor.stop()

    def quote(self, symbol: str, demo: bool) -> Quote | None:
        """Return the last known market of a subscribed symbol, however old: `Quote.at_ms` tells."""
        with self._lock:
            feed = self._feeds.get((symbol, demo))
        return feed.quote if feed is not None else None

    def symbols(self) -> list[tuple[str, bool]]:
        """Return (symbol, demo) of every open socket."""
        with self._lock:
            return list(self._feeds)

    def close(self) -> None:
        """Close all sockets and end all threads."""
        with self._lock:
            self._is_closed = True
            feeds = list(self._feeds.values())
            self._feeds.clear()
        for feed in feeds:
            feed.supervisor.ask_to_stop()
        for feed in feeds:
            feed.supervisor.stop()
        self._couriers.close()

    def _new_feed(self, symbol: str, *, demo: bool) -> "_Feed":
        name = f"ticker-{symbol}{'-demo' if demo else ''}"
        url = self._hosts[demo].ws_public
        settings, clock, log = self._settings, self._clock, self._log

        def make(listener: Listener) -> Stream:
            topics = [f"tickers.{symbol}"]
            return Stream(url, None, topics, listener, settings, clock, clock.now_ms, log, name=f"{name}-reader")

        feed = _Feed(symbol, name, self._couriers, settings, clock, log)
        feed.supervisor = Supervisor(
            name,
            make,
            feed,
            self._connections,
            settings,
            clock,
            log,
            attempts=settings.public_attempts,
            then_every_s=settings.public_retry_s,
            ails=feed.ails,
        )
        return feed


class _Feed:
    """One socket's prices and those who want them.

    `boxes` is replaced as a whole under the hub's lock; the rest is written by the supervisor's threads, of which
    only one at a time tells anything. So prices travel without a lock.
    """

    supervisor: Supervisor

    def __init__(
        self,
        symbol: str,
        name: str,
        couriers: Couriers,
        settings: EdgeSettings,
        clock: Clock,
        log: logging.Logger,
    ) -> None:
        self.boxes: tuple[Mailbox, ...] = ()
        self.quote: Quote | None = None
        self._symbol = symbol
        self._name = name
        self._couriers = couriers
        self._clock = clock
        self._leeway_ms = settings.max_clock_skew_ms  # without an account, nobody tells the exchange's time
        self._refresh_ms = settings.quote_refresh_ms
        self._mute_s = settings.mute_s
        self._priced_at = 0.0
        """When a push last told a price, or that it still stands (monotonic seconds); or since when it should."""
        self._log = log
        self._book = TickerBook(symbol, self._refresh_ms)
        self._down: PricesDown | None = None
        self._is_strange = False

    def box_of(self, sink: Sink) -> Mailbox | None:
        return next((box for box in self.boxes if box.sink is sink), None)

    def greet(self, box: Mailbox) -> None:
        """Tell a new subscriber what the others know, in step with what they are told meanwhile."""
        told: PricesDown | None = None
        if self._down is None and self.quote is not None:
            self._couriers.post(box, NewQuote(self._symbol, self.quote))
        while (down := self._down) is not told:
            self._couriers.post(box, down if down is not None else PricesUp(self._symbol))
            told = down

    def _tell(self, letter: Letter) -> None:
        for box in self.boxes:
            self._couriers.post(box, letter)

    # --- what the supervisor tells ---

    def up(self) -> None:
        self._book = TickerBook(self._symbol, self._refresh_ms)
        self._priced_at = self._clock.monotonic()
        if self._down is not None:
            self._down = None
            self._tell(PricesUp(self._symbol))

    def message(self, message: Mapping[str, object], text: str) -> None:
        try:
            quote = self._book.update(message, self._clock.now_ms() + self._leeway_ms)
        except BadMessage as error:
            if not self._is_strange:  # a market that stays strange says so ten times a second
                self._log.warning("%s: %s: %s", self._name, error, text[:_SHOWN])
            self._is_strange = True
            return
        self._is_strange = False
        if quote is not None:
            self.quote = quote
            self._priced_at = self._clock.monotonic()
            self._tell(NewQuote(self._symbol, quote))

    def garbage(self, text: str, reason: str) -> None:
        self._log.warning("%s: %s: %s", self._name, reason, text[:_SHOWN])

    def ails(self) -> str:
        """Whether a connection that answers pings has stopped telling prices: nobody would ever replace it."""
        mute_s = self._clock.monotonic() - self._priced_at
        return f"no price for {mute_s:.1f} s" if mute_s > self._mute_s else ""

    def down(self, reason: str) -> None:
        """Nothing yet: prices age, and the attempts have only begun."""

    def exhausted(self, reason: str) -> None:
        self._log.critical("%s: %s; no prices, further attempts follow", self._name, reason)
        self._down = PricesDown(self._symbol, reason)
        self._tell(self._down)
