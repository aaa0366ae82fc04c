"""A made-up market that behaves like a crypto major: deterministic from (seed, symbol), without end.

The price is a random walk with regimes, clustered volatility and jumps, pulled back to an anchor that wanders slowly.
`SyntheticMarket` holds its parameters and their reasons; symbols walk independently of each other.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from random import Random

from gridtrader.simulator.core.model import Instrument
from gridtrader.simulator.market.api import Point
from gridtrader.simulator.market.parameters import Regime, SyntheticMarket
from gridtrader.simulator.market.walk import Book, Walk, Weather, normal

__all__ = ["SyntheticMarket", "SyntheticSource"]


class SyntheticSource:
    """A `PriceSource` without end for one symbol."""

    end: int | None = None
    funding_times: Sequence[int] | None = None

    def __init__(self, instrument: Instrument, seed: int, start: int, market: SyntheticMarket | None = None) -> None:
        """Begin at market time `start` (milliseconds) at the contract's reference price."""
        self.symbol = instrument.symbol
        self.start = start
        self.parameters = market or SyntheticMarket()
        self._instrument = instrument
        self._seed = seed

    def points(self) -> Iterator[Point]:
        for point, _ in self.points_with_regime():
            yield point

    def points_with_regime(self) -> Iterator[tuple[Point, Regime]]:
        """Yield the points together with the regime they were made in, for who studies the market."""
        market = self.parameters
        rng = Random(f"{self._seed}:{self.symbol}")
        weather = Weather(market, rng)
        walk = Walk(market, rng, weather, float(self._instrument.reference_price))
        book = Book(market, rng, walk, self._instrument)
        time = self.start
        while True:
            weather.step()
            walk.step()
            yield book.point(time), weather.regime
            time += market.step_ms

    def funding_rate(self, time: int) -> Decimal:
        """Return the rate of the settlement at `time`, a multiple of 0.0001 %; the same one whenever asked."""
        market, contract = self.parameters, self._instrument
        raw = market.funding_mean + market.funding_deviation * normal(Random(f"{self._seed}:{self.symbol}:{time}"))
        rate = Decimal(round(min(raw, market.funding_cap) * 1_000_000)) / 1_000_000
        return min(max(rate, contract.lower_funding_rate), contract.upper_funding_rate)
