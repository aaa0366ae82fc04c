"""`gridtrader simulate`: play the bot in worlds that fail, and check that no law is ever broken.

Exit codes: 0 no law was broken, 1 one was broken, a run could not be played, or the command was interrupted, 2 bad
arguments.
"""

import sys
import time
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import groupby
from typing import Final, TextIO

from gridtrader.operator.command_line import BadArguments, refuse
from gridtrader.operator.printing import print_all, reader_has_gone
from gridtrader.operator.simulate.arguments import PROGRAM, Wanted, read_arguments
from gridtrader.operator.simulate.document import document
from gridtrader.operator.simulate.story import tell
from gridtrader.operator.simulate.table import Line, report
from gridtrader.operator.simulate.tally import Tally
from gridtrader.simulation.many import Raised, spread
from gridtrader.simulation.run import play
from gridtrader.simulation.shrink import shrink
from gridtrader.store.json_text import dumps

EXIT_OK: Final = 0
EXIT_BROKEN: Final = 1

MOST_SHORTENED: Final = 4
"""Laws of which a failure is shortened, the most frequent ones: each can take minutes."""


def main(argv: Sequence[str], out: TextIO | None = None, progress: TextIO | None = None) -> int:
    """Run the command and return its exit code. `out` is standard output, `progress` standard error unless given."""
    out = out or sys.stdout
    try:
        wanted = read_arguments(argv)
    except BadArguments as error:
        return refuse(error, PROGRAM)
    try:
        return _run(wanted, out, Progress(progress or sys.stderr))
    except BrokenPipeError:
        reader_has_gone()
        return EXIT_BROKEN


class Progress:
    """One line that is renewed in place; nothing where there is no terminal."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._is_shown = out.isatty()

    def tell(self, text: str) -> None:
        """Show a line instead of the one before; an empty one ends it."""
        if self._is_shown:
            self._out.write(f"\r\x1b[K{text}")
            self._out.flush()


def _run(wanted: Wanted, out: TextIO, progress: Progress) -> int:
    tally = Tally()
    is_interrupted = False
    began = time.monotonic()
    wall_s = 0.0
    try:
        try:
            _play_all(wanted, tally, out, progress)
        finally:
            wall_s = time.monotonic() - began
        if not wanted.is_script:
            _shorten(wanted, tally, progress)
    except KeyboardInterrupt:
        is_interrupted = True
    progress.tell("")
    if wanted.as_json:
        out.write(f"{dumps(document(wanted, tally, wall_s, is_interrupted=is_interrupted))}\n")
    else:
        _print(report(wanted, tally, wall_s, is_interrupted=is_interrupted), out)
    out.flush()
    return EXIT_BROKEN if tally.failures or is_interrupted else EXIT_OK


def _play_all(wanted: Wanted, tally: Tally, out: TextIO, progress: Progress) -> None:
    call = partial(tell, out=out) if wanted.is_verbose else play
    began = time.monotonic()
    total = len(wanted.seeds)
    progress.tell(f"0 of {total:,} runs")
    for plan, outcome in spread(call, wanted.plans(), wanted.jobs):
        tally.add(plan, outcome)
        rate = tally.account_hours / max(0.001, time.monotonic() - began)
        broken = f", {len(tally.failures):,} violations" if tally.failures else ""
        progress.tell(f"{tally.runs:,} of {total:,} runs, {rate:,.1f} account-hours a second{broken}")
    if wanted.is_verbose:
        out.write("\n")


def _shorten(wanted: Wanted, tally: Tally, progress: Progress) -> None:
    """Look for the shortest script of the first failure of each law."""
    failures = tally.first_of_each_kind(MOST_SHORTENED)
    results = [failure.result for failure in failures if failure.result is not None]
    progress.tell(f"shortening {len(results)} failures")
    for failure, (_, shrunk) in zip(failures, spread(shrink, results, wanted.jobs), strict=True):
        if not isinstance(shrunk, Raised):
            failure.shrunk = shrunk


def _print(parts: Iterable[Line], out: TextIO) -> None:
    """Print the parts; a line that is to stay as it is goes past what wraps sentences."""
    for is_plain, group in groupby(parts, lambda part: isinstance(part, str)):
        if is_plain:
            out.writelines(f"{line}\n" for line in group)
        else:
            print_all([part for part in group if not isinstance(part, str)], out)
