"""The proof that one symbol can be restored: a running ladder, rebuilt and compared (T4). It changes nothing.

The same proof serves every start, first or after a crash: positions as the exchange has them, fills as the exchange
and the journal have them, decisions and order names as the journal has them.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from gridtrader.domain.cycle import Cycle
from gridtrader.domain.exact import ZERO, plain
from gridtrader.domain.known import SymbolKnown
from gridtrader.domain.ladder import immediate_levels
from gridtrader.domain.order_names import OrderName, Slot, parse_order_name
from gridtrader.domain.orders import Phase
from gridtrader.domain.sizing import Reference, SizingError, build_reference
from gridtrader.domain.types import SIDES, Execution, ExecutionKind, OrderKind, OrderReport, PositionReport, Side
from gridtrader.engine import history, journal
from gridtrader.engine.book import KEPT_CYCLES, AccountBook
from gridtrader.engine.errors import CannotStart
from gridtrader.engine.history import Fills
from gridtrader.engine.journal import SymbolMemory
from gridtrader.engine.ports import Gateway, Record

DAY_MS = 86_400_000
_SPANS_DAYS = (7, 30, 180, 730)
"""How far back fills are searched for, step by step: most positions are days old, and two years is what the exchange
keeps."""

_COSTS_DIFFER = Decimal("0.001")
"""USDT; the exchange rounds each figure to eight decimals."""

NOTHING_CHANGED = "Nothing was changed."
"""Said where it is true: the start takes it back if an earlier try had begun to change things."""

_FIRST_CYCLE_EPOCH_MS = 1_735_689_600_000
"""2025-01-01: cycles of an account whose journal is gone are numbered from the seconds since then, so that no order
name of an earlier life can come back."""


@dataclass(frozen=True, slots=True)
class SymbolReading:
    """What the exchange said of one symbol, read at one go."""

    known: SymbolKnown
    positions: dict[Side, PositionReport]
    open_orders: tuple[OrderReport, ...]


@dataclass(slots=True)
class Findings:
    """What a proof found out that the journal does not have yet."""

    executions: list[Execution] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)


@dataclass(slots=True)
class Prover:
    """Rebuilds the book of one account from readings and proves it against the positions. Changes nothing."""

    gateway: Gateway
    now_ms: int
    """The exchange's time when the reading began; our own clock may be wrong."""
    log: logging.Logger
    findings: Findings = field(default_factory=Findings)

    def prove(self, reading: SymbolReading, memory: SymbolMemory, book: AccountBook) -> None:
        """Enter one symbol into the book. Raises CannotStart if it cannot be restored, GatewayError."""
        known = reading.known
        executions, fills = self._find_fills(reading, memory)
        for side in SIDES:
            known.sides[side].position = reading.positions[side]
            known.sides[side].restored_seq = reading.positions[side].seq
            self._restore_side(known, side, fills[side], memory, executions)
        orders = self._restore_reference(known, memory, reading, fills)
        for side in SIDES:
            self._decide_immediate(known, side, fills[side], memory)
            problem = history.mismatch(known, side, reading.positions[side], fills[side], orders)
            if problem is not None:
                raise CannotStart(
                    f"{known.symbol} {side.name} cannot be restored: {problem}. {NOTHING_CHANGED} Close the "
                    f"position by hand, or wait if the exchange's history may be late, and start again"
                )
            self._check_costs(known, side, reading.positions[side], fills[side])
        book.symbols[known.symbol] = known
        self._tell_what_is_odd(known, memory, fills, executions)
        self._enter_executions(known, fills, executions, memory, book)
        self._enter_names(known, memory, reading, book)
        self._record_what_is_new(known, memory, reading)

    def _tell_what_is_odd(
        self,
        known: SymbolKnown,
        memory: SymbolMemory,
        fills: Mapping[Side, Fills],
        executions: Mapping[str, Execution],
    ) -> None:
        """Say what an operator should know of a ladder that can be restored all the same."""
        if not memory.last_ms and any(history.names_of(part.executions) for part in fills.values()):
            self.log.warning(
                "%s: the position is this bot's, and the journal knows nothing of it: have the account's files been "
                "lost? Whether it was in emergency stop nobody can tell",
                known.symbol,
            )
        for execution in executions.values():
            is_news = bool(memory.last_ms) and execution.exec_id not in memory.executions
            if is_news and history.is_closed_by_others(execution):
                self.log.warning(
                    "%s %s: while the bot was away somebody else closed %s at %s (%s)",
                    known.symbol,
                    execution.side.name,
                    plain(execution.closed_qty),
                    plain(execution.price),
                    "liquidation or ADL" if execution.kind is ExecutionKind.FORCED else "no order of the bot's",
                )

    def _check_costs(self, known: SymbolKnown, side: Side, position: PositionReport, fills: Fills) -> None:
        """Compare restored fees and funding with what the exchange says the position has earned (T4). A settlement
        that its history lacks cannot be made up for, but it is said."""
        if position.realised is None or not position.size:
            return
        ours = history.realised(fills.executions, side)
        if abs(ours - position.realised) > _COSTS_DIFFER:
            self.log.warning(
                "%s %s: by its fills and settlements the position has earned %s USDT since it was opened, by the "
                "exchange %s (curRealisedPnl): fees or funding may be missing, and the take-profit earns less by it",
                known.symbol,
                side.name,
                plain(round(ours, 8)),
                plain(position.realised),
            )

    # --- fills ---

    def _find_fills(
        self, reading: SymbolReading, memory: SymbolMemory
    ) -> tuple[dict[str, Execution], dict[Side, Fills]]:
        """Read fills back in time until both sides' positions are explained from flat."""
        symbol, now = reading.known.symbol, self.now_ms
        executions = dict(memory.executions)
        since_journal = max(0, now - memory.last_ms) + DAY_MS if memory.last_ms else 7 * DAY_MS
        spans = sorted({since_journal, *(days * DAY_MS for days in _SPANS_DAYS)})
        fills: dict[Side, Fills] = {}
        read_until = now + DAY_MS
        for span in (s for s in spans if s >= since_journal):
            for execution in self.gateway.executions(symbol, now - span, read_until):
                executions.setdefault(execution.exec_id, execution)
            read_until = now - span
            known = tuple(executions.values())
            fills = {side: history.fills_since_flat(known, side, reading.positions[side].size) for side in SIDES}
            if all(part.is_complete for part in fills.values()):
                return executions, fills
        side = next(side for side, part in fills.items() if not part.is_complete)
        raise CannotStart(
            f"{symbol} {side.name} cannot be restored: the position has {plain(reading.positions[side].size)}, and "
            f"neither the exchange's history nor the journal explains how it came about. {NOTHING_CHANGED} Close "
            f"the position by hand and start again"
        )

    def _enter_executions(
        self,
        known: SymbolKnown,
        fills: Mapping[Side, Fills],
        executions: Mapping[str, Execution],
        memory: SymbolMemory,
        book: AccountBook,
    ) -> None:
        for execution in sorted(executions.values(), key=lambda e: e.moment):
            book.remember(execution)
            if execution.exec_id not in memory.executions:
                self.findings.executions.append(execution)
        for side, part in fills.items():
            oldest = known.sides[side].last_cycle - KEPT_CYCLES
            for execution in (*part.before, *part.trades()):
                name = parse_order_name(execution.link_id)
                if name is not None and name.slot.cycle >= oldest and execution.kind is not ExecutionKind.FUNDING:
                    done = known.executed.get(execution.link_id, ZERO)
                    known.executed[execution.link_id] = done + execution.qty

    # --- cycles ---

    def _restore_side(
        self,
        known: SymbolKnown,
        side: Side,
        fills: Fills,
        memory: SymbolMemory,
        executions: Mapping[str, Execution],
    ) -> None:
        half, journalled = known.sides[side], memory.sides[side]
        named = [*history.names_of(executions.values()), *memory.names]
        used = [name.slot.cycle for name in named if name.slot.side is side]
        half.last_cycle = max([journalled.number, *used], default=0) or max(
            0, (self.now_ms - _FIRST_CYCLE_EPOCH_MS) // 1000
        )
        if half.size:
            number = history.cycle_number(fills, journalled.number if not journalled.is_closed else 0)
            half.last_cycle = max(half.last_cycle, number)
            half.cycle = history.rebuild_cycle(half.last_cycle, 1, fills)
        elif not journalled.is_closed and not self._has_filled(side, journalled.number, executions):
            half.cycle = Cycle(journalled.number, journalled.immediate, journalled.opened_ms)
            half.last_cycle = journalled.number

    @staticmethod
    def _has_filled(side: Side, cycle: int, executions: Mapping[str, Execution]) -> bool:
        names = history.names_of(executions.values())
        return any(name.slot.side is side and name.slot.cycle == cycle for name in names)

    @staticmethod
    def _decide_immediate(known: SymbolKnown, side: Side, fills: Fills, memory: SymbolMemory) -> None:
        """Take over how many levels were opened at once - or decide it, for a cycle nobody decided (S8)."""
        cycle, journalled = known.sides[side].cycle, memory.sides[side]
        if cycle is None or not cycle.has_fills:
            return
        if journalled.number == cycle.number and not journalled.is_closed:
            cycle.immediate = journalled.immediate
        elif cycle.number in {name.slot.cycle for name in history.names_of(fills.executions)}:
            cycle.immediate = history.immediate_by_names(fills)
        else:
            cycle.immediate = immediate_levels(known.executed_levels(side.other))

    # --- reference quantities ---

    def _restore_reference(
        self, known: SymbolKnown, memory: SymbolMemory, reading: SymbolReading, fills: Mapping[Side, Fills]
    ) -> dict[str, OrderReport]:
        """Find the quantities of the running ladder; returns the orders they were read from (none: the journal)."""
        try:
            known.reference = memory.reference(known.instrument)
        except (KeyError, ValueError, ArithmeticError) as error:
            self.log.warning("%s: the journal's ladder cannot be read: %r", known.symbol, error)
        is_foreign = any(
            parse_order_name(execution.link_id) is None for part in fills.values() for execution in part.trades()
        )
        held = [half.cycle for half in known.sides.values() if half.cycle is not None and half.cycle.has_fills]
        if not held or (known.reference is not None and not is_foreign):
            return {}
        started = min(cycle.opened_ms for cycle in held)
        reports = self.gateway.order_history(known.symbol, started - DAY_MS, self.now_ms + DAY_MS)
        orders = {report.order_id: report for report in (*reports, *reading.open_orders)}
        if known.reference is None:
            known.reference = self._reference_by_orders(known, fills, orders)
        return orders

    def _reference_by_orders(
        self, known: SymbolKnown, fills: Mapping[Side, Fills], orders: Mapping[str, OrderReport]
    ) -> Reference:
        multiplier, qty_step = known.strategy.multiplier, known.instrument.qty_step
        first = history.first_quantity(fills.values(), orders, multiplier, qty_step)
        if first is None:
            raise CannotStart(
                f"{known.symbol} cannot be restored: neither the journal nor the exchange's order history tells the "
                f"ladder's quantity of level 0 (averaging_multiplier {plain(multiplier)}). {NOTHING_CHANGED} "
                f"Close the position by hand and start again"
            )
        try:
            return build_reference(
                first,
                multiplier=known.strategy.multiplier,
                max_level=known.strategy.max_level,
                instrument=known.instrument,
            )
        except SizingError as error:
            raise CannotStart(f"{known.symbol} cannot be restored: {error}") from error

    # --- order names ---

    @staticmethod
    def _enter_names(known: SymbolKnown, memory: SymbolMemory, reading: SymbolReading, book: AccountBook) -> None:
        """Enter the names used in the running cycles as orders of unknown fate: they are looked up like any other."""
        reports = {report.link_id: report for report in reading.open_orders}
        found = (parse_order_name(link_id) for link_id in reports)
        newest: dict[Slot, OrderName] = {}
        for name in (*memory.names, *(name for name in found if name is not None)):
            half = known.sides[name.slot.side]
            if half.cycle is None or name.slot.cycle != half.cycle.number:
                continue
            if name.slot.kind is not OrderKind.TAKE_PROFIT and known.is_executed(name.slot.side, name.slot.level):
                continue
            last = newest.get(name.slot)
            if last is None or last.attempt < name.attempt:
                newest[name.slot] = name
        for name in newest.values():
            report = reports.get(name.encode())
            price, qty = (report.price, report.qty) if report else (ZERO, ZERO)
            order = book.expect(known, name, price, qty, ZERO, 0)
            if not order.phase.is_final:
                order.phase = Phase.UNKNOWN

    def _record_what_is_new(self, known: SymbolKnown, memory: SymbolMemory, reading: SymbolReading) -> None:
        """Note decisions that were restored from elsewhere, and names that stand and the journal has lost: once they
        are cancelled, the next start finds them nowhere else (C2)."""
        now = self.now_ms
        if known.reference is not None and memory.ladder is None:
            self.findings.records.append(journal.ladder_record(known.symbol, known.reference, now))
        for side in SIDES:
            cycle, journalled = known.sides[side].cycle, memory.sides[side]
            if cycle is None:
                if not journalled.is_closed and journalled.number:
                    self.findings.records.append(journal.gone_record(known.symbol, side, journalled.number, now))
            elif journalled.is_closed or journalled.number != cycle.number:
                self.findings.records.append(journal.cycle_record(known.symbol, side, cycle, 0))
        found = (parse_order_name(report.link_id) for report in reading.open_orders)
        lost = [name for name in found if name is not None and name not in memory.names]
        if lost:
            self.findings.records.append(journal.sent_record(known.symbol, lost, now))
