"""The rim of the wire: what demo lacks, caps, HTTP refusals, announcements, and switches of words and prices."""

import contextlib
import json
import socket
from collections.abc import Iterator
from http.client import RemoteDisconnected
from urllib.parse import urlsplit

import pytest
import websocket

from gridtrader.simulator.server import app
from gridtrader.simulator.server.options import WireOptions
from gridtrader.simulator.server.rest import demo
from gridtrader.simulator.server.rest.face import ENDPOINTS
from gridtrader.simulator.server.streams import connection
from tests.simulator.server.wire import Stream, Wire, private
from tests.support.exchange import ControlRefused, EmbeddedExchange

ACCOUNTS = ["key:secret:10000", "demo:secret:10000:demo"]
WALLET = "/v5/account/wallet-balance"


@contextlib.contextmanager
def _venue(*options: str) -> Iterator[EmbeddedExchange]:
    with EmbeddedExchange(accounts=ACCOUNTS, options=options) as exchange:
        exchange.quote("BTCUSDT", "65000", bid="64999.9", ask="65000")
        yield exchange


def _main(exchange: EmbeddedExchange) -> Wire:
    return Wire(exchange.urls.rest)


def _demo(exchange: EmbeddedExchange) -> Wire:
    return Wire(exchange.urls.demo_rest, key="demo")


# --- demo ---


def test_demo_has_the_listed_endpoints_and_no_other() -> None:
    listed = {path for _, path in ENDPOINTS if demo.refusal(path, WireOptions()) is None}
    lacks = {path for _, path in ENDPOINTS} - listed
    assert lacks == {
        *("/v5/account/fee-rate", "/v5/position/symbol-info", "/v5/asset/coin/query-info", "/v5/system/status"),
    }


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v5/position/symbol-info", 200, 10032),
        ("/v5/asset/transfer/query-inter-transfer-list", 200, 10032),
        ("/v5/system/status", 200, 10032),
        ("/v5/account/borrow-history", 404, None),
        ("/v5/market/no-such-thing", 404, None),
        ("/v5/account/info", 200, 0),
    ],
)
def test_what_demo_lacks_is_10032_and_what_is_not_emulated_404(
    exchange: EmbeddedExchange, path: str, status: int, code: int | None
) -> None:
    reply = _demo(exchange).get(path)
    assert reply.status == status
    assert code is None or reply.code == code


def test_dead_mans_switch_and_the_like_are_refused_on_demo(exchange: EmbeddedExchange) -> None:
    for path in ("/v5/order/disconnected-cancel-all", "/v5/order/pre-check", "/v5/account/set-limit-px-action"):
        assert _demo(exchange).post(path, {}).code == 10032


def test_demo_has_no_fast_executions(exchange: EmbeddedExchange) -> None:
    with Stream(exchange.urls.demo_ws_private) as stream:
        assert stream.auth("demo")["success"]
        for topic in ("execution.fast", "execution.fast.linear"):
            assert stream.subscribe(topic)["ret_msg"] == f"error:handler not found,topic:{topic}"
        assert stream.subscribe("execution", "order", "position", "wallet", "greeks")["success"]


@pytest.mark.parametrize(("choice", "code"), [("10001", 10001), ("10032", 10032), ("answer", 0)])
def test_fee_rates_on_demo_are_as_the_switch_says(choice: str, code: int) -> None:
    with _venue(f"fee_rate_on_demo={choice}") as exchange:
        assert _demo(exchange).get("/v5/account/fee-rate", "category=linear").code == code
        assert _main(exchange).get("/v5/account/fee-rate", "category=linear").code == 0


def test_setting_the_margin_mode_may_be_refused_on_demo_and_when_it_is_set() -> None:
    body = {"setMarginMode": "REGULAR_MARGIN"}
    with _venue("margin_mode_on_demo=refuse", "margin_mode_again=refuse") as exchange:
        assert _demo(exchange).post("/v5/account/set-margin-mode", body).code == 110073
        again = _main(exchange).post("/v5/account/set-margin-mode", body)
        assert (again.code, len(again.json["result"]["reasons"])) == (3400045, 1)


# --- fast executions ---


