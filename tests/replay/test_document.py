"""The JSON document: what it says of each execution and each closed cycle."""

from gridtrader.replay.document import document
from tests.replay.support import Bench, Strategy, flat


def test_executions_and_cycles_bear_the_number_of_their_cycle(bench: Bench) -> None:
    """SHORT closes and reopens; LONG stays in its first cycle, its second level included."""
    candles = [flat("0.20000"), ("0.20000", "0.20000", "0.19800", "0.19860")]
    found = document(bench.replay(candles, strategy=Strategy(take_profit="0.5")))
    executions, cycles = found["executions"], found["cycles"]
    assert isinstance(executions, list)
    assert isinstance(cycles, list)
    told = [(row["side"], row["level"], row["cycle"]) for row in executions if isinstance(row, dict)]
    first = told[0][2]
    assert isinstance(first, int)
    assert told == [
        ("LONG", 0, first),
        ("SHORT", 0, first),
        ("SHORT", "tp", first),
        ("SHORT", 0, first + 1),
        ("LONG", 1, first),
    ]
    assert [(row["side"], row["cycle"]) for row in cycles if isinstance(row, dict)] == [("SHORT", first)]
