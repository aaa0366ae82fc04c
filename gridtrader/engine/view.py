"""A picture of one account at a moment, for people: immutable, made by the engine's thread, read by any other."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from gridtrader.domain.known import SymbolKnown
from gridtrader.domain.types import SIDES, Side
from gridtrader.engine.book import AccountBook
from gridtrader.engine.state import take_profit_order
from gridtrader.engine.tally import Tally


@dataclass(frozen=True, slots=True)
class SideView:
    """One side: what it holds, what rests, at what it closes."""

    size: Decimal
    average_price: Decimal | None
    executed: int
    resting: int
    take_profit: Decimal | None
    cycle: int


@dataclass(frozen=True, slots=True)
class SymbolView:
    symbol: str
    last_price: Decimal | None
    sides: Mapping[Side, SideView]
    holds: tuple[str, ...]
    tally: Tally


@dataclass(frozen=True, slots=True)
class AccountView:
    """`mm_rate` is a fraction; money in USDT."""

    mode: str
    reason: str
    margin_balance: Decimal | None
    available: Decimal | None
    mm_rate: Decimal | None
    symbols: tuple[SymbolView, ...]


def view_account(book: AccountBook, mode: str, reason: str, tallies: Mapping[str, Tally]) -> AccountView:
    """Return the picture of an account."""
    wallet = book.wallet
    return AccountView(
        mode=mode,
        reason=reason,
        margin_balance=wallet.margin_balance if wallet else None,
        available=wallet.available if wallet else None,
        mm_rate=wallet.mm_rate if wallet else None,
        symbols=tuple(_symbol(known, tallies.get(symbol, Tally())) for symbol, known in book.symbols.items()),
    )


def _symbol(known: SymbolKnown, tally: Tally) -> SymbolView:
    return SymbolView(
        symbol=known.symbol,
        last_price=known.quote.last if known.quote else None,
        sides={side: _side(known, side) for side in SIDES},
        holds=tuple(sorted(hold.value for hold in known.holds)),
        tally=replace(tally),
    )


def _side(known: SymbolKnown, side: Side) -> SideView:
    half = known.sides[side]
    order = take_profit_order(known, side)
    return SideView(
        size=half.open_qty,
        average_price=half.cycle.average_entry if half.cycle and half.has_entries else None,
        executed=known.executed_levels(side) if half.has_fills else 0,
        resting=sum(1 for o in known.alive(side) if o.name.slot.kind.opens),
        take_profit=order.price if order else None,
        cycle=half.cycle.number if half.cycle else half.last_cycle,
    )
