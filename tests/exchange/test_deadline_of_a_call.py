"""A call has one deadline. Whatever held it up until then, nothing is sent after it."""

import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from gridtrader.engine.ports import Accepted, Lane, Refusal, Rejected, StreamLost, Unknown
from gridtrader.exchange import attempt, dial
from gridtrader.exchange.resolver import RESOLVER, Resolver
from tests.exchange.support.http_stub import HttpStub, acknowledged
from tests.exchange.support.private import Private
from tests.exchange.support.rig import Rig, new_order
from tests.exchange.support.waiting import until

MakeRig = Callable[..., Rig]
MakePrivate = Callable[..., Private]


@pytest.fixture
def name_server(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """A name server that answers when the event is set."""
    answers, real = threading.Event(), socket.getaddrinfo

    def slow(*arguments: Any, **options: Any) -> Any:
        assert answers.wait(10)
        return real(*arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    return answers


def place(rig: Rig) -> object:
    (outcome,) = rig.client.place([new_order()], Lane.TRADE)
    return outcome


def told_the_time(rig: Rig) -> Rig:
    """Spare the client the request for the exchange's time."""
    now = rig.clock.now_ms()
    rig.client.skew.observe(now, now, now)
    return rig


def test_a_stalled_name_server_ends_the_call_in_time_and_nothing_goes_out_when_it_answers(
    stub: HttpStub, rig: MakeRig, name_server: threading.Event
) -> None:
    stub.answer = acknowledged
    made = told_the_time(rig(request_timeout_s=0.1))
    started = time.monotonic()
    outcome = place(made)
    assert time.monotonic() - started < 2
    assert isinstance(outcome, Unknown)
    assert "TooSlow" in outcome.reason
    name_server.set()
    until(lambda: RESOLVER.pending == 0, "the name server's answer is in")
    assert place(made) == Accepted("id-1")
    assert stub.paths() == ["/v5/order/create"], "the first order was never sent"


def test_a_call_that_spends_its_time_on_asking_for_the_time_is_not_sent(
    stub: HttpStub, rig: MakeRig, name_server: threading.Event
) -> None:
    outcome = place(rig(request_timeout_s=0.1))
    name_server.set()
    assert isinstance(outcome, Rejected)
    assert (outcome.refusal, outcome.text[:8]) == (Refusal.RATE, "not sent")
    until(lambda: RESOLVER.pending == 0, "the name server's answer is in")
    assert stub.requests == []


def test_a_connection_that_comes_about_too_late_carries_nothing(
    stub: HttpStub, rig: MakeRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed = threading.Event()

    def slow(host: str, port: int, timeout_s: float) -> socket.socket:
        passed.wait(timeout_s + 0.1)  # as TLS does, which begins its own time
        return dial.connect(host, port, 1.0)

    monkeypatch.setattr("gridtrader.exchange.attempt.connect", slow)
    assert isinstance(place(told_the_time(rig(request_timeout_s=0.1))), Unknown)
    assert stub.requests == []


def test_a_connection_that_stands_sends_nothing_after_the_deadline(stub: HttpStub) -> None:
    """TLS puts another socket in the place of the one that was cut: the request itself must be kept back."""
    current = attempt.Attempt()
    connection = attempt.pools(current)["http"].ConnectionCls("127.0.0.1", int(stub.url.rpartition(":")[2]))
    is_over = current.begin(5.0)
    connection.connect()
    current.expire()  # knows nothing of this connection, so it cannot cut it
    assert is_over()
    with pytest.raises(attempt.Late):
        connection.request("POST", "/v5/order/create", b"{}")
    connection.close()
    assert stub.requests == []


def test_a_call_that_waits_behind_another_one_past_its_time_is_not_sent(stub: HttpStub, rig: MakeRig) -> None:
    made = told_the_time(rig(request_timeout_s=0.05))
    outcomes: list[object] = []
    waiting = threading.Thread(target=lambda: outcomes.append(place(made)))
    with made.client._wire._one_at_a_time:  # as long as another thread's request is under way
        waiting.start()
        time.sleep(0.2)
    waiting.join(10)
    (outcome,) = outcomes
    assert isinstance(outcome, Rejected)
    assert (outcome.refusal, outcome.text[:8]) == (Refusal.RATE, "not sent")
    assert stub.requests == []


def test_a_stalled_name_server_does_not_hold_a_stream_either(
    private: MakePrivate, name_server: threading.Event
) -> None:
    made = private("ws://slow-name.invalid", connect_timeout_s=0.05)
    (lost,) = made.sink.wait_for(StreamLost)
    assert "the name server does not answer" in lost.reason
    name_server.set()


def test_however_many_ask_for_a_host_one_thread_waits_for_its_name_server(name_server: threading.Event) -> None:
    resolver = Resolver()
    found: list[object] = []

    def ask() -> None:
        found.append(resolver.addresses("127.0.0.1", 1, 10)[0][4])

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    until(lambda: resolver.pending == 1, "they ask")
    assert sum(thread.name == "resolver-127.0.0.1" for thread in threading.enumerate()) == 1
    name_server.set()
    for thread in threads:
        thread.join(10)
    assert found == [("127.0.0.1", 1)] * 8
    assert resolver.pending == 0


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 300])
def test_a_name_that_nobody_knows_is_an_oserror(host: str) -> None:
    with pytest.raises(OSError):
        Resolver().addresses(host, 1, 10)
