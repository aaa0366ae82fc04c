"""Laws of every moment: nothing twice, nothing beyond q(k), one cycle at a time."""

from dataclasses import replace

import pytest

from gridtrader.audit.books import LONG, SHORT, Books
from tests.audit.scene import SYMBOL, D, Scene, only, opened


def lawful() -> Scene:
    scene = opened()
    scene.take_profits()
    return scene


def test_an_order_of_an_old_cycle_beside_the_ladder_is_caught() -> None:
    scene = opened()
    scene.fill(LONG, 1, 200, "0.99", cycle=1)
    scene.orders[0] = scene.order(LONG, 2, 400, "0.9801", cycle=0)
    only(scene.laws().always(scene.books()), "single", "g_X_LA02_0_0", "earlier cycle")
    scene = opened()
    scene.rest(LONG, 2, 400, "0.9801", cycle=2)
    only(scene.laws().always(scene.books()), "open orders of 2 cycles")


def test_an_old_averaging_order_that_filled_after_the_side_closed_leaves_room_for_the_next_cycle() -> None:
    scene = Scene()
    scene.fill(LONG, 0, 100, "1")
    scene.fill(SHORT, 0, 100, "1")
    scene.close(LONG, 100, "1.02")
    scene.fill(LONG, 1, 200, "0.99")
    scene.rest(LONG, 0, 100, "1.0001", cycle=2)
    assert scene.laws().always(scene.books()) == []


def test_a_level_open_twice_is_caught() -> None:
    scene = lawful()
    scene.rest(LONG, 1, 200, "0.99", attempt=1)
    only(scene.laws().always(scene.books()), "single: LONG level 1", "open more than once")


def test_what_may_execute_beyond_the_reference_is_caught_before_it_does() -> None:
    scene = lawful()
    scene.fill(SHORT, 1, 1, "1.01", order_qty=D(200))
    only(scene.laws().always(scene.books()), "SHORT level 1 has executed 1 and may execute 200 more; q(1) is 200")


@pytest.mark.parametrize("change", [{"reduce_only": True}, {"is_buy": False}])
def test_an_opening_order_that_does_not_open_is_caught(change: dict[str, bool]) -> None:
    scene = lawful()
    scene.orders[0] = replace(scene.orders[0], **change)  # type: ignore[arg-type]
    only(scene.laws().always(scene.books()), "no opening order")


def test_books_and_executions_that_differ_are_caught() -> None:
    scene = lawful()
    books: Books = scene.books()
    only(scene.laws().always(books._replace(sizes={**books.sizes, (SYMBOL, LONG): D(99)})), "books: LONG holds 99")


def test_somebody_else_is_caught() -> None:
    scene = lawful()
    scene.fills.append(replace(scene.fills[0], name=None, seq=9, at_ms=scene.now_ms + 1))
    only(scene.laws().always(scene.books()), "somebody else")


def test_orders_of_others_and_of_other_symbols_do_no_harm() -> None:
    scene = lawful()
    scene.orders += [replace(scene.orders[0], name=None), replace(scene.orders[0], symbol="YUSDT")]
    assert scene.laws().always(scene.books()) == []
