"""The spec's own stories, level by level (S1-S8)."""

from dataclasses import replace
from decimal import Decimal

import pytest

from gridtrader.domain.known import HoldReason, LegRefused
from gridtrader.domain.money import Purse
from gridtrader.domain.orders import Phase
from gridtrader.domain.types import SIDES, FeeRates, OrderStatus, Side
from tests.domain.world import COIN, LONG, SHORT, World, with_strategy

D = Decimal


def opened(**kwargs: object) -> World:
    world = World(**kwargs)  # type: ignore[arg-type]
    world.settle()
    return world


def advance_long(world: World, levels: int) -> None:
    """Let LONG fill its next level so many times."""
    for _ in range(levels):
        level = world.executed(LONG)[-1] + 1
        world.price(str(world.ladder(LONG)[level][2]))
        world.fill(world.working(LONG, level))
        world.settle()


def test_s3_both_sides_open_with_the_same_quantity_long_first() -> None:
    world = World()
    world.decide()
    first, second = world.difference().place
    assert (first.name.slot.side, first.name.slot.level, first.target.leaves) == (LONG, 0, D(75))
    assert (second.name.slot.side, second.name.slot.level, second.target.leaves) == (SHORT, 0, D(75))


def test_s5_one_averaging_level_rests_ahead_on_each_side_after_the_opening() -> None:
    world = opened()
    assert world.quantities(LONG) == world.quantities(SHORT) == [75, 150]
    assert world.executed(LONG) == world.executed(SHORT) == [0]
    assert world.ladder(LONG)[1] == ("resting", D(150), D("0.9900"))
    assert world.ladder(SHORT)[1] == ("resting", D(150), D("1.0100"))


def test_s5_when_long_fills_a_level_the_next_is_placed_on_both_sides() -> None:
    world = opened()
    world.fill(world.working(LONG, 1))
    placed = {
        (p.name.slot.side, p.name.slot.level, p.target.leaves, p.target.price) for p in world.difference().place
    }
    assert placed == {(LONG, 2, D(300), D("0.9801")), (SHORT, 2, D(300), D("1.0201"))}


def test_s5_level_by_level_long_goes_down_and_short_keeps_its_insurance() -> None:
    world = opened()
    for executed in range(1, 9):
        advance_long(world, 1)
        assert world.executed(LONG) == list(range(executed + 1))
        assert world.executed(SHORT) == [0]
        assert world.resting(SHORT) == list(range(1, executed + 2))
        assert world.quantities(LONG) == world.quantities(SHORT) == [75 * 2**k for k in range(executed + 2)]


def test_s5_at_the_maximum_nothing_is_placed_ahead_and_the_other_side_keeps_its_insurance() -> None:
    world = opened(strategy=with_strategy(max_level=3))
    advance_long(world, 3)
    assert world.executed(LONG) == [0, 1, 2, 3]
    assert world.resting(LONG) == []
    assert world.resting(SHORT) == [1, 2, 3]


def test_s8_eight_executed_levels_reopen_63_units_now_and_64_and_128_resting() -> None:
    """The brief's own table: unit 1, the other side has executed levels 0-7."""
    strategy = with_strategy(margin=D("0.2"), leverage=D(5))
    world = opened(strategy=strategy, instrument=replace(COIN, min_notional=D("0.1")))
    assert world.quantities(LONG) == [1, 2]
    advance_long(world, 7)
    assert world.executed(LONG) == list(range(8))

    world.fill(world.take_profit(SHORT))
    world.settle()
    assert world.executed(SHORT) == [0, 1, 2, 3, 4, 5]
    assert sum(int(world.ladder(SHORT)[level][1]) for level in world.executed(SHORT)) == 63
    assert world.resting(SHORT)[:2] == [6, 7]
    assert [int(world.ladder(SHORT)[level][1]) for level in (6, 7)] == [64, 128]
    assert world.resting(SHORT) == [6, 7, 8], "and, money permitting, level 8 on both sides"
    assert world.resting(LONG) == [8]
    assert world.quantities(LONG) == world.quantities(SHORT)


