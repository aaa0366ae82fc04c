"""What should stand on the exchange for one symbol, given what is known (S3-S9). Pure.

The answer has two parts: what is wanted whatever it costs (take-profits, and orders that stand already), and rungs -
levels with legs still missing - in the order in which money is to be given to them (`gridtrader.domain.money`).
"""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum

from gridtrader.domain.exact import ZERO, plain
from gridtrader.domain.known import SymbolKnown, is_awaiting
from gridtrader.domain.ladder import entry_price, ladder_depth, step_away
from gridtrader.domain.order_names import Slot
from gridtrader.domain.orders import KnownOrder
from gridtrader.domain.sizing import order_margin
from gridtrader.domain.take_profit import take_profit_price
from gridtrader.domain.types import SIDES, Side


@dataclass(frozen=True, slots=True)
class Target:
    """One order that should stand: `leaves` open at `price`. `margin` is what placing it anew would bind."""

    slot: Slot
    leaves: Decimal
    price: Decimal
    margin: Decimal = ZERO


class NoteLevel(Enum):
    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Note:
    """Why something does not stand, for the log: said once per change of `key`."""

    level: NoteLevel
    key: str
    text: str


class LegState(Enum):
    EXECUTED = "executed"
    STANDS = "stands"
    """Its order works, or a command about it is under way."""
    MISSING = "missing"
    WAITS = "waits"
    """It cannot be placed yet: the entry below has no price, an older order is not gone, a fill is not seen."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One level on one side. `target` is what stands or should be placed; None if executed or waiting."""

    side: Side
    state: LegState
    target: Target | None
    begun: bool
    """Whether a part of the level has executed: then its order is never withdrawn."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One level with legs missing. `is_ahead`: no side has executed it; both legs stand or none.

    `refused_at` is the balance at which the exchange last refused one of its legs for money, if it did.
    """

    level: int
    legs: tuple[Leg, ...]
    is_ahead: bool
    refused_at: Decimal | None = None

    @property
    def missing(self) -> tuple[Target, ...]:
        return tuple(leg.target for leg in self.legs if leg.state is LegState.MISSING and leg.target)

    @property
    def margin(self) -> Decimal:
        """What the missing legs would bind together."""
        return sum((target.margin for target in self.missing), ZERO)

    @property
    def withdrawable(self) -> tuple[Target, ...]:
        """Return the legs that stand and may be taken back, nothing of them having executed."""
        return tuple(leg.target for leg in self.legs if leg.state is LegState.STANDS and leg.target and not leg.begun)


@dataclass(slots=True)
class SymbolPlan:
    """The plan of one symbol before money: `standing` stays, `rungs` are to be paid for in order."""

    symbol: str
    standing: list[Target] = field(default_factory=list)
    rungs: list[Rung] = field(default_factory=list)
    ahead: list[Target] = field(default_factory=list)
    """Standing orders of the level ahead: part of `standing`, given up if a level below lacks money (S6)."""
    notes: list[Note] = field(default_factory=list)
    wake_ms: int | None = None
    """When to look again though nothing has happened: an entry is due for a new price."""


def plan_symbol(known: SymbolKnown, now_ms: int) -> SymbolPlan:
    """Return what should stand for one symbol."""
    plan = SymbolPlan(known.symbol)
    for side in SIDES:
        target = _take_profit(known, side)
        if target is not None:
            plan.standing.append(target)
    if known.reference is not None:
        _plan_ladder(known, plan, now_ms)
    return plan


def _take_profit(known: SymbolKnown, side: Side) -> Target | None:
    cycle = known.sides[side].cycle
    if cycle is None or cycle.open_qty <= 0:
        return None
    slot = known.take_profit_slot(side)
    order = known.latest.get(slot)
    if order is not None and order.phase.may_execute and known.has_unseen_fills(side):
        return Target(slot, order.leaves, order.price)  # what it closes is not known to the last fill: leave it
    price = take_profit_price(side, cycle.costs(), known.strategy.target, known.closing_fee, known.instrument)
    return Target(slot, cycle.open_qty, price)


def _plan_ladder(known: SymbolKnown, plan: SymbolPlan, now_ms: int) -> None:
    executed = {side: known.executed_levels(side) for side in SIDES}
    depth = min(ladder_depth(executed[Side.LONG], executed[Side.SHORT], known.strategy.max_level), known.depth_limit)
    legs: dict[Side, list[Leg]] = {side: _legs(known, side, depth, plan, now_ms) for side in SIDES}
    reached = max(executed.values())
    gap = False
    for level in range(depth):
        pair = tuple(legs[side][level] for side in SIDES)
        rung = Rung(level, pair, level >= reached, _refused_at(known, level))
        standing = [leg.target for leg in pair if leg.state is LegState.STANDS and leg.target]
        if rung.missing:
            gap = _offer(known, plan, rung, standing, gap=gap)
        else:
            plan.standing.extend(standing)
            if rung.is_ahead:
                plan.ahead.extend(rung.withdrawable)
    for side in SIDES:
        plan.standing.extend(_begun_beyond(known, side, depth))


def _refused_at(known: SymbolKnown, level: int) -> Decimal | None:
    refused = [known.refused_legs[side, level].available for side in SIDES if (side, level) in known.refused_legs]
    return max(refused, default=None)


