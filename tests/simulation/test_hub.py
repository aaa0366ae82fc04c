"""Simulated time and its fibers."""

import pytest

from gridtrader.simulation.hub import Bell, Hub, Killed


@pytest.fixture
def hub() -> Hub:
    return Hub(1_000)


def test_calls_happen_in_order_of_time_and_within_a_moment_in_the_order_they_were_asked(hub: Hub) -> None:
    said: list[tuple[str, int]] = []
    for name, delay in (("late", 20), ("first", 10), ("second", 10), ("now", 0)):
        hub.after(delay, lambda name=name: said.append((name, hub.now)))  # type: ignore[misc]
    hub.run(2_000)
    assert said == [("now", 1_000), ("first", 1_010), ("second", 1_010), ("late", 1_020)]


def test_a_call_of_the_past_happens_now(hub: Hub) -> None:
    said: list[int] = []
    hub.at(500, lambda: said.append(hub.now))
    hub.run(2_000)
    assert said == [1_000]


def test_a_run_ends_with_its_last_millisecond_and_time_goes_on_from_there(hub: Hub) -> None:
    said: list[int] = []
    hub.after(100, lambda: said.append(hub.now))
    hub.after(101, lambda: said.append(hub.now))
    hub.run(1_100)
    assert (said, hub.now) == ([1_100], 1_100)
    hub.run(1_500)
    assert (said, hub.now) == ([1_100, 1_101], 1_500)


def test_a_cancelled_call_does_not_happen(hub: Hub) -> None:
    said: list[str] = []
    hub.after(10, lambda: said.append("wrong")).cancel()
    hub.run(2_000)
    assert (said, hub.events) == ([], 0)


def test_a_stop_ends_the_run_behind_the_event_that_asked_for_it(hub: Hub) -> None:
    said: list[str] = []
    hub.after(10, lambda: said.append("before"))
    hub.after(10, hub.stop)
    hub.after(10, lambda: said.append("same moment"))
    hub.run(2_000)
    assert (said, hub.now) == (["before"], 1_010)
    hub.run(2_000)
    assert said == ["before", "same moment"]


def test_fibers_take_turns_while_they_wait(hub: Hub) -> None:
    said: list[tuple[str, int]] = []

    def count(name: str, pause: int) -> None:
        for _ in range(2):
            hub.sleep(pause)
            said.append((name, hub.now))

    hub.spawn("slow", lambda: count("slow", 30))
    hub.spawn("fast", lambda: count("fast", 20))
    hub.run(2_000)
    assert said == [("fast", 1_020), ("slow", 1_030), ("fast", 1_040), ("slow", 1_060)]


def test_only_a_fiber_can_wait(hub: Hub) -> None:
    with pytest.raises(RuntimeError, match="only a fiber can wait"):
        hub.sleep(1)


def test_an_error_in_a_fiber_ends_the_run_and_the_fiber(hub: Hub) -> None:
    def fail() -> None:
        hub.sleep(10)
        raise ValueError("in the fiber")

    fiber = hub.spawn("failing", fail)
    with pytest.raises(ValueError, match="in the fiber"):
        hub.run(2_000)
    assert (fiber.is_over, hub.now) == (True, 1_010)


def test_a_killed_fiber_leaves_through_its_finally_and_is_not_caught_as_an_error(hub: Hub) -> None:
    said: list[str] = []

    def live() -> None:
        try:
            hub.sleep(100)
            said.append("went on")
        except Exception:  # noqa: BLE001  # as the code under test does
            said.append("took it for an error")
        finally:
            said.append("left")

    fiber = hub.spawn("victim", live)
    hub.run(1_050)
    fiber.kill()
    assert (said, fiber.is_over) == (["left"], True)
    hub.run(2_000)
    assert said == ["left"]


def test_a_fiber_that_is_killed_before_it_begins_never_begins(hub: Hub) -> None:
    said: list[str] = []
    hub.spawn("stillborn", lambda: said.append("began")).kill()
    hub.run(2_000)
    assert said == []


def test_a_fiber_that_dies_by_its_own_kill_is_over_without_an_error(hub: Hub) -> None:
    def live() -> None:
        raise Killed

    fiber = hub.spawn("dead", live)
    hub.run(2_000)
    assert fiber.is_over


def test_a_bell_wakes_who_waits_at_this_moment_but_not_within_the_ring(hub: Hub) -> None:
    bell = Bell(hub)
    said: list[tuple[str, int]] = []

    def wait() -> None:
        bell.wait(500)
        said.append(("woken", hub.now))

    def ring() -> None:
        bell.ring()
        said.append(("rung", hub.now))

    hub.spawn("sleeper", wait)
    hub.after(100, ring)
    hub.run(2_000)
    assert said == [("rung", 1_100), ("woken", 1_100)]
    assert not bell.is_waited_for


def test_a_bell_that_is_not_rung_lets_go_when_the_time_is_over_and_a_late_ring_does_nothing(hub: Hub) -> None:
    bell = Bell(hub)
    woken: list[int] = []

    def wait() -> None:
        bell.wait(500)
        woken.append(hub.now)
        hub.sleep(400)
        woken.append(hub.now)

    hub.spawn("sleeper", wait)
    hub.after(600, bell.ring)
    hub.run(3_000)
    assert woken == [1_500, 1_900]
