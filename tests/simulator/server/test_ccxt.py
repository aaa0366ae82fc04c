"""ccxt, a second client written by other people, trades here too and sees the same numbers as pybit."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import ccxt as untyped_ccxt
import pybit.unified_trading
import pytest

from tests.support.exchange import EmbeddedExchange

ccxt: Any = untyped_ccxt
unified: Any = pybit.unified_trading
SYMBOL = "DOGE/USDT:USDT"
LINEAR = {"category": "linear", "symbol": "DOGEUSDT"}


@pytest.fixture
def client(exchange: EmbeddedExchange) -> Any:
    return _ccxt(exchange.urls.rest, "key")


def _ccxt(base: str, key: str) -> Any:
    return ccxt.bybit(
        {
            "apiKey": key,
            "secret": "secret",
            "enableRateLimit": False,
            "urls": {"api": {"public": base, "private": base}},
            "options": {"defaultType": "swap", "fetchMarkets": {"types": ["linear"]}},
        }
    )


@pytest.fixture
def http(exchange: EmbeddedExchange) -> Any:
    session = unified.HTTP(api_key="key", api_secret="secret", retry_codes={-1})
    session.endpoint = exchange.urls.rest
    return session


@pytest.fixture
def story(exchange: EmbeddedExchange, client: Any) -> Iterator[Any]:
    """Both legs opened, one averaged, funding settled, a part of LONG closed, two orders resting."""
    exchange.quote("DOGEUSDT", "0.2", ask="0.2")
    client.load_markets()
    client.set_position_mode(True, SYMBOL)
    client.set_leverage(20, SYMBOL)
    client.create_order(SYMBOL, "market", "buy", 500, None, {"hedged": True, "clientOrderId": "L0"})
    client.create_order(SYMBOL, "market", "sell", 500, None, {"hedged": True, "clientOrderId": "S0"})
    client.create_order(SYMBOL, "limit", "buy", 1000, 0.198, {"hedged": True, "clientOrderId": "L1"})
    exchange.quote("DOGEUSDT", "0.197")
    exchange.fund("DOGEUSDT", "0.0001")
    client.create_order(SYMBOL, "limit", "sell", 300, 0.199, {"positionIdx": 1, "reduceOnly": True})
    exchange.quote("DOGEUSDT", "0.1995", bid="0.1995")
    client.create_order(
        SYMBOL, "limit", "sell", 1200, 0.25, {"positionIdx": 1, "reduceOnly": True, "clientOrderId": "LT"}
    )
    client.create_order(SYMBOL, "limit", "buy", 700, 0.15, {"hedged": True, "clientOrderId": "L2"})
    yield client


def test_markets_are_what_the_exchange_says(exchange: EmbeddedExchange, client: Any) -> None:
    market = client.load_markets()[SYMBOL]
    assert (market["id"], market["linear"], market["swap"], market["active"]) == ("DOGEUSDT", True, True, True)
    known = exchange.thread.call(lambda server: server.venue.instruments["DOGEUSDT"])
    assert Decimal(str(market["precision"]["price"])) == known.tick_size
    assert Decimal(str(market["precision"]["amount"])) == known.qty_step
    assert Decimal(str(market["limits"]["amount"]["max"])) == known.max_qty
    tiers = client.fetch_market_leverage_tiers(SYMBOL)
    assert [Decimal(str(tier["maintenanceMarginRate"])) for tier in tiers] == [
        t.maintenance_rate for t in known.tiers
    ]
    assert client.fetch_ticker(SYMBOL)["last"] == 0.2
    assert client.fetch_ohlcv(SYMBOL, "1m")
    assert abs(client.fetch_time() - client.milliseconds()) < 60_000


def test_positions_agree_with_pybit(story: Any, http: Any) -> None:
    ours = {leg["positionIdx"]: leg for leg in http.get_positions(**LINEAR)["result"]["list"]}
    theirs = {leg["side"]: leg for leg in story.fetch_positions([SYMBOL]) if leg["contracts"]}
    assert set(theirs) == {"long", "short"}
    for side, index in (("long", 1), ("short", 2)):
        assert theirs[side]["contracts"] == float(ours[index]["size"])
        assert theirs[side]["entryPrice"] == float(ours[index]["avgPrice"])
        assert theirs[side]["unrealizedPnl"] == float(ours[index]["unrealisedPnl"])
        assert theirs[side]["hedged"] is True
    assert {leg["side"] for leg in story.fetch_positions()} == {"long", "short"}
    assert story.fetch_leverage(SYMBOL)["longLeverage"] == 20


def test_money_agrees_with_pybit(story: Any, http: Any) -> None:
    ours = http.get_wallet_balance(accountType="UNIFIED")["result"]["list"][0]
    theirs = story.fetch_balance()
    coin = ours["coin"][0]
    used = Decimal(coin["totalPositionIM"]) + Decimal(coin["totalOrderIM"])
    assert theirs["USDT"]["total"] == float(coin["walletBalance"])
    assert theirs["USDT"]["free"] == pytest.approx(float(Decimal(coin["walletBalance"]) - used))


def test_trades_and_funding_agree_with_pybit(story: Any, http: Any) -> None:
    rows = http.get_executions(**LINEAR)["result"]["list"]
    trades = {row["execId"]: row for row in rows if row["execType"] == "Trade"}
    theirs = story.fetch_my_trades(SYMBOL)
    assert {trade["id"] for trade in theirs} == set(trades)
    for trade in theirs:
        assert trade["amount"] == float(trades[trade["id"]]["execQty"])
        assert trade["fee"]["cost"] == float(trades[trade["id"]]["execFee"])
    paid = sorted(row["execFee"] for row in rows if row["execType"] == "Funding")
    assert sorted(str(entry["info"]["execFee"]) for entry in story.fetch_funding_history(SYMBOL)) == paid
    assert len(paid) == 2


def test_orders_agree_with_pybit(story: Any, http: Any) -> None:
    ours = {row["orderId"]: row for row in http.get_open_orders(**LINEAR)["result"]["list"]}
    theirs = {order["id"]: order for order in story.fetch_open_orders(SYMBOL)}
    assert set(ours) == set(theirs)
    assert {order["clientOrderId"]: order["reduceOnly"] for order in theirs.values()} == {"LT": True, "L2": False}
    (resting,) = [order for order in theirs.values() if order["clientOrderId"] == "L2"]
    story.edit_order(resting["id"], SYMBOL, "limit", "buy", 800, 0.151)
    assert story.fetch_order(resting["id"], SYMBOL, {"acknowledged": True})["amount"] == 800
    story.cancel_order(resting["id"], SYMBOL)
    assert [order["id"] for order in story.fetch_canceled_orders(SYMBOL)] == [resting["id"]]
    assert {order["status"] for order in story.fetch_closed_orders(SYMBOL)} == {"closed"}
    story.cancel_all_orders(SYMBOL)
    assert story.fetch_open_orders(SYMBOL) == []


def test_the_ledger_agrees_with_pybit(story: Any, http: Any) -> None:
    rows = http.get_transaction_log(accountType="UNIFIED", limit=50)["result"]["list"]
    theirs = story.fetch_ledger("USDT")
    assert sorted(entry["info"]["change"] for entry in theirs) == sorted(row["change"] for row in rows)
    assert sum(Decimal(row["change"]) for row in rows) == Decimal(rows[0]["cashBalance"])
    (closed,) = story.fetch_positions_history([SYMBOL])
    assert closed["realizedPnl"] == float(http.get_closed_pnl(**LINEAR)["result"]["list"][0]["closedPnl"])


def test_fees_and_modes_are_understood(story: Any) -> None:
    fee = story.fetch_trading_fee(SYMBOL)
    assert (fee["maker"], fee["taker"]) == (0.0002, 0.00055)
    story.set_margin_mode("cross", SYMBOL)
    with pytest.raises(ccxt.NoChange):
        story.set_position_mode(True, SYMBOL)
    with pytest.raises(ccxt.BadRequest):
        story.set_leverage(20, SYMBOL)


def test_batches_go_through(story: Any) -> None:
    orders = [
        {
            "symbol": SYMBOL,
            "type": "limit",
            "side": "buy",
            "amount": 100,
            "price": price,
            "params": {"positionIdx": 1},
        }
        for price in (0.16, 0.17)
    ]
    placed = story.create_orders(orders)
    assert len({order["id"] for order in placed}) == 2
    story.cancel_orders([order["id"] for order in placed], SYMBOL)
    assert {order["clientOrderId"] for order in story.fetch_open_orders(SYMBOL)} == {"LT", "L2"}


def test_refusals_become_ccxts_exceptions(story: Any, exchange: EmbeddedExchange) -> None:
    with pytest.raises(ccxt.InsufficientFunds):
        story.create_order(SYMBOL, "limit", "buy", 1_100_000, 0.19, {"hedged": True})
    with pytest.raises(ccxt.OrderNotFound):
        story.cancel_order("nothing", SYMBOL)
    with pytest.raises(ccxt.InvalidOrder):
        story.create_order(SYMBOL, "limit", "buy", 100, 0.19, {"hedged": True, "clientOrderId": "L0"})
    exchange.fault(point="rest", kind="code", code=10006)
    with pytest.raises(ccxt.RateLimitExceeded):
        story.fetch_balance()
    exchange.revoke("key", 33004)
    with pytest.raises(ccxt.AuthenticationError):
        story.fetch_balance()


def test_the_demo_world_serves_ccxt_as_well(exchange: EmbeddedExchange) -> None:
    client = _ccxt(exchange.urls.demo_rest, "demo")
    client.options["enableDemoTrading"] = True
    client.load_markets()
    assert client.fetch_balance()["USDT"]["total"] == 10_000
