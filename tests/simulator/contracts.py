"""One contract as saved answers of V5 describe it."""

from typing import Any

INFO: dict[str, Any] = {
    "symbol": "COINUSDT",
    "contractType": "LinearPerpetual",
    "status": "Trading",
    "baseCoin": "COIN",
    "quoteCoin": "USDT",
    "settleCoin": "USDT",
    "launchTime": "1585526400000",
    "deliveryTime": "0",
    "leverageFilter": {"minLeverage": "1", "maxLeverage": "50.00", "leverageStep": "0.01"},
    "priceFilter": {"minPrice": "0.01", "maxPrice": "199.98", "tickSize": "0.01"},
    "lotSizeFilter": {"maxOrderQty": "100", "minOrderQty": "0.1", "qtyStep": "0.1"},
    "fundingInterval": 480,
}
TIER: dict[str, Any] = {
    "id": 1,
    "symbol": "COINUSDT",
    "riskLimitValue": "200000",
    "maintenanceMargin": "0.01",
    "initialMargin": "0.02",
    "isLowestRisk": 1,
    "maxLeverage": "50.00",
    "mmDeduction": "",
}
