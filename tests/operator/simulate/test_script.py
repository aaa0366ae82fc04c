"""A run as one line of JSON."""

import json

import pytest

from gridtrader.operator.simulate.script import BadScript, read_script, script_line, script_of
from gridtrader.simulation.faults import Fault, Mishap
from gridtrader.simulation.world import Plan

MISHAPS = (Mishap(1_500, "001/1.1/rest", 3, Fault.REPLY_LOST), Mishap(90_000, "machine/crash", 1, Fault.CRASH))
PLANS = [
    Plan(seed=3, hours=24, accounts=3, faults=frozenset(Fault)),
    Plan(
        seed=3, hours=0.1234, accounts=1, faults=frozenset({Fault.REPLY_LOST, Fault.CRASH}), only=MISHAPS, crash_at=77
    ),
    Plan(seed=10**17, hours=1, accounts=999, only=()),
    Plan(seed=0, hours=2, accounts=2, faults=frozenset({Fault.HALT}), prices=("DOGEUSDT=x.csv", "b.csv")),
]


@pytest.mark.parametrize("plan", PLANS)
def test_a_plan_comes_back_from_its_script(plan: Plan) -> None:
    line = script_line(plan)
    assert "\n" not in line
    assert read_script(line) == plan


def test_a_script_names_its_parts() -> None:
    assert json.loads(script_line(PLANS[1])) == {
        "seed": 3,
        "hours": 0.1234,
        "accounts": 1,
        "faults": [
            {"at_ms": 1_500, "place": "001/1.1/rest", "throw": 3, "fault": "reply-lost"},
            {"at_ms": 90_000, "place": "machine/crash", "throw": 1, "fault": "crash"},
        ],
        "crash_at": 77,
    }
    assert script_of(PLANS[0])["faults"] == [fault.value for fault in Fault]


def test_a_script_written_by_hand_may_leave_out_what_is_for_the_reader() -> None:
    text = '{"seed": 1, "hours": 2, "accounts": 1, "faults": [{"place": "a", "throw": 1, "fault": "crash"}]}'
    assert read_script(text).only == (Mishap(0, "a", 1, Fault.CRASH),)


GOOD = '"hours": 1, "accounts": 1, "faults": []'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no JSON"),
        ("[1]", "the script is [Decimal('1')], allowed: an object with seed, hours"),
        (f'{{"seed": 1, {GOOD}, "seed": 2}}', "a key stands twice"),
        (f"{{{GOOD}}}", "seed is missing, expected seed, hours, accounts, faults"),
        (f'{{"seed": 1, {GOOD}, "speed": 2}}', "the script has 'speed', allowed: seed, hours"),
        (f'{{"seed": -1, {GOOD}}}', "seed is -1, allowed: a whole number from 0"),
        (f'{{"seed": 1.5, {GOOD}}}', "seed is 1.5, allowed: a whole number"),
        (f'{{"seed": true, {GOOD}}}', "seed is True, allowed: a whole number"),
        (f'{{"seed": "1", {GOOD}}}', "seed is '1', allowed: a whole number"),
        (f'{{"seed": NaN, {GOOD}}}', "NaN"),
        ('{"seed": 1, "hours": 0, "accounts": 1, "faults": []}', "hours is 0, allowed: a number above 0"),
        ('{"seed": 1, "hours": "x", "accounts": 1, "faults": []}', "hours is 'x', allowed: a number above 0"),
        (
            '{"seed": 1, "hours": 1, "accounts": 0, "faults": []}',
            "accounts is 0, allowed: a whole number from 1 to 999",
        ),
        ('{"seed": 1, "hours": 1, "accounts": 1000, "faults": []}', "accounts is 1000, allowed"),
        ('{"seed": 1, "hours": 1, "accounts": 1, "faults": "all"}', "faults is 'all', allowed: a list"),
        ('{"seed": 1, "hours": 1, "accounts": 1, "faults": ["crsh"]}', "faults[0] is 'crsh', allowed: request-lost"),
        (
            '{"seed": 1, "hours": 1, "accounts": 1, "faults": ["crash", 7]}',
            "faults[0] is 'crash', allowed: an object",
        ),
        ('{"seed": 1, "hours": 1, "accounts": 1, "faults": [{"throw": 1}]}', "faults[0].place is missing"),
        (
            '{"seed": 1, "hours": 1, "accounts": 1, "faults": [{"place": "", "throw": 1, "fault": "crash"}]}',
            "faults[0].place is '', allowed: a text",
        ),
        (
            '{"seed": 1, "hours": 1, "accounts": 1, "faults": [{"place": "a", "throw": 0, "fault": "crash"}]}',
            "faults[0].throw is 0, allowed: a whole number from 1",
        ),
        (f'{{"seed": 1, {GOOD}, "crash_at": 0}}', "crash_at is 0, allowed: a whole number from 1"),
        (f'{{"seed": 1, {GOOD}, "prices": "a.csv"}}', "prices is 'a.csv', allowed: a list"),
        (f'{{"seed": 1, {GOOD}, "prices": [1]}}', "prices[0] is 1, allowed: a text"),
    ],
)
def test_what_is_wrong_with_a_script_is_said_with_place_value_and_what_is_allowed(text: str, message: str) -> None:
    with pytest.raises(BadScript) as error:
        read_script(text)
    assert message in str(error.value)
    assert "\n" not in str(error.value)
