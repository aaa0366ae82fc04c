"""One account's books as the exchange keeps them, in the words of the laws; quantities in coins, values in USDT."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

from gridtrader.domain.order_names import OrderName, parse_order_name

LONG, SHORT = 1, 2
"""`positionIdx` of the two legs."""

LEGS = (LONG, SHORT)
SIGN = {LONG: 1, SHORT: -1}
LEG_NAMES = {LONG: "LONG", SHORT: "SHORT"}
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class BookOrder:
    """An order that is open at the exchange.

    `qty` is its total, `leaves` what is still open of it. `asked_price` is the limit that was asked for where the
    exchange moved it into its price band, else None.
    """

    symbol: str
    leg: int
    order_id: str
    name: OrderName | None
    is_buy: bool
    reduce_only: bool
    price: Decimal
    qty: Decimal
    leaves: Decimal
    asked_price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class BookFill:
    """An execution; `fee` > 0 was paid, taxes included. `is_funding` settlements close and open nothing.

    `closed` is how much of `qty` closed a position; `order_qty` and `order_price` are the order's total and limit.
    """

    symbol: str
    leg: int
    name: OrderName | None
    order_id: str
    order_qty: Decimal
    order_price: Decimal
    price: Decimal
    qty: Decimal
    closed: Decimal
    fee: Decimal
    is_funding: bool
    at_ms: int
    seq: int


class Books(NamedTuple):
    """What the exchange knows of an account at one moment, and what the caller knows of the bot.

    Orders and sizes are needed of the symbols that are judged only. `fills` is the whole history, oldest first, for
    callers that keep no ledger; others leave it empty.
    """

    orders: Sequence[BookOrder]
    sizes: Mapping[tuple[str, int], Decimal]
    available: Decimal
    margin_balance: Decimal
    fills: Sequence[BookFill] = ()
    now_ms: int = 0
    prices: Mapping[str, Decimal] = MappingProxyType({})
    """Last prices the bot can know; a symbol without a fresh price is left out."""
    held: frozenset[str] = frozenset()
    """Symbols in which nothing may be opened: the contract is not trading, the disk does not take the journal."""
    is_stopped: bool = False
    """Whether the account is in emergency stop: then nobody keeps ladders and take-profits right any more."""
    slack: Decimal = ZERO
    """By how much the free balance may have grown lately without the bot having to know (S6 allows 5 s)."""

    def free(self, buffer: Decimal) -> Decimal:
        """Return S6's free balance: available less `buffer` (a fraction) of the margin balance."""
        return self.available - buffer * self.margin_balance


def name_of(link_id: str) -> OrderName | None:
    """Return the bot's name behind an `orderLinkId`, None for anybody else's order."""
    return parse_order_name(link_id)


def shown(value: Decimal) -> str:
    """Return a number for people."""
    text = f"{value:.12f}"
    return text.rstrip("0").rstrip(".")
