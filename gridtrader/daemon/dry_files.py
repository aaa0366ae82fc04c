"""Files and logs of a dry run: as those of any account, and nobody can take them for real."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from gridtrader.engine.ports import SymbolState
from gridtrader.logs import AccountLogs
from gridtrader.store.archive import AccountArchive

MARK: Final = "DRY RUN "


class DryRunLogs(AccountLogs):
    """Logs of which every line says that nothing of it is real."""

    def record(self, level: int, text: str) -> None:
        super().record(level, f"{MARK}{text}")

    def trade(self, text: str) -> None:
        super().trade(f"{MARK}{text}")

    def position(self, text: str) -> None:
        super().position(f"{MARK}{text}")


class DryRunArchive(AccountArchive):
    """Files of which those that tell of the present say that nothing of it is real."""

    def save_state(self, symbols: Mapping[str, SymbolState]) -> None:
        super().save_state(
            {symbol: replace(state, extra={**state.extra, "dry_run": True}) for symbol, state in symbols.items()}
        )

    def save_status(self, status: Mapping[str, object]) -> None:
        super().save_status({"dry_run": True, **status})
