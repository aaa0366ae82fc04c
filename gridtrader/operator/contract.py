"""A contract's figures for the operator's tools: from the exchange, or from the catalogue inside the package.

The catalogue is the embedded exchange's list of contracts. Its rows are in the exchange's own words and are read by
the same code as the exchange's answers, but nobody keeps them up to date.
"""

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

from gridtrader import __version__
from gridtrader.daemon import wiring
from gridtrader.domain.instrument import Instrument
from gridtrader.domain.types import FeeRates, Quote
from gridtrader.engine.ports import GatewayError
from gridtrader.exchange import market
from gridtrader.exchange.fields import BadMessage, Row
from gridtrader.operator.risk_tiers import RiskTier, parse_tiers
from gridtrader.operator.rungs import Terms
from gridtrader.operator.venue import Desk
from gridtrader.settings import AccountSettings, SymbolSettings, SystemSettings

_PACKAGE: Final = "gridtrader"
_CATALOGUE: Final = "simulator/catalogue/instruments.json"


class NoSuchContract(Exception):
    """The source has no such contract; the message says which source, and what there is."""


@dataclass(frozen=True, slots=True)
class Contract:
    """`quote` is the market, where there is one; `tiers` may be empty: not told."""

    instrument: Instrument
    quote: Quote | None
    tiers: tuple[RiskTier, ...]


def ask_contract(desk: Desk, symbol: str) -> Contract:
    """Return what the exchange says now. Raises `Refused` (INVALID if there is no such contract) or `Unreachable`."""
    instrument = desk.client.instrument(symbol)
    quote = desk.client.quote(symbol) if instrument.is_trading else None
    return Contract(instrument, quote, _tiers(desk, symbol))


def _tiers(desk: Desk, symbol: str) -> tuple[RiskTier, ...]:
    """Return the risk tiers, or none where they cannot be had: they only add a column."""
    try:
        found = desk.direct.risk_limit(symbol).list("list")
        return parse_tiers(found, symbol, "market/risk-limit")
    except (GatewayError, BadMessage):
        return ()


def catalogue_contract(symbol: str) -> Contract:
    """Return what the catalogue says. Raises NoSuchContract."""
    content: dict[str, Any] = json.loads(files(_PACKAGE).joinpath(_CATALOGUE).read_text(encoding="utf-8"))
    rows = {row["symbol"]: row for row in content["instruments"]}
    if symbol not in rows:
        raise NoSuchContract(f"{catalogue_name()} has no {symbol}; there are: {', '.join(sorted(rows))}")
    row, place = rows[symbol], f"catalogue {symbol}"
    quote = None
    if "referencePrice" in row:
        price = Row(row, place).decimal("referencePrice")
        quote = Quote(price, price, price, 0)
    tiers = parse_tiers(content["riskLimits"], symbol, "catalogue risk limits")
    return Contract(market.instrument(row, place), quote, tiers)


def catalogue_name() -> str:
    """Return what to call the catalogue: it has no date of its own but that of the package."""
    return f"the contract catalogue of gridtrader {__version__}"


def terms_of(
    account: AccountSettings,
    symbol: SymbolSettings,
    system: SystemSettings,
    contract: Contract,
    quote: Quote,
    told: FeeRates | None = None,
) -> Terms:
    """Return what an account's ladder is built from; `told` are its fee rates, if the exchange tells them."""
    engine = wiring.engine_settings(account, system, "")
    fees = told or engine.fallback_fees
    return Terms(
        strategy=wiring.strategy_of(symbol, system),
        instrument=contract.instrument,
        quote=quote,
        fees=fees,
        closing_fee=fees.maker if engine.closing_fee_is_maker else fees.taker,
        buffer_percent=account.risk.balance_buffer_percent,
        tiers=contract.tiers,
    )
