"""What the engine needs from the world, as protocols: the exchange, its events, the clock and the files.

The engine never sees a class of `gridtrader.exchange` or `gridtrader.store`; `gridtrader.bot` puts them together.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import NamedTuple, Protocol

from gridtrader.domain.instrument import Instrument
from gridtrader.domain.types import (
    Amendment,
    Execution,
    FeeRates,
    NewOrder,
    OrderReport,
    PositionReport,
    Quote,
    Wallet,
)

# --- commands and their three outcomes (C3) ---


class Refusal(Enum):
    """Why the exchange said no, as far as the engine acts on it. Codes and texts stay at the edge."""

    MONEY = "money"
    """Not enough balance (110007 and kin)."""
    TIER = "tier"
    """Position or order above what the risk tier or the contract allows (110090 and kin)."""
    DUPLICATE = "duplicate"
    """The order name has been used (110072): the answer is the order of that name."""
    GONE = "gone"
    """No such order, or it is done (110001, 110008, 110010)."""
    UNCHANGED = "unchanged"
    """The amendment would change nothing."""
    REDUCE_ONLY = "reduce_only"
    """The position does not carry this closing quantity, or not yet (110017)."""
    NOT_TRADING = "not_trading"
    """The contract takes no such order now (110021, 110023, 110074, …)."""
    BUSY = "busy"
    """The same command may be right a moment later (110079 being processed, 110063 settlement in progress)."""
    RATE = "rate"
    """Too many requests (10006); nothing was done."""
    CLOCK = "clock"
    """Our timestamp is outside the window (10002); nothing was done."""
    KEY = "key"
    """The key is wrong, expired, without right, or barred (10003, 10004, 10005, 10010, 33004, …)."""
    INVALID = "invalid"
    """A value the exchange does not take: price, quantity, parameter."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The exchange acknowledged the command. That is not yet an order: the stream says when it exists (S10)."""

    order_id: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """The exchange refused; nothing was done. `code` and `text` are its own words."""

    refusal: Refusal
    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody can say whether the command was carried out: it must be looked up before it is sent again."""

    reason: str


Outcome = Accepted | Rejected | Unknown


class GatewayError(Exception):
    """A read failed. The message is fit for a log: it holds no secret."""


class Unreachable(GatewayError):
    """No usable answer: network, time-out, HTTP status ≠ 200, body that is not what it should be, server busy."""


class Refused(GatewayError):
    """The exchange answered with an error code."""

    def __init__(self, refusal: Refusal, code: int, text: str) -> None:
        super().__init__(f"{text} (retCode {code})")
        self.refusal = refusal
        self.code = code
        self.text = text


class MarginMode(Enum):
    CROSS = "REGULAR_MARGIN"
    ISOLATED = "ISOLATED_MARGIN"
    PORTFOLIO = "PORTFOLIO_MARGIN"


@dataclass(frozen=True, slots=True)
class AccountMode:
    """`is_unified` is false for a classic account, which the bot does not trade."""

    margin_mode: MarginMode
    is_unified: bool


class Lane(Enum):
    """Order of precedence where requests must wait for the rate limits (C6); lower goes first."""

    EMERGENCY = 0
    PROTECT = 1
    """Cancels and take-profits."""
    TRADE = 2
    """Entries and averaging orders."""
    READ = 3
    """Everything that only looks."""


class Gateway(Protocol):
    """One account's REST face of the exchange. Used by one thread at a time; every call has a deadline.

    Reads raise `Unreachable` or `Refused`. Commands never raise for what the network or the exchange does: they
    return one `Outcome` per order. Lists are complete (all pages), in no promised order. `start_ms`/`end_ms` may span
    any length: windows and pages are the gateway's business.
    """

    def account_mode(self) -> AccountMode: ...
    def wallet(self) -> Wallet: ...
    def instrument(self, symbol: str) -> Instrument: ...
    def fee_rates(self, symbol: str) -> FeeRates | None:
        """Return the account's rates, or None where the exchange does not tell (demo)."""
        ...

    def quote(self, symbol: str) -> Quote: ...
    def positions(self) -> Sequence[PositionReport]:
        """Return all USDT positions of the account with a size above 0."""
        ...

    def positions_of(self, symbol: str) -> Sequence[PositionReport]:
        """Return both sides of a symbol, flat ones included; one-way mode raises `Refused` with INVALID."""
        ...

    def open_orders(self, symbol: str | None = None) -> Sequence[OrderReport]: ...
    def order(self, symbol: str, link_id: str) -> OrderReport | None:
        """Return the order of that name whatever its status, or None if the exchange knows none."""
        ...

    def order_history(self, symbol: str, start_ms: int, end_ms: int) -> Sequence[OrderReport]: ...
    def executions(self, symbol: str, start_ms: int, end_ms: int) -> Sequence[Execution]:
        """Return fills, funding and forced closes, oldest first; those of one moment as the exchange made them."""
        ...

    def place(self, orders: Sequence[NewOrder], lane: Lane) -> Sequence[Outcome]: ...
    def amend(self, amendments: Sequence[Amendment], lane: Lane) -> Sequence[Outcome]: ...
    def cancel(self, symbol: str, link_ids: Sequence[str], lane: Lane) -> Sequence[Outcome]: ...
    def cancel_all(self, symbol: str) -> Outcome:
        """Cancel every order of the symbol, ours or not, conditional ones included."""
        ...

    def set_hedge_mode(self, symbol: str) -> Outcome:
        """Switch the symbol to hedge mode; "not modified" is Accepted (C5)."""
        ...

    def set_cross_margin(self) -> Outcome: ...
    def set_leverage(self, symbol: str, leverage: Decimal) -> Outcome: ...


