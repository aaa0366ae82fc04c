"""Python's search for reference cycles, while a replay is played."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_OBJECTS = 200_000
"""New objects until the next search."""


@contextmanager
def searched_rarely() -> Iterator[None]:
    """Search for garbage in cycles rarely.

    A replay keeps what it makes (executions, standing orders, the exchange's records), so each search finds more to
    look through and next to nothing to free: it took 3 % of the time of two months, 5 % of eight. The thresholds are
    those of the process; they are put back.
    """
    first, *others = gc.get_threshold()
    gc.set_threshold(max(first, _OBJECTS) if first else 0, *others)
    try:
        yield
    finally:
        gc.set_threshold(first, *others)
