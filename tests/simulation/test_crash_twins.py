"""A process killed at any input or output comes back to what it would have had; `tests.e2e.twins` does it in full."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest

from gridtrader.domain.cycle import Cycle
from gridtrader.domain.types import OrderKind, Side
from gridtrader.engine import restore
from gridtrader.simulation.ending import Comparison, Ending, Fill, LevelEnd, Likeness, SideEnd, compare, ending_of
from gridtrader.simulation.world import World
from tests.e2e.twins import MINUTE_MS, SECOND_MS, Death, Task, compare_all, crash_twins, plan_for, play, price_moves


@pytest.mark.parametrize(("seed", "accounts"), [(40, 1), (44, 2)])
def test_a_run_killed_at_any_point_ends_as_the_one_that_is_not(seed: int, accounts: int) -> None:
    tally = crash_twins(Task(seed, accounts, minutes=10, every=9))
    assert tally.problems == []
    assert tally.take_profits >= 2, "a run without a reopening says little"
    assert tally.runs > 25
    assert tally.alike[Likeness.EQUAL.value] > 0.9 * tally.runs


def test_a_run_that_is_away_while_prices_move_differs_only_by_what_it_missed() -> None:
    tally = crash_twins(Task(44, 2, minutes=10, every=19, down_ms=100 * SECOND_MS))
    assert tally.problems == []
    assert all(tally.alike[likeness.value] for likeness in (Likeness.EQUAL, Likeness.SHIFTED))


def test_a_start_that_is_killed_itself_is_made_good_by_the_next() -> None:
    plan = plan_for(40, 1, 5 * MINUTE_MS, 3 * SECOND_MS)
    plain, moves = play(plan), price_moves(plan)
    middle = sum(at <= plain.world.start + 4 * MINUTE_MS for at, _ in plain.points)
    for second in range(2, 60, 6):
        crashed = play(plan, Death(middle, second))
        assert len(crashed.away) == 2
        assert compare_all(plain, crashed, crashed.away, moves) == (Likeness.EQUAL, "")


def test_a_withdrawal_in_which_the_process_dies_is_carried_on() -> None:
    tally = crash_twins(Task(19, 1, minutes=30, only=Death(445)))
    assert tally.problems == []
    assert tally.alike[Likeness.EQUAL.value] == 1


REOPENS_MS = 750_000
"""When a side of seed 44 closes, and opens two levels at once because the other side has executed four (S8)."""


class Reopening:
    """A run of seed 44, and the inputs and outputs of the second in which that happens."""

    def __init__(self) -> None:
        self._plan = plan_for(44, 1, REOPENS_MS + 5 * SECOND_MS)
        self._moves = price_moves(self._plan)
        self._plain = play(self._plan)
        since = self._plain.world.start + REOPENS_MS
        moments = [at for at, _ in self._plain.points]
        self.points = [n for n, at in enumerate(moments, start=1) if since <= at <= since + SECOND_MS]

    def killed_at(self, point: int) -> tuple[Likeness, str]:
        crashed = play(self._plan, Death(point))
        return compare_all(self._plain, crashed, crashed.away, self._moves)


def test_a_side_that_opens_several_levels_at_once_does_so_wherever_it_is_killed() -> None:
    run = Reopening()
    assert len(run.points) > 25
    assert {run.killed_at(point) for point in run.points[::2]} == {(Likeness.EQUAL, "")}


def test_a_bot_that_forgets_how_many_levels_it_was_to_open_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(number: int, immediate: int, opened_ms: int) -> Cycle:
        return Cycle(number, 1, opened_ms)

    run = Reopening()
    monkeypatch.setattr(restore, "Cycle", forgetful)
    problems = [problem for _, problem in map(run.killed_at, run.points[::4]) if problem]
    assert any("missed no price" in problem or "S8" in problem for problem in problems)


def test_a_crash_of_a_plan_is_that_of_a_twin() -> None:
    plan = plan_for(5, 1, 5 * MINUTE_MS)
    twin = play(plan, Death(60))
    crashed = play(replace(plan, crash_at=60))
    assert crashed.endings == twin.endings
    assert len(crashed.points) == len(twin.points) == 60


# --- that a difference is found ---


def _cancel_one(world: World) -> Iterator[str]:
    """Cancel each order of the account, one after another; gives the symbol of each."""
    for order in list(world.exchange.open_orders(1)):
        world.exchange.cancel_order(1, order.symbol, world.hub.now, order_id=order.order_id)
        yield order.symbol


def test_every_order_that_is_missing_in_the_end_is_found() -> None:
    plan = plan_for(3, 1, 5 * MINUTE_MS)
    plain, other = play(plan), play(plan)
    assert compare_all(plain, other, [], price_moves(plan)) == (Likeness.EQUAL, "")
    cancelled = []
    for symbol in _cancel_one(other.world):
        cancelled.append(symbol)
        ending = ending_of(other.world.exchange, 1, [symbol])
        result = compare(plain.endings["001"], ending, symbol, [(0, other.world.hub.now)])
        assert result.likeness is Likeness.EQUAL, "its fills are the same"
        assert symbol in result.problem
    assert len(cancelled) >= 4


ENTRY = Fill(OrderKind.ENTRY, 0, Decimal(10), Decimal("1.00"), Decimal("0.01"), at_ms=1_000)
LEVEL_1 = Fill(OrderKind.AVERAGING, 1, Decimal(20), Decimal("0.99"), Decimal("0.01"), at_ms=5_000)
CLOSED = Fill(OrderKind.TAKE_PROFIT, 0, Decimal(10), Decimal("1.02"), Decimal("0.01"), at_ms=5_000)
AWAY = [(4_000, 6_000)]


def _side(cycle: tuple[Fill, ...], limit: str = "0.98", take_profit: str = "1.01", resting: int = 40) -> SideEnd:
    executed = tuple(LevelEnd(f.level, f.qty, f.qty * f.price, Decimal(0), None) for f in cycle)
    ahead = LevelEnd(len(cycle), Decimal(0), Decimal(0), Decimal(resting), Decimal(limit))
    size = sum((fill.qty for fill in cycle), Decimal(0))
    return SideEnd(size, (*executed, ahead), ((size, Decimal(take_profit)),), cycle)


def _ending(fills: tuple[Fill, ...], side: SideEnd) -> Ending:
    still = _side((ENTRY,))
    return Ending(
        {("X", Side.LONG): side, ("X", Side.SHORT): still}, {("X", Side.LONG): fills, ("X", Side.SHORT): (ENTRY,)}
    )


def _compare(other: Ending, plain: Ending | None = None) -> Comparison:
    fills = (ENTRY, LEVEL_1)
    return compare(plain or _ending(fills, _side(fills)), other, "X", AWAY)


@pytest.mark.parametrize("wrong", [{"limit": "0.97"}, {"take_profit": "1.02"}, {"resting": 39}])
def test_after_the_same_fills_everything_must_be_the_same(wrong: dict[str, str]) -> None:
    fills = (ENTRY, LEVEL_1)
    result = _compare(_ending(fills, _side(fills, **wrong)))  # type: ignore[arg-type]
    assert result.likeness is Likeness.EQUAL
    assert "X LONG" in result.problem


def test_a_fill_may_have_another_price_only_while_the_bot_was_away() -> None:
    elsewhere = replace(LEVEL_1, price=Decimal("0.985"))
    fills = (ENTRY, elsewhere)
    moved = _side(fills, limit="0.975", take_profit="1.005")
    assert _compare(_ending(fills, moved)) == Comparison(Likeness.SHIFTED, "", 5_000)
    late = replace(elsewhere, at_ms=9_000)
    assert _compare(_ending((ENTRY, late), moved)).problem == "", "the twin filled it while the bot was away"
    early = replace(ENTRY, price=Decimal("1.001"))
    assert "missed no price" in _compare(_ending((early, LEVEL_1), moved)).problem


def test_after_a_fill_at_another_price_quantities_and_what_does_not_follow_from_it_stay() -> None:
    fills = (ENTRY, replace(LEVEL_1, price=Decimal("0.985")))
    assert "X LONG" in _compare(_ending(fills, _side(fills, resting=39))).problem
    again = replace(ENTRY, at_ms=8_000)
    plain = _ending((ENTRY, CLOSED, again), _side((again,)))
    closed_better = (ENTRY, replace(CLOSED, price=Decimal("1.03")), again)
    assert _compare(_ending(closed_better, _side((again,))), plain) == Comparison(Likeness.SHIFTED, "", 5_000)
    assert "X LONG" in _compare(_ending(closed_better, _side((again,), take_profit="1.02")), plain).problem
    assert "X LONG" in _compare(_ending(closed_better, _side((again,), limit="0.97")), plain).problem


def test_another_sequence_of_fills_is_no_more_compared_but_must_begin_while_the_bot_was_away() -> None:
    assert _compare(_ending((ENTRY,), _side((ENTRY,)))) == Comparison(Likeness.PARTED, "", 5_000)
    deeper = Fill(OrderKind.AVERAGING, 2, Decimal(40), Decimal("0.98"), Decimal("0.01"), at_ms=7_000)
    fills = (ENTRY, LEVEL_1, deeper)
    assert "missed no price" in _compare(_ending(fills, _side(fills))).problem
