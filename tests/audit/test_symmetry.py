"""Symmetry, reference and look-ahead: what they catch, and what money, sizes and prices excuse."""

from dataclasses import replace

import pytest

from gridtrader.audit.books import LONG, SHORT
from tests.audit.scene import SYMBOL, D, Scene, only, opened


def deep() -> Scene:
    """LONG has executed 0-2 and SHORT 0; level 3 rests ahead on both."""
    scene = opened()
    scene.orders.clear()
    scene.fill(LONG, 1, 200, "0.99")
    scene.fill(LONG, 2, 400, "0.98")
    scene.rest(LONG, 3, 800, "0.9702")
    for level, price in ((1, "1.01"), (2, "1.0201"), (3, "1.0304")):
        scene.rest(SHORT, level, 100 * 2**level, price)
    scene.take_profits()
    return scene


def test_two_whole_ladders_are_lawful() -> None:
    scene = opened()
    scene.take_profits()
    assert scene.check() == []
    assert deep().check() == []


def test_a_partly_filled_level_whose_order_works_is_whole() -> None:
    scene = opened()
    scene.fill(LONG, 1, 60, "0.99", order_qty=D(200))
    scene.orders[0] = scene.order(LONG, 1, 200, "0.99", leaves=D(140))
    scene.take_profits()
    assert scene.check() == []
    scene.orders[0] = replace(scene.orders[0], leaves=D(139))
    only(scene.check(), "reference", "LONG level 1 has 199", "200")


def test_a_level_doubled_on_both_sides_is_caught() -> None:
    scene = Scene()
    for leg in (LONG, SHORT):
        scene.fill(leg, 0, 100, "1")
        scene.fill(leg, 0, 100, "1", attempt=1)
        scene.rest(leg, 1, 400, "0.99" if leg == LONG else "1.01")
    scene.take_profits()
    broken = scene.check()
    assert sum("level 0 has executed 200" in text for text in broken) == 2
    assert sum("level 1 has executed 0 and may execute 400" in text for text in broken) == 2


@pytest.mark.parametrize("leg", [LONG, SHORT])
def test_a_missing_level_is_caught(leg: int) -> None:
    scene = deep()
    scene.orders = [o for o in scene.orders if not (o.leg == leg and o.name and o.name.slot.level == 3)]
    only(scene.check(), "lookahead: level 3", "LONG" if leg == LONG else "SHORT")


def test_a_missing_insurance_is_caught_though_deeper_ones_stand() -> None:
    scene = deep()
    scene.orders = [o for o in scene.orders if not (o.leg == SHORT and o.name and o.name.slot.level == 1)]
    only(scene.check(), "symmetry: level 1 is missing on SHORT", "free 8500")


def test_levels_beyond_the_depth_are_caught() -> None:
    scene = opened()
    scene.take_profits()
    scene.rest(LONG, 2, 400, "0.9801")
    scene.rest(SHORT, 2, 400, "1.0201")
    broken = scene.check()
    assert len(broken) == 2
    assert all("beyond the depth of 2" in text for text in broken)


def test_no_averaging_order_stands_on_a_flat_side() -> None:
    scene = deep()
    scene.close(LONG, 700, "1.01")
    scene.orders = [o for o in scene.orders if o.leg == SHORT or (o.name and o.name.slot.kind.opens)]
    only(scene.check(), "symmetry: levels [3] rest on LONG, which is flat")


def test_money_excuses_the_level_ahead_only_if_it_does_not_fit_on_both_sides() -> None:
    scene = opened()
    scene.orders.clear()
    scene.take_profits()
    # both legs of level 1: 200 · (0.99 + 1.01) · (1 + 0.00055 · (20 ∓ 1)) / 10 = 40.4402..., free is available - 15
    margin = D("200") * D("0.99") * (1 + D("0.00055") * 19) / 10 + D("200") * D("1.01") * (1 + D("0.00055") * 21) / 10
    fits = margin + 15
    assert scene.check(available=fits - D("0.000001"), margin_balance=D(100)) == []
    only(scene.check(available=fits, margin_balance=D(100)), "lookahead: level 1 is missing on LONG and SHORT")
    assert scene.check(available=fits, margin_balance=D(100), slack=D("0.01")) == []


def test_a_level_without_money_for_both_stands_on_neither() -> None:
    scene = opened()
    del scene.orders[1]
    scene.take_profits()
    only(scene.check(available=D(10), margin_balance=D(10)), "level 1 rests on LONG alone")


