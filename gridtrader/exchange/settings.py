"""Every number of the exchange edge in one frozen value: timeouts, intervals, attempts, limits."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EdgeSettings:
    """Seconds end in `_s`, milliseconds in `_ms`. The defaults are those of production."""

    # --- requests ---
    request_timeout_s: float = 10.0
    """From sending to the last byte of the answer, however slowly it drips (C4)."""
    recv_window_ms: int = 5000
    """How old a request may be when the exchange sees it; Bybit's own default."""
    max_clock_skew_ms: int = 3_600_000
    """A server time further off than an hour is a broken answer (or host), not a skew to be corrected."""
    future_tolerance_ms: int = 5000
    """What is dated later than the exchange's time by so much is not believed: it would win over all that follows.
    As long as `recv_window_ms`: our estimate of that time is off by a request's travel, seldom by a second."""
    max_message_bytes: int = 16 * 1024 * 1024
    """Of a reply (unpacked) or a push; the largest real ones have less than a tenth of it."""
    order_lookback_ms: int = 28 * 24 * 3600 * 1000
    """How far back an order is looked for by its name where the caller names no time. Each week is a request."""
    order_keeping_ms: int = 730 * 24 * 3600 * 1000
    """How long the exchange keeps orders with fills (Bybit V5 docs, order/history); nothing is asked beyond."""
    batch_orders: int = 10
    """Orders in one batch request. Bybit's pages name 20 and 10; what is counted is orders, so 10 costs nothing."""
    order_page: int = 50
    execution_page: int = 100
    position_page: int = 200
    """Largest pages the exchange gives; its defaults (20, 50) truncate silently."""
    history_window_ms: int = 7 * 24 * 3600 * 1000
    """Longest span of one history request (Bybit V5 docs)."""
    max_pages: int = 1000
    """A list longer than that is a cursor that leads in circles."""
    log_reply_chars: int = 2000
    """Of a good answer, so much is logged; an error is logged whole (C5)."""

    # --- rate limits (C6) ---
    ip_requests_per_5_s: int = 480
    """All accounts together. Bybit bars an address above 600; the rest is for tools run by hand."""
    ip_ban_pause_s: float = 600.0
    """Silence after HTTP 403 "access too frequent": Bybit asks for ten minutes, and asking on prolongs the ban."""
    order_requests_per_s: int = 10
    """Per account: create, amend, cancel, cancel-all, and each batch endpoint counted in orders."""
    read_requests_per_s: int = 50
    setting_requests_per_s: int = 10
    """set-leverage, switch-mode."""
    slow_requests_per_s: int = 5
    """fee-rate, set-margin-mode."""
    rate_guard_s: float = 0.1
    """The rolling second is taken so much longer: requests sent a second apart may arrive closer together."""
    bucket_pause_min_s: float = 0.2
    bucket_pause_max_s: float = 5.0
    """Bounds of the pause after a 10006: its reset header may lie in the past or far in the future."""
    budget_wait_s: float = 10.0
    """How long a request waits for its turn before it is refused unsent."""
    ip_connections_per_5_min: int = 400
    """New sockets of all accounts together; Bybit allows 500."""

    # --- sockets (A5) ---
    connect_timeout_s: float = 10.0
    """For connecting, authenticating and subscribing together."""
    auth_validity_s: float = 10.0
    """How long a signed login stays valid; pybit's one second fails on a clock that is a second slow."""
    ping_interval_s: float = 15.0
    """Bybit recommends 20 s; with 15 s one lost pong is not yet a silence of 30 s."""
    silence_s: float = 30.0
    """No message, pongs included, for so long: the socket is replaced."""
    mute_s: float = 60.0
    """No price for so long, though pings are answered: a price socket is replaced. Ten a second are usual."""
    check_s: float = 5.0
    """How often the watchdog looks."""
    backoff_first_s: float = 1.0
    backoff_max_s: float = 60.0
    """Pause before a reconnection: the first, doubled with each further one, and its bound."""
    stable_s: float = 30.0
    """A connection that lived so long starts the pauses anew; one that keeps dying at once does not."""
    private_attempts: int = 3
    """Failed connections in a row before the private stream is given up (emergency stop)."""
    public_attempts: int = 10
    """Failed connections in a row before a symbol's prices count as down."""
    public_retry_s: float = 60.0
    """Pause between the attempts after that."""
    exit_timeout_s: float = 2.0
    """How long the end of a closed socket's thread is waited for; after that it is left behind, mute."""
    stop_timeout_s: float = 5.0
    """How long `stop()` waits for a supervisor."""
    quote_refresh_ms: int = 1000
    """While prices stand still, their validity is told so often."""
    sink_patience_s: float = 0.05
    """A sink that keeps a price longer than that is served by a thread of its own meanwhile."""
