"""One account's books as the exchange keeps them, and the cycles that its fills tell."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from gridtrader.domain.order_names import OrderName, parse_order_name

LONG, SHORT = 1, 2
"""`positionIdx` of the two legs."""


@dataclass(frozen=True, slots=True)
class BookOrder:
    """An order that is open at the exchange."""

    symbol: str
    leg: int
    order_id: str
    name: OrderName | None
    is_buy: bool
    reduce_only: bool
    price: Fraction
    leaves: Fraction


@dataclass(frozen=True, slots=True)
class BookFill:
    """An execution; `fee` > 0 was paid. `is_funding` settlements have no quantity."""

    symbol: str
    leg: int
    name: OrderName | None
    price: Fraction
    qty: Fraction
    closed: Fraction
    fee: Fraction
    is_funding: bool
    at_ms: int
    seq: int


@dataclass(frozen=True, slots=True)
class Books:
    """Everything the laws look at, at one moment."""

    orders: Sequence[BookOrder]
    fills: Sequence[BookFill]
    sizes: dict[tuple[str, int], Fraction]
    available: Fraction
    margin_balance: Fraction


@dataclass(slots=True)
class BookCycle:
    """What happened to one leg from flat to flat (or to now). Sums in USDT."""

    symbol: str
    leg: int
    fills: list[BookFill] = field(default_factory=list)
    size: Fraction = Fraction(0)

    @property
    def sign(self) -> int:
        return 1 if self.leg == LONG else -1

    @property
    def is_closed(self) -> bool:
        return bool(self.fills) and self.size == 0

    @property
    def entry_value(self) -> Fraction:
        return sum(((f.qty - f.closed) * f.price for f in self._trades()), Fraction(0))

    @property
    def exit_value(self) -> Fraction:
        return sum((f.closed * f.price for f in self._trades()), Fraction(0))

    @property
    def costs(self) -> Fraction:
        """Fees and funding paid, less funding received."""
        return sum((f.fee for f in self.fills), Fraction(0))

    @property
    def net(self) -> Fraction:
        return self.sign * (self.exit_value - self.entry_value) - self.costs

    def _trades(self) -> Iterable[BookFill]:
        return (fill for fill in self.fills if not fill.is_funding)

    def levels(self) -> dict[int, Fraction]:
        """Return level → executed quantity; fills that are not the bot's count as level -1."""
        result: dict[int, Fraction] = {}
        for fill in self._trades():
            opened = fill.qty - fill.closed
            if opened:
                level = fill.name.slot.level if fill.name and fill.name.slot.kind.opens else -1
                result[level] = result.get(level, Fraction(0)) + opened
        return result

    def priced_part(self) -> tuple[Fraction, Fraction, Fraction]:
        """Return (closed quantity, closed value, fees of closing fills) up to the last entry or funding.

        That is what the take-profit's price was made of; later closing fills do not move it (S7).
        """
        last = max(i for i, fill in enumerate(self.fills) if fill.is_funding or fill.qty > fill.closed)
        before = [fill for fill in self.fills[:last] if fill.closed]
        return (
            sum((f.closed for f in before), Fraction(0)),
            sum((f.closed * f.price for f in before), Fraction(0)),
            sum((f.fee for f in before), Fraction(0)),
        )

    def other_costs(self) -> Fraction:
        """Return the fees of entries, and funding."""
        return sum((f.fee for f in self.fills if f.is_funding or not f.closed), Fraction(0))


def cycles_of(fills: Iterable[BookFill]) -> list[BookCycle]:
    """Return the cycles of all legs, oldest first; funding while flat belongs to none."""
    running: dict[tuple[str, int], BookCycle] = {}
    done: list[BookCycle] = []
    for fill in sorted(fills, key=lambda f: (f.at_ms, f.seq)):
        key = (fill.symbol, fill.leg)
        cycle = running.get(key)
        if cycle is None:
            if fill.is_funding:
                continue
            cycle = running[key] = BookCycle(*key)
            done.append(cycle)
        cycle.fills.append(fill)
        if not fill.is_funding:
            cycle.size += fill.qty - 2 * fill.closed
        if cycle.size == 0:
            del running[key]
    return done


def name_of(link_id: str) -> OrderName | None:
    """Return the bot's name behind an `orderLinkId`, None for anybody else's order."""
    return parse_order_name(link_id)
