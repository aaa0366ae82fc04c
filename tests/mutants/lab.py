"""Where mutants are made and tried: copies of the package, played by programs of their own."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Lock

from tests.mutants.defect import Defect

PACKAGE = Path(__file__).resolve().parents[2] / "gridtrader"
TRIAL = Path(__file__).with_name("trial.py")


@dataclass(frozen=True, slots=True)
class Run:
    """One run to be played. `faults`: all of them, or none (then the judges have little patience)."""

    seed: int
    hours: float
    accounts: int
    faults: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a run came to; `hours` of its time were played. `law` is None if none was broken."""

    law: str | None
    hours: float


@dataclass(frozen=True, slots=True)
class Finding:
    """How a mutant was found. `run` and `law` are None if it was not; hours are account-hours over all runs."""

    defect: Defect
    run: Run | None
    law: str | None
    hours: float
    seconds: float


class Unsound(Exception):
    """A trial could not be held; the message has what its program said."""


def changed(text: str, defect: Defect, file: str) -> str:
    """Return a file's text with the defect in it. Raises Unsound where the place is not found exactly once."""
    for edit in defect.edits:
        if edit.file == file:
            count = text.count(edit.old)
            if count != 1:
                raise Unsound(f"{defect.name}: {edit.file} has {edit.old!r} {count} times, not once")
            text = text.replace(edit.old, edit.new)
    return text


@contextmanager
def copied(package: Path, defect: Defect | None = None) -> Iterator[Path]:
    """Give a folder with a copy of the package, with the defect in it; it is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="gridtrader-mutant-") as folder:
        copy = Path(folder) / PACKAGE.name
        shutil.copytree(package, copy, ignore=shutil.ignore_patterns("__pycache__"))
        for file in {edit.file for edit in defect.edits} if defect else ():
            place = copy / file
            place.write_text(changed(place.read_text(), defect, file) if defect else "")
        yield Path(folder)


def trial(folder: Path, runs: Iterable[Run]) -> Generator[tuple[Run, Verdict], None, None]:
    """Play runs, one after another, with the package in a folder. Close the generator to end its program early."""
    with tempfile.TemporaryFile("w+") as complaints:
        program = subprocess.Popen(
            [sys.executable, "-B", str(TRIAL), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
            env={**os.environ, "PYTHONPATH": str(folder)},
        )
        assert program.stdin is not None
        assert program.stdout is not None
        with program:
            try:
                for run in runs:
                    program.stdin.write(json.dumps(asdict(run)) + "\n")
                    program.stdin.flush()
                    yield run, Verdict(**json.loads(program.stdout.readline()))
            except (BrokenPipeError, json.JSONDecodeError):
                complaints.seek(0)
                raise Unsound(f"the trial has ended: {complaints.read().strip()}") from None
            finally:
                program.kill()


@dataclass(slots=True)
class Sound:
    """The package as it is: what it breaks itself at a seed proves nothing against a mutant."""

    package: Path
    broken: dict[Run, str] = field(default_factory=dict)
    """The runs at which it breaks a law itself."""
    _known: dict[Run, str | None] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def law(self, run: Run) -> str | None:
        """Return which law the package itself breaks in a run, None if it breaks none."""
        with self._lock:
            if run not in self._known:
                (_, verdict), *_ = trial(self.package.parent, [run])
                self._known[run] = verdict.law
                if verdict.law is not None:
                    self.broken[run] = verdict.law
            return self._known[run]


def find(defect: Defect, runs: Iterable[Run], sound: Sound) -> Finding:
    """Play runs until a mutant breaks a law in one in which the package itself breaks none."""
    began, hours = time.monotonic(), 0.0
    with copied(sound.package, defect) as folder:
        verdicts = trial(folder, runs)
        try:
            for run, verdict in verdicts:
                hours += verdict.hours * run.accounts
                if verdict.law is not None and sound.law(run) is None:
                    return Finding(defect, run, verdict.law, hours, time.monotonic() - began)
        finally:
            verdicts.close()
    return Finding(defect, None, None, hours, time.monotonic() - began)
