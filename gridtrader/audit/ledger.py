"""What an account's executions tell: the running cycle of every leg in running sums, and q(0) of every ladder.

Fed with each execution once, in the exchange's order (time, then sequence number). A fill costs the same however long
the account has lived; nothing of a closed cycle is kept. Sums and products only, so `Decimal` is exact: it was
measured to be twenty times as fast as `Fraction` at the same sums.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from gridtrader.audit.books import LEGS, SIGN, ZERO, BookFill
from gridtrader.audit.terms import Terms, quantity
from gridtrader.domain.types import OrderKind

NOBODY = -1
"""The level of fills that are not the bot's, and the number of a cycle that none of its fills names."""


@dataclass(slots=True)
class LevelBook:
    """What has executed of one level; `value` is Σ quantity × price. `limit` is the limit of its last order."""

    kind: OrderKind | None
    qty: Decimal = ZERO
    value: Decimal = ZERO
    limit: Decimal = ZERO
    last_ms: int = 0
    order_ids: tuple[str, ...] = ()


@dataclass(slots=True)
class LegCycle:
    """One leg from flat to flat, or to now. Sums in USDT.

    The `priced_` figures are the closing ones as they were at the last entry or funding: the take-profit's price is
    made of those, later closing fills do not move it (S7).
    """

    symbol: str
    leg: int
    number: int = NOBODY
    """The highest cycle number that its opening fills name."""
    size: Decimal = ZERO
    entry_qty: Decimal = ZERO
    entry_value: Decimal = ZERO
    entry_costs: Decimal = ZERO
    """Fees of entries and funding paid, less funding received."""
    closed_qty: Decimal = ZERO
    closed_value: Decimal = ZERO
    closing_fees: Decimal = ZERO
    priced_qty: Decimal = ZERO
    priced_value: Decimal = ZERO
    priced_fees: Decimal = ZERO
    closed_since: dict[str, tuple[Decimal, Decimal, Decimal]] = field(default_factory=dict)
    """Order id → quantity, value and fees of what it has closed since then."""
    levels: dict[int, LevelBook] = field(default_factory=dict)
    is_foreign: bool = False
    """Whether somebody else had a hand in it."""
    is_hasty: bool = False
    """Whether something closed before anybody could have told its take-profit of the last entry or funding."""
    changed_ms: int = 0
    """When the last entry or funding was."""

    @property
    def sign(self) -> int:
        return SIGN[self.leg]

    @property
    def is_closed(self) -> bool:
        return self.size == 0

    @property
    def net(self) -> Decimal:
        """Return what a closed cycle has earned after all fees and funding."""
        return self.sign * (self.closed_value - self.entry_value) - self.entry_costs - self.closing_fees

    def executed(self, level: int) -> Decimal:
        book = self.levels.get(level)
        return book.qty if book else ZERO

    def take_profit(self, target: Decimal, closing_fee: Decimal, standing_id: str) -> tuple[Decimal, Decimal]:
        """Return S7's price before rounding, as numerator and denominator (> 0).

        What the standing take-profit has closed since the last entry or funding leaves its price as it was; what
        another one has closed is proceeds.
        """
        qty, value, fees = self.priced_qty, self.priced_value, self.priced_fees
        for order_id, (more_qty, more_value, more_fees) in self.closed_since.items():
            if order_id != standing_id:
                qty, value, fees = qty + more_qty, value + more_value, fees + more_fees
        sign = self.sign
        numerator = self.entry_value * (1 + sign * target) + sign * (self.entry_costs + fees) - value
        return numerator, (self.entry_qty - qty) * (1 - sign * closing_fee)

    # --- feeding, by the ledger ---

    def settle(self, fill: BookFill) -> None:
        self.entry_costs += fill.fee
        self._change(fill.at_ms)

    def trade(self, fill: BookFill) -> None:
        opened = fill.qty - fill.closed
        if opened:
            self._open(fill, opened)
        if fill.closed:
            self.size -= fill.closed
            self.closed_qty += fill.closed
            self.closed_value += fill.closed * fill.price
            self.closing_fees += fill.fee
            qty, value, fees = self.closed_since.get(fill.order_id, (ZERO, ZERO, ZERO))
            self.closed_since[fill.order_id] = (qty + fill.closed, value + fill.closed * fill.price, fees + fill.fee)
            self.is_foreign |= fill.name is None
            if fill.name is not None:  # opened by an order of the cycle before, it is known by its take-profit
                self.number = max(self.number, fill.name.slot.cycle)

    def _open(self, fill: BookFill, opened: Decimal) -> None:
        slot = fill.name.slot if fill.name is not None and fill.name.slot.kind.opens else None
        level = NOBODY if slot is None else slot.level
        book = self.levels.get(level)
        if book is None:
            book = self.levels[level] = LevelBook(None if slot is None else slot.kind)
        value = opened * fill.price
        book.qty += opened
        book.value += value
        book.limit, book.last_ms = fill.order_price, fill.at_ms
        if fill.order_id not in book.order_ids:
            book.order_ids = (*book.order_ids, fill.order_id)
        if slot is None:
            self.is_foreign = True
        elif slot.cycle >= self.number:
            self.number, book.kind = slot.cycle, slot.kind
        self.size += opened
        self.entry_qty += opened
        self.entry_value += value
        if not fill.closed:
            self.entry_costs += fill.fee
        self._change(fill.at_ms)

    def _change(self, at_ms: int) -> None:
        self.priced_qty, self.priced_value, self.priced_fees = self.closed_qty, self.closed_value, self.closing_fees
        self.closed_since.clear()
        self.changed_ms = at_ms
        self.is_hasty = False


