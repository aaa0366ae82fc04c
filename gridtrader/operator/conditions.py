"""What `gridtrader replay` and `gridtrader sweep` are both told: whose strategies, which records, which terms."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final, TypeVar

from gridtrader.operator.command_line import BadArguments
from gridtrader.operator.dates import read_moment
from gridtrader.simulator.market.opening import read_entry

DEFAULT_BALANCE: Final = Decimal(10_000)
_MOST_MONEY: Final = Decimal(10) ** 12
_MOST_SPREAD: Final = 10_000
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Conditions:
    """Under which terms to play. Times are milliseconds since 1970; None: from the first price, to the last."""

    config: Path
    account: str
    prices: tuple[str, ...]
    mark: tuple[str, ...]
    funding: tuple[str, ...]
    balance: Decimal
    start: int | None
    end: int | None
    """The first moment that is not played any more."""
    spread_ticks: int
    unlimited_margin: bool
    instruments: Path | None
    risk_tiers: Path | None

    @property
    def files(self) -> tuple[str, ...]:
        """The records' files, without the symbols said beside them."""
        return tuple(read_entry(entry).path for entry in (*self.prices, *self.mark, *self.funding))


def add_conditions(parser: argparse.ArgumentParser) -> None:
    """Add the options of both commands."""
    add = parser.add_argument
    add("--config", type=Path, default=Path("config/config.yaml"), metavar="FILE", help="default: %(default)s")
    add("--account", required=True, metavar="ID", help="whose strategies are played")
    add("--prices", nargs="+", required=True, metavar="FILE", help="candles or trades, FILE or SYMBOL=FILE")
    add("--mark", nargs="+", default=[], metavar="FILE", help="candles of the mark price (else it is the last price)")
    add("--funding", nargs="+", default=[], metavar="FILE", help="funding settlements (else there are none)")
    add("--balance", metavar="USDT", help=f"money at the beginning (default: {DEFAULT_BALANCE})")
    add("--from", dest="start", metavar="DATE", help="first moment, as 2025-06-01 or 2025-06-01T12:30 (UTC)")
    add("--to", dest="end", metavar="DATE", help="first moment that is not played any more")
    add("--spread", metavar="TICKS", help="bid and ask are so many ticks apart (default: 0)")
    add(
        "--unlimited-margin",
        action="store_true",
        help="ample balance and no risk tiers: the strategy alone, for comparisons",
    )
    add("--instruments", type=Path, metavar="FILE", help="contracts, as a saved instruments-info tells them")
    add("--risk-tiers", type=Path, metavar="FILE", help="their risk tiers, as a saved risk-limit tells them")


def read_conditions(found: argparse.Namespace) -> Conditions:
    """Return the conditions. Raises BadArguments."""
    start, end = (
        read_value(text, place, "an ISO date or date and time (UTC)", read_moment)
        for text, place in ((found.start, "--from"), (found.end, "--to"))
    )
    if start is not None and end is not None and end <= start:
        raise BadArguments(f"--to: found {found.end!r}, allowed: later than --from {found.start}")
    if (found.instruments is None) is not (found.risk_tiers is None):
        raise BadArguments("--instruments and --risk-tiers: only one is given; expected both, or neither")
    if found.unlimited_margin and found.balance is not None:
        raise BadArguments("--balance: not with --unlimited-margin, which has its own")
    balance = read_value(found.balance, "--balance", f"a number above 0, at most {_MOST_MONEY:f}", _money)
    spread = read_value(found.spread, "--spread", f"a whole number from 0 to {_MOST_SPREAD}", _ticks)
    return Conditions(
        config=found.config,
        account=found.account,
        prices=tuple(found.prices),
        mark=tuple(found.mark),
        funding=tuple(found.funding),
        balance=_MOST_MONEY if found.unlimited_margin else balance or DEFAULT_BALANCE,
        start=start,
        end=end,
        spread_ticks=spread or 0,
        unlimited_margin=found.unlimited_margin,
        instruments=found.instruments,
        risk_tiers=found.risk_tiers,
    )


def read_value(text: str | None, place: str, allowed: str, read: Callable[[str], Value]) -> Value | None:
    """Return an option's value, None if it is not given. Raises BadArguments."""
    if text is None:
        return None
    try:
        return read(text)
    except (ValueError, InvalidOperation, OverflowError):
        raise BadArguments(f"{place}: found {text!r}, allowed: {allowed}") from None


def check_output(path: Path | None, option: str) -> None:
    """Raise BadArguments if a file could not be written later; what stands in it stays as it is."""
    if path is None:
        return
    is_new = not path.exists()
    try:
        if is_new or path.is_file() or path.is_dir():  # a pipe would take an opening for the whole of what it is told
            with path.open("ab"):
                pass
        if is_new:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise BadArguments(
            f"{option}: {path}: {error.strerror or error}, allowed: a file that can be written"
        ) from None


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
