"""What a replay came to, for a terminal."""

from collections.abc import Iterator, Sequence
from datetime import UTC
from decimal import Decimal

from rich.table import Table
from rich.text import Text

from gridtrader.domain.exact import HUNDRED, plain
from gridtrader.domain.types import SIDES
from gridtrader.operator.printing import moment, money, percent, shortened
from gridtrader.replay.result import Alarm, ClosedCycle, Parameters, ReplayResult, Summary
from gridtrader.store.times import duration

_ALARMS = 3
"""So many are shown."""


def report(result: ReplayResult, seconds: float) -> Iterator[Text | Table]:
    """Yield the parts; `seconds` is how long the replay took."""
    parameters, summary = result.parameters, result.summary
    yield Text(_heading(parameters), style="bold")
    for symbol in parameters.symbols:
        yield Text(
            f"{symbol.symbol}: size {plain(symbol.margin)} USD x leverage {plain(symbol.leverage)}, step "
            f"{plain(symbol.grid_step_percent)} %, multiplier {plain(symbol.averaging_multiplier)}, take-profit "
            f"{plain(symbol.take_profit_percent)} % net, {symbol.max_levels} averaging levels"
        )
    yield Text()
    yield _figures(parameters, summary)
    yield Text()
    yield _sides(result)
    yield Text()
    if summary.stop is not None:
        yield Text(f"Emergency stop at {moment(summary.stop.time_ms, UTC)} UTC: {summary.stop.reason}", style="red")
    if summary.liquidations:
        yield Text(f"The exchange closed positions by force, {summary.liquidations} times.", style="red")
    yield from _alarms(result.alarms)
    if not result.trades:
        yield Text("Nothing was traded.", style="yellow")
    yield Text(f"{summary.trades:,} executions, {summary.cycles:,} closed cycles, in {seconds:.1f} s", style="dim")


def _alarms(alarms: Sequence[Alarm]) -> Iterator[Text]:
    for alarm in alarms[:_ALARMS]:
        yield Text(f"{moment(alarm.time_ms, UTC)} UTC: {alarm.text}", style="yellow")
    if len(alarms) > _ALARMS:
        yield Text(f"… and {len(alarms) - _ALARMS:,} times more like that (--json has them all)", style="yellow")


def _heading(parameters: Parameters) -> str:
    span = duration((parameters.end_ms - parameters.start_ms) // 1000)
    start, end = (moment(at, UTC)[:16] for at in (parameters.start_ms, parameters.end_ms))
    balance = "unlimited margin" if parameters.unlimited_margin else f"{money(parameters.balance)} USDT"
    return f"Account {parameters.account}, {start} to {end} UTC ({span}), {balance}"


def _figures(parameters: Parameters, summary: Summary) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_column()
    # With unlimited margin the balance is beyond all bounds, and a share of it says nothing.
    is_limited = not parameters.unlimited_margin
    share = percent(summary.net_profit / parameters.balance * HUNDRED, signed=True)
    of_balance = f"{share} of the balance, " if is_limited else ""
    of_high = f", {percent(summary.maximum_drawdown_percent)}" if is_limited else ""
    rate = (
        "highest MM rate",
        percent(summary.maximum_mm_rate * HUNDRED),
        f"the account stops at {percent(parameters.mm_threshold * HUNDRED)}",
    )
    rows = (
        ("net profit", money(summary.net_profit, signed=True), f"USDT, {of_balance}open positions in it"),
        ("closed cycles", money(summary.closed_profit, signed=True), "USDT net"),
        ("fees", money(summary.fees), "USDT, in these figures"),
        ("funding paid", money(summary.funding), "USDT, in these figures"),
        ("deepest ladder", str(summary.maximum_levels), "levels"),
        ("highest margin", money(summary.maximum_margin), "USDT"),
        *((rate,) if is_limited else ()),
        ("largest drawdown", money(summary.maximum_drawdown), f"USDT of equity{of_high}"),
        ("time in market", percent(summary.time_in_market * HUNDRED), ""),
    )
    for row in rows:
        table.add_row(*row)
    return table


def _sides(result: ReplayResult) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("symbol", "side", "cycles", "net", "median net %", "deepest", "longest"):
        table.add_column(name, justify="left" if name in ("symbol", "side") else "right")
    for symbol in result.parameters.symbols:
        for side in SIDES:
            mine = [cycle for cycle in result.cycles if (cycle.symbol, cycle.side) == (symbol.symbol, side)]
            table.add_row(symbol.symbol, side.name, f"{len(mine):,}", *_of_cycles(mine))
    return table


def _of_cycles(cycles: list[ClosedCycle]) -> tuple[str, str, str, str]:
    if not cycles:
        return "-", "-", "-", "-"
    shares = sorted(cycle.net_percent for cycle in cycles)
    longest = max(cycle.closed_ms - cycle.opened_ms for cycle in cycles)
    return (
        money(sum((cycle.net for cycle in cycles), Decimal(0)), signed=True),
        shortened(shares[len(shares) // 2], 4),
        str(max(cycle.levels for cycle in cycles)),
        duration(longest // 1000),
    )
