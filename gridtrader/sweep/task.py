"""One task of a sweep: one parameter set on one symbol alone, with a balance of its own.

`play` is what runs everywhere: in this process, in one on another core, on another machine. It takes and returns
plain values that can be sent.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from gridtrader.domain import exact
from gridtrader.engine.settings import EngineSettings
from gridtrader.replay.outcome import outcome
from gridtrader.replay.result import Summary
from gridtrader.replay.run import Plan, Replay, ReplayError
from gridtrader.settings import SymbolSettings
from gridtrader.simulator.core.model import Instrument
from gridtrader.simulator.market import opening
from gridtrader.simulator.market.api import PriceError
from gridtrader.simulator.market.recorded import RecordedSource

_KEPT_OPEN = 2
"""Records kept in memory: a worker takes tasks in order, which is symbol by symbol."""


@dataclass(frozen=True, slots=True)
class Record:
    """One symbol's recorded prices, which a worker opens itself, and the part of them that is played."""

    contract: Instrument
    entries: tuple[str, ...]
    """As `open_records` takes them: prices, mark prices, funding."""
    spread_ticks: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Task:
    """What to play. `number` is its place in the order of rows."""

    number: int
    symbol: SymbolSettings
    """As configured but for the parameter set."""
    engine: EngineSettings
    """The account's, with this symbol only."""
    record: Record
    balance: Decimal
    unlimited_margin: bool


@dataclass(frozen=True, slots=True)
class NotPlayed:
    """Why a task could not be played, in one line."""

    reason: str


def play(task: Task) -> Summary | NotPlayed:
    """Play a task. What the configuration, the prices or the contract forbid is an answer, not an error."""
    exact.install()  # a cluster may call this in a thread that is older than the package's import
    record = task.record
    try:
        source = _opened(record.contract, record.entries, record.spread_ticks)
        plan = Plan(
            settings=task.engine,
            contracts={record.contract.symbol: record.contract},
            sources=[source],
            balance=task.balance,
            maker_fee=task.engine.fallback_fees.maker,
            taker_fee=task.engine.fallback_fees.taker,
            start=record.start,
            end=record.end,
            spread_ticks=record.spread_ticks,
            unlimited_margin=task.unlimited_margin,
        )
        replay = Replay(plan)
        replay.play()
    except (ReplayError, PriceError) as error:
        return NotPlayed(str(error))
    return outcome(plan, replay, ()).summary


@lru_cache(maxsize=_KEPT_OPEN)
def _opened(contract: Instrument, entries: tuple[str, ...], spread_ticks: int) -> RecordedSource:
    """Return a symbol's record; a process reads its files once. Raises PriceError."""
    with _silent(logging.getLogger(opening.__name__)):
        (source,) = opening.open_records(entries, {contract.symbol: contract}, spread_ticks=spread_ticks)
    if not isinstance(source, RecordedSource):
        raise PriceError(f"{entries[0]}: no recorded prices")
    return source


@contextmanager
def _silent(log: logging.Logger) -> Iterator[None]:
    """Keep warnings back: of gaps the command has told, once, when it looked at the files."""
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)
