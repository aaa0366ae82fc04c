"""The public stream: control frames and the feeds."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from gridtrader.simulator.server.app import alive_time
from gridtrader.simulator.server.streams.feeds import candle_end
from tests.simulator.server.wire import Json, Stream, Wire
from tests.support.exchange import EmbeddedExchange

MINUTE_MS = 60_000


@pytest.fixture
def stream(exchange: EmbeddedExchange) -> Iterator[Stream]:
    with Stream(exchange.urls.ws_public) as opened:
        yield opened


def test_replies_always_carry_a_req_id(stream: Stream) -> None:
    reply = stream.ask({"op": "subscribe", "args": ["tickers.BTCUSDT"]})
    assert {**reply, "conn_id": ""} == {
        "success": True,
        "ret_msg": "",
        "conn_id": "",
        "req_id": "",
        "op": "subscribe",
    }
    pong = stream.ask({"op": "ping"})
    assert (pong["success"], pong["ret_msg"], pong["op"], pong["req_id"]) == (True, "pong", "ping", "")


@pytest.mark.parametrize(
    ("topic", "text"),
    [
        ("tickers.NOPE", "Invalid symbol :[tickers.NOPE]"),
        ("kline.5.NOPE", "Invalid symbol :[kline.5.NOPE]"),
        ("kline.7.BTCUSDT", "error:handler not found,topic:kline.7.BTCUSDT"),
        ("orderbook.3.BTCUSDT", "error:handler not found,topic:orderbook.3.BTCUSDT"),
        ("tickers", "error:handler not found,topic:tickers"),
        ("order", "error:handler not found,topic:order"),
    ],
)
def test_a_topic_that_does_not_exist_is_refused(stream: Stream, topic: str, text: str) -> None:
    reply = stream.subscribe(topic)
    assert (reply["success"], reply["ret_msg"]) == (False, text)


def test_topics_of_a_connection_have_a_total_length(stream: Stream, exchange: EmbeddedExchange) -> None:
    monster = exchange.thread.call(lambda server: [f"kline.1.{symbol}" for symbol in server.venue.instruments])
    assert stream.ask({"op": "subscribe", "args": monster})["success"]
    exchange.thread.call(lambda server: next(iter(server.connections)).topics.add("x" * 21_000))
    assert not stream.subscribe("tickers.BTCUSDT")["success"]


def test_tickers_are_a_snapshot_and_then_what_has_changed(stream: Stream, exchange: EmbeddedExchange) -> None:
    stream.subscribe("tickers.BTCUSDT")
    first = stream.topic("tickers.BTCUSDT")
    assert first["type"] == "snapshot"
    assert first["data"]["lastPrice"] == "65000.00"
    exchange.quote("BTCUSDT", "65001", bid="65000", mark="65000", index="65000", ask="65000.10")
    change = stream.topic("tickers.BTCUSDT")
    assert change["type"] == "delta"
    assert change["data"]["lastPrice"] == "65001.00"
    assert change["data"]["symbol"] == "BTCUSDT"
    assert "markPrice" not in change["data"]
    assert change["cs"] > first["cs"]
    assert stream.is_quiet(0.25), "nothing changes, nothing is sent"


def test_a_later_subscriber_and_an_earlier_one_end_with_the_same_ticker(exchange: EmbeddedExchange) -> None:
    with Stream(exchange.urls.ws_public) as early, Stream(exchange.urls.ws_public) as late:
        early.subscribe("tickers.BTCUSDT")
        states: list[Json] = [dict(early.topic("tickers.BTCUSDT")["data"])]
        exchange.quote("BTCUSDT", "65100")
        late.subscribe("tickers.BTCUSDT")
        states.append(dict(late.topic("tickers.BTCUSDT")["data"]))
        exchange.quote("BTCUSDT", "65200")
        for each, state in zip((early, late), states, strict=True):
            while state["lastPrice"] != "65200.00":
                state |= each.topic("tickers.BTCUSDT")["data"]
        assert states[0] == states[1]


def test_next_funding_is_told_in_api_time() -> None:
    with EmbeddedExchange(speed=3600) as exchange:
        wire = Wire(exchange.urls.rest)
        ticker = wire.get("/v5/market/tickers", "category=linear&symbol=BTCUSDT")
        left_ms = int(ticker.result["list"][0]["nextFundingTime"]) - ticker.json["time"]
        assert left_ms <= 8 * 3600 * 1000 / 3600 + 1000, "eight market hours are eight seconds"


def test_trades_come_as_they_happen(stream: Stream, exchange: EmbeddedExchange) -> None:
    stream.subscribe("publicTrade.BTCUSDT")
    exchange.step(MINUTE_MS)
    frame = stream.topic("publicTrade.BTCUSDT")
    trade = frame["data"][0]
    assert frame["type"] == "snapshot"
    assert (trade["s"], trade["BT"]) == ("BTCUSDT", False)
    assert trade["S"] in ("Buy", "Sell")
    recent = Wire(exchange.urls.rest).get("/v5/market/recent-trade", "category=linear&symbol=BTCUSDT").result["list"]
    assert trade["i"] in {row["execId"] for row in recent}


def test_a_candle_is_confirmed_once_when_it_closes(stream: Stream, exchange: EmbeddedExchange) -> None:
    stream.subscribe("kline.1.BTCUSDT")
    running = stream.topic("kline.1.BTCUSDT")["data"][0]
    assert running["confirm"] is False
    assert running["end"] - running["start"] == MINUTE_MS - 1
    exchange.step(2 * MINUTE_MS)
    candles = [stream.topic("kline.1.BTCUSDT")["data"][0]]
    while candles[-1]["start"] < running["start"] + 2 * MINUTE_MS:
        candles.append(stream.topic("kline.1.BTCUSDT")["data"][0])
    closed = [candle["start"] - running["start"] for candle in candles if candle["confirm"]]
    assert closed == [0, MINUTE_MS]
    assert not candles[-1]["confirm"]


def test_candles_end_with_their_calendar() -> None:
    new_year, february = 1_704_067_200_000, 1_706_745_600_000
    assert candle_end(new_year, "5") == new_year + 5 * MINUTE_MS - 1
    assert candle_end(new_year, "W") == new_year + 7 * 24 * 60 * MINUTE_MS - 1
    assert candle_end(new_year, "M") == february - 1
    assert candle_end(february, "M") == february + 29 * 24 * 60 * MINUTE_MS - 1


def test_the_touch_is_told_in_snapshots(stream: Stream, exchange: EmbeddedExchange) -> None:
    stream.subscribe("orderbook.1.BTCUSDT")
    assert stream.topic("orderbook.1.BTCUSDT")["data"]["b"][0][0] == "65000.00"
    exchange.quote("BTCUSDT", "64000", ask="64000.10", ask_size="1.5")
    frame = stream.topic("orderbook.1.BTCUSDT")
    assert (frame["type"], frame["data"]["a"]) == ("snapshot", [["64000.10", "1.500"]])


def test_changes_applied_to_a_book_give_the_book_that_rest_shows(stream: Stream, exchange: EmbeddedExchange) -> None:
    stream.subscribe("orderbook.50.BTCUSDT")
    data = stream.topic("orderbook.50.BTCUSDT")["data"]
    book = {side: dict(data[side]) for side in "ab"}
    for price in ("65000.30", "64999.90", "65010"):
        exchange.quote("BTCUSDT", price)
        change = stream.topic("orderbook.50.BTCUSDT")
        assert change["type"] == "delta"
        for side in "ab":
            book[side] |= dict(change["data"][side])
            book[side] = {level: size for level, size in book[side].items() if size != "0"}
    shown = Wire(exchange.urls.rest).get("/v5/market/orderbook", "category=linear&symbol=BTCUSDT&limit=50").result
    for side, is_bid in (("b", True), ("a", False)):
        levels = sorted(book[side].items(), key=lambda level: Decimal(level[0]), reverse=is_bid)
        assert [list(level) for level in levels] == shown[side]
        assert len(levels) == 50


def test_the_price_band_is_told_when_it_moves(stream: Stream, exchange: EmbeddedExchange) -> None:
    stream.subscribe("priceLimit.BTCUSDT")
    first = stream.topic("priceLimit.BTCUSDT")["data"]
    exchange.quote("BTCUSDT", "60000")
    moved = stream.topic("priceLimit.BTCUSDT")["data"]
    assert Decimal(moved["buyLmt"]) < Decimal(first["buyLmt"])
    shown = Wire(exchange.urls.rest).get("/v5/market/price-limit", "category=linear&symbol=BTCUSDT").result
    assert {name: shown[name] for name in moved} == moved


def test_an_unsubscribed_topic_is_silent_and_may_be_subscribed_again(
    stream: Stream, exchange: EmbeddedExchange
) -> None:
    stream.subscribe("tickers.BTCUSDT")
    stream.topic("tickers.BTCUSDT")
    assert not stream.subscribe("tickers.BTCUSDT")["success"], "already subscribed"
    assert stream.ask({"op": "unsubscribe", "args": ["tickers.BTCUSDT"]})["success"]
    exchange.quote("BTCUSDT", "60000")
    assert stream.is_quiet(0.2)
    assert stream.subscribe("tickers.BTCUSDT")["success"]
    assert stream.topic("tickers.BTCUSDT")["type"] == "snapshot"


@pytest.mark.parametrize(
    ("asked", "seconds"), [("", 600), ("45s", 45), ("2m", 120), ("5s", 30), ("99m", 600), ("soon", 600)]
)
def test_the_idle_time_of_a_stream_can_be_chosen_within_bounds(asked: str, seconds: float) -> None:
    assert alive_time(asked) == seconds
