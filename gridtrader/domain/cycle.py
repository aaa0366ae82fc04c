"""A side's life from its level-0 entry to the take-profit that closes it, as its fills tell it.

Streams tell fills in any order and late; what they mean depends on the order in which they happened. So a cycle
keeps its fills sorted by the exchange's moment, and everything else is reckoned from them.
"""

from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from gridtrader.domain.exact import ZERO
from gridtrader.domain.take_profit import CycleCosts

Moment = tuple[int, int]
"""When the exchange did something: its time in ms and its sequence number."""

NEVER: Moment = (-1, -1)


@dataclass(slots=True)
class Level:
    """What has executed of one level; `value` is Σ quantity × price."""

    qty: Decimal = ZERO
    value: Decimal = ZERO
    order_id: str = ""
    created_ms: int = 0
    executed_ms: int = 0
    average_price: Decimal = ZERO
    """Average execution price; 0 before it has begun to fill."""
    whole_of: object = None
    """The reference of which it has been found to hold all that is wanted. That stays so: fills only add to it."""


@dataclass(frozen=True, slots=True, order=True)
class Fill:
    """One fill of an order of ours. `level` is None for a take-profit's.

    Fills of one moment (one quote can fill an entry and a take-profit) stay in the order in which they are told: that
    is the exchange's.
    """

    moment: Moment
    exec_id: str = field(compare=False)
    level: int | None = field(compare=False)
    qty: Decimal = field(compare=False)
    price: Decimal = field(compare=False)
    fee: Decimal = field(compare=False)
    order_id: str = field(compare=False, default="")
    created_ms: int = field(compare=False, default=0)

    @property
    def value(self) -> Decimal:
        return self.qty * self.price


class Settlement(NamedTuple):
    """One funding settlement; `paid` < 0 was received."""

    moment: Moment
    paid: Decimal


@dataclass(slots=True)
class Cycle:
    """The running account of one cycle of one side. Only fills and funding change it, in whatever order they come.

    `immediate` levels (from 0 up) are opened at once (S3, S8): decided and journalled before anything is sent.
    """

    number: int
    immediate: int
    opened_ms: int
    levels: dict[int, Level] = field(default_factory=dict)
    entry_qty: Decimal = ZERO
    entry_value: Decimal = ZERO
    opening_fees: Decimal = ZERO
    closed_qty: Decimal = ZERO
    closed_value: Decimal = ZERO
    closing_fees: Decimal = ZERO
    fills: list[Fill] = field(default_factory=list)
    settlements: list[Settlement] = field(default_factory=list)
    """Funding told while this cycle ran; one from before its first fill belongs to the cycle before."""

    # --- what it holds ---

    @property
    def open_qty(self) -> Decimal:
        """What is still held. Below 0 while a closing fill is known before the opening one it closed."""
        return self.entry_qty - self.closed_qty

    @property
    def has_fills(self) -> bool:
        return bool(self.fills)

    @property
    def average_entry(self) -> Decimal:
        """Average price of all entries; only for a cycle that has some."""
        return self.entry_value / self.entry_qty

    @property
    def last_fill(self) -> Moment:
        return self.fills[-1].moment if self.fills else NEVER

    def filled(self, level: int) -> Decimal:
        """Return what has executed of a level."""
        known = self.levels.get(level)
        return known.qty if known else ZERO

    # --- what happens to it ---

    def add_fill(self, fill: Fill) -> None:
        """Count a fill, whenever it is told."""
        insort(self.fills, fill)
        value = fill.value
        if fill.level is None:
            self.closed_qty += fill.qty
            self.closed_value += value
            self.closing_fees += fill.fee
            return
        level = self.levels.setdefault(fill.level, Level())
        level.qty += fill.qty
        level.value += value
        level.average_price = level.value / level.qty
        level.order_id = fill.order_id or level.order_id
        level.created_ms = level.created_ms or fill.created_ms or fill.moment[0]
        level.executed_ms = max(level.executed_ms, fill.moment[0])
        self.entry_qty += fill.qty
        self.entry_value += value
        self.opening_fees += fill.fee

    def add_funding(self, paid: Decimal, moment: Moment) -> None:
        """Count a funding settlement; `paid` < 0 was received."""
        self.settlements.append(Settlement(moment, paid))

    def flat_after(self) -> int | None:
        """Return after how many fills, in the order in which they happened, the side was flat for the first time.

        None if it never was. It means something only once all fills are known.
        """
        if not self.closed_qty:
            return None
        running = ZERO
        for count, fill in enumerate(self.fills, start=1):
            running += fill.qty if fill.level is not None else -fill.qty
            if running == 0:
                return count
        return None

    def split(self, count: int, number: int, immediate: int) -> "Cycle | None":
        """Cut off everything after the first `count` fills and return it as a cycle of its own; None if that is
        nothing. What is left here is closed."""
        head, tail = self.fills[:count], self.fills[count:]
        end = head[-1].moment
        late = [settlement for settlement in self.settlements if settlement.moment > end]
        self.settlements = [settlement for settlement in self.settlements if settlement.moment <= end]
        if not tail:
            return None
        self._recount(head)
        rest = Cycle(number, immediate, tail[0].moment[0])
        rest._recount(tail)
        rest.settlements = late
        return rest

    def _recount(self, fills: Sequence[Fill]) -> None:
        self.levels, self.fills = {}, []
        self.entry_qty = self.entry_value = self.opening_fees = ZERO
        self.closed_qty = self.closed_value = self.closing_fees = ZERO
        for fill in fills:
            self.add_fill(fill)

    # --- what it costs and earns ---

    @property
    def funding(self) -> Decimal:
        """Funding paid less funding received while this cycle held anything."""
        return sum((settlement.paid for settlement in self._own_settlements()), ZERO)

    def _own_settlements(self) -> list[Settlement]:
        entered = next((fill.moment for fill in self.fills if fill.level is not None), None)
        if entered is None:
            return []
        return [settlement for settlement in self.settlements if settlement.moment > entered]

    def costs(self, standing_id: str = "") -> CycleCosts:
        """Return what the take-profit price is made of (S7).

        What the standing take-profit (`standing_id`) has closed since the last entry or funding does not move its
        price; later entries and funding take it into account, and so does a new take-profit.
        """
        settlements = self._own_settlements()
        funding = sum((settlement.paid for settlement in settlements), ZERO)
        if not self.closed_qty:
            return CycleCosts(self.entry_value, self.entry_qty, self.opening_fees + funding, ZERO)
        changed = max((settlement.moment for settlement in settlements), default=NEVER)
        changed = max(changed, max((fill.moment for fill in self.fills if fill.level is not None), default=NEVER))
        before = [
            fill
            for fill in self.fills
            if fill.level is None and (fill.moment < changed or fill.order_id != standing_id)
        ]
        return CycleCosts(
            entry_value=self.entry_value,
            open_qty=self.entry_qty - sum((fill.qty for fill in before), ZERO),
            costs=self.opening_fees + sum((fill.fee for fill in before), ZERO) + funding,
            closed_value=sum((fill.value for fill in before), ZERO),
        )

    def gross_profit(self, sign: int) -> Decimal:
        """Return what a closed cycle has earned before fees and funding; `sign` is the side's."""
        return sign * (self.closed_value - self.entry_value)

    def net_profit(self, sign: int) -> Decimal:
        """Return what a closed cycle has earned after all fees and funding; `sign` is the side's."""
        return self.gross_profit(sign) - self.opening_fees - self.closing_fees - self.funding
