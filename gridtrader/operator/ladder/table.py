"""How `gridtrader ladder` looks to people: what is placed, then what has come of it. Made for 120 columns."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from rich.table import Table
from rich.text import Text

from gridtrader.domain.exact import decimals
from gridtrader.domain.types import Side
from gridtrader.operator.printing import exact, money
from gridtrader.operator.rungs import Ladder, LadderRung, SideRung, Terms

_PLACED: Final = (
    "\nlevel",
    "LONG\nprice",
    "from 0\n%",
    "SHORT\nprice",
    "from 0\n%",
    "\nquantity",
    "LONG\nvalue",
    "SHORT\nvalue",
    "LONG\nmargin",
    "SHORT\nmargin",
    "total\nmargin",
    "balance\nneeded",
)
_HELD: Final = (
    "\nlevel",
    "\nholds",
    "LONG\naverage",
    "\nTP",
    "to TP\n%",
    "\nloss",
    "\nMM",
    "SHORT\naverage",
    "\nTP",
    "to TP\n%",
    "\nloss",
    "\nMM",
)


def pages(terms: Terms, ladder: Ladder) -> Iterator[Text | Table]:
    """Yield the two tables and the notes to them."""
    places = decimals(terms.instrument.tick_size)
    yield Text(
        "Orders, level by level, in USDT. Margins hold the fees the exchange reserves; totals are of both sides"
    )
    yield _table(_PLACED, [_placed(rung, places) for rung in ladder.rungs])
    yield Text()
    yield Text("Once a level has executed, with the price there, each side alone (MM: maintenance margin)")
    yield _table(_HELD, [_held(rung, places) for rung in ladder.rungs])


def _placed(rung: LadderRung, places: int) -> list[str]:
    long, short = rung.sides[Side.LONG], rung.sides[Side.SHORT]
    return [
        str(rung.level),
        _fixed(long.price, places),
        money(long.distance_percent, signed=True),
        _fixed(short.price, places),
        money(short.distance_percent, signed=True),
        exact(rung.quantity),
        money(long.notional),
        money(short.notional),
        money(long.margin),
        money(short.margin),
        money(rung.total_margin),
        money(rung.balance),
    ]


def _held(rung: LadderRung, places: int) -> list[str]:
    cells = [str(rung.level), exact(rung.total_quantity)]
    for side in rung.sides.values():
        cells += _held_side(side, places)
    return cells


def _held_side(side: SideRung, places: int) -> list[str]:
    return [
        _fixed(side.average, places + 1),
        _fixed(side.take_profit, places),
        money((side.take_profit / side.price - 1) * Decimal(100), signed=True),
        money(side.loss),
        money(side.maintenance),
    ]


def _fixed(value: Decimal, places: int) -> str:
    return f"{value:.{places}f}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for head in heads:
        table.add_column(head, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    return table
