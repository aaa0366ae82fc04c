"""How `gridtrader status` looks to people: all accounts and what they hold, or one account level by level.

Made for 100 columns. Nothing is cut off, whatever the width.
"""

from collections.abc import Iterator, Sequence
from datetime import tzinfo
from typing import Final

from rich.table import Table
from rich.text import Text

from gridtrader.domain.exact import HUNDRED, decimals
from gridtrader.domain.types import SIDES, Side
from gridtrader.engine.ports import LevelState
from gridtrader.operator.printing import exact, levels, moment, money, percent, shortened
from gridtrader.operator.status.judge import Daemon, Judged, State
from gridtrader.operator.status.read import Configured, SideFiles, SymbolFiles
from gridtrader.store.emergency import EmergencyStop
from gridtrader.store.times import duration

_NAME_CHARS: Final = 24
_YOUNG_MS: Final = 60_000
_BYBIT: Final = "bybit"
_STYLES: Final = {
    State.TRADING: "green",
    State.STARTING: "yellow",
    State.BLIND: "yellow",
    State.SILENT: "red",
    State.NOT_STARTED: "red",
    State.FAILED: "red",
    State.STOPPED: "bold red",
    State.DOWN: "",
}
_ACCOUNT_HEADS: Final = ("account", "name", "venue", "state", "as of", "balance", "available", "MM rate")
_ACCOUNT_RIGHT: Final = (5, 6, 7)
_SIDE_HEADS: Final = (
    "account symbol",
    "side",
    "cycle",
    "executed",
    "resting",
    "size",
    "average",
    "TP",
    "to TP",
    "unrealised",
)
_SIDE_RIGHT: Final = (5, 6, 7, 8, 9)
_LEVEL_HEADS: Final = ("  level", "quantity", "price", "created", "executed", "order")
_LEVEL_RIGHT: Final = (1, 2)

Cells = list[Text]


def overview(daemon: Daemon, accounts: Sequence[Judged], now_ms: int) -> Iterator[Text | Table]:
    """Yield the parts of the page of all accounts: the accounts, what is wrong with them, what they hold."""
    yield Text(daemon_words(daemon, now_ms))
    yield Text()
    yield _table(_ACCOUNT_HEADS, [_account_cells(judged) for judged in accounts], _ACCOUNT_RIGHT)
    for judged in accounts:
        yield from _problem_lines(judged)
    rows = [row for judged in accounts for row in _holdings(judged)]
    if rows:
        yield Text()
        yield _table(_SIDE_HEADS, rows, _SIDE_RIGHT)
        yield from _old_price_line(accounts, now_ms)
    yield Text()
    yield Text(_total(accounts))


def detail(daemon: Daemon, judged: Judged, now_ms: int, zone: tzinfo | None) -> Iterator[Text | Table]:
    """Yield the parts of one account's page: every level of it, line by line."""
    files = judged.files
    yield Text(daemon_words(daemon, now_ms))
    yield Text()
    yield _table(_ACCOUNT_HEADS, [_account_cells(judged)], _ACCOUNT_RIGHT)
    yield from _problem_lines(judged)
    if files.stop is not None:
        yield Text(f"  stopped at {moment(files.stop.at_ms, zone)}, MM rate {_stop_rate(files.stop)}")
    figures = files.figures
    if figures["initial_margin"] is not None:
        yield Text(
            f"  initial margin {money(figures['initial_margin'])}, maintenance margin "
            f"{money(figures['maintenance_margin'])}"
        )
    for symbol in files.symbols:
        yield Text()
        yield Text.assemble(
            (symbol.symbol, "bold"),
            f"  last price {exact(symbol.last_price)}, reference quantity {exact(symbol.reference_quantity)}, "
            f"as of {_age(now_ms - symbol.changed_ms)}",
        )
        for side in SIDES:
            yield Text()
            yield from _side_part(symbol, symbol.sides[side], zone)


def daemon_words(daemon: Daemon, now_ms: int) -> str:
    """Return one sentence on the daemon."""
    if daemon.running is None:
        return f"Whether a daemon is running cannot be told: {daemon.problem}"
    if not daemon.running:
        return "No daemon is running; these are the figures it left behind."
    since = "" if daemon.since_ms is None else f", for {duration((now_ms - daemon.since_ms) // 1000)}"
    return f"A daemon is running (process {daemon.pid or 'unknown'}{since})."


def _account_cells(judged: Judged) -> Cells:
    files, figures = judged.files, judged.files.figures
    name = files.account.name if files.account else ""
    return [
        Text(files.id, style="bold"),
        Text(name if len(name) <= _NAME_CHARS else f"{name[: _NAME_CHARS - 1]}…"),
        Text(_venue(judged)),
        Text(judged.state.value, style=_STYLES[judged.state]),
        Text("never" if judged.age_s is None else _age(judged.age_s * 1000)),
        Text(money(figures["margin_balance"])),
        Text(money(figures["available"])),
        Text(percent(figures["mm_rate_percent"])),
    ]


def _venue(judged: Judged) -> str:
    """Return whose money it is; or, of an account that is not to be traded, that."""
    files = judged.files
    if files.configured is Configured.DISABLED:
        return "disabled"
    if files.configured is Configured.ABSENT:
        return "not configured"
    if files.is_dry_run:
        return "DRY RUN"
    if files.venue is not None and files.venue != _BYBIT:
        return files.venue
    if files.account is None:
        return "-"
    return "demo" if files.account.demo_trading else "MAINNET"


