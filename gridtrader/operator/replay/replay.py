"""`gridtrader replay`: what a configuration would have done on recorded prices.

Exit codes: 0 played to the end, 1 it cannot be played, 2 bad arguments, configuration or files.
"""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, TextIO

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from gridtrader.operator.command_line import BadArguments, refuse
from gridtrader.operator.conditions import check_output
from gridtrader.operator.printing import print_all, reader_has_gone
from gridtrader.operator.replay.arguments import PROGRAM, Wanted, read_arguments
from gridtrader.operator.replay.plan import plan_replay
from gridtrader.operator.replay.table import report
from gridtrader.replay.document import document
from gridtrader.replay.outcome import outcome
from gridtrader.replay.result import ReplayResult
from gridtrader.replay.run import Plan, Replay, ReplayError
from gridtrader.settings import SettingsError, load_settings
from gridtrader.simulator.catalogue.rows import CatalogueError
from gridtrader.simulator.market.api import PriceError
from gridtrader.store.json_text import dumps

EXIT_OK: Final = 0
EXIT_FAILED: Final = 1


def main(argv: Sequence[str], out: TextIO | None = None) -> int:
    """Run the command and return its exit code."""
    out = out or sys.stdout
    try:
        wanted = read_arguments(argv)
        settings = load_settings(wanted.conditions.config, Path(), need_keys=False)
        plan = plan_replay(wanted, settings)
        check_output(wanted.json, "--json")
        check_output(wanted.html, "--html")
    except (BadArguments, PriceError, CatalogueError, SettingsError) as error:
        return refuse(error, PROGRAM)
    began = time.monotonic()
    try:
        result = play(plan, wanted.conditions.files)
    except ReplayError as error:
        sys.stderr.write(f"{PROGRAM}: {error}\n")
        return EXIT_FAILED
    except KeyboardInterrupt:
        sys.stderr.write(f"{PROGRAM}: interrupted\n")
        return EXIT_FAILED
    seconds = time.monotonic() - began
    code = _write(wanted, result)
    try:
        print_all(report(result, seconds), out)
        out.flush()
    except BrokenPipeError:
        reader_has_gone()
    return code


def play(plan: Plan, files: tuple[str, ...]) -> ReplayResult:
    """Play, with a progress bar where there is a terminal. Raises ReplayError."""
    names = tuple(Path(file).name for file in files)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:.0f} %"))
    with Progress(*columns, TimeRemainingColumn(), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("replay", total=1.0)
        replay = Replay(plan, lambda share: bar.update(task, completed=share))
        replay.play()
    return outcome(plan, replay, names)


def _write(wanted: Wanted, result: ReplayResult) -> int:
    try:
        if wanted.json is not None:
            wanted.json.write_text(dumps(document(result)) + "\n", encoding="utf-8")
        if wanted.html is not None:
            from gridtrader.report import write_report

            write_report(result, wanted.html)
    except OSError as error:
        sys.stderr.write(f"{PROGRAM}: {error}\n")
        return EXIT_FAILED
    return EXIT_OK
