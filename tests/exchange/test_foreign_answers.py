"""Answers that are not ours, redirects to elsewhere, replies and pushes without measure: none is an answer."""

import gzip
import json
import struct
import zlib
from collections.abc import Callable

import pytest

from gridtrader.domain.types import Amendment
from gridtrader.engine.ports import Accepted, Lane, StreamDown, StreamLost, StreamUp, Unknown, Unreachable
from gridtrader.exchange.body import UnfitBody
from tests.exchange.support.captures import WALLET_PUSH, WALLET_REPLY, fresh
from tests.exchange.support.http_stub import Answer, Behaviour, HttpStub, Request, acknowledged, ok
from tests.exchange.support.private import Private
from tests.exchange.support.rig import Rig, new_order
from tests.exchange.support.waiting import until
from tests.exchange.support.ws_stub import WsStub

MakeRig = Callable[..., Rig]
MakePrivate = Callable[..., Private]

# --- answers to somebody else's request ---

COMMANDS: dict[str, Callable[[Rig], object]] = {
    "place": lambda rig: rig.client.place([new_order()], Lane.TRADE)[0],
    "amend": lambda rig: rig.client.amend([Amendment("BTCUSDT", "mine", None, new_order().qty)], Lane.TRADE)[0],
    "cancel": lambda rig: rig.client.cancel("BTCUSDT", ["mine"], Lane.PROTECT)[0],
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "result", [{"orderLinkId": "other"}, {"orderLinkId": ""}, {}, {"orderLinkId": None}, {"orderLinkId": ["mine"]}]
)
def test_an_acknowledgement_of_another_order_leaves_ours_open(
    stub: HttpStub, rig: MakeRig, command: str, result: dict[str, object]
) -> None:
    stub.answer = lambda _: ok({"orderId": "id-1", **result})
    outcome = COMMANDS[command](rig())
    assert isinstance(outcome, Unknown)
    assert "orderLinkId" in outcome.reason


@pytest.mark.parametrize("command", COMMANDS)
def test_an_acknowledgement_of_our_order_is_accepted(stub: HttpStub, rig: MakeRig, command: str) -> None:
    stub.answer = acknowledged
    assert COMMANDS[command](rig()) == Accepted("id-1")


def test_after_an_answer_that_is_not_ours_the_connection_is_not_used_again(stub: HttpStub, rig: MakeRig) -> None:
    """Answers that have come out of step stay so: each would be taken for that to the next request."""
    stub.answer = lambda request: (
        ok({"orderId": "id-0", "orderLinkId": "of the request before"})
        if request.json["orderLinkId"] == new_order(0).link_id
        else acknowledged(request)
    )
    made = rig()
    assert isinstance(made.client.place([new_order(0)], Lane.TRADE)[0], Unknown)
    assert made.client.place([new_order(1)], Lane.TRADE) == [Accepted("id-1")]
    assert stub.connections == 2


@pytest.mark.parametrize("read", ["wallet", "quote"])
def test_a_read_that_does_not_fit_ends_its_connection_too(stub: HttpStub, rig: MakeRig, read: str) -> None:
    stub.answer = lambda _: ok({"list": []})
    client = rig().client
    for _ in range(2):
        with pytest.raises(Unreachable):
            client.wallet() if read == "wallet" else client.quote("BTCUSDT")
    assert stub.connections >= 2


def test_a_second_answer_to_one_request_answers_no_other(stub: HttpStub, rig: MakeRig) -> None:
    def twice(request: Request) -> Behaviour:
        right = acknowledged(request).body
        late = ok({"orderId": "late", "orderLinkId": new_order(1).link_id}).body
        head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"
        return Answer(right + head % len(late) + late, headers={"Content-Length": str(len(right))})

    stub.answer = twice
    made = rig()
    made.client.place([new_order(0)], Lane.TRADE)
    stub.answer = acknowledged
    assert made.client.place([new_order(1)], Lane.TRADE) == [Accepted("id-1")]


