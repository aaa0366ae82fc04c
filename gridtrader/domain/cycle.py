"""A side's life from its level-0 entry to the take-profit that closes it, as its fills tell it."""

from dataclasses import dataclass, field
from decimal import Decimal

from gridtrader.domain.exact import ZERO
from gridtrader.domain.take_profit import CycleCosts

Moment = tuple[int, int]
"""When the exchange did something: its time in ms and its sequence number. Streams may tell it in any order."""

NEVER: Moment = (-1, -1)


@dataclass(slots=True)
class Level:
    """What has executed of one level; `value` is Σ quantity × price."""

    qty: Decimal = ZERO
    value: Decimal = ZERO
    order_id: str = ""
    created_ms: int = 0
    executed_ms: int = 0

    @property
    def average_price(self) -> Decimal:
        """Average execution price; only for a level that has begun to fill."""
        return self.value / self.qty


@dataclass(frozen=True, slots=True)
class Closing:
    """One fill of a take-profit."""

    moment: Moment
    qty: Decimal
    value: Decimal
    fee: Decimal


@dataclass(frozen=True, slots=True)
class Settlement:
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
    closings: list[Closing] = field(default_factory=list)
    settlements: list[Settlement] = field(default_factory=list)
    """Funding told while this cycle ran; one from before its first fill belongs to the cycle before."""
    first_entry: Moment | None = None
    last_entry: Moment = NEVER
    last_fill: Moment = NEVER

    @property
    def open_qty(self) -> Decimal:
        """What is still held. Below 0 while a closing fill is known before the opening one it closed."""
        return self.entry_qty - self.closed_qty

    @property
    def has_fills(self) -> bool:
        return bool(self.levels or self.closings)

    @property
    def average_entry(self) -> Decimal:
        """Average price of all entries; only for a cycle that has some."""
        return self.entry_value / self.entry_qty

    def filled(self, level: int) -> Decimal:
        """Return what has executed of a level."""
        known = self.levels.get(level)
        return known.qty if known else ZERO

    def add_entry(self, level: int, qty: Decimal, price: Decimal, fee: Decimal, moment: Moment) -> Level:
        """Count an opening fill; returns the level it belongs to."""
        known = self.levels.setdefault(level, Level())
        value = qty * price
        known.qty += qty
        known.value += value
        known.executed_ms = max(known.executed_ms, moment[0])
        self.entry_qty += qty
        self.entry_value += value
        self.opening_fees += fee
        self.first_entry = moment if self.first_entry is None else min(self.first_entry, moment)
        self.last_entry = max(self.last_entry, moment)
        self.last_fill = max(self.last_fill, moment)
        return known

    def add_close(self, qty: Decimal, price: Decimal, fee: Decimal, moment: Moment) -> None:
        """Count a closing fill. It does not move the take-profit: only entries and funding do (S7)."""
        self.closed_qty += qty
        self.closings.append(Closing(moment, qty, qty * price, fee))
        self.last_fill = max(self.last_fill, moment)

    def add_funding(self, paid: Decimal, moment: Moment) -> None:
        """Count a funding settlement; `paid` < 0 was received."""
        self.settlements.append(Settlement(moment, paid))

    @property
    def funding(self) -> Decimal:
        """Funding paid less funding received while this cycle held anything."""
        return sum((settlement.paid for settlement in self._own_settlements()), ZERO)

    def _own_settlements(self) -> list[Settlement]:
        if self.first_entry is None:
            return []
        return [settlement for settlement in self.settlements if settlement.moment > self.first_entry]

    def costs(self) -> CycleCosts:
        """Return what the take-profit price is made of: the state at the last entry or funding (S7)."""
        settlements = self._own_settlements()
        changed = max((settlement.moment for settlement in settlements), default=NEVER)
        changed = max(changed, self.last_entry)
        before = [closing for closing in self.closings if closing.moment < changed]
        return CycleCosts(
            entry_value=self.entry_value,
            open_qty=self.entry_qty - sum((closing.qty for closing in before), ZERO),
            costs=self.opening_fees
            + sum((closing.fee for closing in before), ZERO)
            + sum((settlement.paid for settlement in settlements), ZERO),
            closed_value=sum((closing.value for closing in before), ZERO),
        )

    @property
    def closed_value(self) -> Decimal:
        return sum((closing.value for closing in self.closings), ZERO)

    @property
    def closing_fees(self) -> Decimal:
        return sum((closing.fee for closing in self.closings), ZERO)

    def gross_profit(self, sign: int) -> Decimal:
        """Return what a closed cycle has earned before fees and funding; `sign` is the side's."""
        return sign * (self.closed_value - self.entry_value)

    def net_profit(self, sign: int) -> Decimal:
        """Return what a closed cycle has earned after all fees and funding; `sign` is the side's."""
        return self.gross_profit(sign) - self.opening_fees - self.closing_fees - self.funding
