"""What `gridtrader replay` is asked for: its options, read strictly; every fault of theirs is one line."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final, NoReturn, TypeVar

from gridtrader.operator.dates import read_moment

PROGRAM: Final = "gridtrader replay"
DEFAULT_BALANCE: Final = Decimal(10_000)
_MOST_MONEY: Final = Decimal(10) ** 12
_MOST_SPREAD: Final = 10_000
Value = TypeVar("Value")


class BadArguments(Exception):
    """Arguments that cannot be followed; the message is one line: place, value, what is allowed."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to replay. Times are milliseconds since 1970; None: from the first price, to the last."""

    config: Path
    account: str
    symbol: str | None
    prices: tuple[str, ...]
    mark: tuple[str, ...]
    funding: tuple[str, ...]
    balance: Decimal
    start: int | None
    end: int | None
    json: Path | None
    html: Path | None
    spread_ticks: int
    unlimited_margin: bool
    every_corner: bool
    instruments: Path | None
    risk_tiers: Path | None


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise BadArguments(message)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog=PROGRAM,
        description="Plays an account of the configuration over recorded prices: the engine that trades live, on the "
        "embedded exchange's matching, margin and funding, without delay. The rules are in docs/replay.md.",
        epilog="Exit codes: 0 played to the end (an emergency stop of the account is a result), 1 it cannot be "
        "played, 2 bad arguments, configuration or files.",
    )
    add = parser.add_argument
    add("--config", type=Path, default=Path("config/config.yaml"), metavar="FILE", help="default: %(default)s")
    add("--account", required=True, metavar="ID", help="whose strategies are played")
    add("--symbol", metavar="S", help="play this symbol of the account only")
    add("--prices", nargs="+", required=True, metavar="FILE", help="candles or trades, FILE or SYMBOL=FILE")
    add("--mark", nargs="+", default=[], metavar="FILE", help="candles of the mark price (else it is the last price)")
    add("--funding", nargs="+", default=[], metavar="FILE", help="funding settlements (else there are none)")
    add("--balance", metavar="USDT", help=f"money at the beginning (default: {DEFAULT_BALANCE})")
    add("--from", dest="start", metavar="DATE", help="first moment, as 2025-06-01 or 2025-06-01T12:30 (UTC)")
    add("--to", dest="end", metavar="DATE", help="first moment that is not played any more")
    add("--json", type=Path, metavar="FILE", help="write everything that happened")
    add("--html", type=Path, metavar="FILE", help="write a report to look at")
    add("--spread", metavar="TICKS", help="bid and ask are so many ticks apart (default: 0)")
    add(
        "--unlimited-margin",
        action="store_true",
        help="ample balance and no risk tiers: the strategy alone, for comparisons",
    )
    add(
        "--every-corner",
        action="store_true",
        help="show the engine every price, also where nothing can happen: the same result, slowly",
    )
    add("--instruments", type=Path, metavar="FILE", help="contracts, as a saved instruments-info tells them")
    add("--risk-tiers", type=Path, metavar="FILE", help="their risk tiers, as a saved risk-limit tells them")
    return parser


def read_arguments(argv: Sequence[str]) -> Wanted:
    """Return what is wanted. Raises BadArguments; `--help` raises SystemExit."""
    found = _parser().parse_args(argv)
    start, end = (
        _read(text, place, "an ISO date or date and time (UTC)", read_moment)
        for text, place in ((found.start, "--from"), (found.end, "--to"))
    )
    if start is not None and end is not None and end <= start:
        raise BadArguments(f"--to: found {found.end!r}, allowed: later than --from {found.start}")
    if (found.instruments is None) is not (found.risk_tiers is None):
        raise BadArguments("--instruments and --risk-tiers: only one is given; expected both, or neither")
    if found.unlimited_margin and found.balance is not None:
        raise BadArguments("--balance: not with --unlimited-margin, which has its own")
    return Wanted(
        config=found.config,
        account=found.account,
        symbol=found.symbol,
        prices=tuple(found.prices),
        mark=tuple(found.mark),
        funding=tuple(found.funding),
        balance=_MOST_MONEY
        if found.unlimited_margin
        else _read(found.balance, "--balance", f"a number above 0, at most {_MOST_MONEY:f}", _money)
        or DEFAULT_BALANCE,
        start=start,
        end=end,
        json=found.json,
        html=found.html,
        spread_ticks=_read(found.spread, "--spread", f"a whole number from 0 to {_MOST_SPREAD}", _ticks) or 0,
        unlimited_margin=found.unlimited_margin,
        every_corner=found.every_corner,
        instruments=found.instruments,
        risk_tiers=found.risk_tiers,
    )


def _read(text: str | None, place: str, allowed: str, read: Callable[[str], Value]) -> Value | None:
    if text is None:
        return None
    try:
        return read(text)
    except (ValueError, InvalidOperation, OverflowError):
        raise BadArguments(f"{place}: found {text!r}, allowed: {allowed}") from None


def _money(text: str) -> Decimal:
    value = Decimal(text)
    if not (value.is_finite() and 0 < value <= _MOST_MONEY):
        raise ValueError(text)
    return value


def _ticks(text: str) -> int:
    value = int(text)
    if not 0 <= value <= _MOST_SPREAD:
        raise ValueError(text)
    return value
