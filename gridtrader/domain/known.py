"""Everything the core knows of one symbol of one account: the input of every decision.

Written by the engine's account book only; read by the pure functions beside this file.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum

from gridtrader.domain.cycle import Cycle
from gridtrader.domain.exact import ZERO
from gridtrader.domain.instrument import Instrument
from gridtrader.domain.order_names import Slot
from gridtrader.domain.orders import KnownOrder
from gridtrader.domain.sizing import Reference, depth_allowed_by_size
from gridtrader.domain.types import SIDES, FeeRates, OrderKind, PositionReport, Quote, Side


@dataclass(frozen=True, slots=True)
class Strategy:
    """The configured values of one symbol, and the system's bounds on opening it.

    Percentages are of price (no leverage); `margin` is `initial_position_size_usd`, before leverage;
    `target` is the take-profit as a fraction.
    """

    symbol: str
    margin: Decimal
    leverage: Decimal
    step_percent: Decimal
    multiplier: Decimal
    target: Decimal
    max_level: int
    entry_allowance_percent: Decimal
    reprice_ms: int


class HoldReason(Enum):
    """Why a symbol may open nothing new for now; take-profits are kept right all the same."""

    NO_PRICE = "no price that is young enough"
    PRICES_DOWN = "the price stream is down"
    NOT_TRADING = "the contract is not trading"
    FILES = "state or journal cannot be written"


@dataclass(frozen=True, slots=True)
class LegRefused:
    """A leg the exchange refused, `count` times in a row, the last time with `available` in the wallet. It is tried
    again at `retry_ms` (our clock), or as soon as clearly more is available (S6)."""

    available: Decimal
    retry_ms: int
    count: int
    text: str


@dataclass(slots=True)
class SideKnown:
    """One side of a symbol. `cycle` is None while the side is flat and the next cycle is not decided."""

    cycle: Cycle | None = None
    last_cycle: int = 0
    restored_seq: int = -1
    """The exchange's sequence number of the position that was restored: what happened up to it is explained."""
    position: PositionReport | None = None

    @property
    def size(self) -> Decimal:
        """The position's size as the exchange last told it."""
        return self.position.size if self.position else ZERO

    @property
    def open_qty(self) -> Decimal:
        """The position's size as our fills tell it."""
        return self.cycle.open_qty if self.cycle else ZERO

    @property
    def has_fills(self) -> bool:
        return self.cycle is not None and self.cycle.has_fills

    @property
    def has_entries(self) -> bool:
        return self.cycle is not None and bool(self.cycle.levels)

    @property
    def agrees(self) -> bool:
        """Whether fills and position report tell the same, as far as the report is not older than the fills."""
        if self.position is None:
            return self.open_qty == 0
        return not self.is_told_of_last_fill or self.position.size == self.open_qty

    @property
    def is_told_of_last_fill(self) -> bool:
        """Whether the position report is not older than the newest fill we know of."""
        if self.position is None:
            return False
        return self.cycle is None or self.position.seq >= self.cycle.last_fill[1]

    @property
    def was_flat(self) -> bool:
        """Whether, as far as the fills are known, the running cycle has been closed, wholly or before later fills."""
        return self.cycle is not None and self.cycle.flat_after() is not None


