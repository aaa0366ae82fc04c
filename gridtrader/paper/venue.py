"""A dry run put together: exchange, gateway, prices and funding of one account, and how it goes on after a restart.

Everything here belongs to the account's own thread.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from gridtrader.domain.types import FeeRates, Quote
from gridtrader.engine.errors import CannotStart
from gridtrader.engine.ports import ArchiveError, GatewayError, NewQuote, StreamMessage, StreamUp
from gridtrader.paper.calls import CONTRACT, FOUNDED, FUNDING, SINCE, CallFile, CallsError, Founding, tell_again
from gridtrader.paper.clock import DayClock
from gridtrader.paper.contracts import ContractRows, PublicMarket, ask_contracts, kept_contracts, warn_of_changes
from gridtrader.paper.dry_gateway import DryRunGateway
from gridtrader.paper.funding import Funding, Timetable
from gridtrader.paper.inbox import MarketInbox
from gridtrader.paper.recorded import RecordedExchange
from gridtrader.simulator.core import model
from gridtrader.store.journal import Entry
from gridtrader.store.journal_lines import Record

_NOT_CALLS = frozenset({FOUNDED, CONTRACT, SINCE})
_TRADING = "Trading"
_MANY_CALLS = 200_000
"""A lively symbol makes some thousand a month; ten thousand are told again in about a second."""


@dataclass(frozen=True, slots=True)
class DryRunTerms:
    """What a dry run is to be: USDT to begin with (once), fee rates as fractions, and whose prices it is about."""

    symbols: Sequence[str]
    balance: Decimal
    fees: FeeRates
    venue: str


@dataclass(slots=True)
class PaperStream:
    """The private stream of a dry run: it is up at once, and whatever happens is told without it."""

    inbox: MarketInbox

    def start(self) -> None:
        self.inbox.put(StreamUp())

    def stop(self) -> None:
        """Nothing is open."""


@dataclass(slots=True)
class DryRunVenue:
    """The exchange of one dry run, from when it is opened until `close`."""

    exchange: RecordedExchange
    gateway: DryRunGateway
    clock: DayClock
    funding: Funding
    log: logging.Logger
    file: CallFile
    _is_failing: bool = field(default=False, init=False)

    def market(self, quotes: Sequence[NewQuote]) -> Sequence[StreamMessage]:
        """Move the market, settle the funding that is due, and return what came of both."""
        for symbol, quote in quotes:
            self.move(symbol, quote)
        self.funding.attend(self.clock.now_ms())
        news = self.gateway.news()
        return [] if news is None else [news]

    def move(self, symbol: str, quote: Quote) -> None:
        """Move one contract's price; the mark price is taken to be the last one. Where what it fills cannot be
        written down the market stands still instead, until it can."""
        told = model.Quote(quote.last, quote.bid, quote.ask, mark=quote.last, index=quote.last)
        try:
            self.exchange.set_quote(symbol, told, self.clock.tick())
        except ArchiveError as error:
            if not self._is_failing:
                self.log.critical("the dry run's market stands still, nothing can be written down: %s", error)
            self._is_failing = True
        else:
            self._is_failing = False

    def close(self) -> None:
        self.file.close()


def open_venue(
    terms: DryRunTerms,
    folder: Path,
    market: PublicMarket,
    inbox: MarketInbox,
    now_ms: Callable[[], int],
    log: logging.Logger,
    timetable: Timetable | None = None,
) -> DryRunVenue:
    """Open the exchange of a dry run whose files are in `folder`: begin it, or go on with it.

    Raises CannotStart if the exchange's public data cannot be had, or the files cannot be used.
    """
    rows = ask_contracts(market, terms.symbols)
    try:
        file = CallFile(folder, now_ms)
    except (ArchiveError, CallsError) as error:
        raise CannotStart(str(error)) from error
    try:
        return _Opening(terms, market, inbox, now_ms, log, timetable or Timetable(), file, rows).run()
    except GatewayError as error:
        file.close()
        raise CannotStart(f"the exchange cannot be read: {error}", is_passing=True) from error
    except (ArchiveError, CallsError) as error:
        file.close()
        raise CannotStart(str(error)) from error
    except BaseException:
        file.close()
        raise


@dataclass(slots=True)
class _Opening:
    """The steps of opening; raises GatewayError, ArchiveError or CallsError."""

    terms: DryRunTerms
    public: PublicMarket
    inbox: MarketInbox
    now_ms: Callable[[], int]
    log: logging.Logger
    timetable: Timetable
    file: CallFile
    rows: Mapping[str, ContractRows]

    def run(self) -> DryRunVenue:
        found = self.file.read()
        if found:
            self._check_venue(found[0])
        records = self._founded(found)
        exchange, last_ms = self._rebuild(records)
        clock = DayClock(self.now_ms, last_ms)
        exchange.record(self.file.write)
        gateway = DryRunGateway(exchange, clock, self.inbox, self.terms.fees, self.log)
        funding = Funding(
            self.public,
            lambda symbol, due: exchange.settle(symbol, due.rate, due.due_ms, clock.tick()),
            self._last_settlements(records),
            self.timetable,
            self.log,
        )
        venue = DryRunVenue(exchange, gateway, clock, funding, self.log, self.file)
        self._renew_terms(exchange, clock)
        for symbol in self.terms.symbols:
            if exchange.instruments[symbol].status == _TRADING:
                venue.move(symbol, self.public.quote(symbol))
            elif not _has_market(exchange, symbol):
                raise CannotStart(f"symbol {symbol} is not trading at the exchange; take it out of the configuration")
        funding.attend(clock.now_ms())
        exchange.drain()  # the account is about to be read as a whole
        self.inbox.market = venue.market
        return venue

    def _founded(self, records: list[Record]) -> list[Record]:
        """Return the file's records after writing down what a new dry run, or a new contract of it, begins with."""
        now = self.now_ms()
        entries = []
        if not records:
            fees = self.terms.fees
            founding = Founding(now, now, self.terms.balance, fees.maker, fees.taker, self.terms.venue)
            entries.append(founding.entry())
            self.log.info("the dry run begins, with %s USDT", self.terms.balance)
        kept = {record.data.get("symbol") for record in records if record.kind == CONTRACT}
        entries += [rows.entry(symbol, now) for symbol, rows in self.rows.items() if symbol not in kept]
        known = {record.data.get("symbol") for record in records if record.kind in (SINCE, FUNDING)}
        for symbol in self.terms.symbols:
            if symbol not in known:
                newest = max((each.due_ms for each in self.public.settlements(symbol)), default=0)
                entries.append(Entry(SINCE, {"symbol": symbol, "due": newest, "at": now}))
        if entries:
            self.file.write(entries)
            return self.file.read()
        return records

    def _check_venue(self, first: Record) -> None:
        """Refuse a file that tells of other prices, before anything is written into it."""
        venue = first.data.get("venue")
        if first.kind == FOUNDED and venue != self.terms.venue:
            raise CannotStart(
                f"{self.file.path} tells of trading on {venue!r}, this is {self.terms.venue!r}: use another "
                f"--accounts-dir, or move the folder away"
            )

    def _rebuild(self, records: Sequence[Record]) -> tuple[RecordedExchange, int]:
        """Return the exchange as it was, and the time of its last change."""
        path = self.file.path
        contracts = kept_contracts(records, path)
        warn_of_changes(contracts, {symbol: rows.parse(symbol) for symbol, rows in self.rows.items()}, self.log)
        if records[0].kind != FOUNDED:
            raise CallsError(path, "its beginning is missing")
        try:
            founding = Founding.of(records[0].data)
            exchange = RecordedExchange(contracts, founding)
        except (KeyError, TypeError, ValueError, ArithmeticError) as error:
            raise CallsError(path, f"its first record makes no sense: {error!r}") from None
        calls = [record for record in records if record.kind not in _NOT_CALLS]
        last_ms = max(tell_again(exchange, calls, path), founding.at_ms)
        exchange.drain()
        if len(calls) > _MANY_CALLS:
            self.log.warning(
                "the dry run's file has %d calls, and every start tells them all again; to begin anew with an empty "
                "one move %s away",
                len(calls),
                path.parent,
            )
        if calls:
            self.log.info("the dry run goes on: its exchange was rebuilt from %d calls", len(calls))
        return exchange, last_ms

    def _last_settlements(self, records: Sequence[Record]) -> dict[str, int]:
        last: dict[str, int] = {}
        for record in records:
            if record.kind in (SINCE, FUNDING):
                symbol = str(record.data["symbol"])
                last[symbol] = max(last.get(symbol, 0), int(record.data["due"]))
        return {symbol: last[symbol] for symbol in self.terms.symbols}

    def _renew_terms(self, exchange: RecordedExchange, clock: DayClock) -> None:
        """Take over what may change in a running dry run: the fee rates, and whether a contract trades."""
        fees = self.terms.fees
        exchange.set_fees(fees.maker, fees.taker, clock.tick())
        for symbol, rows in self.rows.items():
            status = str(rows.info["status"])
            if exchange.instruments[symbol].status != status:
                exchange.set_status(symbol, status, clock.tick())


def _has_market(exchange: RecordedExchange, symbol: str) -> bool:
    """Whether there ever was a price."""
    try:
        exchange.quote(symbol)
    except model.Reject:
        return False
    return True
