"""Leaving out what a file cannot carry, never the extremes."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final, Protocol, TypeVar


class Priced(Protocol):
    """Anything that has a price at a time."""

    @property
    def price(self) -> Decimal: ...


T = TypeVar("T", bound=Priced)

_BUCKETS: Final = 500


def thinned(items: Sequence[T], limit: int, since: Callable[[T], int], weight: Callable[[T], Any]) -> list[T]:
    """Return at most about `limit` of `items`, in their order.

    Of each 1/500 of the time the lowest and the highest price stay, whatever their weight; of the rest the heaviest.
    """
    if len(items) <= limit:
        return list(items)
    kept = _extremes(items, since)
    rest = [index for index in range(len(items)) if index not in kept]
    rest.sort(key=lambda index: weight(items[index]), reverse=True)
    kept.update(rest[: max(0, limit - len(kept))])
    return [items[index] for index in sorted(kept)]


def _extremes(items: Sequence[T], since: Callable[[T], int]) -> set[int]:
    times = [since(item) for item in items]
    first, width = min(times), max(1, max(times) - min(times))
    lowest: dict[int, int] = {}
    highest: dict[int, int] = {}
    for index, (item, time) in enumerate(zip(items, times, strict=True)):
        bucket = (time - first) * _BUCKETS // width
        if bucket not in lowest or item.price < items[lowest[bucket]].price:
            lowest[bucket] = index
        if bucket not in highest or item.price > items[highest[bucket]].price:
            highest[bucket] = index
    return {*lowest.values(), *highest.values()}