# --- redirects ---


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_of_a_stream_is_not_followed_with_our_login(
    stream: WsStub, private: MakePrivate, status: int
) -> None:
    elsewhere = WsStub()
    stream.handshake_status = status
    stream.handshake_location = f"{elsewhere.url}/v5/private"
    made = private()
    made.sink.wait_for(StreamLost)
    assert elsewhere.attempts == 0
    assert made.sink.of(StreamUp) == []
    elsewhere.close()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_of_a_request_is_not_followed_and_its_body_not_read(
    stub: HttpStub, rig: MakeRig, status: int
) -> None:
    elsewhere = HttpStub(acknowledged)
    bomb = gzip.compress(b"0" * 100_000)
    headers = {"Location": f"{elsewhere.url}/v5/order/create", "Content-Encoding": "gzip"}
    stub.answer = lambda _: Answer(bomb, status, headers)
    (outcome,) = rig(max_message_bytes=10_000).client.place([new_order()], Lane.TRADE)
    assert isinstance(outcome, Unknown)
    assert elsewhere.requests == []
    elsewhere.close()


# --- sizes ---


def wallet_reply(padding: int) -> bytes:
    return json.dumps({**fresh(WALLET_REPLY), "padding": "0" * padding}).encode()


@pytest.mark.parametrize("is_packed", [False, True])
def test_a_reply_is_taken_up_to_its_limit_and_not_beyond(stub: HttpStub, rig: MakeRig, is_packed: bool) -> None:
    def answer(size: int) -> Answer:
        body = wallet_reply(size - len(wallet_reply(0)))
        assert len(body) == size
        return Answer(gzip.compress(body), headers={"Content-Encoding": "gzip"}) if is_packed else Answer(body)

    client = rig(max_message_bytes=100_000, max_clock_skew_ms=10**13).client
    stub.answer = lambda _: answer(100_000)
    assert client.wallet().available > 0
    stub.answer = lambda _: answer(100_001)
    with pytest.raises(Unreachable, match="a body of more than 100000 bytes"):
        client.wallet()


def test_a_bomb_is_given_up_at_the_limit_and_leaves_the_command_open(stub: HttpStub, rig: MakeRig) -> None:
    bomb = gzip.compress(b"0" * 40_000_000)
    stub.answer = lambda _: Answer(bomb, headers={"Content-Encoding": "gzip"})
    (outcome,) = rig().client.place([new_order()], Lane.TRADE)
    assert isinstance(outcome, Unknown)
    assert "a body of more than 16777216 bytes" in outcome.reason


@pytest.mark.parametrize(
    ("body", "packing", "words"),
    [
        (zlib.compress(b"{}"), "deflate", "packed as 'deflate'"),
        (b"{}", "br", "packed as 'br'"),
        (b"{}", "gzip", "a damaged body"),
        (gzip.compress(b'{"retCode":0}', mtime=0)[:-9], "gzip", "not complete"),
    ],
    ids=["deflate", "br", "not packed", "cut short"],
)
def test_a_body_that_is_packed_wrongly_is_no_answer(
    stub: HttpStub, rig: MakeRig, body: bytes, packing: str, words: str
) -> None:
    stub.answer = lambda _: Answer(body, headers={"Content-Encoding": packing})
    with pytest.raises(Unreachable, match=words):
        rig().client.wallet()
    assert issubclass(UnfitBody, ValueError)


def test_only_a_packing_that_is_understood_is_asked_for(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = acknowledged
    rig().client.place([new_order()], Lane.TRADE)
    assert stub.requests[-1].headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize("in_fragments", [False, True])
def test_a_push_without_measure_ends_the_connection(stream: WsStub, private: MakePrivate, in_fragments: bool) -> None:
    made = private(max_message_bytes=200_000, silence_s=5.0)
    made.sink.wait_for(StreamUp)
    first, more = (0x01, 0x00) if in_fragments else (0x81, 0x81)
    size = 30_000 if in_fragments else 300_000
    frame = struct.pack("!BBQ", 0, 127, size)[1:] + b"0" * size
    ping = bytes([0x89, 1]) + b"p"
    try:
        stream.last.sock.sendall(bytes([first]) + frame)
        for _ in range(10):
            stream.last.sock.sendall(ping + bytes([more]) + frame)  # pings between the fragments change nothing
    except OSError:
        pass  # it has ended already
    (down, *_) = made.sink.wait_for(StreamDown)
    assert "a message of more than 200000 bytes" in down.reason
    made.sink.wait_for(StreamUp, 2)


def test_many_messages_together_may_be_larger_than_one(stream: WsStub, private: MakePrivate) -> None:
    made = private(max_message_bytes=3000)
    made.sink.wait_for(StreamUp)
    for _ in range(20):
        stream.last.send_text(WALLET_PUSH)
    until(lambda: len(made.messages) == 20, "all of them")
    assert made.sink.of(StreamDown) == []
