"""The same run twice: one is killed at one of its inputs and outputs and comes back, its twin is not. They end alike.

    python -m tests.e2e.twins [--seeds 20] [--minutes 30] [--down 3] [--every 1] [--twice] [--jobs 2]
    python -m tests.e2e.twins --seed N --at K[,J]     one death

For each seed the market of so many minutes is played without faults, by one account (odd seeds) or two. Then it is
played again for each input and output of the process, which dies there (`--twice`: and its successor dies as well,
each time at a later point of its start). At the end the exchange's own books are compared as `compare` says, and no
law may have been broken on the way. A second table has runs whose private streams are late, doubled and in another
order. Exit code 1 if anything is wrong.
"""

import argparse
import sys
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from unittest.mock import patch

from gridtrader.simulation import private
from gridtrader.simulation.ending import Comparison, Ending, Likeness, Span, compare, ending_of
from gridtrader.simulation.faults import Fault
from gridtrader.simulation.many import Raised, spread
from gridtrader.simulation.market import STEP_MS
from gridtrader.simulation.world import HOUR_MS, Plan, World

SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60 * SECOND_MS

RETURN_MS: Final = 9 * SECOND_MS
"""How long a new process may take until its ladders and take-profits stand: what it fills later, it fills on time."""

_REST_MS: Final = 100 * SECOND_MS
"""Market time after the last death; ends between two prices, when everything has been answered."""

LATENESS_MS: Final = 6 * SECOND_MS
"""The longest a message is late."""

STORM: Final = {Fault.EVENT_DOUBLED: 0.45, Fault.EVENT_PERMUTED: 0.4, Fault.EVENT_LATE: 0.15}
"""Nothing comes as it should."""

_STREAM_TIMES: Final = 4
"""One run is enough for a seed's streams: the command lets it be so much longer."""

_SHOWN: Final = 5
"""How much of what is wrong with one seed is printed."""


Moves = dict[str, list[int]]
"""When prices moved, in ms since 1970, by symbol."""


@dataclass(frozen=True, slots=True)
class Death:
    """Where the first process dies and, if it does, the second one: counted in inputs and outputs of each."""

    first: int
    second: int | None = None
    down_ms: int = 3 * SECOND_MS
    """How long nothing runs after each."""

    def __str__(self) -> str:
        again = "" if self.second is None else f",{self.second}"
        return f"--at {self.first}{again} --down {self.down_ms / SECOND_MS:g}"


@dataclass(slots=True)
class Played:
    """What a run came to."""

    world: World
    endings: dict[str, Ending]
    points: list[tuple[int, str]]
    """When and what the inputs and outputs of the first process were."""
    away: list[Span]
    breach: str


def play(plan: Plan, death: Death | None = None) -> Played:
    """Play a plan, with a death or two in it."""
    world = World(plan)
    points: list[tuple[int, str]] = []
    deaths: list[int] = []

    def passed(life: int, number: int, where: str) -> None:
        if life == 1:
            points.append((world.hub.now, where))
        if death is not None and (life, number) in ((1, death.first), (2, death.second)):
            deaths.append(world.hub.now)
            world.crash(death.down_ms)

    world.on_point = passed
    verdicts = world.play()
    endings = {a.plan.id: ending_of(world.exchange, a.uid, a.symbols) for a in world.accounts}
    down_ms = death.down_ms if death else 0
    away = [(at, at + down_ms + RETURN_MS) for at in deaths]
    return Played(world, endings, points, away, str(verdicts.breaches[0]) if verdicts.breaches else "")


