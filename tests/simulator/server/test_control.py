"""The control plane itself, and the heartbeat it steers."""

import json
import time
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.simulator.server.wire import Wire, private
from tests.support.exchange import ControlRefused, EmbeddedExchange

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS


def test_the_plane_is_shut_to_whoever_does_not_knock(exchange: EmbeddedExchange) -> None:
    place = urlsplit(exchange.urls.control)
    connection = HTTPConnection(place.hostname or "", place.port, timeout=5)
    connection.request("GET", "/control/state")
    assert connection.getresponse().status == 403
    connection.close()


@pytest.mark.parametrize(
    ("method", "path", "values"),
    [
        ("GET", "/accounts/nobody", {}),
        ("POST", "/accounts", {"key": "key", "secret": "s", "usdt": "1"}),
        ("POST", "/accounts", {"key": "new", "secret": "s", "usdt": "much"}),
        ("POST", "/accounts", {"key": "new", "secret": "s"}),
        ("POST", "/accounts/key/money", {}),
        ("POST", "/accounts/key/money", {"usdt": 5}),
        ("POST", "/accounts/key/money", {"usdt": "-10001"}),
        ("POST", "/accounts/key/key", {"refuse": "yes"}),
        ("POST", "/market/quote", {"symbol": "BTCUSDT"}),
        ("POST", "/market/quote", {"symbol": "NOPE", "last": "1"}),
        ("POST", "/market/quote", {"symbol": "BTCUSDT", "last": "100", "bid": "101", "ask": "100"}),
        ("POST", "/market/status", {"symbol": "BTCUSDT", "status": "Sleeping"}),
        ("POST", "/market/step", {"ms": -1}),
        ("POST", "/market/speed", {"speed": "fast"}),
        ("POST", "/faults", {"point": "rest", "kind": "dance"}),
        ("POST", "/listener", {"refuse_s": True}),
    ],
)
def test_a_request_that_makes_no_sense_is_told_so(
    exchange: EmbeddedExchange, method: str, path: str, values: dict[str, Any]
) -> None:
    with pytest.raises(ControlRefused):
        exchange.control(method, path, **values)


def test_no_answer_of_the_plane_holds_a_secret() -> None:
    with EmbeddedExchange(["key:hush-hush:100"]) as exchange:
        Wire(exchange.urls.rest, secret="hush-hush").get("/v5/account/info")
        shown = [exchange.state(), exchange.control("GET", "/accounts"), exchange.books("key")]
        assert "hush" not in json.dumps(shown)
        with pytest.raises(ControlRefused) as refusal:
            exchange.open_account("key", "hush-hush", "1")
        assert "hush" not in str(refusal.value)


def test_the_books_hold_everything_exactly(wire: Wire, exchange: EmbeddedExchange) -> None:
    wire.order(price="64000", orderLinkId="in")
    wire.order(price="60000", orderLinkId="rest")
    exchange.quote("BTCUSDT", "63000")
    books = exchange.books("key")
    assert [order["order_link_id"] for order in books["open_orders"]] == ["rest"]
    assert [order["status"] for order in books["closed_orders"]] == ["Filled"]
    assert [(each["position_idx"], each["fee"]) for each in books["executions"]] == [(1, "0.128")]
    assert [(leg["position_idx"], leg["size"]) for leg in books["positions"]] == [(1, "0.01"), (2, "0")]
    assert books["wallet"]["wallet_balance"] == books["ledger"][-1]["cash_balance"] == "9999.872"
    assert books["position_modes"]["BTCUSDT"] == 3
    assert [(each["path"], each["ret_code"]) for each in books["requests"][-2:]] == [("/v5/order/create", 0)] * 2
    assert json.loads(books["requests"][-1]["payload"])["orderLinkId"] == "rest"
    assert exchange.books(str(books["uid"])) == books, "by uid as well"


def test_money_comes_and_goes(exchange: EmbeddedExchange) -> None:
    exchange.deposit("key", "500.5")
    exchange.deposit("key", "-0.5")
    assert exchange.books("key")["wallet"]["wallet_balance"] == "10500"


def test_fee_rates_of_an_account_can_be_set(wire: Wire, exchange: EmbeddedExchange) -> None:
    exchange.control("POST", "/accounts/key/fees", maker="0.0001", taker="0.0006")
    row = wire.get("/v5/account/fee-rate", "category=linear&symbol=BTCUSDT").result["list"][0]
    assert (row["makerFeeRate"], row["takerFeeRate"]) == ("0.0001", "0.0006")
    wire.order(orderType="Market")
    assert exchange.books("key")["executions"][0]["fee_rate"] == "0.0006"


