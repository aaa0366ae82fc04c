"""The ladder before it trades: figures by hand, laws, and what the engine then really does with the money."""

import itertools
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gridtrader.domain.instrument import Instrument
from gridtrader.domain.known import Strategy
from gridtrader.domain.sizing import SizingError
from gridtrader.domain.types import SIDES, FeeRates, Quote, Side
from gridtrader.engine.settings import EngineSettings
from gridtrader.operator.contract import catalogue_contract
from gridtrader.operator.risk_tiers import RiskTier
from gridtrader.operator.rungs import Ladder, Terms, balance_for, build_ladder
from tests.support.desk import UID
from tests.support.inprocess import Table

D = Decimal
FEES = FeeRates(maker=D("0.0002"), taker=D("0.00055"))


def terms(**changes: Any) -> Terms:
    """Return 1 USD x 75 at 1.00 in steps of one per cent, each level twice the one before (S7's example)."""
    strategy: dict[str, Any] = {
        "symbol": "DOGEUSDT",
        "margin": D(1),
        "leverage": D(75),
        "step_percent": D(1),
        "multiplier": D(2),
        "target": D("0.01"),
        "max_level": 4,
        "entry_allowance_percent": D("0.1"),
        "reprice_ms": 3000,
    }
    values: dict[str, Any] = {
        "instrument": instrument(),
        "quote": Quote(D(1), D(1), D(1), 0),
        "fees": FEES,
        "closing_fee": FEES.taker,
        "buffer_percent": D(15),
    }
    for key, value in changes.items():
        (strategy if key in strategy else values)[key] = value
    return Terms(strategy=Strategy(**strategy), **values)


def instrument(**changes: Any) -> Instrument:
    values: dict[str, Any] = {
        "symbol": "DOGEUSDT",
        "tick_size": D("0.0001"),
        "qty_step": D(1),
        "min_qty": D(1),
        "max_qty": D(100_000),
        "min_notional": D(5),
        "min_price": D("0.0001"),
        "max_price": D(100),
        "max_leverage": D(75),
        "funding_interval_min": 480,
        "is_trading": True,
    }
    return Instrument(**(values | changes))


def test_the_example_of_the_specification_by_hand() -> None:
    ladder = build_ladder(terms())
    assert [rung.quantity for rung in ladder.rungs] == [75, 150, 300, 600, 1200]
    third = ladder.rungs[2]
    long, short = third.sides[Side.LONG], third.sides[Side.SHORT]
    assert [rung.sides[Side.LONG].price for rung in ladder.rungs] == [
        D(1),
        D("0.99"),
        D("0.9801"),
        D("0.9702"),
        D("0.9604"),
    ]
    assert [rung.sides[Side.SHORT].price for rung in ladder.rungs][:3] == [D(1), D("1.01"), D("1.0201")]
    assert third.total_quantity == 525
    assert long.notional == D("294.03")
    assert long.average == D("517.53") / 525
    assert long.loss == D("517.53") - 525 * D("0.9801")
    assert short.loss == 525 * D("1.0201") - D("532.53")
    # 75 x 0.055 % + (148.5 + 294.03) x 0.02 % of opening fees: (517.53 x 1.01 + 0.129756) / (525 x 0.99945) = 0.99642
    assert long.take_profit == D("0.9965")
    # (532.53 x 0.99 - 0.132756) / (525 x 1.00055) = 1.00340
    assert short.take_profit == D("1.0033")
    # 300 x 0.9801 x (1/75 + 0.00055 + 74/75 x 0.00055) and 300 x 1.0201 x (1/75 + 0.00055 + 76/75 x 0.00055)
    assert round(long.margin, 8) == D("4.24167678")
    assert round(short.margin, 8) == D("4.41927722")
    assert ladder.warnings == ()


def test_level_0_of_each_side_opens_at_its_own_side_of_the_market() -> None:
    first = build_ladder(terms(quote=Quote(D("0.999"), D("1.001"), D(1), 0))).rungs[0]
    assert (first.sides[Side.LONG].price, first.sides[Side.SHORT].price) == (D("1.001"), D("0.999"))
    assert first.quantity == 74  # 75 USD at the ask


def test_the_balance_leaves_the_buffer_untouched() -> None:
    ladder = build_ladder(terms())
    for rung in ladder.rungs:
        assert rung.balance is not None
        assert abs(rung.balance - rung.total_margin - rung.balance * D("0.15")) < D("1e-40")
    assert balance_for(D(10), D(100)) is None
    assert balance_for(D(10), D(0)) == 10


def test_a_leverage_above_the_maximum_is_capped() -> None:
    assert build_ladder(terms(leverage=D(200))).rungs == build_ladder(terms(leverage=D(75))).rungs


def test_quantities_that_do_not_rise_are_refused_with_the_figures() -> None:
    with pytest.raises(SizingError, match=r"q\(0\) = 6, q\(1\) = 6"):
        build_ladder(terms(margin=D("0.05"), multiplier=D("1.1")))


def test_a_level_above_the_largest_order_ends_both_ladders() -> None:
    ladder = build_ladder(terms(instrument=instrument(max_qty=D(599))))
    assert [rung.level for rung in ladder.rungs] == [0, 1, 2]
    assert ladder.warnings == (
        "level 3 would be 600, above the exchange's largest order 599: both ladders end at level 2",
    )


