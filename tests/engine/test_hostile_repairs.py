"""What others change behind the bot's back, and answers that fail: put right, borne, or refused (T6, T3, C4, R4)."""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from gridtrader.engine.errors import CannotStart
from gridtrader.engine.ports import Outcome, Refusal, Rejected, Unknown, Unreachable
from gridtrader.simulator.core import model
from tests.engine.hostile import (
    LONG,
    SHORT,
    D,
    is_opening,
    meddle,
    naked,
    opened,
    sent,
    standing,
    take_profit,
    without,
)
from tests.support.desk import UID
from tests.support.inprocess import Table, settings, strategy

DOGE, XRP = "DOGEUSDT", "XRPUSDT"
MINUTE = 60_000


def in_turn(command: str, part: str, *outcomes: Outcome | None) -> Callable[[str, str], Outcome | None]:
    """Return a fault for `Desk.before`: these outcomes, one after another, for commands on names with that part."""
    left = list(outcomes)

    def fault(what: str, name: str) -> Outcome | None:
        return left.pop(0) if what == command and part in name and left else None

    return fault


TIMEOUT = Unknown("no complete answer within 10 s")
TRANSIENT = (
    Rejected(Refusal.REDUCE_ONLY, 110017, "x"),
    Rejected(Refusal.BUSY, 110079, "x"),
    Rejected(Refusal.RATE, 10006, "x"),
)
HARD = Rejected(Refusal.OTHER, 99, "no")


# --- tries are counted by what they came to ---


@pytest.mark.parametrize("transient", TRANSIENT, ids=lambda outcome: str(outcome.code))
def test_a_refusal_that_passes_and_one_lost_answer_stop_no_account(transient: Rejected) -> None:
    table = opened()
    table.desk.before = in_turn("amend", "_LT", transient, TIMEOUT)
    table.price(DOGE, "0.199")
    table.wait(MINUTE)
    assert not table.engine.emergency_stopped, table.engine.stop_reason
    assert naked(table) == []


def test_refusals_that_pass_do_not_count_for_one_that_does_not() -> None:
    table = Table(settings(), {DOGE: "0.2"})
    table.desk.before = in_turn("place", "_LT", TRANSIENT[0], TRANSIENT[1], HARD)
    table.start()
    table.wait(MINUTE)
    assert not table.engine.emergency_stopped, table.engine.stop_reason
    assert naked(table) == []


@pytest.mark.parametrize("outcome", [TIMEOUT, HARD], ids=["lost", "refused"])
def test_three_of_a_kind_in_a_row_still_stop_the_account(outcome: Outcome) -> None:
    table = Table(settings(), {DOGE: "0.2"})
    table.desk.before = in_turn("place", "_LT", *[outcome] * 3)
    table.start()
    table.wait(MINUTE)
    assert table.engine.emergency_stopped
    assert "take-profit of LONG" in table.engine.stop_reason


def test_a_look_up_that_finds_nothing_is_no_failure() -> None:
    table = Table(settings(), {DOGE: "0.2"})
    answers: list[Exception | None] = [None, None, Unreachable("one timeout")]

    def late(real: Callable[..., Any]) -> Callable[..., Any]:
        def order(symbol: str, name: str) -> Any:
            if "_LT" not in name or not answers:
                return real(symbol, name)
            answer = answers.pop(0)
            if answer is not None:
                raise answer
            return None

        return order

    meddle(table.desk, "order", late)
    meddle(table.desk, "open_orders", lambda real: lambda symbol: [o for o in real(symbol) if "_LT" not in o.link_id])
    table.desk.shuffle = without("order", "_LT")
    table.start()
    table.wait(40_000)
    assert answers == []
    assert not table.engine.emergency_stopped, table.engine.stop_reason


# --- orders that somebody has amended by hand ---


def amend(table: Table, part: str, **values: Any) -> str:
    """Amend the one standing order whose name has that part, as a person does; returns its name."""
    (name,) = [name for name in standing(table) if part in name]
    table.exchange.amend_order(UID, DOGE, table.clock.now, order_link_id=name, **values)
    table.desk.push()
    table.rest()
    return name


@pytest.mark.parametrize("values", [{"qty": D(1000)}, {"qty": D(100)}, {"price": D("0.15")}], ids=str)
def test_a_level_that_was_amended_by_hand_is_put_right(values: dict[str, Any]) -> None:
    table = opened()
    before = standing(table)
    name = amend(table, "_LA01_", **values)
    table.wait(2_000)
    assert standing(table) == before
    assert [line for line in table.diary.lines(logging.WARNING) if name in line and "somebody else" in line]
    assert len(sent(table, "amend", "_LA01_")) == 1


def test_a_take_profit_that_was_moved_by_hand_is_put_right() -> None:
    table = opened()
    before = take_profit(table, LONG).price
    amend(table, "_LT00_", price=before - D("0.0003"))
    table.wait(2_000)
    assert take_profit(table, LONG).price == before