def test_an_executed_level_without_money_for_its_twin_is_excused() -> None:
    scene = opened()
    scene.orders.clear()
    scene.fill(LONG, 1, 200, "0.99")
    scene.take_profits()
    assert scene.check(available=D(10), margin_balance=D(10)) == []
    only(scene.check(), "symmetry: level 1 is missing on SHORT")


def test_smaller_missing_levels_come_before_deeper_ones() -> None:
    scene = deep()
    scene.orders = [o for o in scene.orders if not (o.leg == SHORT and o.name and o.name.slot.level == 1)]
    only(scene.check(available=D(1), margin_balance=D(1)), "levels [3] rest ahead while level 1 is missing")
    scene.orders = [o for o in scene.orders if not (o.name and o.name.slot.level == 3)]
    only(scene.check(available=D(1), margin_balance=D(1)), "level 1 is missing for want of", "deeper ones bind 41")
    assert scene.check(available=D(-100), margin_balance=D(1)) == []


def test_the_largest_level_and_the_largest_order_end_both_ladders() -> None:
    scene = opened(max_level=0)
    scene.orders.clear()
    scene.take_profits()
    assert scene.check() == []
    scene = opened(max_qty=D(199))
    scene.orders.clear()
    scene.take_profits()
    assert scene.check() == []


def test_the_risk_tier_caps_the_depth_on_both_sides() -> None:
    scene = opened(tier_value=D(300))
    scene.orders.clear()
    scene.take_profits()
    assert scene.check() == []
    scene.terms = replace(scene.terms, tier_value=D(500))
    only(scene.check(), "lookahead: level 1")


@pytest.mark.parametrize("limits", [{"min_price": D("0.995")}, {"max_price": D("1.005")}, {"step": D(1)}])
def test_a_level_whose_price_the_contract_does_not_have_is_excused(limits: dict[str, D]) -> None:
    scene = opened(**limits)
    scene.orders.clear()
    scene.take_profits()
    assert scene.check() == []


def test_a_remainder_too_small_for_the_exchange_counts_as_executed() -> None:
    scene = Scene()
    scene.fill(LONG, 0, 96, "1", order_qty=D(100))
    scene.fill(SHORT, 0, 100, "1")
    scene.rest(LONG, 1, 200, "0.99")
    scene.rest(SHORT, 1, 200, "1.01")
    scene.take_profits()
    assert scene.check() == []  # 4 coins at 1.00 are below 5 USDT
    scene.terms = replace(scene.terms, min_notional=D("3.9"))
    only(scene.check(), "symmetry: level 0 is missing on LONG")


def test_while_an_entry_waits_the_symbol_is_not_quiet() -> None:
    scene = Scene()
    scene.fill(LONG, 0, 30, "1", order_qty=D(100))
    scene.rest(LONG, 0, 100, "1.001", leaves=D(70))
    scene.take_profits()
    assert scene.check() == []


def test_a_reopened_side_needs_a_price_to_be_judged() -> None:
    scene = opened()
    scene.close(LONG, 100, "1.02")
    scene.orders.clear()
    scene.take_profits()
    assert any("level 0 is missing on LONG" in text for text in scene.check())
    assert scene.check(prices={}) == []
    assert scene.check(held=frozenset({SYMBOL})) == []


def test_a_lowered_maximum_leaves_what_has_executed_and_its_insurance() -> None:
    scene = deep()
    scene.terms = replace(scene.terms, max_level=1)
    scene.orders = [o for o in scene.orders if not (o.name and o.name.slot.level == 3)]
    assert scene.check() == []


def test_a_stopped_account_keeps_nothing_right_any_more() -> None:
    scene = opened()
    scene.orders.clear()
    assert len(scene.check()) == 3
    assert scene.check(is_stopped=True) == []


def test_a_balance_that_grew_since_it_was_told_is_used_after_the_next_refresh() -> None:
    scene = opened()
    scene.orders.clear()
    scene.take_profits()
    laws = scene.laws(refresh_ms=20_000)
    laws.told(scene.books(available=D(10), margin_balance=D(0), now_ms=0))
    grown = {"available": D(100), "margin_balance": D(0)}
    assert laws.quiet(scene.books(**grown, now_ms=20_000)) == []
    only(laws.quiet(scene.books(**grown, now_ms=20_001)), "lookahead: level 1")
    laws.told(scene.books(**grown, now_ms=20_002))
    only(laws.quiet(scene.books(**grown, now_ms=20_003)), "lookahead: level 1")
