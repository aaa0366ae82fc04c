"""The laws of section 9 as properties of the pure core, over stories nobody thought of."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridtrader.domain.exact import plain
from gridtrader.domain.instrument import Instrument
from gridtrader.domain.money import Purse
from gridtrader.domain.order_names import MAX_ATTEMPT, MAX_CYCLE, OrderName, Slot, parse_order_name
from gridtrader.domain.reconcile import reconcile
from gridtrader.domain.sizing import SizingError, build_reference, order_margin
from gridtrader.domain.take_profit import CycleCosts, take_profit_price
from gridtrader.domain.types import SIDES, FeeRates, OrderKind, OrderStatus, Side
from tests.domain.world import COIN, LONG, SHORT, World, with_strategy

D = Decimal
FEES = FeeRates(D("0.0002"), D("0.00055"))

story = st.lists(
    st.tuples(
        st.sampled_from(["average", "part", "profit", "part_profit", "funding", "price", "poor", "rich", "lost"]),
        st.sampled_from(SIDES),
        st.integers(1, 99),
    ),
    max_size=25,
)


def tell(world: World, events: list[tuple[str, Side, int]], swap: bool = False) -> None:
    """Play a story; what is not possible at the moment is passed over."""
    for what, side, percent in events:
        _tell_one(world, what, side.other if swap else side, percent, swap=swap)
        world.settle()


def _tell_one(world: World, what: str, side: Side, percent: int, *, swap: bool) -> None:
    resting = world.resting(side) if world.known.sides[side].cycle else []
    if what in ("average", "part") and resting:
        name = world.working(side, resting[0])
        order = world.known.orders[name]
        part = (order.leaves * percent / 100).to_integral_value(rounding="ROUND_CEILING")
        world.price(plain(order.price))
        world.fill(name, qty=order.leaves if what == "average" else part, fee="0.01")
    elif what in ("profit", "part_profit") and world.known.sides[side].open_qty > 0:
        name = world.take_profit(side)
        order = world.known.orders[name]
        part = (order.leaves * percent / 100).to_integral_value(rounding="ROUND_CEILING")
        world.price(plain(order.price))
        world.fill(name, qty=order.leaves if what == "profit" else part, fee="0.01")
    elif what == "funding" and world.known.sides[side].open_qty > 0:
        world.fund(side, plain(D(percent) / 100 * (1 if percent % 2 else -1)))
    elif what == "price":
        sign = -1 if swap else 1
        world.price(plain(COIN.away(D(1) + sign * D(percent - 50) / 1000, LONG)))
    elif what == "poor":
        world.purse = Purse(D(percent) / 10, D(percent) / 10, is_settled=True, is_fresh=True)
    elif what == "rich":
        world.purse = Purse(D(10_000_000), D(10_000_000) + percent, is_settled=True, is_fresh=True)
    elif what == "lost" and resting:
        world.report(world.working(side, resting[-1]), OrderStatus.CANCELLED)


def fresh_world(instrument: Instrument = COIN) -> World:
    world = World(strategy=with_strategy(max_level=7), instrument=instrument, fees=FEES)
    world.settle()
    return world


relaxed = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@relaxed
@given(story)
def test_both_ladders_are_equal_level_by_level_whenever_money_allows(events: list[tuple[str, Side, int]]) -> None:
    world = fresh_world()
    tell(world, events)
    world.purse = Purse(D(10_000_000), D(20_000_000), is_settled=True, is_fresh=True)
    world.settle()
    partly = [o for o in world.known.orders.values() if o.phase.may_execute and o.name.slot.kind is OrderKind.ENTRY]
    assert not partly
    assert world.quantities(LONG) == world.quantities(SHORT)
    reference = world.known.reference
    assert reference is not None
    for side in SIDES:
        for level, (_, quantity, _) in world.ladder(side).items():
            assert quantity == reference.quantity(level)


@relaxed
@given(story)
def test_exposure_never_exceeds_the_ladder_and_no_level_stands_twice(events: list[tuple[str, Side, int]]) -> None:
    world = fresh_world()
    for event in events:
        tell(world, [event])
        reference = world.known.reference
        assert reference is not None
        for side in SIDES:
            alive = [o for o in world.known.alive(side) if o.name.slot.kind.opens]
            slots = [(o.name.slot.cycle, o.name.slot.level) for o in alive]
            assert len(slots) == len(set(slots))
            cycle = world.known.sides[side].cycle
            assert cycle is not None
            for level, fill in cycle.levels.items():
                working = sum((o.leaves for o in alive if o.name.slot.level == level), D(0))
                assert fill.qty + working <= reference.quantity(level)


@relaxed
@given(story)
def test_every_open_side_has_exactly_one_take_profit_for_exactly_its_position(
    events: list[tuple[str, Side, int]],
) -> None:
    world = fresh_world()
    for event in events:
        tell(world, [event])
        for side in SIDES:
            closing = [o for o in world.known.alive(side) if not o.name.slot.kind.opens]
            held = world.sizes[side]
            assert [o.leaves for o in closing] == ([held] if held else [])


@relaxed
@given(story)
def test_without_money_no_level_stands_on_one_side_only_ahead_of_both(events: list[tuple[str, Side, int]]) -> None:
    world = fresh_world()
    for event in events:
        tell(world, [event])
        reached = max(world.known.executed_levels(side) for side in SIDES)
        ahead = [{level for level in world.ladder(side) if level >= reached} for side in SIDES]
        begun = {level for half in world.known.sides.values() if half.cycle for level in half.cycle.levels}
        assert ahead[0] - begun == ahead[1] - begun, "what has begun to fill stands, whatever the other side can pay"


@relaxed
@given(story)
def test_long_and_short_are_one_code_path_with_a_sign(events: list[tuple[str, Side, int]]) -> None:
    # A smallest order by quantity, not by value: what is too little to place must not hang on the price.
    mirrorable = replace(COIN, min_qty=D(6), min_notional=D("0.0001"))
    plain_world, mirrored = fresh_world(mirrorable), fresh_world(mirrorable)
    steady = [event for event in events if event[0] not in ("price", "funding")]
    tell(plain_world, steady)
    tell(mirrored, steady, swap=True)
    for side in SIDES:
        mine, other = plain_world.ladder(side), mirrored.ladder(side.other)
        assert {k: v[:2] for k, v in mine.items()} == {k: v[:2] for k, v in other.items()}
        names = sorted(
            (o.name.slot.kind.value, o.name.slot.level, o.name.attempt) for o in plain_world.known.alive(side)
        )
        twins = sorted(
            (o.name.slot.kind.value, o.name.slot.level, o.name.attempt) for o in mirrored.known.alive(side.other)
        )
        assert names == twins


@relaxed
@given(story)
def test_the_difference_between_a_plan_and_its_own_orders_is_empty_and_nothing_is_lost_in_it(
    events: list[tuple[str, Side, int]],
) -> None:
    world = fresh_world()
    tell(world, events)
    targets = world.allotment().targets
    alive = [order for side in SIDES for order in world.known.alive(side)]
    difference = reconcile(targets, alive, world.known.latest)
    assert difference.is_empty
    assert len(difference.keep) + len(difference.waiting) == len(targets) == len(alive)


@relaxed
@given(story, st.lists(st.booleans(), min_size=40, max_size=40))
def test_what_goes_into_a_difference_comes_out_of_it(
    events: list[tuple[str, Side, int]], dropped: list[bool]
) -> None:
    world = fresh_world()
    tell(world, events)
    targets = [t for t, drop in zip(world.allotment().targets, dropped, strict=False) if not drop]
    alive = [order for side in SIDES for order in world.known.alive(side)]
    result = reconcile(targets, alive, world.known.latest)
    slots = [o.name.slot for o in result.keep] + [a.order.name.slot for a in result.amend]
    slots += [c.order.name.slot for c in result.cancel] + [p.name.slot for p in result.place] + result.waiting
    assert sorted(map(repr, slots)) == sorted(map(repr, {*(t.slot for t in targets), *(o.name.slot for o in alive)}))


# --- the take-profit ---

money = st.decimals(min_value="0", max_value="1000", places=6)
rates = st.decimals(min_value="0.0001", max_value="0.05", places=5)


@given(
    side=st.sampled_from(SIDES),
    price=st.decimals(min_value="0.5", max_value="100", places=4),
    qty=st.integers(10, 100_000),
    costs=st.decimals(min_value="-5", max_value="5", places=8),
    target=rates,
    fee=st.decimals(min_value="0", max_value="0.001", places=6),
)
def test_a_take_profit_earns_the_target_net_of_all_costs_and_not_a_tick_more(
    side: Side, price: Decimal, qty: int, costs: Decimal, target: Decimal, fee: Decimal
) -> None:
    instrument = replace(COIN, max_price=D(10_000))
    cycle = CycleCosts(entry_value=price * qty, open_qty=D(qty), costs=costs, closed_value=D(0))
    take = take_profit_price(side, cycle, target, fee, instrument)

    def net(at: Decimal) -> Fraction:
        value = Fraction(at) * qty
        return side.sign * (value - Fraction(price) * qty) - Fraction(costs) - value * Fraction(fee)

    wanted = Fraction(target) * Fraction(price) * qty
    if take > instrument.min_price:
        assert net(take) >= wanted
        one_tick_sooner = take - side.sign * instrument.tick_size
        assert net(one_tick_sooner) < wanted


def test_s7_the_examples_of_the_spec() -> None:
    """Level 0 paid the taker rate, the averaging levels the maker rate; f is the taker rate."""
    f = D("0.00055")
    entry = 75 * D("1.00") + 150 * D("0.99") + 300 * D("0.98")
    long = CycleCosts(entry, D(525), costs=D("0.12975") + D("0.05"), closed_value=D(0))
    take = take_profit_price(LONG, long, D("0.01"), f, COIN)
    assert take == D("0.9965")
    assert round(525 * take * (1 - f) - entry - long.costs, 3) == D("5.195")

    entry = 75 * D("1.00") + 150 * D("1.01") + 300 * D("1.0201")
    fees = 75 * f + (150 * D("1.01") + 300 * D("1.0201")) * D("0.0002")
    short = CycleCosts(entry, D(525), costs=fees - D("0.05"), closed_value=D(0))
    take = take_profit_price(SHORT, short, D("0.01"), f, COIN)
    assert take == D("1.0034")
    assert round(entry - 525 * take * (1 + f) - short.costs, 4) == D("5.3725")


# --- sizes and names ---


@given(
    first=st.integers(1, 1000),
    multiplier=st.decimals(min_value="1.01", max_value="10", places=2),
    levels=st.integers(1, 20),
)
def test_quantities_rise_strictly_or_are_refused_with_the_figures(
    first: int, multiplier: Decimal, levels: int
) -> None:
    try:
        reference = build_reference(D(first), multiplier=multiplier, max_level=levels, instrument=COIN)
    except SizingError as error:
        assert "q(" in str(error)
        assert any(int(first * multiplier**k) == int(first * multiplier ** (k + 1)) for k in range(levels))
        return
    assert list(reference.quantities) == sorted(set(reference.quantities))
    for level, quantity in enumerate(reference.quantities):
        exact = Fraction(first) * Fraction(multiplier) ** level
        assert quantity <= exact < quantity + 1


def test_s6_the_margin_of_an_order_is_the_exchanges_own_figure() -> None:
    # 0.010 at 64000, leverage 10, taker 0.055 %: 64 + 0.352 + 0.3168
    assert order_margin(LONG, D("0.010"), D(64000), D(10), D("0.00055")) == D("64.6688")
    assert order_margin(SHORT, D("0.010"), D(64000), D(10), D("0.00055")) == D("64.7392")


@given(
    base=st.from_regex(r"[A-Z0-9]{1,16}", fullmatch=True),
    side=st.sampled_from(SIDES),
    kind=st.sampled_from(OrderKind),
    level=st.integers(0, 99),
    cycle=st.integers(0, MAX_CYCLE),
    attempt=st.integers(0, MAX_ATTEMPT),
)
def test_c2_an_order_name_says_everything_in_36_characters(
    base: str, side: Side, kind: OrderKind, level: int, cycle: int, attempt: int
) -> None:
    name = OrderName(Slot(f"{base}USDT", side, cycle, kind, level), attempt)
    text = name.encode()
    assert len(text) <= 36
    assert parse_order_name(text) == name


@given(st.text(max_size=40))
def test_c2_what_is_not_our_name_is_nobodys(text: str) -> None:
    name = parse_order_name(text)
    assert name is None or name.encode() == text
