"""The contracts of a dry run: as the exchange publishes them, and as the file keeps them."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from gridtrader.domain.types import Quote
from gridtrader.engine.errors import CannotStart
from gridtrader.engine.ports import GatewayError, Refusal, Refused
from gridtrader.paper.calls import CONTRACT, CallsError
from gridtrader.paper.funding import FundingHistory
from gridtrader.simulator.catalogue.rows import CatalogueError, is_usdt_perpetual, parse_instrument, parse_tier
from gridtrader.simulator.core.model import Instrument
from gridtrader.store.journal import Entry
from gridtrader.store.journal_lines import Record
from gridtrader.store.json_text import Json

_NO_BAND = Decimal(1)


def without_band(contract: Instrument) -> Instrument:
    """Return a contract without a price band: an order executes at the price there is."""
    return replace(contract, price_limit_x=_NO_BAND, price_limit_y=_NO_BAND)


@dataclass(frozen=True, slots=True)
class ContractRows:
    """A contract in the exchange's own words: a row of instruments-info, and those of risk-limit."""

    info: Mapping[str, Any]
    tiers: Sequence[Mapping[str, Any]]

    def entry(self, symbol: str, at_ms: int) -> Entry:
        data: dict[str, Json] = {
            "symbol": symbol,
            "at": at_ms,
            "info": json.dumps(self.info),
            "tiers": json.dumps(self.tiers),
        }
        return Entry(CONTRACT, data)

    def parse(self, symbol: str) -> Instrument:
        """Return the contract, without a price band: an order executes at the price there is. Raises CatalogueError.

        The band only bounds prices far beyond the market, which the bot never asks for; it hangs on an index price
        that the ticker does not tell.
        """
        if not is_usdt_perpetual(self.info) or self.info.get("symbol") != symbol:
            raise CatalogueError(f"{symbol} is no USDT perpetual")
        tiers = [parse_tier(tier, f"risk-limit {symbol}") for tier in self.tiers if tier.get("symbol") == symbol]
        parsed = parse_instrument(self.info, tiers, f"instruments-info {symbol}")
        return without_band(parsed)


class PublicMarket(FundingHistory, Protocol):
    """What everybody may ask the exchange. Everything raises GatewayError."""

    def contract(self, symbol: str) -> ContractRows:
        """Return a contract; `Refused` (INVALID) if there is none of that name."""
        ...

    def quote(self, symbol: str) -> Quote:
        """Return the market now."""
        ...


def ask_contracts(market: PublicMarket, symbols: Sequence[str]) -> dict[str, ContractRows]:
    """Return the contracts by symbol. Raises CannotStart."""
    found = {}
    for symbol in symbols:
        try:
            found[symbol] = market.contract(symbol)
            found[symbol].parse(symbol)
        except Refused as error:
            is_unknown = error.refusal is Refusal.INVALID
            what = "the exchange does not know it" if is_unknown else "the exchange refuses to be read"
            raise CannotStart(f"symbol {symbol}: {what}: {error}", is_passing=not is_unknown) from error
        except GatewayError as error:
            raise CannotStart(f"the exchange cannot be read: {error}", is_passing=True) from error
        except CatalogueError as error:
            raise CannotStart(f"symbol {symbol}: the contract cannot be used: {error}") from error
    return found


def kept_contracts(records: Sequence[Record], path: Path) -> dict[str, Instrument]:
    """Return the contracts a file has, by symbol. Raises CallsError."""
    found = {}
    for record in records:
        if record.kind == CONTRACT:
            try:
                symbol = str(record.data["symbol"])
                rows = ContractRows(json.loads(record.data["info"]), json.loads(record.data["tiers"]))
                found[symbol] = rows.parse(symbol)
            except (KeyError, TypeError, ValueError, CatalogueError) as error:
                raise CallsError(path, f"record {record.seq}, a contract, makes no sense: {error!r}") from None
    return found


def warn_of_changes(kept: Mapping[str, Instrument], now: Mapping[str, Instrument], log: logging.Logger) -> None:
    """Say which contracts are not what they were when the dry run took them up: it goes on with what they were."""
    for symbol, contract in now.items():
        before = kept.get(symbol)
        if before is not None and replace(before, status=contract.status) != contract:
            log.warning(
                "%s: the exchange has changed this contract's figures (steps, limits or risk tiers); the dry run "
                "goes on with those it began with, until its folder is moved away",
                symbol,
            )
