"""`gridtrader sweep`: many parameter sets over recorded prices, on all cores or on a cluster.

Exit codes: 0 played, 1 nothing could be played, a task failed, the CSV could not be written, or the command was
interrupted, 2 bad arguments, configuration or files.
"""

import signal
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from types import FrameType
from typing import Final, TextIO

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from gridtrader.operator.command_line import BadArguments, refuse
from gridtrader.operator.conditions import check_output
from gridtrader.operator.printing import print_all, reader_has_gone
from gridtrader.operator.sweep.arguments import PROGRAM, Wanted, read_arguments
from gridtrader.operator.sweep.plan import SweepPlan, plan_sweep
from gridtrader.operator.sweep.table import report
from gridtrader.settings import SettingsError, load_settings
from gridtrader.simulator.catalogue.rows import CatalogueError
from gridtrader.simulator.market.api import PriceError
from gridtrader.sweep.rows import Row, csv_text, row_of
from gridtrader.sweep.spread import Answer, Cluster, ClusterError, on_cores
from gridtrader.sweep.task import Task

EXIT_OK: Final = 0
EXIT_FAILED: Final = 1


def main(argv: Sequence[str], out: TextIO | None = None) -> int:
    """Run the command and return its exit code."""
    out = out or sys.stdout
    try:
        wanted = read_arguments(argv)
        settings = load_settings(wanted.conditions.config, Path(), need_keys=False)
        plan = plan_sweep(wanted, settings)
        check_output(wanted.csv, "--csv")
        cluster = None if wanted.ray is None else Cluster(wanted.ray)
    except (BadArguments, PriceError, CatalogueError, ClusterError, SettingsError) as error:
        return refuse(error, PROGRAM)
    except KeyboardInterrupt:
        sys.stderr.write(f"{PROGRAM}: interrupted, nothing was played\n")
        return EXIT_FAILED
    try:
        return _sweep(plan, wanted, cluster, out)
    finally:
        if cluster is not None:
            cluster.close()


def _sweep(plan: SweepPlan, wanted: Wanted, cluster: Cluster | None, out: TextIO) -> int:
    began = time.monotonic()
    rows: list[Row] = []
    with _interruptible() as interruption:
        tasks = takewhile(lambda _: not interruption.is_wanted, plan.tasks())
        answers = on_cores(tasks, min(wanted.jobs, len(plan))) if cluster is None else cluster.play(tasks)
        try:
            for row in _shown(answers, len(plan)):
                rows.append(row)  # noqa: PERF402  # what there is must be there when it is interrupted
        except KeyboardInterrupt:
            interruption.is_wanted = True
    is_interrupted = interruption.is_wanted and len(rows) < len(plan)
    is_written = _write(wanted.csv, rows)
    try:
        seconds = time.monotonic() - began
        print_all(report(plan, wanted, rows, seconds, is_interrupted=is_interrupted), out)
        out.flush()
    except BrokenPipeError:
        reader_has_gone()
    is_played = any(row.summary is not None for row in rows) and not any(row.is_error for row in rows)
    return EXIT_OK if is_played and is_written and not is_interrupted else EXIT_FAILED


def _shown(answers: Iterable[tuple[Task, Answer]], total: int) -> Iterator[Row]:
    """Yield the rows, with a progress bar where there is a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, transient=True, disable=not sys.stderr.isatty()) as bar:
        progress = bar.add_task("sweep", total=total)
        for task, answer in answers:
            yield row_of(task, answer)
            bar.advance(progress)


class _Interruption:
    """Whether it is wanted that no more tasks are begun."""

    def __init__(self) -> None:
        self.is_wanted = False

    def ask(self, _signal: int, _frame: FrameType | None) -> None:
        """Take the first Ctrl-C as a wish, the second one as an order."""
        if self.is_wanted:
            raise KeyboardInterrupt
        self.is_wanted = True
        sys.stderr.write(f"{PROGRAM}: finishing what is being played; Ctrl-C again does not wait\n")


@contextmanager
def _interruptible() -> Iterator[_Interruption]:
    interruption = _Interruption()
    before = signal.signal(signal.SIGINT, interruption.ask)
    try:
        yield interruption
    finally:
        signal.signal(signal.SIGINT, before)


def _write(path: Path | None, rows: Sequence[Row]) -> bool:
    """Write the CSV, if one is wanted; returns whether that went well."""
    if path is None:
        return True
    try:
        path.write_text(csv_text(rows), encoding="utf-8")
    except OSError as error:
        sys.stderr.write(f"{PROGRAM}: --csv: {path}: {error.strerror or error}\n")
        return False
    return True
