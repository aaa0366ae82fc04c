"""The `system:` section: the constants of the daemon as a whole, each with its default, its unit and its reason.

An operator needs none of them; they are keys so that a change is one line in a file under review.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from pydantic import Field

from gridtrader.settings.fields import Number, PrivateUrl, PublicUrl, RestUrl, Seconds, Section, Zone

Region = Literal["global", "bytick", "nl", "tr", "kz", "ge", "ae", "eu", "id"]

_REST_HOSTS: Final[dict[str, str]] = {
    "global": "api.bybit.com",
    "bytick": "api.bytick.com",
    "nl": "api.bybit.nl",
    "tr": "api.bybit-tr.com",
    "kz": "api.bybit.kz",
    "ge": "api.bybitgeorgia.ge",
    "ae": "api.bybit.ae",
    "eu": "api.bybit.eu",
    "id": "api.bybit.id",
}
"""Bybit V5 docs, "Integration Guidance"."""

_STREAM_HOSTS: Final[dict[str, str]] = {
    "tr": "stream.bybit-tr.com",
    "kz": "stream.bybit.kz",
    "ge": "stream.bybitgeorgia.ge",
}
"""Bybit V5 docs, "Connect"; every other region uses the global streams."""

_GLOBAL_STREAMS: Final = "stream.bybit.com"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where one world (mainnet or demo) is reached."""

    rest: str
    ws_private: str
    ws_public: str


class HostOverrides(Section):
    """Addresses that replace those of the region: a test server, a proxy, a host Bybit has moved."""

    rest: RestUrl | None = None
    ws_private: PrivateUrl | None = None
    ws_public: PublicUrl | None = None

    def over(self, endpoints: Endpoints) -> Endpoints:
        """Return `endpoints` with the addresses given here in place of theirs."""
        return Endpoints(
            self.rest or endpoints.rest,
            self.ws_private or endpoints.ws_private,
            self.ws_public or endpoints.ws_public,
        )


class HostSettings(Section):
    """Bybit's addresses."""

    region: Region = "global"
    """The Bybit site the accounts are registered on; chooses the mainnet hosts. Demo trading has one set of hosts."""
    mainnet: HostOverrides = HostOverrides()
    demo: HostOverrides = HostOverrides()

    def endpoints(self, *, demo: bool) -> Endpoints:
        """Return the addresses for demo or mainnet accounts.

        Demo accounts trade on mainnet prices: Bybit sends them to the mainnet's public stream (Bybit V5 docs, "Demo
        Trading Service"), and `stream-demo` answers 404 there.
        """
        stream = _STREAM_HOSTS.get(self.region, _GLOBAL_STREAMS)
        public = f"wss://{stream}/v5/public/linear"
        if demo:
            private = "wss://stream-demo.bybit.com/v5/private"
            return self.demo.over(Endpoints("https://api-demo.bybit.com", private, public))
        rest = f"https://{_REST_HOSTS[self.region]}"
        return self.mainnet.over(Endpoints(rest, f"wss://{stream}/v5/private", public))


class RequestSettings(Section):
    """REST requests."""

    request_timeout_s: Seconds = Field(default=10.0, ge=1, le=60)
    """Every request has one (C4): without it a thread can hang for ever."""
    recv_window_ms: int = Field(default=5000, ge=1000, le=60_000)
    """How old a request may be when the exchange sees it; Bybit's own default. Longer forgives a slow network and
    lets a delayed order trade late."""
    attempts: int = Field(default=3, ge=1, le=10)
    """Tries at a request that failed on the network (C4)."""
    backoff_first_s: Seconds = Field(default=1.0, ge=0.1, le=60)
    """Pause before the second try; it doubles with each further one."""
    ip_requests_per_5_s: int = Field(default=480, ge=10, le=600)
    """All accounts together. Bybit bars an address for ten minutes above 600; the rest is for tools run by hand."""
    ip_ban_pause_s: Seconds = Field(default=600.0, ge=60, le=7200)
    """Silence after HTTP 403: asking on would prolong the ban."""
    ip_connections_per_5_min: int = Field(default=400, ge=10, le=500)
    """New sockets of all accounts together; Bybit allows 500."""