def test_a_level_0_above_the_largest_order_is_no_ladder_at_all() -> None:
    with pytest.raises(SizingError, match=r"level 0 of 75 is above the largest order the exchange takes, 74"):
        build_ladder(terms(instrument=instrument(max_qty=D(74))))


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"max_price": D("1.025")}, "SHORT level 3 would lie outside the contract's prices, 0.0001 to 1.025"),
        ({"min_price": D("0.98")}, "LONG level 3 would lie outside the contract's prices, 0.98 to 100"),
    ],
)
def test_a_level_beyond_the_contracts_prices_ends_both_ladders(limits: dict[str, Decimal], words: str) -> None:
    ladder = build_ladder(terms(instrument=instrument(**limits)))
    assert len(ladder.rungs) == 3
    assert ladder.warnings == (f"{words}: both ladders end at level 2",)


def test_a_ladder_too_big_for_the_risk_tiers_is_a_warning() -> None:
    tiers = (RiskTier(D(1000), D("0.01"), D(0), D(75)), RiskTier(D(5000), D("0.02"), D(10), D(50)))
    (warning,) = build_ladder(terms(tiers=tiers)).warnings
    assert warning.startswith(
        "up to level 2 both ladders are worth 1,050 USDT, more than the 1,000 that the risk tiers"
    )
    assert build_ladder(terms(tiers=tiers, leverage=D(50), max_level=3)).warnings == ()


LADDERS = st.builds(
    terms,
    margin=st.decimals("1", "500", places=1),
    leverage=st.integers(1, 75).map(D),
    step_percent=st.decimals("0.1", "10", places=2),
    multiplier=st.decimals("1.5", "3", places=1),
    target=st.decimals("0.001", "0.05", places=3),
    max_level=st.integers(1, 8),
    buffer_percent=st.decimals("0", "90", places=0),
    fees=st.builds(FeeRates, maker=st.decimals("-0.0001", "0.001", places=4), taker=st.just(D("0.00055"))),
)


def ladder_or_skip(ladder_terms: Terms) -> Ladder:
    try:
        return build_ladder(replace(ladder_terms, instrument=instrument(max_qty=D(10**9))))
    except SizingError:
        assume(False)
        raise


@settings(max_examples=80, deadline=None)
@given(LADDERS)
def test_every_take_profit_earns_the_target_net_and_one_tick_nearer_would_not(ladder_terms: Terms) -> None:
    tick, fee = Fraction(ladder_terms.instrument.tick_size), Fraction(ladder_terms.closing_fee)
    for side in SIDES:
        value = costs = Fraction(0)
        for rung in ladder_or_skip(ladder_terms).rungs:
            rate = ladder_terms.fees.maker if rung.level else ladder_terms.fees.taker
            notional = Fraction(rung.sides[side].price) * Fraction(rung.quantity)
            value += notional
            costs += notional * Fraction(rate)
            price, size = Fraction(rung.sides[side].take_profit), Fraction(rung.total_quantity)

            def net(
                close: Fraction, size: Fraction = size, value: Fraction = value, costs: Fraction = costs
            ) -> Fraction:
                return side.sign * (close * size - value) - costs - close * size * fee  # noqa: B023

            wanted = value * Fraction(ladder_terms.strategy.target)
            assert net(price) >= wanted
            assert net(price - side.sign * tick) < wanted


@settings(max_examples=80, deadline=None)
@given(LADDERS)
def test_deeper_levels_only_ever_need_more(ladder_terms: Terms) -> None:
    rungs = ladder_or_skip(ladder_terms).rungs
    for before, after in itertools.pairwise(rungs):
        assert after.quantity > before.quantity
        assert after.balance is not None and before.balance is not None and after.balance > before.balance
        for side in SIDES:
            assert side.sign * (before.sides[side].price - after.sides[side].price) > 0
            assert after.sides[side].loss > before.sides[side].loss >= 0
            assert side.sign * (after.sides[side].take_profit - after.sides[side].average) > 0


@pytest.mark.parametrize(("share", "levels"), [(D("1.005"), 2), (D("0.98"), 1)])
def test_an_engine_with_the_balance_needed_places_the_level_and_with_less_does_not(
    share: Decimal, levels: int
) -> None:
    contract = catalogue_contract("DOGEUSDT")
    wanted = terms(instrument=contract.instrument, quote=Quote(D("0.2"), D("0.2"), D("0.2"), 0), margin=D(10))
    needed = build_ladder(wanted).rungs[1].balance
    assert needed is not None
    table = Table(
        EngineSettings("001", (wanted.strategy,), D("0.9"), D(15), FEES), {"DOGEUSDT": "0.2"}, str(needed * share)
    )
    table.start()
    table.price("DOGEUSDT", "0.2")
    table.wait(3_000)  # where money is tight the balance is read again before anybody decides
    orders = [order for order in table.exchange.open_orders(UID) if not order.reduce_only]
    assert len(orders) == 2 * (levels - 1)
    if orders:
        predicted = build_ladder(wanted).rungs[1]
        assert {order.price for order in orders} == {predicted.sides[side].price for side in SIDES}
        assert {order.qty for order in orders} == {predicted.quantity}