def test_s8_each_immediate_level_is_its_own_order_at_the_current_price() -> None:
    world = opened()
    advance_long(world, 7)
    world.price("0.95")
    world.fill(world.take_profit(SHORT))
    for order in [o for o in world.known.alive(SHORT) if o.name.slot.kind.opens]:
        world.report(order.link_id, OrderStatus.CANCELLED)
    world.decide()
    places = [p for p in world.difference().place if p.name.slot.side is SHORT]
    assert [(p.name.slot.level, int(p.target.leaves)) for p in places] == [(k, 75 * 2**k) for k in range(6)]
    assert {p.target.price for p in places} == {D("0.95")}


def test_s8_the_closed_sides_averaging_orders_are_cancelled_before_it_reopens() -> None:
    world = opened()
    advance_long(world, 4)
    world.fill(world.take_profit(SHORT))
    world.decide()
    todo = world.difference()
    assert {c.order.name.slot.level for c in todo.cancel} == {1, 2, 3, 4, 5}
    assert not [p for p in todo.place if p.name.slot.side is SHORT]


@pytest.mark.parametrize(("executed", "immediate"), [(1, 1), (2, 1), (3, 1), (4, 2), (5, 3), (8, 6)])
def test_s8_a_side_reopens_at_the_other_sides_level_minus_two_but_never_stays_flat(
    executed: int, immediate: int
) -> None:
    world = opened()
    advance_long(world, executed - 1)
    world.fill(world.take_profit(SHORT))
    world.settle()
    assert world.executed(SHORT) == list(range(immediate))


def test_s8_levels_beyond_the_depth_are_cancelled_when_the_advanced_side_closes() -> None:
    world = opened()
    advance_long(world, 5)
    assert world.resting(SHORT) == [1, 2, 3, 4, 5, 6]
    world.fill(world.take_profit(LONG))
    world.settle()
    assert world.executed(LONG) == [0]
    assert world.resting(LONG) == world.resting(SHORT) == [1]


def test_s8_the_count_of_the_other_side_is_taken_once() -> None:
    world = opened()
    advance_long(world, 7)
    world.fill(world.take_profit(SHORT))
    world.decide()
    cycle = world.known.sides[SHORT].cycle
    assert cycle is not None
    assert cycle.immediate == 6
    world.fill(world.working(LONG, 8))
    world.decide()
    assert cycle is world.known.sides[SHORT].cycle
    assert cycle.immediate == 6


def test_s2_the_quantities_stay_while_one_side_runs_and_are_new_when_both_are_flat() -> None:
    world = opened()
    world.fill(world.take_profit(SHORT))
    world.price("0.5")
    world.settle()
    assert world.quantities(SHORT)[0] == 75
    world.fill(world.take_profit(SHORT))
    world.decide()
    world.fill(world.take_profit(LONG))
    world.price("0.5")
    world.settle()
    assert world.quantities(LONG) == world.quantities(SHORT) == [150, 300]


def test_s2_quantities_are_not_new_while_an_entry_order_of_the_old_ladder_may_still_fill() -> None:
    world = opened()
    world.fill(world.take_profit(SHORT))
    world.decide()
    world.fill(world.take_profit(LONG))
    world.price("0.5")
    world.decide()
    assert world.known.has_leftovers(SHORT)
    assert world.known.reference is not None
    assert world.known.reference.quantity(0) == 75
    world.settle()
    assert world.known.reference.quantity(0) == 150


def test_s4_a_gap_over_several_levels_steps_from_where_it_filled() -> None:
    world = opened()
    world.price("0.95")
    world.fill(world.working(LONG, 1))
    (place,) = [p for p in world.difference().place if p.name.slot.side is LONG]
    assert place.target.price == D("0.9801"), "one step from level 1's own price: it crosses and takes the market"
    world.accept(place.name, place.target)
    world.fill(place.name.encode(), price="0.95")
    world.settle()
    assert world.ladder(LONG)[3][2] == D("0.9405"), "later steps count from the price it was filled at"


def test_s4_a_resting_price_never_moves() -> None:
    world = opened()
    before = world.ladder(SHORT)[1]
    world.price("1.005")
    world.fund(SHORT, "0.5")
    world.settle()
    assert world.ladder(SHORT)[1] == before


def test_s4_a_changed_step_concerns_only_orders_placed_from_then_on() -> None:
    world = opened()
    world.known.strategy = with_strategy(step_percent=D(2))
    assert world.difference().is_empty
    advance_long(world, 1)
    assert world.ladder(LONG)[1][2] == D("0.9900")
    assert world.ladder(LONG)[2][2] == D("0.9702")
    assert world.ladder(SHORT)[2][2] == D("1.0302")


