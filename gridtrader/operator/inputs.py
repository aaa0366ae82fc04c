"""What `gridtrader replay` and `gridtrader sweep` play: strategies, contracts and records, from their conditions."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from gridtrader.operator.command_line import BadArguments
from gridtrader.operator.conditions import Conditions
from gridtrader.settings import AccountSettings, Settings
from gridtrader.simulator.catalogue import load_catalogue
from gridtrader.simulator.catalogue.files import load_instruments
from gridtrader.simulator.core.model import Instrument
from gridtrader.simulator.market.moment import moment
from gridtrader.simulator.market.opening import open_records, read_entry
from gridtrader.simulator.market.recorded import RecordedSource


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
            entry = read_entry(file, known)
            symbol = entry.symbol or _only(symbols, f"{option}: found {file!r}")
            if symbol not in known:
                raise BadArguments(
                    f"{option}: {file!r} is of {symbol}, account {account.id} trades: {', '.join(known)}"
                )
            if kind and entry.kind not in ("", kind):
                raise BadArguments(f"{option}: found {file!r}, allowed: SYMBOL=FILE")
            if symbol in entries:
                entries[symbol].append(replace(entry, symbol=symbol, kind=kind or entry.kind).text)
    for symbol, found in entries.items():
        if not found:
            raise BadArguments(
                f"--prices: nothing of {symbol}, which account {account.id} trades; give its file, or choose "
                f"with --symbol"
            )
    return entries


def _only(symbols: Sequence[str], found: str) -> str:
    """Return the one symbol that is played: a file without a symbol is its. Raises BadArguments."""
    if len(symbols) != 1:
        raise BadArguments(f"{found}, allowed: SYMBOL=FILE, or a file whose name begins with the symbol")
    return symbols[0]


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
