"""The demo world: the same market, other accounts, fewer endpoints."""

import time

import pytest
import websocket

from tests.simulator.server.wire import Stream, Wire
from tests.support.exchange import EmbeddedExchange


@pytest.fixture
def demo(exchange: EmbeddedExchange) -> Wire:
    client = Wire(exchange.urls.demo_rest, key="demo")
    client.hedge()
    return client


@pytest.mark.parametrize(
    "path",
    [
        "/v5/order/realtime?category=linear&symbol=BTCUSDT",
        "/v5/order/history?category=linear",
        "/v5/execution/list?category=linear",
        "/v5/position/list?category=linear&symbol=BTCUSDT",
        "/v5/position/closed-pnl?category=linear",
        "/v5/account/wallet-balance?accountType=UNIFIED",
        "/v5/account/info",
        "/v5/account/transaction-log",
        "/v5/market/tickers?category=linear&symbol=BTCUSDT",
        "/v5/user/query-api",
    ],
)
def test_what_demo_trading_offers_is_there(demo: Wire, path: str) -> None:
    path, _, query = path.partition("?")
    assert demo.get(path, query).code == 0


@pytest.mark.parametrize("path", ["/v5/asset/coin/query-info", "/v5/account/user-setting-config"])
def test_what_demo_trading_does_not_offer_is_10032(demo: Wire, path: str) -> None:
    reply = demo.get(path)
    assert (reply.status, reply.code) == (200, 10032)
    assert reply.json["retMsg"] == "Demo trading are not supported."


def test_demo_does_not_tell_its_fee_rates(demo: Wire, wire: Wire) -> None:
    refused = demo.get("/v5/account/fee-rate", "category=linear&symbol=BTCUSDT")
    assert (refused.code, refused.json["retMsg"]) == (10001, "")
    told = wire.get("/v5/account/fee-rate", "category=linear&symbol=BTCUSDT").result
    assert told["list"] == [{"symbol": "BTCUSDT", "takerFeeRate": "0.00055", "makerFeeRate": "0.0002"}]


def test_key_information_on_demo_is_a_switch() -> None:
    with EmbeddedExchange(["demo:secret:1:demo"], options=["key_info_on_demo=false"]) as exchange:
        assert Wire(exchange.urls.demo_rest, key="demo").get("/v5/user/query-api").code == 10032


def test_demo_money_is_given_and_taken_back_once_a_minute(demo: Wire, exchange: EmbeddedExchange) -> None:
    path = "/v5/account/demo-apply-money"
    ask = {"adjustType": 0, "utaDemoApplyMoney": [{"coin": "USDT", "amountStr": "5000"}]}
    assert demo.post(path, ask).code == 0
    assert demo.post(path, ask).code == 10006
    exchange.control("POST", "/limits")
    assert demo.post(path, ask | {"adjustType": 1}).code == 0
    exchange.control("POST", "/limits")
    too_much = {"utaDemoApplyMoney": [{"coin": "USDT", "amountStr": "100001"}]}
    assert demo.post(path, too_much).code == 10001
    exchange.control("POST", "/limits")
    assert demo.post(path, {}).code == 0, "without parameters: the usual bundle"
    assert exchange.books("demo")["wallet"]["wallet_balance"] == "60000"


def test_demo_money_is_for_demo_accounts(wire: Wire) -> None:
    assert wire.post("/v5/account/demo-apply-money", {}).code == 10001


def test_answers_can_be_late_by_chance() -> None:
    with EmbeddedExchange(options=["answer_delay_max_ms=40"]) as exchange:
        wire = Wire(exchange.urls.rest)
        start = time.monotonic()
        assert [wire.get("/v5/account/info").code for _ in range(20)] == [0] * 20
        assert time.monotonic() - start > 0.1


def test_one_market_serves_both_worlds(demo: Wire, wire: Wire, exchange: EmbeddedExchange) -> None:
    assert demo.order(price="64000").code == wire.order(price="64000").code == 0
    exchange.quote("BTCUSDT", "63000")
    assert [len(exchange.books(key)["executions"]) for key in ("key", "demo")] == [1, 1]


def test_there_is_no_public_stream_for_demo(exchange: EmbeddedExchange) -> None:
    url = exchange.urls.ws_public.replace("/v5/public", "/demo/v5/public")
    with pytest.raises(websocket.WebSocketBadStatusException) as refusal:
        Stream(url)
    assert refusal.value.status_code == 404


def test_a_private_stream_knows_the_keys_of_its_own_world_only(exchange: EmbeddedExchange) -> None:
    with Stream(exchange.urls.demo_ws_private) as stream:
        assert not stream.auth("key")["success"]
        assert stream.auth("demo")["success"]
    with Stream(exchange.urls.ws_private) as stream:
        assert not stream.auth("demo")["success"]
