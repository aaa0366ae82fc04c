"""What a new journal file begins with, so that older files may be dropped: all that a restart needs of them."""

from collections.abc import Iterable
from contextlib import suppress

from gridtrader.domain.exact import ZERO
from gridtrader.domain.order_names import OrderName, Slot, parse_order_name
from gridtrader.domain.types import SIDES, Execution
from gridtrader.engine.journal import UNREADABLE, execution_record, parse_execution, past_record, sent_record
from gridtrader.engine.ports import Record

_RECENT_MS = 2 * 86_400_000
"""A start reads the exchange's history from a day before the journal's last record on."""


class Tail:
    """The running ladders, the fills since each side was flat and those of the last days, the newest name of each
    slot of the running cycles.

    A cycle's fills may be written before the decision that it runs: those of one that was found at a start, and those
    of an old order that filled while its side was being closed. So a decision drops no fill; being flat does.
    """

    def __init__(self) -> None:
        self._venue: list[Record] = []
        self._ladders: dict[str, Record] = {}
        self._cycles: dict[tuple[str, str], Record] = {}
        """The last decision about each side: its cycle begins, or is closed."""
        self._fills: dict[tuple[str, str], list[Execution]] = {}
        self._recent: dict[str, dict[str, Execution]] = {}
        """By symbol, what was executed in the last days: a start reads a day back, and books what is forgotten."""
        self._names: dict[str, dict[Slot, tuple[OrderName, int]]] = {}
        """By symbol, the newest name of each slot and when it was sent."""

    def note(self, records: Iterable[Record]) -> None:
        """Take in records as they were written; what cannot be understood is told where it is remembered."""
        for record in records:
            with suppress(*UNREADABLE):
                self._note_one(record)

    def _note_one(self, record: Record) -> None:
        symbol, side = str(record.get("symbol")), str(record.get("side"))
        match record["kind"]:
            case "venue":
                self._venue = [record]
            case "ladder":
                self._ladders[symbol] = record
            case "cycle" | "closed":
                self._cycles[symbol, side] = record
                self._drop_old_fills(symbol, side, is_closed=record["kind"] == "closed")
                self._drop_old_names(symbol)
                self._drop_old_executions(symbol)
            case "execution" | "past":
                execution = parse_execution(record)
                self._recent.setdefault(symbol, {})[execution.exec_id] = execution
                if record["kind"] == "execution":
                    self._fills.setdefault((symbol, side), []).append(execution)
            case "sent":
                self._note_names(symbol, record)

    def records(self) -> list[Record]:
        """Return the snapshot, in an order that reads like the original."""
        result = [*self._venue, *self._ladders.values()]
        for key in dict.fromkeys((*self._cycles, *self._fills)):
            if key in self._cycles:
                result.append(self._cycles[key])
            result.extend(map(execution_record, self._fills.get(key, ())))
        running = {fill.exec_id for fills in self._fills.values() for fill in fills}
        for executions in self._recent.values():
            result.extend(past_record(each) for each in executions.values() if each.exec_id not in running)
        for symbol, names in self._names.items():
            if names:
                last_ms = max(at_ms for _, at_ms in names.values())
                result.append(sent_record(symbol, (name for name, _ in names.values()), last_ms))
        return result

    def _note_names(self, symbol: str, record: Record) -> None:
        newest = self._names.setdefault(symbol, {})
        for name in map(parse_order_name, str(record["names"]).split()):
            if name is None:
                continue
            before = newest.get(name.slot)
            if before is None or before[0].attempt <= name.attempt:
                newest[name.slot] = name, int(str(record["at"]))

    def _drop_old_names(self, symbol: str) -> None:
        """Forget the names of cycles that run no more."""
        numbers = {side: self._cycles.get((symbol, side.name), {}).get("number") for side in SIDES}
        names = self._names.get(symbol, {})
        self._names[symbol] = {slot: name for slot, name in names.items() if slot.cycle == numbers[slot.side]}

    def _drop_old_executions(self, symbol: str) -> None:
        recent = self._recent.get(symbol, {})
        oldest_ms = max((execution.at_ms for execution in recent.values()), default=0) - _RECENT_MS
        self._recent[symbol] = {key: each for key, each in recent.items() if each.at_ms >= oldest_ms}

    def _drop_old_fills(self, symbol: str, side: str, *, is_closed: bool) -> None:
        """Forget the fills up to the last moment at which the side was flat. One that is closed though its fills do
        not say so was closed by others, or while the journal was lost: they explain nothing any more."""
        fills = sorted(self._fills.get((symbol, side), ()), key=lambda fill: fill.moment)
        size, flat = ZERO, 0
        for count, fill in enumerate(fills, start=1):
            size = max(ZERO, size + fill.growth)
            if not size:
                flat = count
        if is_closed and not flat:
            flat = len(fills)
        self._fills[symbol, side] = fills[flat:]