def test_s5_a_partly_filled_level_is_not_executed_and_only_its_rest_is_placed_again() -> None:
    world = opened()
    name = world.working(LONG, 1)
    world.fill(name, qty=D(100))
    world.settle()
    assert world.executed(LONG) == [0]
    assert 2 not in world.ladder(LONG)
    world.report(name, OrderStatus.CANCELLED)
    (place,) = world.difference().place
    assert (place.name.slot.level, place.name.attempt, place.target.leaves) == (1, 1, D(50))
    assert place.target.price == D("0.9900")


def test_s8_a_side_reopens_where_the_fill_says_the_market_is_not_where_an_older_quote_says() -> None:
    world = opened()
    price = world.known.orders[world.take_profit(SHORT)].price
    world.fill(world.take_profit(SHORT))
    for order in [o for o in world.known.alive(SHORT) if o.name.slot.kind.opens]:
        world.report(order.link_id, OrderStatus.CANCELLED)
    world.decide()
    (place,) = [p for p in world.difference().place if p.name.slot.side is SHORT]
    assert place.target.price == price < world.known.quote.bid  # type: ignore[union-attr]


def test_s3_an_entry_that_does_not_fill_is_repriced_to_the_touch_after_a_few_seconds() -> None:
    world = World()
    world.settle(fill_entries=False)
    world.fill(world.working(LONG, 0))
    world.settle(fill_entries=False)
    world.price("0.99")
    assert world.difference().amend == []
    world.now += 3_000
    (amend,) = world.difference().amend
    assert (amend.order.side, amend.price, amend.qty) == (SHORT, D("0.99"), None)


def test_s3_levels_above_an_unfilled_entry_wait_for_its_price_on_both_sides() -> None:
    world = World()
    world.settle(fill_entries=False)
    world.fill(world.working(LONG, 0))
    world.settle(fill_entries=False)
    assert world.executed(LONG) == [0]
    assert world.resting(LONG) == [], "level 1 comes on both sides or on neither"
    world.fill(world.working(SHORT, 0), price="0.9990")
    world.settle()
    assert world.ladder(SHORT)[1][2] == D("1.0090")
    assert world.ladder(LONG)[1][2] == D("0.9900")


def test_s7_the_take_profit_stands_for_the_whole_position_and_follows_every_averaging() -> None:
    world = opened(fees=FeeRates(D("0.0002"), D("0.00055")))
    assert world.known.orders[world.take_profit(LONG)].leaves == 75
    world.fill(world.working(LONG, 1), fee="0.03")
    (amend,) = [a for a in world.difference().amend if a.order.side is LONG]
    assert amend.qty == 225
    # (75 + 148.5) · 1.01 + 0.03 over 225 · (1 − 0.00055), up to the tick
    assert amend.price == D("1.0040")


def test_s7_a_partly_filled_take_profit_keeps_its_price_until_the_cycle_changes() -> None:
    world = opened(fees=FeeRates(D("0.0002"), D("0.00055")))
    name = world.take_profit(LONG)
    price = world.known.orders[name].price
    world.fill(name, qty=D(25), fee="0.01")
    assert world.difference().is_empty
    assert world.known.orders[name].leaves == 50
    world.fund(LONG, "0.5")
    (amend,) = world.difference().amend
    assert amend.qty is None
    assert amend.price is not None
    assert amend.price > price
    # (75·1.01 + 0.01 + 0.5 − 25·price) / (50·(1 − 0.00055))
    numerator = D("75.75") + D("0.51") - 25 * price
    assert abs(amend.price - numerator / (50 * D("0.99945"))) < D("0.0001")


def test_s7_a_residue_of_a_take_profit_gets_a_new_one_of_the_same_cycle() -> None:
    world = opened()
    old = world.take_profit(LONG)
    world.fill(world.working(LONG, 1))  # the take-profit is not yet amended to it
    world.fill(old)
    world.settle()
    new = world.known.orders[world.take_profit(LONG)]
    assert new.leaves == 150
    assert new.name.attempt == 1
    assert new.name.slot == world.known.take_profit_slot(LONG)
    assert world.executed(LONG) == [0, 1], "the levels stay executed until the size is 0"


