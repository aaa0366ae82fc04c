"""A cycle's fills in the order in which they happened (S10)."""

from decimal import Decimal

from gridtrader.domain.cycle import Cycle, Fill


def fill(exec_id: str, qty: str, level: int | None, moment: tuple[int, int] = (1_000, 5)) -> Fill:
    return Fill(moment, exec_id, level, Decimal(qty), Decimal(2), Decimal(0))


def test_fills_of_one_moment_stay_in_the_exchanges_order_whatever_their_ids() -> None:
    cycle = Cycle(1, 1, 0)
    for each in (fill("m", "33", 0, (900, 1)), fill("z", "6", 1), fill("a", "33", None)):
        cycle.add_fill(each)
    assert [each.exec_id for each in cycle.fills] == ["m", "z", "a"]
    assert cycle.flat_after() is None  # 33, 39, 6: never flat


def test_a_take_profit_before_an_entry_of_the_same_moment_does_close_the_side() -> None:
    cycle = Cycle(1, 1, 0)
    for each in (fill("m", "33", 0, (900, 1)), fill("z", "33", None), fill("a", "6", 1)):
        cycle.add_fill(each)
    assert cycle.flat_after() == 2


def test_a_fill_told_late_is_counted_where_it_happened() -> None:
    cycle = Cycle(1, 1, 0)
    for each in (fill("b", "1", None, (950, 2)), fill("a", "1", 0, (900, 1))):
        cycle.add_fill(each)
    assert [each.exec_id for each in cycle.fills] == ["a", "b"]
