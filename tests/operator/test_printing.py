"""How figures, times and levels are put into words."""

from datetime import UTC
from decimal import Decimal

import pytest

from gridtrader.operator.printing import levels, moment, money, percent, shortened
from gridtrader.store.times import duration

D = Decimal


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "0 s"),
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (402, "6 min 42 s"),
        (3600, "1 h"),
        (3659, "1 h"),
        (7_980, "2 h 13 min"),
        (86_399, "23 h 59 min"),
        (86_400, "1 d"),
        (1_000_000, "11 d 13 h"),
    ],
)
def test_a_time_span_has_its_two_greatest_units(seconds: int, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("numbers", "words"), [([], "-"), ([0], "0"), ([0, 1, 2], "0-2"), ([3, 0, 1, 5, 6], "0-1,3,5-6"), ([2, 4], "2,4")]
)
def test_levels_are_ranges(numbers: list[int], words: str) -> None:
    assert levels(numbers) == words


def test_a_sign_is_shown_only_where_there_is_something() -> None:
    assert money(D("1234.567"), signed=True) == "+1,234.57"
    assert money(D("-0.001"), signed=True) == "0.00"
    assert money(D("0.001"), signed=True) == "0.00"
    assert money(D("-5"), signed=True) == "-5.00"
    assert money(None) == percent(None) == shortened(None, 2) == "-"
    assert percent(D("12.345"), signed=True) == "+12.34 %"


def test_an_unknown_moment_is_not_1970() -> None:
    assert moment(0, UTC) == "-"
    assert moment(1_760_000_100_000, UTC) == "2025-10-09 08:55:00"
