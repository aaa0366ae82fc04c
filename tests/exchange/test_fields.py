from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridtrader.exchange.fields import BadMessage, Row


def row(**fields: object) -> Row:
    return Row(fields, "a row")


@pytest.mark.parametrize("text", ["0", "-0.13", "65000", "0.00000001", "1e-7", "1E+3", "0" * 40])
def test_a_decimal_is_read_from_its_text(text: str) -> None:
    assert row(price=text).decimal("price") == Decimal(text)


@pytest.mark.parametrize(
    "value",
    [0.01, 1, True, None, "", " 1", "1 ", "1_000", "NaN", "Infinity", "-", ".5", "1.", "1,5", "٣", "1e999", []],
)
def test_a_decimal_is_read_from_nothing_else(value: object) -> None:
    with pytest.raises(BadMessage, match="price is"):
        row(price=value).decimal("price")


def test_the_error_names_place_field_value_and_what_is_allowed() -> None:
    with pytest.raises(BadMessage) as caught:
        row(size="-1").decimal("size", least=Decimal(0))
    assert str(caught.value) == "a row: size is '-1', allowed: a decimal number in a string ≥ 0"


def test_a_missing_field_is_named_as_missing() -> None:
    with pytest.raises(BadMessage, match="a row: size is missing, allowed"):
        row().decimal("size")


def test_a_blank_is_a_number_only_where_that_is_said() -> None:
    assert row(size="").decimal("size", blank=Decimal(0)) == 0
    with pytest.raises(BadMessage):
        row(size="").decimal("size")


@pytest.mark.parametrize(("value", "number"), [("1750000000000", 1750000000000), (5, 5), ("-1", -1), (-1, -1)])
def test_an_integer_comes_as_number_or_text(value: object, number: int) -> None:
    assert row(seq=value).whole("seq") == number


@pytest.mark.parametrize("value", [1.0, True, "1.0", "", "0x1", None, "9" * 30])
def test_an_integer_is_read_from_nothing_else(value: object) -> None:
    with pytest.raises(BadMessage):
        row(seq=value).whole("seq")


@pytest.mark.parametrize(
    "read",
    [
        lambda r: r.text("x"),
        lambda r: r.word("x"),
        lambda r: r.flag("x"),
        lambda r: r.choice("x", {"a": 1}),
        lambda r: r.list("x"),
        lambda r: r.row("x"),
    ],
)
def test_every_reader_refuses_what_is_missing_or_of_another_type(read: Callable[[Row], object]) -> None:
    for bad in (row(), row(x=7), row(x=None)):
        with pytest.raises(BadMessage):
            read(bad)


def test_a_word_is_not_empty_and_a_text_may_be() -> None:
    assert row(x="").text("x") == ""
    with pytest.raises(BadMessage):
        row(x="").word("x")


def test_a_row_is_an_object() -> None:
    things: list[object] = [[], None, "x", 1]
    for data in things:
        with pytest.raises(BadMessage, match="a JSON object"):
            Row(data, "a row")


def test_a_long_value_is_cut_in_the_error() -> None:
    with pytest.raises(BadMessage) as caught:
        row(x="y" * 100_000).flag("x")
    assert len(str(caught.value)) < 200


@given(st.text(max_size=50))
def test_whatever_text_comes_it_is_a_number_or_an_error(text: str) -> None:
    try:
        number = row(x=text).decimal("x")
    except BadMessage:
        return
    assert number.is_finite()
    assert text.isascii()
