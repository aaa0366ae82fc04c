"""When to stop: the risk limit of the account, and how often to look at it (R1). Pure."""

from decimal import Decimal

from gridtrader.domain.types import Wallet

_REFRESH_MS = ((Decimal("0.5"), 30_000), (Decimal("0.8"), 10_000), (Decimal("0.95"), 3_000))
"""Up to this share of the threshold the figure may be so old. Half the threshold away, the whole grid would have to
run through several levels within the half minute; close to it, seconds count."""
_REFRESH_NEAR_MS = 1_000


def is_over_limit(wallet: Wallet, threshold: Decimal) -> bool:
    """Whether the account's maintenance-margin rate (fraction) has reached its threshold."""
    return wallet.mm_rate >= threshold


def refresh_interval_ms(wallet: Wallet, threshold: Decimal) -> int:
    """Return how old the rate may be: the wallet stream is silent while only unrealised profit moves."""
    for share, interval in _REFRESH_MS:
        if wallet.mm_rate < share * threshold:
            return interval
    return _REFRESH_NEAR_MS
