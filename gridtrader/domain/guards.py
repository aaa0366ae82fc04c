"""When to stop: the risk limit of the account, and how often to look at it (R1). Pure."""

from decimal import Decimal

from gridtrader.domain.exact import HUNDRED, plain
from gridtrader.domain.types import Wallet

_FAR = Decimal("0.5")
"""Up to this share of the threshold the rate is far from it."""


def is_over_limit(wallet: Wallet, threshold: Decimal) -> bool:
    """Whether the account's maintenance-margin rate (fraction) has reached its threshold."""
    return wallet.mm_rate >= threshold


def over_limit_text(wallet: Wallet, threshold: Decimal) -> str:
    """Return why the account is stopped, in per cent."""
    rate, limit = plain(wallet.mm_rate * HUNDRED), plain(threshold * HUNDRED)
    return f"maintenance-margin rate {rate} % has reached the threshold {limit} %"


def refresh_interval_ms(wallet: Wallet, threshold: Decimal, near_ms: int, far_ms: int) -> int:
    """Return how old the rate may be: the wallet stream is silent while only unrealised profit moves.

    `far_ms` up to half the threshold, from there falling in proportion to `near_ms` at the threshold itself.
    """
    if threshold <= 0 or wallet.mm_rate >= threshold:
        return near_ms
    left = (1 - wallet.mm_rate / threshold) / (1 - _FAR)
    return far_ms if left >= 1 else near_ms + int((far_ms - near_ms) * left)
