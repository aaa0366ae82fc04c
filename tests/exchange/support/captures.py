"""Messages as Bybit V5 sends them: one of each kind, every field present. Texts, so that nobody can change them."""

import json
from typing import Any, Final

LATEST: Final = 1_750_000_100_000
"""A time a little after everything the messages tell of."""


def fresh(text: str) -> Any:
    """Return a message of one's own, to be bent at will."""
    return json.loads(text)


ORDER_PUSH: Final = (
    '{"topic":"order","id":"104183676_BTCUSDT_140710117124","creationTime":1750000000004,'
    '"data":[{"category":"linear","symbol":"BTCUSDT","orderId":"1f6c3f0e-8d0c-4f6b-9c59-0a1f6ce0a5b7",'
    '"orderLinkId":"g1-000123","blockTradeId":"","side":"Buy","positionIdx":1,"orderStatus":"New",'
    '"cancelType":"UNKNOWN","rejectReason":"EC_NoError","timeInForce":"GTC","isLeverage":"","price":"64000",'
    '"qty":"0.01","avgPrice":"","leavesQty":"0.01","leavesValue":"640","cumExecQty":"0","cumExecValue":"0",'
    '"cumExecFee":"0","orderType":"Limit","stopOrderType":"","orderIv":"","triggerPrice":"","takeProfit":"",'
    '"stopLoss":"","triggerBy":"","tpTriggerBy":"","slTriggerBy":"","triggerDirection":0,"placeType":"",'
    '"lastPriceOnCreated":"65100","closeOnTrigger":false,"reduceOnly":false,"smpGroup":0,"smpType":"None",'
    '"smpOrderId":"","slLimitPrice":"0","tpLimitPrice":"0","tpslMode":"UNKNOWN","createType":"CreateByUser",'
    '"marketUnit":"","createdTime":"1750000000000","updatedTime":"1750000000003","feeCurrency":"","closedPnl":"0",'
    '"slippageTolerance":"0","slippageToleranceType":"UNKNOWN","cumFeeDetail":{},"parentOrderLinkId":""}]}'
)

EXECUTION_PUSH: Final = (
    '{"topic":"execution","id":"104183676_BTCUSDT_140710117001","creationTime":1749990000004,'
    '"data":[{"category":"linear","symbol":"BTCUSDT","closedSize":"0","execFee":"0.13",'
    '"execId":"e0cbe81d-0f18-5866-9415-cf319b5dab3b","execPrice":"65000","execQty":"0.01","execType":"Trade",'
    '"execValue":"650","feeRate":"0.0002","tradeIv":"","markIv":"","blockTradeId":"","markPrice":"65001.2",'
    '"indexPrice":"","underlyingPrice":"","leavesQty":"0","orderId":"0c1f\u2026","orderLinkId":"g1-000122",'
    '"orderPrice":"65000","orderQty":"0.01","orderType":"Limit","stopOrderType":"UNKNOWN","side":"Buy",'
    '"execTime":"1749990000000","isLeverage":"0","isMaker":true,"seq":140710117001,"marketUnit":"","execPnl":"0",'
    '"createType":"CreateByUser","extraFees":"","feeCurrency":"USDT"}]}'
)

POSITION_PUSH: Final = (
    '{"id":"104183676_position_1750000000006","topic":"position","creationTime":1750000000006,'
    '"data":[{"positionIdx":1,"tradeMode":0,"riskId":1,"riskLimitValue":"2000000","symbol":"BTCUSDT","side":"Buy",'
    '"size":"0.01","entryPrice":"65000","sessionAvgPrice":"","leverage":"10","positionValue":"650",'
    '"positionBalance":"0","markPrice":"65100","positionIM":"65.42175","positionMM":"3.57675",'
    '"positionIMByMp":"65.42175","positionMMByMp":"3.57675","takeProfit":"0","stopLoss":"0","trailingStop":"0",'
    '"unrealisedPnl":"1","cumRealisedPnl":"-0.13","curRealisedPnl":"-0.13","createdTime":"1749990000000",'
    '"updatedTime":"1750000000003","tpslMode":"Full","liqPrice":"","bustPrice":"","category":"linear",'
    '"positionStatus":"Normal","adlRankIndicator":2,"autoAddMargin":0,"leverageSysUpdatedTime":"",'
    '"mmrSysUpdatedTime":"","seq":140710117124,"breakEvenPrice":"65048.77682725","isReduceOnly":false,'
    '"openTime":1749990000000},{"positionIdx":2,"tradeMode":0,"riskId":1,"riskLimitValue":"2000000",'
    '"symbol":"BTCUSDT","side":"","size":"0","entryPrice":"0","sessionAvgPrice":"","leverage":"10",'
    '"positionValue":"0","positionBalance":"0","markPrice":"65100","positionIM":"","positionMM":"",'
    '"positionIMByMp":"","positionMMByMp":"","takeProfit":"0","stopLoss":"0","trailingStop":"0",'
    '"unrealisedPnl":"0","cumRealisedPnl":"0","curRealisedPnl":"0","createdTime":"1749990000000",'
    '"updatedTime":"1750000000003","tpslMode":"Full","liqPrice":"0","bustPrice":"","category":"linear",'
    '"positionStatus":"Normal","adlRankIndicator":0,"autoAddMargin":0,"leverageSysUpdatedTime":"",'
    '"mmrSysUpdatedTime":"","seq":140710117124,"breakEvenPrice":"0","isReduceOnly":false,"openTime":0}]}'
)

