"""Amending and cancelling: what changes, what is refused, and the races with fills."""

from typing import Any

import pytest

from gridtrader.simulator.core.model import OrderStatus
from tests.simulator.core.venue import COIN, LONG, SHORT, UID, D, Venue, refusal, refusal_code

GONE_REPLACE = (110001, "order not exists or too late to replace")
GONE_CANCEL = (110001, "order not exists or too late to cancel")


def test_price_and_quantity_can_be_amended_together() -> None:
    venue = Venue()
    order = venue.order("Buy", "10", "95.00", order_link_id="g1")
    changed = venue.exchange.amend_order(UID, COIN, venue.now + 5, order_link_id="g1", qty=D(7), price=D(96))
    assert (changed.order_id, changed.qty, changed.leaves_qty, changed.price) == (order.order_id, D(7), D(7), D(96))
    assert (changed.status, changed.updated_time) == (OrderStatus.NEW, venue.now + 5)
    assert changed.created_time == order.created_time
    assert list(venue.exchange.open_orders(UID)) == [changed]


def test_the_margin_follows_the_amendment() -> None:
    venue = Venue()
    order = venue.order("Buy", "10", "95.00")
    venue.amend(order, qty="20")
    twin = Venue()
    twin.order("Buy", "20", "95.00")
    assert venue.wallet() == twin.wallet()


@pytest.mark.parametrize("values", [{}, {"qty": "10"}, {"price": "95.00"}, {"qty": "10.0", "price": "95.0"}])
def test_an_amendment_that_changes_nothing_is_refused(values: dict[str, str]) -> None:
    venue = Venue()
    order = venue.order("Buy", "10", "95.00")
    text = "The order remains unchanged as the parameters entered match the existing ones."
    assert refusal(lambda: venue.amend(order, **values)) == (10001, text)


def test_an_order_that_is_gone_can_be_neither_amended_nor_cancelled() -> None:
    venue = Venue()
    filled = venue.order("Buy", "10", "100.00")
    cancelled = venue.cancel(venue.order("Buy", "10", "95.00"))
    for order in (filled, cancelled):
        assert refusal(lambda order=order: venue.amend(order, price="96.00")) == GONE_REPLACE  # type: ignore[misc]
        assert refusal(lambda order=order: venue.cancel(order)) == GONE_CANCEL  # type: ignore[misc]


def test_an_unknown_order_another_symbols_and_another_accounts_are_gone_as_well() -> None:
    venue = Venue()
    venue.account(2)
    order = venue.order("Buy", "10", "95.00")
    exchange, now = venue.exchange, venue.now
    assert refusal(lambda: exchange.cancel_order(UID, COIN, now, order_id="nope")) == GONE_CANCEL
    assert refusal(lambda: exchange.cancel_order(UID, "BTCUSDT", now, order_id=order.order_id)) == GONE_CANCEL
    assert refusal(lambda: exchange.cancel_order(2, COIN, now, order_id=order.order_id)) == GONE_CANCEL


def test_a_command_must_name_its_order() -> None:
    venue = Venue()
    text = "params error: OrderId or orderLinkId is required"
    assert refusal(lambda: venue.exchange.cancel_order(UID, COIN, 1)) == (10001, text)
    assert refusal(lambda: venue.exchange.amend_order(UID, COIN, 1, qty=D(1))) == (10001, text)


def test_the_quantity_cannot_go_down_to_what_has_filled() -> None:
    venue = Venue()
    order = venue.order("Buy", "10", "95.00")
    venue.quote("94.98", "95.00", size="4")
    text = "The number of contracts modified cannot be less than or equal to the filled quantity"
    assert refusal(lambda: venue.amend(order, qty="4")) == (110064, text)
    changed = venue.amend(order, qty="6")
    assert (changed.status, changed.qty, changed.leaves_qty) == (OrderStatus.PARTIALLY_FILLED, D(6), D(2))


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"qty": "0.05"}, 10001),
        ({"qty": "10000.1"}, 10001),
        ({"price": "95.001"}, 10001),
        ({"price": "0.001"}, 110003),
        ({"qty": "0.1", "price": "40.00"}, 110094),
        ({"qty": "1500"}, 110007),
        ({"qty": "9000"}, 110089),
        ({"trigger": "90.00"}, 10001),
    ],
)
def test_an_amendment_is_checked_like_a_new_order(values: dict[str, str], code: int) -> None:
    venue = Venue()
    order = venue.order("Buy", "10", "95.00")
    wallet = venue.wallet()
    venue.events()
    assert refusal_code(lambda: venue.amend(order, **values)) == code
    assert venue.now_of(order) == order
    assert venue.wallet() == wallet
    assert venue.events() == []


def test_an_amendment_needs_money_only_for_what_it_adds() -> None:
    venue = Venue("105")
    order = venue.order("Buy", "10", "95.00")
    venue.amend(order, price="95.50")
    assert refusal_code(lambda: venue.amend(order, qty="12")) == 110007


def test_an_amendment_to_less_is_possible_without_any_money() -> None:
    venue = Venue("105")
    order = venue.order("Buy", "10", "95.00")
    venue.exchange.transfer(UID, -venue.wallet().total_available, venue.now)
    assert venue.amend(order, qty="9").qty == 9


def test_an_amended_price_is_moved_into_the_price_band() -> None:
    venue = Venue()
    order = venue.order("Buy", "10", "95.00")
    venue.quote("99.99", "104.00")
    assert venue.amend(order, price="103.00").price == D("100.98")


