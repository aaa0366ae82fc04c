"""What `gridtrader simulate` is asked to do: its options, read strictly; every fault of theirs is one line."""

import argparse
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from gridtrader.operator.command_line import BadArguments, Parser
from gridtrader.operator.simulate.script import MOST_ACCOUNTS, MOST_HOURS, BadScript, read_script
from gridtrader.simulation.faults import REQUEST_RATES, SAFE, Fault
from gridtrader.simulation.market import open_record
from gridtrader.simulation.world import Plan
from gridtrader.simulator.market.api import PriceError
from gridtrader.simulator.market.opening import SYNTHETIC

PROGRAM: Final = "gridtrader simulate"
_SEEDS: Final = re.compile(r"(\d{1,18})\.\.(\d{1,18})", re.ASCII)
_WHOLE: Final = re.compile(r"\d{1,18}", re.ASCII)
_MOST_JOBS: Final = 1_000
_STDIN: Final = "-"

FAMILIES: Final[Mapping[str, frozenset[Fault]]] = {
    "requests": frozenset({*REQUEST_RATES, Fault.BURST}),
    "stream": frozenset(
        {
            Fault.STREAM_DROP,
            Fault.STREAM_ZOMBIE,
            Fault.STREAM_REFUSED,
            Fault.STREAM_AUTH,
            Fault.STREAM_SUBSCRIBE,
            Fault.EVENT_DOUBLED,
            Fault.EVENT_LATE,
            Fault.EVENT_PERMUTED,
            Fault.EVENT_UNREADABLE,
            Fault.EVENT_LOST,
            Fault.PRICES_DOWN,
        }
    ),
    "reads": frozenset({Fault.READ_STALE, Fault.HISTORY_LATE, Fault.HISTORY_SHORT}),
    "exchange": frozenset(
        {
            Fault.PARTIAL_FILL,
            Fault.PRICE_GAP,
            Fault.PRICE_BAND,
            Fault.HALT,
            Fault.DELISTING,
            Fault.LEVERAGE_CAP,
            Fault.WITHDRAWAL,
            Fault.ADL,
            Fault.LIQUIDATION,
            Fault.FUNDING,
            Fault.FOREIGN_ORDER,
            Fault.VANISHED_ORDER,
        }
    ),
    "machine": frozenset({Fault.CLOCK_STEP, Fault.CRASH, Fault.TORN_JOURNAL, Fault.CORRUPT_STATE, Fault.DISK_FULL}),
}
"""Names for many faults at once; each fault belongs to one family."""

