"""The machine the daemon runs on: a process that can be killed at any point, its clock, and its disk."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from gridtrader.daemon.clock import SystemClock
from gridtrader.engine.ports import ArchiveError, InterruptedStop, Record, SymbolState
from gridtrader.simulation.hub import Hub, Killed

_NS = 1_000_000
_LONG_JOURNAL = 60
_KNOWN_ROWS = 250
"""So many of its last rows a trades file recognises when they come again."""


class SimClock(SystemClock):
    """The daemon's own clock, on a machine whose time of day can be set."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.offset_ms = 0
        self._at_ms, self._at_offset, self._told = -1, 0, 0
        super().__init__(lambda: (hub.now + self.offset_ms) * _NS, lambda: hub.now * _NS)

    @property
    def has_gone_back(self) -> bool:
        """Whether the machine's time of day is behind what it has been."""
        return super().now_ms() > self._hub.now + self.offset_ms

    def now_ms(self) -> int:
        """Return the time of day; asked at every turn, so it is reckoned once for each moment."""
        if self._hub.now != self._at_ms or self.offset_ms != self._at_offset:
            self._at_ms, self._at_offset, self._told = self._hub.now, self.offset_ms, super().now_ms()
        return self._told

    def sleep(self, seconds: float) -> None:
        self._hub.sleep(int(seconds * 1000))


class Process:
    """One life of the daemon. Every input or output passes `point`; once dead, none gets through."""

    def __init__(self, on_point: "Callable[[Process, str], None]") -> None:
        self.is_dead = False
        self.points = 0
        """How many inputs and outputs there have been."""
        self._on_point = on_point

    def point(self, where: str) -> None:
        """Pass an input or output. Raises `Killed` if the process is dead, or dies here."""
        if self.is_dead:
            raise Killed
        self.points += 1
        self._on_point(self, where)
        if self.is_dead:
            raise Killed


@dataclass(slots=True)
class Disk:
    """One account's files, as they would be found after the process has died."""

    journal: list[tuple[Record, ...]] = field(default_factory=list)
    """Groups: each was written at once, and is there wholly or not at all."""
    is_renewed: bool = False
    """Whether the first group is a new file's beginning: that was written before the file got its name."""
    states: dict[str, SymbolState] = field(default_factory=dict)
    trades: dict[str, int] = field(default_factory=dict)
    """The rows of `trades_history.csv`: execution id → which one it is."""
    emergency: Mapping[str, str] | None = None
    """The emergency file."""
    knows_of_stop: bool = False
    """Whether the journal's last records tell of a stop."""
    stop_is_concluded: bool = False
    """Whether they tell that the stop has done all it does."""
    is_full: bool = False
    state_is_corrupt: bool = False
    """Whether nobody can read the state file (T2)."""

    def spoil_state(self) -> None:
        """Let the state file be found half written: nothing of it can be read."""
        self.states, self.state_is_corrupt = {}, True

    def tear(self) -> bool:
        """Lose the group written last, as if the process had died while writing it; returns whether there was one."""
        if len(self.journal) <= self.is_renewed:
            return False
        self.journal.pop()
        return True

    def release(self) -> None:
        """Delete the emergency file, as the operator does."""
        self.emergency = None

    @property
    def is_released(self) -> bool:
        return self.emergency is None and self.knows_of_stop

    @property
    def interrupted_stop(self) -> InterruptedStop | None:
        """The stop whose file is there and whose end is not written down."""
        if self.emergency is None or self.stop_is_concluded:
            return None
        return InterruptedStop(self.emergency["reason"], self.emergency["symbol"])


class SimArchive:
    """The `Archive` of one process on a disk that outlives it."""

    def __init__(
        self, disk: Disk, process: Process, on_stop: Callable[[str], None], on_doubled: Callable[[str, str], None]
    ) -> None:
        """`on_doubled` is told the symbol and id of an execution that comes to stand in the trades file twice."""
        self._disk = disk
        self._process = process
        self._on_stop = on_stop
        self._on_doubled = on_doubled

    def _write(self, what: str) -> None:
        self._process.point(f"{what} begins")
        if self._disk.is_full:
            raise ArchiveError(f"{what}: no space left on device")

    @property
    def journal_is_full(self) -> bool:
        """Whether the journal is long: a day of a lively account fills it many times."""
        return len(self._disk.journal) > _LONG_JOURNAL

    def journal(self, records: Sequence[Record]) -> None:
        self._write("journal")
        self._disk.journal.append(tuple(records))
        self._process.point("journal written")

    def read_journal(self) -> Sequence[Record]:
        self._process.point("journal read")
        return [record for group in self._disk.journal for record in group]

    def rotate_journal(self, records: Sequence[Record]) -> None:
        self._write("journal rotation")
        self._disk.journal, self._disk.is_renewed = [tuple(records)], True

    def save_state(self, symbols: Mapping[str, SymbolState]) -> None:
        self._write("state")
        self._disk.states = dict(symbols)
        self._disk.state_is_corrupt = False

    def trade(self, row: Mapping[str, str]) -> None:
        if self._disk.is_full:
            raise ArchiveError("trades_history.csv: no space left on device")
        told, exec_id = self._disk.trades, row["exec_id"]
        if exec_id not in told:
            told[exec_id] = len(told)
        elif told[exec_id] < len(told) - _KNOWN_ROWS:
            self._on_doubled(row["symbol"], exec_id)

    def metrics(self, row: Mapping[str, object]) -> None:
        if self._disk.is_full:
            raise ArchiveError("metrics: no space left on device")

    def save_status(self, status: Mapping[str, object]) -> None:
        if self._disk.is_full:
            raise ArchiveError("status.json: no space left on device")

    def declare_emergency(self, *, symbol: str, reason: str, mm_rate: str) -> None:
        self._write("emergency file")
        if self._disk.emergency is None:
            self._disk.emergency = {"symbol": symbol, "reason": reason, "mm_rate": mm_rate}
            self._disk.stop_is_concluded = False
            self._on_stop(str(self._disk.emergency))
        self._process.point("emergency file written")
        self._disk.knows_of_stop = True

    def conclude_emergency(self) -> None:
        self._write("journal")
        self._disk.stop_is_concluded = True
        self._process.point("journal written")

    def interrupted_emergency(self) -> InterruptedStop | None:
        return self._disk.interrupted_stop
