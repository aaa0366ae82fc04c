"""How fast a replay is: a year of made-up minutes with about 26,000 fills, beside a bare pass in plain Python.

    python -m benchmarks.replay [--days N] [--repeat N] [--json]

The ratio to the bare pass, measured in the same run, is what can be compared between machines and interpreters.
Seconds are of processor time, so that what else runs on the machine counts least; nothing here uses a second core.
"""

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from benchmarks import bare, terms
from benchmarks.candles import Candles, make_candles, write_csv
from gridtrader.operator.replay.arguments import read_arguments
from gridtrader.operator.replay.plan import plan_replay
from gridtrader.replay.outcome import outcome
from gridtrader.replay.result import ReplayResult
from gridtrader.replay.run import Plan, Replay
from gridtrader.settings import load_settings

Result = TypeVar("Result")
_PASSES = 5
"""A bare pass is short."""

_CONFIG = f"""\
accounts:
  - id: "001"
    name: benchmark
    enabled: true
    demo_trading: true
    dry_run: false
    maker_fee_percent: {terms.MAKER_FEE * 100:.3f}
    taker_fee_percent: {terms.TAKER_FEE * 100:.3f}
    risk: {{mm_rate_threshold: 90.0, balance_buffer_percent: 15.0}}
    symbols:
      - symbol: {terms.SYMBOL}
        leverage: {terms.LEVERAGE}
        initial_position_size_usd: {terms.MARGIN}
        grid_step_percent: {terms.STEP_PERCENT}
        averaging_multiplier: {terms.MULTIPLIER}
        take_profit_percent: {terms.TARGET_PERCENT}
        max_grid_levels_per_side: {terms.MAX_LEVEL}
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """One measurement, the best of several. `opening` is reading the records, `seconds` playing them;
    `bare` is the bare pass over the same candles."""

    candles: int
    fills: int
    bare_fills: int
    opening: float
    seconds: float
    bare: float
    peak_megabytes: float


def open_plan(candles: Candles) -> Plan:
    """Return the plan as the command `gridtrader replay` makes it, from a configuration and a file of candles."""
    with TemporaryDirectory() as folder:
        config, prices = Path(folder, "config.yaml"), Path(folder, f"{terms.SYMBOL}-1m.csv")
        config.write_text(_CONFIG, encoding="utf-8")
        write_csv(candles, prices)
        wanted = read_arguments(
            ["--config", str(config), "--account", "001", "--prices", str(prices), "--unlimited-margin"]
        )
        return plan_replay(wanted, load_settings(config, Path(), need_keys=False))


def play(plan: Plan) -> ReplayResult:
    """Play and put the result together: fills, cycles, standing orders, curves."""
    replay = Replay(plan)
    replay.play()
    return outcome(plan, replay, ())


def timed(work: Callable[[], Result]) -> tuple[float, Result]:
    """Return how many seconds of processor time a piece of work took, and what it gave."""
    began = time.process_time()
    result = work()
    return time.process_time() - began, result


def measure(candles: Candles, repeat: int) -> Measured:
    """Replay so often and return the best, so that what else runs here counts least."""
    opened, plan = timed(lambda: open_plan(candles))
    runs = [timed(lambda: play(plan).summary.trades) for _ in range(repeat)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rows = bare.rows_of(candles)
    passes = [timed(lambda: bare.play(rows)) for _ in range(_PASSES)]
    seconds, fills = min(runs)
    bare_seconds, bare_fills = min(passes)
    return Measured(len(candles), fills, bare_fills, opened, seconds, bare_seconds, peak)


def report(found: Measured) -> str:
    """Return the measurement in words."""
    rows = (
        ("candles", f"{found.candles:,}", "of one minute"),
        ("fills", f"{found.fills:,}", f"the bare pass has {found.bare_fills:,}"),
        ("replay", f"{found.seconds:.2f} s", f"{found.opening:.2f} s more to write and read the file of candles"),
        ("", f"{found.seconds / found.fills * 1e6:,.0f} µs", "per fill"),
        ("", f"{found.candles / found.seconds:,.0f}", "candles per second"),
        ("bare pass", f"{found.bare:.3f} s", "the same strategy in plain floats, no exchange, no bot"),
        ("ratio", f"{found.seconds / found.bare:.0f}", "replay to bare pass"),
        ("peak memory", f"{found.peak_megabytes:,.0f} MB", "of the process, with the candles it made"),
    )
    return "".join(f"{name:<12}{value:>12}  {what}\n" for name, value, what in rows)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="benchmarks.replay", description=__doc__.partition("\n")[0])
    parser.add_argument("--days", type=int, default=365, help="length of the record (default: %(default)s)")
    parser.add_argument("--repeat", type=int, default=3, help="replay so often, take the best (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print the figures for a program")
    found = parser.parse_args(argv)
    if found.days < 1 or found.repeat < 1:
        parser.error("--days and --repeat are whole numbers from 1")
    measured = measure(make_candles(found.days), found.repeat)
    sys.stdout.write(json.dumps(asdict(measured)) + "\n" if found.json else report(measured))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
