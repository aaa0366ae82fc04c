"""How `gridtrader simulate` looks to people: what was played, what was measured, which laws were broken.

Made for 80 columns. A script stands on a line of its own, unbroken, to be copied.
"""

import itertools
import shlex
from collections.abc import Iterable, Iterator
from typing import Final

from rich.table import Table
from rich.text import Text

from gridtrader.operator.simulate.arguments import FAMILIES, PROGRAM, Wanted
from gridtrader.operator.simulate.script import script_line
from gridtrader.operator.simulate.tally import Failure, Tally
from gridtrader.simulation.faults import SAFE, Fault
from gridtrader.simulation.world import Plan
from gridtrader.store.times import duration

_COLUMNS: Final = (("requests",), ("stream", "reads"), ("exchange", "machine"))
_MOST_TOLD: Final = 10
"""Further runs that broke the same law are told by their seeds, up to so many."""
_NAMES: Final = {
    "uncovered": "without its take-profit",
    "uncovered_away": "  while dead, blind or stopped",
    "unequal": "ladders unequal",
    "unequal_away": "  while dead, blind or stopped",
}

Line = Text | Table | str
"""A part of the report; a plain str is written as it is, whatever the width."""


def report(wanted: Wanted, tally: Tally, wall_s: float, *, is_interrupted: bool) -> Iterator[Line]:
    """Yield the report, part by part. `wall_s` is how long the runs took, seconds."""
    verdicts = tally.verdicts
    yield Text(f"Played: {_played(wanted, tally, is_interrupted=is_interrupted)}")
    rate = f", {tally.account_hours / wall_s:,.1f} account-hours a second" if wall_s > 0 else ""
    yield Text(f"Took:   {_seconds(wall_s)}{rate}")
    yield Text(
        f"Seen:   {verdicts.fills:,} fills, {verdicts.take_profits:,} take-profits, {verdicts.commands:,} commands, "
        f"{verdicts.quiet_points:,} quiet points checked"
    )
    yield Text()
    yield from _faults(wanted.plan, tally)
    yield _durations(tally)
    yield Text()
    yield from _violations(wanted, tally, is_interrupted=is_interrupted)


def _played(wanted: Wanted, tally: Tally, *, is_interrupted: bool) -> str:
    seeds = wanted.seeds
    runs = f"{tally.runs:,} of {len(seeds):,} runs, interrupted" if is_interrupted else _count(tally.runs, "run")
    which = f"seed {seeds[0]}" if len(seeds) == 1 else f"seeds {seeds[0]}..{seeds[-1]}"
    plan = wanted.plan
    where = f" on {', '.join(plan.prices)}" if plan.prices else ""
    crash = "" if plan.crash_at is None else f", crash at input or output {plan.crash_at}"
    return (
        f"{runs} ({which}) of {plan.hours:g} h with {_count(plan.accounts, 'account')}{where}{crash}: "
        f"{tally.account_hours:,.1f} account-hours"
    )


# --- faults ---


def _faults(plan: Plan, tally: Tally) -> Iterator[Line]:
    """Yield what went wrong how often, of all that was asked for, a column for each family or two."""
    if plan.faults <= SAFE:
        yield Text("No faults were asked for.")
        yield Text()
        return
    table = _table()
    columns = [_cells(families, plan, tally) for families in _COLUMNS]
    for families, cells in zip(_COLUMNS, columns, strict=True):
        if cells:
            table.add_column(", ".join(families), no_wrap=True)
            table.add_column("", justify="right", no_wrap=True, min_width=4)
    for row in itertools.zip_longest(*(cells for cells in columns if cells), fillvalue=("", "")):
        table.add_row(*itertools.chain.from_iterable(row))
    yield table
    never = [fault.value for fault in Fault if fault in plan.faults and not tally.faults[fault.value]]
    if never:
        yield Text(f"Never happened: {', '.join(never)}.")
    yield Text()


def _cells(families: Iterable[str], plan: Plan, tally: Tally) -> list[tuple[str, str]]:
    wanted = [fault for family in families for fault in Fault if fault in FAMILIES[family] & plan.faults]
    return [(fault.value, f"{tally.faults[fault.value]:,}") for fault in wanted]


