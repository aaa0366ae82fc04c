"""What `gridtrader sweep` is asked for: its options, read strictly; every fault of theirs is one line."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gridtrader.operator.command_line import BadArguments, Parser
from gridtrader.operator.conditions import (
    Conditions,
    add_conditions,
    read_conditions,
    read_value,
)
from gridtrader.sweep.grid import KEYS, Grid, GridError, read_grid
from gridtrader.sweep.rows import BY_NAME, Column

PROGRAM: Final = "gridtrader sweep"
DEFAULT_SORT: Final = "net_profit"
DEFAULT_TOP: Final = 20
_MOST_JOBS: Final = 1_000
_MOST_ROWS: Final = 10**9


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to play, how to spread it, and what to show and write of it."""

    conditions: Conditions
    symbols: tuple[str, ...]
    """Those named; none: all of the account."""
    grid: Grid
    sort: Column
    top: int
    """Rows that are shown; 0 is all."""
    csv: Path | None
    jobs: int
    ray: str | None
    """Address of the cluster that plays, instead of this machine."""


def _parser() -> Parser:
    parser = Parser(
        prog=PROGRAM,
        description="Replays many parameter sets over recorded prices. Each set is played on each symbol alone, with "
        "a balance of its own: symbols of one account that share a balance are for `gridtrader replay`. A set that "
        "cannot be played is a row with the reason. Ctrl-C finishes what is being played and shows what there is; a "
        "second one does not wait. The rules are in docs/replay.md.",
        epilog="Exit codes: 0 played (emergency stops and sets that cannot be played are results), 1 nothing could "
        "be played, a task failed, the CSV could not be written, or the command was interrupted, 2 bad arguments, "
        "configuration or files.",
    )
    add = parser.add_argument
    add(
        "--grid",
        action="append",
        default=[],
        metavar="KEY=V,V,…",
        help=f"values to try, every combination of all --grid; also KEY=FIRST:LAST:STEP. KEY is one of "
        f"{', '.join(KEYS)}; the other settings are those of the configuration",
    )
    add("--symbol", nargs="+", default=[], metavar="S", help="these symbols of the account only")
    add_conditions(parser)
    add(
        "--sort",
        default=DEFAULT_SORT,
        metavar="FIGURE",
        help="the column that rows are sorted by, the best first (default: %(default)s)",
    )
    add("--top", metavar="N", help=f"rows shown, 0 for all (default: {DEFAULT_TOP})")
    add("--csv", type=Path, metavar="FILE", help="write all rows")
    add("--jobs", metavar="N", help="tasks at the same time (default: the number of usable CPUs)")
    add(
        "--ray",
        metavar="ADDRESS",
        help="play on a running Ray cluster (needs gridtrader[ray], and the same files on its machines)",
    )
    return parser


def read_arguments(argv: Sequence[str]) -> Wanted:
    """Return what is wanted. Raises BadArguments; `--help` raises SystemExit."""
    found = _parser().parse_args(argv)
    if found.sort not in BY_NAME:
        raise BadArguments(f"--sort: found {found.sort!r}, allowed: {', '.join(BY_NAME)}")
    if found.ray is not None and found.jobs is not None:
        raise BadArguments("--jobs: not with --ray, where the cluster decides")
    try:
        grid = read_grid(found.grid)
    except GridError as error:
        raise BadArguments(str(error)) from None
    top, jobs = _whole(found.top, "--top", 0, _MOST_ROWS), _whole(found.jobs, "--jobs", 1, _MOST_JOBS)
    return Wanted(
        conditions=read_conditions(found),
        symbols=tuple(found.symbol),
        grid=grid,
        sort=BY_NAME[found.sort],
        top=DEFAULT_TOP if top is None else top,
        csv=found.csv,
        jobs=_usable_cpus() if jobs is None else jobs,
        ray=found.ray,
    )


def _whole(text: str | None, place: str, least: int, most: int) -> int | None:
    def read(text: str) -> int:
        number = int(text)
        if not least <= number <= most:
            raise ValueError(text)
        return number

    return read_value(text, place, f"a whole number from {least} to {most}", read)


def _usable_cpus() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
