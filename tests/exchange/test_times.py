"""A date of the future wins every "newest wins" from then on: none is believed, wherever it stands."""

from collections.abc import Callable
from typing import Any

import pytest

from gridtrader.engine.ports import StreamMessage, StreamUp, Unreachable
from gridtrader.exchange import rows
from gridtrader.exchange.fields import EARLIEST_MS, BadMessage
from gridtrader.exchange.market import TickerBook
from gridtrader.exchange.messages import private_message
from gridtrader.exchange.skew import ClockSkew
from tests.exchange.support.captures import (
    EXECUTION_PUSH,
    LATEST,
    ORDER_PUSH,
    ORDER_ROW,
    POSITION_PUSH,
    TICKER_ROW,
    TICKER_SNAPSHOT,
    WALLET_PUSH,
    WALLET_REPLY,
    fresh,
)
from tests.exchange.support.clocks import FakeClock, RealClock
from tests.exchange.support.http_stub import HttpStub, ok
from tests.exchange.support.private import Private
from tests.exchange.support.rig import Rig
from tests.exchange.support.ws_stub import WsStub

MakeRig = Callable[..., Rig]
MakePrivate = Callable[..., Private]

YEAR_3000 = 32_503_680_000_000
ABSURD = [LATEST + 1, YEAR_3000, 10**18, 0, -1, 1_750_000_000, EARLIEST_MS - 1]
DATED = [
    (rows.order_report, ORDER_PUSH, "createdTime"),
    (rows.order_report, ORDER_PUSH, "updatedTime"),
    (rows.execution, EXECUTION_PUSH, "execTime"),
    (rows.position_report, POSITION_PUSH, "updatedTime"),
]


@pytest.mark.parametrize("time_ms", ABSURD)
@pytest.mark.parametrize(("parse", "push", "field"), DATED)
def test_a_row_of_the_future_or_of_no_age_is_an_error(
    parse: Callable[[object, str, int], object], push: str, field: str, time_ms: int
) -> None:
    row = fresh(push)["data"][0]
    for sent in (time_ms, str(time_ms)):
        with pytest.raises(BadMessage, match=f"{field} is '?{time_ms}'?, allowed: a time in ms"):
            parse({**row, field: sent}, "row", LATEST)


@pytest.mark.parametrize(("parse", "push", "field"), DATED)
def test_the_last_moment_that_can_be_is_believed(
    parse: Callable[[object, str, int], object], push: str, field: str
) -> None:
    assert parse({**fresh(push)["data"][0], field: str(LATEST)}, "row", LATEST) is not None


@pytest.mark.parametrize("time_ms", ABSURD)
@pytest.mark.parametrize("push", [ORDER_PUSH, EXECUTION_PUSH, POSITION_PUSH, WALLET_PUSH])
def test_a_push_of_the_future_is_an_error_and_nothing_else(push: str, time_ms: int) -> None:
    message = private_message({**fresh(push), "creationTime": time_ms}, "", LATEST)
    assert f"creationTime is {time_ms}" in message.errors[0]
    assert (message.orders, message.executions, message.positions, message.wallet) == ((), (), (), None)


def test_a_row_of_the_future_does_not_hide_the_others() -> None:
    push = fresh(ORDER_PUSH)
    push["data"].append({**push["data"][0], "updatedTime": str(YEAR_3000)})
    message = private_message(push, "", LATEST)
    assert (len(message.orders), len(message.errors)) == (1, 1)


def test_a_flat_side_that_never_traded_may_have_no_time() -> None:
    for none in ("", "0", 0):
        flat = rows.position_report({**fresh(POSITION_PUSH)["data"][1], "updatedTime": none}, "row", LATEST)
        assert flat is not None
        assert flat.updated_ms == 0


def test_a_price_of_the_future_is_no_price() -> None:
    book = TickerBook("BTCUSDT", 1000)
    with pytest.raises(BadMessage, match="ts is 32503680000000"):
        book.update({**fresh(TICKER_SNAPSHOT), "ts": YEAR_3000}, LATEST)
    assert book.update(fresh(TICKER_SNAPSHOT), LATEST) is not None


def test_the_future_begins_five_seconds_after_the_exchanges_time_and_not_after_ours() -> None:
    skew = ClockSkew(FakeClock(1_750_000_000_000), limit_ms=3_600_000, tolerance_ms=5000)
    assert skew.latest_ms() == 1_750_003_600_000  # nobody has told the exchange's time yet
    skew.observe(1_750_000_000_000, 1_750_000_000_000, 1_750_000_090_000)
    assert skew.latest_ms() == 1_750_000_095_000


def test_the_stream_takes_nothing_from_beyond_the_exchanges_time(stream: WsStub, private: MakePrivate) -> None:
    made = private()
    now = RealClock().now_ms()
    made.skew.observe(now, now, now + 600_000)  # the exchange is ten minutes ahead of us
    made.sink.wait_for(StreamUp)
    stream.last.send({**fresh(WALLET_PUSH), "creationTime": now + 600_000})
    stream.last.send({**fresh(WALLET_PUSH), "creationTime": now + 660_000})
    near, far = made.sink.wait_for(StreamMessage, 2)
    assert near.wallet is not None
    assert far.wallet is None
    assert "creationTime" in far.errors[0]


def reply(path: str, time_ms: int) -> Any:
    if path.endswith("wallet-balance"):
        return ok(fresh(WALLET_REPLY)["result"], time_ms=time_ms)
    return ok({"list": [fresh(TICKER_ROW)]}, time_ms=time_ms)


@pytest.mark.parametrize("time_ms", [YEAR_3000, 1, 1_750_000_000])
def test_a_reply_of_the_future_gives_neither_wallet_nor_price(stub: HttpStub, rig: MakeRig, time_ms: int) -> None:
    stub.answer = lambda request: reply(request.path, time_ms)
    client = rig().client
    for read in (client.wallet, lambda: client.quote("BTCUSDT")):
        with pytest.raises(Unreachable, match=f"time is {time_ms}, allowed: a time in ms"):
            read()


def test_an_order_of_the_future_fails_the_list_it_stands_in(stub: HttpStub, rig: MakeRig) -> None:
    late = {**fresh(ORDER_ROW), "updatedTime": str(RealClock().now_ms() + 60_000)}
    stub.answer = lambda _: ok({"list": [late], "nextPageCursor": ""})
    with pytest.raises(Unreachable, match="updatedTime is"):
        rig().client.open_orders("BTCUSDT")
