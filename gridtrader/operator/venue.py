"""The exchange as the operator's tools reach it: they only ask, and they leave a running daemon its share.

Together with a daemon on the same address the tools must stay below the exchange's limit of 600 requests in five
seconds; the daemon takes 480 of them unless configured otherwise.
"""

import logging
from dataclasses import replace
from typing import Final

from gridtrader.daemon import wiring
from gridtrader.engine.ports import Clock
from gridtrader.exchange.client import BybitClient
from gridtrader.exchange.credentials import ApiKey
from gridtrader.exchange.rate_budget import RateBudget
from gridtrader.exchange.settings import EdgeSettings
from gridtrader.operator.direct import Direct
from gridtrader.settings import SystemSettings

_ADDRESS_LIMIT: Final = 600
_LEAST_PER_5_S: Final = 20


class Venue:
    """Opens desks, which share what the daemon leaves of the address's rate limit."""

    def __init__(self, system: SystemSettings, clock: Clock, *, timeout_s: float | None = None) -> None:
        """`timeout_s` is that of one request; the configured one unless given."""
        edge = wiring.edge_settings(system)
        self.edge: Final[EdgeSettings] = replace(
            edge,
            ip_requests_per_5_s=max(_LEAST_PER_5_S, _ADDRESS_LIMIT - edge.ip_requests_per_5_s),
            request_timeout_s=edge.request_timeout_s if timeout_s is None else timeout_s,
        )
        self._system = system
        self._clock = clock
        self._rates = RateBudget(self.edge, clock)

    def desk(self, key: ApiKey | None, *, demo: bool) -> "Desk":
        """Return the way to the exchange for one account, or, without a key, to what is public."""
        hosts = wiring.hosts_of(self._system, demo=demo)
        log = logging.Logger("operator")  # a command says itself what went wrong
        log.addHandler(logging.NullHandler())
        budget = self._rates.account("operator")
        client = BybitClient(key, hosts, self.edge, budget, self._clock, log, demo=demo)
        return Desk(hosts.rest, client, Direct(hosts.rest, key, self.edge, budget, client.skew.now_ms))


class Desk:
    """One account's client, used for its reads alone, and what can be asked beside it."""

    def __init__(self, rest: str, client: BybitClient, direct: Direct) -> None:
        self.rest = rest
        self.client = client
        self.direct = direct

    def close(self) -> None:
        """Close all connections and give the share of the rate limit back."""
        self.direct.close()
        self.client.close()