def test_a_crossing_amendment_executes_at_once_as_taker() -> None:
    venue = Venue()
    order = venue.amend(venue.order("Buy", "10", "95.00"), price="100.50")
    assert order.status is OrderStatus.FILLED
    fill = venue.exchange.executions(UID)[-1]
    assert (fill.price, fill.is_maker) == (D("100.00"), False)


def test_a_post_only_order_amended_into_the_market_is_cancelled() -> None:
    venue = Venue()
    order = venue.amend(venue.order("Buy", "10", "95.00", time_in_force="PostOnly"), price="100.00")
    assert (order.status, order.reject_reason) == (OrderStatus.CANCELLED, "EC_PostOnlyWillTakeLiquidity")


@pytest.mark.parametrize(
    ("values", "options", "first"),
    [
        ({"qty": "2"}, {}, "younger"),
        ({"qty": "2"}, {"qty_decrease_keeps_priority": True}, "older"),
        ({"qty": "4"}, {"qty_decrease_keeps_priority": True}, "younger"),
        ({"price": "95.01"}, {"qty_decrease_keeps_priority": True}, "older"),
    ],
    ids=["a smaller quantity", "a smaller quantity by option", "a larger quantity", "a better price"],
)
def test_amending_may_cost_the_place_in_the_queue(
    values: dict[str, str], options: dict[str, Any], first: str
) -> None:
    venue = Venue(**options)
    older, younger = venue.order("Buy", "3", "95.00"), venue.order("Buy", "3", "95.00")
    venue.amend(older, **values)
    venue.quote("94.98", "95.00", size="1")
    filled = older if first == "older" else younger
    assert venue.now_of(filled).cum_exec_qty == 1


def test_going_away_and_coming_back_to_a_price_costs_the_place_in_the_queue() -> None:
    venue = Venue()
    older, younger = venue.order("Buy", "3", "95.00"), venue.order("Buy", "3", "95.00")
    venue.amend(older, price="94.00")
    venue.amend(older, price="95.00")
    venue.quote("94.98", "95.00", size="1")
    assert venue.now_of(younger).cum_exec_qty == 1


@pytest.mark.parametrize("idx", [LONG, SHORT])
def test_a_closing_order_can_be_moved_and_grow_only_with_its_position(idx: int) -> None:
    venue = Venue()
    opening, side, price, better = {
        LONG: ("Buy", "Sell", "105.00", "104.00"),
        SHORT: ("Sell", "Buy", "95.00", "96.00"),
    }[idx]
    venue.order(opening, "10", idx=idx)
    closer = venue.order(side, "10", price, idx)
    assert venue.amend(closer, price=better).qty == 10
    assert venue.amend(closer, qty="15").qty == 10
    venue.order(opening, "5", idx=idx)
    assert venue.amend(closer, qty="15").qty == 15


def test_a_user_cancel_says_so() -> None:
    venue = Venue()
    order = venue.cancel(venue.order("Buy", "10", "95.00"))
    assert (order.status, order.cancel_type) == (OrderStatus.CANCELLED, "CancelByUser")
    assert (order.reject_reason, order.leaves_qty) == ("EC_PerCancelRequest", D(0))
    assert venue.wallet().order_im == 0
    assert venue.exchange.closed_orders(UID) == [order]


def test_a_cancelled_order_keeps_what_had_filled() -> None:
    venue = Venue()
    order = venue.order("Buy", "10", "95.00")
    venue.quote("94.98", "95.00", size="4")
    cancelled = venue.cancel(order)
    assert (cancelled.status, cancelled.cum_exec_qty, cancelled.leaves_qty) == (OrderStatus.CANCELLED, D(4), D(0))
    venue.quote("94.98", "95.00", size="4")
    assert venue.leg().size == 4


def test_cancel_all_takes_every_working_order_of_the_symbol() -> None:
    venue = Venue()
    venue.quote("65000", "65000.1", symbol="BTCUSDT")
    orders = [
        venue.order("Buy", "1", "95.00"),
        venue.order("Sell", "1", "105.00", SHORT),
        venue.order("Buy", "1", idx=SHORT, trigger_price=D(110), trigger_direction=1),
    ]
    other = venue.order("Buy", "0.001", "64000", symbol="BTCUSDT")
    cancelled = venue.exchange.cancel_all(UID, venue.now, symbol=COIN)
    assert [order.order_id for order in cancelled] == [order.order_id for order in orders]
    assert [order.status.value for order in cancelled] == ["Cancelled", "Cancelled", "Deactivated"]
    assert list(venue.exchange.open_orders(UID)) == [other]
    assert venue.exchange.cancel_all(UID, venue.now, symbol=COIN) == []
    assert venue.exchange.cancel_all(UID, venue.now, settle_coin="USDC") == []
    assert len(venue.exchange.cancel_all(UID, venue.now, settle_coin="USDT")) == 1


def test_orders_are_found_by_either_name_whatever_their_status() -> None:
    venue = Venue()
    order = venue.order("Buy", "1", "100.00", order_link_id="g1")
    assert venue.exchange.find_order(UID, order_link_id="g1") == order
    assert venue.exchange.find_order(UID, order_id=order.order_id) == order
    assert venue.exchange.find_order(UID, order_id="nope") is None
    assert venue.exchange.find_order(UID, order_link_id="") is None
