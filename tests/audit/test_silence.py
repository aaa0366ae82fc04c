"""After an emergency stop: one withdrawal, then nothing."""

import pytest

from gridtrader.audit.silence import Request, Silence

OPENING, OTHER, TAKE_PROFIT = "g_X_LA01_1_0", "g_X_SA01_1_0", "g_X_LT00_1_0"


def stopped() -> Silence:
    silence = Silence(in_flight_ms=100, patience_ms=1_000)
    assert list(silence.sent(0, Request.PLACE, [OPENING])) == []
    silence.stopped(10_000, "reason")
    return silence


def test_the_withdrawal_of_each_opening_order_is_allowed_once() -> None:
    silence = stopped()
    assert list(silence.sent(10_200, Request.READ)) == []
    assert list(silence.sent(10_201, Request.CANCEL, [OPENING])) == []
    assert list(silence.sent(10_202, Request.CANCEL, [OTHER])) == []
    (text,) = silence.sent(10_203, Request.CANCEL, [OPENING])
    assert "more than once" in text


def test_what_was_in_flight_is_not_judged() -> None:
    assert list(stopped().sent(10_100, Request.PLACE, [OPENING])) == []


@pytest.mark.parametrize("request_", [Request.PLACE, Request.AMEND, Request.CANCEL_ALL, Request.SETTING])
def test_every_other_command_is_caught(request_: Request) -> None:
    (text,) = stopped().sent(10_101, request_, [OPENING])
    assert text.startswith(f"silence: {request_.value}")


@pytest.mark.parametrize("link_id", [TAKE_PROFIT, "manual"])
def test_take_profits_and_orders_of_others_stay(link_id: str) -> None:
    (text,) = stopped().sent(10_101, Request.CANCEL, [link_id])
    assert link_id in text


@pytest.mark.parametrize("request_", [Request.READ, Request.CANCEL])
def test_after_the_withdrawal_there_is_not_even_a_question(request_: Request) -> None:
    (text,) = stopped().sent(11_001, request_)
    assert "1001 ms after" in text


def test_the_file_is_not_touched() -> None:
    silence = stopped()
    assert list(silence.seen("reason")) == []
    assert list(silence.seen(None)) == ["silence: the file of the emergency stop was removed"]
    assert list(silence.seen("other")) == ["silence: the file of the emergency stop was changed"]


def test_when_the_administrator_has_removed_the_file_the_account_speaks_again() -> None:
    silence = stopped()
    silence.resumed()
    assert list(silence.seen(None)) == []
    assert list(silence.sent(99_000, Request.PLACE, [OPENING])) == []


def test_a_new_process_may_withdraw_once_more_what_the_death_of_another_interrupted() -> None:
    silence = stopped()
    assert list(silence.sent(10_201, Request.CANCEL, [OPENING])) == []
    silence.carried_on(60_000)
    assert list(silence.sent(60_200, Request.READ)) == []
    assert list(silence.sent(60_201, Request.CANCEL, [OPENING])) == []
    assert len(list(silence.sent(60_202, Request.CANCEL, [OPENING]))) == 1
    assert len(list(silence.sent(60_203, Request.PLACE, [OTHER]))) == 1
    assert len(list(silence.sent(61_001, Request.READ))) == 1


def test_where_nothing_was_stopped_there_is_nothing_to_carry_on() -> None:
    silence = Silence()
    silence.carried_on(60_000)
    assert list(silence.sent(99_000, Request.PLACE, [OPENING])) == []
