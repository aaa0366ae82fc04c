"""The private stream: control frames, and what is pushed when something happens."""

import time

import pytest
import websocket

from tests.simulator.server.wire import Json, Stream, Wire, now_ms, private, sign
from tests.support.exchange import EmbeddedExchange

TOPICS = ("order", "execution", "position", "wallet")


@pytest.fixture
def url(exchange: EmbeddedExchange) -> str:
    return exchange.urls.ws_private


def _gather(stream: Stream, *topics: str) -> dict[str, Json]:
    """Return the next push of each topic, in whatever order they come."""
    found: dict[str, Json] = {}
    while set(found) != set(topics):
        frame = stream.until(lambda each: "topic" in each)
        found.setdefault(frame["topic"], frame)
    return found


# --- control frames ---


def test_auth_is_answered_with_the_req_id_only_if_one_was_sent(url: str) -> None:
    with Stream(url) as stream:
        reply = stream.auth()
        assert (reply["success"], reply["op"], reply["ret_msg"]) == (True, "auth", "")
        assert set(reply) == {"success", "op", "ret_msg", "conn_id"}
    with Stream(url) as stream:
        assert next(iter(stream.auth(req_id="7"))) == "req_id"


def test_auth_takes_its_expiry_as_a_text_too(url: str) -> None:
    expires = str(now_ms() + 10_000)
    with Stream(url) as stream:
        assert stream.ask({"op": "auth", "args": ["key", expires, sign("secret", f"GET/realtime{expires}")]})[
            "success"
        ]


@pytest.mark.parametrize(
    ("args", "text"),
    [
        (["nobody", 10**15, "x"], "Invalid apikey"),
        (["key", 10**15, "x"], "error:verify signature fail"),
        (["key", 1, "x"], "error:request expired"),
        (["key", "9" * 5000, "x"], "error:request expired"),
        (["key"], "Params Error"),
        (None, "Params Error"),
    ],
)
def test_a_failed_auth_says_why_and_the_stream_stays(url: str, args: object, text: str) -> None:
    with Stream(url) as stream:
        reply = stream.ask({"op": "auth", "args": args})
        assert (reply["success"], reply["ret_msg"], reply["op"]) == (False, text, "auth")
        assert stream.auth()["success"]


def test_a_failed_auth_closes_the_stream_where_it_is_set_so() -> None:
    with (
        EmbeddedExchange(options=["auth_failure_closes=true"]) as exchange,
        Stream(exchange.urls.ws_private) as stream,
    ):
        assert not stream.auth(secret="wrong")["success"]
        with pytest.raises(websocket.WebSocketConnectionClosedException):
            while True:
                if not stream.socket.recv():
                    raise websocket.WebSocketConnectionClosedException


def test_nobody_subscribes_before_auth(url: str) -> None:
    with Stream(url) as stream:
        reply = stream.subscribe("order")
        assert (reply["success"], reply["op"], reply["req_id"]) == (False, "subscribe", "s")


def test_a_client_need_not_wait_for_the_answer_to_auth(url: str) -> None:
    expires = now_ms() + 10_000
    with Stream(url) as stream:
        stream.send({"op": "auth", "args": ["key", expires, sign("secret", f"GET/realtime{expires}")]})
        stream.send({"op": "subscribe", "args": ["order"]})
        replies = [stream.receive(), stream.receive()]
        assert [(reply["op"], reply["success"]) for reply in replies] == [("auth", True), ("subscribe", True)]


@pytest.mark.parametrize(
    ("topics", "text"),
    [
        (["foo"], "error:handler not found,topic:foo"),
        (["order", "foo"], "error:handler not found,topic:foo"),
        (["order", "order"], "error:already subscribed,topic:order"),
        (["tickers.BTCUSDT"], "error:handler not found,topic:tickers.BTCUSDT"),
        (["order", "order.linear"], "error:all-in-one and categorised topics must not be mixed,topic:order"),
        ([], "Params Error"),
        ([1], "Params Error"),
    ],
)
def test_one_bad_topic_fails_the_whole_request(url: str, topics: list[str], text: str) -> None:
    with Stream(url) as stream:
        stream.auth()
        reply = stream.ask({"op": "subscribe", "args": topics})
        assert (reply["success"], reply["ret_msg"]) == (False, text)
        assert stream.subscribe("order")["success"], "nothing of the failed request stands"


