"""Paging: whatever gaps there are and wherever pages end, every finished row comes once."""

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridtrader.history import paging
from tests.history.support import DAY, HOUR, MINUTE, T0, Tape


@pytest.fixture(scope="module", autouse=True)
def small_pages() -> object:
    """Pages of seven rows, so that a few days have many borders."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paging, "MOST_CANDLES", 7)
        patch.setattr(paging, "MOST_SETTLEMENTS", 5)
        yield


def fetched(tape: Tape, start: int, end: int, length: int = HOUR) -> list[int]:
    pages = paging.candles(tape.ask, tape.ask_days, start, end, length)
    return [record.at for record in chain.from_iterable(pages)]


def finished(tape: Tape, start: int, end: int) -> list[int]:
    """Return what should come: each candle after which the exchange shows another one by `end`."""
    return [at for at in tape.rows(start, end - 1) if tape.rows(at + 1, end)]


def hours(first: int, last: int) -> set[int]:
    """Return openings, counted in hours from T0, both included."""
    return {T0 + number * HOUR for number in range(first, last + 1)}


def test_pages_without_a_gap_are_asked_for_once_each() -> None:
    tape = Tape(hours(0, 100))
    assert fetched(tape, T0, T0 + 60 * HOUR) == sorted(hours(0, 59))
    assert [what for what, _, _ in tape.asked] == ["rows"] * 10
    assert max(last - start for _, start, last in tape.asked) < 7 * HOUR


def test_the_candle_that_is_not_finished_is_left_out() -> None:
    tape = Tape(hours(0, 20))
    assert fetched(tape, T0, T0 + 40 * HOUR) == sorted(hours(0, 19))
    assert fetched(tape, T0, T0 + 20 * HOUR) == sorted(hours(0, 19))
    assert fetched(tape, T0, T0 + 21 * HOUR) == sorted(hours(0, 19))
    assert fetched(Tape({T0}), T0, T0 + HOUR) == []


def test_a_running_candle_early_in_its_day_is_left_out_too() -> None:
    """The candle of its day exists, which says nothing about a later candle."""
    tape = Tape(hours(-30, 2))
    assert fetched(tape, T0 - 30 * HOUR, T0 + 60 * HOUR) == sorted(hours(-30, 1))


def test_before_the_first_candle_days_are_asked_for_and_not_every_page() -> None:
    tape = Tape(hours(24 * 40 + 5, 24 * 40 + 30))
    assert fetched(tape, T0, T0 + (24 * 40 + 20) * HOUR) == sorted(hours(24 * 40 + 5, 24 * 40 + 19))
    assert sum(what == "days" for what, _, _ in tape.asked) <= 7
    assert sum(what == "rows" for what, _, _ in tape.asked) <= 6


def test_a_gap_of_weeks_is_leapt_over() -> None:
    tape = Tape(hours(0, 9) | hours(24 * 30, 24 * 30 + 9))
    assert fetched(tape, T0, T0 + 24 * 31 * HOUR) == finished(tape, T0, T0 + 24 * 31 * HOUR)
    assert len(tape.asked) < 24


def test_nothing_at_all_is_no_row() -> None:
    assert fetched(Tape(set()), T0, T0 + 50 * HOUR) == []


@given(
    candles=st.sets(st.integers(0, 24 * 14), max_size=200),
    dense=st.tuples(st.integers(0, 300), st.integers(0, 60)),
    start=st.integers(0, 24 * 14),
    length=st.integers(1, 24 * 14),
    most=st.integers(1, 9),
)
def test_every_finished_candle_comes_once_and_in_order(
    candles: set[int], dense: tuple[int, int], start: int, length: int, most: int
) -> None:
    """Also where the exchange hands out less than was asked for."""
    there = {T0 + hour * HOUR for hour in candles | set(range(dense[0], dense[0] + dense[1]))}
    tape = Tape(there, most)
    first, end = T0 + start * HOUR, T0 + (start + length) * HOUR
    assert fetched(tape, first, end) == finished(tape, first, end)


@given(
    steps=st.lists(st.sampled_from([1, 2, 4, 8, 8, 8, 40]), max_size=60),
    start=st.integers(0, 100),
    length=st.integers(1, 400),
    spacing=st.sampled_from([1, 4, 8]),
    most=st.integers(1, 9),
)
def test_every_settlement_comes_once_however_often_there_were_some(
    steps: list[int], start: int, length: int, spacing: int, most: int
) -> None:
    times, at = [], T0
    for step in steps:
        at += step * HOUR
        times.append(at)
    tape = Tape(times, most)
    first, end = T0 + start * HOUR, T0 + (start + length) * HOUR
    pages = paging.settlements(tape.ask, first, end, spacing * HOUR)
    assert [record.at for record in chain.from_iterable(pages)] == [at for at in times if first <= at < end]


def test_settlements_are_asked_for_twice_a_page() -> None:
    """The second time nothing is left."""
    tape = Tape(range(T0, T0 + 10 * DAY, 8 * HOUR))
    list(paging.settlements(tape.ask, T0 + MINUTE, T0 + 10 * DAY, 8 * HOUR))
    assert len(tape.asked) == 12
