"""What comes between the request to subscribe and its answer: kept, and told in order once the stream is up."""

import json
from collections.abc import Callable
from decimal import Decimal

import pytest

from gridtrader.engine.ports import NewQuote, StreamDown, StreamLost, StreamMessage, StreamUp
from gridtrader.exchange.supervisor import _Life
from tests.exchange.support.captures import EXECUTION_PUSH, ORDER_PUSH, POSITION_PUSH, WALLET_PUSH
from tests.exchange.support.prices import Hub, delta, snapshot, subscribed
from tests.exchange.support.private import Private
from tests.exchange.support.waiting import RecordingSink, until
from tests.exchange.support.ws_stub import Connection, WsStub

MakeHub = Callable[..., Hub]
MakePrivate = Callable[..., Private]


def life(made: Private) -> _Life:
    current = made.stream._supervisor._life
    assert current is not None
    return current


def asked(stream: WsStub, count: int = 1) -> Connection:
    """Return the newest of so many connections, once it has asked for its topics."""

    def has_asked() -> bool:
        return len(stream.connections) >= count and any(said["op"] == "subscribe" for said in stream.last.received)

    until(has_asked, f"connection {count} subscribes")
    return stream.last


# --- prices ---


def test_quotes_go_on_by_deltas_though_the_snapshot_came_before_the_acknowledgement(
    stream: WsStub, make_hub: MakeHub
) -> None:
    stream.before_the_ack = [json.dumps(snapshot("65000"))]
    hub, sink = make_hub().hub, RecordingSink()
    hub.subscribe("BTCUSDT", False, sink)
    connection = subscribed(stream, "tickers.BTCUSDT")
    sink.wait_for(NewQuote)
    for quotes, last in enumerate(("65001", "65002", "65003"), 2):
        connection.send(delta(lastPrice=last, ask1Price="65009"))
        assert sink.wait_for(NewQuote, quotes)[-1].quote.last == Decimal(last)
    assert stream.attempts == 1


def test_a_snapshot_and_its_deltas_before_the_acknowledgement_are_taken_in_their_order(
    stream: WsStub, make_hub: MakeHub
) -> None:
    early = [snapshot("65000"), delta(lastPrice="65001"), delta(lastPrice="65002")]
    stream.before_the_ack = [json.dumps(push) for push in early]
    hub, sink = make_hub().hub, RecordingSink()
    hub.subscribe("BTCUSDT", False, sink)
    until(lambda: hub.quote("BTCUSDT", False) is not None, "a quote is known")
    subscribed(stream, "tickers.BTCUSDT").send(delta(bid1Price="64990"))

    def market() -> tuple[Decimal, Decimal] | None:
        quote = hub.quote("BTCUSDT", False)
        return quote and (quote.bid, quote.last)

    until(lambda: market() == (Decimal(64990), Decimal(65002)), "the live push is merged with the early ones")


def test_every_connection_takes_its_own_early_snapshot(stream: WsStub, make_hub: MakeHub) -> None:
    stream.before_the_ack = [json.dumps(snapshot("65000"))]
    hub, sink = make_hub().hub, RecordingSink()
    hub.subscribe("BTCUSDT", False, sink)
    sink.wait_for(NewQuote)
    stream.before_the_ack = [json.dumps(snapshot("66000"))]
    stream.last.end()
    sink.wait_for(NewQuote, 2)
    stream.last.send(delta(lastPrice="66001"))
    lasts = [event.quote.last for event in sink.wait_for(NewQuote, 3)]
    assert lasts == [Decimal(last) for last in (65000, 66000, 66001)]


# --- the private stream ---


def test_w7_a_push_that_comes_before_the_acknowledgement_is_told_after_the_stream_is_up(
    stream: WsStub, private: MakePrivate
) -> None:
    stream.before_the_ack = [ORDER_PUSH, EXECUTION_PUSH, "no JSON", POSITION_PUSH]
    made = private()
    made.sink.wait_for(StreamMessage, 4)
    stream.last.send_text(WALLET_PUSH)
    order, execution, garbage, position, wallet = made.sink.wait_for(StreamMessage, 5)
    assert isinstance(made.sink.events[0], StreamUp)
    assert [type(event) for event in made.sink.events[1:]] == [StreamMessage] * 5
    assert [told.topic for told in (order, execution, position, wallet)] == [
        "order",
        "execution",
        "position",
        "wallet",
    ]
    assert order.text == ORDER_PUSH
    assert "not JSON" in garbage.errors[0]


def test_nothing_is_told_before_the_stream_is_up(stream: WsStub, private: MakePrivate) -> None:
    stream.answers_subscription = False
    made = private()
    connection = asked(stream)
    connection.send_text(WALLET_PUSH)
    connection.send_text("no JSON")
    until(lambda: len(life(made).early) == 2, "both are kept")
    assert made.sink.events == []
    stream.acknowledge(connection)
    made.sink.wait_for(StreamMessage, 2)
    assert [type(event) for event in made.sink.events] == [StreamUp, StreamMessage, StreamMessage]
    until(lambda: life(made).early == [], "nothing is kept any longer")


def test_what_comes_on_a_connection_that_ends_before_it_is_up_is_told_by_none(
    stream: WsStub, private: MakePrivate
) -> None:
    stream.answers_subscription = False
    made = private()
    first = asked(stream)
    first.send_text(ORDER_PUSH)
    until(lambda: len(life(made).early) == 1, "it is kept")
    first.end()
    second = asked(stream, 2)
    stream.acknowledge(second)
    made.sink.wait_for(StreamUp)
    second.send_text(WALLET_PUSH)
    made.sink.wait_for(StreamMessage)
    assert [told.topic for told in made.messages] == ["wallet"]
    assert [type(event) for event in made.sink.events] == [StreamUp, StreamMessage]


@pytest.mark.parametrize("refusal", [None, "error:handler not found"])
def test_what_comes_before_a_subscription_that_fails_is_dropped(
    stream: WsStub, private: MakePrivate, refusal: str | None
) -> None:
    stream.before_the_ack = [ORDER_PUSH]
    stream.answers_subscription, stream.subscription_text = refusal is not None, refusal
    made = private(connect_timeout_s=0.1)
    made.sink.wait_for(StreamLost)
    assert stream.attempts == 3
    assert [type(event) for event in made.sink.events] == [StreamLost]
    assert made.sink.of(StreamDown) == []


def test_only_so_many_early_pushes_are_kept(
    stream: WsStub, private: MakePrivate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gridtrader.exchange.supervisor._MOST_EARLY", 2)
    stream.before_the_ack = [ORDER_PUSH, EXECUTION_PUSH, POSITION_PUSH, POSITION_PUSH]
    made = private()
    made.sink.wait_for(StreamUp)
    made.sink.wait_for(StreamMessage, 2)
    stream.last.send_text(WALLET_PUSH)
    made.sink.wait_for(StreamMessage, 3)
    assert [told.topic for told in made.messages] == ["order", "execution", "wallet"]
