"""A failure is shortened to what it needs, and nothing is handed out that has not been played."""

from dataclasses import replace

import pytest

from gridtrader.simulation.faults import HOURLY_RATES, Fault, Mishap
from gridtrader.simulation.misfortune import Misfortune
from gridtrader.simulation.run import Result, play
from gridtrader.simulation.shrink import law_kind, shrink
from gridtrader.simulation.verdicts import Breach, Verdicts
from gridtrader.simulation.world import Plan
from tests.simulation.stage import HOUR, START

LAW = "DOGEUSDT: protection: LONG of 12 has 0 take-profits"
KINDS = (Fault.REPLY_LOST, Fault.EVENT_LATE, Fault.HALT, Fault.CRASH)
MISHAPS = tuple(Mishap(60_000 * number, f"place-{number}", 1, KINDS[number % 4]) for number in range(1, 101))


class Bot:
    """A make-believe bot: it breaks a law as soon as all of the faults it cannot bear have happened."""

    def __init__(
        self, *culprits: Mishap, account: int = 1, law: str = LAW, mishaps: tuple[Mishap, ...] = MISHAPS
    ) -> None:
        self.mishaps = mishaps
        self.culprits = culprits
        self.account = account
        self.law = law
        self.plans: list[Plan] = []

    def play(self, plan: Plan) -> Result:
        self.plans.append(plan)
        end = int(plan.hours * HOUR)
        drawn = [m for m in self.mishaps if m.fault in plan.faults and m.at_ms <= end]
        happened = [m for m in drawn if plan.only is None or m in plan.only]
        breaks_at = max((m.at_ms for m in self.culprits), default=60_000) + 5_000
        verdicts = Verdicts()
        if set(self.culprits) <= set(happened) and breaks_at <= end and plan.accounts >= self.account:
            verdicts.breaches.append(Breach(START + breaks_at, f"{self.account:03d}", self.law))
            happened = [m for m in happened if m.at_ms <= breaks_at]
        return Result(plan, verdicts, tuple(happened), START, plan.hours, 0)


PLAN = Plan(seed=7, hours=24, accounts=3, faults=frozenset(Fault))


@pytest.mark.parametrize("culprits", [(), (40,), (1, 100), (3, 50, 97), (8, 9, 10, 11)])
def test_only_the_faults_that_matter_are_left(culprits: tuple[int, ...]) -> None:
    bot = Bot(*(MISHAPS[number - 1] for number in culprits))
    shrunk = shrink(bot.play(PLAN), replay=bot.play)
    assert shrunk.is_proven
    assert shrunk.plan.only == bot.culprits
    assert shrunk.plan.faults == {mishap.fault for mishap in bot.culprits}
    assert shrunk.replays <= 80


def test_the_last_thing_played_is_the_plan_that_is_returned() -> None:
    bot = Bot(MISHAPS[39])
    shrunk = shrink(bot.play(PLAN), replay=bot.play)
    assert bot.plans[-1] == shrunk.plan
    assert bot.play(shrunk.plan).breach == shrunk.breach


def test_the_run_ends_just_behind_the_failure() -> None:
    bot = Bot(MISHAPS[39])
    shrunk = shrink(bot.play(PLAN), replay=bot.play)
    assert shrunk.at_ms == 40 * 60_000 + 5_000
    assert shrunk.at_ms <= shrunk.plan.hours * HOUR <= shrunk.at_ms + 1_000


@pytest.mark.parametrize("account", [1, 2, 3])
def test_accounts_behind_the_one_that_failed_are_left_out(account: int) -> None:
    bot = Bot(MISHAPS[39], account=account)
    assert shrink(bot.play(PLAN), replay=bot.play).plan.accounts == account


