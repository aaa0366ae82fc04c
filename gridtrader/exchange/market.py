"""Contracts and prices as the public endpoints and the ticker stream tell them. Everything raises `BadMessage`."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

from gridtrader.domain.exact import ZERO
from gridtrader.domain.instrument import Instrument
from gridtrader.domain.types import FeeRates, Quote
from gridtrader.exchange.fields import BadMessage, Row
from gridtrader.exchange.messages import CATEGORY
from gridtrader.exchange.rows import SETTLE_COIN

_IS_TRADING: Final = {"PreLaunch": False, "Trading": True, "Delivering": False, "Closed": False}
_AT_REST: Final = ("Delivering", "PreLaunch", "Closed")
_HIGHEST_FEE: Final = Decimal("0.05")
_PRICES: Final = ("bid1Price", "ask1Price", "lastPrice")


def contract_questions(symbol: str) -> Iterator[dict[str, object]]:
    """Give the parameters of instruments-info to be tried one after the other until a contract is listed.

    What is not asked for by its status is listed while it trades only (Bybit V5 docs).
    """
    asked: dict[str, object] = {"category": CATEGORY, "symbol": symbol}
    yield asked
    yield from ({**asked, "status": status} for status in _AT_REST)


def instrument(data: object, place: str) -> Instrument:
    """Read a row of instruments-info; only USDT perpetuals are taken."""
    row = Row(data, place)
    symbol = row.word("symbol")
    row.place = f"{place} {symbol}"
    for key, wanted in (
        ("contractType", "LinearPerpetual"),
        ("quoteCoin", SETTLE_COIN),
        ("settleCoin", SETTLE_COIN),
    ):
        if row.text(key) != wanted:
            raise row.bad(key, repr(wanted))
    lot, price = row.row("lotSizeFilter"), row.row("priceFilter")
    return Instrument(
        symbol=symbol,
        tick_size=price.decimal("tickSize", above=ZERO),
        qty_step=lot.decimal("qtyStep", above=ZERO),
        min_qty=lot.decimal("minOrderQty", above=ZERO),
        max_qty=lot.decimal("maxOrderQty", above=ZERO),
        min_notional=lot.decimal("minNotionalValue", least=ZERO),
        min_price=price.decimal("minPrice", least=ZERO),
        max_price=price.decimal("maxPrice", above=ZERO),
        max_leverage=row.row("leverageFilter").decimal("maxLeverage", above=ZERO),
        funding_interval_min=row.whole("fundingInterval", least=1),
        is_trading=row.choice("status", _IS_TRADING),
    )


def fee_rates(data: object, place: str) -> FeeRates:
    """Read a row of fee-rate; rates are fractions, a maker's may be negative (rebate)."""
    row = Row(data, place)
    maker, taker = row.decimal("makerFeeRate", least=-_HIGHEST_FEE), row.decimal("takerFeeRate", least=-_HIGHEST_FEE)
    for key, rate in (("makerFeeRate", maker), ("takerFeeRate", taker)):
        if rate > _HIGHEST_FEE:
            raise row.bad(key, f"at most {_HIGHEST_FEE}, as a fraction")
    return FeeRates(maker=maker, taker=taker)


def quote(data: object, place: str, at_ms: int) -> Quote:
    """Read bid, ask and last price of a whole ticker row."""
    row = Row(data, place)
    bid, ask, last = (row.decimal(key, above=ZERO) for key in _PRICES)
    if bid > ask:
        raise BadMessage(place, "bid1Price", str(bid), f"at most ask1Price, {ask}")
    return Quote(bid=bid, ask=ask, last=last, at_ms=at_ms)


class TickerBook:
    """One symbol's ticker stream: the snapshot's prices and the deltas' changes to them.

    pybit keeps such a book too, but hands out the very dictionary it goes on changing, and fails on a delta that
    comes before the snapshot.
    """

    def __init__(self, symbol: str, refresh_ms: int) -> None:
        self._symbol = symbol
        self._refresh_ms = refresh_ms
        self._prices: dict[str, object] = {}
        self._told: Quote | None = None

    def update(self, message: Mapping[str, object], latest_ms: int) -> Quote | None:
        """Take one push in and return the market after it, or None where there is nothing new to tell.

        A push without prices says that they still stand; that is told every `refresh_ms`, so that a quiet market can
        be told from a dead one. A push dated later than `latest_ms` is not taken at all. Raises `BadMessage`; what
        the prices of the push said is kept even then: the next one builds on it.
        """
        push = Row(message, f"ticker {self._symbol}")
        kind = push.text("type")
        if kind not in ("snapshot", "delta"):
            raise push.bad("type", "'snapshot' or 'delta'")
        row = push.row("data")
        if row.text("symbol") != self._symbol:
            raise row.bad("symbol", repr(self._symbol))
        at_ms = push.moment("ts", latest_ms)
        news = {key: row.text(key) for key in _PRICES if row.has(key)}
        if kind == "snapshot":
            self._prices = dict(news)
        elif not self._prices:
            return None
        else:
            self._prices.update(news)
        if not news and self._told is not None and at_ms - self._told.at_ms < self._refresh_ms:
            return None
        self._told = None
        self._told = quote(self._prices, push.place, at_ms)
        return self._told
