"""What closing orders may do: they never close more than there is (Bybit help centre, "What is a Reduce-Only Order").

Per leg, the open quantities of the resting closing orders never add up to more than the position. A new one gets
what is left of that budget; where a position shrinks by something else, resting ones are cut or cancelled.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from gridtrader.simulator.core import rejections
from gridtrader.simulator.core.holding import Holding
from gridtrader.simulator.core.model import ZERO, Options, Order, Reject


def granted_qty(holding: Holding, side: str, qty: Decimal, options: Options, now: int) -> Decimal:
    """Return how much of `qty` a new closing order of `side` may have. Raises Reject 110017 if nothing.

    A leg that has just opened may not be known here yet (`reduce_only_lag_ms`).
    """
    leg = holding.closed_leg(side)
    if leg is None or now - leg.open_time < options.reduce_only_lag_ms:
        raise Reject(*rejections.POSITION_ZERO)
    budget = holding.reduce_budget(side)
    if budget <= ZERO:
        raise Reject(*rejections.TRUNCATED_TO_ZERO)
    if qty > budget and options.reduce_only_excess == "reject":
        raise Reject(*rejections.REDUCE_ONLY_SIDE)
    return min(qty, budget)


def cuts(closers: Iterable[Order], excess: Decimal, victim: str) -> Iterator[tuple[Order, Decimal]]:
    """Yield (order, quantity to take off it) until `excess` is gone.

    `victim` says who goes first: "furthest" from the market (of one price the youngest), or "oldest".
    """
    for order in _doomed_first(closers, victim):
        if excess <= ZERO:
            return
        cut = min(excess, order.leaves_qty)
        excess -= cut
        yield order, cut


def _doomed_first(closers: Iterable[Order], victim: str) -> list[Order]:
    oldest_first = list(closers)
    if victim == "oldest":
        return oldest_first
    youngest_first = oldest_first[::-1]
    return sorted(youngest_first, key=lambda order: order.price if order.side == "Buy" else -order.price)
