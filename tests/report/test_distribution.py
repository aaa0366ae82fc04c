"""Distributions: every cycle in exactly one class, classes with round edges."""

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridtrader.replay.result import ReplayResult
from gridtrader.report.bins import bins
from gridtrader.report.distribution import distributions
from tests.report.reading import Element, read

AMOUNTS = st.decimals(min_value=-100_000, max_value=100_000, places=4)


@given(st.lists(AMOUNTS, min_size=1, max_size=40))
def test_every_value_is_in_exactly_one_class(values: list[Decimal]) -> None:
    classes = bins(values)
    for value in values:
        assert sum(one.holds(value) for one in classes) == 1


@given(st.lists(AMOUNTS, min_size=1, max_size=40))
def test_classes_lie_side_by_side_and_are_few(values: list[Decimal]) -> None:
    classes = bins(values)
    assert all(one.low < one.high for one in classes)
    assert all(one.high == other.low for one, other in pairwise(classes))
    assert len(classes) <= 34


def test_profits_that_grow_with_the_ladder_get_classes_that_grow() -> None:
    classes = bins([Decimal("0.4"), Decimal("1.5"), Decimal("12"), Decimal("49")])
    assert [one.low for one in classes if one.low] == [Decimal(d) for d in ("0.2", "0.5", "1", "2", "5", "10", "20")]


def test_profits_near_to_each_other_get_equal_classes() -> None:
    classes = bins([Decimal("0.70"), Decimal("0.75"), Decimal("0.80")])
    assert {one.high - one.low for one in classes} == {Decimal("0.01")}
    assert (classes[0].low, classes[-1].low) == (Decimal("0.70"), Decimal("0.80"))


@pytest.mark.parametrize("value", ["0", "0.75", "-3", "100000"])
def test_one_value_is_a_class_of_its_own(value: str) -> None:
    assert sum(one.holds(Decimal(value)) for one in bins([Decimal(value)])) == 1


def test_no_values_have_no_classes() -> None:
    assert bins([]) == []


def figures_of(result: ReplayResult, number: int) -> list[list[str]]:
    tables = [element for element in read(distributions(result.cycles)) if element.name == "table"]
    rows: list[Element] = tables[number].children[1].children
    return [[row.children[0].text, *(cell.text.replace(",", "") for cell in row.children[2:])] for row in rows]


@pytest.mark.parametrize("number", [0, 1])
def test_both_distributions_count_every_cycle_and_all_money(calm: ReplayResult, number: int) -> None:
    rows = figures_of(calm, number)
    assert sum(int(row[1]) + int(row[2]) for row in rows) == calm.summary.cycles
    assert abs(sum(Decimal(row[3]) for row in rows) - calm.summary.closed_profit) < Decimal("0.2")


def test_depths_between_the_least_and_the_greatest_are_shown_though_empty(calm: ReplayResult) -> None:
    cycles = [replace(calm.cycles[0], levels=2), replace(calm.cycles[0], levels=5)]
    rows = figures_of(replace(calm, cycles=cycles), 0)
    assert [row[0] for row in rows] == ["2", "3", "4", "5"]


def test_no_cycles_are_told_in_words() -> None:
    assert distributions([]) == '<p class="empty">No cycle was closed.</p>'
