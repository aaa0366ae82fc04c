"""When nothing about a symbol is to be done, and nothing is waited for: a plan is then not made anew (pure).

A symbol's plan hangs on the market's price and on the time only while a level is missing, an entry is not filled, or
a command or a fill is under way. Without any of these it follows from what `look_of` returns: where that is what it
was when all that is wanted stood, all that is wanted still stands.
"""

from gridtrader.domain.known import SymbolKnown
from gridtrader.domain.planner import SymbolPlan
from gridtrader.domain.reconcile import Difference
from gridtrader.domain.types import SIDES

Look = tuple[object, ...]


def look_of(known: SymbolKnown) -> Look | None:
    """Return all that a symbol's plan follows from; None while anything of it is open: then it has to be made."""
    if known.holds or known.reference is None:
        return None
    look: list[object] = [known.reference, known.instrument, known.fees, known.closing_fee, known.leverage]
    look.append(known.depth_cap)
    for side in SIDES:
        half = known.sides[side]
        cycle = half.cycle
        if cycle is None:
            return None
        look += (half.position, cycle.number, cycle.immediate, len(cycle.fills), len(cycle.settlements))
    for order in known.orders.values():
        if order.change is not None or order.phase.is_sent or order.filled > order.seen:
            return None
        look += (
            order.link_id,
            order.order_id,
            order.phase,
            order.price,
            order.qty,
            order.filled,
            order.asked_price,
            order.amend_refused,
        )
    return tuple(look)


def is_fulfilled(plan: SymbolPlan, difference: Difference) -> bool:
    """Whether all that is planned stands, and nothing is waited for: no money, no price, no time."""
    nothing_open = not plan.rungs and not plan.notes and plan.wake_ms is None
    return nothing_open and difference.is_empty and not difference.waiting