def test_fast_executions_are_trades_with_their_own_fields(wire: Wire, exchange: EmbeddedExchange) -> None:
    with private(exchange.urls.ws_private, "execution.fast", "execution") as stream:
        wire.order(orderType="Market", price="", qty="0.02", orderLinkId="in")
        exchange.fund("BTCUSDT", "0.0001")
        exchange.set_status("BTCUSDT", "Closed")
        told = [stream.receive() for _ in range(4)]
        assert stream.is_quiet(0.1)
    kinds = [each["data"][0]["execType"] for each in told if each["topic"] == "execution"]
    assert kinds == ["Trade", "Funding", "Delivery"]
    (fast,) = [each for each in told if each["topic"] == "execution.fast"]
    assert set(fast) == {"topic", "creationTime", "data"}
    (row,) = fast["data"]
    fields = "category symbol execId execPrice execQty orderId isMaker orderLinkId side execTime seq"
    assert (set(row), row["orderLinkId"]) == (set(fields.split()), "in")


# --- caps ---


def test_a_body_that_is_too_long_is_refused(wire: Wire) -> None:
    reply = wire.post("/v5/order/create", json.dumps({"symbol": "x" * app.MAX_BODY_BYTES}))
    assert reply.status == 413


def test_a_frame_that_is_too_long_ends_the_stream_and_no_other(exchange: EmbeddedExchange) -> None:
    with Stream(exchange.urls.ws_private) as greedy, Stream(exchange.urls.ws_private) as modest:
        greedy.send("x" * (connection.MAX_FRAME_BYTES + 1))
        with contextlib.suppress(ConnectionError):  # a reset may overtake the closing frame
            opcode, data = greedy.socket.recv_data()
            assert (opcode, int.from_bytes(data[:2], "big")) == (websocket.ABNF.OPCODE_CLOSE, 1009)
        with pytest.raises((ConnectionError, websocket.WebSocketConnectionClosedException)):
            greedy.socket.recv_data()
        assert modest.ask({"op": "ping"})["op"] == "pong"


def test_an_address_has_so_many_market_streams_and_then_403(
    monkeypatch: pytest.MonkeyPatch, exchange: EmbeddedExchange
) -> None:
    monkeypatch.setattr(app, "PUBLIC_CONNECTIONS", 2)
    with Stream(exchange.urls.ws_public), Stream(exchange.urls.ws_public):
        with pytest.raises(websocket.WebSocketBadStatusException) as refused:
            Stream(exchange.urls.ws_public)
        assert refused.value.status_code == 403
        Stream(exchange.urls.ws_private).socket.close()


# --- ends without an answer ---


@pytest.mark.parametrize(("processed", "orders"), [(False, 0), (True, 1)])
def test_a_connection_may_end_without_a_reply(
    wire: Wire, exchange: EmbeddedExchange, processed: bool, orders: int
) -> None:
    exchange.fault(point="rest", kind="eof", match="/v5/order/create", processed=processed)
    with pytest.raises(RemoteDisconnected):
        wire.order()
    assert len(exchange.books("key")["open_orders"]) == orders


def test_a_stream_may_end_without_a_closing_handshake(exchange: EmbeddedExchange) -> None:
    with private(exchange.urls.ws_private, "order") as stream:
        assert exchange.strike_streams("eof", account="key") == 1
        with pytest.raises(websocket.WebSocketConnectionClosedException):
            stream.receive()


# --- HTTP instead of codes ---


def test_bad_keys_and_bodies_may_be_http_refusals() -> None:
    with _venue("auth_refusal=http_401", "bad_body=http_400") as exchange:
        wire = _main(exchange)
        for overrides in ({"X-BAPI-API-KEY": "who"}, {"X-BAPI-SIGN": "0"}, {"X-BAPI-TIMESTAMP": "1"}):
            wire.overrides = overrides
            assert wire.get("/v5/account/info").status == 401
        wire.overrides = {}
        assert wire.post("/v5/order/create", '{"category":').status == 400
        assert wire.get("/v5/account/info").code == 0
        exchange.revoke("key", 33004)
        assert wire.get("/v5/account/info").code == 33004


# --- announcements ---


def test_maintenance_is_announced_by_rest_and_by_stream(exchange: EmbeddedExchange) -> None:
    wire = _main(exchange)
    assert wire.get("/v5/system/status").result == {"list": []}
    with Stream(exchange.urls.ws_public.replace("linear", "misc/status")) as stream:
        assert stream.subscribe("system.status")["success"]
        assert not stream.subscribe("tickers.BTCUSDT")["success"]
        notice = {"title": "upgrade", "state": "ongoing", "begin": 1_790_000_000_000, "end": "1790000600000"}
        exchange.control("POST", "/notices", notices=[notice])
        (row,) = stream.topic("system.status")["data"]
    assert (row["title"], row["state"], row["begin"], row["end"]) == (
        *("upgrade", "ongoing", "1790000000000", "1790000600000"),
    )
    assert wire.get("/v5/system/status", "state=ongoing").result["list"] == [row]
    assert wire.get("/v5/system/status", "state=completed").result["list"] == []
    with Stream(exchange.urls.ws_public) as market:
        assert not market.subscribe("system.status")["success"]


