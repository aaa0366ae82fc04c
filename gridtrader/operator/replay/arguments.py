"""What `gridtrader replay` is asked for: its options, read strictly; every fault of theirs is one line."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gridtrader.operator.command_line import Parser
from gridtrader.operator.conditions import Conditions, add_conditions, read_conditions

PROGRAM: Final = "gridtrader replay"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to replay, and what to write of it."""

    conditions: Conditions
    symbol: str | None
    json: Path | None
    html: Path | None
    every_corner: bool


def _parser() -> Parser:
    parser = Parser(
        prog=PROGRAM,
        description="Plays an account of the configuration over recorded prices: the engine that trades live, on the "
        "embedded exchange's matching, margin and funding, without delay. The rules are in docs/replay.md.",
        epilog="Exit codes: 0 played to the end (an emergency stop of the account is a result), 1 it cannot be "
        "played, 2 bad arguments, configuration or files.",
    )
    add_conditions(parser)
    add = parser.add_argument
    add("--symbol", metavar="S", help="play this symbol of the account only")
    add("--json", type=Path, metavar="FILE", help="write everything that happened")
    add("--html", type=Path, metavar="FILE", help="write a report to look at")
    add(
        "--every-corner",
        action="store_true",
        help="show the engine every price, also where nothing can happen: the same result, slowly",
    )
    return parser


def read_arguments(argv: Sequence[str]) -> Wanted:
    """Return what is wanted. Raises BadArguments; `--help` raises SystemExit."""
    found = _parser().parse_args(argv)
    return Wanted(
        conditions=read_conditions(found),
        symbol=found.symbol,
        json=found.json,
        html=found.html,
        every_corner=found.every_corner,
    )
