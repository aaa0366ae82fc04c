"""One account's files behind the engine's `Archive`: journal, state, history, metrics, status, emergency stop."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final, cast

from gridtrader.engine.ports import InterruptedStop, Record, SymbolState
from gridtrader.store.atomic import remove_leftovers
from gridtrader.store.emergency import (
    CONCLUDED_KIND,
    STOP_KIND,
    EmergencyStop,
    interrupted_stop,
    own_stop,
    write_stop,
)
from gridtrader.store.journal import Entry, Journal, read_journal
from gridtrader.store.json_text import Json
from gridtrader.store.metrics import MetricsLog
from gridtrader.store.state import StateFile, read_state
from gridtrader.store.status import write_status
from gridtrader.store.trades_csv import TradesHistory

JOURNAL_NAME: Final = "journal.jsonl"
STATE_NAME: Final = "bot_state.json"
TRADES_NAME: Final = "trades_history.csv"


@dataclass(frozen=True, slots=True)
class FileBounds:
    """How much of each file is kept; bytes, numbers of older files, days."""

    journal_bytes: int
    journal_files: int
    trades_bytes: int
    trades_files: int
    metrics_days: int


class AccountArchive:
    """The files of the account in `folder`, which must be there; one writer, not thread-safe. Raises StoreError."""

    def __init__(
        self,
        folder: Path,
        account_id: str,
        bounds: FileBounds,
        now_ms: Callable[[], int],
        log: logging.Logger,
        zone: tzinfo | None = None,
    ) -> None:
        self._folder = folder
        self._account_id = account_id
        self._now_ms = now_ms
        self._log = log
        self._zone = zone
        for name in remove_leftovers(folder):
            log.warning("%s was left behind by a process that died while writing it; removed", name)
        path = folder / JOURNAL_NAME
        self._journal = Journal(path, now_ms, max_bytes=bounds.journal_bytes, keep_files=bounds.journal_files)
        if self._journal.cut_bytes:
            log.warning("%s: an unfinished line of %d bytes was cut off", path, self._journal.cut_bytes)
        self._state = StateFile(folder / STATE_NAME, now_ms, zone)
        if (folder / STATE_NAME).exists():
            found = read_state(folder / STATE_NAME)
            if found.symbols is None:
                log.warning("%s; it is written anew, from what the exchange says", found.reason)
        self._trades = TradesHistory(
            folder / TRADES_NAME, zone, max_bytes=bounds.trades_bytes, keep_files=bounds.trades_files
        )
        self._metrics = MetricsLog(folder, zone, keep_days=bounds.metrics_days)

    # --- journal ---

    def journal(self, records: Sequence[Record]) -> None:
        """Append and force to disk."""
        self._journal.append_group([_entry(record) for record in records])

    def read_journal(self) -> Sequence[Record]:
        """Return the records of the current file; a file that continues another begins with what is needed of it."""
        damages: list[str] = []
        path = self._folder / JOURNAL_NAME
        records = read_journal(path, lambda damage: damages.append(str(damage)))
        result = [{"kind": record.kind, **record.data} for record in records]
        for damage in damages:
            self._log.warning("journal damaged, the exchange will tell what is missing: %s", damage)
        return result

    @property
    def journal_is_full(self) -> bool:
        return self._journal.is_full

    def rotate_journal(self, records: Sequence[Record]) -> None:
        self._journal.rotate([_entry(record) for record in records])

    # --- the other files ---

    def save_state(self, symbols: Mapping[str, SymbolState]) -> None:
        self._state.write(symbols)

    def trade(self, row: Mapping[str, str]) -> None:
        self._trades.append(row)

    def metrics(self, row: Mapping[str, object]) -> None:
        self._metrics.append(self._now_ms(), cast(Mapping[str, Json], row))

    def save_status(self, status: Mapping[str, object]) -> None:
        write_status(self._folder, cast(Mapping[str, Json], status))

    def declare_emergency(self, *, symbol: str, reason: str, mm_rate: str) -> None:
        """Write the stop file, then the journal's record of it (R2, R3); may be called again until both are there.

        The file comes first: a record without it would read as a stop that a person has released.
        """
        at_ms = self._now_ms()
        stop = EmergencyStop(at_ms, self._account_id, reason, symbol or None, _number(mm_rate))
        record: dict[str, str | int | None] = {"kind": STOP_KIND, "reason": reason, "mm_rate": mm_rate, "at": at_ms}
        if symbol:  # what bears a symbol is read as that symbol's story
            record["symbol"] = symbol
        write_stop(self._folder, stop, self._zone)
        self.journal([record])

    def conclude_emergency(self) -> None:
        """Record that the stop whose file is there has done all it does (R2); one made by hand is no stop of ours."""
        stop = own_stop(self._folder)
        if stop is not None:
            self.journal([{"kind": CONCLUDED_KIND, "stop": stop.at_ms, "at": self._now_ms()}])

    def interrupted_emergency(self) -> InterruptedStop | None:
        stop = interrupted_stop(self._folder, self._folder / JOURNAL_NAME)
        return None if stop is None else InterruptedStop(stop.reason, stop.symbol or "")

    def close(self) -> None:
        """Close the files."""
        self._journal.close()
        self._trades.close()


def _entry(record: Record) -> Entry:
    data = {key: value for key, value in record.items() if key != "kind"}
    return Entry(str(record["kind"]), data)


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None