WALLET_PUSH: Final = (
    '{"id":"104183676_wallet_1750000000007","topic":"wallet","creationTime":1750000000007,'
    '"data":[{"accountIMRate":"0.013","accountMMRate":"0.0007","accountIMRateByMp":"0.013",'
    '"accountMMRateByMp":"0.0007","totalEquity":"10000.87","totalWalletBalance":"9999.87",'
    '"totalMarginBalance":"10000.87","totalAvailableBalance":"9870.77945","totalPerpUPL":"1",'
    '"totalInitialMargin":"130.09055","totalMaintenanceMargin":"7.44555","totalInitialMarginByMp":"130.09055",'
    '"totalMaintenanceMarginByMp":"7.44555","coin":[{"coin":"USDT","equity":"10000.87","usdValue":"10000.87",'
    '"walletBalance":"9999.87","availableToWithdraw":"","availableToBorrow":"","borrowAmount":"0",'
    '"accruedInterest":"0","totalOrderIM":"64.6688","totalPositionIM":"65.42175","totalPositionMM":"3.57675",'
    '"unrealisedPnl":"1","cumRealisedPnl":"-0.13","bonus":"0","collateralSwitch":true,"marginCollateral":true,'
    '"locked":"0","spotHedgingQty":"0","spotBorrow":"0"}],"accountLTV":"0","accountType":"UNIFIED"}]}'
)

TICKER_SNAPSHOT: Final = (
    '{"topic":"tickers.BTCUSDT","type":"snapshot","data":{"symbol":"BTCUSDT","tickDirection":"PlusTick",'
    '"price24hPcnt":"0.013861","lastPrice":"65100.00","prevPrice24h":"64210.00","highPrice24h":"65900.00",'
    '"lowPrice24h":"63880.00","prevPrice1h":"65020.10","markPrice":"65100.00","indexPrice":"65103.11",'
    '"openInterest":"52210.114","openInterestValue":"3398878421.40","singleOpenInterest":"26105.057",'
    '"singleOpenInterestValue":"1699439210.70","turnover24h":"4936790807.6521","volume24h":"73191.3870",'
    '"fundingIntervalHour":"8","fundingCap":"0.005","nextFundingTime":"1750006400000","fundingRate":"0.0001",'
    '"bid1Price":"65099.90","bid1Size":"12.044","ask1Price":"65100.00","ask1Size":"8.120","preOpenPrice":"",'
    '"preQty":"","curPreListingPhase":""},"cs":24987956059,"ts":1750000000100}'
)

TICKER_DELTA: Final = (
    '{"topic":"tickers.BTCUSDT","type":"delta","data":{"symbol":"BTCUSDT","tickDirection":"MinusTick",'
    '"lastPrice":"65099.90","bid1Size":"11.840","markPrice":"65099.60"},"cs":24987956102,"ts":1750000000200}'
)

