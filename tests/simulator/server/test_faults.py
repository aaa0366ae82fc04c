"""Every fault of the control plane does its harm, to whom it is meant for and as often as it says."""

import socket
import struct
import time
from http.client import RemoteDisconnected
from urllib.parse import urlsplit

import pytest
import websocket

from gridtrader.simulator.server.faults import BadFault, Fault, FaultBook, read_fault
from tests.simulator.server.wire import Json, Stream, Wire, private
from tests.support.exchange import ControlRefused, EmbeddedExchange

BROKEN = (
    b"POST /v5/order/create HTTP/1.1\r\nContent-Length: 99\r\n\r\n{",
    b"GET /v5/private HTTP/1.1\r\nUpgr",
    b"GET /v5/private HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    b"GET /v5/private HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    b"\x16\x03\x01\x02\x00 no HTTP at all",
)
CREATE = "/v5/order/create"


def _open_links(exchange: EmbeddedExchange) -> list[str]:
    return [order["order_link_id"] for order in exchange.books("key")["open_orders"]]


# --- the book of faults ---


def test_a_fault_strikes_whom_it_is_meant_for_as_often_as_it_says() -> None:
    book = FaultBook()
    book.add(Fault("rest", "drop", account="a", match="/v5/order", count=2))
    assert book.take("rest", ("b", "2"), "/v5/order/create") is None
    assert book.take("rest", ("a", "1"), "/v5/market/time") is None
    assert book.take("push", ("a", "1"), "/v5/order") is None
    assert [bool(book.take("rest", ("a", "1"), "/v5/order/create")) for _ in range(3)] == [True, True, False]
    assert list(book) == []


def test_a_fault_without_count_strikes_until_it_is_cleared() -> None:
    book = FaultBook()
    kept = book.add(Fault("rest", "drop", count=None))
    assert all(book.take("rest", (), "/") for _ in range(100))
    assert kept.hits == 100
    assert (book.clear(kept.id), book.clear()) == (1, 0)
    assert book.take("rest", (), "/") is None


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"point": "rest"},
        {"point": "moon", "kind": "drop"},
        {"point": "rest", "kind": "duplicate"},
        {"point": "rest", "kind": "drop", "count": 0},
        {"point": "rest", "kind": "drop", "count": True},
        {"point": "rest", "kind": "drop", "seconds": "3"},
        {"point": "rest", "kind": "drop", "colour": "red"},
    ],
)
def test_a_fault_that_does_not_exist_is_refused(values: Json) -> None:
    with pytest.raises(BadFault):
        read_fault(values)


# --- REST ---


def test_a_dropped_request_was_never_carried_out(wire: Wire, exchange: EmbeddedExchange) -> None:
    exchange.fault(point="rest", kind="drop", match=CREATE)
    with pytest.raises((ConnectionError, RemoteDisconnected)):
        wire.order(orderLinkId="a")
    assert _open_links(exchange) == []
    assert wire.order(orderLinkId="a").code == 0


def test_a_lost_reply_leaves_the_order_standing(wire: Wire, exchange: EmbeddedExchange) -> None:
    exchange.fault(point="rest", kind="drop", match=CREATE, processed=True)
    with pytest.raises((ConnectionError, RemoteDisconnected)):
        wire.order(orderLinkId="a")
    assert _open_links(exchange) == ["a"]
    assert wire.order(orderLinkId="a").code == 110072


@pytest.mark.parametrize("processed", [False, True])
def test_a_stalled_request_is_answered_late(wire: Wire, exchange: EmbeddedExchange, processed: bool) -> None:
    exchange.fault(point="rest", kind="stall", match=CREATE, seconds=0.1, processed=processed)
    start = time.monotonic()
    assert wire.order(orderLinkId="a").code == 0
    assert time.monotonic() - start >= 0.1