@dataclass(slots=True)
class Pair:
    """Both legs of one symbol, and the reference quantities they share (S2).

    `first` is q(0): the total of the level-0 order that began to fill while both legs were flat, as the exchange
    recorded it. It stays until the next such order. q(k) stay as they were when the ladder opened, whatever the
    configuration says since.
    """

    symbol: str
    running: dict[int, LegCycle | None] = field(default_factory=lambda: dict.fromkeys(LEGS))
    last_number: dict[int, int] = field(default_factory=lambda: dict.fromkeys(LEGS, NOBODY))
    """The cycle number of each leg's last closed cycle."""
    closed_ms: dict[int, int] = field(default_factory=lambda: dict.fromkeys(LEGS, NOBODY))
    """When each leg was closed last."""
    first: Decimal | None = None
    _quantities: list[Decimal] = field(default_factory=list)
    _multiplier: Decimal = ZERO

    @property
    def is_flat(self) -> bool:
        return all(cycle is None for cycle in self.running.values())

    def begin(self, first: Decimal) -> None:
        self.first, self._quantities = first, []

    def quantity(self, level: int, term: Terms) -> Decimal:
        """Return q(level) of the running ladder. Raises LookupError before there was one."""
        if self.first is None:
            raise LookupError(f"{self.symbol}: no ladder has been opened")
        known = self._quantities
        if not known:
            self._multiplier = term.multiplier
        while len(known) <= level:
            known.append(quantity(self.first, len(known), self._multiplier, term.qty_step))
        return known[level]


class Ledger:
    """One account's executions, summed up. `grace_ms`: how long the bot may take to hear of something and answer."""

    def __init__(self, grace_ms: int = 0) -> None:
        self.grace_ms = grace_ms
        self._pairs: dict[str, Pair] = {}
        self._left_ms: int | None = None
        self._back_ms: int | None = None

    def pair(self, symbol: str) -> Pair:
        pair = self._pairs.get(symbol)
        if pair is None:
            pair = self._pairs[symbol] = Pair(symbol)
        return pair

    def cycle(self, symbol: str, leg: int) -> LegCycle | None:
        """Return the running cycle of a leg, None while it is flat."""
        return self.pair(symbol).running[leg]

    def add(self, fill: BookFill) -> LegCycle | None:
        """Count one execution; return the cycle that it closed, None if it closed none.

        Funding while a leg is flat belongs to no cycle.
        """
        pair = self.pair(fill.symbol)
        cycle = pair.running[fill.leg]
        if fill.is_funding:
            if cycle is not None:
                cycle.settle(fill)
            return None
        if cycle is None:
            slot = fill.name.slot if fill.name else None
            if slot and slot.kind.opens and slot.level == 0 and (pair.is_flat or pair.first is None):
                pair.begin(fill.order_qty)
            cycle = pair.running[fill.leg] = LegCycle(fill.symbol, fill.leg)
        cycle.trade(fill)
        if fill.closed and self.is_news(cycle.changed_ms, fill.at_ms):
            cycle.is_hasty = True
        if cycle.size != 0:
            return None
        pair.running[fill.leg] = None
        pair.last_number[fill.leg] = max(cycle.number, pair.last_number[fill.leg])
        pair.closed_ms[fill.leg] = fill.at_ms
        return cycle

    # --- what the bot can know ---

    def is_news(self, happened_ms: int, now_ms: int) -> bool:
        """Whether what happened then need not be known to the bot now."""
        if now_ms <= happened_ms + self.grace_ms:
            return True
        if self._left_ms is None or happened_ms + self.grace_ms < self._left_ms:
            return False
        back = self._back_ms
        return back is None or (happened_ms <= back and now_ms <= back + self.grace_ms)

    def left(self, at_ms: int) -> None:
        """Note that the bot is away or blind from now on: what happens is not its doing."""
        self._left_ms, self._back_ms = at_ms, None

    def back(self, at_ms: int) -> None:
        """Note that the bot sees again what happens."""
        self._back_ms = at_ms


def ledger_of(fills: Iterable[BookFill], grace_ms: int = 0) -> tuple[Ledger, list[LegCycle]]:
    """Return the ledger of a whole history, and all cycles it closed; the fills may come in any order."""
    ledger = Ledger(grace_ms)
    closed = (ledger.add(fill) for fill in sorted(fills, key=lambda fill: (fill.at_ms, fill.seq)))
    return ledger, [cycle for cycle in closed if cycle is not None]
