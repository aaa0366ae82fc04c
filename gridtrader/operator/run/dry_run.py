"""Dry runs for the daemon: an account's exchange in this process, fed by what the real one tells everybody.

Nothing here has a key, and only the client library's public `get_…` methods are called: no request of a dry run is
ever signed, and no private stream is opened.
"""

import logging
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar, cast

from gridtrader.daemon import wiring
from gridtrader.daemon.edge import Connection, DryRunEdge, Edge, Shared, SharedPrices
from gridtrader.domain.types import Quote
from gridtrader.engine.ports import Refusal, Refused, Unreachable
from gridtrader.exchange import codes
from gridtrader.exchange import market as parse
from gridtrader.exchange.fields import BadMessage, Row
from gridtrader.operator.direct import Direct
from gridtrader.paper.contracts import ContractRows
from gridtrader.paper.funding import Settlement, Timetable
from gridtrader.paper.inbox import MarketInbox
from gridtrader.paper.venue import DryRunTerms, PaperStream, open_venue
from gridtrader.settings import AccountSettings

DRY_RUN: Final = "dry run"
EMBEDDED_TIMETABLE: Final = Timetable(period_ms=5_000, delays_ms=(0,))
"""Where market time runs faster than ours, settlements come at any moment of it."""

Found = TypeVar("Found")


def dry_run_edge(timetable: Timetable | None = None) -> DryRunEdge:
    """Return what makes the edges of dry runs; `timetable` says when to ask for funding."""

    def make(account: AccountSettings, shared: Shared) -> Edge:
        return _Edge(account, shared, timetable or Timetable())

    return make


class _Edge:
    """One account in dry run."""

    def __init__(self, account: AccountSettings, shared: Shared, timetable: Timetable) -> None:
        self.venue = DRY_RUN if shared.venue == "bybit" else f"{DRY_RUN}, {shared.venue}"
        self.inbox = MarketInbox(shared.clock.now_ms)
        self._account = account
        self._shared = shared
        self._timetable = timetable

    def open(self, folder: Path, log: logging.Logger) -> Connection:
        """Raises CannotStart."""
        shared, account = self._shared, self._account
        settings = wiring.engine_settings(account, shared.system, self.venue)
        hosts = wiring.hosts_of(shared.system, demo=account.demo_trading)
        budget = shared.rates.account(f"{account.id}, dry run")
        direct = Direct(hosts.rest, None, shared.edge, budget, shared.clock.now_ms)

        def close() -> None:
            direct.close()
            budget.leave()

        symbols = [symbol.symbol for symbol in account.symbols]
        terms = DryRunTerms(symbols, account.dry_run_balance_usdt, settings.fallback_fees, self.venue)
        log.warning("this account is in dry run: nothing it does or owns is real")
        try:
            public = PublicData(direct, shared.clock.now_ms, lambda: self.inbox.is_closed, log)
            venue = open_venue(terms, folder, public, self.inbox, shared.clock.now_ms, log, self._timetable)
        except BaseException:
            close()
            raise

        def close_all() -> None:
            venue.close()
            close()

        prices = SharedPrices(shared.tickers, self.inbox, account.demo_trading)
        return Connection(venue.gateway, PaperStream(self.inbox), prices, close_all)


class PublicData:
    """The exchange's public data, as a dry run needs them. Raises `Refused` or `Unreachable`."""

    def __init__(
        self,
        direct: Direct,
        now_ms: Callable[[], int],
        is_over: Callable[[], bool],
        log: logging.Logger,
    ) -> None:
        """`is_over`: whether the account has been told to end; then nothing more is asked."""
        self._direct = direct
        self._now_ms = now_ms
        self._is_over = is_over
        self._log = log

    def contract(self, symbol: str) -> ContractRows:
        """Return a contract's rows, whether it trades or not; `Refused` (INVALID) if there is none of that name."""
        for asked in parse.contract_questions(symbol):
            found = self._ask(f"instruments-info {symbol}", partial(self._direct.instruments, asked), _list)
            if found:
                tiers = self._ask(f"risk-limit {symbol}", lambda: self._direct.risk_limit(symbol), _list)
                return ContractRows(found[0], tiers)
        raise Refused(Refusal.INVALID, codes.OK, f"no linear contract {symbol} is listed")

    def quote(self, symbol: str) -> Quote:
        """Return the market now."""
        now = self._now_ms()

        def read(result: Row) -> Quote:
            (row,) = _list(result)
            return parse.quote(row, result.place, now)

        return self._ask(f"tickers {symbol}", lambda: self._direct.ticker(symbol), read)

    def settlements(self, symbol: str) -> Sequence[Settlement]:
        """Return the newest settlements."""

        def read(result: Row) -> list[Settlement]:
            rows = [Row(row, f"{result.place} {symbol}") for row in _list(result)]
            return [
                Settlement(row.whole("fundingRateTimestamp", least=1), row.decimal("fundingRate")) for row in rows
            ]

        return self._ask(f"funding/history {symbol}", lambda: self._direct.funding_history(symbol), read)

    def _ask(self, what: str, question: Callable[[], Row], read: Callable[[Row], Found]) -> Found:
        if self._is_over():
            raise Unreachable(f"{what}: not asked, the account has been told to end")
        self._log.info("public request %s", what)
        try:
            return read(question())
        except (BadMessage, ValueError) as error:
            raise Unreachable(f"{what}: {error}") from None


def _list(result: Row) -> list[dict[str, Any]]:
    """Return the rows of a list. Raises BadMessage."""
    found = result.list("list")
    if not all(isinstance(row, dict) for row in found):
        raise result.bad("list", "a list of JSON objects")
    return cast(list[dict[str, Any]], list(found))
