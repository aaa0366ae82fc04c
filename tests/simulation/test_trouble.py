"""The clock of peace: it stands still while a fault is felt, or the bot is away."""

from gridtrader.simulation.faults import RATES
from gridtrader.simulation.hub import Hub
from gridtrader.simulation.trouble import LASTS_MS, Trouble
from tests.simulation.stage import START


def passed(hub: Hub, trouble: Trouble, milliseconds: int) -> int:
    """How much peace there is in the next milliseconds."""
    before = trouble.peace_ms
    hub.run(hub.now + milliseconds)
    return trouble.peace_ms - before


def is_on(trouble: Trouble) -> bool:
    return trouble.is_on


def test_without_trouble_peace_is_time() -> None:
    hub = Hub(START)
    trouble = Trouble(hub)
    assert passed(hub, trouble, 1_000) == 1_000
    assert not is_on(trouble)


def test_a_fault_takes_its_time_from_peace_and_two_at_once_take_it_once() -> None:
    hub = Hub(START)
    trouble = Trouble(hub)
    trouble.strikes(300)
    assert is_on(trouble)
    assert passed(hub, trouble, 100) == 0
    trouble.strikes(300)
    assert passed(hub, trouble, 1_000) == 700
    assert not is_on(trouble)
    trouble.strikes(50)
    assert passed(hub, trouble, 100) == 50


def test_while_the_bot_is_away_there_is_no_peace_whatever_strikes_meanwhile() -> None:
    hub = Hub(START)
    trouble = Trouble(hub)
    trouble.strikes(100)
    trouble.away()
    assert passed(hub, trouble, 1_000) == 0
    trouble.strikes(500)
    trouble.away()
    assert passed(hub, trouble, 1_000) == 0
    assert is_on(trouble)
    trouble.back(200)
    assert passed(hub, trouble, 1_000) == 800


def test_only_known_faults_have_an_effect_and_each_a_bounded_one() -> None:
    assert LASTS_MS.keys() <= RATES.keys()
    assert all(0 < lasts <= 7_200_000 for lasts in LASTS_MS.values())
