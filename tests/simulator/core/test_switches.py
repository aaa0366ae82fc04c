"""Each switch of the core changes what it says, and nothing else by default."""

from decimal import Decimal

import pytest

from gridtrader.simulator.core.exchange import Exchange
from gridtrader.simulator.core.model import Executed, Execution, OrderStatus
from gridtrader.simulator.core.switches import Options
from tests.simulator.core.venue import COIN, LONG, SHORT, UID, D, Venue, refusal, refusal_code


def last_execution(venue: Venue) -> Execution:
    return venue.exchange.executions(UID)[-1]


# --- prices off the tick ---


@pytest.mark.parametrize(("choice", "code"), [("10001", 10001), ("110003", 110003)])
def test_a_price_off_the_tick_is_refused_as_the_switch_says(choice: str, code: int) -> None:
    venue = Venue(off_tick_price=choice)
    assert refusal_code(lambda: venue.order("Buy", "1", "90.005")) == code


def test_a_price_off_the_tick_may_be_truncated_to_the_tick_below() -> None:
    venue = Venue(off_tick_price="truncate")
    order = venue.order("Sell", "1", "110.009", SHORT)
    assert order.price == D("110.00")
    assert venue.amend(order, price="111.119").price == D("111.11")


# --- closing orders ---


def test_a_closing_order_above_the_budget_is_truncated() -> None:
    venue = Venue()
    venue.order("Buy", "10")
    venue.order("Sell", "8", "110.00")
    assert venue.order("Sell", "5", "111.00").qty == 2


def test_a_closing_order_above_the_budget_may_be_refused() -> None:
    venue = Venue(reduce_only_excess="reject")
    venue.order("Buy", "10")
    first = venue.order("Sell", "8", "110.00")
    assert refusal_code(lambda: venue.order("Sell", "5", "111.00")) == 110017
    assert refusal_code(lambda: venue.amend(first, qty="11")) == 110017
    assert venue.order("Sell", "2", "111.00").qty == 2


@pytest.mark.parametrize(("choice", "left"), [("reduce", ["3"]), ("cancel", [])])
def test_a_resting_closing_order_beyond_the_position_is_reduced_or_cancelled(choice: str, left: list[str]) -> None:
    venue = Venue(reduce_only_cut=choice)
    venue.order("Buy", "10")
    venue.order("Sell", "8", "110.00")
    stop = venue.order("Sell", "7", trigger_price=D("99.00"), trigger_direction=2)
    venue.quote("98.99", "99.00")
    assert venue.now_of(stop).status is OrderStatus.FILLED
    assert [str(order.leaves_qty) for order in venue.exchange.open_orders(UID)] == left


def test_a_leg_that_has_just_opened_may_not_be_closable_yet() -> None:
    venue = Venue(reduce_only_lag_ms=50)
    venue.order("Buy", "10")
    text = "current position is zero, cannot fix reduce-only order qty"
    assert refusal(lambda: venue.order("Sell", "10", "110.00")) == (110017, text)
    venue.now += 50
    assert venue.order("Sell", "10", "110.00").qty == 10


@pytest.mark.parametrize(("needs", "expected"), [(False, D(0)), (True, D("111.2705"))])
def test_resting_closing_orders_need_margin_only_where_the_switch_says_so(needs: bool, expected: Decimal) -> None:
    venue = Venue(closing_order_margin=needs)
    venue.order("Buy", "10")
    before = venue.wallet()
    venue.order("Sell", "10", "110.00")
    assert venue.wallet().order_im == expected
    assert venue.wallet().total_available == before.total_available - expected


def test_margin_of_closing_orders_is_checked_where_it_is_needed() -> None:
    venue = Venue("105", closing_order_margin=True)
    venue.order("Buy", "10")
    assert refusal_code(lambda: venue.order("Sell", "10", "100.10")) == 110007


# --- fees and profit ---


def test_a_tax_is_paid_on_every_fee_and_told_beside_it() -> None:
    venue = Venue(extra_fee_share=D("0.18"))
    venue.order("Buy", "10")
    entry = last_execution(venue)
    assert (entry.fee, entry.extra_fee, entry.extra_fee_rate) == (D("0.55"), D("0.0990"), D("0.000099"))
    assert venue.wallet().wallet_balance == D(10000) - D("0.649")
    row = venue.exchange.ledger(UID)[-1]
    assert (row.change, row.extra_fee) == (D("-0.649"), D("0.099"))
    assert venue.leg().cur_realised_pnl == D("-0.649")
    assert sum(row.change for row in venue.exchange.ledger(UID)) == venue.wallet().wallet_balance


def test_a_tax_raises_the_fee_to_close_in_the_margin() -> None:
    plain, taxed = Venue(), Venue(extra_fee_share=D("0.18"))
    for venue in (plain, taxed):
        venue.order("Buy", "10")
    difference = taxed.leg().initial_margin - plain.leg().initial_margin
    assert difference == D("1000") * D("0.9") * D("0.00055") * D("0.18")


@pytest.mark.parametrize(("included", "expected"), [(False, D("8.9")), (True, D("7.9"))])
def test_closed_profit_contains_funding_only_where_the_switch_says_so(included: bool, expected: Decimal) -> None:
    venue = Venue(closed_pnl_funding=included, maker_fee=D(0), taker_fee=D("0.00055"))
    venue.order("Buy", "20")
    venue.quote("100.00", "100.01")
    venue.exchange.settle_funding(COIN, D("0.001"), venue.now)
    venue.order("Sell", "10", "101.00")
    venue.quote("101.00", "101.01")
    (row,) = venue.exchange.closed_pnl(UID)
    assert row.closed_pnl == expected + D("0.55")


# --- cancel-all ---


def test_cancel_all_takes_the_kinds_it_is_told() -> None:
    venue = Venue()
    venue.order("Buy", "10")
    resting = venue.order("Buy", "1", "90.00")
    waiting = venue.order("Sell", "1", idx=LONG, trigger_price=D("95.00"), trigger_direction=2)
    gone = venue.exchange.cancel_all(UID, venue.now, symbol=COIN, active=False)
    assert [order.order_id for order in gone] == [waiting.order_id]
    assert venue.exchange.cancel_all(UID, venue.now, settle_coin="USDT", active=False) == []
    gone = venue.exchange.cancel_all(UID, venue.now, settle_coin="USDT", conditional=False)
    assert [order.order_id for order in gone] == [resting.order_id]


def test_a_conditional_order_that_has_triggered_and_rests_is_an_order_of_the_book() -> None:
    venue = Venue()
    venue.order("Buy", "1", "98.00", trigger_price=D("99.00"), trigger_direction=2)
    venue.quote("98.98", "98.99")
    assert venue.exchange.cancel_all(UID, venue.now, symbol=COIN, active=False) == []
    assert len(venue.exchange.cancel_all(UID, venue.now, symbol=COIN, conditional=False)) == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (Options(off_tick_price="maybe"), "off_tick_price is 'maybe'; allowed are 10001, 110003, truncate"),
        (Options(extra_fee_share=D("-0.1")), "extra_fee_share is -0.1; a number from 0 on is needed"),
        (Options(reduce_only_lag_ms=-1), "reduce_only_lag_ms is -1"),
    ],
)
def test_a_value_that_a_switch_does_not_know_is_refused(options: Options, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Exchange({}, options)


def test_nothing_of_it_shows_by_default() -> None:
    venue = Venue()
    venue.order("Buy", "10")
    (executed,) = [event for event in venue.events() if isinstance(event, Executed)]
    assert executed.executions[0].extra_fee == 0
