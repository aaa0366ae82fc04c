"""What a replay keeps of what happens: the engine's facts and the exchange's events, in the market's time."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from gridtrader.domain.cycle import Cycle
from gridtrader.domain.order_names import OrderName, parse_order_name
from gridtrader.domain.planner import Note, NoteLevel
from gridtrader.domain.types import OrderKind, Side
from gridtrader.engine.book import AccountBook, CycleClosed, Fact, SomebodyElse
from gridtrader.engine.ports import Record
from gridtrader.engine.recorder import Recorder
from gridtrader.paper.clock import PaperClock
from gridtrader.paper.nothing import NoArchive, NoDiary
from gridtrader.replay.result import Alarm, ClosedCycle, Funding, Standing, Stop, Trade
from gridtrader.simulator.core import model

ZERO = Decimal(0)
SIDES = {1: Side.LONG, 2: Side.SHORT}


class ReplayRecorder(Recorder):
    """The engine's recorder, of which only the facts are wanted: no file, no log line is ever made."""

    def __init__(self, clock: PaperClock, ledger: "ReplayLedger") -> None:
        super().__init__(NoArchive(), NoDiary(), clock)
        self._ledger = ledger

    def write_ahead(self, records: Sequence[Record]) -> bool:  # noqa: ARG002  # nothing is ever restored from it
        return True

    def record(self, facts: Iterable[Fact]) -> list[SomebodyElse]:
        alarms = []
        for fact in facts:
            if isinstance(fact, CycleClosed):
                self._ledger.closed(fact.symbol, fact.side, fact.cycle, fact.net_profit)
            elif isinstance(fact, SomebodyElse):
                alarms.append(fact)
        return alarms

    def _tell(self, note: Note) -> None:
        if note.level is NoteLevel.CRITICAL:
            self._ledger.alarm(note.text)

    def cycle_begun(self, symbol: str, side: Side, cycle: Cycle, executed_other: int) -> Record:  # noqa: ARG002
        return {}

    def save_state(self, symbols: object, *, anew: bool = False) -> None: ...

    def save_status(
        self, mode: str, reason: str, book: AccountBook, now_ms: int, *, at_once: bool = False
    ) -> None: ...

    def retry_files(self, symbols: object) -> None: ...


class ReplayLedger:
    """Executions, settlements, closed cycles and standing orders of a replay."""

    def __init__(self, clock: PaperClock) -> None:
        self._clock = clock
        self.trades: list[Trade] = []
        self.funding: list[Funding] = []
        self.cycles: list[ClosedCycle] = []
        self.standing: list[Standing] = []
        self.alarms: list[Alarm] = []
        self.liquidations = 0
        self.stop: Stop | None = None
        self._times: dict[str, int] = {}
        """When each execution of a running cycle happened in the market."""
        self._orders: dict[str, tuple[OrderName, Decimal, Decimal, int]] = {}
        """What stands: name, price, open quantity, since when."""

    # --- the exchange's events ---

    def happened(self, events: Sequence[model.Event]) -> None:
        """Take in what the exchange has done."""
        for event in events:
            if isinstance(event, model.Executed):
                for execution in event.executions:
                    self._executed(execution)
            elif isinstance(event, model.OrderChanged):
                self._order(event.order)

    def _executed(self, execution: model.Execution) -> None:
        now, side = self._clock.market_ms, SIDES[execution.position_idx]
        self._times[execution.exec_id] = now
        fee = execution.fee + execution.extra_fee
        if execution.exec_type == "Funding":
            self.funding.append(Funding(now, execution.symbol, side, fee))
            return
        name = parse_order_name(execution.order_link_id)
        is_forced = execution.exec_type != "Trade"
        self.liquidations += is_forced
        self.trades.append(
            Trade(
                time_ms=now,
                symbol=execution.symbol,
                side=side,
                level=name.slot.level if name is not None and name.slot.kind.opens else None,
                price=execution.price,
                quantity=execution.qty,
                fee=fee,
                is_maker=execution.is_maker,
                closed_quantity=execution.closed_size,
                realised_pnl=execution.exec_pnl or ZERO,
                is_forced=is_forced,
                cycle=name.slot.cycle if name is not None else None,
            )
        )

    def _order(self, order: model.Order) -> None:
        before = self._orders.get(order.order_id)
        stands = None
        if not order.status.is_final:
            name = before[0] if before is not None else parse_order_name(order.order_link_id)
            if name is not None:
                stands = (name, order.price, order.leaves_qty)
        if before is not None:
            if before[:3] == stands:
                return
            self._end(order.order_id, before)
        if stands is not None:
            self._orders[order.order_id] = (*stands, self._clock.market_ms)

    def _end(self, order_id: str, stood: tuple[OrderName, Decimal, Decimal, int]) -> None:
        del self._orders[order_id]
        name, price, qty, since = stood
        level = None if name.slot.kind is OrderKind.TAKE_PROFIT else name.slot.level
        until = self._clock.market_ms
        self.standing.append(Standing(name.slot.symbol, name.slot.side, level, price, qty, since, until))

    def end(self) -> None:
        """Note what still stands at the end."""
        for order_id, stood in list(self._orders.items()):
            self._end(order_id, stood)

    # --- the engine's facts ---

    def alarm(self, text: str) -> None:
        """Note why nothing more is opened."""
        self.alarms.append(Alarm(self._clock.market_ms, text))

    def closed(self, symbol: str, side: Side, cycle: Cycle, net: Decimal) -> None:
        """Note a closed cycle."""
        times = [self._times.pop(fill.exec_id) for fill in cycle.fills]
        self.cycles.append(
            ClosedCycle(
                symbol=symbol,
                side=side,
                opened_ms=times[0],
                closed_ms=times[-1],
                levels=len(cycle.levels),
                entry_value=cycle.entry_value,
                average_entry=cycle.average_entry,
                take_profit=cycle.closed_value / cycle.closed_qty,
                gross=cycle.gross_profit(side.sign),
                fees=cycle.opening_fees + cycle.closing_fees,
                funding=cycle.funding,
                net=net,
                number=cycle.number,
            )
        )
