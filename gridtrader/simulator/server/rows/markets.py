"""Contracts, tickers, candles and trades as the market endpoints and public topics show them (Bybit V5 docs)."""

from decimal import ROUND_HALF_EVEN, Decimal

from gridtrader.simulator.core.model import ZERO, Instrument, Quote, RiskTier
from gridtrader.simulator.market.api import DayStats, Kline
from gridtrader.simulator.server.text import EMPTY, amount, at_step, decimals, plain

Row = dict[str, object]

PRE_LAUNCH = "PreLaunch"
_RATIO = Decimal("0.000001")
_AMOUNT = Decimal("0.0001")
_LEVERAGE = Decimal("0.01")
OPEN_INTEREST_ORDERS = 50
"""Open interest is not emulated: it stands at this many orders of the largest size."""


def instrument(contract: Instrument) -> Row:
    """Return the row of `instruments-info`."""
    tick, step = contract.tick_size, contract.qty_step
    return {
        "symbol": contract.symbol,
        "symbolId": contract.symbol_id,
        "contractType": "LinearPerpetual",
        "status": contract.status,
        "baseCoin": contract.base_coin,
        "quoteCoin": "USDT",
        "launchTime": str(contract.launch_time),
        "deliveryTime": str(contract.delivery_time),
        "deliveryFeeRate": EMPTY,
        "priceScale": str(decimals(tick)),
        "leverageFilter": {
            "minLeverage": "1",
            "maxLeverage": at_step(contract.max_leverage, _LEVERAGE),
            "leverageStep": "0.01",
        },
        "priceFilter": {
            "minPrice": at_step(contract.min_price, tick),
            "maxPrice": at_step(contract.max_price, tick),
            "tickSize": format(tick, "f"),
        },
        "lotSizeFilter": {
            "maxOrderQty": at_step(contract.max_qty, step),
            "minOrderQty": at_step(contract.min_qty, step),
            "qtyStep": format(step, "f"),
            "postOnlyMaxOrderQty": at_step(contract.max_qty, step),
            "maxMktOrderQty": at_step(contract.max_market_qty, step),
            "minNotionalValue": plain(contract.min_notional),
        },
        "unifiedMarginTrade": True,
        "fundingInterval": contract.funding_interval_min,
        "settleCoin": "USDT",
        "copyTrading": "both",
        "upperFundingRate": plain(contract.upper_funding_rate),
        "lowerFundingRate": plain(contract.lower_funding_rate),
        "isPreListing": contract.status == PRE_LAUNCH,
        "preListingInfo": None,
        "riskParameters": {
            "priceLimitRatioX": plain(contract.price_limit_x),
            "priceLimitRatioY": plain(contract.price_limit_y),
        },
        "symbolType": EMPTY,
        "displayName": EMPTY,
        "forbidUplWithdrawal": False,
        "skipCallAuction": False,
    }


def risk_tier(contract: Instrument, tier: RiskTier) -> Row:
    """Return the row of `risk-limit`; rates are fractions."""
    is_lowest = tier is contract.tiers[0]
    return {
        "id": tier.id,
        "symbol": contract.symbol,
        "riskLimitValue": plain(tier.limit),
        "maintenanceMargin": plain(tier.maintenance_rate),
        "initialMargin": plain(tier.initial_rate),
        "isLowestRisk": int(is_lowest),
        "maxLeverage": at_step(tier.max_leverage, _LEVERAGE),
        "mmDeduction": EMPTY if is_lowest else plain(tier.deduction),
    }


def ticker_fields(
    contract: Instrument, quote: Quote, day: DayStats, funding: tuple[int, Decimal], touch: tuple[Decimal, Decimal]
) -> dict[str, str]:
    """Return what REST and stream tickers share; `funding` is (API time, rate), `touch` (bid size, ask size)."""
    tick, step = contract.tick_size, contract.qty_step
    open_interest = contract.max_qty * OPEN_INTEREST_ORDERS
    return {
        "symbol": contract.symbol,
        "lastPrice": at_step(quote.last, tick),
        "indexPrice": at_step(quote.index, tick),
        "markPrice": at_step(quote.mark, tick),
        "prevPrice24h": at_step(day.prev_price_24h, tick),
        "price24hPcnt": _change(day.prev_price_24h, quote.last),
        "highPrice24h": at_step(day.high_24h, tick),
        "lowPrice24h": at_step(day.low_24h, tick),
        "prevPrice1h": at_step(day.prev_price_1h, tick),
        "openInterest": at_step(open_interest, step),
        "openInterestValue": amount(open_interest * quote.mark),
        "singleOpenInterest": at_step(open_interest / 2, step),
        "singleOpenInterestValue": amount(open_interest * quote.mark / 2),
        "turnover24h": at_step(day.turnover_24h, _AMOUNT),
        "volume24h": at_step(day.volume_24h, _AMOUNT),
        "fundingRate": plain(funding[1]),
        "nextFundingTime": str(funding[0]),
        "ask1Size": at_step(touch[1], step),
        "bid1Price": at_step(quote.bid, tick),
        "ask1Price": at_step(quote.ask, tick),
        "bid1Size": at_step(touch[0], step),
        "preOpenPrice": EMPTY,
        "preQty": EMPTY,
        "curPreListingPhase": EMPTY,
        "fundingIntervalHour": str(contract.funding_interval_min // 60),
        "fundingCap": plain(contract.upper_funding_rate),
    }


REST_TICKER_ONLY = {
    "predictedDeliveryPrice": EMPTY,
    "basisRate": EMPTY,
    "basis": EMPTY,
    "deliveryFeeRate": EMPTY,
    "deliveryTime": "0",
    "basisRateYear": EMPTY,
}


def _change(before: Decimal, now: Decimal) -> str:
    ratio = (now - before) / before if before else ZERO
    return plain(ratio.quantize(_RATIO, ROUND_HALF_EVEN))


def candle(row: Kline) -> list[str]:
    """Return the row of `market/kline`."""
    return [*mark_candle(row), plain(row.volume), plain(row.turnover)]


def mark_candle(row: Kline) -> list[str]:
    """Return the row of `market/mark-price-kline`."""
    return [str(row.start), plain(row.open), plain(row.high), plain(row.low), plain(row.close)]