def plan_for(seed: int, accounts: int, market_ms: int, down_ms: int = 0) -> Plan:
    """Return a plan in which the market goes on after `market_ms`, until everything has come to rest."""
    outage = -(-2 * down_ms // STEP_MS) * STEP_MS
    return Plan(seed, hours=(market_ms + outage + _REST_MS) / HOUR_MS, accounts=accounts)


def price_moves(plan: Plan) -> Moves:
    """Return when the prices of a plan's market move, by symbol."""
    world = World(plan)
    until = world.start + int(plan.hours * HOUR_MS)
    moves: Moves = {}
    for prices in world.prices:
        moments = moves[prices.symbol] = []
        before = None
        while (point := prices.next()) is not None and point[0] <= until:
            when, quote = point
            if before is not None and quote != before:
                moments.append(when)
            before = quote
    return moves


def _missed(away: Sequence[Span], moments: Sequence[int]) -> list[Span]:
    """Return those times in which a price moved: only then can a fill come at another price, or not at all."""
    return [(since, until) for since, until in away if bisect_right(moments, since) < bisect_right(moments, until)]


def compare_all(plain: Played, other: Played, away: Sequence[Span], moves: Moves) -> tuple[Likeness, str]:
    """Return how alike two runs are in the symbol in which they are least so, and what is wrong."""
    if other.breach:
        return Likeness.PARTED, other.breach
    found: list[tuple[str, Comparison]] = []
    for account, ending in plain.endings.items():
        for symbol in dict.fromkeys(symbol for symbol, _ in ending.sides):
            missed = _missed(away, moves[symbol])
            found.append((account, compare(ending, other.endings[account], symbol, missed)))
    likeness = max((comparison.likeness for _, comparison in found), key=lambda likeness: likeness.rank)
    return likeness, "; ".join(f"{account}: {c.problem}" for account, c in found if c.problem)


@dataclass(slots=True)
class Tally:
    """What came of all twins of a seed."""

    seed: int
    accounts: int
    symbols: int = 0
    points: int = 0
    fills: int = 0
    take_profits: int = 0
    alike: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    @property
    def runs(self) -> int:
        return self.alike.total()

    def count(self, likeness: Likeness, problem: str, reproduced_by: str) -> None:
        self.alike[likeness.value] += 1
        if problem:
            self.problems.append(f"{reproduced_by}: {problem}")

    def note(self, plain: Played) -> None:
        verdicts = plain.world.verdicts
        self.symbols = sum(len(account.symbols) for account in plain.world.accounts)
        self.fills, self.take_profits = verdicts.fills, verdicts.take_profits
        if plain.breach:
            self.problems.append(f"seed {self.seed}, uncrashed: {plain.breach}")


@dataclass(frozen=True, slots=True)
class Task:
    """A seed, and which of its points are tried."""

    seed: int
    accounts: int
    minutes: float
    down_ms: int = 3 * SECOND_MS
    every: int = 1
    """Only every so-manieth point, from the first on."""
    is_twice: bool = False
    only: Death | None = None


def crash_twins(task: Task) -> Tally:
    """Play a seed without a crash, and with a crash at each of its points."""
    market_ms = int(task.minutes * MINUTE_MS)
    plan = plan_for(task.seed, task.accounts, market_ms, task.down_ms)
    plain = play(plan)
    tally = Tally(task.seed, task.accounts)
    tally.note(plain)
    tally.points = sum(at <= plain.world.start + market_ms for at, _ in plain.points)
    moves = price_moves(plan)
    for death in [task.only] if task.only else _deaths(task, tally.points):
        crashed = play(plan, death)
        likeness, problem = compare_all(plain, crashed, crashed.away, moves)
        if not crashed.away:
            problem = f"there is no point {death.first}, the process did not die"
        where = crashed.points[-1][1]
        tally.count(likeness, problem, f"--seed {task.seed} --minutes {task.minutes:g} {death} ({where})")
    return tally


def _deaths(task: Task, points: int) -> Iterator[Death]:
    restart = 0
    for first in range(1, points + 1, task.every):
        restart = restart % 60 + 1  # a start has some 15 points for each symbol: all of them come to be tried
        yield Death(first, restart if task.is_twice else None, task.down_ms)


def stream_twins(task: Task) -> Tally:
    """Play a seed as it is, and with streams in which every message is doubled, late, or out of order."""
    plan = plan_for(task.seed, task.accounts, int(task.minutes * MINUTE_MS))
    plain = play(plan)
    tally = Tally(task.seed, task.accounts)
    tally.note(plain)
    with patch.object(private, "EVENT_RATES", STORM):
        stormy = play(Plan(plan.seed, plan.hours, plan.accounts, frozenset(STORM)))
    start = plain.world.start
    late = [start + m.at_ms for m in stormy.world.script.happened if m.fault is not Fault.EVENT_DOUBLED]
    tally.points = len(stormy.world.script.happened)
    away = [(at, at + LATENESS_MS + SECOND_MS) for at in late]
    likeness, problem = compare_all(plain, stormy, away, price_moves(plan))
    tally.count(likeness, problem, f"seed {task.seed}, streams")
    return tally


# --- the command ---

Work = Callable[[Task], Tally]


def main(argv: Sequence[str]) -> int:
    """Play all twins and print what came of them."""
    options = _options(argv)
    down_ms = int(options.down * SECOND_MS)
    seeds = [options.seed] if options.seed else range(1, options.seeds + 1)
    tasks = [
        Task(seed, accounts_of(seed), options.minutes, down_ms, options.every, options.twice, options.at)
        for seed in seeds
    ]
    wrong = _table("killed", crash_twins, tasks, options.jobs)
    if options.at is None:
        longer = [replace(task, minutes=_STREAM_TIMES * task.minutes) for task in tasks]
        wrong += _table("streams doubled, late, permuted", stream_twins, longer, options.jobs)
    return 1 if wrong else 0


def accounts_of(seed: int) -> int:
    """Return how many accounts the command gives a seed."""
    return 1 if seed % 2 else 2


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.twins")
    parser.add_argument("--seeds", type=int, default=20, help="seeds 1 to N (20)")
    parser.add_argument("--seed", type=int, default=0, help="only this one")
    parser.add_argument("--minutes", type=float, default=30, help="market time in which the process dies (30)")
    parser.add_argument("--down", type=float, default=3, help="seconds until the next process (3)")
    parser.add_argument("--every", type=int, default=1, help="only every so-manieth point (1)")
    parser.add_argument("--twice", action="store_true", help="let the second process die in its start as well")
    parser.add_argument("--at", metavar="K[,J]", help="only this death of --seed")
    parser.add_argument("--jobs", type=int, default=2, help="processes (2)")
    options = parser.parse_args(argv)
    if options.at is not None:
        if not options.seed:
            parser.error("--at needs --seed")
        try:
            first, *second = [int(text) for text in options.at.split(",")]
            options.at = Death(first, second[0] if second else None, int(options.down * SECOND_MS))
        except ValueError:
            parser.error(f"--at is {options.at!r}: expected a number, or two with a comma between")
    return options


def _table(title: str, work: Work, tasks: Sequence[Task], jobs: int) -> int:
    """Play and print; returns how much is wrong."""
    began = time.monotonic()
    names = [likeness.value for likeness in Likeness]
    heads = ["seed", "accounts", "symbols", "fills", "tps", "points", "runs", *names, "wrong"]
    total: Counter[str] = Counter()
    _say(f"{title}\n" + _row(heads))
    for task, tally in spread(work, tasks, jobs):
        if isinstance(tally, Raised):
            total["wrong"] += 1
            _say(f"{task.seed:>8} {tally.trace}")
            continue
        figures = [tally.accounts, tally.symbols, tally.fills, tally.take_profits, tally.points, tally.runs]
        figures += [*(tally.alike[name] for name in names), len(tally.problems)]
        total.update(dict(zip(heads[1:], figures, strict=True)))
        _say(_row([tally.seed, *figures]))
        for problem in tally.problems[:_SHOWN]:
            _say(f"         {problem}")
    _say(_row(["all", *(total[head] for head in heads[1:])]))
    _say(f"{time.monotonic() - began:.0f} s\n")
    return total["wrong"]


def _row(cells: Sequence[object]) -> str:
    return " ".join(f"{cell!s:>8}" for cell in cells)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
