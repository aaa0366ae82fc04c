"""The journal's language: what must survive the loss of memory, as records, and what they say when read (T4, C2).

Written ahead: a decision before it is acted upon, an order's name before the order is sent. Executions are written
when they are booked. The exchange remains the source of truth; the journal remembers what the exchange forgets.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from gridtrader.domain.cycle import Cycle
from gridtrader.domain.exact import plain
from gridtrader.domain.instrument import Instrument
from gridtrader.domain.order_names import OrderName, parse_order_name
from gridtrader.domain.sizing import Reference, build_reference
from gridtrader.domain.types import SIDES, Execution, ExecutionKind, Side
from gridtrader.engine.ports import Record

UNREADABLE = (KeyError, ValueError, InvalidOperation)
"""What a record raises that is not as it should be."""


def ladder_record(symbol: str, reference: Reference, now_ms: int) -> Record:
    return {
        "kind": "ladder",
        "symbol": symbol,
        "q0": plain(reference.quantity(0)),
        "multiplier": plain(reference.multiplier),
        "levels": len(reference.quantities),
        "at": now_ms,
    }


def cycle_record(symbol: str, side: Side, cycle: Cycle, executed_other: int) -> Record:
    return {
        "kind": "cycle",
        "symbol": symbol,
        "side": side.name,
        "number": cycle.number,
        "immediate": cycle.immediate,
        "m": executed_other,
        "at": cycle.opened_ms,
    }


def closed_record(symbol: str, side: Side, cycle: Cycle, net_profit: Decimal, now_ms: int) -> Record:
    return {
        "kind": "closed",
        "symbol": symbol,
        "side": side.name,
        "number": cycle.number,
        "net": plain(net_profit),
        "at": now_ms,
    }


def gone_record(symbol: str, side: Side, number: int, now_ms: int) -> Record:
    """Return the record of a cycle that was closed while nobody looked; what it earned is not known."""
    return {"kind": "closed", "symbol": symbol, "side": side.name, "number": number, "net": None, "at": now_ms}


def sent_record(symbol: str, names: Iterable[OrderName], now_ms: int) -> Record:
    return {
        "kind": "sent",
        "symbol": symbol,
        "names": " ".join(name.encode() for name in names),
        "at": now_ms,
    }


def execution_record(execution: Execution) -> Record:
    return {
        "kind": "execution",
        "symbol": execution.symbol,
        "side": execution.side.name,
        "type": execution.kind.value,
        "exec_id": execution.exec_id,
        "order_id": execution.order_id,
        "link_id": execution.link_id,
        "buy": int(execution.is_buy),
        "price": plain(execution.price),
        "qty": plain(execution.qty),
        "closed": plain(execution.closed_qty),
        "fee": plain(execution.fee),
        "maker": int(execution.is_maker),
        "pnl": None if execution.pnl is None else plain(execution.pnl),
        "at": execution.at_ms,
        "seq": execution.seq,
    }


def past_record(execution: Execution) -> Record:
    """Return the record of an execution of a closed cycle: it explains no position, but it has been booked."""
    return {**execution_record(execution), "kind": "past"}


@dataclass(slots=True)
class SideMemory:
    """The last decided cycle of a side; `is_closed` once its take-profit had closed it."""

    number: int = 0
    immediate: int = 1
    opened_ms: int = 0
    is_closed: bool = True


@dataclass(slots=True)
class SymbolMemory:
    """What the journal remembers of one symbol: decisions, names that were used, fills."""

    ladder: Record | None = None
    sides: dict[Side, SideMemory] = field(default_factory=lambda: {side: SideMemory() for side in SIDES})
    names: dict[OrderName, None] = field(default_factory=dict)
    """In the order they were used: what is done with them is the same in every process."""
    executions: dict[str, Execution] = field(default_factory=dict)
    last_ms: int = 0
    """Time of the newest record."""

    def reference(self, instrument: Instrument) -> Reference | None:
        """Return the reference quantities of the last ladder. Raises KeyError, ValueError or InvalidOperation."""
        if self.ladder is None:
            return None
        return build_reference(
            Decimal(str(self.ladder["q0"])),
            multiplier=Decimal(str(self.ladder["multiplier"])),
            max_level=int(str(self.ladder["levels"])) - 1,
            instrument=instrument,
        )


def remember(records: Sequence[Record]) -> tuple[dict[str, SymbolMemory], list[str]]:
    """Return what the records say, by symbol, and what could not be understood, one line per record.

    Nothing here is trusted by itself: what comes of it is compared with the exchange before anything is done.
    """
    memory: dict[str, SymbolMemory] = {}
    doubts: list[str] = []
    for position, record in enumerate(records, start=1):
        if "symbol" not in record:
            continue
        try:
            _remember_one(memory.setdefault(str(record["symbol"]), SymbolMemory()), record)
        except UNREADABLE as error:
            doubts.append(f"journal record {position} ({record.get('kind')}): {error!r}")
    return memory, doubts


def _remember_one(memory: SymbolMemory, record: Record) -> None:
    kind, at = record["kind"], int(str(record["at"]))
    if kind == "ladder":
        memory.ladder = record
    elif kind == "cycle":
        memory.sides[Side[str(record["side"])]] = SideMemory(
            int(str(record["number"])), int(str(record["immediate"])), at, is_closed=False
        )
    elif kind == "closed":
        side = memory.sides[Side[str(record["side"])]]
        side.number, side.is_closed = int(str(record["number"])), True
    elif kind == "sent":
        names = (parse_order_name(text) for text in str(record["names"]).split())
        memory.names.update((name, None) for name in names if name is not None)
    elif kind in ("execution", "past"):
        execution = parse_execution(record)
        memory.executions[execution.exec_id] = execution
    memory.last_ms = max(memory.last_ms, at)


def parse_execution(record: Record) -> Execution:
    """Return the execution behind a journal record. Raises KeyError, ValueError or InvalidOperation."""
    pnl = record["pnl"]
    return Execution(
        symbol=str(record["symbol"]),
        side=Side[str(record["side"])],
        kind=ExecutionKind(record["type"]),
        exec_id=str(record["exec_id"]),
        order_id=str(record["order_id"]),
        link_id=str(record["link_id"]),
        is_buy=bool(record["buy"]),
        price=Decimal(str(record["price"])),
        qty=Decimal(str(record["qty"])),
        closed_qty=Decimal(str(record["closed"])),
        fee=Decimal(str(record["fee"])),
        is_maker=bool(record["maker"]),
        pnl=None if pnl is None else Decimal(str(pnl)),
        at_ms=int(str(record["at"])),
        seq=int(str(record["seq"])),
    )
