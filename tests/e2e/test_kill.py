"""The daemon as a process, killed a few times; `make kill` does it fifty times."""

from pathlib import Path

from tests.e2e.kill import run, table
from tests.e2e.kill_deeds import Deed, Pace
from tests.support.process import Client

CLIENTS = (Client("001", ("DOGEUSDT", "SOLUSDT"), is_demo=False), Client("002", ("DOGEUSDT",), is_demo=True))
BRISK = Pace(trade_s=1.6, away_s=0.2, aim_s=2.0, last_s=0.3)


def test_a_daemon_killed_at_a_command_with_a_torn_journal_in_its_start_and_told_to_end_loses_nothing(
    tmp_path: Path,
) -> None:
    deeds = (Deed.COMMAND, Deed.JOURNAL, Deed.START, Deed.TERM)
    result = run(tmp_path, deeds, seed=2, pace=BRISK, clients=CLIENTS)
    assert result.broken == [], "\n".join(table(result))
    assert result.fills > 0
    assert result.starts == 6
    assert len(result.term_s) == 1
