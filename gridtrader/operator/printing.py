"""How the commands print: tables by rich, plain and complete where the output is no terminal."""

import os
import sys
from collections.abc import Iterable
from datetime import tzinfo
from decimal import Decimal
from typing import Final, TextIO

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from gridtrader.domain.exact import grouped, plain
from gridtrader.store import times

_WIDEST: Final = 10_000


def print_all(parts: Iterable[Text | Table], out: TextIO) -> None:
    """Print each part on lines of its own; a sentence is wrapped to the width of the terminal.

    A table is as wide as it needs, even on a narrower terminal: a figure that is broken in two can be read, one that
    is cut off cannot. Where there is no terminal a sentence is one line, however long, so that `grep` finds it whole.
    """
    console = Console(file=out, markup=False, highlight=False, emoji=False)
    is_told = console.is_terminal or "COLUMNS" in os.environ
    width = console.width
    with console.capture() as capture:
        for part in parts:
            if isinstance(part, Table):
                console.width = _WIDEST
                console.width = Measurement.get(console, console.options, part).maximum
                console.print(part)
            else:
                console.width = width
                console.print(part, soft_wrap=not is_told)
    encoding = getattr(out, "encoding", None) or "utf-8"
    for line in capture.get().splitlines():
        # A name that the terminal cannot show must not keep the figures from being shown.
        out.write(line.rstrip().encode(encoding, "replace").decode(encoding) + "\n")


def reader_has_gone() -> None:
    """Say nothing more on standard output, not even by the flush at the interpreter's end: nobody reads it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def money(value: Decimal | None, places: int = 2, *, signed: bool = False) -> str:
    """Return an amount in USDT with so many decimals; "-" for one that is not known."""
    return "-" if value is None else grouped(value, places, signed=signed)


def percent(value: Decimal | None, *, signed: bool = False) -> str:
    """Return a figure in per cent with two decimals."""
    text = money(value, signed=signed)
    return text if value is None else f"{text} %"


def exact(value: Decimal | None) -> str:
    """Return all digits of a price or a quantity."""
    return "-" if value is None else plain(value)


def shortened(value: Decimal | None, places: int) -> str:
    """Return a quotient with so many decimals at most."""
    return "-" if value is None else plain(round(value, places))


def moment(at_ms: int, zone: tzinfo | None) -> str:
    """Return a time as people write it, to the second; "-" for one that is not known."""
    return times.moment(at_ms, zone) if at_ms > 0 else "-"


def levels(numbers: Iterable[int]) -> str:
    """Return levels as ranges: "0-3,5"; "-" for none."""
    spans: list[list[int]] = []
    for number in sorted(numbers):
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in spans) or "-"
