"""The public record of one symbol: its last trades and the direction of its ticks."""

import uuid
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from gridtrader.simulator.core.model import ZERO, Instrument
from gridtrader.simulator.market.api import Point
from gridtrader.simulator.server.text import at_step

TRADES_KEPT = 1000


@dataclass(frozen=True, slots=True)
class Trade:
    """A public trade. `time` is API time; `direction` is V5's `tickDirection`."""

    trade_id: str
    time: int
    price: Decimal
    size: Decimal
    side: str
    direction: str
    seq: int


class Tape:
    """What the market of one symbol has done since the exchange was started."""

    def __init__(self, instrument: Instrument, random: Random) -> None:
        self.instrument = instrument
        self.trades: deque[Trade] = deque(maxlen=TRADES_KEPT)
        self.direction = "ZeroPlusTick"
        self.seq = 0
        self._random = random
        self._last = ZERO

    def record(self, point: Point, time: int) -> None:
        """Take note of a point; where something was traded, that is one public trade."""
        if point.last > self._last:
            self.direction = "PlusTick"
        elif point.last < self._last:
            self.direction = "MinusTick"
        elif not self.direction.startswith("Zero"):
            self.direction = "Zero" + self.direction
        self._last = point.last
        self.seq += 1
        if point.volume > 0:
            size = max(point.volume, self.instrument.min_qty)
            side = "Buy" if self.direction.endswith("PlusTick") else "Sell"
            trade_id = str(uuid.UUID(int=self._random.getrandbits(128), version=4))
            self.trades.append(Trade(trade_id, time, point.last, size, side, self.direction, self.seq))

    def newer_than(self, seq: int) -> Sequence[Trade]:
        """Return the trades after the one numbered `seq`, oldest first."""
        newer: list[Trade] = []
        for trade in reversed(self.trades):
            if trade.seq <= seq:
                break
            newer.append(trade)
        return newer[::-1]


def rest_trade(symbol: str, trade: Trade, instrument: Instrument) -> dict[str, object]:
    """Return the row of `market/recent-trade`."""
    return {
        "execId": trade.trade_id,
        "symbol": symbol,
        "price": at_step(trade.price, instrument.tick_size),
        "size": at_step(trade.size, instrument.qty_step),
        "side": trade.side,
        "time": str(trade.time),
        "isBlockTrade": False,
        "isRPITrade": False,
        "seq": str(trade.seq),
    }


def stream_trade(symbol: str, trade: Trade, instrument: Instrument) -> dict[str, object]:
    """Return the row of the `publicTrade` topic."""
    return {
        "T": trade.time,
        "s": symbol,
        "S": trade.side,
        "v": at_step(trade.size, instrument.qty_step),
        "p": at_step(trade.price, instrument.tick_size),
        "L": trade.direction,
        "i": trade.trade_id,
        "BT": False,
        "RPI": False,
        "seq": trade.seq,
    }