def test_a_stalled_request_is_carried_out_even_if_the_client_has_gone(wire: Wire, exchange: EmbeddedExchange) -> None:
    exchange.fault(point="rest", kind="stall", match=CREATE, seconds=0.2)
    impatient = Wire(wire.base)
    impatient.timeout_s = 0.05
    with pytest.raises(TimeoutError):
        impatient.order(orderLinkId="a")
    assert _open_links(exchange) == []
    for _ in range(100):
        if _open_links(exchange):
            break
        time.sleep(0.02)
    assert _open_links(exchange) == ["a"]


@pytest.mark.parametrize(("processed", "open_links"), [(False, []), (True, ["a"])])
def test_a_gateway_error_says_nothing_about_the_order(
    wire: Wire, exchange: EmbeddedExchange, processed: bool, open_links: list[str]
) -> None:
    exchange.fault(
        point="rest", kind="status", status=503, body="<html>busy</html>", match=CREATE, processed=processed
    )
    reply = wire.order(orderLinkId="a")
    assert (reply.status, reply.body) == (503, b"<html>busy</html>")
    assert reply.headers["Content-Type"].startswith("text/html")
    assert _open_links(exchange) == open_links


@pytest.mark.parametrize("reset_in_ms", [700, -700, None])
def test_a_return_code_comes_with_any_reset_header_or_none(
    wire: Wire, exchange: EmbeddedExchange, reset_in_ms: int | None
) -> None:
    exchange.fault(point="rest", kind="code", code=10006, text="Too many visits!", reset_in_ms=reset_in_ms)
    reply = wire.order()
    assert (reply.status, reply.code, reply.json["retMsg"]) == (200, 10006, "Too many visits!")
    if reset_in_ms is None:
        assert "X-Bapi-Limit-Reset-Timestamp" not in reply.headers
    else:
        assert int(reply.headers["X-Bapi-Limit-Reset-Timestamp"]) - reply.json["time"] == reset_in_ms


def test_a_fault_of_one_account_leaves_the_others_alone(wire: Wire, exchange: EmbeddedExchange) -> None:
    exchange.fault(point="rest", kind="code", code=10016, account="demo", count=None)
    demo = Wire(exchange.urls.demo_rest, key="demo")
    assert demo.get("/v5/account/info").code == 10016
    assert wire.get("/v5/account/info").code == 0
    exchange.clear_faults()
    assert demo.get("/v5/account/info").code == 0


# --- streams ---


def test_a_handshake_can_be_answered_with_a_status(exchange: EmbeddedExchange) -> None:
    exchange.fault(point="handshake", kind="status", status=404, match="/v5/private")
    with pytest.raises(websocket.WebSocketBadStatusException) as refusal:
        Stream(exchange.urls.ws_private)
    assert refusal.value.status_code == 404
    Stream(exchange.urls.ws_private).socket.close()


def test_a_handshake_can_be_reset(exchange: EmbeddedExchange) -> None:
    exchange.fault(point="handshake", kind="reset", match="/v5/public")
    with pytest.raises((ConnectionError, websocket.WebSocketException)):
        Stream(exchange.urls.ws_public)


def test_a_zombie_accepts_and_never_says_a_word(exchange: EmbeddedExchange) -> None:
    exchange.fault(point="handshake", kind="silent")
    with Stream(exchange.urls.ws_private) as stream:
        stream.send({"op": "ping"})
        stream.socket.ping()
        assert stream.is_quiet(0.1)


def test_streams_can_be_struck_while_they_are_open(wire: Wire, exchange: EmbeddedExchange) -> None:
    url = exchange.urls.ws_private
    with private(url, "order") as stream, Stream(exchange.urls.ws_public) as public:
        public.subscribe("tickers.BTCUSDT")
        assert exchange.strike_streams("silent", account="key", stream="private") == 1
        wire.order()
        assert stream.is_quiet(0.1)
        assert public.topic("tickers.BTCUSDT")["type"] == "snapshot"
    with private(url, "order") as stream:
        exchange.strike_streams("close", account="key")
        assert stream.socket.recv() == ""
    with private(url, "order") as stream:
        exchange.strike_streams("reset", account="key")
        with pytest.raises((ConnectionError, websocket.WebSocketException)):
            stream.receive()
    with pytest.raises(ControlRefused, match="allowed: close, reset, eof, silent"):
        exchange.strike_streams("tickle")


