import itertools
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridtrader.engine.ports import Unreachable
from gridtrader.exchange.fields import Row
from gridtrader.exchange.pages import all_rows, windows


class Lister:
    """Hands out pages; `cursors` are what it says at the end of each."""

    def __init__(self, pages: list[list[object]], cursors: list[str]) -> None:
        self._pages = pages
        self._cursors = cursors
        self.asked: list[Mapping[str, object]] = []

    def __call__(self, parameters: Mapping[str, object]) -> Row:
        number = len(self.asked)
        self.asked.append(parameters)
        content: dict[str, Any] = {"list": self._pages[number], "nextPageCursor": self._cursors[number]}
        return Row(content, "test")


def test_the_cursor_goes_back_exactly_as_it_came() -> None:
    lister = Lister([[1], [2], [3]], ["page_args%3Da%26symbol%3D6%26", "132766%3A2%2C132766%3A2", ""])
    assert all_rows(lister, {"limit": 1}, 10) == [1, 2, 3]
    assert [asked.get("cursor") for asked in lister.asked] == [
        None,
        "page_args%3Da%26symbol%3D6%26",
        "132766%3A2%2C132766%3A2",
    ]


def test_an_empty_page_ends_the_list_whatever_its_cursor() -> None:
    assert all_rows(Lister([[1], []], ["a", "b"]), {}, 10) == [1]


def test_a_cursor_seen_before_ends_the_list() -> None:
    assert all_rows(Lister([[1], [2]], ["a", "a"]), {}, 10) == [1, 2]


def test_a_list_without_any_cursor_is_one_page() -> None:
    assert all_rows(lambda _: Row({"list": [1, 2]}, "test"), {}, 10) == [1, 2]


def test_a_list_without_end_is_an_error_and_not_half_a_list() -> None:
    lister = Lister([[number] for number in range(9)], [f"c{number}" for number in range(9)])
    with pytest.raises(Unreachable, match="more than 5 pages"):
        all_rows(lister, {}, 5)


def test_a_week_is_asked_for_at_once_and_more_in_pieces_that_touch() -> None:
    assert list(windows(0, 7, 7)) == [(0, 7)]
    assert list(windows(0, 15, 7)) == [(0, 7), (7, 14), (14, 15)]
    assert list(windows(5, 5, 7)) == [(5, 5)]


def test_a_history_that_ends_before_it_begins_is_an_error() -> None:
    with pytest.raises(ValueError, match="the end lies before the start"):
        list(windows(6, 5, 7))


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.integers(1, 3000))
def test_the_pieces_cover_everything_and_none_is_too_long(start: int, length: int, longest: int) -> None:
    pieces = list(windows(start, start + length, longest))
    assert pieces[0][0] == start
    assert pieces[-1][1] == start + length
    assert all(until == begin for (_, until), (begin, _) in itertools.pairwise(pieces))
    assert all(0 <= until - begin <= longest for begin, until in pieces)
