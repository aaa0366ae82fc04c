"""The live table of `gridtrader run`: what each account holds, has resting, and has done."""

import threading
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from types import TracebackType
from typing import Self

from rich import box
from rich.console import Console, Group, JustifyMethod
from rich.live import Live
from rich.table import Table
from rich.text import Text

from gridtrader.bot import Member
from gridtrader.daemon.session import Phase
from gridtrader.domain.exact import HUNDRED, plain
from gridtrader.domain.types import Side
from gridtrader.engine.tally import Tally
from gridtrader.engine.view import SideView, SymbolView
from gridtrader.operator.printing import exact, money

_REFRESH_S = 0.5
_PLAIN_EVERY_S = 5.0
_PLAIN_WIDTH = 160
_STYLES = {"trading": "green", "starting": "yellow", "blind": "yellow", "failed": "red", "emergency stop": "red"}
_COLUMNS: tuple[tuple[str, JustifyMethod], ...] = (
    ("account", "left"),
    ("state", "left"),
    ("balance", "right"),
    ("MM %", "right"),
    ("symbol", "left"),
    ("price", "right"),
    ("LONG", "right"),
    ("SHORT", "right"),
    ("entr.", "right"),
    ("aver.", "right"),
    ("cycl.", "right"),
    ("reop.", "right"),
    ("net", "right"),
)
_NAMES = [name for name, _ in _COLUMNS]
_DISPENSABLE = ("reop.", "aver.", "entr.", "balance", "state", "price")
"""Columns that go where the terminal is narrow, the least needed first."""
_LEAST_EVENT = 12
_CAPTION = (
    "LONG, SHORT: levels executed+resting, quantity → take-profit. Fills of entries, averagings; cycles; reopenings"
)
_SUMMARY_COLUMNS: tuple[tuple[str, JustifyMethod], ...] = (
    ("account", "left"),
    ("symbol", "left"),
    ("entries", "right"),
    ("averagings", "right"),
    ("cycles", "right"),
    ("reopenings", "right"),
    ("fees", "right"),
    ("funding", "right"),
    ("net of cycles", "right"),
    ("LONG", "right"),
    ("SHORT", "right"),
    ("balance", "right"),
    ("MM %", "right"),
)


def render(members: Sequence[Member], elapsed_s: float, width: int) -> Table:
    """Return the table of all accounts: a row for each symbol, and in the last column what goes wrong.

    Columns keep the width of what is in them; where `width` (characters) is too small, the least needed ones go.
    """
    rows = [row for member in members for row in _rows(member)]
    widths = [max([len(name), *(len(row[place]) for row in rows)]) for place, (name, _) in enumerate(_COLUMNS)]
    shown = _fitting(widths, width)
    table = Table(
        box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), title=_title(elapsed_s), title_justify="left"
    )
    for place in shown:
        name, justify = _COLUMNS[place]
        table.add_column(name, justify=justify, no_wrap=True, min_width=widths[place])
    table.add_column("last event", ratio=1, no_wrap=True, overflow="ellipsis")
    for row in rows:
        table.add_row(*(row[place] for place in shown), row[-1])
    table.caption = _CAPTION
    table.caption_justify = "left"
    return table


def _fitting(widths: Sequence[int], width: int) -> list[int]:
    """Return the places of the columns that fit, in order."""
    shown = list(range(len(widths)))
    for name in _DISPENSABLE:
        if sum(widths[place] + 1 for place in shown) + _LEAST_EVENT <= width:
            break
        shown.remove(_NAMES.index(name))
    return shown


def _title(elapsed_s: float) -> str:
    return f"gridtrader  {_duration(elapsed_s)}"


