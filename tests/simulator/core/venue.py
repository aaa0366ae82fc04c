"""A small exchange to test against: two contracts, accounts in hedge mode, and short words for commands."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from gridtrader.simulator.core.exchange import Exchange
from gridtrader.simulator.core.model import (
    Event,
    Instrument,
    Options,
    Order,
    OrderRequest,
    PositionView,
    Quote,
    Reject,
    RiskTier,
    WalletView,
    World,
)

D = Decimal
BTC = "BTCUSDT"
COIN = "COINUSDT"
UID = 104183676
LONG, SHORT = 1, 2


def tier(number: int, limit: str, mmr: str, leverage: str, deduction: str = "0") -> RiskTier:
    return RiskTier(number, D(limit), D(mmr), D(mmr) * 2, D(leverage), D(deduction))


def instrument(symbol: str = COIN, **changes: Any) -> Instrument:
    """A contract around 100 USDT, tick 0.01, step 0.1, in three tiers."""
    fields: dict[str, Any] = {
        "symbol": symbol,
        "symbol_id": 7,
        "base_coin": symbol.removesuffix("USDT"),
        "status": "Trading",
        "launch_time": 0,
        "delivery_time": 0,
        "tick_size": D("0.01"),
        "min_price": D("0.01"),
        "max_price": D("100000"),
        "qty_step": D("0.1"),
        "min_qty": D("0.1"),
        "max_qty": D("10000"),
        "max_market_qty": D("5000"),
        "min_notional": D("5"),
        "max_leverage": D("50"),
        "funding_interval_min": 480,
        "upper_funding_rate": D("0.005"),
        "lower_funding_rate": D("-0.005"),
        "price_limit_x": D("0.01"),
        "price_limit_y": D("0.02"),
        "tiers": (
            tier(11, "200000", "0.01", "50"),
            tier(12, "400000", "0.015", "25", "1000"),
            tier(13, "600000", "0.02", "20", "3000"),
        ),
        "reference_price": D("100"),
    }
    return Instrument(**{**fields, **changes})


def bitcoin() -> Instrument:
    """The contract of Bybit's worked examples."""
    return instrument(
        BTC,
        tick_size=D("0.10"),
        min_price=D("0.10"),
        max_price=D("1999999.80"),
        qty_step=D("0.001"),
        min_qty=D("0.001"),
        max_qty=D("1190"),
        max_market_qty=D("500"),
        max_leverage=D("100"),
        tiers=(tier(1, "2000000", "0.005", "100"), tier(2, "2600000", "0.0056", "90", "1200")),
    )


class Venue:
    """An exchange with account `UID` in hedge mode and the market of `COIN` at 99.99 / 100.00."""

    def __init__(
        self, usdt: str = "10000", seed: int = 0, contract: Instrument | None = None, **options: Any
    ) -> None:
        coin = contract or instrument()
        self.exchange = Exchange({COIN: coin, BTC: bitcoin()}, Options(**options), seed)
        self.now = 1_790_000_000_000
        self.account(UID, usdt)
        self.quote("99.99", "100.00")
        self.events()

    def account(self, uid: int, usdt: str = "10000") -> None:
        self.exchange.open_account(uid, World.DEMO, D(usdt), self.now)
        self.exchange.switch_mode(uid, None, "USDT", 3, self.now)

    def quote(
        self,
        bid: str,
        ask: str,
        *,
        mark: str = "",
        index: str = "",
        last: str = "",
        size: str = "",
        symbol: str = COIN,
    ) -> None:
        """Move the market a millisecond later; what is not given is the bid."""
        self.now += 1
        depth = D(size) if size else None
        quote = Quote(D(last or bid), D(bid), D(ask), D(mark or bid), D(index or mark or bid), depth, depth)
        self.exchange.set_quote(symbol, quote, self.now)

    def order(
        self,
        side: str,
        qty: str,
        price: str = "",
        idx: int = LONG,
        *,
        uid: int = UID,
        symbol: str = COIN,
        **fields: Any,
    ) -> Order:
        """Send a limit order, or a market order if no price is given."""
        self.now += 1
        kind = "Limit" if price else "Market"
        limit = D(price) if price else None
        request = OrderRequest(symbol, side, kind, D(qty), limit, idx, **fields)
        return self.exchange.create_order(uid, request, self.now)

    def amend(self, order: Order, *, qty: str = "", price: str = "", trigger: str = "") -> Order:
        self.now += 1
        return self.exchange.amend_order(
            order.uid,
            order.symbol,
            self.now,
            order_id=order.order_id,
            qty=D(qty) if qty else None,
            price=D(price) if price else None,
            trigger_price=D(trigger) if trigger else None,
        )

    def cancel(self, order: Order) -> Order:
        self.now += 1
        return self.exchange.cancel_order(order.uid, order.symbol, self.now, order_id=order.order_id)

    def now_of(self, order: Order) -> Order:
        """Return the latest version of an order."""
        latest = self.exchange.find_order(order.uid, order_id=order.order_id)
        assert latest is not None
        return latest

    def leg(self, idx: int = LONG, uid: int = UID, symbol: str = COIN) -> PositionView:
        return next(leg for leg in self.exchange.positions(uid, symbol) if leg.position_idx == idx)

    def wallet(self, uid: int = UID) -> WalletView:
        return self.exchange.wallet(uid)

    def events(self) -> list[Event]:
        return self.exchange.drain()


def refusal(call: Callable[[], object]) -> tuple[int, str]:
    """Return code and text of the refusal that `call` runs into."""
    with pytest.raises(Reject) as caught:
        call()
    return caught.value.code, caught.value.text


def refusal_code(call: Callable[[], object]) -> int:
    return refusal(call)[0]
