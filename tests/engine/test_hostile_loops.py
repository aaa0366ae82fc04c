"""Answers that lead nowhere: whatever the exchange says, the engine neither spins nor floods it (C3, C4, C6).

Counted in simulated time: commands, readings, and how often the engine asks to be called.
"""

import logging
import random
from collections.abc import Callable
from typing import Any

import pytest

from gridtrader.engine.ports import Outcome, Refusal, Rejected, StreamMessage, Unknown, Unreachable
from tests.engine.hostile import (
    LONG,
    SHORT,
    D,
    answer,
    count_calls,
    meddle,
    naked,
    opened,
    run_for,
    sent,
    take_profit,
    tell,
    without,
)
from tests.support.desk import UID
from tests.support.inprocess import Table

NO_MONEY = Rejected(Refusal.MONEY, 110007, "ab not enough for new order")


def out_of_reach(*_: object) -> Any:
    raise Unreachable("time-out")


# --- commands answered with nothing to go by ---


@pytest.mark.parametrize(
    ("refusal", "code"), [(Refusal.UNCHANGED, 10001), (Refusal.GONE, 110001), (Refusal.BUSY, 110079)]
)
def test_an_amendment_the_exchange_denies_and_contradicts_is_tried_after_growing_pauses(
    refusal: Refusal, code: int
) -> None:
    """It says "unchanged", or "no such order", while REST shows the order as it was."""
    table = opened()
    table.desk.before = answer("amend", "_LT00_", Rejected(refusal, code, "no"))
    look_ups = count_calls(table.desk, "order")
    tell(table, {"DOGEUSDT": "0.199"})
    steps = run_for(table, 60_000)
    assert len(sent(table, "amend", "_LT00_")) <= 8
    assert len(look_ups) <= 12
    assert steps <= 60
    assert not table.engine.emergency_stopped
    table.desk.before = lambda what, name: None
    table.wait(40_000)
    assert naked(table) == []
    assert table.broken_laws() == []


def lose_for_ever(command: str, pattern: str) -> tuple[Table, list[int], int]:
    """A server that answers every such command with 502 at once, while look-ups work; ten seconds of it."""
    table = opened()
    look_ups = count_calls(table.desk, "order")
    table.desk.before = answer(command, pattern, Unknown("HTTP 502"))
    tell(table, {"DOGEUSDT": "0.199"})
    if command == "place" and "T00" in pattern:
        name = take_profit(table, LONG).order_link_id
        table.exchange.cancel_order(UID, "DOGEUSDT", table.clock.now, order_link_id=name)
    if command == "cancel":
        tell(table, {"DOGEUSDT": str(take_profit(table, SHORT).price)})
    table.desk.push()
    steps = run_for(table, 10_000)
    return table, look_ups, steps


@pytest.mark.parametrize(("command", "pattern"), [("place", "_LA02_"), ("cancel", "")])
def test_a_command_that_gets_lost_again_and_again_backs_off(command: str, pattern: str) -> None:
    table, look_ups, steps = lose_for_ever(command, pattern)
    assert 2 <= len(sent(table, command, pattern)) <= 8
    assert len(look_ups) <= 12
    assert steps <= 60
    assert not table.engine.emergency_stopped
    table.desk.before = lambda what, name: None
    table.wait(40_000)
    assert table.broken_laws() == []


@pytest.mark.parametrize("command", ["place", "amend"])
def test_a_take_profit_that_gets_lost_three_times_stops_the_account(command: str) -> None:
    table, look_ups, _ = lose_for_ever(command, "_LT00_")
    assert len(sent(table, command, "_LT00_")) - (1 if command == "place" else 0) == 3
    assert len(look_ups) <= 6
    assert table.engine.emergency_stopped
    assert "take-profit of LONG could not be placed or changed in 3 tries" in table.archive.emergencies[0]["reason"]


# --- a leg the exchange will not have ---


def test_a_refused_leg_that_leaves_the_plan_lets_the_engine_sleep() -> None:
    table = opened()
    table.desk.before = answer("place", "_SA02_", NO_MONEY)
    table.price("DOGEUSDT", "0.199")
    steps = run_for(table, 60_000)
    assert steps <= 60