def _rows(member: Member) -> list[list[Text | str]]:
    view = member.last_view
    state = view.mode if view is not None and member.phase is Phase.TRADING else member.phase.value
    head: list[Text | str] = [_who(member), Text(state, style=_STYLES.get(state, ""))]
    if view is None or not view.symbols:
        return [[*head, *[""] * (len(_COLUMNS) - len(head)), Text(member.reason, style="red")]]
    head += [money(view.margin_balance), _percent(view.mm_rate)]
    rows: list[list[Text | str]] = []
    for place, symbol in enumerate(view.symbols):
        cells = _symbol_cells(symbol)
        if place == 0 and member.reason and member.phase is not Phase.TRADING:
            cells[-1] = Text(member.reason, style="red")
        rows.append([*(head if place == 0 else [""] * len(head)), *cells])
    return rows


def _who(member: Member) -> Text:
    """Return the account's id, and whether what stands behind it is real."""
    if member.account.dry_run:
        return Text.assemble(member.account.id, (" DRY RUN", "magenta"))
    return Text(member.account.id)


def _symbol_cells(symbol: SymbolView) -> list[Text | str]:
    tally = symbol.tally
    return [
        symbol.symbol,
        exact(symbol.last_price),
        _side_cell(symbol.sides[Side.LONG]),
        _side_cell(symbol.sides[Side.SHORT]),
        str(tally.entries),
        str(tally.averagings),
        str(tally.cycles_closed),
        str(tally.reopenings),
        Text(money(tally.net), style="green" if tally.net > 0 else ""),
        Text(f"held: {', '.join(symbol.holds)}", style="yellow") if symbol.holds else tally.last,
    ]


def _side_cell(side: SideView) -> str:
    return f"{side.executed}+{side.resting} {plain(side.size)} → {exact(side.take_profit)}"


def _percent(rate: Decimal | None) -> str:
    return "-" if rate is None else f"{rate * HUNDRED:.2f}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:d}:{minutes:02d}:{rest:02d}"


class LiveTable:
    """Shows the table until left: renewed in place on a terminal, as plain text every few seconds elsewhere."""

    def __init__(self, members: Callable[[], Sequence[Member]], console: Console) -> None:
        self._members = members
        self._console = console
        self._since = time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="table", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(2.0)

    def _run(self) -> None:
        if self._console.is_terminal:
            with Live(self._render(), console=self._console, auto_refresh=False, transient=True) as live:
                while not self._stop.wait(_REFRESH_S):
                    live.update(self._render(), refresh=True)
        else:
            while not self._stop.wait(_PLAIN_EVERY_S):
                self._console.print(self._render())

    def _render(self) -> Table:
        return render(self._members(), time.monotonic() - self._since, self._console.width)


def plain_console() -> Console:
    """Return a console for standard output; where that is no terminal it is wide enough for the table."""
    console = Console()
    return console if console.is_terminal else Console(width=_PLAIN_WIDTH)


def summary(members: Sequence[Member], elapsed_s: float) -> Group:
    """Return what each account has done, for the end, and a line for each that did not end as it was told to."""
    table = Table(
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        title=f"summary after {_duration(elapsed_s)}",
        title_justify="left",
    )
    for name, justify in _SUMMARY_COLUMNS:
        table.add_column(name, justify=justify, no_wrap=True)
    for member in members:
        view = member.last_view
        for place, symbol in enumerate(view.symbols if view is not None else ()):
            is_first = place == 0
            table.add_row(
                _who(member) if is_first else "",
                symbol.symbol,
                *_tally_cells(symbol.tally),
                plain(symbol.sides[Side.LONG].size),
                plain(symbol.sides[Side.SHORT].size),
                money(view.margin_balance) if is_first and view is not None else "",
                _percent(view.mm_rate) if is_first and view is not None else "",
            )
    troubled = [member for member in members if member.phase is not Phase.ENDED]
    return Group(
        table, *(Text(f"account {m.account.id}: {m.phase.value}: {m.reason}", style="red") for m in troubled)
    )


def _tally_cells(tally: Tally) -> list[str]:
    counts = (tally.entries, tally.averagings, tally.cycles_closed, tally.reopenings)
    amounts = (tally.fees, tally.funding, tally.net)
    return [*map(str, counts), *map(money, amounts)]
