"""Laws of the moment in which an order comes: name, quantity, price, money."""

from typing import Any

import pytest

from gridtrader.audit.books import LEGS, LONG, SHORT, SIGN, BookOrder
from gridtrader.audit.laws import check_placement
from gridtrader.audit.reserve import Purse
from tests.audit.scene import D, Scene, only, opened


def judged(scene: Scene, order: BookOrder, grace_ms: int = 0, **books: Any) -> list[str]:
    return check_placement(scene.ledger(grace_ms), scene.books(**books), order, scene.terms)


# --- price (S4) ---


@pytest.mark.parametrize(("leg", "price"), [(LONG, "0.9801"), (SHORT, "1.0201")])
def test_a_level_is_one_step_from_the_resting_one_before(leg: int, price: str) -> None:
    scene = opened()
    assert judged(scene, scene.order(leg, 2, 400, price)) == []
    for off in (D("-0.0001"), D("0.0001")):
        only(judged(scene, scene.order(leg, 2, 400, str(D(price) + off))), "S4", f"one step is {price}")


@pytest.mark.parametrize(("leg", "price", "from_limit"), [(LONG, "0.9802", "0.9899"), (SHORT, "1.0001", "1.0099")])
def test_a_level_is_one_step_from_the_average_of_the_executed_one(leg: int, price: str, from_limit: str) -> None:
    scene = Scene()
    scene.fill(leg, 0, 30, "0.9901", order_price=D("0.9999"), order_qty=D(100))
    scene.fill(leg, 0, 70, "0.9902", order_price=D("0.9999"), order_qty=D(100))
    scene.fill(3 - leg, 0, 100, "1")
    assert judged(scene, scene.order(leg, 1, 200, price)) == []
    only(judged(scene, scene.order(leg, 1, 200, from_limit), grace_ms=99_000), "S4", f"one step is {price}")


def test_a_resting_level_may_have_crossed_on_its_way_only_a_moment_ago() -> None:
    scene = opened()
    scene.orders.clear()
    scene.fill(LONG, 1, 200, "0.985", order_price=D("0.99"))
    order = scene.order(LONG, 2, 400, "0.9801")
    assert judged(scene, order, grace_ms=500, now_ms=scene.now_ms + 500) == []
    only(judged(scene, order, grace_ms=500, now_ms=scene.now_ms + 501), "S4", "one step is 0.9751")


def test_nothing_is_placed_above_an_entry_that_still_waits() -> None:
    scene = Scene()
    scene.fill(LONG, 0, 30, "1", order_qty=D(100))
    scene.rest(LONG, 0, 100, "1.001", leaves=D(70))
    only(judged(scene, scene.order(LONG, 1, 200, "0.99")), "above an entry that has no price yet")


def test_a_price_moved_by_the_exchange_is_judged_by_what_was_asked() -> None:
    scene = opened()
    assert judged(scene, scene.order(LONG, 2, 400, "0.97", asked_price=D("0.9801"))) == []


def test_a_level_whose_lower_one_was_lost_on_its_way_is_not_judged() -> None:
    scene = opened()
    scene.orders.clear()
    assert judged(scene, scene.order(LONG, 2, 400, "0.95")) == []
    scene.fill(LONG, 1, 60, "0.99", order_qty=D(200))
    assert judged(scene, scene.order(LONG, 2, 400, "0.95")) == []


# --- quantity (S1, S2) ---


def test_only_the_remainder_of_a_level_is_placed_again() -> None:
    scene = opened()
    scene.orders.clear()
    scene.fill(LONG, 1, 60, "0.99", order_qty=D(200))
    assert judged(scene, scene.order(LONG, 1, 140, "0.99", attempt=1)) == []
    only(judged(scene, scene.order(LONG, 1, 200, "0.99", attempt=1)), "reference", "140 is missing of q")


def test_the_first_level_of_a_ladder_is_as_s1_says_and_its_twin_the_same() -> None:
    scene = Scene()
    assert judged(scene, scene.order(LONG, 0, 100, "1.001")) == []
    only(judged(scene, scene.order(LONG, 0, 200, "1.001")), "reference", "S1 gives 99")
    scene.rest(LONG, 0, 100, "1.001")
    assert judged(scene, scene.order(SHORT, 0, 100, "0.999")) == []
    only(judged(scene, scene.order(SHORT, 0, 101, "0.999")), "its twin has 100")


def test_what_was_decided_before_the_other_side_closed_keeps_the_quantities_that_held_then() -> None:
    scene = Scene()
    scene.fill(LONG, 0, 100, "1")
    scene.close(LONG, 100, "1.02")
    laws = scene.laws()
    kept = scene.order(SHORT, 0, 100, "2")
    assert laws.placed(kept, scene.books(), is_anew=False) == []
    only(scene.laws().placed(kept, scene.books()), "reference", "S1 gives")
    only(scene.laws().placed(scene.order(SHORT, 0, 50, "2"), scene.books(), is_anew=False), "reference", "q is 100")