def _table() -> Table:
    return Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")


# --- durations ---


def _durations(tally: Tally) -> Table:
    table = _table()
    table.add_column("how long", no_wrap=True)
    for name in ("times", "median <=", "99 % <=", "longest"):
        table.add_column(name, justify="right", no_wrap=True)
    for name, measured in tally.distributions().items():
        shown = (measured.quantile(0.5), measured.quantile(0.99), measured.longest_ms)
        table.add_row(
            _NAMES.get(name, name.replace("_", " ")),
            f"{measured.count:,}",
            *(_milliseconds(value) if measured.count else "-" for value in shown),
        )
    return table


def _milliseconds(value: int) -> str:
    if value < 1_000:
        return f"{value} ms"
    return f"{value / 1_000:.1f} s" if value < 60_000 else duration(value // 1_000)


def _seconds(value: float) -> str:
    return f"{value:.1f} s" if value < 60 else duration(round(value))


# --- broken laws ---


def _violations(wanted: Wanted, tally: Tally, *, is_interrupted: bool) -> Iterator[Line]:
    """Yield what was broken, law by law, each with a script."""
    if not tally.failures:
        played = f" in {_count(tally.runs, 'run')}" if is_interrupted else ""
        yield Text(f"No law was broken{played}.", style="green")
        return
    yield Text(f"Violations: {len(tally.failures):,} of {_count(tally.runs, 'run')}.", style="bold red")
    for kind, failures in tally.kinds().items():
        yield Text()
        yield Text(f"{kind} ({_count(len(failures), 'run')})", style="bold")
        yield from _first(failures[0], wanted)
        for failure in failures[1:_MOST_TOLD]:
            yield Text(f"  {_sentence(failure)}")
        if len(failures) > _MOST_TOLD:
            yield Text(f"  and {len(failures) - _MOST_TOLD:,} more; --json tells them all")


def _first(failure: Failure, wanted: Wanted) -> Iterator[Line]:
    yield Text(f"  {_sentence(failure)}", style="red")
    if failure.trace:
        yield from (f"    {line}" for line in failure.trace.rstrip().splitlines())
    if wanted.is_script:
        return
    shrunk = failure.shrunk
    if shrunk is None or not shrunk.is_proven:
        tried = f" ({_count(shrunk.replays, 'replay')} did not break it)" if shrunk else ""
        yield Text(f"  Not shortened{tried}. To play it again:")
        yield f"  {command_line(failure.plan)}"
        return
    happened = len(failure.result.happened) if failure.result else 0
    yield Text(
        f"  {_count(len(shrunk.plan.only or ()), 'fault')} of {happened:,} and "
        f"{_count(shrunk.plan.accounts, 'account')} break it at {clock_time(shrunk.at_ms)} "
        f"({_count(shrunk.replays, 'replay')}). This line, given to `{PROGRAM} --verbose --script -`, plays it again:"
    )
    yield script_line(shrunk.plan)


def _sentence(failure: Failure) -> str:
    when = "" if failure.at_ms is None else f", account {failure.account}, at {clock_time(failure.at_ms)}"
    return f"seed {failure.plan.seed}{when}: {failure.law}"


def command_line(plan: Plan) -> str:
    """Return the command that plays a plan whose faults are drawn from the seed."""
    words = [*PROGRAM.split(), "--seed", str(plan.seed), "--hours", str(plan.hours)]
    words += ["--accounts", str(plan.accounts), "--faults", _named(plan.faults)]
    return shlex.join([*words, *(["--prices", *plan.prices] if plan.prices else [])])


def _named(faults: frozenset[Fault]) -> str:
    """Return the shortest list that names these faults (and what always happens)."""
    if faults >= frozenset(Fault):
        return "all"
    whole = [name for name, family in FAMILIES.items() if family <= faults]
    rest = faults - SAFE - frozenset().union(*(FAMILIES[name] for name in whole))
    return ",".join([*whole, *(fault.value for fault in Fault if fault in rest)]) or "none"


def clock_time(at_ms: int) -> str:
    """Return a time since the beginning: hours, minutes, seconds, milliseconds."""
    minutes, ms = divmod(at_ms, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{ms / 1000:06.3f}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
