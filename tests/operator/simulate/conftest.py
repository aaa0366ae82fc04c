import pytest

from gridtrader.operator.simulate import simulate
from tests.operator.simulate.runs import bot_that_fails, shrink_that_bot


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulate, "play", bot_that_fails)
    monkeypatch.setattr(simulate, "shrink", shrink_that_bot)