def test_a_small_first_level_is_raised_to_what_the_exchange_takes() -> None:
    scene = Scene(margin=D("0.1"))
    assert judged(scene, scene.order(LONG, 0, 6, "1")) == []
    only(judged(scene, scene.order(LONG, 0, 2, "1")), "S1 gives 5")


def test_an_order_of_the_cycle_that_closed_on_its_way_is_not_judged_for_a_moment() -> None:
    scene = opened()
    scene.close(LONG, 100, "1.02")
    order = scene.order(LONG, 1, 140, "0.99", attempt=1)
    assert judged(scene, order, grace_ms=500, now_ms=scene.now_ms + 500) == []
    only(judged(scene, order, grace_ms=500, now_ms=scene.now_ms + 501), "single", "long closed")


# --- names (C2) ---


def test_no_name_comes_twice_and_no_cycle_comes_back() -> None:
    scene = opened()
    laws, books = scene.laws(), scene.books()
    order = scene.order(LONG, 2, 400, "0.9801")
    assert laws.placed(order, books) == []
    only(laws.placed(order, books), "single: g_X_LA02_1_0", "attempt 0 was already made")
    assert laws.placed(scene.order(LONG, 2, 400, "0.9801", attempt=1), books) == []
    assert laws.placed(scene.order(LONG, 2, 400, "0.9801", cycle=2), books) == []
    only(laws.placed(scene.order(LONG, 2, 400, "0.9801", attempt=2), books), "after an order of a later cycle")


# --- reserve (S6) ---


def margin(leg: int, qty: int, price: str) -> D:
    return qty * D(price) * (1 + D("0.00055") * (20 - SIGN[leg])) / 10


def test_a_level_is_sent_only_if_it_fits_together_with_its_twin() -> None:
    scene = opened()
    both = margin(LONG, 400, "0.9801") + margin(SHORT, 400, "1.0201")
    order = scene.order(LONG, 2, 400, "0.9801")
    balance = {"margin_balance": D(100), "available": both + 15}
    assert judged(scene, order, 0, **balance) == []
    balance["available"] -= D("0.0001")
    only(judged(scene, order, 0, **balance), "reserve: g_X_LA02_1_0")


def test_a_twin_that_stands_or_has_executed_costs_nothing() -> None:
    alone = {"margin_balance": D(0), "available": margin(LONG, 400, "0.9801")}
    scene = opened()
    scene.rest(SHORT, 2, 400, "1.0201")
    assert judged(scene, scene.order(LONG, 2, 400, "0.9801"), 0, **alone) == []
    scene = opened()
    scene.fill(SHORT, 1, 200, "1.01")
    scene.fill(SHORT, 2, 400, "1.0201")
    assert judged(scene, scene.order(LONG, 2, 400, "0.9801"), 0, **alone) == []


def test_what_was_sent_and_is_not_yet_in_the_wallet_is_spent() -> None:
    """The bot may believe a balance of 5 s ago, but must count what it has placed since."""
    scene = opened()
    laws = scene.laws()
    rich = scene.books(available=D(100), margin_balance=D(0))
    order = scene.order(LONG, 2, 400, "0.9801")
    assert laws.placed(order, rich) == []
    spent = margin(LONG, 400, "0.9801")
    scene.orders.append(order)
    poorer = scene.books(available=D(100) - spent - 30, margin_balance=D(0), now_ms=scene.now_ms + 5_000)
    assert laws.placed(scene.order(SHORT, 2, 400, "1.0201"), poorer) == []
    late = poorer._replace(now_ms=poorer.now_ms + 5_001)
    only(laws.placed(scene.order(SHORT, 2, 400, "1.0201", attempt=1), late), "reserve")


def test_the_purse_knows_the_best_balance_of_five_seconds_less_what_came_since() -> None:
    purse = Purse(age_ms=5_000)
    purse.note(0, D(100))
    purse.placed(D(30))
    assert purse.free() == 70
    purse.note(1_000, D(60))  # 10 were lost on the market
    assert purse.free() == 70
    purse.note(5_001, D(60))
    assert purse.free() == 60
    purse.withdrawn(D(30))
    assert purse.free() == 90
    purse.note(5_002, D(90))
    assert purse.free() == 90


def test_a_balance_that_lasted_until_a_price_moved_it_is_as_young_as_that_price() -> None:
    purse = Purse(age_ms=5_000)
    purse.note(0, D(100))
    purse.lasts(60_000)
    purse.note(60_000, D(40))
    assert purse.free() == 100
    purse.note(65_001, D(40))
    assert purse.free() == 40


@pytest.mark.parametrize("leg", LEGS)
def test_take_profits_need_no_reserve(leg: int) -> None:
    scene = opened()
    scene.take_profits()
    orders = [order for order in scene.orders if order.reduce_only]
    scene.orders = [order for order in scene.orders if not order.reduce_only]
    laws = scene.laws()
    assert laws.placed(orders[leg - 1], scene.books(available=D(-5))) == []
