from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gridtrader.logs import AccountLogs, LogBounds, Redactor

NOON = 1_760_612_400_000  # 2025-10-16 14:00:00 in Moscow (UTC+3)
DAY_MS = 86_400_000
ZONE = ZoneInfo("Europe/Moscow")
KEY, SECRET = "AbCdEfGhIjKlMnOpQr", 's3cr3t/with+signs"and\\more'


@dataclass
class Desk:
    """An account's logs with a clock in hand, and what they told the daemon."""

    folder: Path
    now_ms: int = NOON
    troubles: list[str] = field(default_factory=list)
    echoes: list[str] = field(default_factory=list)

    def open(self, *, keep_days: int = 30, max_bytes: int = 1_000_000, level: str = "DEBUG") -> AccountLogs:
        self.logs = AccountLogs(
            self.folder,
            Redactor(keys=[KEY], secrets=[SECRET]),
            lambda: self.now_ms,
            LogBounds(keep_days, max_bytes),
            zone=ZONE,
            level=level,
            on_trouble=lambda _, text: self.troubles.append(text),
            echo=lambda _, text: self.echoes.append(text),
        )
        return self.logs

    def lines(self, name: str) -> list[str]:
        return (self.folder / name).read_text(encoding="utf-8").splitlines()

    def names(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())

    def everything(self) -> str:
        return "\n".join(path.read_text(encoding="utf-8") for path in self.folder.iterdir())


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "001")
    made.open()
    yield made
    made.logs.close()