@pytest.mark.parametrize("notices", [None, [1], [{"state": "perhaps"}], [{"begin": "soon"}]])
def test_an_announcement_that_makes_no_sense_is_refused(exchange: EmbeddedExchange, notices: object) -> None:
    with pytest.raises(ControlRefused):
        exchange.control("POST", "/notices", notices=notices)


# --- words and prices ---


def test_a_topic_that_does_not_exist_may_fail_alone() -> None:
    with _venue("bad_topic=fails_alone") as exchange:
        wire = _main(exchange)
        with private(exchange.urls.ws_private, "order", "nonsense") as stream:
            wire.order(positionIdx=0)
            assert stream.topic("order")["data"]
            assert not stream.subscribe("nonsense")["success"]
        with Stream(exchange.urls.ws_public) as market:
            assert market.subscribe("nonsense.BTCUSDT", "tickers.BTCUSDT")["success"]
            assert market.topic("tickers.BTCUSDT")["type"] == "snapshot"


def test_a_failed_login_may_say_nothing_of_its_cause() -> None:
    with _venue("auth_failure_text=params_error") as exchange, Stream(exchange.urls.ws_private) as stream:
        assert stream.auth("nobody")["ret_msg"] == "Params Error"


def test_batches_may_be_smaller() -> None:
    with _venue("batch_most=10") as exchange:
        reply = _main(exchange).post("/v5/order/create-batch", {"category": "linear", "request": [{}] * 11})
        assert (reply.code, reply.json["retMsg"]) == (10001, "params error: the number of orders exceeds 10")


def test_the_totals_of_the_wallet_are_in_usd_and_its_coin_in_usdt() -> None:
    with _venue("usdt_price=0.9998") as exchange:
        wire = _main(exchange)
        wire.hedge()
        with private(exchange.urls.ws_private, "wallet") as stream:
            wire.order()
            rows = [stream.topic("wallet")["data"][0], wire.get(WALLET, "accountType=UNIFIED").result["list"][0]]
        for row in rows:
            coin = row["coin"][0]
            assert (row["totalWalletBalance"], row["totalEquity"]) == ("9998", "9998")
            assert (coin["walletBalance"], coin["equity"], coin["usdValue"]) == ("10000", "10000", "9998")
            assert (row["totalInitialMargin"], coin["totalOrderIM"]) == ("60.6148746", "60.627")
            assert row["accountIMRate"] == "0.006"


def test_taxes_stand_beside_the_fee_everywhere() -> None:
    with _venue("extra_fee_share=0.18") as exchange:
        wire = _main(exchange)
        wire.hedge()
        with private(exchange.urls.ws_private, "execution") as stream:
            wire.order(orderType="Market", price="")
            (pushed,) = stream.topic("execution")["data"]
        (listed,) = wire.get("/v5/execution/list", "category=linear").result["list"]
        logged = wire.get("/v5/account/transaction-log").result["list"][0]
        tax = {"feeCoin": "USDT", "feeType": "GST", "subFeeType": "IND_GST", "feeRate": "0.000099", "fee": "0.06435"}
        for row in (pushed, listed, logged):
            assert row["extraFees"] == [tax]
        assert (pushed["execFee"], logged["fee"], logged["change"]) == ("0.3575", "0.3575", "-0.42185")


@pytest.mark.parametrize("qty", ["+0.01", " 0.01", "0.01 ", "1e-2", "0x1", "٠.٠١", "-0.01", "NaN"])
def test_a_number_is_written_in_plain_digits(wire: Wire, qty: str) -> None:
    assert wire.order(qty=qty).json["retMsg"] == "Qty invalid"


def test_a_client_that_dies_in_the_middle_of_its_request_leaves_no_trace(caplog: pytest.LogCaptureFixture) -> None:
    with _venue() as exchange:
        place = urlsplit(exchange.urls.rest)
        with socket.create_connection((place.hostname, place.port)) as dying:
            dying.sendall(b"POST /v5/order/create HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        assert _main(exchange).get("/v5/market/time").status == 200
        assert exchange.state()["bugs"] == []
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []
