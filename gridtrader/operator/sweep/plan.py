"""From arguments, configuration and files to the tasks of a sweep."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gridtrader.daemon import wiring
from gridtrader.operator.command_line import BadArguments
from gridtrader.operator.conditions import Conditions
from gridtrader.operator.inputs import account_of, entries_of, load_contracts, open_sources, span_of, symbols_of
from gridtrader.operator.sweep.arguments import Wanted
from gridtrader.settings import AccountSettings, Settings, SymbolSettings, SystemSettings
from gridtrader.simulator.core.model import Instrument
from gridtrader.sweep.grid import Grid, GridError, check_grid, with_set
from gridtrader.sweep.task import Record, Task


@dataclass(frozen=True, slots=True)
class SweepPlan:
    """What is played: every parameter set on every symbol."""

    account: AccountSettings
    system: SystemSettings
    symbols: tuple[SymbolSettings, ...]
    """As configured."""
    records: Mapping[str, Record]
    grid: Grid
    conditions: Conditions

    def __len__(self) -> int:
        return len(self.symbols) * len(self.grid)

    def tasks(self) -> Iterator[Task]:
        """Yield the tasks, symbol by symbol, so that a worker seldom needs other files."""
        number = 0
        for configured in self.symbols:
            for chosen in self.grid.sets():
                yield self._task(number, with_set(configured, chosen))
                number += 1

    def _task(self, number: int, symbol: SymbolSettings) -> Task:
        account = self.account.model_copy(update={"symbols": (symbol,)})
        return Task(
            number=number,
            symbol=symbol,
            engine=wiring.engine_settings(account, self.system, "replay"),
            record=self.records[symbol.symbol],
            balance=self.conditions.balance,
            unlimited_margin=self.conditions.unlimited_margin,
        )


def plan_sweep(wanted: Wanted, settings: Settings) -> SweepPlan:
    """Return the plan. Every file is looked at, so that a bad one is told before anything is played.

    Raises BadArguments, PriceError and CatalogueError, each one line.
    """
    conditions = wanted.conditions
    account = account_of(settings, conditions)
    symbols = symbols_of(account, wanted.symbols)
    try:
        check_grid(wanted.grid, account)
    except GridError as error:
        raise BadArguments(str(error)) from None
    contracts = load_contracts(conditions, symbols)
    configured = {symbol.symbol: symbol for symbol in account.symbols}
    return SweepPlan(
        account=account,
        system=settings.system,
        symbols=tuple(configured[symbol] for symbol in symbols),
        records=_records(conditions, account, symbols, contracts),
        grid=wanted.grid,
        conditions=conditions,
    )


def _records(
    conditions: Conditions, account: AccountSettings, symbols: Sequence[str], contracts: Mapping[str, Instrument]
) -> dict[str, Record]:
    """Return each symbol's record, looked at one after the other: they need not fit into memory together."""
    records = {}
    for symbol, entries in entries_of(conditions, account, symbols).items():
        start, end = span_of(open_sources(entries, [symbol], contracts, conditions.spread_ticks), conditions)
        records[symbol] = Record(contracts[symbol], tuple(entries), conditions.spread_ticks, start, end)
    return records
