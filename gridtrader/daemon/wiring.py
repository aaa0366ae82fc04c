"""From the configuration file's words to the plain values each part takes. No part but this knows both."""

from datetime import tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo

from gridtrader.domain.exact import HUNDRED
from gridtrader.domain.known import Strategy
from gridtrader.domain.types import FeeRates
from gridtrader.engine.settings import EngineSettings
from gridtrader.exchange.hosts import Hosts
from gridtrader.exchange.settings import EdgeSettings
from gridtrader.logs import LogBounds
from gridtrader.settings import AccountSettings, SymbolSettings, SystemSettings
from gridtrader.store.archive import FileBounds

_MEGABYTE = 1_000_000
_CLOCKS_MS = 1_000
"""How far the exchange's clock and ours, corrected by it, may be apart."""


def strategy_of(symbol: SymbolSettings, system: SystemSettings) -> Strategy:
    return Strategy(
        symbol=symbol.symbol,
        margin=symbol.initial_position_size_usd,
        leverage=Decimal(symbol.leverage),
        step_percent=symbol.grid_step_percent,
        multiplier=symbol.averaging_multiplier,
        target=symbol.take_profit_percent / HUNDRED,
        max_level=symbol.max_grid_levels_per_side,
        entry_allowance_percent=system.engine.entry_allowance_percent,
        reprice_ms=_ms(system.engine.entry_reprice_s),
    )


def engine_settings(account: AccountSettings, system: SystemSettings, venue: str) -> EngineSettings:
    engine = system.engine
    return EngineSettings(
        account_id=account.id,
        venue=venue,
        strategies=tuple(strategy_of(symbol, system) for symbol in account.symbols),
        mm_threshold=account.risk.mm_rate_threshold / HUNDRED,
        buffer_percent=account.risk.balance_buffer_percent,
        fallback_fees=FeeRates(maker=account.maker_fee_percent / HUNDRED, taker=account.taker_fee_percent / HUNDRED),
        closing_fee_is_maker=account.take_profit_fee == "maker",
        cancel_opening_on_emergency=account.on_emergency_stop == "cancel_opening",
        confirm_ms=_ms(engine.confirm_timeout_s),
        arrival_ms=system.requests.recv_window_ms + _CLOCKS_MS,
        wallet_max_age_ms=_ms(engine.wallet_max_age_s),
        quote_max_age_ms=_ms(engine.quote_max_age_s),
        mm_refresh_ms=(_ms(engine.mm_refresh_min_s), _ms(engine.mm_refresh_max_s)),
        reconcile_ms=_ms(engine.reconcile_interval_s),
        safety_tries=system.requests.attempts,
        restore_tries=engine.restore_attempts,
    )


def edge_settings(system: SystemSettings) -> EdgeSettings:
    requests, streams = system.requests, system.streams
    return EdgeSettings(
        request_timeout_s=requests.request_timeout_s,
        recv_window_ms=requests.recv_window_ms,
        ip_requests_per_5_s=requests.ip_requests_per_5_s,
        ip_ban_pause_s=requests.ip_ban_pause_s,
        ip_connections_per_5_min=requests.ip_connections_per_5_min,
        connect_timeout_s=streams.connect_timeout_s,
        auth_validity_s=streams.auth_validity_s,
        ping_interval_s=streams.ping_interval_s,
        silence_s=streams.silence_s,
        check_s=streams.check_s,
        backoff_first_s=streams.backoff_first_s,
        backoff_max_s=streams.backoff_max_s,
        private_attempts=streams.private_attempts,
        public_attempts=streams.public_attempts,
        public_retry_s=streams.public_retry_s,
    )


def hosts_of(system: SystemSettings, *, demo: bool) -> Hosts:
    endpoints = system.hosts.endpoints(demo=demo)
    return Hosts(rest=endpoints.rest, ws_private=endpoints.ws_private, ws_public=endpoints.ws_public)


def log_bounds(system: SystemSettings, *, daemon: bool = False) -> LogBounds:
    logs = system.logs
    megabytes = logs.max_megabytes_daemon if daemon else logs.max_megabytes_per_account
    return LogBounds(keep_days=logs.keep_days, max_bytes=megabytes * _MEGABYTE)


def file_bounds(system: SystemSettings) -> FileBounds:
    files = system.files
    return FileBounds(
        journal_bytes=files.journal_max_megabytes * _MEGABYTE,
        journal_files=files.journal_keep_files,
        trades_bytes=files.trades_history_max_megabytes * _MEGABYTE,
        trades_files=files.trades_history_keep_files,
        metrics_days=files.metrics_keep_days,
    )


def zone_of(system: SystemSettings) -> tzinfo | None:
    """Return the zone of times in logs and files; None is the machine's own."""
    return None if system.timezone == "local" else ZoneInfo(system.timezone)


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