def _offer(known: SymbolKnown, plan: SymbolPlan, rung: Rung, standing: list[Target], *, gap: bool) -> bool:
    """Put a rung with missing legs up for payment, or say why not; returns whether deeper levels must wait (S6)."""
    kept = [target for target in standing if target not in rung.withdrawable]
    obstacle = _obstacle(known, rung)
    if gap or obstacle is not None:
        waits_only = gap or any(leg.state is LegState.WAITS for leg in rung.legs)
        plan.standing.extend(standing if waits_only or known.holds else kept)
        if obstacle is not None and not gap:
            plan.notes.append(obstacle)
        return True
    plan.standing.extend(kept)
    plan.rungs.append(rung)
    return False


def _obstacle(known: SymbolKnown, rung: Rung) -> Note | None:
    """Return why the missing legs of a rung cannot be placed now, or None."""
    where = f"{known.symbol} level {rung.level}"
    if known.holds:
        reasons = ", ".join(sorted(hold.value for hold in known.holds))
        return Note(NoteLevel.WARNING, f"hold {reasons}", f"{where}: nothing new is opened: {reasons}")
    for leg in rung.legs:
        if leg.state is LegState.WAITS:
            return Note(NoteLevel.INFO, f"wait {rung.level}", f"{where}: waits for {leg.side.name}")
    for target in rung.missing:
        smallest = known.instrument.smallest_qty(target.price)
        if target.leaves < smallest:
            return Note(
                NoteLevel.CRITICAL,
                f"small {rung.level} {target.slot.side.name}",
                f"{where} {target.slot.side.name}: quantity {plain(target.leaves)} at {plain(target.price)} is below "
                f"the exchange's minimum {plain(smallest)}; nothing more is opened, take-profits are kept",
            )
    return None


# --- the legs of one side ---


def _legs(known: SymbolKnown, side: Side, depth: int, plan: SymbolPlan, now_ms: int) -> list[Leg]:
    """Return the side's levels 0 … depth-1. A level's price hangs on the level before it (S4)."""
    legs: list[Leg] = []
    previous: Decimal | None = None
    blocked = known.sides[side].cycle is None or known.has_leftovers(side) or known.has_unseen_fills(side)
    for level in range(depth):
        leg, previous = _leg(known, side, level, previous, plan, now_ms, blocked=blocked)
        legs.append(leg)
    return legs


def _leg(
    known: SymbolKnown,
    side: Side,
    level: int,
    previous: Decimal | None,
    plan: SymbolPlan,
    now_ms: int,
    *,
    blocked: bool,
) -> tuple[Leg, Decimal | None]:
    """Return a level's leg, and the price from which the next level steps (None while it has none)."""
    cycle, reference = known.sides[side].cycle, known.reference
    if cycle is None or reference is None:
        return Leg(side, LegState.WAITS, None, begun=False), None
    begun = level in cycle.levels
    if known.is_executed(side, level):
        return Leg(side, LegState.EXECUTED, None, begun), cycle.levels[level].average_price
    slot = known.slot(side, level)
    is_entry = level < cycle.immediate
    order = known.latest.get(slot)
    if order is not None and (order.phase.may_execute or is_awaiting(order)):
        price = _entry_reprice(known, order, plan, now_ms) if is_entry else order.price
        stands = Leg(side, LegState.STANDS, Target(slot, order.leaves, price), begun)
        return stands, None if is_entry else order.price
    price_now = _price_now(known, side, previous, is_entry=is_entry)
    if price_now is None or blocked:
        return Leg(side, LegState.WAITS, None, begun), None if is_entry else price_now
    qty = reference.quantity(level) - cycle.filled(level)
    margin = order_margin(side, qty, price_now, known.leverage, known.fees.taker)
    missing = Leg(side, LegState.MISSING, Target(slot, qty, price_now, margin), begun)
    return missing, None if is_entry else price_now


def _price_now(known: SymbolKnown, side: Side, previous: Decimal | None, *, is_entry: bool) -> Decimal | None:
    """Return the price at which a missing level would be placed; None if it has none yet."""
    if is_entry:
        return None if known.quote is None else _touch_price(known, side)
    if previous is None:
        return None
    price = step_away(previous, side, known.strategy.step_percent, known.instrument)
    return price if known.instrument.min_price <= price <= known.instrument.max_price else None


def _touch_price(known: SymbolKnown, side: Side) -> Decimal:
    return entry_price(known.touch(side), side, known.strategy.entry_allowance_percent, known.instrument)


def _entry_reprice(known: SymbolKnown, order: KnownOrder, plan: SymbolPlan, now_ms: int) -> Decimal:
    """Return the price an unfilled entry should have: its own, or the touch once it has waited long enough (S3)."""
    if order.is_in_flight or known.holds or known.quote is None:
        return order.price
    due = order.priced_ms + known.strategy.reprice_ms
    if now_ms < due:
        plan.wake_ms = due if plan.wake_ms is None else min(plan.wake_ms, due)
        return order.price
    distance = (known.touch(order.side) - order.price) * order.side.sign
    return _touch_price(known, order.side) if distance > 0 else order.price


def _begun_beyond(known: SymbolKnown, side: Side, depth: int) -> list[Target]:
    """Return the orders of begun levels beyond the depth: what has partly executed is never withdrawn."""
    cycle = known.sides[side].cycle
    if cycle is None:
        return []
    beyond = [level for level in cycle.levels if level >= depth and not known.is_executed(side, level)]
    orders = (known.latest.get(known.slot(side, level)) for level in sorted(beyond))
    return [Target(o.name.slot, o.leaves, o.price) for o in orders if o is not None and o.phase.may_execute]
