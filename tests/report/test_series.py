"""The data of the page's script: exact, complete, and where too much for a file, without loss of the extremes."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from gridtrader.domain.types import Side
from gridtrader.replay.result import ReplayResult, Trade
from gridtrader.report import render, series
from gridtrader.report.columns import encode, figures
from gridtrader.report.series import depths
from gridtrader.report.thin import thinned
from tests.report.reading import data_of, moments


def symbol_data(result: ReplayResult, number: int = 0) -> dict[str, dict[str, list[int]]]:
    data: dict[str, dict[str, list[int]]] = data_of(render(result))["symbols"][number]
    return data


def test_every_fill_comes_back_as_it_was(calm: ReplayResult) -> None:
    fills = symbol_data(calm)["fills"]
    trades = [trade for trade in calm.trades if trade.symbol == "DOGEUSDT"]
    assert moments(fills["time"], calm.parameters.start_ms) == [trade.time_ms for trade in trades]
    assert [Decimal(str(price)) for price in fills["price"]] == [trade.price for trade in trades]
    assert [Decimal(str(quantity)) for quantity in fills["quantity"]] == [trade.quantity for trade in trades]
    assert [None if level < 0 else level for level in fills["level"]] == [trade.level for trade in trades]
    assert [bool(flags & 1) for flags in fills["flags"]] == [trade.side is Side.SHORT for trade in trades]
    assert [bool(flags & 2) for flags in fills["flags"]] == [trade.is_maker for trade in trades]


def test_forced_fills_are_marked(liquidated: ReplayResult) -> None:
    flags = [flag for number in (0, 1) for flag in symbol_data(liquidated, number)["fills"]["flags"]]
    assert sum(bool(flag & 4) for flag in flags) == liquidated.summary.liquidations == 4


def test_every_order_comes_back_as_it_stood(calm: ReplayResult) -> None:
    orders = symbol_data(calm, 1)["orders"]
    standing = [order for order in calm.standing if order.symbol == "SOLUSDT"]
    since = moments(orders["time"], calm.parameters.start_ms)
    assert since == [order.since_ms for order in standing]
    until = [time + lasted for time, lasted in zip(since, orders["lasted"], strict=True)]
    assert until == [order.until_ms for order in standing]
    assert [Decimal(str(price)) for price in orders["price"]] == [order.price for order in standing]


def test_cycles_come_in_the_order_of_their_closing_with_their_symbol(calm: ReplayResult) -> None:
    cycles = data_of(render(calm))["cycles"]
    assert moments(cycles["closed"], calm.parameters.start_ms) == [cycle.closed_ms for cycle in calm.cycles]
    assert [("DOGEUSDT", "SOLUSDT")[one] for one in cycles["symbol"]] == [cycle.symbol for cycle in calm.cycles]
    assert [Decimal(str(net)) for net in cycles["net"]] == [round(cycle.net, 4) for cycle in calm.cycles]


def test_samples_hold_the_worst_of_their_stretch(calm: ReplayResult) -> None:
    samples = data_of(render(calm))["samples"]
    assert [Decimal(str(rate)) for rate in samples["rate"]] == [
        round(sample.highest_mm_rate * 100, 4) for sample in calm.samples
    ]
    assert [Decimal(str(low)) for low in samples["lowest"]] == [round(one.lowest_equity, 4) for one in calm.samples]


def test_what_a_file_cannot_carry_is_left_out_and_counted(
    calm: ReplayResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(series, "MOST_TRADES", 1_200)
    symbol = data_of(render(calm))["symbols"][0]
    trades = [trade for trade in calm.trades if trade.symbol == "DOGEUSDT"]
    kept = {Decimal(str(price)) for price in symbol["fills"]["price"]}
    assert symbol["fillsLeftOut"] == len(trades) - len(symbol["fills"]["time"]) > 0
    assert {min(trade.price for trade in trades), max(trade.price for trade in trades)} <= kept


def test_thinning_keeps_the_extremes_whatever_they_weigh_and_the_order() -> None:
    items = [trade(time_ms=time, price=Decimal(1 + time % 7)) for time in range(4_000)]
    items[1_234] = trade(time_ms=1_234, price=Decimal(99), quantity=Decimal(0))
    items[3_210] = trade(time_ms=3_210, price=Decimal("0.5"), quantity=Decimal(0))
    kept = thinned(items, 1_500, lambda one: one.time_ms, lambda one: one.quantity)
    assert len(kept) == 1_500
    assert items[1_234] in kept
    assert items[3_210] in kept
    assert [one.time_ms for one in kept] == sorted(one.time_ms for one in kept)


def test_thinning_leaves_what_fits_alone() -> None:
    items = [trade(time_ms=0)] * 5
    assert thinned(items, 5, lambda one: one.time_ms, lambda one: one.quantity) == items


def trade(
    level: int | None = 0,
    *,
    time_ms: int = 0,
    price: Decimal = Decimal(1),
    quantity: Decimal = Decimal(10),
    closed: Decimal = Decimal(0),
) -> Trade:
    return Trade(time_ms, "DOGEUSDT", Side.LONG, level, price, quantity, Decimal(0), True, closed, Decimal(0))


def levels(trades: Sequence[Trade]) -> list[int]:
    return [depth.levels for depth in depths(trades)]


def test_a_level_counts_once_however_many_fills_it_takes() -> None:
    assert levels([trade(0), trade(1), trade(1), trade(2)]) == [1, 2, 3]


def test_levels_are_held_until_the_side_is_flat() -> None:
    half, rest = trade(None, closed=Decimal(10)), trade(None, closed=Decimal(20))
    assert levels([trade(0), trade(1), trade(2), half, rest, trade(0)]) == [1, 2, 3, 0, 1]


def test_a_liquidation_ends_the_ladder_as_well(liquidated: ReplayResult) -> None:
    for side in Side:
        trades = [one for one in liquidated.trades if one.symbol == "DOGEUSDT" and one.side is side]
        assert levels(trades)[-1] == 0


def test_figures_keep_all_their_digits_and_have_no_exponent() -> None:
    values = [Decimal("1E-8"), Decimal("1E+3"), Decimal("-0.00"), Decimal("12.3400"), Decimal("NaN")]
    assert figures(values) == "[0.00000001,1000,0,12.34,null]"


def test_figures_are_rounded_half_to_even() -> None:
    assert figures([Decimal("0.00005"), Decimal("0.00015"), Decimal("-0.00001")], 4) == "[0,0.0002,0]"


def test_texts_cannot_end_the_element_they_stand_in() -> None:
    assert encode({"a": ["</script>", None, 1, True]}) == '{"a":["\\u003c/script\\u003e",null,1,true]}'


def test_the_order_of_what_is_told_late_is_mended(calm: ReplayResult) -> None:
    shuffled = replace(calm, trades=calm.trades[::-1], standing=calm.standing[::-1], cycles=calm.cycles[::-1])
    times = symbol_data(shuffled)["fills"]["time"]
    assert min(times) >= 0
