"""The law "mirror": the state file equals the exchange's positions and open orders (section 9, T1)."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from gridtrader.audit.books import LONG, SHORT, Books, cycles_of
from gridtrader.audit.laws import ladder_of

_SIDES = {LONG: "long", SHORT: "short"}


def check_mirror(state: Mapping[str, Any], books: Books, symbols: Iterable[str]) -> list[str]:
    """Return how `bot_state.json` (as read from JSON) differs from the books of a quiet account."""
    cycles = cycles_of(books.fills)
    broken: list[str] = []
    for symbol in symbols:
        entry = state.get(symbol)
        if entry is None:
            broken.append(f"{symbol}: mirror: not in the state file")
            continue
        for leg, side in _SIDES.items():
            ladder = ladder_of(books, symbol, leg, cycles)
            levels = entry[f"{side}_positions"]
            executed = {row["grid_level"]: Fraction(str(row["quantity"])) for row in levels if "executed" in row}
            if executed != dict(ladder.executed):
                broken.append(f"{symbol}: mirror: {side} executed {_show(executed)}, books {_show(ladder.executed)}")
            resting = {row["grid_level"]: row["order_id"] for row in levels if "executed" not in row}
            standing = {level: order.order_id for level, order in ladder.resting.items()}
            if resting != standing:
                broken.append(f"{symbol}: mirror: {side} resting {resting}, books {standing}")
            ids = [order.order_id for order in ladder.closing]
            told = entry[f"{side}_tp_order_id"]
            if ([told] if told else []) != ids:
                broken.append(f"{symbol}: mirror: {side} take-profit {told}, books {ids}")
    return broken


def _show(levels: Mapping[int, Fraction]) -> dict[int, float]:
    return {level: float(qty) for level, qty in sorted(levels.items())}
