"""The rows of a sweep: every parameter of a task and every figure of what it came to, and their CSV.

All figures are exact; money is USDT, times are UTC in ISO 8601.
"""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal
from enum import Enum
from typing import Final

from gridtrader.domain.exact import HUNDRED, plain
from gridtrader.replay.result import Summary
from gridtrader.store.times import iso
from gridtrader.sweep.grid import KEYS
from gridtrader.sweep.spread import Answer
from gridtrader.sweep.task import NotPlayed, Task

Cell = str | Decimal | None
"""None: there is no such figure, the task was not played."""

_PLACES: Final = 12


class Best(Enum):
    """Which values of a column come first when rows are sorted by it."""

    HIGHEST = "highest"
    LOWEST = "lowest"


@dataclass(frozen=True, slots=True)
class Row:
    """A task and its answer: a summary, or why it was not played (`failure`)."""

    task: Task
    summary: Summary | None
    failure: str = ""
    is_error: bool = False
    """Whether it failed for a reason that has nothing to do with what was asked."""

    @property
    def reason(self) -> str:
        """Why it was not played, or why the account was stopped."""
        stop = None if self.summary is None else self.summary.stop
        return self.failure if stop is None else stop.reason


def row_of(task: Task, answer: Answer) -> Row:
    """Return the row of a task's answer."""
    if isinstance(answer, Summary):
        return Row(task, answer)
    if isinstance(answer, NotPlayed):
        return Row(task, None, answer.reason)
    return Row(task, None, f"failed: {answer.last_line}", is_error=True)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the CSV, which rows can be sorted by."""

    name: str
    cell: Callable[[Row], Cell]
    best: Best = Best.LOWEST


def _parameter(key: str) -> Column:
    return Column(key, lambda row: Decimal(getattr(row.task.symbol, key)))


def _figure(name: str, figure: Callable[[Summary], Cell], best: Best = Best.LOWEST) -> Column:
    return Column(name, lambda row: None if row.summary is None else figure(row.summary), best)


def _profit_percent(row: Row) -> Cell:
    return None if row.summary is None else _short(row.summary.net_profit / row.task.balance * HUNDRED)


def _profit_to_drawdown(summary: Summary) -> Cell:
    fall = summary.maximum_drawdown
    return _short(summary.net_profit / fall) if fall else None


def _stopped(summary: Summary) -> Cell:
    return "" if summary.stop is None else iso(summary.stop.time_ms, UTC)


COLUMNS: Final[Sequence[Column]] = (
    Column("symbol", lambda row: row.task.symbol.symbol),
    *map(_parameter, KEYS),
    Column("balance", lambda row: row.task.balance),
    Column("from", lambda row: iso(row.task.record.start, UTC)),
    Column("to", lambda row: iso(row.task.record.end, UTC)),
    _figure("net_profit", lambda found: found.net_profit, Best.HIGHEST),
    Column("net_profit_percent", _profit_percent, Best.HIGHEST),
    _figure("net_profit_to_drawdown", _profit_to_drawdown, Best.HIGHEST),
    _figure("closed_cycles_net", lambda found: found.closed_profit, Best.HIGHEST),
    _figure("fees", lambda found: found.fees),
    _figure("funding", lambda found: found.funding),
    _figure("executions", lambda found: Decimal(found.trades), Best.HIGHEST),
    _figure("cycles", lambda found: Decimal(found.cycles), Best.HIGHEST),
    _figure("maximum_levels", lambda found: Decimal(found.maximum_levels)),
    _figure("maximum_margin", lambda found: found.maximum_margin),
    _figure("maximum_mm_rate_percent", lambda found: found.maximum_mm_rate * HUNDRED),
    _figure("maximum_drawdown", lambda found: found.maximum_drawdown),
    _figure("maximum_drawdown_percent", lambda found: _short(found.maximum_drawdown_percent)),
    _figure("time_in_market", lambda found: _short(found.time_in_market)),
    _figure("liquidations", lambda found: Decimal(found.liquidations)),
    _figure("emergency_stop", _stopped),
    Column("reason", lambda row: row.reason),
)
BY_NAME: Final = {column.name: column for column in COLUMNS}


def in_order(rows: Iterable[Row]) -> list[Row]:
    """Return rows in the order of their tasks, whichever was played first."""
    return sorted(rows, key=lambda row: row.task.number)


def best_first(rows: Iterable[Row], column: Column) -> list[Row]:
    """Return rows sorted by a column, the best first; rows without such a figure come last, ties in order."""
    known = [(cell, row) for row in in_order(rows) if (cell := column.cell(row)) is not None]
    rest = [row for row in in_order(rows) if column.cell(row) is None]
    known.sort(key=lambda each: each[0], reverse=column.best is Best.HIGHEST)
    return [row for _, row in known] + rest


def csv_text(rows: Iterable[Row]) -> str:
    """Return the CSV of rows, in the order of their tasks; cells that have no figure are empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(column.name for column in COLUMNS)
    for row in in_order(rows):
        writer.writerow(_written(column.cell(row)) for column in COLUMNS)
    return text.getvalue()


def _written(cell: Cell) -> str:
    if cell is None:
        return ""
    return plain(cell) if isinstance(cell, Decimal) else cell


def _short(value: Decimal) -> Decimal:
    """Return a quotient with as many digits as anybody can use."""
    return round(value, _PLACES)
