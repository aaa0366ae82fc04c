"""From arguments, configuration and files to a replay's plan."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from gridtrader.daemon import wiring
from gridtrader.operator.replay_arguments import BadArguments, Wanted
from gridtrader.replay.run import Plan
from gridtrader.settings import AccountSettings, Settings
from gridtrader.simulator.catalogue import load_catalogue
from gridtrader.simulator.catalogue.files import load_instruments
from gridtrader.simulator.core.model import Instrument
from gridtrader.simulator.market.moment import moment
from gridtrader.simulator.market.opening import open_records
from gridtrader.simulator.market.recorded import RecordedSource


def plan_replay(wanted: Wanted, settings: Settings) -> Plan:
    """Return the plan. Raises BadArguments, PriceError and CatalogueError, each one line."""
    account = _account(settings, wanted)
    symbols = _symbols(account, wanted)
    contracts = load_contracts(wanted.instruments, wanted.risk_tiers, symbols)
    sources = open_sources(wanted, symbols, contracts)
    start, end = _span(sources, wanted)
    engine = wiring.engine_settings(account, settings.system, "replay")
    strategies = tuple(strategy for strategy in engine.strategies if strategy.symbol in symbols)
    return Plan(
        settings=replace(engine, strategies=strategies),
        contracts={symbol: contracts[symbol] for symbol in symbols},
        sources=sources,
        balance=wanted.balance,
        maker_fee=engine.fallback_fees.maker,
        taker_fee=engine.fallback_fees.taker,
        start=start,
        end=end,
        spread_ticks=wanted.spread_ticks,
        unlimited_margin=wanted.unlimited_margin,
        is_fast=not wanted.every_corner,
    )


def _account(settings: Settings, wanted: Wanted) -> AccountSettings:
    accounts = {account.id: account for account in settings.accounts}
    if wanted.account not in accounts:
        raise BadArguments(f"--account: found {wanted.account!r}, configured are: {', '.join(accounts)}")
    return accounts[wanted.account]


def _symbols(account: AccountSettings, wanted: Wanted) -> list[str]:
    symbols = [symbol.symbol for symbol in account.symbols]
    if wanted.symbol is None:
        return symbols
    if wanted.symbol not in symbols:
        raise BadArguments(f"--symbol: found {wanted.symbol!r}, account {account.id} trades: {', '.join(symbols)}")
    return [wanted.symbol]


def load_contracts(
    instruments: Path | None, risk_tiers: Path | None, symbols: Sequence[str]
) -> Mapping[str, Instrument]:
    """Return the contracts. Raises BadArguments where one is not known."""
    if instruments is not None and risk_tiers is not None:
        return load_instruments(instruments, risk_tiers, symbols)
    catalogue = load_catalogue()
    for symbol in symbols:
        if symbol not in catalogue:
            raise BadArguments(
                f"{symbol}: no data of this contract; known are {', '.join(sorted(catalogue))}, others need "
                f"--instruments and --risk-tiers"
            )
    return catalogue


def open_sources(wanted: Wanted, symbols: Sequence[str], contracts: Mapping[str, Instrument]) -> list[RecordedSource]:
    """Return the records of exactly these symbols. Raises PriceError, BadArguments."""
    entries = [
        *(_entry(entry, "", symbols) for entry in wanted.prices),
        *(_entry(entry, ":mark", symbols) for entry in wanted.mark),
        *(_entry(entry, ":funding", symbols) for entry in wanted.funding),
    ]
    sources = open_records(entries, contracts, spread_ticks=wanted.spread_ticks)
    found = {source.symbol: source for source in sources if isinstance(source, RecordedSource)}
    for symbol in symbols:
        if symbol not in found:
            raise BadArguments(
                f"--prices: nothing of {symbol}, which account {wanted.account} trades; give its file, or choose "
                f"with --symbol"
            )
    return [found[symbol] for symbol in symbols]


def _entry(entry: str, kind: str, symbols: Sequence[str]) -> str:
    """Say whose a file is where its name need not: there is one symbol only."""
    return f"{symbols[0]}{kind}={entry}" if len(symbols) == 1 and "=" not in entry else entry


def _span(sources: Sequence[RecordedSource], wanted: Wanted) -> tuple[int, int]:
    """Return first and last moment: what all files have, cut to what is wanted."""
    first = max(source.start for source in sources)
    last = min(source.end for source in sources if source.end is not None)
    if first > last:
        raise BadArguments("--prices: the files have no time in common")
    start = first if wanted.start is None else max(first, wanted.start)
    end = last if wanted.end is None else min(last, wanted.end - 1)
    if start >= end:
        raise BadArguments(
            f"--from, --to: nothing is recorded then; the files have {moment(first)} to {moment(last)}"
        )
    return start, end
