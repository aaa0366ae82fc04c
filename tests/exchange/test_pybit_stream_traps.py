"""pybit's WebSocket traps (W1 to W17), each provoked over a socket: the stream comes back and says so."""

import logging
import time
from collections.abc import Callable

import pytest

from gridtrader.engine.ports import Event, StreamDown, StreamLost, StreamMessage, StreamUp
from gridtrader.exchange.credentials import ApiKey
from tests.exchange.support.captures import ORDER_PUSH, POSITION_PUSH, WALLET_PUSH, fresh
from tests.exchange.support.http_stub import KEY, SECRET
from tests.exchange.support.private import Private
from tests.exchange.support.waiting import RecordingSink, until
from tests.exchange.support.ws_stub import WsStub

MakePrivate = Callable[..., Private]


def test_the_stream_logs_in_subscribes_and_delivers(stream: WsStub, private: MakePrivate) -> None:
    made = private()
    made.sink.wait_for(StreamUp)
    sent = stream.last.received
    assert [message["op"] for message in sent[:2]] == ["auth", "subscribe"]
    assert sent[1]["args"] == ["order", "execution", "position", "wallet"]
    assert stream.last.path == "/v5/private"
    for push in (ORDER_PUSH, POSITION_PUSH, WALLET_PUSH):
        stream.last.send_text(push)
    order, position, wallet = made.sink.wait_for(StreamMessage, 3)
    assert (order.topic, position.topic, wallet.topic) == ("order", "position", "wallet")
    assert order.text == ORDER_PUSH
    assert isinstance(made.sink.events[0], StreamUp)


@pytest.mark.parametrize("end", ["end", "reset", "close_politely"])
def test_w1_w5_a_lost_connection_is_told_at_once_and_replaced(stream: WsStub, private: MakePrivate, end: str) -> None:
    made = private()
    made.sink.wait_for(StreamUp)
    getattr(stream.last, end)()
    made.sink.wait_for(StreamDown)
    made.sink.wait_for(StreamUp, 2)
    stream.last.send_text(WALLET_PUSH)
    made.sink.wait_for(StreamMessage)
    kinds = [type(event) for event in made.sink.events]
    assert kinds == [StreamUp, StreamDown, StreamUp, StreamMessage]
    logins = [connection.received[0]["args"] for connection in stream.connections]
    assert logins[0] != logins[1]  # signed anew


