"""`python -m tests.mutants`: plant each seeded defect, and see whether the simulator finds it."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.mutants.defect import Defect
from tests.mutants.defects import DEFECTS
from tests.mutants.lab import PACKAGE, Finding, Run, Sound, copied, find

SEEDS = 200
SHORT_SEEDS = 40
"""The first seeds are played short: most defects show within hours."""

CALM_EVERY = 5
"""Each fifth run has no faults: judges then allow seconds instead of hours."""


def runs(seeds: int) -> list[Run]:
    """Return what a mutant has to pass: short runs first, over one funding settlement each."""
    return [
        Run(seed, 8, 2, faults=bool(seed % CALM_EVERY))
        if seed <= SHORT_SEEDS
        else Run(seed, 12, 3, faults=bool(seed % CALM_EVERY))
        for seed in range(1, seeds + 1)
    ]


def main(argv: Sequence[str] | None = None) -> int:
    """Return 0 if every mutant was found, 1 if one was not, 2 for bad arguments."""
    wanted = _arguments(argv)
    chosen = _chosen(wanted.only)
    if isinstance(chosen, str):
        sys.stderr.write(f"{chosen}\n")
        return 2
    tell: Callable[[Finding], None] = _say_nothing if wanted.json else _say
    with copied(PACKAGE) as folder:  # what is edited meanwhile does not matter
        sound = Sound(folder / PACKAGE.name)
        findings = _try_all(chosen, runs(wanted.seeds), sound, wanted.jobs, tell)
    lost = [finding for finding in findings if finding.run is None]
    report = (
        json.dumps([_row(finding) for finding in findings], indent=1) if wanted.json else _totals(findings, sound)
    )
    sys.stdout.write(f"{report}\n")
    return 1 if lost else 0


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--only", metavar="NAME", action="append", help="only this defect; may be repeated")
    parser.add_argument("--seeds", metavar="N", type=_positive, default=SEEDS, help=f"at most so many ({SEEDS})")
    parser.add_argument("--jobs", metavar="N", type=_positive, default=2, help="programs at a time (2)")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of the table")
    return parser.parse_args(argv)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return number


def _chosen(names: Sequence[str] | None) -> Sequence[Defect] | str:
    """Return the defects of these names, all without names; or what is wrong with the names."""
    by_name = {defect.name: defect for defect in DEFECTS}
    unknown = [name for name in names or () if name not in by_name]
    if unknown:
        return f"--only {unknown[0]}: no such defect; there are {', '.join(by_name)}"
    return [by_name[name] for name in names] if names else DEFECTS


def _try_all(
    defects: Sequence[Defect], plans: Sequence[Run], sound: Sound, jobs: int, tell: Callable[[Finding], None]
) -> list[Finding]:
    findings = []
    with ThreadPoolExecutor(jobs) as pool:
        for finding in pool.map(lambda defect: find(defect, plans, sound), defects):
            tell(finding)
            findings.append(finding)
    return findings


# --- the report ---


def _say_nothing(finding: Finding) -> None:
    """Keep the output for the JSON document."""


def _say(finding: Finding) -> None:
    run = finding.run
    where = f"seed {run.seed:3}" if run else "survives"
    law = finding.law or f"(should break {finding.defect.law})"
    sys.stdout.write(
        f"{finding.defect.name:36} {where:9} {finding.hours:7.1f} h {finding.seconds:6.1f} s  {_short(law)}\n"
    )
    sys.stdout.flush()


def _short(law: str) -> str:
    return law if len(law) <= 110 else law[:109] + "…"


def _totals(findings: Sequence[Finding], sound: Sound) -> str:
    lost = [finding for finding in findings if finding.run is None]
    hours, seconds = sum(f.hours for f in findings), sum(f.seconds for f in findings)
    lines = [
        "",
        f"{len(findings) - len(lost)} of {len(findings)} defects found; "
        f"{hours:.0f} account-hours were played in {seconds:.0f} s of all jobs together.",
    ]
    lines += [f"NOT FOUND {finding.defect.name}: {finding.defect.harm}" for finding in lost]
    lines += [f"Left out, fails without any defect: seed {run.seed}: {law}" for run, law in sound.broken.items()]
    return "\n".join(lines)


def _row(finding: Finding) -> dict[str, Any]:
    run = finding.run
    return {
        "defect": finding.defect.name,
        "harm": finding.defect.harm,
        "expected": finding.defect.law,
        "law": finding.law,
        "seed": run.seed if run else None,
        "hours": run.hours if run else None,
        "accounts": run.accounts if run else None,
        "faults": run.faults if run else None,
        "account_hours": round(finding.hours, 3),
        "seconds": round(finding.seconds, 1),
    }


if __name__ == "__main__":
    sys.exit(main())
