"""Which faults excuse which reasons to stop."""

import pytest

from gridtrader.simulation.attendance import is_unjust
from gridtrader.simulation.faults import Fault, Mishap

MINUTE = 60_000
NOW = 100 * MINUTE


def unjust(reason: str, *faults: Fault, ago: int = 0, place: str = "001/1/rest", was_over: bool = False) -> bool:
    happened = [Mishap(NOW - ago, place, 1, fault) for fault in faults]
    return is_unjust(reason, "001", faults, happened, NOW, was_over=was_over)


@pytest.mark.parametrize("reason", ["internal error: KeyError", "broken invariant: x", "the API key is refused: x"])
def test_some_reasons_are_never_just(reason: str) -> None:
    assert unjust(reason, *Fault, was_over=True)


def test_a_reason_nobody_has_thought_of_is_unjust() -> None:
    assert unjust("it had enough", *Fault)


@pytest.mark.parametrize(
    ("reason", "fault"),
    [
        ("the private stream is lost: 3 attempts failed", Fault.STREAM_REFUSED),
        ("the take-profit of LONG could not be placed or changed in 3 tries: x", Fault.REPLY_LOST),
        ("the fate of take-profit x cannot be learnt: y", Fault.RATE),
        ("the balance cannot be read, and with it the risk rate: x", Fault.HTTP_5XX),
        ("positions and orders cannot be read: x", Fault.RATE),
    ],
)
def test_what_the_network_did_to_this_account_lately_excuses_what_it_explains(reason: str, fault: Fault) -> None:
    assert not unjust(reason, fault)
    assert unjust(reason, fault, ago=20 * MINUTE)
    assert unjust(reason, fault, place="002/1/rest")
    assert unjust(reason, Fault.WITHDRAWAL)
    assert unjust(reason)


def test_a_change_by_others_and_a_lost_memory_excuse_what_they_explain() -> None:
    restored = "DOGEUSDT cannot be restored: x"
    assert not unjust(restored, Fault.TORN_JOURNAL)
    assert not unjust(restored, Fault.ADL)
    assert unjust(restored, Fault.STREAM_DROP)
    changed = "the position was changed by somebody else: x"
    assert not unjust(changed, Fault.ADL)
    assert unjust(changed, Fault.TORN_JOURNAL)


def test_a_stop_for_the_margin_rate_is_just_only_where_the_exchange_says_so() -> None:
    reason = "maintenance-margin rate 91 % has reached the threshold 90 %"
    assert unjust(reason, *Fault)
    assert not unjust(reason, was_over=True)
