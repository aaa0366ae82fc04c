"""Hedge mode: which order opens and closes which leg, and what closing orders may do."""

from typing import Any

import pytest

from gridtrader.simulator.core.model import OrderStatus
from tests.simulator.core.venue import COIN, LONG, SHORT, UID, D, Venue, refusal, refusal_code

NO_POSITION = (110017, "current position is zero, cannot fix reduce-only order qty")
NO_BUDGET = (110017, "orderQty will be truncated to zero")
FAR = {LONG: ("Sell", "105.00", "110.00"), SHORT: ("Buy", "95.00", "90.00")}


def with_position(idx: int, qty: str = "10", **options: Any) -> Venue:
    venue = Venue(**options)
    venue.order(*(("Buy", qty, "100.00") if idx == LONG else ("Sell", qty, "99.99")), idx)
    venue.events()
    return venue


@pytest.mark.parametrize(
    ("side", "idx", "before", "after"),
    [
        ("Buy", LONG, {}, {LONG: ("Buy", "3")}),
        ("Sell", LONG, {LONG: "10"}, {LONG: ("Buy", "7")}),
        ("Sell", SHORT, {}, {SHORT: ("Sell", "3")}),
        ("Buy", SHORT, {SHORT: "10"}, {SHORT: ("Sell", "7")}),
    ],
    ids=["open long", "close long", "open short", "close short"],
)
def test_side_and_position_idx_say_what_an_order_does(
    side: str, idx: int, before: dict[int, str], after: dict[int, tuple[str, str]]
) -> None:
    venue = Venue()
    for leg, qty in before.items():
        venue.order("Buy" if leg == LONG else "Sell", qty, idx=leg)
    venue.order(side, "3", idx=idx)
    for leg in (LONG, SHORT):
        expected_side, size = after.get(leg, ("", "0"))
        assert (venue.leg(leg).side, venue.leg(leg).size) == (expected_side, D(size))


@pytest.mark.parametrize("mode", [0, 3])
def test_a_position_idx_of_the_other_mode_is_refused(mode: int) -> None:
    venue = Venue()
    if mode == 0:
        venue.exchange.switch_mode(UID, COIN, None, 0, venue.now)
    wrong = [1, 2] if mode == 0 else [0]
    for idx in wrong:
        text = "position idx not match position mode"
        assert refusal(lambda idx=idx: venue.order("Buy", "1", "95.00", idx)) == (10001, text)  # type: ignore[misc]


@pytest.mark.parametrize("idx", [LONG, SHORT])
def test_closing_orders_are_stored_as_reduce_only_whatever_was_sent(idx: int) -> None:
    side, price, _ = FAR[idx]
    assert with_position(idx).order(side, "4", price, idx).reduce_only is True
    assert with_position(idx).order(side, "4", price, idx, reduce_only=True).reduce_only is True


@pytest.mark.parametrize("idx", [LONG, SHORT])
def test_a_closing_order_without_a_position_is_refused(idx: int) -> None:
    side, price, _ = FAR[idx]
    assert refusal(lambda: Venue().order(side, "4", price, idx)) == NO_POSITION


@pytest.mark.parametrize("idx", [LONG, SHORT])
def test_a_closing_order_is_refused_when_resting_ones_cover_the_position(idx: int) -> None:
    venue = with_position(idx)
    side, price, far = FAR[idx]
    venue.order(side, "10", price, idx)
    assert refusal(lambda: venue.order(side, "0.1", far, idx)) == NO_BUDGET
    assert refusal(lambda: venue.order(side, "10", idx=idx)) == NO_BUDGET


@pytest.mark.parametrize("idx", [LONG, SHORT])
def test_a_closing_order_is_truncated_to_what_is_left(idx: int) -> None:
    venue = with_position(idx)
    side, price, far = FAR[idx]
    venue.order(side, "7", price, idx)
    second = venue.order(side, "7", far, idx)
    assert (second.qty, second.leaves_qty, second.status) == (D(3), D(3), OrderStatus.NEW)


