"""One symbol of one account against the exchange: is its mode right, and is there a ladder?"""

from collections.abc import Sequence
from dataclasses import dataclass

from gridtrader.domain.exact import HUNDRED, plain
from gridtrader.domain.sizing import SizingError
from gridtrader.domain.types import PositionReport
from gridtrader.engine.ports import Gateway, Refusal, Refused
from gridtrader.operator.check.notes import Notes
from gridtrader.operator.rungs import Ladder, Terms, build_ladder


@dataclass(frozen=True, slots=True)
class SymbolOutcome:
    """The ladder there would be, None where there is none; and whether the symbol is in hedge mode already."""

    ladder: Ladder | None
    is_hedged: bool


def check_symbol(
    terms: Terms, leverage: int, gateway: Gateway, holdings: Sequence[PositionReport], notes: Notes
) -> SymbolOutcome:
    """Write down what is found. Raises `Refused` or `Unreachable`.

    `leverage` is the configured one, `holdings` are the account's open positions.
    """
    instrument = terms.instrument
    name = instrument.symbol
    is_hedged = _is_hedged(name, gateway, holdings, notes)
    if terms.leverage < leverage:
        notes.warn(
            f"{name}: leverage {leverage} is above the exchange's maximum, {plain(terms.leverage)} is used and the "
            f"position is smaller than the configuration says: set it to that"
        )
    try:
        ladder = build_ladder(terms)
    except SizingError as error:
        notes.fail(f"nothing would be opened: {error}")
        return SymbolOutcome(None, is_hedged)
    for warning in ladder.warnings:
        notes.warn(f"{name}: {warning}")
    mode = "hedge mode" if is_hedged else "one-way mode (the start switches it to hedge mode)"
    first, last = ladder.rungs[0], ladder.rungs[-1]
    notes.ok(
        f"{name}: trading, {mode}, leverage {plain(terms.leverage)} of at most {plain(instrument.max_leverage)}, "
        f"taker fee {plain(terms.fees.taker * HUNDRED)} %, levels 0 to {last.level} of {plain(first.quantity)} to "
        f"{plain(last.quantity)} at {plain(terms.quote.last)}"
    )
    return SymbolOutcome(ladder, is_hedged)


def _is_hedged(symbol: str, gateway: Gateway, holdings: Sequence[PositionReport], notes: Notes) -> bool:
    """Return whether a symbol is in hedge mode; a one-way position is in the way of a start (T3)."""
    try:
        gateway.positions_of(symbol)
    except Refused as error:
        if error.refusal is not Refusal.INVALID:
            raise
    else:
        return True
    if any(report.symbol == symbol for report in holdings):
        notes.fail(
            f"{symbol} is in one-way mode with a position open: close it, or switch the symbol to hedge mode by hand"
        )
    return False
