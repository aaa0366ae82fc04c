"""The prices of `test_three_ways`: recorded closes as a file of trades for each symbol, far apart in time."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

import polars as pl

from tests.support.records import recorded

HOUR_MS: Final = 3_600_000
SETTLED_MS: Final = 8 * HOUR_MS
"""Between two settlements of funding."""

BEGIN_MS: Final = int(datetime(2025, 10, 10, 23, 21, tzinfo=UTC).timestamp() * 1000)
"""When the path begins: the settlement of midnight, the highest rate of the crash, falls between two trades."""

APART_MS: Final = 120_000
"""Market time between two trades. The longest that a bot waits for is the balance, 15 s, or the few seconds until an
entry is re-priced (S3)."""

_CRASH: Final = datetime(2025, 10, 10, 20, 45, tzinfo=UTC)

_EVERY: Final = 720
"""Of the minutes of June 2025 every so-manieth close is a trade: a jump over one level, or over several."""

_FIRST: Final = {"DOGEUSDT": 22, "SOLUSDT": 43}
"""Which of them is the first: from there on both sides take profit, and reopen more than one level."""

_COUNTS: Final = {"DOGEUSDT": 9, "SOLUSDT": 7, "ADAUSDT": 8}


@dataclass(frozen=True, slots=True)
class PricePath:
    """`files` are named as the exchange wants them. All symbols begin at the first of `moments`; at each further one
    there is one trade, or a settlement of funding; at the last one a trade of each symbol at the price it has, so
    that everything can come to rest before the end."""

    files: tuple[str, ...]
    moments: tuple[int, ...]
    first: Mapping[str, Decimal]
    trades: Mapping[int, tuple[str, Decimal]]


def _closes(symbol: str) -> list[str]:
    """Return recorded closes as they stand in the file."""
    if symbol == "ADAUSDT":
        frame = pl.read_ipc(recorded("ADAUSDT-5m-2025-09_2026-07.feather").read_bytes())
        return [repr(close) for close in frame.filter(pl.col("date") >= _CRASH)["close"].head(_COUNTS[symbol])]
    text = gzip.decompress(recorded(f"{symbol}-1m-2025-06.csv.gz").read_bytes())
    closes: list[str] = pl.read_csv(text, infer_schema=False)["close"].to_list()
    first = _FIRST[symbol]
    return closes[::_EVERY][first : first + _COUNTS[symbol]]


def lay_path(folder: Path) -> PricePath:
    """Write the files of trades: all begin together, then the symbols take turns."""
    closes = {symbol: _closes(symbol) for symbol in _COUNTS}
    trades: dict[int, tuple[str, str]] = {}
    now = BEGIN_MS
    for number in range(1, max(_COUNTS.values())):
        for symbol in _COUNTS:
            if number < len(closes[symbol]):
                now += APART_MS
                trades[now] = symbol, closes[symbol][number]
    end = now + APART_MS
    files = [_write(folder, symbol, closes[symbol], trades, end) for symbol in _COUNTS]
    files.append(f"ADAUSDT:funding={recorded('ADAUSDT-funding-2025-09_2026-07.feather')}")
    settlements = range((BEGIN_MS // SETTLED_MS + 1) * SETTLED_MS, end, SETTLED_MS)
    return PricePath(
        tuple(files),
        tuple(sorted({BEGIN_MS, *trades, *settlements, end})),
        {symbol: Decimal(prices[0]) for symbol, prices in closes.items()},
        {at: (symbol, Decimal(price)) for at, (symbol, price) in trades.items()},
    )


def _write(folder: Path, symbol: str, closes: list[str], trades: Mapping[int, tuple[str, str]], end: int) -> str:
    rows = [(BEGIN_MS, closes[0]), *((at, price) for at, (traded, price) in trades.items() if traded == symbol)]
    rows.append((end, closes[-1]))
    path = folder / f"{symbol}-trades.csv"
    path.write_text("timestamp,price,size\n" + "".join(f"{at},{price},1\n" for at, price in rows))
    return str(path)
