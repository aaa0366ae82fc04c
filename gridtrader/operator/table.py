"""The live table of `gridtrader run`: what each account holds, has resting, and has done."""

import threading
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from types import TracebackType
from typing import Self

from rich import box
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from gridtrader.bot import Member
from gridtrader.domain.exact import HUNDRED, plain
from gridtrader.domain.types import Side
from gridtrader.engine.view import SideView, SymbolView

_REFRESH_S = 0.5
_PLAIN_EVERY_S = 5.0
_PLAIN_WIDTH = 170
_PHASE_STYLES = {
    "trading": "green",
    "starting": "yellow",
    "blind": "yellow",
    "failed": "red",
    "emergency stop": "red",
}


def render(members: Sequence[Member], elapsed_s: float) -> Table:
    """Return the table of all accounts."""
    table = Table(
        box=box.SIMPLE_HEAD, pad_edge=False, title=f"gridtrader  {_duration(elapsed_s)}", title_justify="left"
    )
    for name in ("account", "state", "balance", "MM %"):
        table.add_column(name, justify="right" if name in ("balance", "MM %") else "left", no_wrap=True)
    table.add_column("symbol", no_wrap=True)
    for name in ("price", "LONG lv+rest", "size", "TP", "SHORT lv+rest", "size", "TP"):
        table.add_column(name, justify="right", no_wrap=True)
    for name in ("entries", "averag.", "TPs", "reopen.", "net USDT"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("last event", ratio=1, no_wrap=True, overflow="ellipsis")
    for member in members:
        for row in _rows(member):
            table.add_row(*row)
    return table


def _rows(member: Member) -> list[list[Text | str]]:
    view = member.last_view
    state = view.mode if view is not None and member.phase.value == "trading" else member.phase.value
    head: list[Text | str] = [member.account.id, Text(state, style=_PHASE_STYLES.get(state, ""))]
    if view is None or not view.symbols:
        return [[*head, *[""] * 14, member.reason]]
    head += [
        _number(view.margin_balance, 2),
        _number(view.mm_rate * HUNDRED if view.mm_rate is not None else None, 2),
    ]
    rows = []
    for place, symbol in enumerate(view.symbols):
        rows.append([*(head if place == 0 else [""] * 4), *_symbol_cells(symbol)])
    if member.phase.value not in ("trading", "starting", "ended"):
        rows.append([*[""] * 4, Text(member.reason, style="red"), *[""] * 12])
    return rows


def _symbol_cells(symbol: SymbolView) -> list[Text | str]:
    tally = symbol.tally
    return [
        symbol.symbol,
        _number(symbol.last_price, None),
        *_side_cells(symbol.sides[Side.LONG]),
        *_side_cells(symbol.sides[Side.SHORT]),
        str(tally.entries),
        str(tally.averagings),
        str(tally.cycles_closed),
        str(tally.reopenings),
        Text(_number(tally.net, 2), style="green" if tally.net > 0 else ""),
        tally.last if not symbol.holds else f"held: {', '.join(symbol.holds)}",
    ]


def _side_cells(side: SideView) -> list[Text | str]:
    return [f"{side.executed}+{side.resting}", plain(side.size), _number(side.take_profit, None)]


def _number(value: Decimal | None, places: int | None) -> str:
    if value is None:
        return "-"
    return plain(value) if places is None else f"{value:,.{places}f}"


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
        return render(self._members(), time.monotonic() - self._since)


def plain_console() -> Console:
    """Return a console for standard output; where that is no terminal it is wide enough for the table."""
    console = Console()
    return console if console.is_terminal else Console(width=_PLAIN_WIDTH)


def summary(members: Sequence[Member], elapsed_s: float) -> Table:
    """Return what each account has done, for the end."""
    table = Table(
        box=box.SIMPLE_HEAD, pad_edge=False, title=f"summary after {_duration(elapsed_s)}", title_justify="left"
    )
    for name in ("account", "symbol"):
        table.add_column(name, no_wrap=True)
    for name in ("entries", "averagings", "cycles closed", "reopenings", "fees", "funding", "net of closed cycles"):
        table.add_column(name, justify="right", no_wrap=True)
    for name in ("open LONG", "open SHORT", "balance", "MM %"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("ended as", no_wrap=True)
    for member in members:
        view = member.last_view
        ended = member.phase.value if not member.reason else f"{member.phase.value}: {member.reason}"
        if view is None or not view.symbols:
            table.add_row(member.account.id, *[""] * 12, ended)
            continue
        for place, symbol in enumerate(view.symbols):
            tally = symbol.tally
            table.add_row(
                member.account.id if place == 0 else "",
                symbol.symbol,
                str(tally.entries),
                str(tally.averagings),
                str(tally.cycles_closed),
                str(tally.reopenings),
                _number(tally.fees, 2),
                _number(tally.funding, 2),
                _number(tally.net, 2),
                plain(symbol.sides[Side.LONG].size),
                plain(symbol.sides[Side.SHORT].size),
                _number(view.margin_balance, 2) if place == 0 else "",
                _number(view.mm_rate * HUNDRED if view.mm_rate is not None else None, 2) if place == 0 else "",
                ended if place == 0 else "",
            )
    return table
