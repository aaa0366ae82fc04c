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
    wallet_max_age_ms: int = 5_000
    """The balance is at most so old when it decides (S6)."""
    quote_max_age_ms: int = 10_000
    """An older price opens nothing: the price stream repeats itself every second while it lives."""
    mm_refresh_ms: tuple[int, int] = (1_000, 15_000)
    """Age of the risk rate at which it is read by REST: at the threshold, and far from it (R1)."""
    wallet_wait_ms: int = 200
    """How long a wallet push is waited for after a fill before REST is asked: it follows within milliseconds."""
    pause_ms: int = 1_000
    """Before a refused command is tried again where the refusal is of the moment (110017, rate limit, clock)."""
    reconcile_ms: int = 60_000
    safety_tries: int = 3
    """Tries of a command the account's safety hangs on, with back-off 1, 2, 4 s, before emergency stop (C4)."""
    disagreement_tries: int = 3
    """Reconciliations in a row that find a position our fills do not explain before emergency stop (S11)."""
    restore_tries: int = 5
    """Restorations voided by news from the streams before the account stops (T5)."""
    history_days: int = 730
    """How far back fills are searched for when the journal does not have them: what the exchange keeps."""
