"""The words of the trade: sides, prices, and what the exchange says about orders, fills, positions and money.

Everything here is a frozen value. Raw exchange messages are turned into these at the edge (`gridtrader.exchange`)
and never travel further in. Times are integer milliseconds since 1970 (UTC) by the exchange's clock.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Final, NamedTuple


class Side(Enum):
    """A side of the hedge: `positionIdx` 1 (LONG) or 2 (SHORT) on Bybit. Never the direction of an order."""

    LONG = 1
    SHORT = -1

    __hash__ = object.__hash__  # members are unique; Enum's own hashes the name, in Python, each time

    def __init__(self, sign: int) -> None:
        self.sign = sign
        """+1 for LONG, -1 for SHORT: the only difference between the two code paths."""
        self.letter = "L" if sign > 0 else "S"

    @property
    def other(self) -> "Side":
        return Side.SHORT if self is Side.LONG else Side.LONG


SIDES: Final = (Side.LONG, Side.SHORT)


class OrderKind(Enum):
    """What an order is for (C2); the value is its letter in an order name."""

    ENTRY = "E"
    """A level that is opened at once, at the touch (S3, S8)."""
    AVERAGING = "A"
    """A level ≥ 1 that rests one step from the one before (S4)."""
    TAKE_PROFIT = "T"
    """The one reduce-only order that closes the whole side (S7)."""

    __hash__ = object.__hash__

    def __init__(self, letter: str) -> None:
        self.opens = letter != "T"
        """Whether the order adds exposure."""


class OrderStatus(Enum):
    """What the exchange says about an order it has accepted."""

    WORKING = "working"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"

    @property
    def is_final(self) -> bool:
        return self is not OrderStatus.WORKING


class ExecutionKind(Enum):
    """Why a position or its cost changed."""

    TRADE = "trade"
    FUNDING = "funding"
    FORCED = "forced"
    """Liquidation, auto-deleveraging, settlement: never the bot's own doing (S11)."""


class Quote(NamedTuple):
    """The market as the public stream last told it. `bid` ≤ `ask`; all prices > 0."""

    bid: Decimal
    ask: Decimal
    last: Decimal
    at_ms: int

    def touch(self, side: Side) -> Decimal:
        """Return the price at which an entry of `side` executes now: the ask for LONG, the bid for SHORT."""
        return self.ask if side is Side.LONG else self.bid


@dataclass(frozen=True, slots=True)
class FeeRates:
    """The account's fee rates for a symbol, as fractions (0.00055 = 0.055 %)."""

    maker: Decimal
    taker: Decimal


class Wallet(NamedTuple):
    """The account's money (USD totals of the unified account). `mm_rate` is a fraction: 1 = liquidation."""

    margin_balance: Decimal
    available: Decimal
    initial_margin: Decimal
    maintenance_margin: Decimal
    mm_rate: Decimal
    at_ms: int
    """When the exchange said so, by its clock; what happened before is in it."""
    until_ms: int = 0
    """Up to when something may be in it, where that is later: REST may lag behind the time it bears."""

    @property
    def latest_ms(self) -> int:
        """Return the last moment of which anything may be in it."""
        return max(self.at_ms, self.until_ms)


def aged(wallet: Wallet, lag_ms: int) -> Wallet:
    """Return a balance that may lag behind its time by so much: what happened since may be in it, or not."""
    return Wallet(
        wallet.margin_balance,
        wallet.available,
        wallet.initial_margin,
        wallet.maintenance_margin,
        wallet.mm_rate,
        at_ms=wallet.at_ms - lag_ms,
        until_ms=wallet.at_ms,
    )


class OrderReport(NamedTuple):
    """What the exchange says about one order, by stream or by REST.

    `link_id` is the client's order name as sent (empty for an order made elsewhere); `side` is the position side
    the order belongs to; `qty` the order's total, `filled_qty` what has executed of it.
    """

    symbol: str
    side: Side
    order_id: str
    link_id: str
    status: OrderStatus
    is_buy: bool
    reduce_only: bool
    price: Decimal
    qty: Decimal
    filled_qty: Decimal
    filled_value: Decimal
    """Value of what has executed, in USDT."""
    created_ms: int
    updated_ms: int
    reason: str = ""
    """Why it was cancelled or rejected, in the exchange's words; empty while it works."""


class Execution(NamedTuple):
    """One fill or one funding settlement. `fee` is what was paid (negative: received), taxes included."""

    symbol: str
    side: Side
    kind: ExecutionKind
    exec_id: str
    order_id: str
    link_id: str
    is_buy: bool
    price: Decimal
    qty: Decimal
    closed_qty: Decimal
    """How much of `qty` closed a position; 0 for an opening fill and for funding."""
    fee: Decimal
    is_maker: bool
    pnl: Decimal | None
    """Realised profit before fees, where the exchange tells it (the stream does, REST does not)."""
    at_ms: int
    seq: int
    """The exchange's sequence number of the event; the position report of the same event bears the same one."""

    @property
    def moment(self) -> tuple[int, int]:
        """Its place in the exchange's order."""
        return self.at_ms, self.seq

    @property
    def growth(self) -> Decimal:
        """By how much it made its side's position larger; below 0 where it closed, 0 for funding."""
        return Decimal(0) if self.kind is ExecutionKind.FUNDING else self.qty - 2 * self.closed_qty


class PositionReport(NamedTuple):
    """What the exchange says about one side of one symbol. `size` ≥ 0; `avg_price` is 0 when flat."""

    symbol: str
    side: Side
    size: Decimal
    avg_price: Decimal
    leverage: Decimal
    seq: int
    """-1 where the symbol has never been traded."""
    updated_ms: int
    realised: Decimal | None = None
    """What it has earned since it was opened, fees and funding in it, USDT; None where the exchange does not tell."""


@dataclass(frozen=True, slots=True)
class NewOrder:
    """A limit order to be placed. Direction and `positionIdx` follow from `side` and `reduce_only`."""

    symbol: str
    side: Side
    link_id: str
    price: Decimal
    qty: Decimal
    reduce_only: bool

    @property
    def is_buy(self) -> bool:
        """LONG is opened and SHORT closed by buying."""
        return (self.side is Side.LONG) != self.reduce_only


@dataclass(frozen=True, slots=True)
class Amendment:
    """New price and/or total quantity (filled part included) for a working order; None leaves a value as it is."""

    symbol: str
    link_id: str
    price: Decimal | None
    qty: Decimal | None