def test_of_a_level_that_was_made_smaller_by_hand_and_fills_the_rest_is_placed() -> None:
    table = opened()
    (name,) = [name for name in standing(table) if "_LA01_" in name]
    wanted = standing(table)[name][1]
    table.exchange.amend_order(UID, DOGE, table.clock.now, order_link_id=name, qty=wanted - 100)
    table.price(DOGE, "0.199")  # it fills before anybody has heard of it
    table.wait(2_000)
    assert not table.engine.emergency_stopped, table.engine.stop_reason
    assert naked(table) == []
    rest = [leaves for name, (_, leaves) in standing(table).items() if "_LA01_" in name]
    assert table.sizes(DOGE)[0] + sum(rest) == 125 + wanted


def test_a_leverage_that_somebody_has_changed_is_told_once() -> None:
    table = opened()
    table.exchange.set_leverage(UID, DOGE, D(5), D(5), table.clock.now)
    table.wait(3 * MINUTE)
    (line,) = [line for line in table.diary.lines(logging.WARNING) if "leverage" in line]
    assert line.startswith("DOGEUSDT: the exchange has leverage 5, the bot reckons with 25")


def test_a_take_profit_that_the_exchange_has_cut_is_not_called_amended_by_hand() -> None:
    table = opened()
    name = take_profit(table, LONG).order_link_id
    table.exchange.amend_order(UID, DOGE, table.clock.now, order_link_id=name, qty=D(25))
    table.desk.push()
    table.rest()
    table.wait(2_000)
    assert naked(table) == []
    assert not [line for line in table.diary.lines(logging.WARNING) if "somebody else" in line]


# --- a contract that has changed ---


def test_a_take_profit_is_fitted_to_a_new_tick_before_it_is_given_up() -> None:
    table = opened()
    contract = table.exchange._contracts[DOGE]
    contract.instrument = table.exchange.instruments[DOGE] = replace(contract.instrument, tick_size=D("0.0005"))
    table.desk.refusals = {10001: Refusal.INVALID}
    table.price(DOGE, "0.199")
    table.wait(MINUTE)
    assert not table.engine.emergency_stopped, table.engine.stop_reason
    assert naked(table) == []
    assert take_profit(table, LONG).price % D("0.0005") == 0


# --- what cannot be read ---


def test_an_account_whose_positions_cannot_be_read_for_minutes_stops() -> None:
    table = opened()

    def fails(*_: object) -> None:
        raise Unreachable("HTTP 500")

    meddle(table.desk, "positions_of", lambda real: fails)
    table.wait(5 * MINUTE)
    assert table.engine.stop_reason == ""
    table.wait(2 * MINUTE)
    assert table.engine.emergency_stopped
    assert "positions and orders cannot be read" in table.engine.stop_reason


# --- a symbol that is configured no more ---


def test_an_account_does_not_start_while_a_symbol_nobody_looks_after_has_orders_of_ours() -> None:
    table = opened(strategy(DOGE), strategy(XRP, margin=D(2)), prices={DOGE: "0.2", XRP: "0.6"})
    table.settings = settings(strategy(DOGE))
    table.begin()
    with pytest.raises(CannotStart, match=f"{XRP} is not configured any more but has a position this bot opened"):
        table.start()
    for leg, side in ((LONG, "Sell"), (SHORT, "Buy")):
        take_profit_name = take_profit(table, leg, XRP).order_link_id
        table.exchange.cancel_order(UID, XRP, table.clock.now, order_link_id=take_profit_name)
        request = model.OrderRequest(
            symbol=XRP,
            side=side,
            order_type="Market",
            qty=table.sizes(XRP)[leg - 1],
            position_idx=leg,
            reduce_only=True,
        )
        table.exchange.create_order(UID, request, table.clock.now)
    table.begin()
    with pytest.raises(
        CannotStart, match=rf"{XRP} is not configured any more but has \d+ resting orders of this bot"
    ):
        table.start()
    assert any(is_opening(name) and "XRP" in name for name in standing(table)), "it has changed nothing"
    table.exchange.cancel_all(UID, table.clock.now)
    table.begin()
    table.start()


# --- what happened while the bot was away ---


def test_a_position_that_somebody_closed_in_part_meanwhile_is_told() -> None:
    table = opened()
    table.price(DOGE, "0.199")
    take_profit_name = take_profit(table, LONG).order_link_id
    table.exchange.cancel_order(UID, DOGE, table.clock.now, order_link_id=take_profit_name)
    request = model.OrderRequest(
        symbol=DOGE, side="Sell", order_type="Market", qty=D(100), position_idx=LONG, reduce_only=True
    )
    table.exchange.create_order(UID, request, table.clock.now)
    table.begin()
    table.start()
    (line,) = [line for line in table.diary.lines(logging.WARNING) if "somebody else closed" in line]
    assert "DOGEUSDT LONG" in line
    assert naked(table) == []


def test_a_ladder_that_the_journal_knows_nothing_of_is_told() -> None:
    table = opened()
    table.archive.records.clear()
    table.begin()
    table.start()
    assert [line for line in table.diary.lines(logging.WARNING) if "the journal knows nothing of it" in line]
    assert naked(table) == []