@pytest.mark.parametrize("garbage", [b"\x00\xff\xfe garbage", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff" * 50])
def test_w1_bytes_that_are_no_websocket_frame_end_the_connection_and_not_the_stream(
    stream: WsStub, private: MakePrivate, garbage: bytes
) -> None:
    made = private()
    made.sink.wait_for(StreamUp)
    stream.last.sock.sendall(garbage)
    made.sink.wait_for(StreamUp, 2)


def test_w1_w10_a_name_that_does_not_resolve_is_an_attempt_that_failed(private: MakePrivate) -> None:
    made = private("ws://no-such-host.invalid")
    (lost,) = made.sink.wait_for(StreamLost)
    assert "gaierror" in lost.reason


class Failing(RecordingSink):
    """Breaks its promise with every message."""

    def put(self, event: Event) -> None:
        super().put(event)
        if isinstance(event, StreamMessage):
            raise ZeroDivisionError("a sink must not raise")


def test_w2_an_exception_of_the_callback_does_not_end_the_stream(stream: WsStub, private: MakePrivate) -> None:
    made = private(sink=Failing())
    made.sink.wait_for(StreamUp)
    for _ in range(3):
        stream.last.send_text(WALLET_PUSH)
    made.sink.wait_for(StreamMessage, 3)
    assert made.sink.of(StreamDown) == []
    assert "a sink must not raise" in made.log.text


def test_w3_an_outage_with_refused_connections_is_survived(stream: WsStub, private: MakePrivate) -> None:
    made = private(private_attempts=50)
    made.sink.wait_for(StreamUp)
    port = stream.port
    stream.close()
    made.sink.wait_for(StreamDown)
    until(lambda: "attempt 3 failed: ConnectionRefusedError" in made.log.text, "three refused attempts")
    again = WsStub(port)
    made.sink.wait_for(StreamUp, 2)
    again.close()


def test_w4_w13_pings_go_on_after_a_reconnection_that_took_several_attempts(
    stream: WsStub, private: MakePrivate
) -> None:
    made = private(private_attempts=50)
    made.sink.wait_for(StreamUp)
    stream.handshake_status = 503
    stream.last.end()
    until(lambda: "attempt 2 failed" in made.log.text, "two attempts")
    stream.handshake_status = 101
    made.sink.wait_for(StreamUp, 2)
    until(lambda: [message["op"] for message in stream.last.received].count("ping") >= 4, "pings")


def test_w7_answers_without_any_delay_are_understood(stream: WsStub, private: MakePrivate) -> None:
    many = [private(private_attempts=1) for _ in range(20)]
    for made in many:
        made.sink.wait_for(StreamUp)
        assert made.sink.of(StreamLost) == []


@pytest.mark.parametrize("req_id", ["", None])
def test_w8_an_acknowledgement_without_our_number_counts(
    stream: WsStub, private: MakePrivate, req_id: str | None
) -> None:
    stream.answers_subscription = False
    made = private()
    until(lambda: bool(stream.connections) and len(stream.last.received) >= 2, "the subscription is asked for")
    answer = {"success": True, "ret_msg": "", "op": "subscribe", "conn_id": "c"}
    stream.last.send(answer if req_id is None else {**answer, "req_id": req_id})
    made.sink.wait_for(StreamUp)


def test_w8_a_refused_subscription_is_an_attempt_that_failed(stream: WsStub, private: MakePrivate) -> None:
    stream.subscription_text = "error:handler not found,topic:order"
    made = private()
    (lost,) = made.sink.wait_for(StreamLost)
    assert "subscription refused: error:handler not found,topic:order" in lost.reason
    assert stream.attempts == 3


@pytest.mark.parametrize(
    "text",
    [
        '{"op":"news"}',
        '{"success":false,"ret_msg":"error:invalid op"}',
        '{"topic":"greeks","data":[]}',
        '{"topic":["order"],"data":[]}',
        '{"topic":null}',
        "[]",
        "7",
        "null",
        "not json",
        "",
        '{"topic":"order","data":[{}]}',
        '{"topic":"order"}',
        '{"op":"auth"}',
        '{"op":"subscribe","success":true,"req_id":"somebody else"}',
        '{"op":"unsubscribe","success":true,"req_id":"x"}',
        "[" * 50_000,
    ],
)
def test_w8_no_message_whatever_its_shape_ends_the_stream(stream: WsStub, private: MakePrivate, text: str) -> None:
    made = private()
    made.sink.wait_for(StreamUp)
    stream.last.send_text(text)
    stream.last.send_text(WALLET_PUSH)
    until(lambda: any(message.wallet for message in made.messages), "the next message is delivered")
    assert made.sink.of(StreamDown) == []


def test_w8_bad_utf8_is_an_error_the_engine_hears_of(stream: WsStub, private: MakePrivate) -> None:
    made = private()
    made.sink.wait_for(StreamUp)
    stream.last.send_text(b'{"topic":"order","data":"\xff\xfe"}')
    (message,) = made.sink.wait_for(StreamMessage)
    assert "not JSON" in message.errors[0]
    assert made.sink.of(StreamDown) == []


def test_w9_a_refused_login_is_an_attempt_that_failed(stream: WsStub, private: MakePrivate) -> None:
    stream.login_text = "Params Error"
    made = private()
    (lost,) = made.sink.wait_for(StreamLost)
    assert "login refused: Params Error" in lost.reason
    assert stream.attempts == 3


def test_w9_a_login_that_is_taken_back_later_ends_the_connection(stream: WsStub, private: MakePrivate) -> None:
    made = private()
    made.sink.wait_for(StreamUp)
    stream.last.send({"success": False, "ret_msg": "session expired", "op": "auth", "conn_id": "c"})
    (down,) = made.sink.wait_for(StreamDown)
    assert down.reason == "login refused: session expired"
    made.sink.wait_for(StreamUp, 2)


def test_w9_a_wrong_key_shows_itself_nowhere(stream: WsStub, private: MakePrivate) -> None:
    made = private(key=ApiKey("wrongwrongwrong", "alsowrongalso"))
    (lost,) = made.sink.wait_for(StreamLost)
    shown = f"{lost} {made.log.text} {made.stream!r} {made.stream._supervisor!r}"
    assert "wrongwrongwrong" not in shown
    assert "alsowrongalso" not in shown


@pytest.mark.parametrize("silence", ["answers_login", "answers_subscription"])
def test_w9_a_login_or_subscription_without_answer_is_an_attempt_that_failed(
    stream: WsStub, private: MakePrivate, silence: str
) -> None:
    setattr(stream, silence, False)
    made = private(connect_timeout_s=0.1)
    (lost,) = made.sink.wait_for(StreamLost)
    assert "not subscribed within 0.1 s" in lost.reason


def test_the_login_stays_valid_for_ten_seconds_by_the_exchanges_clock(stream: WsStub, private: MakePrivate) -> None:
    ahead_ms = 3_600_000
    seen: list[int] = []

    def check(expires: int) -> bool:
        seen.append(expires - time.time_ns() // 1_000_000)
        return True

    stream.checks_login = check
    made = Private(stream.url)
    made.skew.observe(0, 2, ahead_ms)
    made.stream.start()
    made.sink.wait_for(StreamUp)
    made.stream.stop()
    assert abs(seen[0] - ahead_ms - 10_000) < 1000


def test_w10_a_handshake_that_is_refused_or_hangs_is_an_attempt_that_failed(
    stream: WsStub, private: MakePrivate
) -> None:
    stream.handshake_hangs = True
    made = private(connect_timeout_s=0.1)
    (lost,) = made.sink.wait_for(StreamLost)
    assert "not subscribed within 0.1 s" in lost.reason


def test_w11_w12_the_topics_pushed_are_those_subscribed(stream: WsStub, private: MakePrivate) -> None:
    made = private()
    made.sink.wait_for(StreamUp)
    push = fresh(ORDER_PUSH)
    push["topic"] = "order.linear"
    stream.last.send(push)
    (message,) = made.sink.wait_for(StreamMessage)
    assert "topic is 'order.linear'" in message.errors[0]


def test_a_key_of_the_login_is_in_no_log(stream: WsStub, private: MakePrivate) -> None:
    made = private()
    made.sink.wait_for(StreamUp)
    stream.last.end()
    made.sink.wait_for(StreamUp, 2)
    assert KEY not in made.log.text
    assert SECRET not in made.log.text
    assert made.log.at(logging.ERROR) == []
