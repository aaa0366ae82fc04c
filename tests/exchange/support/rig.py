"""A client, a log and settings in which everything happens in fractions of a second."""

import logging
from dataclasses import replace
from decimal import Decimal

from gridtrader.domain.types import NewOrder, Side
from gridtrader.exchange.client import BybitClient
from gridtrader.exchange.credentials import ApiKey
from gridtrader.exchange.hosts import Hosts
from gridtrader.exchange.rate_budget import RateBudget
from gridtrader.exchange.settings import EdgeSettings
from tests.exchange.support.clocks import RealClock
from tests.exchange.support.http_stub import KEY, SECRET

API_KEY = ApiKey(KEY, SECRET)

QUICK = EdgeSettings(
    request_timeout_s=5.0,
    budget_wait_s=0.5,
    connect_timeout_s=2.0,
    ping_interval_s=0.05,
    silence_s=0.4,
    check_s=0.05,
    backoff_first_s=0.02,
    backoff_max_s=0.2,
    stable_s=0.3,
    private_attempts=3,
    public_attempts=3,
    public_retry_s=0.1,
    exit_timeout_s=0.5,
    stop_timeout_s=2.0,
    quote_refresh_ms=1000,
)


def hosts_at(base: str) -> Hosts:
    """Return the hosts of a stub that serves everything under one http(s) URL."""
    sockets = base.replace("http", "ws", 1)
    return Hosts(base, f"{sockets}/v5/private", f"{sockets}/v5/public/linear")


class _Keeper(logging.Handler):
    def __init__(self, records: list[logging.LogRecord]) -> None:
        super().__init__()
        self._records = records

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        self._records.append(record)


class Log:
    """A logger of one's own that remembers its lines."""

    def __init__(self) -> None:
        self.records: list[logging.LogRecord] = []
        self.logger = logging.Logger("edge", logging.DEBUG)
        self.logger.addHandler(_Keeper(self.records))

    @property
    def text(self) -> str:
        return "\n".join(
            f"{record.levelname} {record.getMessage()} {record.exc_text or ''}" for record in self.records
        )

    def at(self, level: int) -> list[str]:
        return [record.getMessage() for record in self.records if record.levelno == level]


class Rig:
    """A client of the exchange at `url`, with its log."""

    def __init__(self, url: str, *, demo: bool = False, key: ApiKey | None = API_KEY, **changes: object) -> None:
        self.log = Log()
        self.clock = RealClock()
        self.settings = replace(QUICK, **changes)  # type: ignore[arg-type]
        self.budget = RateBudget(self.settings, self.clock)
        self.account = self.budget.account("001")
        self.client = BybitClient(
            key, hosts_at(url), self.settings, self.account, self.clock, self.log.logger, demo=demo
        )


def new_order(number: int = 0, **changes: object) -> NewOrder:
    order = NewOrder(
        symbol="BTCUSDT",
        side=Side.LONG,
        link_id=f"g_BTC_LA{number:02d}_1_0",
        price=Decimal("64000.10"),
        qty=Decimal("0.010"),
        reduce_only=False,
    )
    return replace(order, **changes)  # type: ignore[arg-type]
