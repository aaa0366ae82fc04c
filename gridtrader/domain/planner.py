"""What should stand on the exchange for one symbol, given what is known (S3-S9). Pure.

The answer has two parts: what is wanted whatever it costs (take-profits, and orders that stand already), and rungs -
levels with legs still missing - in the order in which money is to be given to them (`gridtrader.domain.money`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import NamedTuple

from gridtrader.domain.exact import ZERO, plain
from gridtrader.domain.known import LegRefused, SymbolKnown
from gridtrader.domain.ladder import ladder_depth
from gridtrader.domain.legs import Climb, Leg, LegState, Target
from gridtrader.domain.sizing import order_margin
from gridtrader.domain.take_profit import take_profit_price
from gridtrader.domain.types import SIDES, Side

_DONE = {LegState.EXECUTED}


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


class Rung(NamedTuple):
    """One level with legs missing. `is_ahead`: no side has executed it; both legs stand or none.

    `refused` is how the exchange last refused one of its missing legs, if that still counts.
    """

    level: int
    legs: tuple[Leg, ...]
    is_ahead: bool
    refused: LegRefused | None = None

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
        return _withdrawable(self.legs)


def _withdrawable(legs: tuple[Leg, ...]) -> tuple[Target, ...]:
    return tuple(leg.target for leg in legs if leg.state is LegState.STANDS and leg.target and not leg.begun)


@dataclass(slots=True)
class SymbolPlan:
    """The plan of one symbol before money: `standing` stays, `rungs` are to be paid for in order."""

    symbol: str
    standing: list[Target] = field(default_factory=list)
    rungs: list[Rung] = field(default_factory=list)
    ahead: list[Target] = field(default_factory=list)
    """Standing orders of the level ahead: part of `standing`, given up if a level below lacks money (S6)."""
    deeper: list[Target] = field(default_factory=list)
    """Standing orders that level the two sides beyond one that is missing, with what they bind: part of `standing`,
    given up from the deepest on if that is what the missing one lacks (T4: the smallest first)."""
    notes: list[Note] = field(default_factory=list)
    wake_ms: int | None = None
    """When to look again though nothing has happened: an entry is due for a new price, a refused leg for a try."""

    def wake_at(self, at_ms: int) -> None:
        """Ask to be looked at again at `at_ms`, or earlier if that was asked for already."""
        self.wake_ms = at_ms if self.wake_ms is None else min(self.wake_ms, at_ms)


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
    if order is not None and order.phase.may_execute and known.is_unsettled(side):
        return Target(slot, order.leaves, order.price)  # what it closes is not known to the last fill: leave it
    standing_id = order.order_id if order is not None and order.phase.may_execute else ""
    price = take_profit_price(
        side, cycle.costs(standing_id), known.strategy.target, known.closing_fee, known.instrument
    )
    return Target(slot, cycle.open_qty, price)


def _plan_ladder(known: SymbolKnown, plan: SymbolPlan, now_ms: int) -> None:
    executed = {side: known.executed_levels(side) for side in SIDES}
    depth = min(ladder_depth(executed[Side.LONG], executed[Side.SHORT], known.max_level), known.depth_limit)
    legs: dict[Side, list[Leg]] = {}
    for side in SIDES:
        climb = Climb(known, side, now_ms)
        legs[side] = climb.to(depth)
        if climb.wake_ms is not None:
            plan.wake_at(climb.wake_ms)
    reached = max(executed.values())
    gap = False
    for level in range(depth):
        pair = tuple(legs[side][level] for side in SIDES)
        states = {leg.state for leg in pair}
        if states == _DONE:
            continue
        standing = [leg.target for leg in pair if leg.state is LegState.STANDS and leg.target]
        if LegState.MISSING in states:
            rung = Rung(level, pair, level >= reached, _refused(known, pair, level, plan, now_ms))
            gap = _offer(known, plan, rung, standing, gap=gap)
        else:
            plan.standing.extend(standing)
            if plan.rungs:  # else nothing is ever given up
                (plan.ahead if level >= reached else plan.deeper).extend(_with_margin(known, pair))
    for side in SIDES:
        plan.standing.extend(_begun_beyond(known, side, depth))


def _with_margin(known: SymbolKnown, pair: tuple[Leg, ...]) -> Iterator[Target]:
    """Give the legs that may be taken back, with what each binds."""
    for target in _withdrawable(pair):
        bound = order_margin(target.slot.side, target.leaves, target.price, known.leverage, known.fees.taker)
        yield target._replace(margin=bound)


def _refused(
    known: SymbolKnown, pair: tuple[Leg, ...], level: int, plan: SymbolPlan, now_ms: int
) -> LegRefused | None:
    """Return the refusal that still keeps a missing leg of this level from being tried again, if there is one."""
    for leg in pair:
        refused = known.refused_legs.get((leg.side, level))
        if leg.state is LegState.MISSING and refused is not None and now_ms < refused.retry_ms:
            plan.wake_at(refused.retry_ms)
            return refused
    return None


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


def _begun_beyond(known: SymbolKnown, side: Side, depth: int) -> list[Target]:
    """Return the orders of begun levels beyond the depth: what has partly executed is never withdrawn."""
    cycle = known.sides[side].cycle
    if cycle is None:
        return []
    beyond = [level for level in cycle.levels if level >= depth and not known.is_executed(side, level)]
    orders = (known.latest.get(known.slot(side, level)) for level in sorted(beyond))
    return [Target(o.name.slot, o.leaves, o.price) for o in orders if o is not None and o.phase.may_execute]