def test_a_leg_refused_for_hours_is_tried_rarely_and_costs_few_names_and_warnings() -> None:
    table = opened()
    table.desk.before = answer("place", "_SA02_", NO_MONEY)
    table.price("DOGEUSDT", "0.199")
    table.desk.commands.clear()
    dice, price = random.Random(1), 0.199
    end = table.clock.now + 3_600_000
    while table.clock.now < end:
        price = min(max(price * (1 + dice.gauss(0, 0.0006)), 0.1982), 0.2004)
        tell(table, {"DOGEUSDT": f"{price:.5f}"})
        run_for(table, 8_000)
    tries = len(sent(table, "place", "_SA02_"))
    assert 8 <= tries <= 40, "it is tried again, at least every ten minutes"
    assert len(sent(table, "place", "_LA02_")) == len(sent(table, "cancel", "_LA02_")) == tries
    assert len(table.diary.lines(logging.WARNING)) <= 2 * tries + 2
    assert len(table.archive.records) <= 4 * tries
    assert len(table.engine.book.symbols["DOGEUSDT"].orders) < 20
    table.desk.before = lambda what, name: None
    table.wait(600_000)
    assert table.broken_laws() == []


def test_a_refused_leg_is_tried_at_once_when_clearly_more_money_is_there() -> None:
    table = opened()
    table.desk.before = answer("place", "_SA02_", NO_MONEY)
    table.price("DOGEUSDT", "0.199")
    table.wait(400_000)
    table.desk.before = lambda what, name: None
    table.desk.commands.clear()
    table.exchange.transfer(UID, D(100), table.clock.now)
    table.desk.push()
    table.rest()
    assert len(sent(table, "place", "A02")) == 2
    assert table.broken_laws() == []


# --- readings that fail ---


def test_a_balance_that_cannot_be_read_while_a_decision_waits_for_it_is_asked_for_with_a_back_off() -> None:
    table = opened()
    table.wait(5_000)  # the second reading after the start is over
    table.clock.now += 6_000  # older than a balance may be when it decides
    table.desk.shuffle = without("wallet")
    meddle(table.desk, "wallet", lambda real: out_of_reach)
    asked = count_calls(table.desk, "wallet")
    tell(table, {"DOGEUSDT": "0.199"})
    steps = run_for(table, 20_000)
    assert 3 <= len(asked) <= 8
    assert steps <= 60
    assert not table.engine.emergency_stopped


@pytest.mark.parametrize("read", ["order", "positions_of", "open_orders", "executions"])
def test_no_reading_that_fails_makes_the_engine_spin(read: str) -> None:
    table = opened()
    meddle(table.desk, read, lambda real: out_of_reach)
    asked = count_calls(table.desk, read)
    table.desk.after = lambda what, name: Unknown("reply lost")
    tell(table, {"DOGEUSDT": "0.199"})
    steps = run_for(table, 30_000)
    assert len(asked) <= 30
    assert steps <= 60


def test_a_flood_of_messages_nobody_understands_sets_off_a_reading_every_other_second_at_most() -> None:
    table = opened()
    asked = count_calls(table.desk, "positions_of")
    strange = StreamMessage("order", "{}", errors=("order OTHERUSDT: orderStatus 'NewOne'",))

    def flood(seconds: int) -> None:
        for _ in range(10 * seconds):
            table.inbox.put(strange)
            table.engine.step()
            table.desk.push()
            table.clock.now += 100

    flood(60)
    assert 1 <= len(asked) <= 31
    warnings = [record for record in table.diary.records if record.levelno == logging.WARNING]
    assert len(warnings) <= 31
    # and it goes on trading meanwhile
    tell(table, {"DOGEUSDT": "0.199"})
    flood(5)
    assert table.sizes("DOGEUSDT")[LONG - 1] == 375
    assert naked(table) == []
    assert table.broken_laws() == []


def test_no_answer_whatsoever_makes_the_engine_spin() -> None:
    """Each answer in turn to every command about every order, for half a minute each, while the market moves."""
    answers: list[Outcome] = [Unknown("HTTP 502")]
    answers += [Rejected(refusal, 1, "no") for refusal in Refusal if refusal is not Refusal.KEY]
    for outcome in answers:
        table = opened()
        table.desk.before = always(outcome)
        steps = 0
        for price in ("0.199", "0.1985", "0.2", "0.2015"):
            tell(table, {"DOGEUSDT": price})
            steps += run_for(table, 8_000)
        assert steps <= 100, outcome
        assert len(table.desk.commands) <= 80, outcome


def always(outcome: Outcome) -> Callable[[str, str], Outcome | None]:
    return lambda what, name: outcome
