"""What an account has come to, from the exchange's own books, and whether two accounts have come to the same.

Two runs that ought to end alike - one was killed and came back, one heard its streams doubled and in another order -
are compared fill by fill and order by order. Names and times may differ; levels, quantities and prices may not,
unless the market itself is the reason: see `compare`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from itertools import zip_longest

from gridtrader.audit.books import name_of
from gridtrader.domain.types import SIDES, OrderKind, Side
from gridtrader.paper import translate
from gridtrader.simulator.core import model
from gridtrader.simulator.core.exchange import Exchange

ZERO = Decimal(0)
FOREIGN = -1
"""The level of what is not the bot's."""

SideKey = tuple[str, Side]
Span = tuple[int, int]
"""From when until when, both included, in ms."""


# --- what an account has come to ---


@dataclass(frozen=True, slots=True)
class Fill:
    """One fill, without the names by which the two runs may have called it. `fee` is what was paid."""

    kind: OrderKind | None
    """None: not the bot's order."""
    level: int
    qty: Decimal
    price: Decimal
    fee: Decimal
    at_ms: int

    @property
    def deed(self) -> tuple[OrderKind | None, int, Decimal]:
        """Return what was done, at whatever price."""
        return self.kind, self.level, self.qty

    @property
    def outcome(self) -> tuple[OrderKind | None, int, Decimal, Decimal, Decimal]:
        """Return everything but the time."""
        return *self.deed, self.price, self.fee

    def __str__(self) -> str:
        kind = "foreign" if self.kind is None else self.kind.name
        return f"{kind} {self.level}: {self.qty} at {self.price}, fee {self.fee}, at {self.at_ms}"


@dataclass(frozen=True, slots=True)
class LevelEnd:
    """One level: what has executed of it in the running cycle, and what rests. `limit` is None where nothing does."""

    level: int
    executed: Decimal
    value: Decimal
    """Σ quantity × price of what has executed, in USDT."""
    resting: Decimal
    limit: Decimal | None

    @property
    def structure(self) -> tuple[int, Decimal, Decimal]:
        return self.level, self.executed, self.resting


@dataclass(frozen=True, slots=True)
class SideEnd:
    """One side: its levels from 0 up, and its take-profits as (open quantity, price)."""

    size: Decimal
    levels: tuple[LevelEnd, ...]
    take_profits: tuple[tuple[Decimal, Decimal], ...]
    cycle: tuple[Fill, ...]
    """The fills since it was last flat."""

    @property
    def structure(self) -> tuple[object, ...]:
        """Return everything but the prices."""
        return self.size, tuple(level.structure for level in self.levels), tuple(qty for qty, _ in self.take_profits)

    @property
    def standing(self) -> dict[int, Decimal]:
        """Return each level's quantity, executed and resting together."""
        return {level.level: level.executed + level.resting for level in self.levels}

    @property
    def is_covered(self) -> bool:
        """Whether one order closes exactly what is held, or nothing is held and nothing closes."""
        return [qty for qty, _ in self.take_profits] == ([self.size] if self.size else [])

    def __str__(self) -> str:
        levels = ", ".join(f"{x.level}: {x.executed}/{x.value} + {x.resting} at {x.limit}" for x in self.levels)
        return f"{self.size} [{levels}] take-profits {[(str(q), str(p)) for q, p in self.take_profits]}"


@dataclass(frozen=True, slots=True)
class Ending:
    """An account at one moment, and all fills that led there, in the exchange's order."""

    sides: Mapping[SideKey, SideEnd]
    fills: Mapping[SideKey, tuple[Fill, ...]]


def ending_of(exchange: Exchange, uid: int, symbols: Iterable[str]) -> Ending:
    """Read an account's books; they must all be in hedge mode or never used."""
    sides: dict[SideKey, SideEnd] = {}
    fills: dict[SideKey, tuple[Fill, ...]] = {}
    rows = exchange.executions(uid)
    for symbol in symbols:
        orders = tuple(exchange.open_orders(uid, symbol))
        sizes = {view.position_idx: view.size for view in exchange.positions(uid, symbol)}
        for side in SIDES:
            index = translate.INDEX[side]
            told = [row for row in rows if (row.symbol, row.position_idx) == (symbol, index)]
            trades = [row for row in told if row.exec_type != "Funding"]
            fills[symbol, side] = tuple(map(_fill, trades))
            resting = [order for order in orders if order.position_idx == index]
            sides[symbol, side] = _side_end(sizes.get(index, ZERO), _since_flat(trades), resting)
    return Ending(sides, fills)


def _fill(row: model.Execution) -> Fill:
    name = name_of(row.order_link_id)
    kind, level = (None, FOREIGN) if name is None else (name.slot.kind, name.slot.level)
    return Fill(kind, level, row.qty, row.price, row.fee + row.extra_fee, row.exec_time)


def _since_flat(trades: Sequence[model.Execution]) -> tuple[Fill, ...]:
    size, start = ZERO, 0
    for count, row in enumerate(trades, start=1):
        size += row.qty - 2 * row.closed_size
        if not size:
            start = count
    return tuple(map(_fill, trades[start:]))


