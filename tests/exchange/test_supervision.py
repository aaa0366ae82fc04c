"""Supervision of the private stream (A5): attempts, pauses, silence, its end, and the order of what is told."""

import socket
import threading
import time
from collections.abc import Callable

import pytest

from gridtrader.engine.ports import StreamDown, StreamLost, StreamUp
from tests.exchange.support.captures import ORDER_PUSH, WALLET_PUSH
from tests.exchange.support.private import Private
from tests.exchange.support.waiting import until
from tests.exchange.support.ws_stub import PONG, WsStub

MakePrivate = Callable[..., Private]


def test_a5_after_its_attempts_the_stream_is_given_up_and_nothing_more_is_tried(
    stream: WsStub, private: MakePrivate
) -> None:
    made = private()
    made.sink.wait_for(StreamUp)
    stream.handshake_status = 503
    stream.last.end()
    (lost,) = made.sink.wait_for(StreamLost)
    assert lost.reason.startswith("3 attempts failed, the last one: WebSocketBadStatusException")
    attempts = stream.attempts
    assert attempts == 4
    until(lambda: not made.stream._supervisor.is_alive, "the thread ends")
    assert stream.attempts == attempts
    assert [type(event) for event in made.sink.events] == [StreamUp, StreamDown, StreamLost]


def test_a5_only_failures_in_a_row_count(stream: WsStub, private: MakePrivate) -> None:
    made = private(private_attempts=5)
    made.sink.wait_for(StreamUp)
    for count in (2, 3, 4):  # six failures in all
        attempts = stream.attempts
        stream.handshake_status = 503
        stream.last.end()
        until(lambda attempts=attempts: stream.attempts >= attempts + 2, "two failures")  # type: ignore[misc]
        stream.handshake_status = 101
        made.sink.wait_for(StreamUp, count)
    assert made.sink.of(StreamLost) == []


def test_a5_the_pauses_double_up_to_their_bound(stream: WsStub, private: MakePrivate) -> None:
    stream.handshake_status = 503
    made = private(private_attempts=5, backoff_first_s=0.04, backoff_max_s=0.1)
    started = time.monotonic()
    made.sink.wait_for(StreamLost)
    pauses = 0.04 + 0.08 + 0.1 + 0.1
    assert pauses <= time.monotonic() - started < pauses + 2


def test_a5_a_connection_that_keeps_dying_is_not_rebuilt_in_a_rush(stream: WsStub, private: MakePrivate) -> None:
    stream.ends_after_subscription = True
    made = private(backoff_first_s=0.02, backoff_max_s=0.2, stable_s=60)
    started = time.monotonic()
    made.sink.wait_for(StreamUp, 5)
    assert time.monotonic() - started >= 0.02 + 0.04 + 0.08 + 0.16
    assert made.sink.of(StreamLost) == []


def test_w13_w17_no_timer_or_thread_is_left_after_the_end(stream: WsStub, private: MakePrivate) -> None:
    before = set(threading.enumerate())
    made = private()
    made.sink.wait_for(StreamUp)
    for count in range(2, 6):
        stream.last.end()
        made.sink.wait_for(StreamUp, count)
    ours = [thread for thread in set(threading.enumerate()) - before if thread.name.startswith("private-001")]
    assert len(ours) == 2  # the supervisor and one reader, however often the connection was replaced (W17)
    made.stream.stop()
    until(lambda: not any(thread.is_alive() for thread in ours), "the threads end")


def test_w6_w14_a_peer_that_takes_no_notice_is_left_within_the_time_limit(
    stream: WsStub, private: MakePrivate
) -> None:
    """The server never answers the end of the connection; pybit would wait for that without a limit."""
    made = private()
    made.sink.wait_for(StreamUp)
    started = time.monotonic()
    made.stream.stop()
    assert time.monotonic() - started < 1
    assert not made.stream.is_up
    events = len(made.sink.events)
    with pytest.raises(OSError):  # reset, or a broken pipe
        for _ in range(100):
            stream.last.send_text(WALLET_PUSH)
            time.sleep(0.005)
    assert len(made.sink.events) == events


def test_a_connection_that_comes_up_while_it_is_given_up_is_told_as_lost(
    stream: WsStub, private: MakePrivate
) -> None:
    stream.ends_after_subscription = True
    made = private(
        connect_timeout_s=0.0015,
        backoff_first_s=0.001,
        backoff_max_s=0.001,
        private_attempts=10_000,
        ip_connections_per_5_min=10_000,
    )
    until(lambda: stream.attempts > 150, "many attempts")
    made.stream.stop()
    states = [type(event) for event in made.sink.events if isinstance(event, StreamUp | StreamDown)]
    assert all(state is (StreamDown if number % 2 else StreamUp) for number, state in enumerate(states))


def test_w10_start_returns_at_once_though_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    made = Private(f"ws://127.0.0.1:{port}")
    started = time.monotonic()
    made.stream.start()
    assert time.monotonic() - started < 0.5
    made.sink.wait_for(StreamLost)
    made.stream.stop()


def test_a5_a_socket_on_which_nothing_comes_is_replaced(stream: WsStub, private: MakePrivate) -> None:
    stream.answers_pings = False
    made = private(silence_s=0.15, check_s=0.03)
    made.sink.wait_for(StreamUp)
    (down,) = made.sink.wait_for(StreamDown)
    assert down.reason.startswith("no message for 0.")
    made.sink.wait_for(StreamUp, 2)


@pytest.mark.parametrize("kind", ["json", "protocol"])
def test_a5_pongs_count_as_messages(stream: WsStub, private: MakePrivate, kind: str) -> None:
    stream.answers_pings = kind == "json"
    made = private(silence_s=0.2, check_s=0.03, ping_interval_s=0.03)
    made.sink.wait_for(StreamUp)
    until_s = time.monotonic() + 0.6
    while time.monotonic() < until_s:
        if kind == "protocol":
            stream.last.send_text(b"", PONG)
        time.sleep(0.02)
    assert made.sink.of(StreamDown) == []


def test_w15_a_message_of_the_old_connection_is_not_delivered_after_the_new_one(
    stream: WsStub, private: MakePrivate
) -> None:
    made = private(silence_s=0.15, check_s=0.03)
    made.sink.wait_for(StreamUp)
    old = stream.last
    stream.answers_pings = False
    made.sink.wait_for(StreamDown)
    stream.answers_pings = True
    made.sink.wait_for(StreamUp, 2)
    with pytest.raises(OSError):  # reset, or a broken pipe: the old socket is closed for good
        for _ in range(100):
            old.send_text(ORDER_PUSH)
            time.sleep(0.005)
    assert made.messages == []


def test_stop_before_the_connection_is_up_is_quick_and_silent(stream: WsStub, private: MakePrivate) -> None:
    stream.answers_login = False
    made = private()
    until(lambda: stream.attempts == 1, "it connects")
    started = time.monotonic()
    made.stream.stop()
    assert time.monotonic() - started < 1
    assert made.sink.events == []


def test_the_connections_of_all_streams_are_limited_together(stream: WsStub) -> None:
    first = Private(stream.url, ip_connections_per_5_min=1)
    first.stream.start()
    first.sink.wait_for(StreamUp)
    stream.last.end()
    first.sink.wait_for(StreamDown)
    time.sleep(0.2)
    assert stream.attempts == 1
    first.stream.stop()
