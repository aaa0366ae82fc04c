"""What the exchange refuses, with Bybit's code and words; a refused order leaves no trace."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from gridtrader.simulator.core.exchange import Exchange
from gridtrader.simulator.core.model import OrderRequest
from tests.simulator.core.venue import COIN, SHORT, UID, D, Venue, instrument, refusal, refusal_code

GOOD = OrderRequest(COIN, "Buy", "Limit", D(1), D(95), 1)

BAD_REQUESTS: list[tuple[str, dict[str, Any], int, str]] = [
    ("an unknown symbol", {"symbol": "NOPEUSDT"}, 10001, "Not supported symbols"),
    ("an unknown side", {"side": "Long"}, 10001, "params error: side invalid"),
    ("an unknown order type", {"order_type": "Stop"}, 10001, "params error: orderType invalid"),
    ("an unknown time in force", {"time_in_force": "GTX"}, 10001, "params error: timeInForce invalid"),
    ("a limit order without a price", {"price": None}, 10001, "params error: price is required for a Limit order"),
    ("no positionIdx in hedge mode", {"position_idx": 0}, 10001, "position idx not match position mode"),
    (
        "a quantity below the minimum",
        {"qty": D("0.0")},
        10001,
        "The number of contracts exceeds minimum limit allowed",
    ),
    ("a quantity off the step", {"qty": D("1.05")}, 10001, "Qty invalid"),
    ("a negative quantity", {"qty": D(-1)}, 10001, "Qty invalid"),
    ("a quantity that is no number", {"qty": D("NaN")}, 10001, "Qty invalid"),
    ("a price off the tick", {"price": D("95.005")}, 10001, "Price invalid"),
    ("a price below the contract's minimum", {"price": D(0)}, 110003, "price is invalid"),
    ("a price above the contract's maximum", {"price": D(200000)}, 110003, "price is invalid"),
    ("a price that is no number", {"price": D("Infinity")}, 110003, "price is invalid"),
    ("too small a value", {"qty": D("0.1"), "price": D(49)}, 110094, "Order does not meet minimum order value 5USDT"),
    ("more than the money", {"qty": D(1200)}, 110007, "ab not enough for new order"),
    (
        "a limit quantity above the maximum",
        {"qty": D("10000.1")},
        10001,
        "The number of contracts exceeds maximum limit allowed: too large, order qty:10000.1 > max qty:10000",
    ),
    (
        "a market quantity above the maximum",
        {"qty": D("5000.1"), "order_type": "Market"},
        10001,
        "The number of contracts exceeds maximum limit allowed: too large, order qty:5000.1 > max qty:5000",
    ),
    (
        "more than the risk tier allows at the leverage",
        {"qty": D(4100)},
        110090,
        "Order placement failed as your position may exceed the max limit. "
        "Please adjust your leverage to 20 or below to increase the max. position limit",
    ),
    ("more than the last risk tier", {"qty": D(6500)}, 110089, "Exceeds the maximum risk limit level"),
    ("a trigger without direction", {"trigger_price": D(105)}, 10001, "params error: triggerDirection invalid"),
    (
        "a trigger on an unknown price",
        {"trigger_price": D(105), "trigger_direction": 1, "trigger_by": "MidPrice"},
        10001,
        "params error: triggerBy invalid",
    ),
    (
        "a trigger price off the tick",
        {"trigger_price": D("105.001"), "trigger_direction": 1},
        10001,
        "params error: triggerPrice invalid",
    ),
    (
        "a rising trigger below the market",
        {"trigger_price": D(99), "trigger_direction": 1},
        110092,
        "expect Rising, but trigger_price[990000] <= current[999900]??LastPrice",
    ),
    (
        "a falling trigger above the market",
        {"trigger_price": D(101), "trigger_direction": 2},
        110093,
        "expect Falling, but trigger_price[1010000] >= current[999900]??LastPrice",
    ),
]


def small_leverage_venue() -> Venue:
    """Leverage 25, so that the second tier is the last allowed one."""
    venue = Venue()
    venue.exchange.set_leverage(UID, COIN, D(25), D(25), venue.now)
    venue.events()
    return venue


@pytest.mark.parametrize(("what", "changes", "code", "text"), BAD_REQUESTS, ids=[row[0] for row in BAD_REQUESTS])
def test_creation_refuses(what: str, changes: dict[str, Any], code: int, text: str) -> None:
    venue = small_leverage_venue()
    before = venue.wallet()
    request = replace(GOOD, order_link_id="again", **changes)
    if what == "more than the money":
        venue.exchange.set_leverage(UID, COIN, D(10), D(10), venue.now)
        venue.events()
    if "the risk tier" in what or "the last risk" in what:
        venue.exchange.transfer(UID, D(1_000_000), venue.now)
        before = venue.wallet()
        venue.events()
    assert refusal(lambda: venue.exchange.create_order(UID, request, venue.now)) == (code, text)
    assert venue.events() == []
    assert venue.wallet() == before
    assert list(venue.exchange.open_orders(UID)) == []
    venue.exchange.create_order(UID, replace(GOOD, order_link_id="again"), venue.now)


def test_the_good_order_behind_the_table_is_taken() -> None:
    assert small_leverage_venue().exchange.create_order(UID, GOOD, 1).leaves_qty == 1


@pytest.mark.parametrize(
    ("status", "code", "text"),
    [
        ("PreLaunch", 110074, "This contract is not live"),
        ("Closed", 110074, "This contract is not live"),
        (
            "Delivering",
            110042,
            "Currently, due to pre-delivery status, you can only reduce your position on this contract.",
        ),
    ],
)
def test_a_contract_that_is_not_trading_takes_no_opening_order(status: str, code: int, text: str) -> None:
    venue = Venue()
    venue.exchange.set_status(COIN, status, venue.now)
    assert refusal(lambda: venue.order("Buy", "1", "95.00")) == (code, text)
    venue.exchange.set_status(COIN, "Trading", venue.now)
    assert venue.order("Buy", "1", "95.00").leaves_qty == 1


def test_before_delivery_a_position_can_still_be_reduced() -> None:
    venue = Venue()
    venue.order("Buy", "1", "100.00")
    venue.exchange.set_status(COIN, "Delivering", venue.now)
    venue.order("Sell", "1", "99.99")
    assert venue.leg().size == 0


def test_a_contract_without_a_market_takes_no_order() -> None:
    exchange = Exchange({COIN: instrument()})
    venue = Venue()
    venue.exchange = exchange
    venue.account(UID)
    assert refusal_code(lambda: venue.order("Buy", "1", "95.00")) == 110074
    assert refusal_code(lambda: exchange.quote(COIN)) == 110074


def test_an_order_link_id_is_taken_for_ever() -> None:
    venue = Venue()
    venue.order("Buy", "1", "100.00", order_link_id="g1")
    twice = refusal(lambda: venue.order("Buy", "1", "95.00", order_link_id="g1"))
    assert twice == (110072, "OrderLinkedID is duplicate")


def test_an_order_link_id_may_be_freed_when_its_order_is_done() -> None:
    venue = Venue(link_ids_reserved="open")
    first = venue.order("Buy", "1", "95.00", order_link_id="g1")
    assert refusal_code(lambda: venue.order("Buy", "1", "95.00", order_link_id="g1")) == 110072
    venue.cancel(first)
    second = venue.order("Buy", "1", "95.00", order_link_id="g1")
    assert venue.exchange.find_order(UID, order_link_id="g1") == second


def test_two_accounts_may_use_the_same_order_link_id() -> None:
    venue = Venue()
    venue.account(2)
    venue.order("Buy", "1", "95.00", order_link_id="g1")
    assert venue.order("Buy", "1", "95.00", uid=2, order_link_id="g1").order_link_id == "g1"


def test_an_orders_name_is_asked_before_money_and_budget() -> None:
    venue = Venue()
    venue.order("Buy", "1", "100.00")
    venue.order("Sell", "1", "105.00", order_link_id="tp")
    assert refusal_code(lambda: venue.order("Sell", "1", "105.00", order_link_id="tp")) == 110072


def test_off_step_quantities_may_be_truncated() -> None:
    venue = Venue(off_step_qty="truncate")
    assert venue.order("Buy", "1.09", "95.00").qty == 1
    assert refusal_code(lambda: venue.order("Buy", "0.09", "95.00")) == 10001


def test_five_hundred_active_orders_are_the_limit() -> None:
    venue = Venue("1000000")
    orders = [venue.order("Buy", "0.1", "90.00") for _ in range(500)]
    text = "Not allowed to have more than 500 active orders."
    assert refusal(lambda: venue.order("Buy", "0.1", "90.00")) == (110020, text)
    venue.cancel(orders[0])
    venue.order("Buy", "0.1", "90.00")


def test_closing_orders_count_among_the_five_hundred() -> None:
    venue = Venue()
    venue.order("Buy", "50.1")
    for _ in range(500):
        venue.order("Sell", "0.1", "110.00")
    assert refusal_code(lambda: venue.order("Sell", "0.1", "110.00")) == 110020


def test_margin_is_needed_for_the_order_and_its_fees_to_the_last_digit() -> None:
    need = D(950) / 10 + D(950) * D("0.00055") + D(950) * D("0.9") * D("0.00055")
    assert Venue(str(need)).order("Buy", "10", "95.00").leaves_qty == 10
    short = str(need - D("0.00000001"))
    assert refusal_code(lambda: Venue(short).order("Buy", "10", "95.00")) == 110007


def test_margin_of_a_market_order_is_reckoned_at_the_touch() -> None:
    need = D(1000) / 10 + D(1000) * D("0.00055") + D(1000) * D("0.9") * D("0.00055")
    assert Venue(str(need)).order("Buy", "10").cum_exec_qty == 10
    short = str(need - D("0.00000001"))
    assert refusal_code(lambda: Venue(short).order("Buy", "10")) == 110007


def test_margin_of_a_crossing_sell_is_reckoned_at_the_bid_not_at_its_low_limit() -> None:
    value = D("99.99") * 10
    need = value / 10 + value * D("0.00055") + value * D("1.1") * D("0.00055")
    short = str(need - D("0.00001"))
    assert refusal_code(lambda: Venue(short).order("Sell", "10", "99.50", SHORT)) == 110007


def test_risk_limit_counts_what_already_rests_on_both_sides() -> None:
    venue = Venue("1000000")
    venue.exchange.set_leverage(UID, COIN, D(50), D(50), venue.now)
    venue.order("Buy", "1000", "95.00")
    venue.order("Sell", "1000", "105.00", SHORT)
    code, text = refusal(lambda: venue.order("Buy", "1", "95.00"))
    assert code == 110090
    assert "leverage to 25 or below" in text


def test_closing_orders_need_neither_value_nor_money_nor_tier() -> None:
    venue = Venue("110")
    venue.order("Buy", "10", "100.00")
    assert venue.wallet().total_available < 10
    venue.order("Sell", "0.1", "40.00", time_in_force="GTC")
    assert venue.leg().size == D("9.9")


def test_a_closing_order_may_be_larger_than_the_maximum_because_bybit_splits_it() -> None:
    venue = Venue("1000000", contract=instrument(max_qty=D(50), max_market_qty=D(50)))
    for _ in range(3):
        venue.order("Buy", "40", "100.00")
    assert refusal_code(lambda: venue.order("Buy", "120", "95.00")) == 10001
    assert venue.order("Sell", "120", "105.00").qty == 120


@pytest.mark.parametrize(
    "call",
    [
        lambda venue: venue.exchange.wallet(999),
        lambda venue: venue.account(UID),
        lambda venue: venue.exchange.open_account(3, None, Decimal(-1), 0),
        lambda venue: venue.exchange.set_status(COIN, "Halted", 0),
        lambda venue: venue.quote("100.01", "100.00"),
        lambda venue: venue.quote("0", "100.00", mark="100", last="100"),
    ],
)
def test_what_no_caller_should_ask_is_a_value_error(call: Callable[[Venue], object]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        call(Venue())