INSTRUMENTS_REPLY: Final = (
    '{"retCode":0,"retMsg":"OK","result":{"category":"linear","list":[{"symbolId":5,"symbol":"BTCUSDT",'
    '"contractType":"LinearPerpetual","status":"Trading","baseCoin":"BTC","quoteCoin":"USDT",'
    '"launchTime":"1585526400000","deliveryTime":"0","deliveryFeeRate":"","priceScale":"2",'
    '"leverageFilter":{"minLeverage":"1","maxLeverage":"100.00","leverageStep":"0.01"},'
    '"priceFilter":{"minPrice":"0.10","maxPrice":"1999999.80","tickSize":"0.10"},'
    '"lotSizeFilter":{"maxOrderQty":"1190.000","minOrderQty":"0.001","qtyStep":"0.001",'
    '"postOnlyMaxOrderQty":"1190.000","maxMktOrderQty":"500.000","minNotionalValue":"5"},"unifiedMarginTrade":true,'
    '"fundingInterval":480,"settleCoin":"USDT","copyTrading":"both","upperFundingRate":"0.00375",'
    '"lowerFundingRate":"-0.00375","isPreListing":false,"preListingInfo":null,'
    '"riskParameters":{"priceLimitRatioX":"0.01","priceLimitRatioY":"0.02"},"symbolType":"","displayName":"",'
    '"forbidUplWithdrawal":false,"skipCallAuction":false}],"nextPageCursor":""},"retExtInfo":{},'
    '"time":1750000000000}'
)

TICKER_ROW: Final = (
    '{"symbol":"BTCUSDT","lastPrice":"65100.00","indexPrice":"65103.11","markPrice":"65100.00",'
    '"prevPrice24h":"64210.00","price24hPcnt":"0.013861","highPrice24h":"65900.00","lowPrice24h":"63880.00",'
    '"prevPrice1h":"65020.10","openInterest":"52210.114","openInterestValue":"3398878421.40",'
    '"singleOpenInterest":"26105.057","singleOpenInterestValue":"1699439210.70","turnover24h":"4936790807.6521",'
    '"volume24h":"73191.3870","fundingRate":"0.0001","nextFundingTime":"1750006400000","predictedDeliveryPrice":"",'
    '"basisRate":"","basis":"","deliveryFeeRate":"","deliveryTime":"0","ask1Size":"8.120","bid1Price":"65099.90",'
    '"ask1Price":"65100.00","bid1Size":"12.044","preOpenPrice":"","preQty":"","curPreListingPhase":"",'
    '"fundingIntervalHour":"8","basisRateYear":"","fundingCap":"0.005"}'
)

WALLET_REPLY: Final = (
    '{"retCode":0,"retMsg":"OK","result":{"list":[{"totalEquity":"10000.87","accountIMRate":"0.013",'
    '"accountIMRateByMp":"0.013","totalMarginBalance":"10000.87","totalInitialMargin":"130.09055",'
    '"totalInitialMarginByMp":"130.09055","accountType":"UNIFIED","totalAvailableBalance":"9870.77945",'
    '"accountMMRate":"0.0007","accountMMRateByMp":"0.0007","totalPerpUPL":"1","totalWalletBalance":"9999.87",'
    '"accountLTV":"0","totalMaintenanceMargin":"7.44555","totalMaintenanceMarginByMp":"7.44555",'
    '"coin":[{"availableToBorrow":"","bonus":"0","accruedInterest":"0","availableToWithdraw":"",'
    '"totalOrderIM":"64.6688","equity":"10000.87","totalPositionMM":"3.57675","usdValue":"10000.87",'
    '"spotHedgingQty":"0","unrealisedPnl":"1","collateralSwitch":true,"borrowAmount":"0.0",'
    '"totalPositionIM":"65.42175","walletBalance":"9999.87","cumRealisedPnl":"-0.13","locked":"0",'
    '"marginCollateral":true,"coin":"USDT","spotBorrow":"0"}]}]},"retExtInfo":{},"time":1750000000000}'
)

