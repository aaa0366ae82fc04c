"""The ways an account comes to a halt."""

from decimal import Decimal


class StopAccount(Exception):
    """Emergency stop: trading on would be unsafe (R2).

    `symbol` is empty where the whole account is meant; `mm_rate` (a fraction) is given where no book has it yet.
    """

    def __init__(self, reason: str, symbol: str = "", mm_rate: Decimal | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.symbol = symbol
        self.mm_rate = mm_rate


class CannotStart(Exception):
    """The account does not start; nothing was changed, or take-profits were placed before giving up (T3, T4).

    The message says what was found, what was expected, and what the operator can do. `is_passing` is true where
    another try later may succeed without anybody's doing (network, exchange busy).
    """

    def __init__(self, message: str, *, is_passing: bool = False) -> None:
        super().__init__(message)
        self.is_passing = is_passing


class ToldToEnd(Exception):
    """A start was given up because the account is to end (T8)."""
