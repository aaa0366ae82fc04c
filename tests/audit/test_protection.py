"""Take-profits and net profit (S7)."""

from dataclasses import replace

import pytest

from gridtrader.audit.books import LEGS, LONG, SHORT
from tests.audit.scene import D, Scene, only, opened


def lawful() -> Scene:
    scene = opened()
    scene.take_profits()
    return scene


@pytest.mark.parametrize(
    ("leg", "prices", "funding", "wanted"),
    [
        (LONG, ("1", "0.99", "0.98"), "0.05", "0.9965"),
        (SHORT, ("1", "1.01", "1.0201"), "-0.05", "1.0034"),
    ],
)
def test_the_spec_s_examples(leg: int, prices: tuple[str, ...], funding: str, wanted: str) -> None:
    scene = Scene()
    for level, price in enumerate(prices):
        qty, rate = 75 * 2**level, D("0.0002") if level else D("0.00055")
        scene.fill(leg, level, qty, price, fee=qty * D(price) * rate)
    scene.funding(leg, funding)
    cycle = scene.cycle(leg)
    assert cycle is not None
    assert scene.price_of_take_profit(cycle) == D(wanted)


@pytest.mark.parametrize("leg", LEGS)
@pytest.mark.parametrize("ticks", [-1, 1])
def test_a_take_profit_a_tick_away_is_caught(leg: int, ticks: int) -> None:
    scene = lawful()
    at = next(i for i, order in enumerate(scene.orders) if order.reduce_only and order.leg == leg)
    scene.orders[at] = replace(scene.orders[at], price=scene.orders[at].price + ticks * scene.terms.tick)
    only(scene.check(), "protection", "S7 gives")


def test_a_take_profit_for_another_quantity_is_caught() -> None:
    scene = lawful()
    scene.orders[-1] = replace(scene.orders[-1], leaves=D(99))
    only(scene.check(), "SHORT of 100 has a take-profit for 99")


def test_a_missing_and_a_double_take_profit_are_caught() -> None:
    scene = lawful()
    double = scene.orders.pop()
    only(scene.check(), "SHORT of 100 has 0 take-profits")
    scene.orders += [double, replace(double, order_id="twice")]
    only(scene.check(), "SHORT has 2 take-profits")


@pytest.mark.parametrize("change", [{"reduce_only": False}, {"is_buy": False}])
def test_a_take_profit_that_does_not_close_is_caught(change: dict[str, bool]) -> None:
    scene = lawful()
    scene.orders[-1] = replace(scene.orders[-1], **change)  # type: ignore[arg-type]
    only(scene.check(), "SHORT's take-profit is no closing order")


def test_a_take_profit_of_an_earlier_cycle_is_caught() -> None:
    scene = opened()
    scene.take_profits()
    scene.fills = [
        replace(f, name=f.name._replace(slot=f.name.slot._replace(cycle=2))) for f in scene.fills if f.name
    ]
    scene.orders = [
        replace(o, name=o.name._replace(slot=o.name.slot._replace(cycle=1 if o.reduce_only else 2)))
        for o in scene.orders
        if o.name
    ]
    assert sum("of an earlier cycle" in text for text in scene.check()) == 2


def test_a_flat_side_with_a_take_profit_is_caught() -> None:
    scene = Scene()
    scene.take_profit(LONG, D("1.01"), D(100))
    only(scene.check(prices={}), "flat LONG has 1 take-profits")


def test_a_partly_filled_take_profit_keeps_its_price_until_funding() -> None:
    scene = lawful()
    price = next(order.price for order in scene.orders if order.reduce_only and order.leg == LONG)
    scene.close(LONG, 40, str(price), fee=D("0.02"))
    scene.orders = [o for o in scene.orders if not (o.reduce_only and o.leg == LONG)]
    scene.take_profit(LONG, price, D(60))
    assert scene.check() == []
    scene.funding(LONG, "0.5")
    only(scene.check(), "protection", "S7 gives")


def test_what_an_outdated_take_profit_left_over_makes_up_for_the_price_it_was_sold_at() -> None:
    scene = lawful()
    scene.orders = [o for o in scene.orders if not (o.reduce_only and o.leg == LONG)]
    scene.close(LONG, 40, "1.001", order_id="outdated")
    cycle = scene.cycle(LONG)
    assert cycle is not None
    whole = (cycle.entry_value * D("1.01") + cycle.entry_costs) / 100
    rest = scene.price_of_take_profit(cycle)
    assert rest > whole, "the forty were sold for too little"
    scene.take_profit(LONG, rest, D(60))
    assert scene.check() == []


def test_a_price_that_the_exchange_moved_is_judged_by_what_was_asked() -> None:
    scene = lawful()
    order = scene.orders[-1]
    scene.orders[-1] = replace(order, price=order.price - D("0.01"), asked_price=order.price)
    assert scene.check() == []


def test_a_short_whose_costs_exceed_its_value_stands_at_the_lowest_price() -> None:
    scene = Scene()
    for leg in LEGS:
        scene.fill(leg, 0, 100, "1", fee=D(200) if leg == SHORT else D(0))
        scene.rest(leg, 1, 200, "0.99" if leg == LONG else "1.01")
    scene.take_profits()
    scene.orders[-1] = replace(scene.orders[-1], price=scene.terms.min_price)
    assert scene.check() == []


def test_what_is_too_small_to_be_closed_needs_no_take_profit() -> None:
    scene = Scene(min_qty=D(2), min_notional=D(0))
    scene.fill(LONG, 0, 1, "1", order_qty=D(100))
    scene.rest(LONG, 0, 100, "1", leaves=D(99))
    assert scene.check() == []


# --- net profit ---


def closed(price: str, *, after_ms: int = 10_000, funding_ms: int | None = None) -> Scene:
    scene = Scene()
    scene.fill(LONG, 0, 100, "1")
    if funding_ms is not None:
        scene.funding(LONG, "0.5", after_ms=funding_ms)
    scene.close(LONG, 100, price, after_ms=after_ms)
    return scene


def test_a_cycle_that_earned_less_than_its_target_is_caught_once() -> None:
    scene = closed("1.0098")
    laws = scene.laws()
    only(scene.check(prices={}), "net profit: a LONG cycle earned 0.98, 1 was the least")
    assert laws.quiet(scene.books(prices={})) == []
    assert closed("1.0099").check(prices={}) == []  # within a tick


def test_a_take_profit_that_filled_before_anybody_could_answer_the_funding_is_excused() -> None:
    assert closed("1.01", after_ms=1_000, funding_ms=5_000).check(prices={}) == []
    only(closed("1.01", after_ms=1_001, funding_ms=5_000).check(prices={}), "net profit")


def test_a_take_profit_that_filled_while_the_bot_was_away_is_excused() -> None:
    scene = closed("1.01", after_ms=60_000, funding_ms=5_000)
    laws = Scene().laws()
    assert laws.filled(scene.fills[0]) == []
    laws.ledger.left(scene.fills[0].at_ms + 2_000)
    assert [laws.filled(fill) for fill in scene.fills[1:]] == [[], []]


def test_what_somebody_else_closed_is_not_the_take_profit_s_loss() -> None:
    scene = closed("0.5")
    scene.fills[-1] = replace(scene.fills[-1], name=None)
    assert scene.check(prices={}) == []
