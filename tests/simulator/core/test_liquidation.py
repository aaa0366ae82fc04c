"""The story of a liquidation: orders first, then the ladder, then the take-over."""

from typing import Any

import pytest

from gridtrader.simulator.core.model import OrderStatus
from tests.simulator.core.venue import BTC, COIN, LONG, SHORT, UID, D, Venue


def fully_invested(idx: int = LONG, **options: Any) -> Venue:
    """A leg of 40 at leverage 50 in an account of 100 USDT."""
    venue = Venue("100", **options)
    venue.exchange.set_leverage(UID, COIN, D(50), D(50), venue.now)
    venue.order("Buy" if idx == LONG else "Sell", "40", idx=idx)
    venue.events()
    return venue


def kinds(venue: Venue) -> list[tuple[str, str]]:
    return [(execution.exec_type, execution.create_type) for execution in venue.exchange.executions(UID)[1:]]


def test_nothing_happens_as_long_as_the_margin_covers_the_requirement() -> None:
    venue = fully_invested()
    price = venue.leg().liq_price
    assert price is not None
    venue.quote(str(price + D("0.01")), str(price + D("0.02")))
    assert venue.wallet().total_maintenance_margin < venue.wallet().total_margin_balance
    assert venue.exchange.executions(UID)[1:] == []


@pytest.mark.parametrize("idx", [LONG, SHORT])
def test_the_ladder_sells_a_quarter_into_the_market_and_stops_when_that_is_enough(idx: int) -> None:
    venue = fully_invested(idx)
    price = venue.leg(idx).liq_price
    assert price is not None
    venue.quote(str(price), str(price))
    assert kinds(venue) == [("BustTrade", "CreateByLiq")]
    assert venue.leg(idx).size == 30
    assert venue.wallet().total_maintenance_margin < venue.wallet().total_margin_balance
    order = venue.exchange.closed_orders(UID)[-1]
    assert (order.status, order.create_type, order.order_link_id) == (OrderStatus.FILLED, "CreateByLiq", "")
    assert venue.exchange.ledger(UID)[-1].type == "LIQUIDATION"
    fill = venue.exchange.executions(UID)[-1]
    assert (fill.price, fill.fee) == (price, price * 10 * D("0.00055"))


@pytest.mark.parametrize("idx", [LONG, SHORT])
def test_a_gap_beyond_bankruptcy_is_taken_over_and_leaves_nothing(idx: int) -> None:
    venue = fully_invested(idx)
    gap = "90.00" if idx == LONG else "110.00"
    venue.quote(gap, gap)
    assert kinds(venue) == [("BustTrade", "CreateByTakeOver_PassThrough")]
    assert venue.leg(idx).size == 0
    assert 0 <= venue.wallet().wallet_balance < D("0.01") * 40
    fill = venue.exchange.executions(UID)[-1]
    assert fill.price > D(gap) if idx == LONG else fill.price < D(gap)


def test_the_bankruptcy_price_is_the_first_tick_at_which_the_account_has_not_less_than_nothing() -> None:
    venue = fully_invested()
    cash, leg = venue.wallet().wallet_balance, venue.leg()
    venue.quote("90.00", "90.00")
    price = venue.exchange.executions(UID)[-1].price
    for candidate, is_covered in ((price, True), (price - D("0.01"), False)):
        rest = cash + leg.size * (candidate - leg.entry_price) - leg.size * candidate * D("0.00055")
        assert (rest >= 0) is is_covered


def test_a_gap_short_of_bankruptcy_goes_down_the_whole_ladder_before_the_take_over() -> None:
    venue = fully_invested()
    venue.quote("97.65", "97.66")
    created = [create_type for _, create_type in kinds(venue)]
    assert created == ["CreateByLiq"] * 3 + ["CreateByTakeOver_PassThrough"]
    assert [execution.qty for execution in venue.exchange.executions(UID)[1:]] == [D(10)] * 4
    assert 0 <= venue.wallet().wallet_balance < 1


def test_opening_orders_go_first_and_may_save_the_position() -> None:
    venue = fully_invested()
    venue.exchange.transfer(UID, D("100"), venue.now)
    opener = venue.order("Buy", "50", "80.00")
    take_profit = venue.order("Sell", "40", "110.00")
    venue.exchange.transfer(UID, -venue.wallet().total_available, venue.now)
    while venue.now_of(opener).status is OrderStatus.NEW:
        bid = venue.exchange.quote(COIN).bid - D("0.01")
        venue.quote(str(bid), str(bid + D("0.01")))
    assert venue.now_of(opener).cancel_type == "CancelByPrepareLiq"
    assert venue.now_of(take_profit).status is OrderStatus.NEW
    assert venue.leg().size == 40