POSITIONS_REPLY: Final = (
    '{"retCode":0,"retMsg":"OK","result":{"list":[{"positionIdx":1,"riskId":1,"riskLimitValue":"2000000",'
    '"symbol":"BTCUSDT","side":"Buy","size":"0.010","avgPrice":"65000","positionValue":"650","tradeMode":0,'
    '"positionStatus":"Normal","autoAddMargin":0,"adlRankIndicator":2,"leverage":"10",'
    '"breakEvenPrice":"65048.77682725","positionBalance":"0","markPrice":"65100.00","liqPrice":"","bustPrice":"",'
    '"positionMM":"3.57675","positionMMByMp":"3.57675","positionIM":"65.42175","positionIMByMp":"65.42175",'
    '"tpslMode":"Full","takeProfit":"","stopLoss":"","trailingStop":"0","unrealisedPnl":"1",'
    '"curRealisedPnl":"-0.13","cumRealisedPnl":"-0.13","seq":140710117124,"isReduceOnly":false,'
    '"mmrSysUpdatedTime":"","leverageSysUpdatedTime":"","sessionAvgPrice":"","createdTime":"1749990000000",'
    '"updatedTime":"1750000000000","openTime":1749990000000,"delta":"","gamma":"","vega":"","theta":""},'
    '{"positionIdx":2,"riskId":1,"riskLimitValue":"2000000","symbol":"BTCUSDT","side":"","size":"0","avgPrice":"0",'
    '"positionValue":"","tradeMode":0,"positionStatus":"Normal","autoAddMargin":0,"adlRankIndicator":0,'
    '"leverage":"10","breakEvenPrice":"","positionBalance":"0","markPrice":"65100.00","liqPrice":"","bustPrice":"",'
    '"positionMM":"","positionMMByMp":"","positionIM":"","positionIMByMp":"","tpslMode":"Full","takeProfit":"",'
    '"stopLoss":"","trailingStop":"0","unrealisedPnl":"","curRealisedPnl":"0","cumRealisedPnl":"0","seq":-1,'
    '"isReduceOnly":false,"mmrSysUpdatedTime":"","leverageSysUpdatedTime":"","sessionAvgPrice":"",'
    '"createdTime":"1749990000000","updatedTime":"1750000000000","openTime":0,"delta":"","gamma":"","vega":"",'
    '"theta":""}],"nextPageCursor":"","category":"linear"},"retExtInfo":{},"time":1750000000000}'
)

ORDER_ROW: Final = (
    '{"orderId":"1f6c3f0e-8d0c-4f6b-9c59-0a1f6ce0a5b7","orderLinkId":"g1-000123","blockTradeId":"",'
    '"symbol":"BTCUSDT","price":"64000.00","qty":"0.010","side":"Buy","isLeverage":"","positionIdx":1,'
    '"orderStatus":"New","cancelType":"UNKNOWN","rejectReason":"EC_NoError","avgPrice":"","leavesQty":"0.010",'
    '"leavesValue":"640","cumExecQty":"0.000","cumExecValue":"0","cumExecFee":"0","timeInForce":"GTC",'
    '"orderType":"Limit","stopOrderType":"","orderIv":"","triggerPrice":"","takeProfit":"","stopLoss":"",'
    '"tpTriggerBy":"","slTriggerBy":"","triggerDirection":0,"triggerBy":"","lastPriceOnCreated":"65100.00",'
    '"reduceOnly":false,"closeOnTrigger":false,"smpType":"None","smpGroup":0,"smpOrderId":"","tpslMode":"",'
    '"tpLimitPrice":"0","slLimitPrice":"0","placeType":"","createType":"CreateByUser","marketUnit":"",'
    '"slippageToleranceType":"UNKNOWN","slippageTolerance":"0","cumFeeDetail":{},"extraFees":"",'
    '"rpiTakerAccess":false,"rpiMatchedQty":"0","parentOrderLinkId":"","createdTime":"1750000000000",'
    '"updatedTime":"1750000000003"}'
)

BATCH_REPLY: Final = (
    '{"retCode":0,"retMsg":"OK","result":{"list":[{"category":"linear","symbol":"BTCUSDT",'
    '"orderId":"1f6c3f0e-8d0c-4f6b-9c59-0a1f6ce0a5b7","orderLinkId":"g1-1","createAt":"1750000000001"},'
    '{"category":"linear","symbol":"BTCUSDT","orderId":"","orderLinkId":"g1-2","createAt":""}]},'
    '"retExtInfo":{"list":[{"code":0,"msg":"OK"},{"code":110007,"msg":"ab not enough for new order"}]},'
    '"time":1750000000002}'
)

EXECUTION_ROW: Final = (
    '{"symbol":"BTCUSDT","orderType":"Limit","underlyingPrice":"","orderLinkId":"g1-000122","side":"Buy",'
    '"indexPrice":"","orderId":"0c1f\u2026","stopOrderType":"UNKNOWN","leavesQty":"0","execTime":"1749990000000",'
    '"feeCurrency":"","isMaker":true,"execFee":"0.13","feeRate":"0.0002",'
    '"execId":"e0cbe81d-0f18-5866-9415-cf319b5dab3b","tradeIv":"","blockTradeId":"","markPrice":"65001.20",'
    '"execPrice":"65000","markIv":"","orderQty":"0.010","orderPrice":"65000","execValue":"650","execType":"Trade",'
    '"execQty":"0.010","closedSize":"0","createType":"CreateByUser","marketUnit":"","extraFees":"",'
    '"seq":140710117001}'
)
