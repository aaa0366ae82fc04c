"""Restoring a side's running cycle from the exchange's own record of fills (T4). Pure.

Walking back from now, the fills that made the position are those since its size was last 0. Our orders name their
level and cycle; orders of somebody else are levels in order of age. The levels must then give the position's size
exactly, its average price to less than a tick (the exchange rounds it, and does not say how), and fit the ladder.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from gridtrader.domain.cycle import Cycle, Fill
from gridtrader.domain.exact import ZERO, plain
from gridtrader.domain.known import SymbolKnown
from gridtrader.domain.order_names import OrderName, parse_order_name
from gridtrader.domain.sizing import first_of
from gridtrader.domain.types import Execution, ExecutionKind, OrderKind, OrderReport, PositionReport, Side


@dataclass(frozen=True, slots=True)
class Fills:
    """Executions of one side since it was last flat, oldest first, and what came before.

    `is_complete` if they reach back to a moment the side was flat.
    """

    executions: tuple[Execution, ...]
    before: tuple[Execution, ...]
    is_complete: bool

    def trades(self) -> Iterable[Execution]:
        return (execution for execution in self.executions if execution.kind is not ExecutionKind.FUNDING)


def fills_since_flat(executions: Sequence[Execution], side: Side, size: Decimal) -> Fills:
    """Return the side's executions since its size was last 0, funding included.

    `executions` are all that is known of the symbol, those of one moment in the exchange's order; `size` is the
    position's present size.
    """
    own = sorted((e for e in executions if e.side is side), key=lambda e: e.moment)
    running, count = size, 0
    for execution in reversed(own):
        if running == 0:
            break
        count += 1
        running -= execution.growth
    cut = len(own) - count
    return Fills(tuple(own[cut:]), tuple(own[:cut]), is_complete=running == 0)


def exchange_average(executions: Iterable[Execution]) -> Decimal:
    """Return the average entry price as the exchange keeps it: closing fills leave it as it is."""
    size = value = ZERO
    for execution in executions:
        opened = execution.qty - execution.closed_qty
        if execution.closed_qty and size:
            value -= value * execution.closed_qty / size
            size -= execution.closed_qty
        size += opened
        value += opened * execution.price
    return value / size if size else ZERO


def realised(executions: Iterable[Execution], side: Side) -> Decimal:
    """Return what these executions have earned, from flat on: closed parts by the exchange's average, less all fees
    and funding."""
    size = value = earned = ZERO
    for execution in executions:
        earned -= execution.fee
        if execution.kind is ExecutionKind.FUNDING:
            continue
        if execution.closed_qty and size:
            cost = value * execution.closed_qty / size
            earned += side.sign * (execution.closed_qty * execution.price - cost)
            value -= cost
            size -= execution.closed_qty
        opened = execution.qty - execution.closed_qty
        size += opened
        value += opened * execution.price
    return earned


def is_closed_by_others(execution: Execution) -> bool:
    """Whether an execution has closed something, and no order of ours has done it (S11)."""
    if execution.kind is ExecutionKind.FORCED:
        return True
    is_ours = parse_order_name(execution.link_id) is not None
    return execution.kind is ExecutionKind.TRADE and execution.closed_qty > 0 and not is_ours


def names_of(executions: Iterable[Execution]) -> list[OrderName]:
    """Return the names of our own orders among those that made these executions."""
    names = (parse_order_name(execution.link_id) for execution in executions)
    return [name for name in names if name is not None]


def levels_by_order(fills: Fills) -> dict[str, int]:
    """Return order id → level of the orders that opened: by name, and for foreign ones by age."""
    levels: dict[str, int] = {}
    for execution in fills.trades():
        name = parse_order_name(execution.link_id)
        if name is not None and name.slot.kind.opens:
            levels[execution.order_id] = name.slot.level
    for execution in fills.trades():
        opens = execution.closed_qty < execution.qty
        if opens and execution.order_id not in levels:
            taken = set(levels.values())
            levels[execution.order_id] = next(k for k in range(len(levels) + 1) if k not in taken)
    return levels


def rebuild_cycle(number: int, immediate: int, fills: Fills) -> Cycle:
    """Return the cycle that the fills make."""
    cycle = Cycle(number, immediate, fills.executions[0].at_ms)
    levels = levels_by_order(fills)
    for execution in fills.executions:
        if execution.kind is ExecutionKind.FUNDING:
            cycle.add_funding(execution.fee, execution.moment)
            continue
        closes = execution.closed_qty > 0
        cycle.add_fill(
            Fill(
                moment=execution.moment,
                exec_id=execution.exec_id,
                level=None if closes else levels[execution.order_id],
                qty=execution.qty,
                price=execution.price,
                fee=execution.fee,
                order_id=execution.order_id,
                created_ms=execution.at_ms,
            )
        )
    return cycle


def cycle_number(fills: Fills, journalled: int) -> int:
    """Return the number of the cycle the fills belong to.

    It is the newest one named, unless that one had been closed before: then an order of it filled on a flat side, and
    has begun a cycle of its own (S8). `journalled` is the last number decided.
    """
    numbers = [name.slot.cycle for name in names_of(fills.executions) if name.slot.kind.opens]
    newest = max(numbers, default=0)
    was_closed = any(name.slot.cycle == newest for name in names_of(fills.before) if name.slot.kind.opens)
    levels = levels_by_order(fills).values()
    if was_closed or 0 not in levels:
        newest += 1
    return max(newest, journalled)


def immediate_by_names(fills: Fills) -> int:
    """Return how many levels were opened at once, as the orders' names tell: entries are named as such."""
    entries = [name.slot.level for name in names_of(fills.executions) if name.slot.kind is OrderKind.ENTRY]
    return max(entries, default=0) + 1


