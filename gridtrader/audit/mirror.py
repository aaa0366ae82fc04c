"""The law "mirror": the state file equals the exchange's positions and open orders (section 9, T1).

What T1 asks of a level, and what is checked:

* one row for each level that has executed, wholly or in part, or rests; none for any other;
* `executed` stands on rows of executed levels only: those that are complete (S5), not those partly filled;
* an executed level: the quantity that executed, its average price, the id of an order that executed it;
* a level whose order works: that order's id and limit; the quantity is the level's, executed and open together;
* a level partly filled whose order is gone: what has executed, at its average price;
* `order_id` and `created` always; the take-profit's id, or nothing where there is none.
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from gridtrader.audit.books import LONG, SHORT, Books, shown
from gridtrader.audit.ladder import Ladder, Stand, stand_of
from gridtrader.audit.ledger import Ledger, ledger_of
from gridtrader.audit.terms import Terms

_SIDES = {LONG: "long", SHORT: "short"}
_ROUNDING = Decimal("1e-9")
"""How far an average price in the file may be from the exact one, which may have no end, as a fraction."""


def check_mirror(
    state: Mapping[str, Any], books: Books, terms: Iterable[Terms], ledger: Ledger | None = None
) -> list[str]:
    """Return how `bot_state.json` (as read from JSON, numbers exact) differs from the books of a quiet account.

    Without a ledger it is made from `books.fills`.
    """
    if ledger is None:
        ledger, _ = ledger_of(books.fills)
    broken: list[str] = []
    for term in terms:
        entry = state.get(term.symbol)
        if entry is None:
            broken.append(f"{term.symbol}: mirror: not in the state file")
            continue
        stand = stand_of(ledger, books, term)
        for ladder in stand.ladders:
            side = _SIDES[ladder.leg]
            found = [
                *_levels(stand, ladder, entry[f"{side}_positions"]),
                *_take_profit(ladder, entry[f"{side}_tp_order_id"]),
            ]
            broken.extend(f"{term.symbol}: mirror: {side} {text}" for text in found)
    return broken


def _levels(stand: Stand, ladder: Ladder, rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    told: dict[int, Mapping[str, Any]] = {}
    for row in rows:
        level = int(row["grid_level"])
        if level in told:
            yield f"level {level} is in the file twice"
        told[level] = row
    for level in sorted(told.keys() - ladder.levels):
        yield f"level {level} is in the file and not in the books"
    for level in sorted(ladder.levels):
        if level not in told:
            yield f"level {level} is in the books and not in the file"
        else:
            yield from (f"level {level} {text}" for text in _level(stand, ladder, level, told[level]))


def _level(stand: Stand, ladder: Ladder, level: int, row: Mapping[str, Any]) -> Iterator[str]:
    is_complete = stand.is_complete(ladder, level)
    if bool(row.get("executed")) != is_complete:
        yield "is executed and not marked so" if is_complete else "is marked executed and is not"
    if not row.get("created"):
        yield "has no time of creation"
    qty = ladder.executed(level) + ladder.leaves(level)
    if _number(row["quantity"]) != qty:
        yield f"has quantity {row['quantity']}, books {shown(qty)}"
    anchor = ladder.anchor(level)
    assert anchor is not None
    value, per = anchor
    if abs(_number(row["entry_price"]) * per - value) > value * _ROUNDING:
        yield f"has price {row['entry_price']}, books {value / per:.12g}"
    order = ladder.opening.get(level)
    ids = ladder.cycle.levels[level].order_ids if order is None and ladder.cycle else ()
    if row.get("order_id") not in (ids if order is None else (order.order_id,)):
        yield f"has order {row.get('order_id')}, books {ids if order is None else order.order_id}"


def _take_profit(ladder: Ladder, told: str | None) -> Iterator[str]:
    ids = [order.order_id for order in ladder.closing]
    if ([told] if told else []) != ids:
        yield f"take-profit {told}, books {ids}"


def _number(value: Any) -> Decimal:
    return Decimal(str(value))
