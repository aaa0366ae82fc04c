"""nautilus_trader: bars as open, nearer extreme, farther extreme, close; hedging, a position for each cycle."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import pandas as pd
from nautilus_trader.backtest.config import BacktestEngineConfig
from nautilus_trader.backtest.engine import BacktestEngine
from nautilus_trader.config import LoggingConfig
from nautilus_trader.model.currencies import USDT
from nautilus_trader.model.data import BarType
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide
from nautilus_trader.model.identifiers import InstrumentId, PositionId, Symbol, Venue
from nautilus_trader.model.instruments import CryptoPerpetual
from nautilus_trader.model.objects import Currency, Money, Price, Quantity
from nautilus_trader.persistence.wranglers import BarDataWrangler
from nautilus_trader.trading.strategy import Strategy

from benchmarks.candles import Candles
from benchmarks.ladder import LONG, SHORT, Ladder, depth_of, opening
from benchmarks.peers.protocol import answer
from benchmarks.terms import LEVERAGE, MAKER_FEE, MONEY, MULTIPLIER, SYMBOL, TAKER_FEE, TICK

VENUE: Final = Venue("BENCH")
TAKE_PROFIT: Final = -1


class Side:
    """One side: its ladder, and the orders that stand or are on their way, by level."""

    def __init__(self, sign: int) -> None:
        self.sign = sign
        self.ladder = Ladder(sign)
        self.cycle = 0
        self.at_once = 0
        self.orders: dict[int, Any] = {}
        self.entry = OrderSide.BUY if sign == LONG else OrderSide.SELL
        self.exit = OrderSide.SELL if sign == LONG else OrderSide.BUY

    @property
    def position(self) -> PositionId:
        """The position of the present cycle."""
        return PositionId(f"{'LONG' if self.sign == LONG else 'SHORT'}-{self.cycle}")


class Grid(Strategy):  # type: ignore[misc]
    """Both sides, a step apart."""

    def __init__(self, instrument: CryptoPerpetual, bar_type: BarType) -> None:
        super().__init__()
        self.instrument, self.bar_type = instrument, bar_type
        self.sides = {sign: Side(sign) for sign in (LONG, SHORT)}
        self.places: dict[Any, tuple[Side, int]] = {}
        """Side and level of each order that may still be filled."""
        self.fills = 0

    def on_start(self) -> None:
        """Ask for the candles."""
        self.subscribe_bars(self.bar_type)

    def on_bar(self, _bar: Any) -> None:
        """Open both sides with the first candle."""
        if not self.places:
            for side in self.sides.values():
                self._open(side)

    def on_order_filled(self, event: Any) -> None:
        """Take in a fill, which is whole, and let stand what should."""
        side, level = self.places.pop(event.client_order_id)
        self.fills += 1
        if level == TAKE_PROFIT:
            for order in side.orders.values():
                if order.is_open and order.client_order_id != event.client_order_id:
                    self.cancel_order(order)
            side.ladder.clear()
            self._open(side)
            return
        side.ladder.fill(float(event.last_px) / TICK, is_maker=side.at_once == 0)
        side.orders.pop(level, None)  # it may have been withdrawn in the very tick that filled it
        side.at_once = max(0, side.at_once - 1)
        if not side.at_once:
            self._stand()

    def _open(self, side: Side) -> None:
        """Open as many levels as the rules say, each with a market order."""
        side.cycle += 1
        side.orders = {}
        side.at_once = opening(self.sides[-side.sign].ladder.executed)
        for level in range(side.at_once):
            quantity = Quantity.from_int(MULTIPLIER**level)
            order = self.order_factory.market(self.instrument.id, side.entry, quantity)
            self._send(side, level, order)

    def _stand(self) -> None:
        long, short = self.sides.values()
        depth = depth_of(
            max(long.ladder.executed, long.at_once),
            max(short.ladder.executed, short.at_once),
        )
        for side in (long, short):
            if side.at_once:
                continue
            side.ladder.extend(depth)
            for level in [level for level in side.orders if level >= len(side.ladder.prices)]:
                self.cancel_order(side.orders.pop(level))
            for level in range(side.ladder.executed, len(side.ladder.prices)):
                if level not in side.orders:
                    self._rest(side, level, side.entry, MULTIPLIER**level, side.ladder.prices[level])
            self._take_profit(side)

    def _take_profit(self, side: Side) -> None:
        ticks, order = side.ladder.take_profit(), side.orders.get(TAKE_PROFIT)
        if order is None:
            self._rest(side, TAKE_PROFIT, side.exit, side.ladder.size, ticks)
        elif int(order.quantity) != side.ladder.size:
            self.modify_order(order, Quantity.from_int(side.ladder.size), Price(ticks * TICK, 5))

    def _rest(self, side: Side, level: int, way: OrderSide, quantity: int, ticks: float) -> None:
        is_closing = level == TAKE_PROFIT
        size, price = Quantity.from_int(quantity), Price(ticks * TICK, 5)
        order = self.order_factory.limit(self.instrument.id, way, size, price, reduce_only=is_closing)
        self._send(side, level, order)

    def _send(self, side: Side, level: int, order: Any) -> None:
        side.orders[level] = order
        self.places[order.client_order_id] = (side, level)
        self.submit_order(order, position_id=side.position)


def contract() -> CryptoPerpetual:
    """Return the contract."""
    return CryptoPerpetual(
        instrument_id=InstrumentId(Symbol(SYMBOL), VENUE),
        raw_symbol=Symbol(SYMBOL),
        base_currency=Currency.from_str("DOGE"),
        quote_currency=USDT,
        settlement_currency=USDT,
        is_inverse=False,
        price_precision=5,
        size_precision=0,
        price_increment=Price.from_str("0.00001"),
        size_increment=Quantity.from_int(1),
        margin_init=Decimal(1) / LEVERAGE,
        margin_maint=Decimal("0.005"),
        maker_fee=Decimal(str(MAKER_FEE)),
        taker_fee=Decimal(str(TAKER_FEE)),
        ts_event=0,
        ts_init=0,
    )


def prepare(candles: Candles) -> Callable[[], int]:
    """Return a run over the candles."""
    instrument = contract()
    bar_type = BarType.from_str(f"{instrument.id}-1-MINUTE-LAST-EXTERNAL")
    index = pd.to_datetime(candles.times_ms + 60_000, unit="ms", utc=True)
    frame = pd.DataFrame({**candles.prices(), "volume": 1e9}, index=index)
    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True), run_analysis=False))
    engine.add_venue(
        venue=VENUE,
        oms_type=OmsType.HEDGING,
        account_type=AccountType.MARGIN,
        base_currency=USDT,
        starting_balances=[Money(MONEY, USDT)],
        default_leverage=Decimal(LEVERAGE),
        bar_adaptive_high_low_ordering=True,
    )
    engine.add_instrument(instrument)
    engine.add_data(BarDataWrangler(bar_type, instrument).process(frame))
    strategy = Grid(instrument, bar_type)
    engine.add_strategy(strategy)

    def run() -> int:
        engine.run()
        return strategy.fills

    return run


if __name__ == "__main__":
    answer("nautilus_trader", prepare)