@pytest.mark.parametrize(("side", "idx", "price"), [("Sell", SHORT, "105.00"), ("Buy", LONG, "95.00")])
def test_reduce_only_in_the_opening_direction_is_refused(side: str, idx: int, price: str) -> None:
    venue = with_position(idx)
    assert refusal_code(lambda: venue.order(side, "1", price, idx, reduce_only=True)) == 110017


@pytest.mark.parametrize("idx", [LONG, SHORT])
def test_a_leg_never_flips(idx: int) -> None:
    venue = with_position(idx)
    side, _, _ = FAR[idx]
    assert venue.order(side, "25", idx=idx).qty == 10
    assert (venue.leg(idx).size, venue.leg(idx).side) == (D(0), "")


def test_cancelled_closing_orders_give_their_budget_back() -> None:
    venue = with_position(LONG)
    venue.cancel(venue.order("Sell", "10", "105.00"))
    assert venue.order("Sell", "10", "106.00").qty == 10


def test_conditional_orders_are_outside_the_budget_and_need_no_position() -> None:
    venue = Venue()
    stop = venue.order("Sell", "10", idx=LONG, trigger_price=D(90), trigger_direction=2)
    assert (stop.status, stop.reduce_only) == (OrderStatus.UNTRIGGERED, False)
    venue.order("Buy", "10", "100.00")
    assert venue.order("Sell", "10", "105.00").qty == 10


def test_ten_conditional_orders_per_contract_are_the_limit() -> None:
    venue = Venue()
    for _ in range(10):
        venue.order("Sell", "1", idx=LONG, trigger_price=D(90), trigger_direction=2)
    eleventh = refusal(lambda: venue.order("Buy", "1", idx=SHORT, trigger_price=D(110), trigger_direction=1))
    assert eleventh == (110009, "already had 10 working normal stop orders")
    venue.order("Buy", "1", "95.00")


def test_quantity_zero_closes_the_whole_leg_only_with_both_flags() -> None:
    venue = with_position(LONG)
    each: tuple[dict[str, Any], ...] = ({}, {"reduce_only": True}, {"close_on_trigger": True})
    for flags in each:
        code, text = refusal(lambda flags=flags: venue.order("Sell", "0", **flags))  # type: ignore[misc]
        assert (code, text) == (10001, "The number of contracts exceeds minimum limit allowed")
    venue.order("Sell", "4", "105.00")
    venue.order("Sell", "0", reduce_only=True, close_on_trigger=True)
    assert venue.leg().size == 0


def test_quantity_zero_needs_a_position() -> None:
    whole: dict[str, Any] = {"reduce_only": True, "close_on_trigger": True}
    assert refusal(lambda: Venue().order("Sell", "0", **whole)) == NO_POSITION


@pytest.mark.parametrize("idx", [LONG, SHORT])
def test_a_position_that_shrinks_takes_the_furthest_closing_order_with_it(idx: int) -> None:
    venue = with_position(idx)
    side, near, far = FAR[idx]
    nearest, furthest = venue.order(side, "5", near, idx), venue.order(side, "5", far, idx)
    venue.exchange.deleverage(UID, COIN, idx, D(7), venue.now)
    cancelled, cut = venue.now_of(furthest), venue.now_of(nearest)
    assert (cancelled.status, cancelled.cancel_type) == (OrderStatus.CANCELLED, "CancelByReduceOnly")
    assert (cancelled.leaves_qty, cancelled.qty) == (D(0), D(5))
    assert (cut.status, cut.qty, cut.leaves_qty) == (OrderStatus.NEW, D(3), D(3))


def test_the_victim_may_be_the_oldest_closing_order_by_option() -> None:
    venue = with_position(LONG, reduce_only_victim="oldest")
    oldest, youngest = venue.order("Sell", "5", "105.00"), venue.order("Sell", "5", "110.00")
    venue.exchange.deleverage(UID, COIN, LONG, D(5), venue.now)
    assert venue.now_of(oldest).status is OrderStatus.CANCELLED
    assert venue.now_of(youngest).leaves_qty == 5


