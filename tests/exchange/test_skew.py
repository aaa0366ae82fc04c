import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridtrader.exchange.skew import ClockSkew
from tests.exchange.support.clocks import FakeClock

HOUR_MS = 3_600_000


def test_a_slow_host_is_corrected_by_the_first_answer() -> None:
    clock = FakeClock(now_ms=1_000_000)
    skew = ClockSkew(clock, HOUR_MS, 5000)
    assert skew.now_ms() == 1_000_000
    assert skew.observe(sent_ms=1_000_000, received_ms=1_000_100, server_ms=1_009_050)
    assert skew.skew_ms == 9000
    assert skew.now_ms() == 1_009_000


def test_a_slow_answer_does_not_spoil_a_good_measurement() -> None:
    skew = ClockSkew(FakeClock(), HOUR_MS, 5000)
    skew.observe(0, 10, 505)
    skew.observe(1000, 9000, 1600)  # anything from -7400 to 600: 500 fits
    assert skew.skew_ms == 500


def test_a_clock_that_was_set_is_followed_at_once() -> None:
    skew = ClockSkew(FakeClock(), HOUR_MS, 5000)
    skew.observe(0, 10, 5)
    assert skew.skew_ms == 0
    skew.observe(100_000, 100_010, 97_005)
    assert skew.skew_ms == -2995


@pytest.mark.parametrize("server_ms", [1, 10**13])
def test_a_time_from_another_age_is_not_believed(server_ms: int) -> None:
    skew = ClockSkew(FakeClock(), HOUR_MS, 5000)
    now = 1_750_000_000_000
    assert not skew.observe(now, now + 10, server_ms)
    assert (skew.skew_ms, skew.is_known) == (0, False)


@given(
    st.integers(-100_000, 100_000),
    st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 3000)), min_size=1, max_size=20),
)
def test_the_error_is_never_larger_than_the_best_answers_travel(truth: int, trips: list[tuple[int, int]]) -> None:
    skew = ClockSkew(FakeClock(), HOUR_MS, 5000)
    now = 1_750_000_000_000
    for there, back in trips:
        skew.observe(now, now + there + back, now + there + truth)
        now += 10_000
    assert abs(skew.skew_ms - truth) <= min(there + back for there, back in trips)
