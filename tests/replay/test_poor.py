"""An account that waits for money is passed over as well: it is known how far prices have to go to make up for it."""

from pathlib import Path

import pytest

from gridtrader.engine.engine import GridEngine
from tests.replay.support import Strategy, minutes, replayed, write_config

POOR = Strategy("DOGEUSDT", leverage=25, size="1", step="0.5", take_profit="0.5", levels=8)
DAYS = ("--from", "2025-06-01", "--to", "2025-06-03")


@pytest.mark.parametrize("more", [(), ("--spread", "3")], ids=["no spread", "spread"])
def test_a_side_that_waits_to_be_reopened_is_looked_at_only_where_it_may_be_paid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...]
) -> None:
    config = write_config(tmp_path / "config.yaml", POOR)
    argv = ("--config", config, "--account", "001", "--balance", "150", *DAYS, *more, *minutes("DOGEUSDT"))
    steps = [0]
    step, lacking = GridEngine.step, [0]

    def counted(engine: GridEngine) -> int:
        steps[0] += 1
        lacking[0] += engine.lacks_money
        return step(engine)

    monkeypatch.setattr(GridEngine, "step", counted)
    fast = replayed(*argv)
    passed_over = tuple(steps)
    assert lacking[0] > 20, "it does wait for money"
    steps[0] = 0
    whole = replayed(*argv, "--every-corner")
    assert steps[0] > 10 * passed_over[0]
    assert (fast.trades, fast.cycles, fast.summary) == (whole.trades, whole.cycles, whole.summary)