def test_of_two_closing_orders_at_one_price_the_younger_goes_first() -> None:
    venue = with_position(LONG)
    older, younger = venue.order("Sell", "5", "105.00"), venue.order("Sell", "5", "105.00")
    venue.exchange.deleverage(UID, COIN, LONG, D(5), venue.now)
    assert venue.now_of(older).status is OrderStatus.NEW
    assert venue.now_of(younger).status is OrderStatus.CANCELLED


def test_closing_one_leg_leaves_the_other_alone() -> None:
    venue = with_position(LONG)
    venue.order("Sell", "10", "99.99", SHORT)
    cover = venue.order("Buy", "10", "95.00", SHORT)
    venue.order("Sell", "10", idx=LONG)
    assert (venue.leg(LONG).size, venue.leg(SHORT).size) == (D(0), D(10))
    assert venue.now_of(cover).leaves_qty == 10


def test_a_closing_fill_in_the_same_round_as_an_opening_one_keeps_the_budget() -> None:
    venue = with_position(LONG)
    take_profit = venue.order("Sell", "10", "105.00")
    venue.order("Buy", "5", "95.00")
    venue.quote("94.00", "94.01")
    assert venue.leg().size == 15
    assert venue.now_of(take_profit).leaves_qty == 10


# --- one-way mode ---


def one_way(usdt: str = "10000") -> Venue:
    venue = Venue(usdt)
    venue.exchange.switch_mode(UID, COIN, None, 0, venue.now)
    venue.events()
    return venue


def test_in_one_way_mode_an_order_can_turn_the_position() -> None:
    venue = one_way()
    venue.order("Buy", "10", "100.00", 0)
    venue.order("Sell", "15", "99.99", 0)
    leg = venue.leg(0)
    assert (leg.side, leg.size, leg.entry_price) == ("Sell", D(5), D("99.99"))
    execution = venue.exchange.executions(UID)[-1]
    assert (execution.closed_size, execution.exec_pnl) == (D(10), D("-0.1"))


def test_in_one_way_mode_reduce_only_follows_its_flag() -> None:
    venue = one_way()
    assert refusal(lambda: venue.order("Sell", "1", "105.00", 0, reduce_only=True)) == NO_POSITION
    venue.order("Buy", "10", "100.00", 0)
    assert venue.order("Sell", "15", "105.00", 0, reduce_only=True).qty == 10
    assert refusal_code(lambda: venue.order("Buy", "1", "95.00", 0, reduce_only=True)) == 110017


def test_in_one_way_mode_turning_the_position_cancels_its_closing_orders() -> None:
    venue = one_way()
    venue.order("Buy", "10", "100.00", 0)
    closer = venue.order("Sell", "10", "105.00", 0, reduce_only=True)
    venue.order("Sell", "12", "99.99", 0)
    assert venue.now_of(closer).cancel_type == "CancelByReduceOnly"


def test_in_one_way_mode_a_reduce_only_order_never_opens_when_another_closed_first() -> None:
    venue = one_way()
    venue.order("Buy", "10", "100.00", 0)
    plain = venue.order("Sell", "10", "104.00", 0)
    closer = venue.order("Sell", "10", "105.00", 0, reduce_only=True)
    venue.quote("106.00", "106.01")
    assert venue.leg(0).size == 0
    assert venue.now_of(plain).cum_exec_qty == 10
    assert (venue.now_of(closer).cum_exec_qty, venue.now_of(closer).cancel_type) == (D(0), "CancelByReduceOnly")


def test_in_one_way_mode_closing_without_the_flag_needs_no_money() -> None:
    venue = one_way("102")
    venue.order("Buy", "10", "100.00", 0)
    assert venue.wallet().total_available < 2
    venue.order("Sell", "10", "99.99", 0)
    assert venue.leg(0).size == 0
