import time
from collections.abc import Callable
from decimal import Decimal

import pytest

from gridtrader.engine.ports import Event, NewQuote, PricesDown, PricesUp
from tests.exchange.support.prices import Hub, delta, snapshot, subscribed
from tests.exchange.support.waiting import RecordingSink, until
from tests.exchange.support.ws_stub import WsStub

MakeHub = Callable[..., Hub]


def test_prices_come_to_every_subscriber_over_one_socket(stream: WsStub, make_hub: MakeHub) -> None:
    hub = make_hub().hub
    sinks = [RecordingSink() for _ in range(5)]
    for sink in sinks:
        hub.subscribe("BTCUSDT", False, sink)
    connection = subscribed(stream, "tickers.BTCUSDT")
    assert connection.path == "/v5/public/linear"
    connection.send(snapshot("65000"))
    for sink in sinks:
        (event,) = sink.wait_for(NewQuote)
        assert (event.symbol, event.quote.last) == ("BTCUSDT", Decimal(65000))
    assert stream.attempts == 1


def test_each_symbol_and_each_world_has_a_socket_of_its_own(
    stream: WsStub, demo_stream: WsStub, make_hub: MakeHub
) -> None:
    hub, sink, demo_sink = make_hub().hub, RecordingSink(), RecordingSink()
    hub.subscribe("BTCUSDT", False, sink)
    hub.subscribe("ETHUSDT", False, sink)
    hub.subscribe("BTCUSDT", True, demo_sink)
    subscribed(stream, "tickers.BTCUSDT").send(snapshot("1"))
    subscribed(stream, "tickers.ETHUSDT").send(snapshot("2", "ETHUSDT"))
    subscribed(demo_stream, "tickers.BTCUSDT").send(snapshot("3"))
    sink.wait_for(NewQuote, 2)
    assert {(event.symbol, event.quote.last) for event in sink.of(NewQuote)} == {
        ("BTCUSDT", Decimal(1)),
        ("ETHUSDT", Decimal(2)),
    }
    assert [event.quote.last for event in demo_sink.wait_for(NewQuote)] == [Decimal(3)]
    assert sorted(hub.symbols()) == [("BTCUSDT", False), ("BTCUSDT", True), ("ETHUSDT", False)]


def test_the_socket_closes_with_its_last_subscriber_and_only_then(stream: WsStub, make_hub: MakeHub) -> None:
    hub, first, second = make_hub().hub, RecordingSink(), RecordingSink()
    hub.subscribe("BTCUSDT", False, first)
    hub.subscribe("BTCUSDT", False, second)
    hub.subscribe("BTCUSDT", False, second)  # changes nothing
    connection = subscribed(stream, "tickers.BTCUSDT")
    hub.unsubscribe("BTCUSDT", False, first)
    connection.send(snapshot("1"))
    second.wait_for(NewQuote)
    assert first.events == []
    hub.unsubscribe("BTCUSDT", False, second)
    assert hub.symbols() == []
    assert hub.quote("BTCUSDT", False) is None
    with pytest.raises(OSError):
        for _ in range(200):
            connection.send(snapshot("2"))
            time.sleep(0.005)
    hub.unsubscribe("BTCUSDT", False, second)  # nobody
    hub.subscribe("BTCUSDT", False, first)
    subscribed(stream, "tickers.BTCUSDT", 2)


def test_the_last_quote_is_readable_and_greets_a_newcomer(stream: WsStub, make_hub: MakeHub) -> None:
    hub, first, late = make_hub().hub, RecordingSink(), RecordingSink()
    assert hub.quote("BTCUSDT", False) is None
    hub.subscribe("BTCUSDT", False, first)
    subscribed(stream, "tickers.BTCUSDT").send(snapshot("65000", ts=1_750_000_000_007))
    first.wait_for(NewQuote)
    quote = hub.quote("BTCUSDT", False)
    assert quote is not None
    assert (quote.last, quote.at_ms) == (Decimal(65000), 1_750_000_000_007)
    hub.subscribe("BTCUSDT", False, late)
    assert late.wait_for(NewQuote) == [NewQuote("BTCUSDT", quote)]


def test_w11_deltas_are_merged_and_what_was_delivered_does_not_change(stream: WsStub, make_hub: MakeHub) -> None:
    hub, sink = make_hub().hub, RecordingSink()
    hub.subscribe("BTCUSDT", False, sink)
    connection = subscribed(stream, "tickers.BTCUSDT")
    change = delta(1_750_000_000_200, lastPrice="64990")
    connection.send(change)  # before any snapshot: passed over
    connection.send(snapshot("65000"))
    sink.wait_for(NewQuote)
    connection.send(change)
    before, after = sink.wait_for(NewQuote, 2)
    assert (before.quote.last, after.quote.last) == (Decimal(65000), Decimal(64990))
    assert (after.quote.bid, after.quote.ask) == (Decimal(65000), Decimal(65000))


