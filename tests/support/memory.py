"""An account's clock, files and logs, kept in memory."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gridtrader.engine.ports import ArchiveError, InterruptedStop, Record, SymbolState


class TestClock:
    """Time that goes on when told to."""

    __test__ = False

    def __init__(self, now_ms: int = 1_760_000_000_000) -> None:
        self.now = now_ms

    def now_ms(self) -> int:
        return self.now

    def monotonic(self) -> float:
        return self.now / 1000

    def sleep(self, seconds: float) -> None:
        self.now += int(seconds * 1000)


@dataclass
class MemoryArchive:
    """An account's files, kept in memory; `is_full` plays a disk without room."""

    records: list[Record] = field(default_factory=list)
    states: dict[str, SymbolState] = field(default_factory=dict)
    trades: list[Mapping[str, str]] = field(default_factory=list)
    status: Mapping[str, object] = field(default_factory=dict)
    snapshots: list[Mapping[str, object]] = field(default_factory=list)
    emergencies: list[dict[str, str]] = field(default_factory=list)
    is_concluded: bool = True
    """Whether nothing of an emergency stop is left to carry on."""
    is_full: bool = False
    journal_is_full: bool = False

    def rotate_journal(self, records: Sequence[Record]) -> None:
        self._check()
        self.records = list(records)

    def _check(self) -> None:
        if self.is_full:
            raise ArchiveError("no space left on device")

    def journal(self, records: Sequence[Record]) -> None:
        self._check()
        self.records.extend(records)

    def read_journal(self) -> Sequence[Record]:
        return list(self.records)

    def save_state(self, symbols: Mapping[str, SymbolState]) -> None:
        self._check()
        self.states = dict(symbols)

    def trade(self, row: Mapping[str, str]) -> None:
        self._check()
        self.trades.append(row)

    def metrics(self, row: Mapping[str, object]) -> None:
        self._check()
        self.snapshots.append(row)

    def save_status(self, status: Mapping[str, object]) -> None:
        self._check()
        self.status = status

    def declare_emergency(self, *, symbol: str, reason: str, mm_rate: str) -> None:
        self.emergencies.append({"symbol": symbol, "reason": reason, "mm_rate": mm_rate})
        self.is_concluded = False

    def conclude_emergency(self) -> None:
        self._check()
        self.is_concluded = True

    def interrupted_emergency(self) -> InterruptedStop | None:
        if self.is_concluded:
            return None
        return InterruptedStop(self.emergencies[-1]["reason"], self.emergencies[-1]["symbol"])


class MemoryDiary:
    """An account's logs, kept in memory."""

    def __init__(self) -> None:
        self.bot = logging.Logger("account", logging.DEBUG)
        self.records: list[logging.LogRecord] = []
        handler = logging.Handler()
        handler.emit = self.records.append  # type: ignore[method-assign, assignment]
        self.bot.addHandler(handler)
        self.trades: list[str] = []
        self.positions: list[str] = []

    def trade(self, text: str) -> None:
        self.trades.append(text)

    def position(self, text: str) -> None:
        self.positions.append(text)

    def lines(self, level: int = logging.DEBUG) -> list[str]:
        return [record.getMessage() for record in self.records if record.levelno >= level]
