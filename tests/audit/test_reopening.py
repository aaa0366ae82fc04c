"""The law S8: max(1, m − 2) levels are opened at once, for any m the other side has had meanwhile."""

from dataclasses import replace

from gridtrader.audit.books import LONG, SHORT
from gridtrader.audit.reopening import Reopenings
from tests.audit.scene import Scene


def at(law: Reopenings, leg: int, reach: int, now_ms: int, *, is_flat: bool = False) -> None:
    law.stands("COINUSDT", leg, reach, is_flat=is_flat, now_ms=now_ms)


def reopened(reaches: list[int], grace_ms: int = 0) -> Reopenings:
    """LONG runs and goes flat at 10 s, SHORT standing at the first reach then, and at the others after it."""
    law = Reopenings(grace_ms)
    at(law, LONG, 2, 1_000)
    for level in range(reaches[0] + 1):
        at(law, SHORT, level, 1_000)
    at(law, LONG, 0, 10_000, is_flat=True)
    for number, reach in enumerate(reaches[1:]):
        at(law, SHORT, reach, 11_000 + number)
    return law


def said(law: Reopenings, kind: str, level: int) -> list[str]:
    order = Scene().order(LONG, level, 100, "1", cycle=2, kind=kind)
    return list(law.placed(replace(order, symbol="COINUSDT")))


def test_eight_executed_levels_open_six_at_once() -> None:
    law = reopened([8])
    assert said(law, "E", 0) == []
    assert said(law, "E", 5) == []
    (text,) = said(law, "E", 6)
    assert "6 at most" in text


def test_a_level_that_should_open_at_once_may_not_rest_at_a_step() -> None:
    law = reopened([8])
    assert said(law, "E", 0) == []
    (text,) = said(law, "A", 5)
    assert "6 at least" in text
    assert said(law, "A", 6) == []


def test_one_level_is_opened_however_little_the_other_side_holds() -> None:
    law = reopened([1])
    assert said(law, "E", 0) == []
    assert said(law, "A", 1) == []
    assert said(law, "E", 1) != []


def test_what_the_other_side_executes_before_the_first_order_may_count_or_not() -> None:
    for level, kind in ((4, "E"), (3, "A"), (4, "A")):
        law = reopened([5, 6, 7])
        assert said(law, "E", 0) == []
        assert said(law, kind, level) == [], (kind, level)
    law = reopened([5, 6, 7])
    assert said(law, "E", 5) != []


def test_an_order_of_the_cycle_that_closed_while_it_was_on_its_way_is_not_the_reopening() -> None:
    law = reopened([8])
    assert said(law, "E", 0) == []
    at(law, LONG, 1, 12_000)
    at(law, LONG, 0, 13_000, is_flat=True)
    assert said(law, "A", 1) == []
    order = replace(Scene().order(LONG, 5, 100, "1", cycle=3, kind="A"), symbol="COINUSDT")
    assert list(law.placed(order)) != []


def test_a_fill_just_before_may_not_be_known_yet() -> None:
    law = Reopenings(grace_ms=500)
    at(law, LONG, 2, 1_000)
    at(law, SHORT, 4, 1_000)
    at(law, SHORT, 5, 9_900)
    at(law, LONG, 0, 10_000, is_flat=True)
    assert said(law, "E", 0) == []
    assert said(law, "A", 2) == [], "with m = 4 two levels are opened"


def test_a_side_that_an_old_order_opened_counts_with_the_levels_it_reopens() -> None:
    law = Reopenings(0)
    for level in range(9):
        at(law, LONG, level, 1_000)
    at(law, SHORT, 2, 2_000)
    at(law, SHORT, 0, 10_000, is_flat=True)
    at(law, SHORT, 5, 11_000)  # level 4 of the cycle that closed was on its way; six levels are to be opened at once
    at(law, LONG, 0, 12_000, is_flat=True)
    assert said(law, "E", 0) == []
    assert said(law, "E", 3) == []
    (text,) = said(law, "E", 4)
    assert "4 at most" in text


def test_an_old_order_that_fills_in_the_moment_in_which_the_other_side_closes_counts_as_well() -> None:
    law = Reopenings(0)
    for level in range(7):
        at(law, LONG, level, 1_000)
    at(law, SHORT, 2, 2_000)
    at(law, SHORT, 0, 10_000, is_flat=True)  # four levels are to be opened at once
    at(law, LONG, 0, 12_000, is_flat=True)
    at(law, SHORT, 3, 12_000)  # level 2 of the cycle that closed was on its way
    assert said(law, "E", 0) == []
    assert said(law, "E", 1) == []
    (text,) = said(law, "E", 2)
    assert "2 at most" in text
