"""The search for garbage goes back to what it was, whatever happens while it is rare."""

import gc
from collections.abc import Iterator

import pytest

from gridtrader.replay.garbage import searched_rarely


@pytest.fixture
def threshold() -> Iterator[tuple[int, int, int]]:
    before = gc.get_threshold()
    yield before
    gc.set_threshold(*before)


def test_inside_it_is_rare_and_after_an_error_as_before(threshold: tuple[int, int, int]) -> None:
    with pytest.raises(RuntimeError), searched_rarely():
        assert gc.get_threshold()[0] > 100 * threshold[0]
        raise RuntimeError
    assert gc.get_threshold() == threshold


def test_whoever_has_switched_it_off_has_it_off(threshold: tuple[int, int, int]) -> None:
    gc.set_threshold(0, *threshold[1:])
    with searched_rarely():
        assert gc.get_threshold()[0] == 0


def test_whoever_wants_it_rarer_has_it_rarer(threshold: tuple[int, int, int]) -> None:
    gc.set_threshold(1_000_000, *threshold[1:])
    with searched_rarely():
        assert gc.get_threshold()[0] == 1_000_000
