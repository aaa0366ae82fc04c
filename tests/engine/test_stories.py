"""The engine against the exchange's pure core, in one thread: the laws hold after every move of the market."""

import logging
from collections.abc import Sequence
from decimal import Decimal

import pytest

from gridtrader.domain.types import Side
from gridtrader.engine.errors import CannotStart
from gridtrader.simulator.core import model
from tests.support.desk import UID
from tests.support.inprocess import Table, settings, strategy

D = Decimal
TWO = settings(strategy(), strategy("SOLUSDT"))
PRICES = {"DOGEUSDT": "0.2", "SOLUSDT": "150"}


def test_an_empty_account_opens_both_sides_protects_them_and_looks_one_level_ahead() -> None:
    table = Table(settings(), {"DOGEUSDT": "0.2"})
    table.start()
    assert table.sizes("DOGEUSDT") == (D(125), D(125))
    assert len(table.open_names()) == 4
    assert table.broken_laws() == []


@pytest.mark.parametrize("seed", range(3))
def test_the_laws_hold_after_every_price_of_a_random_market(seed: int) -> None:
    table = Table(TWO, PRICES, usdt="2000")
    table.start()
    for step in table.wander(seed, 120):
        if step % 40 == 39:
            table.exchange.settle_funding("DOGEUSDT", D("0.0001"), table.clock.now)
            table.desk.push()
            table.rest()
        assert table.broken_laws() == [], step
    assert not table.engine.emergency_stopped
    assert table.diary.lines(logging.ERROR) == []
    assert any(tally.cycles_closed for tally in table.engine.recorder.tallies.values())


@pytest.mark.parametrize("has_journal", [True, False])
@pytest.mark.parametrize("seed", range(2))
def test_a_restart_at_any_time_comes_back_to_a_lawful_ladder(seed: int, has_journal: bool) -> None:
    table = Table(TWO, PRICES, usdt="2000")
    table.start()
    for step in table.wander(seed, 80):
        if step % 8 == 7:
            if not has_journal:
                table.archive.records.clear()
            table.begin()
            table.start()
            assert table.broken_laws() == [], step
    assert table.diary.lines(logging.ERROR) == []


