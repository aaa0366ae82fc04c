"""Orders waiting for a price, sorted so that the next one to be reached is known without a search.

One class serves four queues: resting buys and triggers on a falling price are reached when the price comes down to
them; resting sells and triggers on a rising price when it comes up.
"""

from bisect import bisect_left, insort
from decimal import Decimal
from enum import Enum
from typing import Final

Entry = tuple[Decimal, int, int, str]
"""(signed price, minus the rank, uid, order id); the greatest entry is reached first."""

_LAST_RANK: Final = -(2**63)
"""Sorts before every entry of the same price."""


class Approach(Enum):
    """From where the price comes to the waiting orders."""

    FROM_ABOVE = 1
    FROM_BELOW = -1


class PriceQueue:
    """Orders by price, nearest to the market first, then by age (`rank`, smaller is older).

    Looking costs nothing; adding and removing cost a binary search and the shifting of a list, which stays in the
    microseconds for tens of thousands of orders.
    """

    __slots__ = ("_by_id", "_entries", "_sign", "nearest")

    def __init__(self, approach: Approach) -> None:
        self._sign = approach.value
        self._entries: list[Entry] = []
        self._by_id: dict[str, Entry] = {}
        self.nearest: Decimal | None = None
        """The price that is reached first, or None if nobody waits."""

    def __contains__(self, order_id: str) -> bool:
        return order_id in self._by_id

    def add(self, order_id: str, uid: int, price: Decimal, rank: int) -> None:
        entry = (price * self._sign, -rank, uid, order_id)
        self._by_id[order_id] = entry
        insort(self._entries, entry)
        self._look()

    def remove(self, order_id: str) -> bool:
        """Remove the order; return whether it was waiting here."""
        entry = self._by_id.pop(order_id, None)
        if entry is None:
            return False
        del self._entries[bisect_left(self._entries, entry)]
        self._look()
        return True

    def is_reached(self, price: Decimal) -> bool:
        """Return whether somebody waits at `price` or on this side of it."""
        nearest = self.nearest
        if nearest is None:
            return False
        return price <= nearest if self._sign > 0 else price >= nearest

    def reached(self, price: Decimal) -> list[tuple[int, str, int]]:
        """Return (uid, order id, rank) of all whose price is reached, first one first; they stay in the queue."""
        first = bisect_left(self._entries, (price * self._sign, _LAST_RANK, 0, ""))
        return [(uid, order_id, -younger) for _, younger, uid, order_id in reversed(self._entries[first:])]

    def _look(self) -> None:
        self.nearest = self._entries[-1][0] * self._sign if self._entries else None