def test_a_new_connection_waits_for_its_own_snapshot(stream: WsStub, make_hub: MakeHub) -> None:
    hub, sink = make_hub().hub, RecordingSink()
    hub.subscribe("BTCUSDT", False, sink)
    first = subscribed(stream, "tickers.BTCUSDT")
    first.send(snapshot("65000"))
    sink.wait_for(NewQuote)
    first.end()
    second = subscribed(stream, "tickers.BTCUSDT", 2)
    second.send(delta(1_750_000_000_200, lastPrice="1"))
    second.send(snapshot("65001"))
    assert [event.quote.last for event in sink.wait_for(NewQuote, 2)] == [Decimal(65000), Decimal(65001)]
    assert sink.of(PricesDown) == []


def test_a5_prices_are_down_after_the_attempts_and_up_when_they_are_back(stream: WsStub, make_hub: MakeHub) -> None:
    made, sink, late = make_hub(), RecordingSink(), RecordingSink()
    made.hub.subscribe("BTCUSDT", False, sink)
    subscribed(stream, "tickers.BTCUSDT").send(snapshot("65000"))
    sink.wait_for(NewQuote)
    stream.handshake_status = 503
    stream.last.end()
    (down,) = sink.wait_for(PricesDown)
    assert down.symbol == "BTCUSDT"
    assert down.reason.startswith("3 attempts failed, the last one: WebSocketBadStatusException")
    made.hub.subscribe("BTCUSDT", False, late)
    assert late.wait_for(PricesDown) == [down]
    attempts = stream.attempts
    until(lambda: stream.attempts >= attempts + 2, "further attempts")
    stream.handshake_status = 101
    for one in (sink, late):
        one.wait_for(PricesUp)
    subscribed(stream, "tickers.BTCUSDT", 2).send(snapshot("65005"))
    late.wait_for(NewQuote)
    assert len(sink.of(PricesDown)) == len(sink.of(PricesUp)) == 1
    assert [type(event) for event in late.events] == [PricesDown, PricesUp, NewQuote]
    assert any("no prices" in record.getMessage() for record in made.log.records if record.levelname == "CRITICAL")


def test_a5_the_pause_after_the_attempts_is_the_long_one(stream: WsStub, make_hub: MakeHub) -> None:
    stream.handshake_status = 503
    hub, sink = make_hub(public_retry_s=60).hub, RecordingSink()
    hub.subscribe("BTCUSDT", False, sink)
    sink.wait_for(PricesDown)
    attempts = stream.attempts
    time.sleep(0.3)
    assert stream.attempts == attempts == 3


def test_a_silent_price_stream_is_replaced(stream: WsStub, make_hub: MakeHub) -> None:
    stream.answers_pings = False
    hub = make_hub(silence_s=0.15, check_s=0.03).hub
    hub.subscribe("BTCUSDT", False, RecordingSink())
    subscribed(stream, "tickers.BTCUSDT", 2)


class Broken(RecordingSink):
    def __init__(self, *, stuck: bool) -> None:
        super().__init__()
        self._stuck = stuck

    def put(self, event: Event) -> None:
        super().put(event)
        if self._stuck:
            time.sleep(5)
        raise ValueError("no")


@pytest.mark.parametrize("stuck", [True, False])
def test_a1_a_broken_sink_keeps_no_other_from_its_prices(stream: WsStub, make_hub: MakeHub, stuck: bool) -> None:
    hub, good = make_hub(sink_patience_s=0.02).hub, RecordingSink()
    hub.subscribe("BTCUSDT", False, Broken(stuck=stuck))
    hub.subscribe("BTCUSDT", False, good)
    hub.subscribe("BTCUSDT", False, Broken(stuck=stuck))
    connection = subscribed(stream, "tickers.BTCUSDT")
    for number in range(1, 6):
        connection.send(snapshot(str(65000 + number)))
        good.wait_for(NewQuote, number, patience_s=2)


@pytest.mark.parametrize(
    "text", ['{"topic":"tickers.BTCUSDT"}', "x", '{"topic":"tickers.BTCUSDT","type":"delta","data":[],"ts":1}', "{}"]
)
def test_strange_messages_are_logged_and_change_nothing(stream: WsStub, make_hub: MakeHub, text: str) -> None:
    made, sink = make_hub(), RecordingSink()
    made.hub.subscribe("BTCUSDT", False, sink)
    connection = subscribed(stream, "tickers.BTCUSDT")
    for _ in range(3):
        connection.send_text(text)
    connection.send(snapshot("65000"))
    sink.wait_for(NewQuote)
    assert stream.attempts == 1
    assert "ticker-BTCUSDT" in made.log.text


def test_a_market_that_stays_strange_is_reported_once(stream: WsStub, make_hub: MakeHub) -> None:
    made, sink = make_hub(), RecordingSink()
    made.hub.subscribe("BTCUSDT", False, sink)
    connection = subscribed(stream, "tickers.BTCUSDT")
    for _ in range(5):
        push = snapshot("65000")
        push["data"]["bid1Price"] = "65001"
        connection.send(push)
    connection.send(snapshot("65000"))
    sink.wait_for(NewQuote)
    assert made.log.text.count("bid1Price is '65001'") == 1


def test_after_its_end_the_hub_takes_no_subscribers(stream: WsStub, make_hub: MakeHub) -> None:
    hub, sink = make_hub().hub, RecordingSink()
    hub.subscribe("BTCUSDT", False, sink)
    hub.close()
    hub.close()
    with pytest.raises(RuntimeError, match="after the end of the ticker hub"):
        hub.subscribe("BTCUSDT", False, sink)
