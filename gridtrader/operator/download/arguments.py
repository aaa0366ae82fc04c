"""What `gridtrader download` is asked for: its options, read strictly; every fault of theirs is one line."""

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gridtrader.history.series import INTERVALS, Interval, Kind
from gridtrader.operator.command_line import BadArguments, Parser
from gridtrader.operator.dates import read_moment

PROGRAM: Final = "gridtrader download"
CONFIG: Final = Path("config/config.yaml")
_SYMBOL: Final = re.compile(r"[A-Z0-9]{2,30}")
_EARLIEST_MS: Final = read_moment("2018-01-01")
"""Before the exchange opened."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to fetch and where from. Times are milliseconds since 1970, multiples of the interval.

    `end` is None for everything up to now; `config` is None where there is none and none was named.
    """

    symbols: tuple[str, ...]
    start: int
    end: int | None
    interval: Interval
    folder: Path
    beside: tuple[Kind, ...]
    """What is fetched beside the prices."""
    is_demo: bool
    config: Path | None


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog=PROGRAM,
        description="Fetches candles, mark price candles and funding settlements from the exchange's public history "
        "into files that `gridtrader exchange --prices` plays. No key is needed. What is there already is not "
        "fetched again; an interrupted run is gone on with by the same command.",
        epilog="Exit codes: 0 all is there, 1 something could not be fetched (or the command was interrupted), 2 bad "
        "arguments, configuration, or symbols.",
    )
    parser.add_argument("symbols", nargs="+", metavar="SYMBOL", help="USDT perpetuals, such as DOGEUSDT")
    parser.add_argument(
        "--from", dest="start", required=True, metavar="DATE", help="first moment: 2025-06-01, 2025-06-01T12:30 (UTC)"
    )
    parser.add_argument(
        "--to", dest="end", metavar="DATE", help="first moment that is not wanted any more (default: now)"
    )
    parser.add_argument(
        "--interval", choices=list(INTERVALS), default="1m", help="length of the candles (default: %(default)s)"
    )
    parser.add_argument(
        "--folder", type=Path, default=Path("data"), metavar="DIR", help="where the files go (default: %(default)s)"
    )
    parser.add_argument("--no-mark", action="store_true", help="without the mark price")
    parser.add_argument("--no-funding", action="store_true", help="without the funding settlements")
    parser.add_argument(
        "--demo", action="store_true", help="ask the demo site (its public data are those of the mainnet)"
    )
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help=f"for its system section: region, hosts, time-outs (default: {CONFIG}, if it is there)",
    )
    return parser


def read_arguments(argv: Sequence[str]) -> Wanted:
    """Return what is wanted. Raises BadArguments; `--help` raises SystemExit."""
    found = _parser().parse_args(argv)
    interval = INTERVALS[found.interval]
    start = -(-_moment(found.start, "--from") // interval.ms) * interval.ms
    end = None if found.end is None else _moment(found.end, "--to") // interval.ms * interval.ms
    if end is not None and end <= start:
        raise BadArguments(
            f"--to: found {found.end!r}, allowed: at least one {interval.name} candle after --from {found.start}"
        )
    beside = [
        kind for kind, left_out in ((Kind.MARK, found.no_mark), (Kind.FUNDING, found.no_funding)) if not left_out
    ]
    return Wanted(
        symbols=tuple(dict.fromkeys(_symbol(text) for text in found.symbols)),
        start=start,
        end=end,
        interval=interval,
        folder=found.folder,
        beside=tuple(beside),
        is_demo=found.demo,
        config=found.config or (CONFIG if CONFIG.exists() else None),
    )


def _symbol(text: str) -> str:
    symbol = text.upper()
    if not _SYMBOL.fullmatch(symbol):
        raise BadArguments(f"SYMBOL: found {text!r}, allowed: letters and digits, such as DOGEUSDT")
    return symbol


def _moment(text: str, place: str) -> int:
    """Return milliseconds since 1970; a time without an offset is UTC."""
    allowed = "an ISO date or date and time from 2018 on, such as 2025-06-01 or 2025-06-01T12:30 (UTC)"
    try:
        at_ms = read_moment(text)
    except (ValueError, OverflowError):
        raise BadArguments(f"{place}: found {text!r}, allowed: {allowed}") from None
    if at_ms < _EARLIEST_MS:
        raise BadArguments(f"{place}: found {text!r}, allowed: {allowed}")
    return at_ms
