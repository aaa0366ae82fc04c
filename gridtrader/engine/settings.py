"""What one account's engine is told: the strategies of its symbols, its risk limits, and its patience."""

from dataclasses import dataclass
from decimal import Decimal

from gridtrader.domain.known import Strategy
from gridtrader.domain.types import FeeRates


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """Times are milliseconds; `mm_threshold` is a fraction (0.9 = 90 %), `buffer_percent` per cent."""

    account_id: str
    strategies: tuple[Strategy, ...]
    mm_threshold: Decimal
    buffer_percent: Decimal
    fallback_fees: FeeRates
    """Used, with a WARNING, where the exchange does not tell the account's rates (demo, S7)."""
    venue: str = "bybit"
    """Whose fills the account's files tell of: a folder used with the embedded exchange is not for real money."""
    closing_fee_is_maker: bool = False
    cancel_opening_on_emergency: bool = True
    confirm_ms: int = 5_000
    """A command the stream has not confirmed for so long is looked up (C3)."""
    arrival_ms: int = 6_000
    """What was sent may be carried out so much later, though its sender has heard of an error, or is no more: the
    exchange takes it until its `recv_window` is over, and two clocks may differ by a second. Until then an opening
    order that is not there is not absent."""
    wallet_max_age_ms: int = 5_000
    """The balance is at most so old when it decides (S6)."""
    quote_max_age_ms: int = 10_000
    """An older price opens nothing: the price stream repeats itself every second while it lives."""
    mm_refresh_ms: tuple[int, int] = (1_000, 15_000)
    """Age of the risk rate at which it is read by REST: at the threshold, and far from it (R1)."""
    wallet_wait_ms: int = 200
    """How long a wallet push is waited for after a fill before REST is asked: it follows within milliseconds."""
    wallet_again_ms: int = 600
    """Pause before REST is asked for the balance again."""
    pause_ms: int = 1_000
    longest_pause_ms: int = 30_000
    """Before a failed command is tried again: the first pause, doubled with each failure in a row, and its bound."""
    longest_refusal_ms: int = 600_000
    """The bound for a level's leg the exchange refuses for a reason that does not pass by itself (S6)."""
    balance_stop_ms: int = 60_000
    """A balance that cannot be read for so long stops the account: its risk rate is not known any more (R1, R4)."""
    positions_stop_ms: int = 300_000
    """Positions and orders that cannot be read for so long, beyond the usual comparison, stop the account (R4)."""
    push_lag_ms: int = 250
    """What a pushed balance says may be so much older than its time: what executes within a millisecond is pushed
    one after another."""
    rest_lag_ms: int = 1_000
    """What REST tells of the balance may be so much older than its answer."""
    reconcile_ms: int = 60_000
    safety_tries: int = 3
    """Tries of a command the account's safety hangs on, with back-off 1, 2, 4 s, before emergency stop (C4)."""
    disagreement_tries: int = 5
    """Reconciliations in a row that find a position our fills do not explain before emergency stop (S11)."""
    restore_tries: int = 10
    """Restorations voided by news from the streams before the account stops (T5)."""
    history_tries: int = 5
    """Restorations that do not come out, each a longer pause after the one before, until the exchange's history is
    not taken for late any more (T4)."""
