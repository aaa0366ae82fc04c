"""How deep cycles went and what they earned, as bars that need no script."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from gridtrader.domain.exact import ZERO, plain
from gridtrader.domain.types import Side
from gridtrader.replay.result import ClosedCycle
from gridtrader.report.bins import Bin, bins
from gridtrader.report.figures import MINUS, amount
from gridtrader.report.markup import Html, join, tag

_BARS: Final = ((Side.LONG, "1"), (Side.SHORT, "11"))
"""Where the bar of each side begins, in pixels from the top."""
_BAR_HEIGHT: Final = "9"


class _Row(NamedTuple):
    label: str
    long: int
    short: int
    net: Decimal

    @property
    def most(self) -> int:
        return max(self.long, self.short)


def distributions(cycles: Sequence[ClosedCycle]) -> Html:
    """Return the two distributions side by side."""
    if not cycles:
        return tag("p", "No cycle was closed.", class_="empty")
    return tag(
        "div",
        _figure("Levels a cycle used", "levels", _by_depth(cycles)),
        _figure("Net profit of a cycle, USDT", "from … to", _by_profit(cycles)),
        class_="pair",
    )


def _by_depth(cycles: Sequence[ClosedCycle]) -> list[_Row]:
    used = {cycle.levels for cycle in cycles}
    return [
        _row(str(levels), cycles, lambda cycle, levels=levels: cycle.levels == levels)  # type: ignore[misc]
        for levels in range(min(used), max(used) + 1)
    ]


def _by_profit(cycles: Sequence[ClosedCycle]) -> list[_Row]:
    return [
        _row(_label(one), cycles, lambda cycle, one=one: one.holds(cycle.net))  # type: ignore[misc]
        for one in bins([cycle.net for cycle in cycles])
    ]


def _label(one: Bin) -> str:
    return " … ".join(plain(edge).replace("-", MINUS) for edge in one)


def _row(label: str, cycles: Sequence[ClosedCycle], belongs: Callable[[ClosedCycle], bool]) -> _Row:
    chosen = [cycle for cycle in cycles if belongs(cycle)]
    longs = sum(cycle.side is Side.LONG for cycle in chosen)
    return _Row(label, longs, len(chosen) - longs, sum((cycle.net for cycle in chosen), ZERO))


def _figure(title: str, unit: str, rows: Sequence[_Row]) -> Html:
    most = max(row.most for row in rows)
    head = tag(
        "tr",
        tag("th", unit, scope="col"),
        tag("th", "cycles", scope="col", class_="wide"),
        tag("th", "LONG", scope="col", class_="figure solid"),
        tag("th", "SHORT", scope="col", class_="figure hollow"),
        tag("th", "net", scope="col", class_="figure"),
    )
    body = join(
        tag(
            "tr",
            tag("th", row.label, scope="row"),
            tag("td", _bars(row, most), class_="wide"),
            tag("td", f"{row.long:,}", class_="figure"),
            tag("td", f"{row.short:,}", class_="figure"),
            tag("td", amount(row.net), class_="figure"),
        )
        for row in rows
    )
    table = tag("table", tag("thead", head), tag("tbody", body), class_="bars")
    return tag("div", tag("h3", title), table, class_="card")


def _bars(row: _Row, most: int) -> Html:
    counts = {Side.LONG: row.long, Side.SHORT: row.short}
    rects = (
        tag(
            "rect",
            class_=side.name.lower(),
            x="1",
            y=top,
            height=_BAR_HEIGHT,
            width=f"{Decimal(counts[side]) * 98 / most:.2f}%",
        )
        for side, top in _BARS
        if counts[side]
    )
    return tag("svg", *rects, class_="bar", aria_hidden="true")