@pytest.mark.parametrize("text", ["", "[]", "what?", '{"op": 5}', '{"args": []}'])
def test_a_frame_that_is_no_request_is_answered_not_a_crash(url: str, text: str) -> None:
    with Stream(url) as stream:
        assert stream.ask(text)["success"] is False
        assert stream.auth()["success"]


def test_an_unknown_operation_is_refused(url: str) -> None:
    with Stream(url) as stream:
        assert stream.ask({"op": "dance", "req_id": "1"})["ret_msg"] == "error:invalid op"


def test_text_pings_get_a_pong_with_the_time(url: str) -> None:
    with Stream(url) as stream:
        pong = stream.ask({"op": "ping", "req_id": "7"})
        assert (pong["op"], pong["req_id"]) == ("pong", "7")
        assert abs(int(pong["args"][0]) - now_ms()) < 5_000
        assert "req_id" not in stream.ask({"op": "ping"})


def test_protocol_pings_get_a_protocol_pong(url: str) -> None:
    with Stream(url) as stream:
        stream.socket.ping("hello")
        opcode, payload = stream.socket.recv_data(control_frame=True)
        assert (opcode, payload) == (websocket.ABNF.OPCODE_PONG, b"hello")


def test_replies_take_at_least_twenty_milliseconds(url: str) -> None:
    with Stream(url) as stream:
        start = time.monotonic()
        stream.auth()
        assert time.monotonic() - start >= 0.019


# --- pushes ---


def test_nothing_is_told_on_subscription(wire: Wire, url: str) -> None:
    wire.order()
    with private(url, *TOPICS) as stream:
        assert stream.is_quiet(0.1)


def test_an_accepted_order_is_told_with_both_legs_and_the_wallet(wire: Wire, url: str) -> None:
    with private(url, *TOPICS) as stream:
        order_id = wire.order(orderLinkId="mine").result["orderId"]
        pushes = _gather(stream, "order", "position", "wallet")
        (order,) = pushes["order"]["data"]
        assert (order["orderId"], order["orderLinkId"], order["orderStatus"]) == (order_id, "mine", "New")
        assert (order["price"], order["qty"], order["category"]) == ("60000", "0.01", "linear")
        assert [leg["positionIdx"] for leg in pushes["position"]["data"]] == [1, 2]
        assert {leg["size"] for leg in pushes["position"]["data"]} == {"0"}
        assert pushes["wallet"]["data"][0]["coin"][0]["totalOrderIM"] != "0"


def test_a_fill_is_told_by_all_four_topics_with_one_sequence_number(
    wire: Wire, exchange: EmbeddedExchange, url: str
) -> None:
    with private(url, *TOPICS) as stream:
        wire.order(price="64000", orderLinkId="mine")
        _gather(stream, "order", "position", "wallet")
        exchange.quote("BTCUSDT", "63000")
        pushes = _gather(stream, *TOPICS)
        (fill,) = pushes["execution"]["data"]
        (order,) = pushes["order"]["data"]
        leg = pushes["position"]["data"][0]
        assert (fill["execPrice"], fill["execQty"], fill["isMaker"], fill["execPnl"]) == ("64000", "0.01", True, "0")
        assert (order["orderStatus"], order["leavesQty"], order["avgPrice"]) == ("Filled", "0", "64000")
        assert (leg["side"], leg["size"], leg["entryPrice"], "avgPrice" in leg) == ("Buy", "0.01", "64000", False)
        assert fill["seq"] == leg["seq"]
        assert pushes["execution"]["id"].endswith(f"_BTCUSDT_{fill['seq']}")
        assert "positionIdx" not in fill


def test_the_wallet_is_silent_while_only_prices_move(wire: Wire, exchange: EmbeddedExchange, url: str) -> None:
    wire.order(orderType="Market")
    with private(url, "wallet", "position") as stream:
        for price in range(65_100, 66_000, 100):
            exchange.quote("BTCUSDT", str(price))
        assert stream.is_quiet(0.1)