@pytest.mark.parametrize("kind", ["fail", "silent", "close", "reset"])
def test_the_auth_of_an_account_can_go_wrong_in_every_way(exchange: EmbeddedExchange, kind: str) -> None:
    exchange.fault(point="auth", kind=kind, account="key", text="Params Error")
    with Stream(exchange.urls.ws_private) as stream:
        stream.socket.settimeout(0.2)
        if kind == "fail":
            assert stream.auth()["ret_msg"] == "Params Error"
        else:
            with pytest.raises((ConnectionError, websocket.WebSocketException, ValueError)):
                stream.auth()
    with Stream(exchange.urls.ws_private) as stream:
        assert stream.auth()["success"], "once, and not again"


def test_a_subscription_can_fail(exchange: EmbeddedExchange) -> None:
    exchange.fault(point="subscribe", kind="fail", match="order", text="error:handler not found,topic:order")
    with Stream(exchange.urls.ws_private) as stream:
        stream.auth()
        assert stream.subscribe("wallet")["success"]
        assert stream.subscribe("order")["success"] is False
        assert stream.subscribe("order")["success"]


def _orders_seen(wire: Wire, exchange: EmbeddedExchange, count: int, **fault: object) -> list[str]:
    with private(exchange.urls.ws_private, "order") as stream:
        exchange.fault(point="push", match="order", **fault)
        for number in range(3):
            wire.order(orderLinkId=f"n{number}")
        return [stream.topic("order")["data"][0]["orderLinkId"] for _ in range(count)]


def test_a_push_can_come_twice(wire: Wire, exchange: EmbeddedExchange) -> None:
    assert _orders_seen(wire, exchange, 4, kind="duplicate") == ["n0", "n0", "n1", "n2"]


def test_a_push_can_come_late(wire: Wire, exchange: EmbeddedExchange) -> None:
    assert _orders_seen(wire, exchange, 3, kind="late", seconds=0.2) == ["n1", "n2", "n0"]


def test_a_push_can_change_places_with_the_next(wire: Wire, exchange: EmbeddedExchange) -> None:
    assert _orders_seen(wire, exchange, 3, kind="reorder") == ["n1", "n0", "n2"]


def test_a_push_can_be_lost(wire: Wire, exchange: EmbeddedExchange) -> None:
    assert _orders_seen(wire, exchange, 2, kind="lose") == ["n1", "n2"]


def test_the_whole_port_can_refuse_connections_for_a_while(exchange: EmbeddedExchange) -> None:
    with Stream(exchange.urls.ws_public) as stream:
        exchange.refuse_connections(0.2)
        refused = 0
        for _ in range(200):
            try:
                assert Wire(exchange.urls.rest).get("/v5/market/time").status == 200
            except ConnectionRefusedError:
                refused += 1
            except ConnectionError:
                pass  # it was waiting at the door when the door was shut
            else:
                if refused:
                    break
            time.sleep(0.01)
        assert refused
        assert stream.ask({"op": "ping"})["success"], "what is connected stays connected"
    assert Wire(exchange.urls.rest).get("/v5/market/time").status == 200


def test_a_client_that_breaks_off_in_the_middle_harms_nobody(
    wire: Wire, exchange: EmbeddedExchange, caplog: pytest.LogCaptureFixture
) -> None:
    place = urlsplit(wire.base)
    for head in BROKEN:
        raw = socket.create_connection((place.hostname, place.port))
        raw.sendall(head)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raw.close()
    assert wire.get("/v5/account/info").code == 0
    assert exchange.state()["bugs"] == []
    assert "Unhandled exception" not in caplog.text
