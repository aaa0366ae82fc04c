"""The levels of one side: which are executed, which stand, which are missing and where they belong (S3, S4). Pure."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import NamedTuple

from gridtrader.domain.cycle import Cycle
from gridtrader.domain.exact import ZERO
from gridtrader.domain.known import SymbolKnown, is_awaiting
from gridtrader.domain.ladder import entry_price, step_away
from gridtrader.domain.order_names import Slot
from gridtrader.domain.orders import KnownOrder, Phase
from gridtrader.domain.sizing import Reference, order_margin
from gridtrader.domain.types import Side


class Target(NamedTuple):
    """One order that should stand: `leaves` open at `price`. `margin` is what placing it anew would bind, in USDT;
    `per_price` how much more that is for each 1 by which the market rises: 0 where it hangs on the price alone."""

    slot: Slot
    leaves: Decimal
    price: Decimal
    margin: Decimal = ZERO
    per_price: Decimal = ZERO


class LegState(Enum):
    __hash__ = object.__hash__  # members are unique; Enum's own hashes the name, in Python, each time

    EXECUTED = "executed"
    STANDS = "stands"
    """Its order works, or a command about it is under way."""
    MISSING = "missing"
    WAITS = "waits"
    """It cannot be placed yet: the entry below has no price, an older order is not gone, a fill is not seen."""


class Leg(NamedTuple):
    """One level on one side. `target` is what stands or should be placed; None if executed or waiting."""

    side: Side
    state: LegState
    target: Target | None
    begun: bool
    """Whether a part of the level has executed: then its order is never withdrawn."""


@dataclass(slots=True)
class Climb:
    """One way up the levels of one side. `previous` is the price the next level steps from; None while it has none.

    A level's price hangs on the level before it; `wake_ms` is when to look again though nothing has happened.
    """

    known: SymbolKnown
    side: Side
    now_ms: int
    previous: Decimal | None = None
    wake_ms: int | None = None
    legs: list[Leg] = field(default_factory=list)

    def to(self, depth: int) -> list[Leg]:
        """Return the levels 0 … depth-1."""
        cycle, reference = self.known.sides[self.side].cycle, self.known.reference
        if cycle is None or reference is None:
            return [Leg(self.side, LegState.WAITS, None, begun=False) for _ in range(depth)]
        is_blocked = self.known.has_leftovers(self.side) or self.known.is_unsettled(self.side)
        for level in range(depth):
            self.legs.append(self._leg(cycle, reference, level, is_blocked=is_blocked))
        return self.legs

    def _leg(self, cycle: Cycle, reference: Reference, level: int, *, is_blocked: bool) -> Leg:
        known, side = self.known, self.side
        begun = level in cycle.levels
        if known.is_executed(side, level):
            self.previous = cycle.levels[level].average_price
            return Leg(side, LegState.EXECUTED, None, begun)
        slot = known.slot(side, level)
        is_entry = level < cycle.immediate
        step = self._touch_price() if is_entry else self._step()
        order = known.latest.get(slot)
        if order is not None and order.is_being_cancelled:
            self.previous = None  # the balance may know of it before we do: nothing is decided on it
            return Leg(side, LegState.WAITS, None, begun)
        if order is not None and (order.phase.may_execute or is_awaiting(order)):
            if not is_entry and not begun and self._is_crowded(order, step):
                self.previous = None
                return Leg(side, LegState.WAITS, None, begun)
            price = self._reprice(order, step) if is_entry else order.price
            if order.phase is Phase.WORKING and not is_entry:
                self.previous = order.price  # it rests, and will fill at its own price
            else:
                self._anchor(order.price, is_entry=is_entry)
            stands = Target(slot, order.leaves, price)
            if order.is_meddled and not is_entry and not order.has_unseen_fills:
                stands = Target(slot, reference.quantity(level) - cycle.filled(level), order.asked_price)
            return Leg(side, LegState.STANDS, stands, begun)
        if step is None or is_blocked:
            self.previous = None
            return Leg(side, LegState.WAITS, None, begun)
        qty = reference.quantity(level) - cycle.filled(level)
        dearest = self._dearest(step)
        margin = order_margin(side, qty, dearest, known.leverage, known.fees.taker)
        per_price = margin / known.touch(side) if is_entry or dearest != step else ZERO
        self._anchor(step, is_entry=is_entry)
        return Leg(side, LegState.MISSING, Target(slot, qty, step, margin, per_price), begun)

    # --- prices ---

    def _dearest(self, price: Decimal) -> Decimal:
        """Return what an order at this limit may be sold for, if that binds more: a SHORT that crosses the market
        executes above its limit (S6)."""
        known = self.known
        if self.side is Side.LONG or known.quote is None:
            return price
        return max(price, known.touch(self.side))

    def _touch_price(self) -> Decimal | None:
        """Return what an order that is to execute now may pay; None without a price."""
        known = self.known
        if known.quote is None:
            return None
        return entry_price(
            known.touch(self.side), self.side, known.strategy.entry_allowance_percent, known.instrument
        )

    def _step(self) -> Decimal | None:
        """Return the price one step behind the level before; None if that has none, or nobody trades there."""
        if self.previous is None:
            return None
        instrument = self.known.instrument
        price = step_away(self.previous, self.side, self.known.strategy.step_percent, instrument)
        return price if instrument.min_price <= price <= instrument.max_price else None

    def _anchor(self, price: Decimal, *, is_entry: bool) -> None:
        """Note where the next level steps from while this one has not executed.

        An entry, and an order on its way that crosses the market, will execute at a price nobody knows yet: the next
        level waits for it (S3; S4: "later steps count from there").
        """
        known = self.known
        crosses = known.quote is not None and (known.touch(self.side) - price) * self.side.sign <= 0
        self.previous = None if is_entry or crosses else price

    def _is_crowded(self, order: KnownOrder, step: Decimal | None) -> bool:
        """Whether a resting level has come within a quarter of a step of the level before it.

        That happens only where the level before it had to be placed anew from another price; the two would fill
        together. A resting price never moves (S4), so this one is withdrawn and placed anew as well.
        """
        if step is None or self.previous is None or order.is_in_flight:
            return False
        sign = self.side.sign
        return (self.previous - order.price) * sign * 4 < (self.previous - step) * sign

    def _reprice(self, order: KnownOrder, touch_price: Decimal | None) -> Decimal:
        """Return the price an unfilled entry should have: its own, or the touch once it has waited a while (S3)."""
        known = self.known
        if order.is_in_flight or known.holds or touch_price is None:
            return order.price
        due = order.priced_ms + known.strategy.reprice_ms
        if self.now_ms < due:
            self._wake_at(due)
            return order.price
        if (known.touch(self.side) - order.price) * self.side.sign > 0:
            return touch_price
        self._wake_at(self.now_ms + known.strategy.reprice_ms)  # at the touch, and not yet filled
        return order.price

    def _wake_at(self, at_ms: int) -> None:
        self.wake_ms = at_ms if self.wake_ms is None else min(self.wake_ms, at_ms)