def test_funding_is_an_execution_without_an_order(wire: Wire, exchange: EmbeddedExchange, url: str) -> None:
    wire.order(orderType="Market")
    with private(url, *TOPICS) as stream:
        exchange.fund("BTCUSDT", "-0.0001")
        pushes = _gather(stream, "execution", "position", "wallet")
        (funding,) = pushes["execution"]["data"]
        assert (funding["execType"], funding["execFee"], funding["execPrice"]) == ("Funding", "-0.065", "65000")
        assert stream.is_quiet(0.05), "no order was pushed"


def test_a_refused_post_only_order_is_acknowledged_and_then_cancelled(wire: Wire, url: str) -> None:
    with private(url, "order") as stream:
        assert wire.order(price="65500", timeInForce="PostOnly").code == 0
        (order,) = stream.topic("order")["data"]
        assert (order["orderStatus"], order["rejectReason"]) == ("Cancelled", "EC_PostOnlyWillTakeLiquidity")


def test_a_cancel_that_crosses_a_fill_makes_the_fill_come_twice(
    wire: Wire, exchange: EmbeddedExchange, url: str
) -> None:
    with private(url, "order") as stream:
        wire.order(price="64000", orderLinkId="race")
        exchange.quote("BTCUSDT", "63000")
        late = wire.post("/v5/order/cancel", {"category": "linear", "symbol": "BTCUSDT", "orderLinkId": "race"})
        assert late.code == 110001
        orders = [stream.topic("order")["data"][0] for _ in range(3)]
        assert [order["orderStatus"] for order in orders] == ["New", "Filled", "Filled"]
        assert [order["cancelType"] for order in orders] == ["UNKNOWN", "UNKNOWN", "CancelByUser"]


def test_topics_are_called_as_they_were_subscribed(wire: Wire, url: str) -> None:
    with private(url, "order.linear", "execution.fast") as stream:
        wire.order(orderType="Market", orderLinkId="mine")
        pushes = _gather(stream, "order.linear", "execution.fast")
        (fast,) = pushes["execution.fast"]["data"]
        assert "id" not in pushes["execution.fast"]
        assert (fast["orderLinkId"], fast["isMaker"], fast["execQty"]) == ("mine", False, "0.01")


def test_unsubscribed_topics_are_silent(wire: Wire, url: str) -> None:
    with private(url, "order", "position") as stream:
        assert stream.ask({"op": "unsubscribe", "args": ["order"]})["success"]
        wire.order()
        assert stream.receive()["topic"] == "position"
        assert stream.is_quiet(0.05)


def test_each_account_hears_of_itself_only(wire: Wire, exchange: EmbeddedExchange, url: str) -> None:
    exchange.open_account("other", "secret", "1000")
    with private(url, *TOPICS, key="other") as stream:
        wire.order()
        assert stream.is_quiet(0.1)


def test_pushes_keep_their_order_within_a_topic_and_not_between_topics(wire: Wire, url: str) -> None:
    arrivals: list[tuple[str, ...]] = []
    with private(url, "order", "position", "wallet") as stream:
        links: list[str] = []
        for number in range(9):
            wire.order(orderLinkId=f"n{number}")
            batch = [stream.receive() for _ in range(3)]
            arrivals.append(tuple(frame["topic"] for frame in batch))
            links += [frame["data"][0]["orderLinkId"] for frame in batch if frame["topic"] == "order"]
    assert links == [f"n{number}" for number in range(9)]
    assert len(set(arrivals)) > 1


def test_a_stream_nobody_uses_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gridtrader.simulator.server.app.LEAST_ALIVE_S", 0.05)
    monkeypatch.setattr("gridtrader.simulator.server.app.ALIVE_S", 0.05)
    with (
        EmbeddedExchange(options=["idle_check_ms=20"]) as exchange,
        Stream(exchange.urls.ws_private + "?max_active_time=30s") as stream,
    ):
        assert stream.socket.recv() == ""
