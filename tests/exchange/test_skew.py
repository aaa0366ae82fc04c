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


def test_a_skew_of_hours_is_believed_when_three_answers_in_a_row_tell_it() -> None:
    skew = ClockSkew(FakeClock(), HOUR_MS, 5000)
    assert skew.observe(0, 50, 25)
    far = -2 * HOUR_MS
    now = 10 * HOUR_MS
    told = [skew.observe(now + at, now + at + 50, now + at + 25 + far) for at in range(0, 5_000, 1_000)]
    assert told == [False, False, True, True, True]
    assert abs(skew.skew_ms - far) <= 50
    drifting = [
        skew.observe(now + at, now + at + 50, now + at + 25 + far + at // 20) for at in range(6_000, 90_000, 6_000)
    ]
    assert all(drifting), "our clock goes slower until it is right again"
    assert skew.observe(2 * now, 2 * now + 50, 2 * now + 25)
    assert abs(skew.skew_ms) <= 50, "and a skew within the limit is followed at once"


@pytest.mark.parametrize("offs", [(2, 3, 4, 5), (2, 0, 2, 0, 2), (2, -2, 2, -2), (25, 25, 25, 25)])
def test_answers_that_do_not_agree_and_days_are_never_believed(offs: tuple[int, ...]) -> None:
    skew = ClockSkew(FakeClock(), HOUR_MS, 5000)
    skew.observe(0, 50, 25)
    for count, off in enumerate(offs):
        now = count * 1_000
        assert skew.observe(now, now + 50, now + 25 + off * HOUR_MS) == (off == 0)
    assert abs(skew.skew_ms) <= 50


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