class StreamSettings(Section):
    """WebSocket connections and their watchdog (A5)."""

    silence_s: Seconds = Field(default=30.0, ge=5, le=300)
    """No message, pongs included, for so long: the socket is dead and replaced."""
    check_s: Seconds = Field(default=5.0, ge=0.5, le=60)
    """How often the watchdog looks."""
    ping_interval_s: Seconds = Field(default=15.0, ge=1, le=120)
    """Bybit recommends 20 s; with 15 s one lost pong is not yet a silence of 30 s."""
    connect_timeout_s: Seconds = Field(default=10.0, ge=1, le=60)
    """For connecting, authenticating and subscribing together."""
    auth_validity_s: Seconds = Field(default=10.0, ge=1, le=60)
    """How long a signed login stays valid. One second, the client library's default, fails on a clock that is a
    second slow."""
    backoff_first_s: Seconds = Field(default=1.0, ge=0.1, le=60)
    """Pause before the first reconnection; it doubles with each attempt."""
    backoff_max_s: Seconds = Field(default=60.0, ge=1, le=600)
    private_attempts: int = Field(default=3, ge=1, le=100)
    """Failed reconnections of the private stream before the account's emergency stop: it is blind without it."""
    public_attempts: int = Field(default=10, ge=1, le=100)
    """Failed reconnections of a price stream before its symbol gets no new exposure."""
    public_retry_s: Seconds = Field(default=60.0, ge=5, le=3600)
    """Pause between the attempts after that."""


class EngineSettings(Section):
    """The pace of an account's engine."""

    reconcile_interval_s: Seconds = Field(default=60.0, ge=5, le=3600)
    """Comparison with the exchange by REST (T6)."""
    confirm_timeout_s: Seconds = Field(default=5.0, ge=1, le=60)
    """An acknowledged command the stream has not confirmed by then is looked up (C3)."""
    wallet_max_age_s: Seconds = Field(default=5.0, ge=0.5, le=60)
    """An older balance decides nothing (S6); it is read anew."""
    quote_max_age_s: Seconds = Field(default=10.0, ge=1, le=120)
    """An older price opens nothing. Tickers come every 0.1 s while the market lives."""
    entry_reprice_s: Seconds = Field(default=3.0, ge=0.5, le=60)
    """An entry that has not filled by then is moved to the touch (S3)."""
    entry_allowance_percent: Number = Field(default=Decimal("0.1"), ge=0, le=5)
    """How far beyond the touch an entry may pay, in per cent of price: enough to cross a book that moved meanwhile,
    bounded so that a thin one cannot cost more (S3)."""
    mm_refresh_min_s: Seconds = Field(default=1.0, ge=0.5, le=60)
    """Interval of the maintenance margin rate by REST next to the threshold (R1): the wallet stream is silent while
    only prices move."""
    mm_refresh_max_s: Seconds = Field(default=15.0, ge=1, le=300)
    """The same far from the threshold."""
    restore_attempts: int = Field(default=10, ge=1, le=50)
    """Restorations that an event made void before the account stops (T5)."""
    start_timeout_s: Seconds = Field(default=60.0, ge=10, le=600)
    """An account that has not started by then is passed over, so that the next one can start (T3)."""


class DaemonSettings(Section):
    """The process as a whole."""

    shutdown_timeout_s: Seconds = Field(default=10.0, ge=1, le=60)
    """From the signal to the end (T8); systemd's own limit must be longer."""
    stop_file_check_s: Seconds = Field(default=5.0, ge=0.5, le=300)
    """How often a stopped account is looked at for the removal of its `.emergency_stop` (R3)."""


class LogSettings(Section):
    """Logs: everything is kept within a bound, per folder (one per account, and the daemon's)."""

    level: Literal["DEBUG", "INFO"] = "DEBUG"
    """The least level that is written. DEBUG holds the reasons of decisions."""
    keep_days: int = Field(default=30, ge=1, le=3650)
    max_megabytes_per_account: int = Field(default=500, ge=1, le=1_000_000)
    """Of one account's folder, all its logs together; 100 accounts can take 50 GB."""
    max_megabytes_daemon: int = Field(default=500, ge=1, le=1_000_000)


class FileSettings(Section):
    """The account's other files."""

    journal_max_megabytes: int = Field(default=16, ge=1, le=1024)
    """A longer journal begins a new file with a snapshot; reading 16 MB back takes about a second."""
    journal_keep_files: int = Field(default=8, ge=1, le=1000)
    """Older files kept beside the current one."""
    trades_history_max_megabytes: int = Field(default=16, ge=1, le=1024)
    """A longer one is more than spreadsheets open with ease."""
    trades_history_keep_files: int = Field(default=100, ge=1, le=10_000)
    metrics_keep_days: int = Field(default=30, ge=1, le=3650)


class SystemSettings(Section):
    """The whole `system:` section."""

    timezone: Zone = "local"
    """Of the times in logs and files, and of the day at whose end logs roll. Local is the machine's zone."""
    hosts: HostSettings = HostSettings()
    requests: RequestSettings = RequestSettings()
    streams: StreamSettings = StreamSettings()
    engine: EngineSettings = EngineSettings()
    daemon: DaemonSettings = DaemonSettings()
    logs: LogSettings = LogSettings()
    files: FileSettings = FileSettings()
