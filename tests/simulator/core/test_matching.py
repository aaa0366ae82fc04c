"""How orders meet the market: takers, makers, sizes, times in force."""

import pytest

from gridtrader.simulator.core.model import Execution, OrderStatus
from tests.simulator.core.venue import COIN, LONG, SHORT, UID, D, Venue

MAKER_FEE, TAKER_FEE = D("0.0002"), D("0.00055")


def fills(venue: Venue, uid: int = UID) -> list[tuple[str, str]]:
    return [(str(execution.price), str(execution.qty)) for execution in venue.exchange.executions(uid)]


def last_fill(venue: Venue) -> Execution:
    return venue.exchange.executions(UID)[-1]


@pytest.mark.parametrize(
    ("side", "idx", "limit", "touch"), [("Buy", LONG, "100.50", "100.00"), ("Sell", SHORT, "99.50", "99.99")]
)
def test_a_crossing_order_takes_at_the_touch_and_pays_the_taker_fee(
    side: str, idx: int, limit: str, touch: str
) -> None:
    venue = Venue()
    order = venue.order(side, "10", limit, idx)
    assert (order.status, order.avg_price, order.price) == (OrderStatus.FILLED, D(touch), D(limit))
    fill = last_fill(venue)
    assert (fill.is_maker, fill.fee_rate, fill.fee) == (False, TAKER_FEE, D(touch) * 10 * TAKER_FEE)
    assert venue.wallet().wallet_balance == 10000 - fill.fee


def test_a_limit_exactly_at_the_touch_crosses() -> None:
    assert Venue().order("Buy", "1", "100.00").status is OrderStatus.FILLED
    assert Venue().order("Buy", "1", "99.99").status is OrderStatus.NEW


@pytest.mark.parametrize(
    ("side", "idx", "price", "near", "through"),
    [
        ("Buy", LONG, "95.00", ("94.99", "95.01"), ("90.00", "90.01")),
        ("Sell", SHORT, "105.00", ("104.99", "105.01"), ("110.00", "110.01")),
    ],
)
def test_a_resting_order_fills_at_its_own_price_as_maker(
    side: str, idx: int, price: str, near: tuple[str, str], through: tuple[str, str]
) -> None:
    venue = Venue()
    order = venue.order(side, "10", price, idx)
    venue.quote(*near)
    assert venue.now_of(order).status is OrderStatus.NEW
    venue.quote(*through)
    assert venue.now_of(order).status is OrderStatus.FILLED
    fill = last_fill(venue)
    assert (fill.price, fill.is_maker, fill.fee) == (D(price), True, D(price) * 10 * MAKER_FEE)


def test_a_resting_order_fills_when_the_other_side_of_the_market_touches_it() -> None:
    venue = Venue()
    order = venue.order("Buy", "1", "95.00")
    venue.quote("94.99", "95.00")
    assert venue.now_of(order).status is OrderStatus.FILLED


def test_without_sizes_everything_crossed_fills_nearest_first_then_oldest_first() -> None:
    venue = Venue()
    for price, qty in (("95.00", "1"), ("96.00", "2"), ("95.00", "3"), ("80.00", "4")):
        venue.order("Buy", qty, price)
    venue.quote("94.98", "95.00")
    assert fills(venue) == [("96.00", "2"), ("95.00", "1"), ("95.00", "3")]


def test_a_taker_walks_tick_by_tick_when_the_touch_is_thin() -> None:
    venue = Venue()
    venue.quote("99.99", "100.00", size="4")
    order = venue.order("Buy", "10", "100.05")
    assert fills(venue) == [("100.00", "4"), ("100.01", "4"), ("100.02", "2")]
    assert (order.status, order.cum_exec_value) == (OrderStatus.FILLED, D("1000.08"))
    venue.order("Sell", "5", "99.90", SHORT)
    assert fills(venue)[3:] == [("99.99", "4"), ("99.98", "1")]


def test_a_taker_stops_at_its_limit_and_rests_there() -> None:
    venue = Venue()
    venue.quote("99.99", "100.00", size="4")
    order = venue.order("Buy", "10", "100.01")
    assert (order.status, order.cum_exec_qty, order.leaves_qty) == (OrderStatus.PARTIALLY_FILLED, D(8), D(2))
    venue.quote("99.99", "100.00", size="4")
    assert venue.now_of(order).status is OrderStatus.FILLED
    assert (last_fill(venue).price, last_fill(venue).is_maker) == (D("100.01"), True)


def test_a_quote_with_a_size_fills_that_much_once() -> None:
    venue = Venue()
    order = venue.order("Buy", "10", "95.00")
    for filled, status in (("4", "PartiallyFilled"), ("8", "PartiallyFilled"), ("10", "Filled")):
        venue.quote("94.98", "95.00", size="4")
        latest = venue.now_of(order)
        assert (latest.cum_exec_qty, latest.status.value) == (D(filled), status)
    assert [execution.leaves_qty for execution in venue.exchange.executions(UID)] == [D(6), D(2), D(0)]


def test_the_size_of_a_quote_is_shared_by_all_accounts_in_order_of_price_and_age() -> None:
    venue = Venue()
    venue.account(2)
    older = venue.order("Buy", "3", "95.00", uid=2)
    younger = venue.order("Buy", "3", "95.00")
    better = venue.order("Buy", "3", "96.00")
    venue.quote("94.98", "95.00", size="7")
    assert [venue.now_of(order).cum_exec_qty for order in (better, older, younger)] == [D(3), D(3), D(1)]


