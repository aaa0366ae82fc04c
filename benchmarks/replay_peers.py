"""A replay beside other tools: the same candles, the same strategy, one run, as ratios.

    python -m benchmarks.replay_peers [--days N] [--peer-days N] [--only NAME] [--repeat N] [--environment DIR]

The peers are installed from the package index into a throw-away environment; each runs in a process of its own.
"""

import argparse
import json
import os
import subprocess
import sys
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.candles import make_candles, save
from benchmarks.terms import LEVERAGE, MARGIN, MAX_LEVEL, MULTIPLIER, STEP_PERCENT, TARGET_PERCENT

ROOT: Final = Path(__file__).resolve().parent.parent
FAILED: Final = 1


class Failed(Exception):
    """A peer could not be installed or run; the message is one line."""


@dataclass(frozen=True, slots=True)
class Tool:
    """One row of the table. `requirement` is what it is installed as; None: it runs here. `note` is what it cannot
    do, or does differently. A slow one plays a shorter record."""

    name: str
    requirement: str | None
    note: str
    is_slow: bool = False


TOOLS: Final = (
    Tool(
        "gridtrader",
        None,
        "the engine that trades live on the matching, margin and funding of the embedded exchange, exact decimals; "
        "reacts at the price of the fill",
    ),
    Tool(
        "bare",
        None,
        "the same rules in plain Python floats: no exchange, no orders, no money; reacts at the price of the fill",
    ),
    Tool(
        "hftbacktest",
        "hftbacktest==2.4.4",
        "compiled; one net position, so the strategy reckons the sides itself; bid and ask a tick apart; reacts at "
        "the candle's corners, so it opens later and has fewer fills; no margin",
    ),
    Tool(
        "backtesting",
        "backtesting==0.6.6",
        "both sides at once with `hedging=True`; reacts once a candle; each fill has its own take-profit, all of a "
        "side at one price, counted as one; one fee rate",
    ),
    Tool(
        "nautilus_trader",
        "nautilus_trader==1.221.0",
        "hedging, a position for each cycle; reacts at the candle's corners; its closing statistics are off",
        is_slow=True,
    ),
)


@dataclass(frozen=True, slots=True)
class Row:
    """What one tool needed. `seconds` is playing alone; `in_all` the whole process, with imports, compilation and
    reading. Both are processor time."""

    tool: Tool
    version: str
    candles: int
    fills: int
    seconds: float
    in_all: float
    peak_megabytes: float


# --- running ---


def install(folder: Path, tools: Sequence[Tool]) -> Path:
    """Return the interpreter of an environment with the peers in it; it is made unless it is there. Raises Failed."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    wanted = [tool.requirement for tool in tools if tool.requirement is not None]
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(
            f"{', '.join(wanted)} cannot be installed; `--only bare` needs nothing beside this project: "
            f"{_last_line(done.stderr)}"
        )
    return python


def run(tool: Tool, python: str | Path, candles: Path, count: int) -> Row:
    """Run one tool in a process of its own. Raises Failed."""
    command = [str(python), "-m", f"benchmarks.peers.{tool.name}", str(candles)]
    with TemporaryDirectory() as folder:
        said, complained = Path(folder, "out"), Path(folder, "err")
        with said.open("wb") as out, complained.open("wb") as err:
            process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=err)
            _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise Failed(f"{tool.name} ends with {process.returncode}: {_last_line(complained.read_text())}")
        found = json.loads(_last_line(said.read_text()))
    in_all, peak = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
    return Row(tool, found["version"], count, found["fills"], found["seconds"], in_all, peak)


def best(rows: Sequence[Row]) -> Row:
    """Return the run that had the machine most to itself."""
    return min(rows, key=lambda row: row.seconds)


def _last_line(text: str) -> str:
    return text.strip().splitlines()[-1] if text.strip() else "it says nothing"


# --- showing ---

_HEAD: Final = ("tool", "candles", "fills", "seconds", "in all", "peak MB", "µs per fill", "ratio")


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table; the ratio is of seconds per candle, to the replay's."""
    ours = next((row.seconds / row.candles for row in rows if row.tool.name == "gridtrader"), None)
    cells = [
        (
            f"{row.tool.name} {row.version}",
            f"{row.candles:,}",
            f"{row.fills:,}",
            f"{row.seconds:.2f}",
            f"{row.in_all:.1f}",
            f"{row.peak_megabytes:,.0f}",
            f"{row.seconds / row.fills * 1e6:,.0f}",
            "-" if ours is None else f"{row.seconds / row.candles / ours:.3f}",
        )
        for row in rows
    ]
    widths = [max(len(line[place]) for line in (_HEAD, *cells)) for place in range(len(_HEAD))]
    lines = [
        _line(_HEAD, widths),
        "| " + " | ".join(_rule(place, width) for place, width in enumerate(widths)) + " |",
    ]
    return "\n".join([*lines, *(_line(line, widths) for line in cells)]) + "\n"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = zip(cells, widths, strict=True)
    texts = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
    return "| " + " | ".join(texts) + " |"


