"""How figures are written, and that markup escapes what is not markup."""

from decimal import Decimal

import pytest

from gridtrader.report.figures import amount, count, duration, moment, share
from gridtrader.report.markup import join, raw, tag


@pytest.mark.parametrize(
    ("value", "signed", "text"),
    [
        ("1234567.891", False, "1,234,567.89"),
        ("-0.001", True, "0.00"),
        ("-12.345", False, "−12.34"),
        ("12.355", True, "+12.36"),
        ("Infinity", False, "–"),
    ],
)
def test_amounts_are_rounded_half_to_even_and_have_no_negative_nothing(value: str, signed: bool, text: str) -> None:
    assert amount(Decimal(value), signed=signed) == text


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(0, "0 s"), (59_999, "59 s"), (61_000, "1 min 1 s"), (7_200_000, "2 h"), (90_000_000, "1 d 1 h"), (-5, "0 s")],
)
def test_spans_of_time_have_two_units_at_most(milliseconds: int, text: str) -> None:
    assert duration(milliseconds) == text


def test_moments_are_utc() -> None:
    assert moment(1_748_736_000_999) == "2025-06-01 00:00:00"


def test_a_share_of_nothing_is_none() -> None:
    assert share(Decimal(1), Decimal(0)) is None


def test_one_is_not_many() -> None:
    assert (count(1, "cycle"), count(1_200, "cycle")) == ("1 cycle", "1,200 cycles")


def test_children_and_attributes_are_escaped_and_markup_is_not() -> None:
    made = tag("p", "<b> & ", tag("i", "ok"), data_name='"<&', class_="a")
    assert made == '<p data-name="&quot;&lt;&amp;" class="a">&lt;b&gt; &amp; <i>ok</i></p>'


def test_joining_escapes_each_part() -> None:
    assert join(["<", raw("<br>"), "a"], " & ") == "&lt; &amp; <br> &amp; a"