def test_a_quote_brings_its_size_to_buys_and_to_sells() -> None:
    venue = Venue()
    buy = venue.order("Buy", "3", "95.00")
    venue.quote("90.00", "90.01", size="1")
    sell = venue.order("Sell", "3", "91.00", SHORT)
    venue.quote("91.00", "91.01", size="1")
    assert (venue.now_of(buy).cum_exec_qty, venue.now_of(sell).cum_exec_qty) == (D(2), D(1))


def test_a_quote_of_size_zero_executes_nothing() -> None:
    venue = Venue()
    resting = venue.order("Buy", "1", "95.00")
    venue.quote("94.98", "95.00", size="0")
    taker = venue.order("Buy", "1", "95.00", time_in_force="IOC")
    assert venue.now_of(resting).cum_exec_qty == 0
    assert (taker.status, taker.reject_reason) == (OrderStatus.CANCELLED, "EC_NoImmediateQtyToFill")


def test_users_orders_never_meet_each_other() -> None:
    venue = Venue()
    venue.account(2)
    venue.order("Buy", "1", "99.99")
    seller = venue.order("Sell", "1", "100.00", SHORT, uid=2)
    assert venue.exchange.executions(UID) == []
    assert seller.leaves_qty == 1


# --- times in force ---


def test_an_ioc_order_that_does_not_cross_is_cancelled() -> None:
    order = Venue().order("Buy", "1", "99.00", time_in_force="IOC")
    assert (order.status, order.cancel_type) == (OrderStatus.CANCELLED, "UNKNOWN")
    assert (order.reject_reason, order.leaves_qty) == ("EC_NoImmediateQtyToFill", D(0))


def test_an_ioc_order_keeps_what_it_got() -> None:
    venue = Venue()
    venue.quote("99.99", "100.00", size="4")
    order = venue.order("Buy", "10", "100.00", time_in_force="IOC")
    assert (order.status, order.cum_exec_qty, order.leaves_qty) == (OrderStatus.CANCELLED, D(4), D(0))
    assert venue.leg().size == 4
    assert list(venue.exchange.open_orders(UID)) == []


def test_a_fok_order_executes_whole_or_not_at_all() -> None:
    venue = Venue()
    venue.quote("99.99", "100.00", size="4")
    refused = venue.order("Buy", "10", "100.01", time_in_force="FOK")
    assert (refused.status, refused.reject_reason) == (OrderStatus.CANCELLED, "EC_CancelForNoFullFill")
    assert refused.cum_exec_qty == 0
    assert venue.order("Buy", "8", "100.01", time_in_force="FOK").status is OrderStatus.FILLED
    assert venue.order("Buy", "1", "99.00", time_in_force="FOK").reject_reason == "EC_CancelForNoFullFill"


@pytest.mark.parametrize("status", ["Cancelled", "Rejected"])
def test_a_post_only_order_that_would_take_ends_without_a_refusal(status: str) -> None:
    venue = Venue(post_only_violation=status)
    order = venue.order("Buy", "1", "100.00", time_in_force="PostOnly")
    assert (order.status.value, order.reject_reason) == (status, "EC_PostOnlyWillTakeLiquidity")
    assert order.cancel_type == "UNKNOWN"
    assert venue.exchange.executions(UID) == []


def test_a_post_only_order_behind_the_market_rests_and_fills_as_maker() -> None:
    venue = Venue()
    order = venue.order("Buy", "1", "99.99", time_in_force="PostOnly")
    assert order.status is OrderStatus.NEW
    venue.quote("99.98", "99.99")
    assert last_fill(venue).is_maker


@pytest.mark.parametrize(("side", "idx", "cap"), [("Buy", LONG, "105.00"), ("Sell", SHORT, "95.00")])
def test_a_market_order_is_an_ioc_order_five_per_cent_away(side: str, idx: int, cap: str) -> None:
    order = Venue().order(side, "1", idx=idx)
    assert (order.order_type, order.time_in_force, order.price) == ("Market", "IOC", D(cap))
    assert order.status is OrderStatus.FILLED


def test_a_market_order_leaves_off_where_the_market_is_empty_within_its_protection() -> None:
    venue = Venue("1000000")
    venue.quote("99.99", "100.00", size="0.1")
    order = venue.order("Buy", "60")
    assert order.status is OrderStatus.CANCELLED
    assert order.cum_exec_qty == D("0.1") * 501
    assert last_fill(venue).price == D("105.00")


# --- halts ---


def test_a_halted_contract_keeps_its_orders_and_executes_nothing() -> None:
    venue = Venue()
    order = venue.order("Buy", "1", "95.00")
    venue.exchange.set_status(COIN, "PreLaunch", venue.now)
    venue.quote("94.00", "94.01")
    assert venue.now_of(order).status is OrderStatus.NEW
    venue.exchange.set_status(COIN, "Trading", venue.now)
    venue.quote("94.00", "94.01")
    assert venue.now_of(order).status is OrderStatus.FILLED


def test_a_delisted_contract_cancels_all_orders_and_settles_positions_at_the_index() -> None:
    venue = Venue()
    venue.order("Buy", "10", "100.00")
    closer, stop = (
        venue.order("Sell", "10", "105.00"),
        venue.order("Sell", "1", trigger_price=D(90), trigger_direction=2),
    )
    balance = venue.wallet().wallet_balance
    venue.quote("102.00", "102.01", index="101.50")
    venue.exchange.set_status(COIN, "Closed", venue.now)
    assert (venue.now_of(closer).cancel_type, venue.now_of(stop).cancel_type) == ("CancelBySettle", "CancelBySettle")
    assert (venue.leg().size, venue.wallet().wallet_balance - balance) == (D(0), D(15))
    assert (last_fill(venue).exec_type, last_fill(venue).create_type) == ("Delivery", "CreateBySettle")
    assert venue.exchange.instruments[COIN].status == "Closed"