def _problem_lines(judged: Judged) -> Iterator[Text]:
    style = "red" if judged.needs_attention else "yellow"
    for problem in judged.problems:
        yield Text(f"! {judged.files.id} {problem}", style=style)
    for symbol in judged.files.symbols:
        yield from _hold_lines(judged.files.id, symbol)


def _hold_lines(account_id: str, symbol: SymbolFiles) -> Iterator[Text]:
    if symbol.holds:
        yield Text(f"! {account_id} {symbol.symbol} opens nothing new: {', '.join(symbol.holds)}", style="yellow")


def _old_price_line(accounts: Sequence[Judged], now_ms: int) -> Iterator[Text]:
    """Say how old the oldest of the last prices is, and with it what is reckoned from it, if it is not of now."""
    ages = [now_ms - symbol.changed_ms for judged in accounts for symbol in judged.files.symbols]
    if max(ages) > _YOUNG_MS:
        oldest = duration(max(ages) // 1000)
        yield Text(f"Last prices, and what is reckoned from them, are up to {oldest} old.", style="dim")


def _total(accounts: Sequence[Judged]) -> str:
    counts = {state: sum(1 for judged in accounts if judged.state is state) for state in State}
    told = ", ".join(f"{count} {state.value}" for state, count in counts.items() if count)
    plural = "" if len(accounts) == 1 else "s"
    waiting = sum(1 for judged in accounts if judged.needs_attention)
    attention = f"; {waiting} need{'s' if waiting == 1 else ''} attention" if waiting else ""
    return f"{len(accounts)} account{plural}: {told or 'none'}{attention}."


# --- what an account holds: two rows for each symbol ---


def _holdings(judged: Judged) -> Iterator[Cells]:
    files = judged.files
    indent = " " * (len(files.id) + 1)
    for place, symbol in enumerate(files.symbols):
        first = indent if place else f"{files.id} "
        last = f"{indent}at {exact(symbol.last_price)}"
        yield _side_cells(Text(f"{first}{symbol.symbol}", style="bold"), symbol, symbol.sides[Side.LONG])
        yield _side_cells(Text(last), symbol, symbol.sides[Side.SHORT])


def _side_cells(head: Text, symbol: SymbolFiles, side: SideFiles) -> Cells:
    is_open = bool(side.size)
    take_profit = Text("-")
    if side.take_profit is not None:
        take_profit = Text(exact(side.take_profit.price))
    elif is_open:
        take_profit = Text("none", style="red")
    return [
        head,
        Text(side.side.name),
        Text("-" if side.cycle is None else str(side.cycle)),
        Text(levels(side.executed)),
        Text(levels(side.resting)),
        Text(exact(side.size)),
        Text(shortened(side.average_price, price_places(symbol)) if is_open else "-"),
        take_profit,
        Text(percent(side.distance_percent, signed=True)),
        _coloured(side) if is_open else Text("-"),
    ]


def _coloured(side: SideFiles) -> Text:
    value = side.unrealised
    style = "" if not value else "green" if value > 0 else "red"
    return Text(money(value, signed=True), style=style)


def price_places(symbol: SymbolFiles) -> int:
    """Return how many decimals an average of this symbol's prices is shown with: one more than the prices have."""
    prices = [level.entry_price for side in symbol.sides.values() for level in side.levels if not level.executed_ms]
    prices += [
        side.take_profit.price for side in symbol.sides.values() if side.take_profit and side.take_profit.price
    ]
    if symbol.last_price is not None:
        prices.append(symbol.last_price)
    return max(map(decimals, prices), default=8) + 1


# --- one account, level by level ---


def _side_part(symbol: SymbolFiles, side: SideFiles, zone: tzinfo | None) -> Iterator[Text | Table]:
    places = price_places(symbol)
    yield Text.assemble((f"  {side.side.name}", "bold"), f"  {_side_words(side, places)}")
    if side.take_profit is not None:
        tp = side.take_profit
        yield Text(
            f"  TP {exact(tp.quantity)} at {exact(tp.price)}, "
            f"{percent(side.distance_percent, signed=True)} from the last price, order {tp.order_id}"
        )
    if side.levels:
        yield _table(_LEVEL_HEADS, [_level_cells(level, places, zone) for level in side.levels], _LEVEL_RIGHT)


def _side_words(side: SideFiles, places: int) -> str:
    cycle = "no cycle" if side.cycle is None else f"cycle {side.cycle}"
    if not side.size:
        return f"{cycle}, {'flat' if side.size == 0 else 'size not told'}"
    return (
        f"{cycle}, holds {exact(side.size)} at {shortened(side.average_price, places)} on average, "
        f"unrealised {money(side.unrealised, 4, signed=True)}"
    )


def _level_cells(level: LevelState, places: int, zone: tzinfo | None) -> Cells:
    executed = "resting" if level.executed_ms is None else moment(level.executed_ms, zone)[5:]
    return [
        Text(f"  {level.grid_level}"),
        Text(exact(level.quantity)),
        Text(shortened(level.entry_price, places)),
        Text(moment(level.created_ms, zone)[5:] or "-"),
        Text(executed, style="" if level.executed_ms else "cyan"),
        Text(level.order_id),
    ]


def _stop_rate(stop: EmergencyStop) -> str:
    return "not known" if stop.mm_rate is None else percent(stop.mm_rate * HUNDRED)


def _age(ms: int) -> str:
    return f"{duration(max(0, ms) // 1000)} ago"


def _table(heads: Sequence[str], rows: Sequence[Cells], right: Sequence[int]) -> Table:
    """Return rows under their heads; the columns named by `right` hold numbers."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for column, head in enumerate(heads):
        table.add_column(head, justify="right" if column in right else "left", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    return table
