"""Numbers as V5 writes them."""

from decimal import Decimal

import pytest

from gridtrader.simulator.server.text import amount, at_step, average, decimals, plain


@pytest.mark.parametrize(
    ("value", "text"),
    [("0.0100", "0.01"), ("1E+3", "1000"), ("-0", "0"), ("-0.00", "0"), ("1E-7", "0.0000001"), ("100", "100")],
)
def test_plain_is_exact_without_exponent_or_trailing_zeros(value: str, text: str) -> None:
    assert plain(Decimal(value)) == text


def test_at_step_has_the_decimals_of_the_step_and_never_rounds_up() -> None:
    assert at_step(Decimal("64000"), Decimal("0.10")) == "64000.00"
    assert at_step(Decimal("0.0199"), Decimal("0.001")) == "0.019"
    assert at_step(Decimal("5"), Decimal("1")) == "5"


def test_amounts_are_exact_unless_a_division_made_them_endless() -> None:
    assert amount(Decimal("0.000000000012345")) == "0.000000000012345"
    assert amount(Decimal(1) / Decimal(3)) == "0.33333333"


def test_averages_are_finer_than_the_tick() -> None:
    assert average(Decimal(2) / Decimal(3), Decimal("0.01")) == "0.66666667"
    assert average(Decimal(2) / Decimal(3), Decimal("0.0000001")) == "0.6666666667"


@pytest.mark.parametrize(("step", "count"), [("0.10", 2), ("1", 0), ("0.00001", 5), ("10", 0)])
def test_decimals_of_a_step(step: str, count: int) -> None:
    assert decimals(Decimal(step)) == count
