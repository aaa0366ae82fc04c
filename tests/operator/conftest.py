from collections.abc import Iterator
from pathlib import Path

import pytest

from gridtrader.store.lock import DirectoryLock
from tests.operator.folders import Accounts
from tests.settings.files import Files


@pytest.fixture(autouse=True)
def in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody says how wide a line may be."""
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)


@pytest.fixture
def accounts(tmp_path: Path) -> Accounts:
    accounts = Accounts(tmp_path, Files(tmp_path).config)
    accounts.config.write_text(f"system: {{timezone: UTC}}\n{accounts.config.read_text()}")
    return accounts


@pytest.fixture
def daemon(accounts: Accounts) -> Iterator[None]:
    """A daemon that has been running for two hours and a bit."""
    with DirectoryLock(accounts.dir):
        accounts.daemon_since(7_980)
        yield
