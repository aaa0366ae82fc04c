"""The strategy in plain floats, for tools that have none of their own: both ladders as deep as each other, one
averaging level ahead, one take-profit a side, and at its fill all but the last two levels of the other side at once.

What it leaves out beside the bot: balances, margins and risk, partial fills, minimum quantities, everything that can
go wrong. Prices are in ticks, quantities in units of level 0.
"""

from math import ceil, floor

from benchmarks.terms import MAKER_FEE, MAX_LEVEL, MULTIPLIER, STEP_PERCENT, TAKER_FEE, TARGET_PERCENT

LONG, SHORT = 1, -1


class Ladder:
    """One side: the price of every level that stands or is executed, and what the executed ones hold."""

    __slots__ = ("executed", "fees", "prices", "sign", "size", "value")

    def __init__(self, sign: int) -> None:
        self.sign = sign
        self.clear()

    def clear(self) -> None:
        """Forget the cycle that was closed."""
        self.prices: list[float] = []
        self.executed = 0
        self.size = 0
        self.value = 0.0
        self.fees = 0.0

    def fill(self, price: float, *, is_maker: bool) -> None:
        """Take in the fill of the next level: it executes in order, each at once and whole."""
        quantity = MULTIPLIER**self.executed
        if self.executed < len(self.prices):
            self.prices[self.executed] = price
        else:
            self.prices.append(price)
        self.executed += 1
        self.size += quantity
        self.value += quantity * price
        self.fees += quantity * price * (MAKER_FEE if is_maker else TAKER_FEE)

    def extend(self, depth: int) -> None:
        """Let levels rest, each a step from the one before, until there are so many; take away those beyond."""
        del self.prices[max(depth, self.executed) :]
        factor = 1 - self.sign * STEP_PERCENT / 100
        while len(self.prices) < depth:
            price = self.prices[-1] * factor
            self.prices.append(float(floor(price) if self.sign == LONG else ceil(price)))

    def take_profit(self) -> float:
        """Return the price at which the side closes with its target net of all fees."""
        if self.sign == LONG:
            return float(ceil((self.value * (1 + TARGET_PERCENT / 100) + self.fees) / (self.size * (1 - TAKER_FEE))))
        return float(floor((self.value * (1 - TARGET_PERCENT / 100) - self.fees) / (self.size * (1 + TAKER_FEE))))


def depth_of(first: int, second: int) -> int:
    """Return the number of levels of both ladders, given how many each has executed or opens at once."""
    return min(max(first, second) + 1, MAX_LEVEL + 1)


def opening(other: int) -> int:
    """Return how many levels a side opens at once when the other has executed so many."""
    return max(1, other - 2)