def test_closing_and_conditional_orders_go_before_the_ladder() -> None:
    venue = fully_invested()
    take_profit = venue.order("Sell", "40", "110.00")
    stop = venue.order("Sell", "40", trigger_price=D(50), trigger_direction=2)
    venue.quote("97.90", "97.91")
    assert venue.now_of(take_profit).cancel_type == "CancelAllBeforeLiq"
    assert venue.now_of(stop).cancel_type == "CancelAllBeforeLiq"
    assert venue.leg().size < 40


def test_the_leg_with_the_largest_requirement_goes_first() -> None:
    venue = fully_invested()
    venue.exchange.transfer(UID, D(100), venue.now)
    venue.order("Sell", "12", idx=SHORT)
    price = venue.leg(LONG).liq_price
    assert price is not None
    venue.quote(str(price), str(price))
    assert venue.leg(LONG).size < 40
    assert venue.leg(SHORT).size == 12


def test_a_take_over_ends_all_positions_of_the_account() -> None:
    venue = Venue("200")
    venue.quote("1000", "1000.1", symbol=BTC)
    for symbol in (COIN, BTC):
        venue.exchange.set_leverage(UID, symbol, D(50), D(50), venue.now)
    venue.order("Buy", "40")
    venue.order("Sell", "10", idx=SHORT)
    venue.order("Buy", "2", symbol=BTC)
    venue.quote("70.00", "70.01")
    assert [leg.size for leg in (venue.leg(LONG), venue.leg(SHORT), venue.leg(symbol=BTC))] == [D(0)] * 3
    assert 0 <= venue.wallet().wallet_balance < 1
    assert list(venue.exchange.open_symbols(UID)) == []


def test_a_move_in_one_contract_liquidates_by_the_sum_over_all_contracts() -> None:
    venue = Venue("200")
    venue.quote("1000", "1000.1", symbol=BTC)
    for symbol in (COIN, BTC):
        venue.exchange.set_leverage(UID, symbol, D(50), D(50), venue.now)
    venue.order("Buy", "40")
    venue.order("Buy", "4", symbol=BTC)
    venue.quote("97.50", "97.51")
    assert venue.leg().size == 40
    venue.quote("983", "983.1", symbol=BTC)
    assert venue.leg(symbol=BTC).size < 4


def test_orders_that_fill_on_the_way_down_are_part_of_what_is_liquidated() -> None:
    venue = fully_invested()
    venue.exchange.transfer(UID, D(20), venue.now)
    averaging = venue.order("Buy", "8", "98.50")
    venue.quote("80.00", "80.01")
    assert venue.now_of(averaging).status is OrderStatus.FILLED
    assert sum(execution.qty for execution in venue.exchange.executions(UID)[2:]) == 48


def test_without_risk_tiers_nobody_is_liquidated() -> None:
    venue = fully_invested(risk_tiers=False)
    venue.quote("50.00", "50.01")
    assert venue.leg().size == 40
    assert venue.wallet().total_margin_balance < 0


def test_one_account_is_liquidated_and_its_neighbour_is_not() -> None:
    venue = fully_invested()
    venue.account(2, "10000")
    venue.order("Buy", "40", uid=2)
    venue.events()
    venue.quote("90.00", "90.01")
    assert (venue.leg().size, venue.leg(uid=2).size) == (D(0), D(40))
    assert {event.uid for event in venue.events()} == {UID}


def test_an_equal_hedge_can_be_liquidated() -> None:
    venue = Venue("60")
    venue.exchange.set_leverage(UID, COIN, D(50), D(50), venue.now)
    venue.order("Buy", "10", idx=LONG)
    venue.order("Sell", "10", idx=SHORT)
    venue.quote("400.00", "400.01", mark="400.00")
    assert venue.leg(LONG).size + venue.leg(SHORT).size < 20
    assert venue.wallet().equity > 0


def test_auto_deleveraging_takes_a_part_off_at_the_mark_price() -> None:
    venue = fully_invested()
    venue.exchange.deleverage(UID, COIN, LONG, D(15), venue.now)
    fill, row = venue.exchange.executions(UID)[-1], venue.exchange.ledger(UID)[-1]
    assert (fill.exec_type, fill.create_type, fill.price) == ("AdlTrade", "CreateByAdl_PassThrough", D("99.99"))
    assert (row.type, venue.leg().size) == ("ADL", D(25))
    with pytest.raises(ValueError, match="holds no 100"):
        venue.exchange.deleverage(UID, COIN, LONG, D(100), venue.now)
