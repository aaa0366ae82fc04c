"""Take-profits under attack: trimmed by somebody else's order, refused at a settlement, amended in vain (S7, C4)."""

import logging

import pytest

from gridtrader.engine.ports import Outcome, Refusal, Rejected
from gridtrader.simulator.core import model
from tests.engine.hostile import LONG, SHORT, D, answer, is_opening, naked, opened, run_for, sent, take_profit, tell
from tests.support.desk import UID
from tests.support.inprocess import Table

MINUTE = 60_000


# --- somebody else's closing order holds a part of the position ---


def trimmed() -> Table:
    """The client has cancelled LONG's take-profit and put a closing order of his own over 50 of its 125."""
    table = opened()
    name = take_profit(table, LONG).order_link_id
    table.exchange.cancel_order(UID, "DOGEUSDT", table.clock.now, order_link_id=name)
    request = model.OrderRequest(
        symbol="DOGEUSDT",
        side="Sell",
        order_type="Limit",
        qty=D(50),
        price=D("0.25"),
        position_idx=1,
        reduce_only=True,
        order_link_id="his-own",
    )
    table.exchange.create_order(UID, request, table.clock.now)
    table.desk.push()
    table.rest()
    assert take_profit_of_ours(table).leaves_qty == 75
    table.desk.commands.clear()
    return table


def take_profit_of_ours(table: Table) -> model.Order:
    (order,) = [o for o in table.exchange.open_orders(UID) if o.position_idx == LONG and "_LT00_" in o.order_link_id]
    return order


def test_a_take_profit_somebody_elses_order_trims_is_asked_for_after_pauses_that_grow_to_half_a_minute() -> None:
    table = trimmed()
    in_minute = []
    for _ in range(10):
        before = len(table.desk.commands)
        table.wait(MINUTE)
        in_minute.append(len(table.desk.commands) - before)
    assert in_minute[0] <= 7
    assert all(1 <= count <= 3 for count in in_minute[1:]), in_minute
    assert set(table.desk.commands) == {f"amend {take_profit_of_ours(table).order_link_id}"}
    assert not table.engine.emergency_stopped


def test_a_trimmed_take_profit_is_told_of_once_with_the_figures() -> None:
    table = trimmed()
    table.wait(10 * MINUTE)
    (alarm,) = table.diary.lines(logging.CRITICAL)
    assert "covers 75 only: the exchange does not let it have 125" in alarm
    (warning,) = [record for record in table.diary.records if record.levelno == logging.WARNING]
    assert "an order that is not the bot's" in warning.getMessage()


def test_a_trimmed_take_profit_covers_everything_soon_after_the_other_order_is_gone() -> None:
    table = trimmed()
    table.wait(10 * MINUTE)
    table.exchange.cancel_order(UID, "DOGEUSDT", table.clock.now, order_link_id="his-own")
    table.desk.push()
    table.wait(35_000)
    assert take_profit(table, LONG).leaves_qty == 125
    assert table.broken_laws() == []


def test_a_trimmed_take_profit_does_not_keep_the_ladder_from_going_on() -> None:
    table = trimmed()
    table.wait(2 * MINUTE)
    table.price("DOGEUSDT", "0.199")
    table.wait(31_000)
    assert table.sizes("DOGEUSDT")[0] == 375
    assert take_profit_of_ours(table).leaves_qty == 325, "all but what his order holds"
    assert len([name for name in table.open_names() if "A02" in name]) == 2


# --- a settlement in progress ---


@pytest.mark.parametrize("refusal", [Refusal.NOT_TRADING, Refusal.BUSY], ids=lambda refusal: str(refusal.value))
@pytest.mark.parametrize("lasts_s", [1, 5, 20])
def test_a_settlement_in_progress_costs_no_take_profit_and_stops_nothing(refusal: Refusal, lasts_s: int) -> None:
    table = opened()
    table.price("DOGEUSDT", "0.199")
    until = table.clock.now + lasts_s * 1_000
    bare: list[int] = []

    def settling(command: str, name: str) -> Outcome | None:
        if table.clock.now < until and command in ("amend", "place"):
            return Rejected(refusal, 110063, "settlement in progress")
        return None

    table.desk.before = settling
    table.exchange.settle_funding("DOGEUSDT", D("0.001"), table.clock.now)
    table.desk.push()
    while table.clock.now < until + 30_000:
        run_for(table, 500)
        bare += [leg for _, leg, _ in naked(table)]
    assert bare == [], "the old take-profits stood all the while"
    assert not table.engine.emergency_stopped, table.engine.stop_reason
    assert len(sent(table, "amend")) <= 20
    table.wait(70_000)
    assert table.broken_laws() == []


# --- amendments that do not take ---


def test_an_amendment_that_is_not_taken_leaves_no_side_bare() -> None:
    """It is cancelled and placed anew at once (S7), also when the exchange takes no second amendment for a while."""
    table = opened()
    table.desk.before = answer("amend", "T00", Rejected(Refusal.OTHER, 110079, "processing"))
    for price in ("0.199", "0.198", "0.1975", "0.1968"):
        tell(table, {"DOGEUSDT": price})
        run_for(table, 200)
        assert naked(table) == [], price
    table.wait(5_000)
    assert table.broken_laws() == []
    names = sent(table, "place", "T00")
    assert len(names) == len(set(names))


def test_a_stop_for_want_of_one_take_profit_leaves_the_other_sides_standing() -> None:
    table = opened()
    table.desk.before = answer("amend", "_LT00_", Rejected(Refusal.INVALID, 10001, "price invalid"))
    place = answer("place", "_LT00_", Rejected(Refusal.INVALID, 10001, "price invalid"))
    amend = table.desk.before
    table.desk.before = lambda what, name: amend(what, name) or place(what, name)
    table.price("DOGEUSDT", "0.199")
    table.wait(20_000)
    assert table.engine.emergency_stopped
    assert take_profit(table, SHORT).leaves_qty == 125
    assert not [name for name in table.open_names() if is_opening(name)]