@dataclass(slots=True)
class SymbolKnown:
    """One symbol of one account. `orders` holds, by name, the orders of the running cycles and what is left of older
    ones; `attempts` the last attempt of each slot ever used since the cycle began."""

    strategy: Strategy
    instrument: Instrument
    fees: FeeRates
    closing_fee: Decimal
    leverage: Decimal
    """As set on the exchange."""
    reference: Reference | None = None
    decided_ms: int = 0
    """When the running ladder was decided; our clock."""
    sides: dict[Side, SideKnown] = field(default_factory=lambda: {side: SideKnown() for side in SIDES})
    orders: dict[str, KnownOrder] = field(default_factory=dict)
    latest: dict[Slot, KnownOrder] = field(default_factory=dict)
    """The order of the highest attempt of each slot."""
    executed: dict[str, Decimal] = field(default_factory=dict)
    """Executed quantity by order name, of the running cycles: an order may be told of after its fills."""
    quote: Quote | None = None
    quoted_ms: int = 0
    """When the quote was heard; our clock."""
    last_trade: tuple[int, Decimal] | None = None
    """Exchange time and price of our newest fill: it may know the market better than the quote."""
    holds: set[HoldReason] = field(default_factory=set)
    refused_legs: dict[tuple[Side, int], LegRefused] = field(default_factory=dict)
    depth_cap: int | None = None
    """Levels from here on are refused by the risk tier (S1)."""

    @property
    def symbol(self) -> str:
        return self.strategy.symbol

    def touch(self, side: Side) -> Decimal:
        """Return the price at which an entry of a side executes now. Raises LookupError without a quote.

        Prices come ten times a second, fills at once: a take-profit that filled beyond the quote tells where the
        market has gone, and the side it closed is to reopen there.
        """
        if self.quote is None:
            raise LookupError(f"{self.symbol}: no price")
        touch = self.quote.touch(side)
        if self.last_trade is None or self.last_trade[0] <= self.quote.at_ms:
            return touch
        traded = self.last_trade[1]
        return max(touch, traded) if side is Side.LONG else min(touch, traded)

    # --- orders ---

    def slot(self, side: Side, level: int) -> Slot:
        """Return the slot of a level of the running cycle of a side (which must have one)."""
        cycle = self._cycle(side)
        kind = OrderKind.ENTRY if level < cycle.immediate else OrderKind.AVERAGING
        return Slot(self.symbol, side, cycle.number, kind, level)

    def take_profit_slot(self, side: Side) -> Slot:
        return Slot(self.symbol, side, self._cycle(side).number, OrderKind.TAKE_PROFIT, 0)

    def _cycle(self, side: Side) -> Cycle:
        cycle = self.sides[side].cycle
        if cycle is None:
            raise LookupError(f"{self.symbol} {side.name} has no cycle")
        return cycle

    def alive(self, side: Side) -> list[KnownOrder]:
        """Return the side's orders that may stand on the exchange, of any cycle."""
        return [order for order in self.orders.values() if order.side is side and order.phase.may_execute]

    def is_of_level(self, order: KnownOrder) -> bool:
        """Whether an order is the newest one of a level of its side's running cycle."""
        slot, cycle = order.name.slot, self.sides[order.side].cycle
        return slot.kind.opens and cycle is not None and slot.cycle == cycle.number and self.latest.get(slot) is order

    def has_leftovers(self, side: Side) -> bool:
        """Whether opening orders of an earlier cycle may still execute."""
        cycle = self.sides[side].cycle
        number = cycle.number if cycle else None
        for order in self.orders.values():
            if order.side is side and order.phase.may_execute:
                slot = order.name.slot
                if slot.kind.opens and slot.cycle != number:
                    return True
        return False

    def has_unseen_fills(self, side: Side) -> bool:
        """Whether the exchange has told of fills whose executions have not come yet."""
        if not self.sides[side].agrees:
            return True
        for order in self.orders.values():  # noqa: SIM110  # asked at every turn; a generator costs thrice as much
            if order.filled > order.seen and order.side is side:
                return True
        return False

    def is_unsettled(self, side: Side) -> bool:
        """Whether fills and position do not (yet) tell one story: an event is still to come, or was lost. Until then
        nothing is done about the side."""
        return self.sides[side].was_flat or self.has_unseen_fills(side)

    # --- the ladder ---

    def is_executed(self, side: Side, level: int) -> bool:
        """Whether a level has completely filled, or what is missing is too little for the exchange to take."""
        cycle = self.sides[side].cycle
        if cycle is None or self.reference is None or level not in cycle.levels:
            return False
        known = cycle.levels[level]
        if known.whole_of is self.reference:
            return True
        missing = self.reference.quantity(level) - known.qty
        if missing <= 0:
            known.whole_of = self.reference
            return True
        order = self.latest.get(self.slot(side, level))
        if order is not None and (order.phase.may_execute or order.has_unseen_fills):
            return False
        return missing < self.instrument.smallest_qty(known.average_price)

    def executed_levels(self, side: Side) -> int:
        """Return n(side): executed levels, and during a reopening the immediate ones already decided (S5).

        A level executed beyond a gap (an old order that filled while it was being cancelled) counts with all levels
        below it: the ladder has reached that far.
        """
        cycle = self.sides[side].cycle
        if cycle is None:
            return 0
        reached = cycle.immediate
        for level in cycle.levels:
            if level >= reached and self.is_executed(side, level):
                reached = level + 1
        return reached

    @property
    def depth_limit(self) -> int:
        """How many levels there can be at most: configured, and as quantities and risk tier allow."""
        if self.reference is None:
            return 0
        limit = depth_allowed_by_size(self.reference, self.max_level, self.instrument)
        return limit if self.depth_cap is None else min(limit, self.depth_cap)

    @property
    def max_level(self) -> int:
        """The highest level there may be: as configured, but never below what a side has already executed, so that
        the other side keeps its insurance when the configuration is lowered."""
        executed = [level for half in self.sides.values() if half.cycle for level in half.cycle.levels]
        return max(self.strategy.max_level, max(executed, default=0))

    def claims(self, side: Side) -> bool:
        """Whether the side's cycle has begun: something filled, or an entry that may fill."""
        known = self.sides[side]
        if known.cycle is None:
            return False
        number = known.cycle.number
        return known.has_fills or any(
            o.name.slot.kind.opens and o.name.slot.cycle == number for o in self.alive(side)
        )


def is_awaiting(order: KnownOrder | None) -> bool:
    """Whether a slot's newest order must be understood before anything else is done about the slot."""
    return order is not None and (order.is_in_flight or order.has_unseen_fills)