def test_s6_no_money_for_both_sides_means_a_level_on_neither() -> None:
    world = opened()
    world.purse = Purse(D(7), D(7), is_settled=True, is_fresh=True)  # level 2 costs about 4 a side
    world.fill(world.working(LONG, 1))
    allotment = world.allotment()
    assert not [t for t in allotment.targets if t.slot.level == 2]
    (note,) = allotment.notes["COINUSDT"]
    assert "level 2 (both sides)" in note.text
    assert "7" in note.text


def test_s6_an_old_balance_decides_nothing_and_is_asked_for() -> None:
    world = opened()
    world.purse = Purse(D(0), D(0), is_settled=False, is_fresh=True)
    world.fill(world.working(LONG, 1))
    allotment = world.allotment()
    assert allotment.wants_balance
    assert not allotment.notes["COINUSDT"], "nobody is warned on grounds of an old figure"


def test_s6_a_leg_refused_for_money_takes_the_other_leg_with_it_and_waits_for_the_balance() -> None:
    world = opened()
    world.fill(world.working(LONG, 1))
    long, short = (p for p in world.difference().place if p.name.slot.level == 2)
    world.accept(long.name, long.target)
    world.book.expect(world.known, short.name, short.target.price, short.target.leaves, D(4), world.now)
    world.known.orders[short.name.encode()].phase = Phase.ABSENT
    world.known.refused_legs[SHORT, 2] = LegRefused(world.purse.available, world.now + 5_000, 1, "no money")
    todo = world.difference()
    assert [c.order.link_id for c in todo.cancel] == [long.name.encode()]
    assert todo.place == []

    world.purse = Purse(D(2_000_000), D(2_000_000), is_settled=True, is_fresh=True)
    (again,) = world.difference().place
    assert again.name == short.name, "the name was never used: it is sent again"


def test_s6_too_little_money_at_a_reopening_gives_up_the_level_ahead_and_opens_what_fits() -> None:
    world = opened()
    advance_long(world, 4)
    world.fill(world.take_profit(SHORT))
    for order in [o for o in world.known.alive(SHORT) if o.name.slot.kind.opens]:
        world.report(order.link_id, OrderStatus.CANCELLED)
    world.decide()
    # immediate: levels 0-2 of SHORT cost about 1, 2, 4
    world.purse = Purse(D("3.5"), D("3.5"), is_settled=True, is_fresh=True)
    allotment = world.allotment()
    wanted = {(t.slot.side, t.slot.level) for t in allotment.targets if t.slot.kind.opens}
    assert wanted == {(SHORT, 0), (SHORT, 1)}, "no level ahead on LONG either, no gap on SHORT"
    assert "level 2 (SHORT)" in allotment.notes["COINUSDT"][0].text


def test_s11_levels_of_the_risk_tier_end_both_ladders() -> None:
    world = opened()
    advance_long(world, 2)
    world.known.depth_cap = 3
    todo = world.difference()
    assert {(c.order.side, c.order.name.slot.level) for c in todo.cancel} == {(LONG, 3), (SHORT, 3)}


def test_nothing_new_is_opened_while_held_but_take_profits_follow() -> None:
    world = opened()
    world.known.holds.add(HoldReason.PRICES_DOWN)
    world.fill(world.working(LONG, 1))
    todo = world.difference()
    assert todo.place == []
    assert todo.cancel == []
    assert [a.order.link_id for a in todo.amend] == [world.take_profit(LONG)]


def test_an_old_order_that_fills_while_it_is_being_cancelled_is_a_level_of_the_new_cycle() -> None:
    world = opened()
    advance_long(world, 4)
    old = world.working(SHORT, 2)
    world.fill(world.take_profit(SHORT))
    world.decide()
    world.fill(old)
    world.settle()
    assert world.executed(SHORT)[:4] == [0, 1, 2, *world.executed(SHORT)[3:4]][:4]
    assert 2 in world.executed(SHORT)
    assert world.quantities(LONG) == world.quantities(SHORT)
    executed = [o for o in world.known.orders.values() if o.name.slot.level == 2 and o.side is SHORT and o.seen]
    assert len(executed) == 1, "level 2 is not bought twice"


@pytest.mark.parametrize("side", SIDES)
def test_a_take_profit_of_each_side_closes_it_and_the_cycle_number_rises(side: Side) -> None:
    world = opened()
    cycle = world.known.sides[side].cycle
    assert cycle is not None
    world.fill(world.take_profit(side))
    world.settle()
    after = world.known.sides[side].cycle
    assert after is not None
    assert after.number == cycle.number + 1
