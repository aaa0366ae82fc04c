"""`BybitClient`: one account's REST face of the exchange, the `Gateway` of `gridtrader.engine.ports`."""

import logging

from gridtrader.engine.ports import Clock
from gridtrader.exchange.commands import Commands
from gridtrader.exchange.credentials import ApiKey
from gridtrader.exchange.hosts import Hosts
from gridtrader.exchange.rate_budget import AccountBudget
from gridtrader.exchange.reads import Reads
from gridtrader.exchange.settings import EdgeSettings
from gridtrader.exchange.skew import ClockSkew
from gridtrader.exchange.wire import Wire


class BybitClient(Reads, Commands):
    """Requests and replies go to `log` at INFO, refusals at WARNING, what does not fit at ERROR; no secret does.

    Without a key (a dry run) only `instrument` and `quote` work; everything else is refused unsent. Calls from
    several threads are safe and wait for each other; those that wait for the rate limits are ordered by their lanes.
    """

    def __init__(
        self,
        key: ApiKey | None,
        hosts: Hosts,
        settings: EdgeSettings,
        budget: AccountBudget,
        clock: Clock,
        log: logging.Logger,
        *,
        demo: bool,
    ) -> None:
        self._hosts = hosts
        self._key = key
        wire = Wire(hosts.rest, key, settings, budget, clock, log)
        Reads.__init__(self, wire, settings, demo=demo)
        Commands.__init__(self, wire, settings, log)

    def __repr__(self) -> str:
        return f"BybitClient({self._hosts.rest}, {self._key.masked if self._key else 'no key'})"

    @property
    def skew(self) -> ClockSkew:
        """The exchange's clock as this client has learned it; the private stream signs with it too."""
        return self._wire.skew

    def close(self) -> None:
        """Close the connections and give the account's share of the rate limits back."""
        self._wire.close()
        self._wire.budget.leave()
