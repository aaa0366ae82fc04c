"""A price socket that answers pings and tells no price any more is replaced; one that tells them goes on living.

The clock stands still but for the test: what lies between two prices is exact, and nobody waits for it.
"""

import logging
import time
from collections.abc import Iterator
from typing import Any

import pytest

from gridtrader.engine.ports import NewQuote, PricesDown
from tests.exchange.support.clocks import FakeClock
from tests.exchange.support.prices import Hub, delta, snapshot, subscribed
from tests.exchange.support.waiting import RecordingSink, until
from tests.exchange.support.ws_stub import Connection, WsStub

TOPIC = "tickers.BTCUSDT"
CHECK_S = 0.01


class Watched:
    """Prices of BTCUSDT over a socket that gets its pongs, and the clock by which they are watched."""

    def __init__(self, stream: WsStub) -> None:
        self.stream = stream
        self.clock = FakeClock()
        self.sink = RecordingSink()
        self.made = Hub(stream.url, stream.url, self.clock, mute_s=60.0, silence_s=1000.0, check_s=CHECK_S)
        self.made.hub.subscribe("BTCUSDT", False, self.sink)
        self.connection: Connection = subscribed(stream, TOPIC)
        self._await_up(1)

    def reconnected(self, count: int) -> None:
        """Wait until the socket has been replaced so often that there have been `count`."""
        self.connection = subscribed(self.stream, TOPIC, count)
        self._await_up(count)

    def _await_up(self, count: int) -> None:
        until(lambda: self.made.log.text.count("ticker-BTCUSDT: up") >= count, f"it is up for the {count}. time")
        self.look()

    def push(self, message: dict[str, Any], quotes: int) -> None:
        """Send a push, and wait until there have been so many quotes."""
        self.connection.send({**message, "ts": self.clock.now_ms()})
        self.sink.wait_for(NewQuote, quotes)

    def look(self) -> None:
        """Let the watchdog look some times."""
        time.sleep(6 * CHECK_S)

    @property
    def complaints(self) -> list[str]:
        return [line for line in self.made.log.at(logging.WARNING) if "lost" in line]


@pytest.fixture
def watched(stream: WsStub) -> Iterator[Watched]:
    made = Watched(stream)
    yield made
    made.made.hub.close()


def test_a_price_socket_that_only_answers_pings_is_replaced_and_named(watched: Watched) -> None:
    watched.push(snapshot("65000"), 1)
    watched.clock.seconds += 60
    watched.look()
    assert watched.stream.attempts == 1
    watched.clock.seconds += 1
    watched.reconnected(2)
    assert watched.complaints == ["ticker-BTCUSDT: lost: no price for 61.0 s"]
    watched.push(snapshot("65001"), 2)
    assert watched.sink.of(PricesDown) == []


def test_a_price_socket_without_any_price_is_replaced_and_each_has_the_whole_time(watched: Watched) -> None:
    for count in (2, 3):
        watched.clock.seconds += 60
        watched.look()
        assert watched.stream.attempts == count - 1
        watched.clock.seconds += 1.5
        watched.reconnected(count)
    assert watched.complaints == ["ticker-BTCUSDT: lost: no price for 61.5 s"] * 2


@pytest.mark.parametrize(
    "push",
    [
        delta(lastPrice="65000"),
        delta(openInterest="52210.2"),
        delta(),
        snapshot("65000"),
    ],
    ids=["a price", "something else", "nothing at all", "a snapshot"],
)
def test_a_price_socket_whose_pushes_tell_a_price_or_that_it_stands_lives_on(
    watched: Watched, push: dict[str, Any]
) -> None:
    watched.push(snapshot("65000"), 1)
    for quotes in (2, 3, 4):
        watched.clock.seconds += 59
        watched.push(push, quotes)
        watched.look()
    assert watched.stream.attempts == 1
    assert watched.complaints == []
    watched.clock.seconds += 61
    watched.reconnected(2)
    assert watched.complaints == ["ticker-BTCUSDT: lost: no price for 61.0 s"]


@pytest.mark.parametrize(
    "push",
    [
        delta(lastPrice="65000"),
        snapshot("65000") | {"type": "rumour"},
        {"topic": TOPIC},
    ],
    ids=["a change of nothing known", "an unknown type", "no data"],
)
def test_a_price_socket_whose_pushes_tell_no_price_is_replaced(watched: Watched, push: dict[str, Any]) -> None:
    watched.clock.seconds += 40
    watched.connection.send({**push, "ts": watched.clock.now_ms()})
    watched.connection.send_text("the end of it")
    until(lambda: "the end of it" in watched.made.log.text, "the push is taken")
    watched.clock.seconds += 21
    watched.reconnected(2)
    assert watched.complaints == ["ticker-BTCUSDT: lost: no price for 61.0 s"]
    assert watched.sink.of(NewQuote) == []
