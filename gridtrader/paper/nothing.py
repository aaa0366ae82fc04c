"""Files and logs of an account that leaves no trace."""

import logging
from collections.abc import Mapping, Sequence

from gridtrader.engine.ports import InterruptedStop, Record, SymbolState


class NoArchive:
    """An `Archive` that keeps nothing. The account is never started a second time."""

    journal_is_full = False

    def journal(self, records: Sequence[Record]) -> None: ...

    def read_journal(self) -> Sequence[Record]:
        return []

    def rotate_journal(self, records: Sequence[Record]) -> None: ...

    def save_state(self, symbols: Mapping[str, SymbolState]) -> None: ...

    def trade(self, row: Mapping[str, str]) -> None: ...

    def metrics(self, row: Mapping[str, object]) -> None: ...

    def save_status(self, status: Mapping[str, object]) -> None: ...

    def declare_emergency(self, *, symbol: str, reason: str, mm_rate: str) -> None: ...

    def conclude_emergency(self) -> None: ...

    def interrupted_emergency(self) -> InterruptedStop | None:
        return None


class NoDiary:
    """A `Diary` nobody reads."""

    def __init__(self) -> None:
        self.bot = logging.Logger("paper", logging.CRITICAL + 1)

    def trade(self, text: str) -> None: ...

    def position(self, text: str) -> None: ...
