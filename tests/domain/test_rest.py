"""A symbol at rest is passed over: nothing but an event can change what should stand (S3, S4, S7)."""

import random
from decimal import Decimal

import pytest

from gridtrader.domain.known import HoldReason
from gridtrader.domain.money import NO_PURSE
from gridtrader.domain.orders import Change, ChangeKind
from gridtrader.domain.rest import Look, is_fulfilled, look_of
from gridtrader.domain.types import SIDES, OrderStatus, Side
from tests.domain.world import LONG, World, with_strategy


def at_rest(world: World) -> Look:
    """Let a world come to rest and return what is known of it then."""
    world.settle()
    look = look_of(world.known)
    assert is_fulfilled(world.plan(), world.difference())
    assert look is not None
    return look


def test_a_price_and_an_hour_change_nothing_about_a_ladder_that_stands() -> None:
    world = World()
    before = at_rest(world)
    plan = world.plan()
    for price in ("0.5", "0.9999", "2"):
        world.price(price)
        world.now += 3_600_000
        assert look_of(world.known) == before
        assert world.plan() == plan
        assert world.difference().is_empty


@pytest.mark.parametrize("side", SIDES)
def test_a_fill_a_funding_and_a_report_are_seen(side: Side) -> None:
    world = World()
    before = at_rest(world)
    world.fund(side, "0.5")
    assert look_of(world.known) != before
    before = at_rest(world)
    world.fill(world.working(side, 1), qty=Decimal(1))
    assert look_of(world.known) != before
    before = at_rest(world)
    world.report(world.working(side.other, 1), OrderStatus.CANCELLED)
    assert look_of(world.known) != before


def test_while_anything_is_open_there_is_no_rest() -> None:
    world = World()
    at_rest(world)
    order = world.known.orders[world.take_profit(LONG)]
    order.change = Change(ChangeKind.AMEND, world.now)
    assert look_of(world.known) is None
    order.change = None
    order.filled += 1
    assert look_of(world.known) is None, "a fill is told of that no execution has shown"
    order.filled -= 1
    world.known.holds.add(HoldReason.NO_PRICE)
    assert look_of(world.known) is None
    world.known.holds.clear()
    assert look_of(world.known) is not None


def test_what_waits_for_money_or_for_its_entry_is_not_fulfilled() -> None:
    world = World(purse=NO_PURSE)
    world.decide()
    assert not is_fulfilled(world.plan(), world.difference())
    world = World()
    world.settle(fill_entries=False)
    assert not is_fulfilled(world.plan(), world.difference()), "the entry is priced anew in a while"


@pytest.mark.parametrize("seed", range(40))
def test_whatever_happens_a_symbol_passed_over_wants_what_stands(seed: int) -> None:
    """The law the engine relies on: same look, nothing to do - at any price, at any time."""
    dice = random.Random(seed)
    world = World(strategy=with_strategy(max_level=dice.randint(2, 8)))
    looks = set()
    for _ in range(60):
        world.settle()
        look = look_of(world.known)
        if is_fulfilled(world.plan(), world.difference()) and look is not None:
            looks.add(look)
        match dice.randint(0, 4):
            case 0:
                world.price(f"{dice.uniform(0.7, 1.4):.4f}")
            case 1:
                world.now += dice.randint(1, 100_000)
            case 2:
                world.fund(dice.choice(SIDES), f"{dice.uniform(-0.01, 0.01):.5f}")
            case _:
                alive = [order for side in SIDES for order in world.known.alive(side)]
                order = dice.choice(alive)
                world.fill(order.link_id, qty=Decimal(dice.randint(1, int(order.leaves))))
        world.decide()
        if look_of(world.known) in looks:
            assert world.difference().is_empty
    assert len(looks) > 10
