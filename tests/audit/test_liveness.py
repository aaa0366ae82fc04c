"""A dead bot is seen; one that has a reason is left alone."""

import pytest

from gridtrader.audit.books import LONG
from tests.audit.scene import SYMBOL, TERMS, D, Scene, only, opened


def test_a_bare_symbol_is_dead_after_its_patience() -> None:
    scene = Scene()
    laws = scene.laws(patience_ms=10_000)
    assert laws.always(scene.books(now_ms=0)) == []
    assert laws.always(scene.books(now_ms=9_999)) == []
    only(laws.always(scene.books(now_ms=10_000)), "liveness: flat with nothing open", "for 10000 ms")


def test_life_in_between_begins_the_patience_anew() -> None:
    scene = Scene()
    laws = scene.laws(patience_ms=10_000)
    laws.always(scene.books(now_ms=0))
    scene.rest(LONG, 0, 100, "1")
    laws.always(scene.books(now_ms=9_000))
    scene.orders.clear()
    assert laws.always(scene.books(now_ms=18_000)) == []
    assert laws.always(scene.books(now_ms=27_999)) == []
    assert len(laws.quiet(scene.books(now_ms=28_000))) == 1


def test_dead_after_trading_is_dead() -> None:
    scene = opened()
    scene.orders.clear()
    scene.close(1, 100, "1.02")
    scene.close(2, 100, "0.98")
    only(scene.check(), "liveness")


@pytest.mark.parametrize(
    "excuse",
    [
        {"prices": {}},
        {"is_stopped": True},
        {"held": frozenset({SYMBOL})},
        {"available": D(20), "margin_balance": D(0)},
        {"slack": D(9_000)},
    ],
)
def test_no_price_no_money_and_no_permission_are_reasons(excuse: dict[str, object]) -> None:
    assert Scene().check(**excuse) == []


def test_level_zero_on_both_sides_costs_about_twice_its_margin() -> None:
    only(Scene().check(available=D(21), margin_balance=D(0)), "liveness")


@pytest.mark.parametrize(
    "change", [{"multiplier": D("1.001")}, {"max_qty": D(50)}, {"min_notional": D(1_000_000_000)}]
)
def test_a_ladder_that_cannot_be_is_a_reason(change: dict[str, D]) -> None:
    assert Scene(**change).check() == []


def test_the_size_of_a_ladder_must_be_known_to_judge() -> None:
    scene = Scene(margin=None)
    assert TERMS.margin is not None
    assert scene.check() == []
