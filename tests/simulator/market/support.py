"""Contracts, files and hand-made sources to test the market with."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path

from gridtrader.simulator.core.model import Instrument
from gridtrader.simulator.market.api import Kline, Point
from gridtrader.simulator.market.market import SourceMarket
from tests.support import records

D = Decimal
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
T0 = 1_750_000_020_000  # 2025-06-15 15:07:00 UTC


def contract(
    symbol: str = "COINUSDT", tick: str = "0.01", price: str = "100", step: str = "0.1", funding_min: int = 480
) -> Instrument:
    return Instrument(
        symbol=symbol,
        symbol_id=1,
        base_coin=symbol.removesuffix("USDT"),
        status="Trading",
        launch_time=0,
        delivery_time=0,
        tick_size=D(tick),
        min_price=D(tick),
        max_price=D(1_000_000),
        qty_step=D(step),
        min_qty=D(step),
        max_qty=D(1_000_000),
        max_market_qty=D(1_000_000),
        min_notional=D(5),
        max_leverage=D(75),
        funding_interval_min=funding_min,
        upper_funding_rate=D("0.005"),
        lower_funding_rate=D("-0.005"),
        price_limit_x=D("0.05"),
        price_limit_y=D("0.1"),
        tiers=(),
        reference_price=D(price),
    )


COIN = contract()
CONTRACTS = {
    each.symbol: each
    for each in (
        COIN,
        contract("DOGEUSDT", "0.00001", "0.2", "1"),
        contract("BTCUSDT", "0.10", "100000", "0.001"),
        contract("SOLUSDT", "0.010", "150", "0.1"),
        contract("ADAUSDT", "0.0001", "0.6", "1"),
    )
}


def point(
    time: int, last: str | int | Decimal, *, jump: bool = False, volume: str = "0", mark: str | None = None
) -> Point:
    price = D(last)
    fair = price if mark is None else D(mark)
    return Point(time, price, price, price, fair, fair, volume=D(volume), is_jump=jump)


class ListSource:
    """A source of given points."""

    def __init__(
        self,
        points: Sequence[Point],
        symbol: str = "COINUSDT",
        rate: str = "0.0001",
        funding_times: Sequence[int] | None = None,
    ) -> None:
        self.symbol = symbol
        self.start = points[0].time
        self.end: int | None = points[-1].time
        self.funding_times = funding_times
        self._points = points
        self._rate = D(rate)

    def points(self) -> Iterator[Point]:
        return iter(self._points)

    def funding_rate(self, time: int) -> Decimal:
        return self._rate


def market_of(*sources: ListSource, minute_days: int = 3) -> SourceMarket:
    contracts = {source.symbol: contract(source.symbol) for source in sources}
    return SourceMarket(sources, contracts, minute_days)


def play(market: SourceMarket, until: int) -> list[tuple[str, int, Decimal]]:
    return [(symbol, each.time, each.last) for symbol, each in market.advance(until)]


def prices_of(klines: Iterable[Kline]) -> list[tuple[int, str, str, str, str]]:
    return [(k.start, str(k.open), str(k.high), str(k.low), str(k.close)) for k in klines]


CANDLES = """\
timestamp,open,high,low,close,volume
2025-06-15 15:07:00+00:00,100.00,100.50,99.90,100.20,10
2025-06-15 15:08:00+00:00,100.20,100.30,100.10,100.25,4
2025-06-15 15:09:00+00:00,100.25,101.00,99.50,100.00,8
"""


def write(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(text)
    return str(path)


def recorded(name: str) -> str:
    """Return the path of a recorded file; skip the test where the recorded data are absent."""
    return str(records.recorded(name))
