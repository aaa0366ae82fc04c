"""Times of what happens on an exchange in the same process: each later than the one before, none far from now."""

from gridtrader.paper.clock import DayClock
from gridtrader.paper.funding import HOUR_MS, Timetable
from tests.support.memory import TestClock


def test_changes_of_one_millisecond_have_times_of_their_own() -> None:
    clock = DayClock(TestClock(1_000).now_ms)
    assert [clock.tick() for _ in range(3)] == [1_000, 1_001, 1_002]
    assert clock.now_ms() == 1_002


def test_the_time_of_day_is_followed_once_it_is_later() -> None:
    day = TestClock(1_000)
    clock = DayClock(day.now_ms)
    clock.tick()
    day.now = 5_000
    assert (clock.now_ms(), clock.tick()) == (5_000, 5_001)


def test_what_is_done_after_a_look_at_the_clock_is_later_than_the_look() -> None:
    clock = DayClock(TestClock(1_000).now_ms)
    assert clock.now_ms() < clock.tick()


def test_time_goes_on_where_an_earlier_run_ended_whatever_the_time_of_day() -> None:
    clock = DayClock(TestClock(1_000).now_ms, last_ms=9_000)
    assert (clock.now_ms(), clock.tick()) == (9_000, 9_001)


def test_settlements_are_asked_for_three_times_after_each_hour() -> None:
    timetable, at = Timetable(), 10 * HOUR_MS + 79_999
    asked = []
    for _ in range(4):
        at = timetable.next_after(at)
        asked.append(at - 10 * HOUR_MS)
    assert asked == [80_000, HOUR_MS + 5_000, HOUR_MS + 20_000, HOUR_MS + 80_000]


def test_the_time_to_ask_is_always_ahead() -> None:
    timetable = Timetable(period_ms=5_000, delays_ms=(0,))
    assert timetable.next_after(10_000) == 15_000
    assert timetable.next_after(9_999) == 10_000
