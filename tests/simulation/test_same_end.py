"""Streams that repeat themselves and keep no order lead to the same end; without faults nothing is ever left open."""

import pytest

from gridtrader.simulation.ending import Likeness, ending_of
from gridtrader.simulation.life import SimAccount
from gridtrader.simulation.quiet import quiet_symbols
from gridtrader.simulation.run import play_out
from gridtrader.simulation.world import Plan, World
from tests.e2e.twins import Task, stream_twins

ROUND_TRIPS_MS = 250
"""The way of a fill to the bot (at most 28 ms) and of an order and its acknowledgement (at most 48 ms each), for the
orders that go one after another: the levels' withdrawal, the reopened side, what rests behind it."""


@pytest.mark.parametrize(("seed", "accounts"), [(4, 2), (7, 1), (11, 2), (24, 2), (40, 1)])
def test_doubled_late_and_permuted_messages_lead_to_the_same_end(seed: int, accounts: int) -> None:
    tally = stream_twins(Task(seed, accounts, minutes=45))
    assert tally.problems == []
    assert tally.alike == {Likeness.EQUAL.value: 1}
    assert tally.take_profits >= 1
    assert tally.points > 60, "nearly every message was doubled, late, or out of its place"


class Look:
    """Reads the books of an account whenever its judge has found it quiet."""

    def __init__(self, world: World, account: SimAccount) -> None:
        self.quiet = 0
        self.wrong: list[str] = []
        self._world = world
        self._account = account
        self._judge_looks = world.judges[account.uid].look

    def __call__(self) -> None:
        before = self._world.verdicts.quiet_points
        self._judge_looks()
        life = self._account.life
        if life is None or self._world.verdicts.quiet_points == before:
            return
        self.quiet += 1
        sides = ending_of(self._world.exchange, self._account.uid, quiet_symbols(life.engine)).sides
        for (symbol, side), end in sides.items():
            if not end.is_covered:
                self.wrong.append(f"{symbol} {side.name} is not covered: {end}")
            if end.standing != sides[symbol, side.other].standing:
                self.wrong.append(f"{symbol} {side.name} is not as its other side: {end}")


@pytest.mark.parametrize("seed", [4, 7, 11, 24])
def test_without_faults_every_quiet_point_is_covered_and_equal_and_the_rest_lasts_a_few_round_trips(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(Plan(seed, hours=1, accounts=2))
    looks = [Look(world, account) for account in world.accounts]
    for account, look in zip(world.accounts, looks, strict=True):
        monkeypatch.setattr(world.judges[account.uid], "look", look)
    verdicts = play_out(world).verdicts
    assert verdicts.breaches == []
    assert [look.wrong for look in looks] == [[], []]
    assert sum(look.quiet for look in looks) == verdicts.quiet_points >= 10
    assert verdicts.uncovered.count >= 10
    round_trips_ms = ROUND_TRIPS_MS * max(len(account.symbols) for account in world.accounts)  # one after another
    assert verdicts.uncovered.longest_ms <= round_trips_ms
    assert verdicts.uncovered.quantile(0.5) <= ROUND_TRIPS_MS // 2
    assert verdicts.unequal.longest_ms <= 2 * round_trips_ms
