"""How far a download has come: a bar on a terminal, a line for each tenth elsewhere."""

from typing import Final, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn

from gridtrader.history.fetch import Display
from gridtrader.history.series import Series

_TENTHS: Final = 10


class Progression(Display):
    """A display that also takes notes between (of waits and tries)."""

    def note(self, text: str) -> None:
        """Show a line of its own."""
        raise NotImplementedError


def progression(out: TextIO) -> Progression:
    """Return the display that fits where `out` leads."""
    return _Bar(out) if out.isatty() else _Lines(out)


class _Lines(Progression):
    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._series: Series | None = None
        self._span = (0, 1)
        self._told = 0

    def begin(self, series: Series, at: int, end: int) -> None:
        self._series, self._span, self._told = series, (at, end), 0

    def reach(self, at: int, rows: int) -> None:
        first, end = self._span
        tenth = _TENTHS * (at - first) // max(1, end - first)
        if tenth > self._told and self._series is not None:
            self._told = tenth
            self._say(f"{self._series.stem}: {10 * tenth} %, {rows:,} {self._series.kind.rows}")

    def finish(self) -> None:
        self._series = None

    def note(self, text: str) -> None:
        self._say(text)

    def _say(self, text: str) -> None:
        self._out.write(f"{text}\n")
        self._out.flush()


class _Bar(Progression):
    def __init__(self, out: TextIO) -> None:
        self._console = Console(file=out, markup=False, highlight=False, emoji=False)
        self._progress: Progress | None = None
        self._task = TaskID(0)
        self._first = 0

    def begin(self, series: Series, at: int, end: int) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[rows]:,} " + series.kind.rows),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
        )
        self._task = self._progress.add_task(series.stem, total=end - at, rows=0)
        self._first = at
        self._progress.start()

    def reach(self, at: int, rows: int) -> None:
        if self._progress is not None:
            self._progress.update(self._task, completed=at - self._first, rows=rows)

    def finish(self) -> None:
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def note(self, text: str) -> None:
        self._console.print(text, soft_wrap=True)
