"""Faults are drawn place by place, and each can be left out without moving the others."""

import pytest

from gridtrader.simulation.faults import (
    EVENT_RATES,
    HOURLY_RATES,
    RATES,
    REQUEST_RATES,
    RESTART_RATES,
    Dice,
    Fault,
    Mishap,
    Script,
)
from gridtrader.simulation.hub import Hub
from tests.simulation.stage import HOUR, START, chance

THROWS = 3_000


def dice(place: str = "here", *, faults: frozenset[Fault] = frozenset(Fault), script: Script | None = None) -> Dice:
    return chance(Hub(START), faults, script).dice(place)


def drawn(dice: Dice) -> list[Fault | None]:
    """What many throws bring; every fault asks what it is like, as the real ones do."""
    found = []
    for _ in range(THROWS):
        fault = dice.throw(REQUEST_RATES)
        if fault is not None:
            dice.between(1, 1_000)
        found.append(fault)
    return found


def test_every_fault_has_a_rate_somewhere() -> None:
    assert set(RATES) == set(Fault)


def test_a_place_brings_the_same_faults_again_and_another_place_others() -> None:
    assert drawn(dice()) == drawn(dice())
    assert drawn(dice("here")) != drawn(dice("there"))


def test_faults_come_about_as_often_as_their_rates_say() -> None:
    found = [fault for fault in drawn(dice()) if fault is not None]
    expected = THROWS * sum(REQUEST_RATES.values())
    assert expected / 2 < len(found) < expected * 2
    assert set(found) <= set(REQUEST_RATES)


def test_a_fault_that_is_not_asked_for_does_not_happen_and_moves_no_other() -> None:
    wanted = frozenset(Fault) - {Fault.REPLY_LATE}
    everything, without = drawn(dice()), drawn(dice(faults=wanted))
    assert without == [None if fault is Fault.REPLY_LATE else fault for fault in everything]
    assert Fault.REPLY_LATE in everything


def test_a_fault_that_cannot_happen_to_this_request_does_not_turn_into_another() -> None:
    script = Script()
    source = dice(script=script)
    possible = frozenset({Fault.REQUEST_LOST})
    found = {source.throw(REQUEST_RATES, possible) for _ in range(THROWS)}
    assert found == {Fault.REQUEST_LOST, None}
    assert {mishap.fault for mishap in script.happened} == possible


def test_any_part_of_a_script_happens_again_alone() -> None:
    script = Script()
    everything = drawn(dice(script=script))
    kept = script.happened[::3]
    again = Script(only=kept)
    found = drawn(dice(script=again))
    assert again.happened == kept
    throws = {mishap.throw for mishap in kept}
    assert found == [fault if place in throws else None for place, fault in enumerate(everything, 1)]


def test_a_script_admits_a_fault_only_as_what_it_was() -> None:
    script = Script(only=[Mishap(0, "here", 1, Fault.CRASH)])
    assert not script.admits(Mishap(0, "here", 1, Fault.HALT))
    assert not script.admits(Mishap(0, "here", 2, Fault.CRASH))
    assert not script.admits(Mishap(0, "there", 1, Fault.CRASH))
    assert script.admits(Mishap(5, "here", 1, Fault.CRASH))
    assert script.happened == [Mishap(5, "here", 1, Fault.CRASH)]


def test_a_fault_left_out_does_not_move_the_hour_of_the_next() -> None:
    def waits(script: Script) -> list[int]:
        source = dice("clock", script=script)
        found = []
        for _ in range(20):
            found.append(source.waiting_ms(Fault.CRASH))
            if source.comes(Fault.CRASH):
                source.between(0, 100)
        return found

    assert waits(Script()) == waits(Script(only=[]))


def test_what_comes_by_the_hour_comes_about_as_often_as_it_should() -> None:
    source = dice("clock")
    waits = [source.waiting_ms(Fault.STREAM_DROP) for _ in range(2_000)]
    mean_hours = sum(waits) / len(waits) / HOUR
    assert 0.9 < mean_hours * HOURLY_RATES[Fault.STREAM_DROP] < 1.1
    assert min(waits) >= 1


def test_what_a_fault_is_like_lies_between_its_bounds_and_reaches_both() -> None:
    source = dice()
    found = set()
    for _ in range(300):
        source.throw(EVENT_RATES)
        found.add(source.between(2, 4))
    assert found == {2, 3, 4}


def test_what_one_fault_is_like_does_not_depend_on_how_often_another_was_asked() -> None:
    asked, unasked = dice(), dice()
    asked.throw(RESTART_RATES)
    unasked.throw(RESTART_RATES)
    asked.between(1, 6)
    asked.between(1, 6)
    asked.throw(RESTART_RATES)
    unasked.throw(RESTART_RATES)
    assert [asked.between(1, 10**6) for _ in range(3)] == [unasked.between(1, 10**6) for _ in range(3)]


@pytest.mark.parametrize(
    ("at_ms", "told"), [(0, "00:00:00.000"), (3_723_004, "01:02:03.004"), (100 * HOUR, "100:00:00.000")]
)
def test_a_mishap_tells_when_where_and_what(at_ms: int, told: str) -> None:
    assert str(Mishap(at_ms, "001/rest", 7, Fault.HTTP_5XX)) == f"{told} 001/rest#7 http-5xx"


def test_a_mishap_is_noted_with_the_time_of_the_world() -> None:
    hub, script = Hub(START), Script()
    source = chance(hub, script=script).dice("here")
    hub.run(START + 90_000)
    assert source.comes(Fault.CRASH)
    assert script.happened == [Mishap(90_000, "here", 1, Fault.CRASH)]
