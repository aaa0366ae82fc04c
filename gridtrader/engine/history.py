"""Restoring a side's running cycle from the exchange's own record of fills (T4). Pure, but for the reading.

Walking back from now, the fills that made the position are those since its size was last 0. Our orders name their
level and cycle; the levels must then give the position's size exactly, and its average price to less than a tick
(the exchange rounds it, and does not say how).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from gridtrader.domain.cycle import Cycle
from gridtrader.domain.exact import ZERO, plain
from gridtrader.domain.known import SymbolKnown
from gridtrader.domain.order_names import parse_order_name
from gridtrader.domain.types import Execution, ExecutionKind, OrderKind, PositionReport, Side


@dataclass(frozen=True, slots=True)
class Fills:
    """Executions of one side, oldest first; `is_complete` if they reach back to a moment the side was flat."""

    executions: tuple[Execution, ...]
    is_complete: bool


def fills_since_flat(executions: Sequence[Execution], side: Side, size: Decimal) -> Fills:
    """Return the side's executions since its size was last 0, funding included.

    `executions` are all that is known of the symbol, in any order; `size` is the position's present size.
    """
    own = sorted((e for e in executions if e.side is side), key=lambda e: (e.at_ms, e.seq), reverse=True)
    taken: list[Execution] = []
    running = size
    for execution in own:
        if running == 0:
            break
        taken.append(execution)
        if execution.kind is not ExecutionKind.FUNDING:
            running += execution.closed_qty - (execution.qty - execution.closed_qty)
    return Fills(tuple(reversed(taken)), is_complete=running == 0)


def exchange_average(executions: Iterable[Execution]) -> Decimal:
    """Return the average entry price as the exchange keeps it: closing fills leave it as it is."""
    size = value = ZERO
    for execution in executions:
        if execution.kind is ExecutionKind.FUNDING:
            continue
        opened = execution.qty - execution.closed_qty
        if execution.closed_qty and size:
            value -= value * execution.closed_qty / size
            size -= execution.closed_qty
        size += opened
        value += opened * execution.price
    return value / size if size else ZERO


def foreign_fills(fills: Fills) -> list[Execution]:
    """Return the fills that no order of ours made."""
    return [
        execution
        for execution in fills.executions
        if execution.kind is not ExecutionKind.FUNDING and parse_order_name(execution.link_id) is None
    ]


def rebuild_cycle(number: int, immediate: int, fills: Fills) -> Cycle:
    """Return the cycle that fills of our own orders make."""
    cycle = Cycle(number, immediate, fills.executions[0].at_ms)
    for execution in fills.executions:
        moment = (execution.at_ms, execution.seq)
        name = parse_order_name(execution.link_id)
        if execution.kind is ExecutionKind.FUNDING:
            cycle.add_funding(execution.fee, moment)
        elif name is not None and name.slot.kind.opens:
            level = cycle.add_entry(name.slot.level, execution.qty, execution.price, execution.fee, moment)
            level.order_id, level.created_ms = execution.order_id, level.created_ms or execution.at_ms
        else:
            cycle.add_close(execution.qty, execution.price, execution.fee, moment)
    return cycle


def immediate_by_names(fills: Fills) -> int:
    """Return how many levels were opened at once, as the orders' names tell: entries are named as such."""
    names = (parse_order_name(execution.link_id) for execution in fills.executions)
    entries = [name.slot.level for name in names if name is not None and name.slot.kind is OrderKind.ENTRY]
    return max(entries, default=0) + 1


def mismatch(known: SymbolKnown, side: Side, position: PositionReport, fills: Fills) -> str | None:
    """Return how the restored cycle of a side contradicts the exchange's position, in words; None if it does not."""
    half = known.sides[side]
    if half.open_qty != position.size:
        return f"the fills give a size of {plain(half.open_qty)}, the position has {plain(position.size)}"
    if half.cycle is None or position.size == 0:
        return None
    average = exchange_average(fills.executions)
    if abs(average - position.avg_price) > known.instrument.tick_size:
        return f"the fills give an average price of {average:.8f}, the position has {plain(position.avg_price)}"
    if known.reference is None:
        return "the quantities of its ladder are not known"
    for level, fill in sorted(half.cycle.levels.items()):
        exists = level <= known.reference.top_level
        if not exists or fill.qty > known.reference.quantity(level):
            allowed = plain(known.reference.quantity(level)) if exists else "no such level"
            return f"level {level} holds {plain(fill.qty)}, the ladder has {allowed}"
    return None
