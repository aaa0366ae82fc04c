"""How an account reaches its exchange: with its key, over the network - or, in a dry run, not at all."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from gridtrader.daemon import wiring
from gridtrader.daemon.clock import SystemClock
from gridtrader.daemon.session import PriceSockets, PrivateSocket
from gridtrader.engine.inbox import Inbox
from gridtrader.engine.ports import Gateway
from gridtrader.exchange.client import BybitClient
from gridtrader.exchange.credentials import ApiKey
from gridtrader.exchange.private_stream import PrivateStream
from gridtrader.exchange.rate_budget import RateBudget
from gridtrader.exchange.settings import EdgeSettings
from gridtrader.exchange.supervisor import ConnectionBudget
from gridtrader.exchange.tickers import TickerHub
from gridtrader.settings import AccountSettings, SystemSettings


@dataclass(frozen=True, slots=True)
class Shared:
    """What all accounts of the process have in common, each part of it safe for many threads."""

    system: SystemSettings
    edge: EdgeSettings
    rates: RateBudget
    connections: ConnectionBudget
    tickers: TickerHub
    clock: SystemClock
    venue: str


@dataclass(frozen=True, slots=True)
class Connection:
    """What an account's engine and session work with, for one life of the account."""

    gateway: Gateway
    stream: PrivateSocket
    prices: PriceSockets
    close: Callable[[], None]


class Edge(Protocol):
    """One account's way to its exchange. Made by the supervisor; `open` is called once, by the account's thread."""

    @property
    def venue(self) -> str:
        """Return whose fills the account's files tell of."""
        ...

    @property
    def inbox(self) -> Inbox: ...
    def open(self, folder: Path, log: logging.Logger) -> Connection:
        """Return the connection; nothing private has been asked yet. Raises CannotStart."""
        ...


DryRunEdge = Callable[[AccountSettings, Shared], Edge]
"""Makes the edge of a dry run. It is handed in: what plays an exchange is no part of the daemon."""


class LiveEdge:
    """An account on the exchange, with its key."""

    def __init__(self, account: AccountSettings, key: ApiKey, shared: Shared) -> None:
        self.venue = shared.venue
        self.inbox = Inbox(shared.clock.now_ms)
        self._account = account
        self._key = key
        self._shared = shared

    def open(self, folder: Path, log: logging.Logger) -> Connection:  # noqa: ARG002  # it keeps no files of its own
        shared, account = self._shared, self._account
        hosts = wiring.hosts_of(shared.system, demo=account.demo_trading)
        budget = shared.rates.account(account.id)
        client = BybitClient(self._key, hosts, shared.edge, budget, shared.clock, log, demo=account.demo_trading)
        stream = PrivateStream(
            account.id, self._key, hosts, self.inbox, shared.connections, shared.edge, shared.clock, client.skew, log
        )
        prices = SharedPrices(shared.tickers, self.inbox, account.demo_trading)
        return Connection(client, stream, prices, client.close)


class SharedPrices:
    """One account's subscriptions at the shared price sockets (A2)."""

    def __init__(self, tickers: TickerHub, inbox: Inbox, demo: bool) -> None:
        self._tickers = tickers
        self._inbox = inbox
        self._demo = demo

    def subscribe(self, symbol: str) -> None:
        self._tickers.subscribe(symbol, self._demo, self._inbox)

    def unsubscribe(self, symbol: str) -> None:
        self._tickers.unsubscribe(symbol, self._demo, self._inbox)