def test_what_befell_other_accounts_is_left_out_at_once() -> None:
    places = ("001/1.1/rest", "002/1.2/rest", "003/1.3/stream", "machine/crash")
    mishaps = tuple(Mishap(1_000 * n, places[n % 4], n, KINDS[n // 4 % 4]) for n in range(100))
    bot = Bot(mishaps[40], mishaps[43], mishaps=mishaps)
    result = bot.play(PLAN)
    bot.plans.clear()
    shrunk = shrink(result, replay=bot.play)
    second = bot.plans[1].only or ()
    assert {mishap.place for mishap in second} == {"001/1.1/rest", "machine/crash"}
    assert shrunk.plan.only == bot.culprits


def test_the_number_of_replays_is_bounded_and_the_last_one_proves_what_is_returned() -> None:
    bot = Bot(*MISHAPS[::9])
    result = bot.play(PLAN)
    bot.plans.clear()
    shrunk = shrink(result, most_replays=12, replay=bot.play)
    assert (shrunk.replays, len(bot.plans)) == (12, 12)
    assert shrunk.is_proven
    assert set(bot.culprits) <= set(shrunk.plan.only or ())
    assert bot.plans[-1] == shrunk.plan


def test_another_failure_on_the_way_is_not_taken_for_this_one() -> None:
    bot, other = Bot(MISHAPS[39]), Bot(law="DOGEUSDT: symmetry: level 3 is missing")

    def replay(plan: Plan) -> Result:
        result = bot.play(plan)
        return result if result.breach else other.play(plan)

    shrunk = shrink(bot.play(PLAN), replay=replay)
    assert shrunk.breach.law == LAW
    assert shrunk.plan.only == bot.culprits


def test_a_failure_that_does_not_come_again_is_returned_as_it_was() -> None:
    result = Bot(MISHAPS[39]).play(PLAN)
    shrunk = shrink(result, replay=Bot(MISHAPS[0], account=9).play)
    assert (shrunk.plan, shrunk.breach, shrunk.is_proven) == (PLAN, result.breach, False)


def test_a_replay_that_cannot_be_played_does_not_count_as_the_failure() -> None:
    bot = Bot(MISHAPS[39])

    def replay(plan: Plan) -> Result:
        if plan.only is not None and len(plan.only) < 10:
            raise RuntimeError("the world fell apart")
        return bot.play(plan)

    shrunk = shrink(bot.play(PLAN), replay=replay)
    assert shrunk.is_proven
    assert len(shrunk.plan.only or ()) >= 10


def test_a_clean_run_cannot_be_shortened() -> None:
    with pytest.raises(ValueError, match="no law was broken"):
        shrink(Bot(MISHAPS[39]).play(replace(PLAN, hours=0.1)))


@pytest.mark.parametrize(
    ("law", "kind"),
    [
        (LAW, "protection: side of"),
        ("1000PEPEUSDT: protection: SHORT of 3 has 0 take-profits", "protection: side of"),
        ("SOLUSDT: reserve: g_SOL_LA07_eh21b_0 binds 692.3", "reserve"),
        (
            "stopped without cause: the position was changed by somebody else: DOGEUSDT SHORT: the position has 0",
            "stopped without cause: the position was changed by somebody else: side: the position has",
        ),
        ("liveness: nothing stands", "liveness: nothing stands"),
        ("42", "42"),
    ],
)
def test_failures_are_the_same_where_the_words_before_the_first_figure_are(law: str, kind: str) -> None:
    assert law_kind(law) == kind


def test_a_real_run_is_shortened_to_the_one_fault_it_cannot_bear(monkeypatch: pytest.MonkeyPatch) -> None:
    def drop(misfortune: Misfortune, account: object, dice: object) -> None:
        judges = misfortune._theatre.judges  # type: ignore[attr-defined]
        judges[1].breach("planted: 1 stream has dropped")

    monkeypatch.setattr(Misfortune, "_drop", drop)
    monkeypatch.setitem(HOURLY_RATES, Fault.STREAM_DROP, 2.0)
    result = play(Plan(seed=5, hours=3, accounts=2, faults=frozenset(Fault)))
    assert result.breach is not None
    assert len(result.happened) > 1
    shrunk = shrink(result)
    assert shrunk.is_proven
    assert [mishap.fault for mishap in shrunk.plan.only or ()] == [Fault.STREAM_DROP]
    assert play(shrunk.plan).breach == shrunk.breach