def first_quantity(
    fills: Iterable[Fills], orders: Mapping[str, OrderReport], multiplier: Decimal, qty_step: Decimal
) -> Decimal | None:
    """Return q(0) as the orders tell it - that of level 0 itself, else the lowest one known; None without any."""
    quantities: dict[int, Decimal] = {}
    for part in fills:
        for order_id, level in levels_by_order(part).items():
            if order_id in orders:
                quantities[level] = max(quantities.get(level, ZERO), orders[order_id].qty)
    if not quantities:
        return None
    lowest = min(quantities)
    return first_of(lowest, quantities[lowest], multiplier, qty_step)


def mismatch(
    known: SymbolKnown, side: Side, position: PositionReport, fills: Fills, orders: Mapping[str, OrderReport]
) -> str | None:
    """Return how the restored cycle of a side contradicts the exchange's position, in words; None if it does not."""
    half = known.sides[side]
    if half.open_qty != position.size:
        return f"the fills give a size of {plain(half.open_qty)}, the position has {plain(position.size)}"
    if half.cycle is None or position.size == 0:
        return None
    average = exchange_average(fills.trades())
    if abs(average - position.avg_price) > known.instrument.tick_size:
        return f"the fills give an average price of {average:.8f}, the position has {plain(position.avg_price)}"
    if known.reference is None:
        return "the quantities of its ladder are not known"
    return _unfitting_level(known, half.cycle, fills, orders)


def _unfitting_level(known: SymbolKnown, cycle: Cycle, fills: Fills, orders: Mapping[str, OrderReport]) -> str | None:
    """Return which level does not hold what the ladder has there, in words.

    None may hold more; one whose orders have all executed completely must hold exactly that, as far as `orders` (by
    order id) tells - a quantity that is missing because an order was cut short is owed, and placed again.
    """
    if known.reference is None:
        return None
    of_level: dict[int, list[OrderReport | None]] = {}
    for order_id, level in levels_by_order(fills).items():
        of_level.setdefault(level, []).append(orders.get(order_id))
    for level, fill in sorted(cycle.levels.items()):
        wanted = known.reference.quantity(level)
        is_whole = all(order is not None and order.filled_qty == order.qty for order in of_level[level])
        if fill.qty > wanted or (is_whole and fill.qty < wanted):
            return f"level {level} holds {plain(fill.qty)}, the ladder has {plain(wanted)}"
    return None