def test_a_halted_contract_takes_no_orders(wire: Wire, exchange: EmbeddedExchange) -> None:
    exchange.set_status("BTCUSDT", "PreLaunch")
    assert wire.order().code == 110074
    listed = wire.get("/v5/market/instruments-info", "category=linear").result["list"]
    assert "BTCUSDT" not in {row["symbol"] for row in listed}
    early = wire.get("/v5/market/instruments-info", "category=linear&status=PreLaunch").result["list"]
    assert [row["isPreListing"] for row in early] == [True]
    exchange.set_status("BTCUSDT", "Trading")
    assert wire.order().code == 0


@pytest.mark.parametrize("status", ["Delivering", "PreLaunch", "Closed"])
def test_a_contract_that_does_not_trade_is_listed_for_its_status_only_even_by_name(
    wire: Wire, exchange: EmbeddedExchange, status: str
) -> None:
    def listed(more: str = "") -> list[tuple[str, str]]:
        rows = wire.get("/v5/market/instruments-info", f"category=linear&symbol=BTCUSDT{more}").result["list"]
        return [(row["symbol"], row["status"]) for row in rows]

    assert listed() == listed("&status=Trading") == [("BTCUSDT", "Trading")]
    assert listed(f"&status={status}") == []
    exchange.set_status("BTCUSDT", status)
    assert listed() == listed("&status=Trading") == []
    assert listed(f"&status={status}") == [("BTCUSDT", status)]


def test_a_step_moves_the_market_and_settles_what_is_due() -> None:
    with EmbeddedExchange(symbols=["BTCUSDT"]) as exchange:
        wire = Wire(exchange.urls.rest)
        wire.hedge()
        assert wire.order(orderType="Market").code == 0
        before = exchange.state()["market_time"]
        exchange.step(8 * HOUR_MS)
        assert exchange.state()["market_time"] - before == 8 * HOUR_MS
        kinds = [each["exec_type"] for each in exchange.books("key")["executions"]]
        settled = wire.get("/v5/market/funding/history", "category=linear&symbol=BTCUSDT").result["list"]
        candles = wire.get("/v5/market/kline", "category=linear&symbol=BTCUSDT&interval=60").result["list"]
    assert kinds == ["Trade", "Funding"]
    assert len(settled) == 1
    assert before < int(settled[0]["fundingRateTimestamp"]) <= before + 8 * HOUR_MS
    assert len(candles) in (8, 9)


def _moves(exchange: EmbeddedExchange, within_s: float) -> bool:
    start = exchange.state()["market_time"]
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if exchange.state()["market_time"] > start:
            return True
        time.sleep(0.01)
    return False


def test_the_market_runs_pauses_and_resumes(exchange: EmbeddedExchange) -> None:
    assert not _moves(exchange, within_s=0.15)
    exchange.speed(1000)
    assert _moves(exchange, within_s=5)
    exchange.control("POST", "/market/pause")
    assert exchange.state()["is_paused"]
    assert not _moves(exchange, within_s=0.15)
    exchange.control("POST", "/market/resume")
    assert _moves(exchange, within_s=5)


def test_who_listens_to_what_is_shown(exchange: EmbeddedExchange) -> None:
    with private(exchange.urls.ws_private, "order", "wallet"):
        (connection,) = exchange.state()["connections"]
        assert connection == {"stream": "private", "account": "key", "topics": ["order", "wallet"]}


def test_leaving_the_context_tells_of_a_bug() -> None:
    with pytest.raises(AssertionError, match="impossible"), EmbeddedExchange() as exchange:
        exchange.thread.call(lambda server: server.venue.report_bug("the impossible has happened"))


def test_a_bug_in_the_market_stops_the_market_and_not_the_server(exchange: EmbeddedExchange) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    exchange.thread.call(lambda server: setattr(server.venue.market, "funding_due", fail))
    deadline = time.monotonic() + 5
    while not exchange.state()["bugs"] and time.monotonic() < deadline:
        time.sleep(0.01)
    assert "ZeroDivisionError" in exchange.state()["bugs"][0]
    assert exchange.state()["is_paused"]
    assert Wire(exchange.urls.rest).get("/v5/account/info").code == 0
    exchange.thread.call(lambda server: delattr(server.venue.market, "funding_due"))
    exchange.thread.call(lambda server: server.venue.bugs.clear())


def test_a_bug_in_an_endpoint_is_an_http_500_and_is_kept(exchange: EmbeddedExchange) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    exchange.thread.call(lambda server: setattr(server.venue.core, "wallet", fail))
    assert Wire(exchange.urls.rest).get("/v5/account/wallet-balance", "accountType=UNIFIED").status == 500
    exchange.thread.call(lambda server: delattr(server.venue.core, "wallet"))
    bugs = exchange.thread.call(lambda server: [server.venue.bugs.pop() for _ in list(server.venue.bugs)])
    assert len(bugs) == 1
    assert "ZeroDivisionError" in bugs[0]
