"""Make a market from what an operator names: `synthetic`, or files of recorded prices."""

import logging
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import PurePath

from gridtrader.simulator.core.model import Instrument
from gridtrader.simulator.market.api import PriceError, PriceSource
from gridtrader.simulator.market.market import MINUTE_DAYS, SourceMarket
from gridtrader.simulator.market.synthetic import SyntheticMarket, SyntheticSource

SYNTHETIC = "synthetic"

MOST_NAMED = 50
"""An error names all symbols up to this number, otherwise the most similar ones."""
MOST_LOGGED = 5
"""Gaps of one symbol that are logged one by one."""

_log = logging.getLogger(__name__)
_NAMED = re.compile(r"(?P<symbol>[A-Za-z0-9]+)(?::(?P<kind>[a-z]+))?=(?P<path>.+)")
_KINDS = ("prices", "mark", "funding")
_IN_NAME = re.compile(r"([A-Z0-9]+?USDT)\d*")
"""Bybit's own trade files write the date right behind the symbol."""
_Files = dict[str, dict[str, str]]
"""Symbol → kind → path."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of records as an operator names it: `FILE`, `SYMBOL=FILE` or `SYMBOL:KIND=FILE`."""

    symbol: str | None
    """As said, or as the file's name begins; None where neither tells."""
    kind: str
    """As said, and not yet judged; "" where the file's name tells."""
    path: str

    @property
    def text(self) -> str:
        """The entry with everything that is known of it said."""
        kind = f":{self.kind}" if self.kind else ""
        return self.path if self.symbol is None else f"{self.symbol}{kind}={self.path}"


def read_entry(text: str, known: Container[str] = ()) -> Entry:
    """Return whose file is named: what stands before `=`, else the first word of the file's name.

    A word is a symbol if it is one of `known`, or looks like one of a USDT perpetual, alone or with a date behind it.
    """
    said = _NAMED.fullmatch(text)
    if said is not None:
        return Entry(said["symbol"].upper(), said["kind"] or "", said["path"])
    word = _first_word(text)
    looks = _IN_NAME.fullmatch(word)
    return Entry(word if word in known else looks[1] if looks is not None else None, "", text)


def _first_word(path: str) -> str:
    return re.split(r"[^A-Za-z0-9]", PurePath(path).name, maxsplit=1)[0].upper()


def open_market(
    prices: Sequence[str],
    instruments: Mapping[str, Instrument],
    symbols: Sequence[str] | None,
    seed: int,
    start_ms: int,
    *,
    synthetic: SyntheticMarket | None = None,
    spread_ticks: int = 0,
    strict: bool = False,
    minute_days: int = MINUTE_DAYS,
) -> SourceMarket:
    """Return the market of the files in `prices` and of `symbols`; a symbol without a file is synthetic.

    An entry of `prices` is `synthetic` or a file of candles or trades, of mark candles (`-mark-` in the name) or of
    funding settlements (`-funding-`). Its symbol is the first word of the name (`DOGEUSDT-1m-2025-06.csv.gz`), or it
    is said: `SYMBOL=FILE`, `SYMBOL:mark=FILE`, `SYMBOL:funding=FILE`. With files, None for `symbols` means theirs;
    without, all of `instruments`.

    The market begins at the latest start of its files, at `start_ms` if there is none, and ends with the last file.
    `spread_ticks` sets bid and ask of recorded prices apart. Rows that a file lacks are logged as a WARNING and
    listed in its source's `gaps`; with `strict` they are an error.

    Raises PriceError, one line, about an unknown symbol, a bad file, or files whose times do not overlap.
    """
    sources = open_records(prices, instruments, spread_ticks=spread_ticks, strict=strict)
    if not sources and list(prices) != [SYNTHETIC]:
        raise PriceError(f"prices are {list(prices)}: expected {SYNTHETIC!r} or files")
    for symbol in symbols or ():
        _known(symbol, instruments, "symbols")
    recorded = {source.symbol for source in sources}
    wanted = symbols if symbols is not None else () if recorded else tuple(instruments)
    start = max((source.start for source in sources), default=start_ms)
    made_up = [symbol for symbol in dict.fromkeys(wanted) if symbol not in recorded]
    sources += [SyntheticSource(instruments[symbol], seed, start, synthetic) for symbol in made_up]
    return SourceMarket(sources, instruments, minute_days)


def open_records(
    prices: Iterable[str], instruments: Mapping[str, Instrument], *, spread_ticks: int = 0, strict: bool = False
) -> list[PriceSource]:
    """Return the sources of the files in `prices`, one per symbol, see `open_market`. Raises PriceError."""
    files = _sorted_out(prices, instruments)
    return [_recorded(instruments[symbol], kinds, spread_ticks, strict=strict) for symbol, kinds in files.items()]


def _sorted_out(prices: Iterable[str], instruments: Mapping[str, Instrument]) -> _Files:
    files: _Files = {}
    for entry in prices:
        if entry == SYNTHETIC:
            continue
        named = read_entry(entry, instruments)
        symbol = named.symbol or _first_word(named.path)
        if named.kind not in ("", "mark", "funding"):
            raise PriceError(f"prices {entry!r}: unknown kind {named.kind!r}; expected mark or funding")
        _known(symbol, instruments, f"prices {entry!r}")
        kind = named.kind or _kind_of(named.path)
        if kind in files.setdefault(symbol, {}):
            raise PriceError(f"prices {entry!r}: a second file with {kind} of {symbol}; expected one")
        files[symbol][kind] = named.path
    for symbol, kinds in files.items():
        if "prices" not in kinds:
            found = " and ".join(sorted(kinds))
            raise PriceError(
                f"prices {next(iter(kinds.values()))!r}: {found} of {symbol}; expected its prices as well"
            )
    return files


def _kind_of(path: str) -> str:
    name = PurePath(path).name.lower()
    return next((kind for kind in _KINDS[1:] if f"-{kind}-" in name), "prices")


def _known(symbol: str, instruments: Mapping[str, Instrument], place: str) -> None:
    if symbol not in instruments:
        allowed = sorted(instruments)
        if len(allowed) > MOST_NAMED:
            allowed = [*get_close_matches(symbol, allowed, n=5, cutoff=0.5), f"… ({len(allowed)} in all)"]
        hint = "" if place == "symbols" else "; SYMBOL=FILE names it where the file's name does not"
        raise PriceError(f"{place}: unknown symbol {symbol!r}; expected one of {' '.join(allowed)}{hint}")


def _recorded(contract: Instrument, kinds: Mapping[str, str], spread_ticks: int, *, strict: bool) -> PriceSource:
    # The table reader costs 60 MB and a quarter of a second, which a synthetic market need not pay.
    from gridtrader.simulator.market.recorder import open_recording

    source = open_recording(contract, kinds["prices"], kinds.get("mark"), kinds.get("funding"), spread_ticks)
    if strict and source.gaps:
        raise PriceError(f"{source.gaps[0]}; expected no gap")
    for gap in source.gaps[:MOST_LOGGED]:
        _log.warning("%s", gap)
    if len(source.gaps) > MOST_LOGGED:
        _log.warning("%s: %d gaps in all", source.symbol, len(source.gaps))
    return source
