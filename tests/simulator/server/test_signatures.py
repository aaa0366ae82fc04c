"""Who may ask: signatures over raw bytes, the time rule, keys and their rights."""

import json

import pytest

from tests.simulator.server.wire import Wire, now_ms
from tests.support.exchange import EmbeddedExchange

WALLET = "/v5/account/wallet-balance"
UNIFIED = "accountType=UNIFIED"


def test_a_get_is_signed_over_its_query_as_it_travels(exchange: EmbeddedExchange) -> None:
    wire = Wire(exchange.urls.rest)
    assert wire.get(WALLET, "coin=USDT,USDC&accountType=UNIFIED&unknown=%2C").code == 0


def test_a_post_is_signed_over_its_body_with_its_spaces(wire: Wire) -> None:
    spaced = json.dumps({"category": "linear", "symbol": "BTCUSDT", "buyLeverage": "20", "sellLeverage": "20"})
    compact = spaced.replace(" ", "").replace('"20"', '"25"')
    assert wire.post("/v5/position/set-leverage", spaced).code == 0
    assert wire.post("/v5/position/set-leverage", compact).code == 0


def test_a_wrong_secret_is_10004_and_tells_what_was_signed(exchange: EmbeddedExchange) -> None:
    reply = Wire(exchange.urls.rest, secret="other").get(WALLET, UNIFIED)
    assert reply.code == 10004
    assert reply.json["retMsg"].startswith("error sign! origin_string[")
    assert UNIFIED in reply.json["retMsg"]
    assert "secret" not in reply.json["retMsg"]


@pytest.mark.parametrize("header", ["X-BAPI-API-KEY", "X-BAPI-SIGN", "X-BAPI-TIMESTAMP"])
def test_a_missing_header_is_10001(exchange: EmbeddedExchange, header: str) -> None:
    reply = Wire(exchange.urls.rest, overrides={header: ""}).get(WALLET, UNIFIED)
    assert reply.status == 200
    assert reply.code == 10001
    assert reply.json["retMsg"].startswith("empty value: apiTimestamp[")


@pytest.mark.parametrize("timestamp", ["soon", "9" * 5000, "٣٣٣٣", "-1"])
def test_a_timestamp_that_is_no_number_is_refused_not_a_crash(exchange: EmbeddedExchange, timestamp: str) -> None:
    wire = Wire(exchange.urls.rest, overrides={"X-BAPI-TIMESTAMP": timestamp.encode().decode("latin-1")})
    assert wire.get(WALLET, UNIFIED).code in (10001, 10002)


def test_a_request_older_than_its_window_is_10002(exchange: EmbeddedExchange) -> None:
    wire = Wire(exchange.urls.rest, now=lambda: now_ms() - 5_500)
    reply = wire.get(WALLET, UNIFIED)
    assert reply.code == 10002
    assert "recv_window[5000]" in reply.json["retMsg"]
    wire.recv_window = "8000"
    assert wire.get(WALLET, UNIFIED).code == 0


def test_a_request_from_the_future_is_10002(exchange: EmbeddedExchange) -> None:
    assert Wire(exchange.urls.rest, now=lambda: now_ms() + 2_000).get(WALLET, UNIFIED).code == 10002
    assert Wire(exchange.urls.rest, now=lambda: now_ms() + 300).get(WALLET, UNIFIED).code == 0


def test_the_exchange_can_be_given_a_wrong_clock(exchange: EmbeddedExchange) -> None:
    exchange.shift_clock(60_000)
    assert Wire(exchange.urls.rest).get(WALLET, UNIFIED).code == 10002
    exchange.shift_clock(0)
    assert Wire(exchange.urls.rest).get(WALLET, UNIFIED).code == 0


def test_an_unknown_key_is_10003(exchange: EmbeddedExchange) -> None:
    assert Wire(exchange.urls.rest, key="nobody").get(WALLET, UNIFIED).code == 10003


def test_a_key_of_the_other_world_is_10003(exchange: EmbeddedExchange) -> None:
    assert Wire(exchange.urls.rest, key="demo").get(WALLET, UNIFIED).code == 10003
    assert Wire(exchange.urls.demo_rest, key="key").get(WALLET, UNIFIED).code == 10003
    assert Wire(exchange.urls.demo_rest, key="demo").get(WALLET, UNIFIED).code == 0


@pytest.mark.parametrize("code", [10003, 10005, 10008, 10010, 33004])
def test_a_key_can_be_revoked_and_given_back(exchange: EmbeddedExchange, code: int) -> None:
    wire = Wire(exchange.urls.rest)
    exchange.revoke("key", code)
    reply = wire.get(WALLET, UNIFIED)
    assert reply.code == code
    assert reply.json["retMsg"]
    exchange.revoke("key", None)
    assert wire.get(WALLET, UNIFIED).code == 0


def test_a_read_only_key_may_look_and_not_trade(exchange: EmbeddedExchange) -> None:
    wire = Wire(exchange.urls.rest)
    exchange.control("POST", "/accounts/key/key", read_only=True)
    assert wire.get(WALLET, UNIFIED).code == 0
    assert wire.get("/v5/user/query-api").result["readOnly"] == 1
    assert wire.order().code == 10005


def test_bytes_that_are_no_text_are_refused_not_a_crash(exchange: EmbeddedExchange) -> None:
    wire = Wire(exchange.urls.rest, overrides={"X-BAPI-SIGN": "\xff\xfe"})
    assert wire.get(WALLET, UNIFIED).code == 10004
    wire = Wire(exchange.urls.rest, overrides={"X-BAPI-API-KEY": "\xff"})
    assert wire.get(WALLET, UNIFIED).code == 10003
