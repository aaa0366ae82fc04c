"""What a sweep came to, for a terminal."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC
from decimal import Decimal
from typing import Final

from rich.table import Table
from rich.text import Text

from gridtrader.domain.exact import HUNDRED, plain
from gridtrader.operator.printing import exact, moment, money, percent
from gridtrader.operator.sweep.arguments import Wanted
from gridtrader.operator.sweep.plan import SweepPlan
from gridtrader.replay.result import Summary
from gridtrader.sweep.grid import KEYS
from gridtrader.sweep.rows import BY_NAME, Row, best_first

_MOST_REASONS: Final = 5
_PLACES: Final = 6

_SHOWN: Final[dict[str, tuple[str, Callable[[Summary, Decimal], str]]]] = {
    "net_profit": ("net profit", lambda found, _: money(found.net_profit, signed=True)),
    "net_profit_percent": (
        "% of balance",
        lambda found, balance: money(found.net_profit / balance * HUNDRED, signed=True),
    ),
    "closed_cycles_net": ("closed cycles", lambda found, _: money(found.closed_profit, signed=True)),
    "cycles": ("cycles", lambda found, _: f"{found.cycles:,}"),
    "fees": ("fees", lambda found, _: money(found.fees)),
    "maximum_levels": ("deepest", lambda found, _: str(found.maximum_levels)),
    "maximum_margin": ("highest margin", lambda found, _: money(found.maximum_margin)),
    "maximum_mm_rate_percent": ("MM rate", lambda found, _: percent(found.maximum_mm_rate * HUNDRED)),
    "maximum_drawdown": ("drawdown", lambda found, _: money(found.maximum_drawdown)),
    "maximum_drawdown_percent": ("drawdown %", lambda found, _: money(found.maximum_drawdown_percent)),
    "emergency_stop": ("stopped", lambda found, _: moment(found.stop.time_ms, UTC)[:16] if found.stop else ""),
}
"""Figures in the table, by the name of their column in the CSV."""


def report(
    plan: SweepPlan, wanted: Wanted, rows: Sequence[Row], seconds: float, *, is_interrupted: bool
) -> Iterator[Text | Table]:
    """Yield the parts; `seconds` is how long the sweep took."""
    yield Text(_heading(plan), style="bold")
    for symbol in plan.symbols:
        fixed = [f"{key} {plain(Decimal(getattr(symbol, key)))}" for key in KEYS if key not in plan.grid.keys]
        record = plan.records[symbol.symbol]
        span = " to ".join(moment(at, UTC)[:16] for at in (record.start, record.end))
        yield Text(f"{symbol.symbol}: {span} UTC; {', '.join(fixed) or 'every setting varied'}")
    yield Text()
    ranked = best_first(rows, wanted.sort)
    shown = ranked[: wanted.top] if wanted.top else ranked
    if shown:
        yield _table(plan, wanted, shown)
    yield from _notes(plan, wanted, rows, len(shown), seconds, is_interrupted=is_interrupted)


def _heading(plan: SweepPlan) -> str:
    conditions = plan.conditions
    money_text = "unlimited margin" if conditions.unlimited_margin else f"{money(conditions.balance)} USDT each"
    sets, symbols = len(plan.grid), len(plan.symbols)
    return (
        f"Account {plan.account.id}: {sets:,} parameter set{'s' * (sets != 1)} x {symbols:,} "
        f"symbol{'s' * (symbols != 1)}, each alone, {money_text}"
    )


def _table(plan: SweepPlan, wanted: Wanted, rows: Sequence[Row]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("symbol")
    extra = [wanted.sort.name] if wanted.sort.name not in ("symbol", *plan.grid.keys, *_SHOWN) else []
    for name in (*plan.grid.keys, *(title for title, _ in _SHOWN.values()), *extra):
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(
            row.task.symbol.symbol,
            *(plain(Decimal(getattr(row.task.symbol, key))) for key in plan.grid.keys),
            *_figures(row),
            *(_cell(row, name) for name in extra),
        )
    return table


def _figures(row: Row) -> Iterator[str]:
    for _, show in _SHOWN.values():
        yield "-" if row.summary is None else show(row.summary, row.task.balance)


def _cell(row: Row, name: str) -> str:
    cell = BY_NAME[name].cell(row)
    return cell if isinstance(cell, str) else exact(None if cell is None else round(cell, _PLACES))


def _notes(
    plan: SweepPlan, wanted: Wanted, rows: Sequence[Row], shown: int, seconds: float, *, is_interrupted: bool
) -> Iterator[Text]:
    yield Text()
    reasons = Counter(row.failure for row in rows if row.summary is None)
    for reason, count in reasons.most_common(_MOST_REASONS):
        yield Text(f"Not played, {count:,} of {len(rows):,}: {reason}", style="yellow")
    if len(reasons) > _MOST_REASONS:
        rest = sum(reasons.values()) - sum(count for _, count in reasons.most_common(_MOST_REASONS))
        yield Text(f"Not played for {len(reasons) - _MOST_REASONS} other reasons: {rest:,}; --csv has them all")
    if is_interrupted:
        yield Text(f"Interrupted: {len(rows):,} of {len(plan):,} were played.", style="red")
    order = f"by {wanted.sort.name}, {wanted.sort.best.value} first"
    cut = f"{shown:,} of {len(rows):,} rows" if shown < len(rows) else f"{shown:,} row{'s' * (shown != 1)}"
    yield Text(f"{cut}, {order}, in {seconds:.1f} s", style="dim")
