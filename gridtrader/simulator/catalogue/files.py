"""Catalogue files: our own, and recorded V5 answers in the forms in which people keep them."""

import gzip
import json
import zlib
from collections.abc import Collection, Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from gridtrader.simulator.catalogue.rows import CatalogueError, is_usdt_perpetual, parse_instrument, parse_tier
from gridtrader.simulator.core.model import Instrument

Row = Mapping[str, Any]

_OWN_FILE: Final = "instruments.json"


def catalogue_rows() -> tuple[list[Row], list[Row]]:
    """Return (instruments-info rows, risk-limit rows) of our own catalogue, in V5's fields."""
    text = files(__package__).joinpath(_OWN_FILE).read_text(encoding="utf-8")
    content = json.loads(text)
    return content["instruments"], content["riskLimits"]


def load_catalogue() -> dict[str, Instrument]:
    """Return our own contracts by symbol."""
    rows, tiers = catalogue_rows()
    return _contracts(rows, tiers, _OWN_FILE, _OWN_FILE)


def load_instruments(
    info_file: Path, tiers_file: Path, symbols: Collection[str] | None = None
) -> dict[str, Instrument]:
    """Return the USDT perpetuals of recorded answers by symbol: those named, else all that both files know.

    `info_file` holds `GET /v5/market/instruments-info`, `tiers_file` `GET /v5/market/risk-limit`; either may be the
    answer itself, its `result`, a list of rows, or a collection of such things by category or symbol (rows of a
    collection may keep the raw row under `info`), as .json or .json.gz. Raises CatalogueError.
    """
    rows = [row for row in _rows_of(info_file, "lotSizeFilter") if is_usdt_perpetual(row)]
    tiers = _rows_of(tiers_file, "riskLimitValue")
    known = {row.get("symbol") for row in rows} & {tier.get("symbol") for tier in tiers}
    missing = set(symbols or ()) - known
    if missing:
        raise CatalogueError(f"{info_file.name} and {tiers_file.name} do not both know {', '.join(sorted(missing))}")
    wanted = known if symbols is None else set(symbols)
    return _contracts(
        [row for row in rows if row.get("symbol") in wanted],
        [tier for tier in tiers if tier.get("symbol") in wanted],
        info_file.name,
        tiers_file.name,
    )


def _contracts(rows: Iterable[Row], tiers: Iterable[Row], info_name: str, tiers_name: str) -> dict[str, Instrument]:
    by_symbol: dict[str, list[Row]] = {}
    for tier in tiers:
        by_symbol.setdefault(tier["symbol"], []).append(tier)
    contracts: dict[str, Instrument] = {}
    for row in rows:
        symbol = row["symbol"]
        if symbol in contracts:
            raise CatalogueError(f"{info_name}: {symbol} stands there twice")
        parsed = [
            parse_tier(tier, f"{tiers_name}: {symbol} tier {number}")
            for number, tier in enumerate(by_symbol.get(symbol, ()), start=1)
        ]
        contracts[symbol] = parse_instrument(row, parsed, f"{info_name}: {symbol}")
    return contracts


def _rows_of(path: Path, mark: str) -> list[Row]:
    """Return every row of a file, wherever it stands in it; a row is an object that has the field `mark`."""
    try:
        data = path.read_bytes()
        content = json.loads(gzip.decompress(data) if path.suffix == ".gz" else data)
    except (OSError, EOFError, zlib.error) as error:
        raise CatalogueError(f"{path}: cannot be read: {error}") from error
    except ValueError as error:
        raise CatalogueError(f"{path}: no JSON: {error}") from error
    rows = list(_find(content, mark))
    if not rows:
        raise CatalogueError(f"{path}: no rows with a {mark} in it")
    return rows


def _find(content: Any, mark: str) -> Iterable[Row]:
    if isinstance(content, dict):
        if mark in content:
            yield content
        else:
            for value in content.values():
                yield from _find(value, mark)
    elif isinstance(content, list):
        for value in content:
            yield from _find(value, mark)