def test_both_sides_closing_in_one_move_begin_a_new_ladder_with_new_quantities() -> None:
    table = Table(settings(), {"DOGEUSDT": "0.2"})
    table.start()
    table.price("DOGEUSDT", "0.201")  # SHORT level 1 fills
    assert table.sizes("DOGEUSDT") == (D(125), D(375))
    long_tp, short_tp = (
        next(o for o in table.exchange.open_orders(UID) if o.reduce_only and o.position_idx == leg) for leg in (1, 2)
    )
    # the market goes up over LONG's take-profit and down over SHORT's before the engine hears of either
    table.quote("DOGEUSDT", str(long_tp.price))
    table.price("DOGEUSDT", str(short_tp.price))
    assert table.broken_laws() == []
    ladders = [record for record in table.archive.records if record["kind"] == "ladder"]
    assert len(ladders) == 2, "both flat: the quantities are taken anew"
    assert table.sizes("DOGEUSDT") == (D(25) // short_tp.price, D(25) // short_tp.price)


def test_too_little_money_opens_what_fits_says_so_once_and_follows_when_money_comes() -> None:
    table = Table(settings(buffer_percent=D(0)), {"DOGEUSDT": "0.2"}, usdt="12")
    table.start()
    table.walk("DOGEUSDT", ("0.199", "0.1991", "0.1989"))
    table.wait(70_000)
    (warning,) = [line for line in table.diary.lines(logging.WARNING) if "does not fit" in line]
    assert "level 2 (both sides)" in warning
    assert "margin 8.22" in warning
    assert "free 5.8" in warning
    before = len(table.open_names())
    table.exchange.transfer(UID, D(500), table.clock.now)
    table.desk.push()
    table.rest()
    assert len(table.open_names()) > before
    assert table.broken_laws() == []


def test_a_maintenance_rate_over_its_threshold_stops_the_account_and_withdraws_its_opening_orders() -> None:
    table = Table(settings(mm_threshold=D("0.001")), {"DOGEUSDT": "0.2"}, usdt="200")
    table.start()
    table.price("DOGEUSDT", "0.198")
    assert table.engine.emergency_stopped
    (stop,) = table.archive.emergencies
    assert "maintenance-margin rate" in stop["reason"]
    assert all("_LT" in name or "_ST" in name for name in table.open_names()), "take-profits stay, nothing else"
    said = len(table.desk.commands)
    table.price("DOGEUSDT", "0.15")
    table.wait(120_000)
    assert len(table.desk.commands) == said, "after that it sends nothing any more"


def test_a_manual_trade_is_somebody_else_and_stops_the_account() -> None:
    table = Table(settings(), {"DOGEUSDT": "0.2"})
    table.start()
    request = model.OrderRequest(symbol="DOGEUSDT", side="Buy", order_type="Market", qty=D(100), position_idx=1)
    table.exchange.create_order(UID, request, table.clock.now)
    table.desk.push()
    table.rest()
    assert table.engine.emergency_stopped
    assert "somebody else" in table.archive.emergencies[0]["reason"]


def test_a_foreign_order_is_reported_once_and_left_alone() -> None:
    table = Table(settings(), {"DOGEUSDT": "0.2"})
    table.start()
    request = model.OrderRequest(
        symbol="DOGEUSDT", side="Buy", order_type="Limit", qty=D(100), price=D("0.1"), position_idx=1
    )
    table.exchange.create_order(UID, request, table.clock.now)
    table.desk.push()
    table.rest()
    table.wait(130_000)
    lines = [line for line in table.diary.lines(logging.WARNING) if "not the bot's" in line]
    assert len(lines) == 1
    assert "" in table.open_names()
    assert not table.engine.emergency_stopped


def test_funding_moves_the_take_profit_of_each_side_its_own_way() -> None:
    table = Table(settings(), {"DOGEUSDT": "0.2"})
    table.start()

    def take_profits() -> dict[int, Decimal]:
        return {o.position_idx: o.price for o in table.exchange.open_orders(UID) if o.reduce_only}

    before = take_profits()
    table.exchange.settle_funding("DOGEUSDT", D("0.003"), table.clock.now)
    table.desk.push()
    table.rest()
    after = take_profits()
    assert after[1] > before[1], "LONG paid: it closes higher"
    assert after[2] > before[2], "SHORT received: it closes higher as well, that is sooner"
    assert table.broken_laws() == []


def test_a_disk_that_is_full_lets_nothing_new_open_but_keeps_the_take_profits_right() -> None:
    table = Table(settings(), {"DOGEUSDT": "0.2"})
    table.start()
    table.archive.is_full = True
    table.price("DOGEUSDT", "0.199")
    assert table.sizes("DOGEUSDT") == (D(375), D(125))
    assert not [n for n in table.open_names() if "A02" in n], "level 2 is not opened on an unwritten journal"
    take_profit = next(o for o in table.exchange.open_orders(UID) if o.reduce_only and o.position_idx == 1)
    assert take_profit.leaves_qty == 375
    table.archive.is_full = False
    table.wait(6_000)
    assert [n for n in table.open_names() if "A02" in n]
    assert table.broken_laws() == []


def test_a_contract_that_stops_trading_opens_nothing_and_comes_back_with_it() -> None:
    table = Table(settings(), {"DOGEUSDT": "0.2"})
    table.start()
    table.exchange.set_status("DOGEUSDT", "Delivering", table.clock.now)
    table.price("DOGEUSDT", "0.199")
    assert not table.engine.emergency_stopped
    table.exchange.set_status("DOGEUSDT", "Trading", table.clock.now)
    table.wait(130_000)
    assert table.broken_laws() == []


def test_an_account_in_isolated_margin_with_positions_does_not_start_and_changes_nothing() -> None:
    table = Table(settings(), {"DOGEUSDT": "0.2"})
    table.start()
    table.exchange._account(UID).margin_mode = "ISOLATED_MARGIN"
    before = table.open_names()
    table.begin()
    with pytest.raises(CannotStart, match="ISOLATED_MARGIN"):
        table.start()
    assert table.open_names() == before


def somebody_elses(quantities: Sequence[int]) -> Table:
    """An account on which somebody has bought by hand, and has an order resting."""
    table = Table(settings(), {"DOGEUSDT": "0.2"})
    table.exchange.switch_mode(UID, "DOGEUSDT", None, 3, table.clock.now)
    for qty in quantities:
        market = model.OrderRequest(symbol="DOGEUSDT", side="Buy", order_type="Market", qty=D(qty), position_idx=1)
        table.exchange.create_order(UID, market, table.clock.now)
        table.clock.now += 1_000
    resting = model.OrderRequest(
        symbol="DOGEUSDT", side="Buy", order_type="Limit", qty=D(100), price=D("0.1"), position_idx=1
    )
    table.exchange.create_order(UID, resting, table.clock.now)
    table.begin()
    return table


def test_t4_a_position_that_does_not_fit_the_ladder_keeps_the_account_from_starting_and_nothing_is_changed() -> None:
    table = somebody_elses([100, 150])
    with pytest.raises(CannotStart, match=r"level 1 holds 150, the ladder has 200.*Nothing was changed"):
        table.start()
    assert table.open_names() == [""]


def test_t4_orders_of_somebody_else_that_fit_the_ladder_are_levels_in_order_of_age() -> None:
    table = somebody_elses([100, 200])
    table.start()
    cycle = table.engine.book.symbols["DOGEUSDT"].sides[Side.LONG].cycle
    assert cycle is not None
    assert {level: held.qty for level, held in cycle.levels.items()} == {0: D(100), 1: D(200)}
    assert "" not in table.open_names(), "orders that are not ours are cancelled at the start (T3)"
    table.wait(5_000)
    assert table.sizes("DOGEUSDT") == (D(300), D(100))
    standing = {order.order_link_id[7:11]: order.qty for order in table.exchange.open_orders(UID)}
    assert standing == {"LT00": D(300), "ST00": D(100), "LA02": D(400), "SA01": D(200), "SA02": D(400)}


def test_a_symbol_taken_out_of_the_configuration_with_a_position_keeps_the_account_from_starting() -> None:
    table = Table(TWO, PRICES)
    table.start()
    table.settings = settings(strategy())
    table.begin()
    with pytest.raises(CannotStart, match="SOLUSDT is not configured any more"):
        table.start()


def test_a_configuration_whose_quantities_do_not_rise_opens_nothing_and_says_the_figures() -> None:
    table = Table(settings(strategy("BTCUSDT", multiplier=D("1.1"))), {"BTCUSDT": "100000"})
    with pytest.raises(CannotStart, match=r"q\(0\) = 0.001, q\(1\) = 0.001"):
        table.start()


def test_files_of_the_embedded_exchange_are_not_for_real_money() -> None:
    table = Table(settings(venue="embedded"), {"DOGEUSDT": "0.2"})
    table.start()
    table.settings = settings(venue="bybit")
    table.begin()
    with pytest.raises(CannotStart, match="embedded"):
        table.start()
