"""Conditional orders: when they trigger and what becomes of them."""

import pytest

from gridtrader.simulator.core.model import OrderChanged, OrderStatus
from tests.simulator.core.venue import COIN, LONG, SHORT, UID, D, Venue, refusal_code


def statuses(venue: Venue, order_id: str) -> list[str]:
    return [
        event.order.status.value
        for event in venue.events()
        if isinstance(event, OrderChanged) and event.order.order_id == order_id
    ]


def test_a_conditional_order_waits_without_margin_and_outside_the_book() -> None:
    venue = Venue()
    before = venue.wallet()
    order = venue.order("Buy", "10", "101.00", trigger_price=D(105), trigger_direction=1)
    assert (order.status, order.trigger_by, order.create_type) == (
        OrderStatus.UNTRIGGERED,
        "LastPrice",
        "CreateByStopOrder",
    )
    assert venue.wallet() == before
    venue.quote("90.00", "90.01")
    assert venue.now_of(order) == order


@pytest.mark.parametrize(
    ("direction", "trigger", "not_yet", "reached"),
    [(1, "105.00", "104.99", "105.00"), (2, "95.00", "95.01", "95.00")],
)
def test_a_conditional_order_triggers_when_its_price_is_reached(
    direction: int, trigger: str, not_yet: str, reached: str
) -> None:
    venue = Venue()
    order = venue.order("Buy", "1", trigger_price=D(trigger), trigger_direction=direction)
    assert statuses(venue, order.order_id) == ["Untriggered"]
    venue.quote(not_yet, str(D(not_yet) + D("0.01")))
    assert statuses(venue, order.order_id) == []
    venue.quote(reached, str(D(reached) + D("0.01")))
    assert statuses(venue, order.order_id) == ["Triggered", "Filled"]
    assert venue.leg().size == 1


def test_a_triggered_limit_order_that_does_not_cross_rests() -> None:
    venue = Venue()
    order = venue.order("Buy", "1", "94.00", trigger_price=D(95), trigger_direction=2)
    venue.events()
    venue.quote("95.00", "95.01")
    assert statuses(venue, order.order_id) == ["Triggered", "New"]
    assert venue.wallet().order_im > 0
    venue.quote("93.99", "94.00")
    assert venue.exchange.executions(UID)[-1].is_maker


@pytest.mark.parametrize("trigger_by", ["LastPrice", "MarkPrice", "IndexPrice"])
def test_a_trigger_watches_the_price_it_names(trigger_by: str) -> None:
    venue = Venue()
    order = venue.order("Buy", "1", trigger_price=D(105), trigger_direction=1, trigger_by=trigger_by)
    prices = {"LastPrice": "last", "MarkPrice": "mark", "IndexPrice": "index"}
    others = {word: "105.00" for name, word in prices.items() if name != trigger_by}
    venue.quote("99.99", "100.00", **{"last": "99.99", "mark": "99.99", "index": "99.99", **others})
    assert venue.now_of(order).status is OrderStatus.UNTRIGGERED
    venue.quote(
        "99.99", "100.00", **{"last": "99.99", "mark": "99.99", "index": "99.99", prices[trigger_by]: "105.00"}
    )
    assert venue.now_of(order).status is OrderStatus.FILLED


@pytest.mark.parametrize(
    ("idx", "opening", "closing", "trigger", "direction"),
    [
        (LONG, "Buy", "Sell", "95.00", 2),
        (SHORT, "Sell", "Buy", "105.00", 1),
    ],
)
def test_a_triggered_stop_closes_the_position_and_cuts_the_resting_take_profit(
    idx: int, opening: str, closing: str, trigger: str, direction: int
) -> None:
    venue = Venue()
    venue.order(opening, "10", idx=idx)
    take_profit = venue.order(closing, "10", "110.00" if idx == LONG else "90.00", idx)
    stop = venue.order(closing, "6", idx=idx, trigger_price=D(trigger), trigger_direction=direction)
    venue.quote(trigger, trigger)
    assert venue.now_of(stop).status is OrderStatus.FILLED
    assert venue.now_of(stop).reduce_only
    assert venue.leg(idx).size == 4
    assert venue.now_of(take_profit).leaves_qty == 4


def test_a_triggered_stop_closes_at_most_what_there_is() -> None:
    venue = Venue()
    venue.order("Buy", "10")
    stop = venue.order("Sell", "25", trigger_price=D(95), trigger_direction=2)
    venue.quote("95.00", "95.01")
    assert (venue.now_of(stop).qty, venue.leg().size) == (D(10), D(0))


def test_a_triggered_stop_without_a_position_is_cancelled() -> None:
    venue = Venue()
    stop = venue.order("Sell", "25", trigger_price=D(95), trigger_direction=2)
    venue.events()
    venue.quote("95.00", "95.01")
    assert statuses(venue, stop.order_id) == ["Triggered", "Cancelled"]
    assert venue.now_of(stop).cancel_type == "CancelByReduceOnly"


def test_a_triggered_order_that_the_account_cannot_afford_is_cancelled() -> None:
    venue = Venue("100")
    order = venue.order("Buy", "50", trigger_price=D(95), trigger_direction=2)
    venue.quote("95.00", "95.01")
    assert venue.now_of(order).cancel_type == "CancelByCannotAffordOrderCost"
    assert venue.leg().size == 0


def test_a_triggered_limit_order_is_moved_into_the_price_band() -> None:
    venue = Venue()
    order = venue.order("Buy", "1", "110.00", trigger_price=D(95), trigger_direction=2)
    venue.quote("95.00", "99.00")
    assert (venue.now_of(order).price, venue.now_of(order).status) == (D("95.95"), OrderStatus.NEW)


def test_several_orders_trigger_at_one_quote_nearest_first() -> None:
    venue = Venue()
    far = venue.order("Buy", "1", trigger_price=D(94), trigger_direction=2)
    near = venue.order("Buy", "1", trigger_price=D(96), trigger_direction=2)
    venue.quote("93.00", "93.01")
    assert [fill.order_id for fill in venue.exchange.executions(UID)] == [near.order_id, far.order_id]


def test_a_conditional_order_can_be_amended_before_it_triggers() -> None:
    venue = Venue()
    order = venue.order("Buy", "1", trigger_price=D(105), trigger_direction=1)
    changed = venue.amend(order, trigger="103.00", qty="2")
    assert (changed.trigger_price, changed.qty, changed.status) == (D(103), D(2), OrderStatus.UNTRIGGERED)
    assert refusal_code(lambda: venue.amend(order, trigger="90.00")) == 110092
    venue.quote("103.00", "103.01")
    assert venue.now_of(order).cum_exec_qty == 2


def test_a_conditional_order_cancelled_in_time_is_deactivated_and_never_triggers() -> None:
    venue = Venue()
    order = venue.order("Buy", "1", trigger_price=D(105), trigger_direction=1)
    assert venue.cancel(order).status is OrderStatus.DEACTIVATED
    venue.quote("106.00", "106.01")
    assert venue.exchange.executions(UID) == []


def test_triggered_orders_free_a_place_for_conditional_ones() -> None:
    venue = Venue()
    for _ in range(10):
        venue.order("Buy", "1", "90.00", trigger_price=D(95), trigger_direction=2)
    venue.quote("95.00", "95.01")
    venue.order("Buy", "1", trigger_price=D(105), trigger_direction=1)
    assert len(list(venue.exchange.open_orders(UID, COIN))) == 11
