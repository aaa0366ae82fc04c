"""A start that fails half-way: nothing is touched before the proof, and positions stay covered (T3, T4)."""

from collections.abc import Callable
from typing import Any

import pytest

from gridtrader.engine.errors import CannotStart
from gridtrader.engine.ports import Outcome, Refusal, Rejected, StreamDown, Unknown, Unreachable
from gridtrader.simulator.core import model
from tests.engine.hostile import (
    DOGE,
    LONG,
    SHORT,
    D,
    answer,
    is_opening,
    meddle,
    naked,
    opened,
    sent,
    standing,
    take_profit,
)
from tests.support.desk import UID
from tests.support.inprocess import Table, settings, strategy

Tamper = Callable[[Table], None]


def once_leverage_is_set(table: Table, deed: Callable[[], None]) -> None:
    """Let something happen in the midst of the changes: orders are cancelled, the leverage is being set."""
    done: list[bool] = []

    def wrap(real: Callable[..., Any]) -> Callable[..., Any]:
        def set_leverage(*args: Any) -> Any:
            if not done:
                done.append(True)
                deed()
            return real(*args)

        return set_leverage

    meddle(table.desk, "set_leverage", wrap)


def leverage_is_refused(table: Table) -> None:
    table.desk.before = answer("leverage", "", Rejected(Refusal.MONEY, 110044, "Available margin is insufficient"))


def leverage_times_out(table: Table) -> None:
    table.desk.before = answer("leverage", "", Unknown("timeout"))


def hedge_mode_is_refused(table: Table) -> None:
    table.desk.before = answer("mode", "", Rejected(Refusal.OTHER, 110024, "position exists"))


def balance_cannot_be_read_any_more(table: Table) -> None:
    def wrap(real: Callable[..., Any]) -> Callable[..., Any]:
        answers = [real]

        def wallet() -> Any:
            if not answers:
                raise Unreachable("timeout")
            return answers.pop()()

        return wallet

    meddle(table.desk, "wallet", wrap)


def nothing_can_be_read_any_more(table: Table) -> None:
    def deed() -> None:
        table.desk.is_down = True

    once_leverage_is_set(table, deed)


def the_stream_is_lost(table: Table) -> None:
    once_leverage_is_set(table, lambda: table.inbox.put(StreamDown("gone")))


GIVES_UP = [
    leverage_is_refused,
    leverage_times_out,
    hedge_mode_is_refused,
    balance_cannot_be_read_any_more,
    nothing_can_be_read_any_more,
    the_stream_is_lost,
]
PASSING = [leverage_times_out, balance_cannot_be_read_any_more, nothing_can_be_read_any_more, the_stream_is_lost]


def deep_account() -> Table:
    """An account whose LONG has executed two levels, about to be started again."""
    table = opened()
    table.price("DOGEUSDT", "0.199")
    table.begin()
    return table


@pytest.mark.parametrize("tamper", GIVES_UP, ids=lambda tamper: str(tamper.__name__))
def test_a_start_that_gives_up_after_cancelling_leaves_each_position_covered_under_a_new_name(tamper: Tamper) -> None:
    table = deep_account()
    before = set(table.open_names())
    tamper(table)
    with pytest.raises(CannotStart) as stopped:
        table.start()
    assert table.sizes("DOGEUSDT") == (D(375), D(125))
    assert naked(table) == []
    assert not before & set(table.open_names()), "the old names are used up"
    assert not [name for name in table.open_names() if is_opening(name)]
    assert stopped.value.is_passing is (tamper in PASSING)


def test_no_name_is_sent_twice_over_three_starts_of_which_two_give_up() -> None:
    table = deep_account()
    names: list[str] = []
    for tamper in (leverage_is_refused, hedge_mode_is_refused):
        tamper(table)
        with pytest.raises(CannotStart):
            table.start()
        names += sent(table, "place")
        table.begin()
    table.start()
    names += sent(table, "place")
    assert len(names) == len(set(names)), names
    assert table.broken_laws() == []


def test_no_name_is_sent_twice_when_the_journal_is_lost_between_the_starts() -> None:
    table = deep_account()
    leverage_is_refused(table)
    with pytest.raises(CannotStart):
        table.start()
    names = sent(table, "place")
    table.archive.records.clear()
    table.begin()
    table.start()
    assert not set(names) & set(sent(table, "place"))
    assert table.broken_laws() == []