def _side_end(size: Decimal, cycle: tuple[Fill, ...], orders: Sequence[model.Order]) -> SideEnd:
    executed: dict[int, Decimal] = {}
    value: dict[int, Decimal] = {}
    for fill in cycle:
        if fill.kind is not OrderKind.TAKE_PROFIT:
            executed[fill.level] = executed.get(fill.level, ZERO) + fill.qty
            value[fill.level] = value.get(fill.level, ZERO) + fill.qty * fill.price
    closing = sorted((order.leaves_qty, order.price) for order in orders if order.reduce_only)
    opening = [(_level(order), order) for order in orders if not order.reduce_only]
    levels = []
    for level in sorted({*executed, *(level for level, _ in opening)}):
        own = [order for at, order in opening if at == level]
        resting = sum((order.leaves_qty for order in own), ZERO)
        limit = own[0].price if own else None
        levels.append(LevelEnd(level, executed.get(level, ZERO), value.get(level, ZERO), resting, limit))
    return SideEnd(size, tuple(levels), tuple(closing), cycle)


def _level(order: model.Order) -> int:
    name = name_of(order.order_link_id)
    return FOREIGN if name is None else name.slot.level


# --- whether two have come to the same ---


class Likeness(Enum):
    """How far two endings of a symbol can be compared, and that they are alike so far."""

    EQUAL = "equal"
    """The same fills at the same prices and fees; the same levels, quantities, prices, take-profits."""
    SHIFTED = "shifted"
    """The same fills, some at another price; the same levels and quantities, and all prices that do not follow from
    one of those."""
    PARTED = "parted"
    """From a fill on that one of them was away for, the market has led them different ways."""

    @property
    def rank(self) -> int:
        return list(Likeness).index(self)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of a comparison. `problem` is empty if the two are as alike as they must be."""

    likeness: Likeness
    problem: str = ""
    parted_ms: int | None = None
    """When the first fill was that differs; None if none does."""


def compare(plain: Ending, other: Ending, symbol: str, away: Sequence[Span]) -> Comparison:
    """Compare what became of a symbol in two runs on the same market.

    In `other` prices moved at times while the bot was `away`: dead, or not told yet what had happened.

    Equal fills must lead to equal endings: levels, quantities, prices, take-profits. Fills may differ only from a
    fill on that happened - in either run - at such a time. Where after that the sequence of fills (kind, level,
    quantity) is still the same on both sides, so are levels and quantities, executed and resting, and the
    take-profits' quantities; and a price differs only if it follows from a fill at another price: a take-profit's
    from any fill of its cycle, a resting level's from those of the levels below it. Where the sequence itself
    differs, nothing more can be said of the two together.
    """
    keys = [(symbol, side) for side in SIDES]
    splits = [_first_difference(plain.fills[key], other.fills[key]) for key in keys]
    moments = [moment for moment in splits if moment is not None]
    if not moments:
        problems = [_differs(key, plain, other) for key in keys if _face(plain.sides[key]) != _face(other.sides[key])]
        return Comparison(Likeness.EQUAL, "; ".join(problems))
    parted = min(moments)
    if not any(since <= parted <= until for since, until in away):
        problem = f"{symbol}: fills differ from {parted} on, though the bot missed no price: "
        return Comparison(Likeness.PARTED, problem + _told(plain, other, keys, parted), parted)
    if any(_deeds(plain.fills[key]) != _deeds(other.fills[key]) for key in keys):
        return Comparison(Likeness.PARTED, "", parted)
    problems = [_differs(key, plain, other) for key in keys if not _follows(plain.sides[key], other.sides[key])]
    return Comparison(Likeness.SHIFTED, "; ".join(problems), parted)


def _first_difference(plain: Sequence[Fill], other: Sequence[Fill]) -> int | None:
    for one, two in zip_longest(plain, other):
        if one is None or two is None or one.outcome != two.outcome:
            return min(fill.at_ms for fill in (one, two) if fill is not None)
    return None


def _deeds(fills: Sequence[Fill]) -> list[object]:
    return [fill.deed for fill in fills]


def _face(end: SideEnd) -> tuple[object, ...]:
    """Return everything that must be equal after equal fills."""
    return end.size, end.levels, end.take_profits


def _follows(plain: SideEnd, other: SideEnd) -> bool:
    """Whether two sides after the same fills, some at another price, are alike but for what follows from those."""
    if plain.structure != other.structure:
        return False
    moved = [
        one.level if one.kind is not OrderKind.TAKE_PROFIT else FOREIGN
        for one, two in zip(plain.cycle, other.cycle, strict=True)
        if one.outcome != two.outcome
    ]
    if not moved and plain.take_profits != other.take_profits:
        return False
    lowest = min(moved, default=None)
    return all(
        one.limit == two.limit
        for one, two in zip(plain.levels, other.levels, strict=True)
        if lowest is None or one.level <= lowest
    )


def _differs(key: SideKey, plain: Ending, other: Ending) -> str:
    symbol, side = key
    return f"{symbol} {side.name}: {plain.sides[key]} became {other.sides[key]}"


def _told(plain: Ending, other: Ending, keys: Sequence[SideKey], since: int) -> str:
    def told(ending: Ending) -> str:
        late = [f"{key[1].name} {fill}" for key in keys for fill in ending.fills[key] if fill.at_ms >= since]
        return ", ".join(late[:4]) or "none"

    return f"{told(plain)} - and - {told(other)}"
