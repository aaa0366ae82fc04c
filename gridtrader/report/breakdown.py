"""What each side of each symbol came to."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import product
from typing import NamedTuple

from gridtrader.domain.exact import ZERO
from gridtrader.domain.types import SIDES, Side
from gridtrader.replay.result import ReplayResult
from gridtrader.report.figures import amount
from gridtrader.report.markup import Html, join, tag
from gridtrader.report.series import depths


class _Share(NamedTuple):
    symbol: str
    side: Side
    cycles: int
    net: Decimal
    deepest: int
    fees: Decimal
    funding: Decimal


_HEADS = ("cycles", "net of cycles", "levels", "fees", "funding")


def breakdown(result: ReplayResult) -> Html:
    """Return the table by symbol and side: fees and funding of everything, closed or still open."""
    rows = [_share(result, symbol.symbol, side) for symbol, side in product(result.parameters.symbols, SIDES)]
    head = tag("tr", tag("th", "", scope="col"), *(tag("th", name, scope="col", class_="figure") for name in _HEADS))
    return tag(
        "table",
        tag("thead", head),
        tag("tbody", join(_row(row) for row in rows)),
        class_="plain",
    )


def _share(result: ReplayResult, symbol: str, side: Side) -> _Share:
    trades = [trade for trade in result.trades if trade.symbol == symbol and trade.side is side]
    cycles = [cycle for cycle in result.cycles if cycle.symbol == symbol and cycle.side is side]
    funding = (one.paid for one in result.funding if one.symbol == symbol and one.side is side)
    return _Share(
        symbol,
        side,
        len(cycles),
        sum((cycle.net for cycle in cycles), ZERO),
        max((depth.levels for depth in depths(trades)), default=0),
        sum((trade.fee for trade in trades), ZERO),
        sum(funding, ZERO),
    )


def _row(row: _Share) -> Html:
    figures: Sequence[str] = (
        f"{row.cycles:,}",
        amount(row.net, signed=True),
        str(row.deepest),
        amount(row.fees),
        amount(row.funding),
    )
    named = zip(_HEADS, figures, strict=True)
    cells = (tag("td", text, class_="figure", data_name=head) for head, text in named)
    name = join([f"{row.symbol} ", tag("span", row.side.name, class_=f"side {row.side.name.lower()}")])
    return tag("tr", tag("th", name, scope="row"), *cells)