def test_somebody_who_trades_during_the_changes_is_found_out_and_the_take_profits_stand() -> None:
    table = deep_account()

    def trade() -> None:
        request = model.OrderRequest(symbol="DOGEUSDT", side="Buy", order_type="Market", qty=D(100), position_idx=1)
        table.exchange.create_order(UID, request, table.clock.now)
        table.desk.push()

    once_leverage_is_set(table, trade)
    with pytest.raises(CannotStart, match="level 2 holds 100, the ladder has 500"):
        table.start()
    assert take_profit(table, LONG).leaves_qty >= 375
    assert take_profit(table, SHORT).leaves_qty == 125


def test_the_take_profits_stand_before_a_start_returns() -> None:
    """Told to end at this very moment, the account takes no step any more (T8)."""
    table = deep_account()
    table.engine.start()
    assert naked(table) == []
    assert table.open_names() == ["g_DOGE_LT00_eh20x_1", "g_DOGE_ST00_eh20x_1"]


@pytest.mark.parametrize("refusal", [Refusal.NOT_TRADING, Refusal.BUSY], ids=lambda refusal: str(refusal.value))
def test_a_settlement_during_the_start_delays_the_take_profits_and_no_more(refusal: Refusal) -> None:
    table = deep_account()
    until = table.clock.now + 5_000

    def settling(command: str, name: str) -> Outcome | None:
        if table.clock.now < until and command in ("place", "amend"):
            return Rejected(refusal, 110063, "settlement in progress")
        return None

    table.desk.before = settling
    table.start()
    table.wait(70_000)
    assert not table.engine.emergency_stopped
    assert naked(table) == []
    assert table.broken_laws() == []


def test_a_take_profit_that_cannot_be_placed_on_one_symbol_keeps_no_other_symbol_from_its_own() -> None:
    prices = {"DOGEUSDT": "0.2", "SOLUSDT": "150"}
    table = opened(strategy(), strategy("SOLUSDT"), prices=prices)
    table.begin()
    table.desk.before = answer("place", "_DOGE_.T00_", Rejected(Refusal.INVALID, 10001, "price invalid"))
    table.engine.start()
    assert {symbol for symbol, _, _ in naked(table)} == {"DOGEUSDT"}
    table.desk.before = lambda command, name: None
    table.rest()
    table.wait(5_000)
    assert naked(table) == []


def test_a_symbol_that_cannot_be_restored_leaves_all_symbols_as_they_stand() -> None:
    prices = {"DOGEUSDT": "0.2", "SOLUSDT": "150"}
    table = opened(strategy(), strategy("SOLUSDT"), prices=prices)
    before = standing(table)
    request = model.OrderRequest(symbol="SOLUSDT", side="Buy", order_type="Market", qty=D("0.7"), position_idx=1)
    table.exchange.create_order(UID, request, table.clock.now)
    table.begin()
    with pytest.raises(CannotStart, match="SOLUSDT LONG cannot be restored"):
        table.start()
    assert standing(table) == before
    assert table.desk.commands == []


def test_trouble_on_one_symbol_while_the_account_was_away_does_not_strip_the_other() -> None:
    prices = {"DOGEUSDT": "0.2", "SOLUSDT": "150"}
    table = Table(settings(strategy("SOLUSDT"), strategy()), prices)
    table.start()
    table.settings = settings(strategy(), strategy("SOLUSDT"))
    table.quote("DOGEUSDT", str(take_profit(table, LONG).price))
    table.quote("DOGEUSDT", "0.199")  # LONG's take-profit has filled, and then its old averaging order
    table.begin()
    table.start()
    assert not table.engine.emergency_stopped
    assert naked(table) == []
    assert table.broken_laws() == []


def test_a_configuration_whose_deeper_levels_are_worth_too_little_is_refused_with_the_figures() -> None:
    small = strategy(multiplier=D("1.1"), step_percent=D(20), margin=D("0.2"))
    table = Table(settings(small), DOGE)
    with pytest.raises(CannotStart, match=r"level 1 of 28 at 0.15984 would be below the exchange's minimum 32"):
        table.start()
    assert table.desk.commands == []
