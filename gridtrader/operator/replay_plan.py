"""From arguments, configuration and files to a replay's plan."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import Final

from gridtrader.daemon import wiring
from gridtrader.operator.replay_arguments import Wanted
from gridtrader.operator.replay_conditions import BadArguments, Conditions
from gridtrader.replay.run import Plan
from gridtrader.settings import AccountSettings, Settings
from gridtrader.simulator.catalogue import load_catalogue
from gridtrader.simulator.catalogue.files import load_instruments
from gridtrader.simulator.core.model import Instrument
from gridtrader.simulator.market.moment import moment
from gridtrader.simulator.market.opening import open_records
from gridtrader.simulator.market.recorded import RecordedSource

_SAID: Final = re.compile(r"(?P<symbol>[A-Za-z0-9]+)(?::(?P<kind>[a-z]+))?=(?P<path>.+)")
_IN_NAME: Final = re.compile(r"([A-Z0-9]+?USDT)\d*(?![A-Z0-9])")
"""A symbol at the beginning of a file's name; the exchange's trade files write the date right behind it."""


def plan_replay(wanted: Wanted, settings: Settings) -> Plan:
    """Return the plan. Raises BadArguments, PriceError and CatalogueError, each one line."""
    conditions = wanted.conditions
    account = account_of(settings, conditions)
    symbols = symbols_of(account, [] if wanted.symbol is None else [wanted.symbol])
    contracts = load_contracts(conditions, symbols)
    entries = [entry for found in entries_of(conditions, account, symbols).values() for entry in found]
    sources = open_sources(entries, symbols, contracts, conditions.spread_ticks)
    start, end = span_of(sources, conditions)
    engine = wiring.engine_settings(account, settings.system, "replay")
    strategies = tuple(strategy for strategy in engine.strategies if strategy.symbol in symbols)
    return Plan(
        settings=replace(engine, strategies=strategies),
        contracts={symbol: contracts[symbol] for symbol in symbols},
        sources=sources,
        balance=conditions.balance,
        maker_fee=engine.fallback_fees.maker,
        taker_fee=engine.fallback_fees.taker,
        start=start,
        end=end,
        spread_ticks=conditions.spread_ticks,
        unlimited_margin=conditions.unlimited_margin,
        is_fast=not wanted.every_corner,
    )


def account_of(settings: Settings, conditions: Conditions) -> AccountSettings:
    """Return the account that is played. Raises BadArguments."""
    accounts = {account.id: account for account in settings.accounts}
    if conditions.account not in accounts:
        raise BadArguments(f"--account: found {conditions.account!r}, configured are: {', '.join(accounts)}")
    return accounts[conditions.account]


def symbols_of(account: AccountSettings, named: Sequence[str]) -> list[str]:
    """Return the symbols that are played: all of the account, or those named. Raises BadArguments."""
    symbols = [symbol.symbol for symbol in account.symbols]
    for symbol in named:
        if symbol not in symbols:
            raise BadArguments(f"--symbol: found {symbol!r}, account {account.id} trades: {', '.join(symbols)}")
    return list(dict.fromkeys(named)) or symbols


def load_contracts(conditions: Conditions, symbols: Sequence[str]) -> Mapping[str, Instrument]:
    """Return the contracts. Raises BadArguments where one is not known."""
    if conditions.instruments is not None and conditions.risk_tiers is not None:
        return load_instruments(conditions.instruments, conditions.risk_tiers, symbols)
    catalogue = load_catalogue()
    for symbol in symbols:
        if symbol not in catalogue:
            raise BadArguments(
                f"{symbol}: no data of this contract; known are {', '.join(sorted(catalogue))}, others need "
                f"--instruments and --risk-tiers"
            )
    return catalogue


# --- records ---


def open_sources(
    entries: Sequence[str], symbols: Sequence[str], contracts: Mapping[str, Instrument], spread_ticks: int
) -> list[RecordedSource]:
    """Return the records of these symbols; `entries` are those of `entries_of`. Raises PriceError."""
    sources = open_records(entries, contracts, spread_ticks=spread_ticks)
    found = {source.symbol: source for source in sources if isinstance(source, RecordedSource)}
    return [found[symbol] for symbol in symbols]


def entries_of(conditions: Conditions, account: AccountSettings, symbols: Sequence[str]) -> dict[str, list[str]]:
    """Return the files of each symbol as `SYMBOL=FILE`, `SYMBOL:mark=FILE` and `SYMBOL:funding=FILE`.

    Whose a file is, is said (`SYMBOL=FILE`) or stands at the beginning of its name; a name without a symbol will do
    where one symbol only is played. Files of the account's other symbols are passed over. Raises BadArguments about
    a file of a symbol that the account does not trade (any strategy could be played over it, for a wrong result), and
    about a symbol without a file.
    """
    known = [symbol.symbol for symbol in account.symbols]
    entries: dict[str, list[str]] = {symbol: [] for symbol in symbols}
    for option, kind, files in (
        ("--prices", "", conditions.prices),
        ("--mark", "mark", conditions.mark),
        ("--funding", "funding", conditions.funding),
    ):
        for file in files:
            symbol, said, path = _whose(file, option, symbols)
            if symbol not in known:
                raise BadArguments(
                    f"{option}: {file!r} is of {symbol}, account {account.id} trades: {', '.join(known)}"
                )
            if kind and said not in ("", kind):
                raise BadArguments(f"{option}: found {file!r}, allowed: SYMBOL=FILE")
            if symbol in entries:
                entries[symbol].append(f"{symbol}{f':{kind or said}' if kind or said else ''}={path}")
    for symbol, found in entries.items():
        if not found:
            raise BadArguments(
                f"--prices: nothing of {symbol}, which account {account.id} trades; give its file, or choose "
                f"with --symbol"
            )
    return entries


def _whose(file: str, option: str, symbols: Sequence[str]) -> tuple[str, str, str]:
    """Return symbol, kind ("" unless said) and path of a file."""
    said = _SAID.fullmatch(file)
    in_name = None if said else _IN_NAME.match(PurePath(file).name.upper())
    if said is not None:
        symbol, kind, path = said["symbol"].upper(), said["kind"] or "", said["path"]
    elif in_name is not None or len(symbols) == 1:
        symbol, kind, path = in_name[1] if in_name else symbols[0], "", file
    else:
        raise BadArguments(
            f"{option}: found {file!r}, allowed: SYMBOL=FILE, or a file whose name begins with the symbol"
        )
    return symbol, kind, path


def span_of(sources: Sequence[RecordedSource], conditions: Conditions) -> tuple[int, int]:
    """Return first and last moment: what all files have, cut to what is wanted. Raises BadArguments."""
    first = max(source.start for source in sources)
    last = min(source.end for source in sources if source.end is not None)
    if first > last:
        raise BadArguments("--prices: the files have no time in common")
    start = first if conditions.start is None else max(first, conditions.start)
    end = last if conditions.end is None else min(last, conditions.end - 1)
    if start >= end:
        raise BadArguments(
            f"--from, --to: nothing is recorded then; the files have {moment(first)} to {moment(last)}"
        )
    return start, end