def _rule(place: int, width: int) -> str:
    return "-" * width if place == 0 else "-" * (width - 1) + ":"


def notes(rows: Sequence[Row]) -> str:
    """Return what has to be known to read the table."""
    strategy = (
        f"Strategy: both sides, level 0 of {MARGIN} USDT x {LEVERAGE} (peers: one unit), step {STEP_PERCENT} %, "
        f"multiplier {MULTIPLIER}, take-profit {TARGET_PERCENT} % net, {MAX_LEVEL} averaging levels, ample money."
    )
    general = (
        "Seconds are of processor time, of playing alone; in all: of the whole process, with imports, compilation, "
        "reading and converting.",
        "Ratio: seconds per candle, to those of gridtrader; a tool with fewer candles is scaled by it.",
    )
    each = [f"{row.tool.name}: {row.tool.note}." for row in rows]
    return "".join(f"- {line}\n" for line in (strategy, *general, *each))


# --- the command ---


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; 1 if a tool failed."""
    names = [tool.name for tool in TOOLS]
    parser = argparse.ArgumentParser(prog="benchmarks.replay_peers", description=__doc__.partition("\n")[0])
    add = parser.add_argument
    add("--days", type=int, default=365, help="length of the record (default: %(default)s)")
    add("--peer-days", type=int, default=365, help="at most so many for slow peers (default: %(default)s)")
    add("--only", action="append", choices=names, help="this tool beside gridtrader; may be repeated")
    add("--repeat", type=int, default=2, help="run each so often, take the best (default: %(default)s)")
    add(
        "--environment", type=Path, metavar="DIR", help="install the peers there and keep them (default: thrown away)"
    )
    found = parser.parse_args(argv)
    if min(found.days, found.peer_days, found.repeat) < 1:
        parser.error("--days, --peer-days and --repeat are whole numbers from 1")
    tools = [tool for tool in TOOLS if found.only is None or tool.name in (*found.only, "gridtrader")]
    with TemporaryDirectory() as folder:
        try:
            python: str | Path = sys.executable
            if any(tool.requirement for tool in tools):
                python = install(found.environment or Path(folder, "environment"), tools)
        except Failed as error:
            sys.stderr.write(f"{error}\n")
            return FAILED
        rows, faults = _measure(tools, python, Path(folder), found)
    sys.stdout.write(f"\n{table(rows)}\n{notes(rows)}" if rows else "")
    return FAILED if faults else 0


def _measure(
    tools: Sequence[Tool], python: str | Path, folder: Path, wanted: argparse.Namespace
) -> tuple[list[Row], int]:
    rows: list[Row] = []
    faults = 0
    for tool in tools:
        days = min(wanted.days, wanted.peer_days) if tool.is_slow else wanted.days
        file = folder / f"{days}.npz"
        candles = make_candles(days)
        save(candles, file)
        interpreter = python if tool.requirement else sys.executable
        sys.stderr.write(f"{tool.name}: {days} days\n")
        try:
            rows.append(best([run(tool, interpreter, file, len(candles)) for _ in range(wanted.repeat)]))
        except Failed as error:
            sys.stderr.write(f"{error}\n")
            faults += 1
    return rows, faults


if __name__ == "__main__":
    raise SystemExit(main())
