"""Which corners are reckoned exactly: none where no extreme can be, and always those where one is."""

from decimal import Decimal

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gridtrader.replay.course import State, bounds_from, course, course_from
from gridtrader.replay.extremes import Records, corners_to_reckon, may_pass

D = Decimal
NO_RATE = 99.0
"""So high a record that risk rates do not matter."""

slopes = st.integers(-40, 40).map(lambda cents: cents / 100)
marks = st.lists(st.integers(900, 1_100), min_size=1, max_size=30)
symbols = st.lists(st.tuples(slopes, slopes.map(abs), slopes.map(abs)), min_size=1, max_size=3)


def state_of(slopes_of_each: list[tuple[float, float, float]], equity: str = "500") -> State:
    equities, margins, maintenances = (tuple(each) for each in zip(*slopes_of_each, strict=True))
    return State(0, D(equity), 100.0, 20.0, 0.04, (1_000,) * len(equities), equities, margins, maintenances)


@st.composite
def situations(draw: st.DrawFn) -> tuple[State, list[np.ndarray], Records]:
    state = state_of(draw(symbols))
    length = draw(st.integers(1, 30))
    prices = st.lists(st.integers(900, 1_100), min_size=length, max_size=length)
    ways = [np.array(draw(prices), np.int64) for _ in state.marks]
    records = Records(
        peak=draw(st.floats(0, 30)),
        drawdown=draw(st.floats(0, 60)),
        margin=draw(st.floats(100, 140)),
        rate=draw(st.floats(0.04, 0.3)),
    )
    return state, ways, records


@given(situations())
def test_extremes_of_the_reckoned_corners_are_those_of_all(
    situation: tuple[State, list[np.ndarray], Records],
) -> None:
    state, ways, records = situation
    ahead = course_from(state, ways)
    chosen = corners_to_reckon(records, ahead, state.spare)
    everything = list(range(len(ahead.equity)))
    for corners in (chosen, everything):
        assert corners == sorted(set(corners))
    assert extremes_at(chosen, ahead.equity, ahead.margin, records) == extremes_at(
        everything, ahead.equity, ahead.margin, records
    )
    highest = max(ahead.rate)
    if highest >= records.rate + 1e-4:
        assert highest in ahead.rate[chosen]


def extremes_at(
    corners: list[int], equity: np.ndarray, margin: np.ndarray, records: Records
) -> tuple[float, float, float]:
    """Return peak, largest fall and highest margin of somebody who looks at these corners only."""
    peak, fall = records.peak, records.drawdown
    for corner in corners:
        peak = max(peak, equity[corner])
        fall = max(fall, peak - equity[corner])
    return peak, fall, max([records.margin, *margin[corners]])


@given(situations())
def test_where_the_bounds_exclude_a_record_no_corner_has_to_be_reckoned(
    situation: tuple[State, list[np.ndarray], Records],
) -> None:
    state, ways, records = situation
    bounds = bounds_from(state, [(int(way.min()), int(way.max())) for way in ways])
    if not may_pass(records, bounds, state.spare):
        assert corners_to_reckon(records, course_from(state, ways), state.spare) == []


def test_a_quiet_stretch_below_all_records_is_not_looked_at() -> None:
    records = Records(peak=20, drawdown=40, margin=130, rate=0.2)
    bounds = bounds_from(state_of([(0.1, 0.1, 0.02)]), [(950, 1_050)])
    assert not may_pass(records, bounds, 2e-8)


def test_each_record_alone_makes_a_stretch_worth_a_look() -> None:
    """Equity moves by 5 either way, margin to 105, the rate to 25 / 495."""
    bounds = bounds_from(state_of([(0.1, 0.1, 0.1)]), [(950, 1_050)])
    quiet = {"peak": 20.0, "drawdown": 40.0, "margin": 130.0, "rate": 0.2}
    for name, record in (("peak", 4.9), ("drawdown", 24.9), ("margin", 104.9), ("rate", 0.0502)):
        assert may_pass(Records(**{**quiet, name: record}), bounds, 2e-8), name


def test_an_account_without_equity_has_the_highest_rate() -> None:
    bounds = bounds_from(state_of([(1.0, 0.0, 0.0)], equity="5"), [(990, 1_000)])
    assert bounds.highest_rate == 99.9999


def test_on_a_plateau_one_corner_is_enough() -> None:
    records = Records(peak=0, drawdown=100, margin=1_000, rate=NO_RATE)
    ahead = course_from(state_of([(0.1, 0, 0)]), [np.array([1_010, 1_050, 1_050, 1_050, 1_020], np.int64)])
    assert corners_to_reckon(records, ahead, 2e-8) == [1]


def test_the_high_before_the_largest_fall_is_reckoned_though_a_higher_one_follows() -> None:
    records = Records(peak=0, drawdown=3, margin=1_000, rate=NO_RATE)
    path = np.array([1_010, 1_040, 1_000, 1_045], np.int64)
    ahead = course_from(state_of([(0.1, 0, 0)]), [path])
    assert corners_to_reckon(records, ahead, 2e-8) == [1, 2, 3]


def test_the_course_from_one_state_is_that_of_many() -> None:
    state = state_of([(0.1, 0.2, 0.3), (-0.2, 0.1, 0.05)])
    ways = [np.array([1_000, 1_007, 990], np.int64), np.array([1_001, 950, 1_100], np.int64)]
    one, many = course_from(state, ways), course([state], np.zeros(3, np.int64), ways)
    for name in ("equity", "margin", "rate"):
        assert getattr(one, name).tolist() == getattr(many, name).tolist()
