"""Money too short to level the two sides: the smallest missing level comes first (S6, T4)."""

from decimal import Decimal

from gridtrader.domain.money import Purse
from gridtrader.domain.types import OrderStatus
from tests.domain.world import LONG, SHORT, World


def with_a_hole(level: int, free: str) -> World:
    """SHORT has executed levels 0 to 4, LONG level 0; all else rests, but one level of LONG was cancelled."""
    world = World()
    world.settle()
    for filled in (1, 2, 3, 4):
        world.fill(world.working(SHORT, filled))
        world.settle()
    assert world.resting(LONG) == [1, 2, 3, 4, 5]
    world.report(world.working(LONG, level), OrderStatus.CANCELLED)
    world.purse = Purse(Decimal(free), Decimal(free), is_settled=True, is_fresh=True)
    return world


def withdrawn(world: World) -> set[tuple[str, int]]:
    return {(cancel.order.side.name, cancel.order.name.slot.level) for cancel in world.difference().cancel}


AHEAD = {("LONG", 5), ("SHORT", 5)}


def test_what_is_ahead_is_given_up_and_nothing_else_if_that_pays_for_it() -> None:
    world = with_a_hole(2, "0")
    assert withdrawn(world) == AHEAD
    assert not world.difference().place


def test_deeper_levels_are_given_up_from_the_deepest_on_as_far_as_that_pays() -> None:
    world = with_a_hole(2, "-66")  # level 5 on both sides binds 64, levels 4, 3 and 2 bind 16, 8 and 4
    assert withdrawn(world) == AHEAD | {("LONG", 4)}
    world = with_a_hole(2, "-80")
    assert withdrawn(world) == AHEAD | {("LONG", 4), ("LONG", 3)}


def test_deeper_levels_stay_where_giving_them_up_would_not_pay() -> None:
    world = with_a_hole(2, "-200")
    assert withdrawn(world) == AHEAD


def test_once_the_money_is_free_the_missing_level_is_placed_first() -> None:
    world = with_a_hole(2, "-66")
    for cancel in world.difference().cancel:
        world.report(cancel.order.link_id, OrderStatus.CANCELLED)
    world.purse = Purse(Decimal("14"), Decimal("14"), is_settled=True, is_fresh=True)
    placed = [(place.name.slot.side, place.name.slot.level) for place in world.difference().place]
    assert placed == [(LONG, 2)]
    world.purse = Purse(Decimal("25"), Decimal("25"), is_settled=True, is_fresh=True)
    placed = [(place.name.slot.side, place.name.slot.level) for place in world.difference().place]
    assert sorted(placed, key=lambda leg: leg[1]) == [(LONG, 2), (LONG, 4)]
