"""Putting an exchange together from what an operator names: prices, contracts, accounts, switches."""

from dataclasses import dataclass, field
from pathlib import Path

from gridtrader.simulator.catalogue import load_catalogue, load_instruments
from gridtrader.simulator.core.exchange import Exchange
from gridtrader.simulator.core.model import Options
from gridtrader.simulator.market.opening import SYNTHETIC, open_market
from gridtrader.simulator.server.accounts import AccountSpec
from gridtrader.simulator.server.clock import ApiClock, MarketClock, wall_ms
from gridtrader.simulator.server.options import WireOptions
from gridtrader.simulator.server.venue import Venue

SECOND_MS = 1000
_NEXT_SEED = 10**15


@dataclass(frozen=True, slots=True)
class ExchangeConfig:
    """What an exchange is made of. `speed` is market seconds per second; 0: the market stands still."""

    accounts: tuple[AccountSpec, ...] = ()
    prices: tuple[str, ...] = (SYNTHETIC,)
    symbols: tuple[str, ...] | None = None
    """None: all contracts that have prices."""
    seed: int = 0
    speed: float = 1.0
    contract_files: tuple[Path, Path] | None = None
    """Recorded answers of instruments-info and risk-limit; None: the exchange's own catalogue."""
    options: Options = field(default_factory=Options)
    wire: WireOptions = field(default_factory=WireOptions)


def build_venue(config: ExchangeConfig) -> Venue:
    """Return the exchange, with its accounts opened. Raises ValueError with one clear line."""
    contracts = load_catalogue() if config.contract_files is None else load_instruments(*config.contract_files)
    start = wall_ms() // SECOND_MS * SECOND_MS
    market = open_market(config.prices, contracts, config.symbols, config.seed, start)
    traded = {symbol: contracts[symbol] for symbol in market.symbols()}
    # Prices come again with the same seed, identities never: a client that has traded here before remembers them.
    identities = config.seed * _NEXT_SEED + wall_ms()
    venue = Venue(
        Exchange(traded, config.options, identities),
        market,
        clock=ApiClock(),
        # A made-up market lives in the present: at speed 1 its candles and fundings come at the hour.
        market_clock=MarketClock(wall_ms() if market.start == start else market.start, config.speed),
        options=config.wire,
        seed=config.seed,
    )
    for spec in config.accounts:
        venue.open_account(spec)
    return venue
