"""The replay itself, measured as the others are."""

from collections.abc import Callable

from benchmarks.candles import Candles
from benchmarks.peers.protocol import answer
from benchmarks.replay import open_plan, play


def prepare(candles: Candles) -> Callable[[], int]:
    """Return a run over the candles, written to a file and read again."""
    plan = open_plan(candles)
    return lambda: play(plan).summary.trades


if __name__ == "__main__":
    answer("gridtrader", prepare)
