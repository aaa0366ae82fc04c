"""The proof that one symbol can be restored: a running ladder, rebuilt and compared (T4). It changes nothing.

The same proof serves every start, first or after a crash: positions as the exchange has them, fills as the exchange
and the journal have them, decisions and order names as the journal has them.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from gridtrader.domain.cycle import Cycle
from gridtrader.domain.exact import ZERO, plain
from gridtrader.domain.known import SymbolKnown
from gridtrader.domain.order_names import OrderName, parse_order_name
from gridtrader.domain.orders import Phase
from gridtrader.domain.sizing import Reference, SizingError, build_reference
from gridtrader.domain.types import SIDES, Execution, OrderKind, OrderReport, PositionReport, Side
from gridtrader.engine.book import AccountBook
from gridtrader.engine.errors import CannotStart
from gridtrader.engine.history import (
    Fills,
    fills_since_flat,
    foreign_fills,
    immediate_by_names,
    mismatch,
    rebuild_cycle,
)
from gridtrader.engine.journal import SymbolMemory
from gridtrader.engine.ports import Clock, Gateway

DAY_MS = 86_400_000
_WINDOWS_DAYS = (7, 30, 180, 730)
"""How far back fills are searched for, step by step: most positions are days old."""

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
class Prover:
    """Rebuilds the book of one account from a reading and proves it against the positions. Changes nothing."""

    gateway: Gateway
    clock: Clock
    log: logging.Logger
    new_executions: Callable[[Sequence[Execution]], None]
    """Told the fills of running and just closed cycles that the journal does not have."""

    def prove(self, reading: SymbolReading, memory: SymbolMemory, book: AccountBook) -> None:
        """Enter one symbol into the book. Raises CannotStart if it cannot be restored, GatewayError."""
        known = reading.known
        executions, fills = self._find_fills(reading, memory)
        for side in SIDES:
            self._restore_side(known, side, reading.positions[side], fills[side], memory, executions)
        self._restore_reference(known, memory, reading)
        for side in SIDES:
            problem = mismatch(known, side, reading.positions[side], fills[side])
            if problem is not None:
                raise CannotStart(
                    f"{known.symbol} {side.name} cannot be restored: {problem}. Nothing was changed. Close the "
                    f"position by hand, or wait if the exchange's history may be late, and start again"
                )
        book.symbols[known.symbol] = known
        for execution in executions.values():
            book.remember(execution.exec_id)
        self._enter_names(known, memory, reading, executions, book)
        self.new_executions([e for e in executions.values() if e.exec_id not in memory.executions])

    # --- fills ---

    def _find_fills(
        self, reading: SymbolReading, memory: SymbolMemory
    ) -> tuple[dict[str, Execution], dict[Side, Fills]]:
        """Read fills back in time until both sides' positions are explained from flat."""
        symbol, now = reading.known.symbol, self.clock.now_ms()
        executions = dict(memory.executions)
        since_journal = now - memory.last_ms + DAY_MS // 24 if memory.last_ms else 0
        spans = sorted({since_journal or 7 * DAY_MS, *(days * DAY_MS for days in _WINDOWS_DAYS)})
        fills: dict[Side, Fills] = {}
        read_until = now + DAY_MS // 24
        for span in (s for s in spans if s >= since_journal):
            for execution in self.gateway.executions(symbol, now - span, read_until):
                executions.setdefault(execution.exec_id, execution)
            read_until = now - span
            fills = {
                side: fills_since_flat(tuple(executions.values()), side, reading.positions[side].size)
                for side in SIDES
            }
            if all(part.is_complete for part in fills.values()):
                break
        for side in SIDES:
            self._require_explained(reading, side, fills[side])
        return executions, fills

    def _require_explained(self, reading: SymbolReading, side: Side, fills: Fills) -> None:
        symbol, size = reading.known.symbol, reading.positions[side].size
        if not fills.is_complete:
            raise CannotStart(
                f"{symbol} {side.name} cannot be restored: the position has {plain(size)}, and neither the "
                f"exchange's history nor the journal explains how it came about. Nothing was changed. Close the "
                f"position by hand and start again"
            )
        foreign = foreign_fills(fills)
        if foreign:
            raise CannotStart(
                f"{symbol} {side.name} cannot be restored: {len(foreign)} of the fills of its position were not "
                f"made by this bot (first: {plain(foreign[0].qty)} at {plain(foreign[0].price)}, order "
                f"{foreign[0].order_id}). Nothing was changed. Close the position by hand and start again"
            )

    # --- cycles ---

    def _restore_side(
        self,
        known: SymbolKnown,
        side: Side,
        position: PositionReport,
        fills: Fills,
        memory: SymbolMemory,
        executions: dict[str, Execution],
    ) -> None:
        half, journalled = known.sides[side], memory.sides[side]
        half.position = position
        names = [parse_order_name(e.link_id) for e in executions.values()]
        used = [n.slot.cycle for n in (*names, *memory.names) if n is not None and n.slot.side is side]
        newest = max([journalled.number, *used], default=0)
        half.last_cycle = newest or max(0, (self.clock.now_ms() - _FIRST_CYCLE_EPOCH_MS) // 1000)
        if position.size:
            is_journalled = journalled.number == newest and not journalled.is_closed
            immediate = journalled.immediate if is_journalled else immediate_by_names(fills)
            half.cycle = rebuild_cycle(half.last_cycle, immediate, fills)
        elif not journalled.is_closed and not self._has_filled(side, journalled.number, executions):
            half.cycle = Cycle(journalled.number, journalled.immediate, journalled.opened_ms)
            half.last_cycle = journalled.number

    @staticmethod
    def _has_filled(side: Side, cycle: int, executions: dict[str, Execution]) -> bool:
        names = (parse_order_name(execution.link_id) for execution in executions.values())
        return any(n is not None and n.slot.side is side and n.slot.cycle == cycle for n in names)

    # --- reference quantities ---

    def _restore_reference(self, known: SymbolKnown, memory: SymbolMemory, reading: SymbolReading) -> None:
        if not any(known.sides[side].has_fills for side in SIDES):
            known.reference = self._journalled(known, memory)
            return
        known.reference = self._journalled(known, memory) or self._reference_by_orders(known, reading)

    def _journalled(self, known: SymbolKnown, memory: SymbolMemory) -> Reference | None:
        try:
            return memory.reference(known.instrument)
        except (KeyError, ValueError, ArithmeticError) as error:
            self.log.warning("%s: the journal's ladder cannot be read: %r", known.symbol, error)
            return None

    def _reference_by_orders(self, known: SymbolKnown, reading: SymbolReading) -> Reference:
        """Return the reference quantities that the exchange's orders show, where the journal has none."""
        started = min(half.cycle.opened_ms for half in known.sides.values() if half.cycle is not None)
        history = self.gateway.order_history(known.symbol, started - DAY_MS, self.clock.now_ms() + DAY_MS)
        first = ZERO
        for report in (*history, *reading.open_orders):
            name = parse_order_name(report.link_id)
            if name is None or not name.slot.kind.opens or name.slot.level != 0:
                continue
            half = known.sides[name.slot.side]
            if half.cycle is not None and name.slot.cycle == half.cycle.number:
                first = max(first, report.qty)
        if first == 0:
            raise CannotStart(
                f"{known.symbol} cannot be restored: neither the journal nor the exchange's order history has the "
                f"order of level 0. Nothing was changed. Close the position by hand and start again"
            )
        try:
            return build_reference(
                first,
                multiplier=known.strategy.multiplier,
                leverage=known.leverage,
                max_level=known.strategy.max_level,
                instrument=known.instrument,
            )
        except SizingError as error:
            raise CannotStart(f"{known.symbol} cannot be restored: {error}") from error

    # --- order names ---

    def _enter_names(
        self,
        known: SymbolKnown,
        memory: SymbolMemory,
        reading: SymbolReading,
        executions: Mapping[str, Execution],
        book: AccountBook,
    ) -> None:
        """Enter the names used in the running cycles as orders of unknown fate: they are looked up like any other."""
        names = dict.fromkeys(memory.names)
        reports = {report.link_id: report for report in reading.open_orders}
        names.update({name: None for name in map(parse_order_name, reports) if name is not None})
        newest: dict[object, OrderName] = {}
        for name in names:
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
            order = book.expect(
                known, name, report.price if report else ZERO, report.qty if report else ZERO, ZERO, 0
            )
            order.phase = Phase.UNKNOWN
            order.seen = sum((e.qty for e in executions.values() if e.link_id == order.link_id), ZERO)
