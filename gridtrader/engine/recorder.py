"""It writes down what happened: journal, state file, CSV and logs, from the facts the book returns.

A failing disk does not stop trading: what could not be journalled is kept and tried again, and `is_healthy` tells the
engine to open nothing until it is written (section 7). Called by the engine's thread only.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gridtrader.domain.cycle import Cycle
from gridtrader.domain.exact import plain
from gridtrader.domain.known import SymbolKnown
from gridtrader.domain.order_names import OrderName
from gridtrader.domain.planner import Note, NoteLevel
from gridtrader.domain.types import ExecutionKind, OrderKind, Side
from gridtrader.engine import journal
from gridtrader.engine.book import (
    AccountBook,
    Booked,
    CycleClosed,
    CycleStarted,
    Fact,
    ForeignOrder,
    OrderMoved,
    Overfilled,
    PositionMoved,
    SomebodyElse,
)
from gridtrader.engine.journal_tail import Tail
from gridtrader.engine.ports import Archive, ArchiveError, Clock, Diary, Record, SymbolState
from gridtrader.engine.state import account_state, account_status, metrics_row, summary_line, trade_row
from gridtrader.engine.tally import Tally

_LEVELS = {
    NoteLevel.INFO: logging.INFO,
    NoteLevel.WARNING: logging.WARNING,
    NoteLevel.CRITICAL: logging.CRITICAL,
}

_STATUS_MS = 1_000


@dataclass(slots=True)
class Recorder:
    archive: Archive
    diary: Diary
    clock: Clock
    is_healthy: bool = True
    tallies: dict[str, Tally] = field(default_factory=dict)
    _tail: Tail = field(default_factory=Tail)
    _unwritten: list[Record] = field(default_factory=list)
    _state_is_old: bool = True
    _states: dict[str, SymbolState] = field(default_factory=dict)
    """What the state file says of each symbol about which nothing has happened since."""
    _said: dict[str, frozenset[str]] = field(default_factory=dict)
    _foreign: set[str] = field(default_factory=set)
    _status: dict[str, object] = field(default_factory=dict)
    _status_ms: int = 0

    @property
    def log(self) -> logging.Logger:
        return self.diary.bot

    # --- journal ---

    def write_ahead(self, records: Sequence[Record]) -> bool:
        """Force records to disk, after those that could not be written before; returns whether all are there."""
        self._unwritten.extend(records)
        if not self._unwritten:
            return True
        try:
            self.archive.journal(self._unwritten)
        except ArchiveError as error:
            self._fail("journal", error)
            return False
        self._tail.note(self._unwritten)
        self._unwritten.clear()
        self._recover()
        self._rotate()
        return True

    def _rotate(self) -> None:
        """Begin a new journal file when this one is long, with what a restart needs of it."""
        if self.archive.journal_is_full:
            try:
                self.archive.rotate_journal(self._tail.records())
            except ArchiveError:
                self.log.exception("the journal goes on in its old file")

    def read_journal(self) -> Sequence[Record]:
        """Return the journal's records, oldest first. Raises ArchiveError."""
        records = self.archive.read_journal()
        self._tail = Tail()
        self._tail.note(records)
        return records

    def _fail(self, what: str, error: ArchiveError) -> None:
        if self.is_healthy:
            self.log.critical("%s cannot be written, nothing new is opened until it can: %s", what, error)
        self.is_healthy = False

    def _recover(self) -> None:
        if not self.is_healthy and not self._unwritten and not self._state_is_old:
            self.log.warning("files can be written again")
            self.is_healthy = True

    # --- facts ---

    def record(self, facts: Iterable[Fact]) -> list[SomebodyElse]:
        """Write down facts; returns the alarming ones."""
        alarms: list[SomebodyElse] = []
        records: list[Record] = []
        for fact in facts:
            self._state_is_old = True
            self._states.pop(_symbol_of(fact), None)
            match fact:
                case Booked():
                    records.append(journal.execution_record(fact.execution))
                    self._booked(fact)
                case Overfilled():
                    self._overfilled(fact)
                case CycleStarted():
                    records.append(self.cycle_begun(fact.symbol, fact.side, fact.cycle, fact.executed_other))
                case CycleClosed():
                    records.append(
                        journal.closed_record(
                            fact.symbol, fact.side, fact.cycle, fact.net_profit, self.clock.now_ms()
                        )
                    )
                    self._closed(fact)
                case OrderMoved():
                    order = fact.order
                    self.log.info(
                        "order %s is %s: %s of %s filled, price %s",
                        order.link_id,
                        order.phase.value,
                        plain(order.filled),
                        plain(order.qty),
                        plain(order.price),
                    )
                case PositionMoved():
                    report = fact.report
                    self.diary.position(
                        f"{report.symbol} {report.side.name} size {plain(report.size)} "
                        f"average {plain(report.avg_price)} seq {report.seq}"
                    )
                case ForeignOrder():
                    self._foreign_order(fact)
                case SomebodyElse():
                    alarms.append(fact)
        self.write_ahead(records)
        return alarms

    def tally(self, symbol: str) -> Tally:
        """Return what was done on a symbol since the process started."""
        return self.tallies.setdefault(symbol, Tally())

    def _overfilled(self, fact: Overfilled) -> None:
        self.log.critical(
            "%s %s level %d holds %s, the ladder has %s: the other side has nothing against the rest of it. The "
            "take-profit closes it all; until then the account can trade, but not be started anew (T4)",
            fact.symbol,
            fact.side.name,
            fact.level,
            plain(fact.qty),
            plain(fact.wanted),
        )

    def _booked(self, fact: Booked) -> None:
        execution, name = fact.execution, fact.name
        tally = self.tally(execution.symbol)
        if execution.kind is ExecutionKind.FUNDING:
            what = "funding"
            tally.funding += execution.fee
        else:
            tally.fees += execution.fee
            what = self._count(tally, name)
        tally.last = f"{execution.side.name} {what} {plain(execution.qty)} at {plain(execution.price)}"
        row = trade_row(execution, what, name.slot.cycle if name else None)
        self.diary.trade(" ".join(f"{key}={value}" for key, value in row.items() if value))
        self.log.info(
            "%s %s %s: %s at %s, fee %s",
            execution.symbol,
            execution.side.name,
            what,
            plain(execution.qty),
            plain(execution.price),
            plain(execution.fee),
        )
        try:
            self.archive.trade(row)
        except ArchiveError:
            self.log.exception("a trade is missing in the history file")

    @staticmethod
    def _count(tally: Tally, name: OrderName | None) -> str:
        """Count a trade; returns what it was."""
        if name is None:
            return "foreign"
        match name.slot.kind:
            case OrderKind.ENTRY:
                tally.entries += 1
            case OrderKind.AVERAGING:
                tally.averagings += 1
            case OrderKind.TAKE_PROFIT:
                tally.take_profits += 1
                return "take-profit"
        return f"level {name.slot.level}"

    def _closed(self, fact: CycleClosed) -> None:
        cycle = fact.cycle
        tally = self.tally(fact.symbol)
        tally.cycles_closed += 1
        tally.net += fact.net_profit
        self.log.info(
            "%s %s cycle %d closed: levels %d, entry value %s, gross %s, fees %s, funding %s, net %s",
            fact.symbol,
            fact.side.name,
            cycle.number,
            len(cycle.levels),
            plain(cycle.entry_value),
            plain(cycle.gross_profit(fact.side.sign)),
            plain(cycle.opening_fees + cycle.closing_fees),
            plain(cycle.funding),
            plain(fact.net_profit),
        )

    def _foreign_order(self, fact: ForeignOrder) -> None:
        report = fact.report
        if report.order_id not in self._foreign and not report.status.is_final:
            self._foreign.add(report.order_id)
            self.log.warning(
                "%s has an order that is not the bot's, it is left alone: %s %s at %s (id %s)",
                report.symbol,
                "buy" if report.is_buy else "sell",
                plain(report.qty),
                plain(report.price),
                report.order_id,
            )

    # --- decisions, notes, state ---

    def cycle_begun(self, symbol: str, side: Side, cycle: Cycle, executed_other: int) -> Record:
        """Log a new cycle and return its record."""
        if executed_other:
            self.tally(symbol).reopenings += 1
        self.log.info(
            "%s %s cycle %d: %d level(s) at once (other side has executed %d)",
            symbol,
            side.name,
            cycle.number,
            cycle.immediate,
            executed_other,
        )
        return journal.cycle_record(symbol, side, cycle, executed_other)

    def say(self, symbol: str, notes: Sequence[Note], *, is_final: bool = True) -> None:
        """Log why something does not stand: once per change of situation (S6). Where it `is_final` no more than
        what is said now holds; else what was said before may hold as well."""
        keys = frozenset(note.key for note in notes)
        before = self._said.get(symbol, frozenset())
        for note in notes:
            if note.key not in before:
                self._tell(note)
        self._said[symbol] = keys if is_final else before | keys

    def _tell(self, note: Note) -> None:
        self.log.log(_LEVELS[note.level], "%s", note.text)

    def save_state(self, symbols: Iterable[SymbolKnown], *, anew: bool = False) -> None:
        """Write the state file if anything it holds may have changed (T2)."""
        if not (self._state_is_old or anew):
            return
        before = {} if anew else self._states
        self._states = {known.symbol: before.get(known.symbol) or account_state(known) for known in symbols}
        try:
            self.archive.save_state(self._states)
        except ArchiveError as error:
            self._state_is_old = True
            self._fail("state file", error)
            return
        self._state_is_old = False
        self._recover()

    def compared(self, book: AccountBook) -> None:
        """Log the comparison with the exchange and record a metrics snapshot (T6)."""
        if self.log.isEnabledFor(logging.INFO):
            for known in book.symbols.values():
                self.log.info("compared with the exchange: %s", summary_line(known))
        try:
            self.archive.metrics(metrics_row(book, self.clock.now_ms()))
        except ArchiveError:
            self.log.exception("a metrics snapshot is missing")

    def save_status(self, mode: str, reason: str, book: AccountBook, now_ms: int, *, at_once: bool = False) -> None:
        """Write the account's status file when something it shows has changed, at most once a second."""
        if now_ms - self._status_ms < _STATUS_MS and not at_once:
            return
        status, self._status_ms = account_status(mode, reason, book), now_ms
        if status == self._status:
            return
        try:
            self.archive.save_status(status)
        except ArchiveError as error:
            self._fail("status file", error)
            return
        self._status = status

    def retry_files(self, symbols: Iterable[SymbolKnown]) -> None:
        """Try again what the disk did not take."""
        if not self.is_healthy:
            self.write_ahead([])
            self.save_state(symbols)
            self._recover()


def _symbol_of(fact: Fact) -> str:
    match fact:
        case Booked():
            return fact.execution.symbol
        case OrderMoved():
            return fact.order.name.slot.symbol
        case PositionMoved() | ForeignOrder():
            return fact.report.symbol
        case _:
            return fact.symbol
