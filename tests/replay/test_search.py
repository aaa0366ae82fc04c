"""Searching a way for its next stop: near and far, the answer is that of a look at every corner."""

from random import Random

import numpy as np
import polars as pl
import pytest

from gridtrader.replay.way import ENDLESS, NEAR, Limits, Way
from gridtrader.simulator.catalogue import load_catalogue
from gridtrader.simulator.market.recorded import RecordedMarks, RecordedSource, Recording

CORNERS = 6 * NEAR
"""More than are looked at one by one, and more than one look of many."""
MIDDLE = 20_000


def way_of(last: list[int], mark: list[int] | None = None) -> Way:
    count = len(last)
    vertices = pl.DataFrame(
        {
            "time": pl.Series([1_000 * (number // 2) for number in range(count)], dtype=pl.Int64),
            "last": pl.Series(last, dtype=pl.Int64),
            "volume": pl.Series([0.0] * count),
            "jump": pl.Series([True] * count),
        }
    )
    contract = load_catalogue()["DOGEUSDT"]
    marks = None if mark is None else RecordedMarks(pl.Series(mark, dtype=pl.Int64))
    source = RecordedSource(contract, Recording("x", vertices), marks)
    return Way(source, contract.tick_size, 0, 0, 10**9)


def walk(seed: int) -> list[int]:
    """Return prices that stray some hundred ticks from the middle, the farther the later."""
    random = Random(seed)
    price, prices = MIDDLE, []
    for _ in range(CORNERS):
        price += random.randint(-9, 9)
        prices.append(price)
    return prices


def slowly(way: Way, limits: Limits) -> int:
    """Return what `quiet_until` should: every corner is looked at."""
    for number in range(way.corner + 1, len(way)):
        is_in = limits.low < way.last[number] < limits.high and limits.mark_low < way.mark[number] < limits.mark_high
        if not is_in or way.times[number] >= limits.time_ms:
            return number - 1
    return len(way) - 1


@pytest.mark.parametrize("is_marked", [False, True])
@pytest.mark.parametrize("width", [0, 5, 60, 200, ENDLESS])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_search_finds_the_first_corner_out_of_the_limits(seed: int, width: int, is_marked: bool) -> None:
    last = walk(seed)
    way = way_of(last, [price + number % 7 for number, price in enumerate(last)] if is_marked else None)
    random = Random(seed)
    for _ in range(20):
        way.skip_to(random.randrange(len(way)))
        here, wide = way.at.last, ENDLESS if random.random() < 0.3 else 2 * width
        far = random.choice([ENDLESS, int(way.times[random.randrange(len(way))])])
        for limits in (
            Limits(here - width, here + width, here - wide, here + wide, far),
            Limits(here - wide, here + wide, here - width, here + width, far),
        ):
            assert way.quiet_until(limits) == slowly(way, limits)


def test_without_limits_everything_is_passed() -> None:
    way = way_of(walk(4))
    assert way.quiet_until(Limits()) == len(way) - 1


def test_what_is_due_now_leaves_the_price_where_it_is() -> None:
    way = way_of(walk(5))
    way.skip_to(11)
    assert way.quiet_until(Limits(time_ms=0)) == 11


@pytest.mark.parametrize("length", [0, 1, NEAR, NEAR + 1, 3 * NEAR])
def test_extremes_of_the_mark_price_are_those_of_here_and_all_corners_on_the_way(length: int) -> None:
    way = way_of(walk(6), walk(7))
    way.skip_to(100)
    on_the_way = way.mark[100 : 100 + length + 1]
    assert way.mark_extremes(100 + length) == (on_the_way.min(), on_the_way.max())


def test_the_mark_price_at_a_time_is_that_of_the_last_corner_of_it() -> None:
    """Two corners share each time; of a time before the present corner it is the present one."""
    way = way_of(walk(8), walk(9))
    way.skip_to(10)
    times = np.array([5_000, 5_500, 6_000, 7_999], np.int64)
    assert way.marks_at(times).tolist() == [way.mark[11], way.mark[11], way.mark[13], way.mark[15]]
    assert way.at.corner == 10
    assert way.marks_at(np.array([4_999], np.int64)).tolist() == [way.mark[10]]