# --- what wakes the engine ---


class StreamMessage(NamedTuple):
    """One private message: its parts, already validated, and the text it was made of, for the log.

    A part that did not fit the wire's description is in `errors`, in words; the engine then trusts REST only (C5).
    """

    topic: str
    text: str
    orders: tuple[OrderReport, ...] = ()
    executions: tuple[Execution, ...] = ()
    positions: tuple[PositionReport, ...] = ()
    wallet: Wallet | None = None
    errors: tuple[str, ...] = ()
    heard_ms: int = 0
    """When a message with a balance came, by our clock; the inbox notes it. 0: not known."""


@dataclass(frozen=True, slots=True)
class StreamUp:
    """The private stream is connected, authenticated and subscribed. Whatever happened before is unknown."""


@dataclass(frozen=True, slots=True)
class StreamDown:
    """The private stream is lost and being rebuilt; the engine is blind until `StreamUp`."""

    reason: str


@dataclass(frozen=True, slots=True)
class StreamLost:
    """The private stream could not be rebuilt within its attempts (A5): emergency stop."""

    reason: str


@dataclass(frozen=True, slots=True)
class PricesDown:
    """The public stream of a symbol could not be rebuilt within its attempts (A5): no new exposure."""

    symbol: str
    reason: str


@dataclass(frozen=True, slots=True)
class PricesUp:
    symbol: str


@dataclass(frozen=True, slots=True)
class StopOrdered:
    """A person wants the account stopped."""

    reason: str


class NewQuote(NamedTuple):
    symbol: str
    quote: Quote


Event = StreamMessage | StreamUp | StreamDown | StreamLost | PricesDown | PricesUp | StopOrdered | NewQuote


class Sink(Protocol):
    """Where sockets put events: never blocks, never raises, keeps only the newest quote of each symbol."""

    def put(self, event: Event) -> None: ...


# --- time ---


class Clock(Protocol):
    def now_ms(self) -> int:
        """Return the time of day, milliseconds since 1970 (UTC)."""
        ...

    def monotonic(self) -> float:
        """Return seconds that only ever go forward."""
        ...

    def sleep(self, seconds: float) -> None: ...


# --- files ---

Record = Mapping[str, str | int | None]
"""One line of the journal: flat, numbers that must be exact as text."""


class ArchiveError(Exception):
    """A file of the account could not be written or read; the message names it."""


class LevelState(NamedTuple):
    """One level in `bot_state.json` (T1)."""

    quantity: Decimal
    entry_price: Decimal
    grid_level: int
    order_id: str
    created_ms: int
    executed_ms: int | None


@dataclass(frozen=True, slots=True)
class SymbolState:
    """One symbol in `bot_state.json`: the spec's keys, and what the operator's tools show beside them."""

    long_positions: tuple[LevelState, ...]
    short_positions: tuple[LevelState, ...]
    long_tp_order_id: str | None
    short_tp_order_id: str | None
    extra: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class InterruptedStop:
    """An emergency stop that is written down, and whose process died before its opening orders were withdrawn."""

    reason: str
    symbol: str = ""


class Archive(Protocol):
    """One account's files. Everything raises `ArchiveError` when the disk does not take it."""

    def journal(self, records: Sequence[Record]) -> None:
        """Append and force to disk; all of them or an error."""
        ...

    def read_journal(self) -> Sequence[Record]:
        """Return what the journal still holds, oldest first; damaged lines are left out and reported."""
        ...

    @property
    def journal_is_full(self) -> bool:
        """Whether it is time to call `rotate_journal`."""
        ...

    def rotate_journal(self, records: Sequence[Record]) -> None:
        """Begin a new file with these records; older files may then be dropped."""
        ...

    def save_state(self, symbols: Mapping[str, SymbolState]) -> None: ...
    def trade(self, row: Mapping[str, str]) -> None:
        """Append a row to `trades_history.csv`."""
        ...

    def metrics(self, row: Mapping[str, object]) -> None: ...
    def save_status(self, status: Mapping[str, object]) -> None: ...
    def declare_emergency(self, *, symbol: str, reason: str, mm_rate: str) -> None:
        """Write `.emergency_stop`, and a journal record of it (R2, R3)."""
        ...

    def conclude_emergency(self) -> None:
        """Record that the emergency stop has done all it does: nothing of it is left to carry on."""
        ...

    def interrupted_emergency(self) -> InterruptedStop | None:
        """Return the emergency stop that was declared and not concluded, if there is one."""
        ...


class Diary(Protocol):
    """One account's logs (section 7). Writing never raises."""

    @property
    def bot(self) -> logging.Logger: ...
    def trade(self, text: str) -> None: ...
    def position(self, text: str) -> None: ...