_FAULTS: Final = {fault.value: frozenset({fault}) for fault in Fault}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to play and how to tell of it."""

    plan: Plan
    """Of every run, but for its seed."""
    seeds: range
    jobs: int
    as_json: bool = False
    is_verbose: bool = False
    is_script: bool = False

    def plans(self) -> Iterator[Plan]:
        return (replace(self.plan, seed=seed) for seed in self.seeds)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog=PROGRAM,
        description="Plays the bot against a simulated exchange, network and disk that fail, and checks the laws.",
        epilog="Exit codes: 0 no law was broken, 1 one was (or the command was interrupted), 2 bad arguments.",
    )
    seeds = parser.add_mutually_exclusive_group()
    seeds.add_argument("--seed", metavar="N", help="play this run (default: 1)")
    seeds.add_argument("--seeds", metavar="A..B", help="play all runs from A to B")
    parser.add_argument("--hours", metavar="H", help="simulated hours of each run (default: 24)")
    parser.add_argument("--accounts", metavar="N", help="accounts in each run (default: 3)")
    parser.add_argument(
        "--faults",
        metavar="LIST",
        help="'all' (default), 'none', or names separated by commas, also of families: "
        f"{', '.join(FAMILIES)}; an unknown name lists them all",
    )
    parser.add_argument(
        "--prices",
        nargs="+",
        metavar="FILE",
        help="recorded prices, FILE or SYMBOL=FILE, from their beginning (default: a synthetic market)",
    )
    parser.add_argument("--jobs", metavar="N", help="runs at the same time (default: the number of usable CPUs)")
    seeds.add_argument(
        "--script", metavar="FILE", help="play a failure again, as it was printed; '-': standard input"
    )
    parser.add_argument("--verbose", action="store_true", help="print the bot's whole log of the run (one run only)")
    parser.add_argument("--json", action="store_true", help="for programs")
    return parser


def read_arguments(argv: Sequence[str]) -> Wanted:
    """Return what is wanted. Raises BadArguments; `--help` raises SystemExit."""
    found = _parser().parse_args(argv)
    plan, seeds = _scripted(found) if found.script is not None else _drawn(found)
    jobs = _usable_cpus() if found.jobs is None else _whole(found.jobs, "--jobs", 1, _MOST_JOBS)
    if found.verbose and found.json:
        raise BadArguments("--verbose and --json: allowed: one of them")
    if found.verbose and len(seeds) > 1:
        raise BadArguments("--verbose: tells of one run, allowed: with --seed or --script")
    return Wanted(
        plan,
        seeds,
        min(jobs, len(seeds)),
        as_json=found.json,
        is_verbose=found.verbose,
        is_script=found.script is not None,
    )


def _drawn(found: argparse.Namespace) -> tuple[Plan, range]:
    """Return runs that are drawn from their seeds."""
    seeds = _seeds(found)
    plan = Plan(
        seed=seeds.start,
        hours=24 if found.hours is None else _hours(found.hours),
        accounts=3 if found.accounts is None else _whole(found.accounts, "--accounts", 1, MOST_ACCOUNTS),
        faults=_faults("all" if found.faults is None else found.faults),
        prices=tuple(entry for entry in found.prices or () if entry != SYNTHETIC),
    )
    _look_at_prices(plan, "--prices")
    return plan, seeds


def _scripted(found: argparse.Namespace) -> tuple[Plan, range]:
    """Return the run of a script."""
    for option in ("hours", "accounts", "faults", "prices"):
        if getattr(found, option) is not None:
            raise BadArguments(f"--{option}: the script says it, allowed: without --script")
    place = "standard input" if found.script == _STDIN else found.script
    try:
        text = sys.stdin.read() if found.script == _STDIN else Path(found.script).read_text("utf-8")
        plan = read_script(text)
    except OSError as error:
        raise BadArguments(
            f"--script: {place}: {error.strerror or error}, allowed: a file that can be read"
        ) from None
    except UnicodeDecodeError:
        raise BadArguments(f"--script: {place}: not UTF-8, allowed: a script as it was printed") from None
    except BadScript as error:
        raise BadArguments(f"--script: {place}: {error}") from None
    _look_at_prices(plan, f"--script: {place}: prices")
    return plan, range(plan.seed, plan.seed + 1)


def _look_at_prices(plan: Plan, place: str) -> None:
    if plan.prices:
        try:
            open_record(plan.prices)
        except PriceError as error:
            raise BadArguments(f"{place}: {error}") from None


def _seeds(found: argparse.Namespace) -> range:
    if found.seeds is None:
        seed = 1 if found.seed is None else _whole(found.seed, "--seed", 0)
        return range(seed, seed + 1)
    match = _SEEDS.fullmatch(found.seeds)
    if match is None or int(match[1]) > int(match[2]):
        raise BadArguments(f"--seeds: found {found.seeds!r}, allowed: A..B, whole numbers from 0, A not above B")
    return range(int(match[1]), int(match[2]) + 1)


def _whole(text: str, place: str, least: int, most: int | None = None) -> int:
    number = int(text) if _WHOLE.fullmatch(text) else -1
    if number < least or (most is not None and number > most):
        allowed = f"from {least}" if most is None else f"from {least} to {most}"
        raise BadArguments(f"{place}: found {text!r}, allowed: a whole number {allowed}")
    return number


def _hours(text: str) -> float:
    try:
        hours = Decimal(text)
    except InvalidOperation:
        hours = Decimal("NaN")
    if not (hours.is_finite() and Decimal("0.0001") <= hours <= MOST_HOURS):
        raise BadArguments(f"--hours: found {text!r}, allowed: a number from 0.0001 to {MOST_HOURS}")
    return int(hours) if hours == hours.to_integral_value() else float(hours)


def _faults(text: str) -> frozenset[Fault]:
    """Return the faults of a list of names."""
    if text == "all":
        return frozenset(Fault)
    faults = set(SAFE)
    if text != "none":
        for name in text.split(","):
            named = FAMILIES.get(name.strip()) or _FAULTS.get(name.strip())
            if named is None:
                raise BadArguments(
                    f"--faults: found {name.strip()!r}, allowed: all, none, or of these, separated by commas: "
                    f"{', '.join((*FAMILIES, *_FAULTS))}"
                )
            faults |= named
    return frozenset(faults)


def _usable_cpus() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
