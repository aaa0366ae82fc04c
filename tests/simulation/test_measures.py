"""Distributions of how long something was wrong."""

from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from gridtrader.simulation.measures import Distribution, Stopwatch

durations = st.lists(st.integers(0, 10**8), min_size=1, max_size=60)


def measured(values: list[int]) -> Distribution:
    distribution = Distribution()
    for value in values:
        distribution.add(value)
    return distribution


@given(durations, st.sampled_from([0.01, 0.5, 0.9, 0.99, 1.0]))
def test_a_quantile_is_never_too_low_and_less_than_twice_too_high(values: list[int], share: float) -> None:
    exact = sorted(values)[max(0, ceil(share * len(values)) - 1)]
    told = measured(values).quantile(share)
    assert exact <= told <= max(1, 2 * exact)
    assert told <= max(values)


@given(durations, durations)
def test_a_merger_is_as_if_all_had_been_measured_together(some: list[int], others: list[int]) -> None:
    merged = measured(some)
    merged.merge(measured(others))
    assert merged == measured(some + others)


def test_nothing_measured_has_the_quantile_nought() -> None:
    assert Distribution().quantile(0.5) == 0


def test_a_stopwatch_measures_from_the_first_wrong_moment_to_the_first_right_one() -> None:
    distribution, watch = Distribution(), Stopwatch()
    for now, is_wrong in ((0, False), (10, True), (15, True), (30, False), (40, False), (50, True)):
        watch.tell(is_wrong, now, distribution)
    assert (distribution.count, distribution.total_ms, distribution.longest_ms) == (1, 20, 20)
    assert watch.since == 50
