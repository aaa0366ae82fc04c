"""The bare pass, measured as the others are."""

import platform
from collections.abc import Callable

from benchmarks.bare import play, rows_of
from benchmarks.candles import Candles
from benchmarks.peers.protocol import answer


def prepare(candles: Candles) -> Callable[[], int]:
    """Return a pass over the candles."""
    rows = rows_of(candles)
    return lambda: play(rows)


if __name__ == "__main__":
    answer(None, prepare, platform.python_version())
