"""The ledger of an account: running sums of the running cycles, and q(0)."""

import sys

import pytest

from gridtrader.audit.books import LONG, SHORT
from gridtrader.audit.ledger import Ledger, ledger_of
from gridtrader.audit.terms import quantity
from tests.audit.scene import SYMBOL, TERMS, D, Scene


def test_a_cycle_is_summed_up_level_by_level() -> None:
    scene = Scene()
    scene.fill(LONG, 0, 100, "1", fee=D("0.05"))
    scene.fill(LONG, 1, 150, "0.99", order_qty=D(200), fee=D("0.03"))
    scene.fill(LONG, 1, 50, "0.98", order_qty=D(200), order_id="again", fee=D("0.01"))
    scene.funding(LONG, "-0.02")
    cycle = scene.cycle(LONG)
    assert cycle is not None
    assert (cycle.size, cycle.entry_value, cycle.entry_costs) == (D(300), D("297.5"), D("0.07"))
    assert (cycle.levels[1].qty, cycle.levels[1].value) == (D(200), D("197.5"))
    assert cycle.levels[1].order_ids == ("g_X_LA01_1_0", "again")


def test_a_closed_cycle_is_given_out_once_and_forgotten() -> None:
    scene = Scene()
    scene.fill(LONG, 0, 100, "1", fee=D("0.05"))
    scene.close(LONG, 40, "1.02", fee=D("0.02"))
    scene.close(LONG, 60, "1.03", fee=D("0.03"))
    ledger = Ledger()
    given = [ledger.add(fill) for fill in scene.fills]
    assert [cycle is not None for cycle in given] == [False, False, True]
    assert given[2] is not None
    assert given[2].net == D("2.6") - D("0.1")
    assert ledger.cycle(SYMBOL, LONG) is None


def test_funding_while_flat_belongs_to_no_cycle() -> None:
    scene = Scene()
    scene.funding(LONG, "1")
    scene.fill(LONG, 0, 100, "1")
    scene.close(LONG, 100, "1.02")
    scene.funding(LONG, "1")
    scene.fill(LONG, 0, 100, "1", cycle=2)
    cycle = scene.cycle(LONG)
    assert cycle is not None
    assert cycle.entry_costs == 0


def test_a_cycle_that_an_order_of_the_one_before_opened_is_known_by_its_take_profit() -> None:
    scene = Scene()
    scene.fill(LONG, 0, 100, "1")
    scene.close(LONG, 100, "1.02")
    scene.fill(LONG, 1, 30, "0.99", cycle=1)
    scene.close(LONG, 30, "1", cycle=2)
    assert scene.ledger().pair(SYMBOL).last_number[LONG] == 2


def test_the_legs_of_a_symbol_are_counted_apart() -> None:
    scene = Scene()
    scene.fill(LONG, 0, 100, "1")
    scene.fill(SHORT, 0, 70, "1")
    assert [scene.ledger().cycle(SYMBOL, leg).size for leg in (LONG, SHORT)] == [100, 70]  # type: ignore[union-attr]


def test_closing_fills_move_the_priced_part_only_with_the_next_entry_or_funding() -> None:
    scene = Scene()
    scene.fill(LONG, 0, 100, "1")
    scene.close(LONG, 40, "1.02", fee=D("0.02"))
    cycle = scene.cycle(LONG)
    assert cycle is not None
    assert cycle.priced_qty == 0
    scene.funding(LONG, "0.1")
    scene.close(LONG, 10, "1.03")
    cycle = scene.cycle(LONG)
    assert cycle is not None
    assert (cycle.priced_qty, cycle.priced_value, cycle.priced_fees) == (D(40), D("40.8"), D("0.02"))


def test_the_first_quantity_is_the_orders_total_and_stays_until_both_legs_are_flat() -> None:
    scene = Scene()
    scene.fill(LONG, 0, 30, "1", order_qty=D(100))
    scene.fill(SHORT, 0, 100, "1")
    assert scene.ledger().pair(SYMBOL).first == 100
    scene.close(LONG, 30, "1.02")
    scene.fill(LONG, 0, 7, "1", cycle=2)
    assert scene.ledger().pair(SYMBOL).first == 100
    scene.close(LONG, 7, "1.02", cycle=2)
    scene.close(SHORT, 100, "0.98")
    scene.fill(SHORT, 0, 90, "1", cycle=2)
    assert scene.ledger().pair(SYMBOL).first == 90


def test_an_averaging_order_that_fills_after_both_sides_closed_begins_no_ladder() -> None:
    scene = Scene()
    scene.fill(LONG, 0, 100, "1")
    scene.close(LONG, 100, "1.02")
    scene.fill(LONG, 1, 200, "0.99")
    assert scene.ledger().pair(SYMBOL).first == 100


def test_quantities_of_a_running_ladder_stay_as_they_were_when_it_opened() -> None:
    scene = Scene()
    scene.fill(LONG, 0, 100, "1")
    pair = scene.ledger().pair(SYMBOL)
    assert pair.quantity(2, TERMS) == 400
    changed = Scene(multiplier=D(3)).terms
    assert [pair.quantity(level, changed) for level in range(4)] == [100, 200, 400, 800]


def test_a_quantity_is_floored_exactly_also_where_decimals_have_no_room() -> None:
    assert quantity(D(100), 50, D("1.3"), D(1)) == 100 * 13**50 // 10**50
    with pytest.raises(LookupError, match="no ladder"):
        Ledger().pair(SYMBOL).quantity(0, TERMS)


def test_what_happens_while_the_bot_is_away_is_news_until_it_is_back() -> None:
    ledger = Ledger(grace_ms=100)
    assert ledger.is_news(1_000, 1_100)
    assert not ledger.is_news(1_000, 1_101)
    ledger.left(5_000)
    assert ledger.is_news(5_000, 90_000)
    assert not ledger.is_news(4_000, 90_000)
    ledger.back(60_000)
    assert ledger.is_news(5_000, 60_100)
    assert not ledger.is_news(5_000, 60_101)
    assert not ledger.is_news(70_000, 70_101)


def test_a_long_life_keeps_nothing_of_what_is_over() -> None:
    ledger = Ledger()

    def weight() -> int:
        pair = ledger.pair(SYMBOL)
        return sum(map(sys.getsizeof, (pair.running, pair.last_number, pair.closed_ms, pair._quantities)))

    for cycle in range(1, 300):
        scene = Scene()
        scene.fill(LONG, 0, 100, "1", cycle=cycle)
        scene.close(LONG, 100, "1.02", cycle=cycle)
        for fill in scene.fills:
            ledger.add(fill)
        if cycle == 1:
            first = weight()
    assert weight() == first


def test_a_history_in_any_order_gives_the_same_cycles() -> None:
    scene = Scene()
    scene.fill(LONG, 0, 100, "1")
    scene.close(LONG, 100, "1.02")
    scene.fill(LONG, 0, 50, "1", cycle=2)
    _, closed = ledger_of(reversed(scene.fills))
    assert [cycle.net for cycle in closed] == [2]
