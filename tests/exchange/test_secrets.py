"""Whatever the exchange says and wherever it says it: no text that leaves the edge shows key, secret or signature."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridtrader.domain.types import Amendment
from gridtrader.engine.ports import Accepted, GatewayError, Lane, StreamDown, StreamLost, StreamMessage, StreamUp
from gridtrader.exchange.credentials import ApiKey
from gridtrader.exchange.hosts import Hosts
from tests.exchange.support.captures import ORDER_PUSH, WALLET_PUSH, fresh
from tests.exchange.support.http_stub import KEY, SECRET, Answer, HttpStub, Request
from tests.exchange.support.private import Private
from tests.exchange.support.rig import Rig, new_order
from tests.exchange.support.ws_stub import WsStub

MakeRig = Callable[..., Rig]
MakePrivate = Callable[..., Private]

SIGNATURE = "0123456789abcdef" * 4
SPOTS = ["retCode", "retMsg", "result", "retExtInfo", "time", "list", "orderId", "orderLinkId", "code", "msg", "row"]


def reply(spot: str, words: str, status: int, *, is_json: bool) -> Answer:
    """Return an answer in which `words` stand at one place."""
    item = {"orderId": "id", "orderLinkId": new_order().link_id, "symbol": "BTCUSDT", "orderStatus": "New"}
    verdict: dict[str, object] = {"code": 110007, "msg": "no"}
    content: dict[str, object] = {
        "retCode": 10004 if spot == "retMsg" else 0,
        "retMsg": "OK",
        "result": {**item, "list": [item, item]},
        "retExtInfo": {"list": [verdict, verdict]},
        "time": 1_750_000_000_000,
    }
    if spot in item:
        item[spot] = words
        content["result"] = {**item, "list": [item, item]}
    elif spot in verdict:
        verdict[spot] = words
    elif spot == "list":
        content["result"] = {"list": words}
    elif spot == "row":
        content["result"] = {**item, "list": [words]}
    else:
        content[spot] = words
    return Answer(json.dumps(content).encode() if is_json else f"<html>{words}".encode(), status)


def everything(rig: Rig) -> list[object]:
    """Return all that the client says when it is asked for everything."""
    client = rig.client
    told: list[object] = [
        *client.place([new_order()], Lane.TRADE),
        *client.place([new_order(0), new_order(1)], Lane.TRADE),
        *client.amend([Amendment("BTCUSDT", "name", None, new_order().qty)], Lane.TRADE),
        client.cancel_all("BTCUSDT"),
        client.set_hedge_mode("BTCUSDT"),
    ]
    reads: list[Callable[[], object]] = [
        client.wallet, client.account_mode, client.positions, client.open_orders,
        lambda: client.order("BTCUSDT", "name"), lambda: client.positions_of("BTCUSDT"),
        lambda: client.executions("BTCUSDT", 0, 1), lambda: client.quote("BTCUSDT"),
        lambda: client.fee_rates("BTCUSDT"), lambda: client.instrument("BTCUSDT"),
    ]  # fmt: skip
    for read in reads:
        try:
            read()
        except GatewayError as error:
            told += [error, getattr(error, "text", "")]
    return told


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_outcome_error_or_log_line_of_a_request_shows_a_secret(
    stub: HttpStub, rig: MakeRig, data: st.DataObject
) -> None:
    spot, status = data.draw(st.sampled_from(SPOTS)), data.draw(st.sampled_from([200, 200, 401, 500]))
    is_json = data.draw(st.booleans())
    around = st.text("[]:ghz… ,", max_size=5)
    words = data.draw(around).join([KEY, SECRET, SIGNATURE, data.draw(st.sampled_from([KEY, "signed"]))])
    signed: list[str] = []

    def answer(request: Request) -> Answer:
        signature = request.headers.get("x-bapi-sign", SIGNATURE)
        signed.append(signature)
        return reply(spot, f"{words} {signature}", status, is_json=is_json)

    stub.answer = answer
    made = rig(order_requests_per_s=100, max_clock_skew_ms=10**13)
    texts = [told for told in everything(made) if not isinstance(told, Accepted)]  # bears an identifier and no text
    shown = " ".join(f"{told} {told!r}" for told in texts) + made.log.text + repr(made.client)
    assert signed
    for secret in (KEY, SECRET, *signed):
        assert secret not in shown


def of_the_stream(made: Private) -> str:
    """Return all texts the stream has told, and its log."""
    told = [f"{event.topic} {event.text} {event.errors}" for event in made.sink.of(StreamMessage)]
    told += [event.reason for event in made.sink.of(StreamDown)] + [
        event.reason for event in made.sink.of(StreamLost)
    ]
    return " ".join(told) + made.log.text + repr(made.stream)


PUSHES: list[Any] = [
    {**fresh(ORDER_PUSH), "topic": f"{KEY} {SECRET}"},
    {**fresh(WALLET_PUSH), "creationTime": f"{KEY} {SIGNATURE}"},
    {**fresh(ORDER_PUSH), "data": [{**fresh(ORDER_PUSH)["data"][0], "qty": SECRET}]},
    {"op": "weird", "ret_msg": KEY},
    {"op": "subscribe", "req_id": f"not ours {KEY}", "success": True, "ret_msg": SIGNATURE},
    f"no JSON {SECRET}",
    {"op": "auth", "success": False, "ret_msg": f"{KEY} {SECRET} {SIGNATURE}"},
]


def test_no_event_or_log_line_of_a_stream_shows_a_secret(stream: WsStub, private: MakePrivate) -> None:
    made = private()
    made.sink.wait_for(StreamUp)
    for push in PUSHES:
        stream.last.send(push)
    made.sink.wait_for(StreamDown)
    assert len(made.messages) == 5
    shown = of_the_stream(made)
    for secret in (KEY, SECRET, SIGNATURE, str(stream.connections[0].received[0]["args"][2])):  # type: ignore[index]
        assert secret not in shown


def test_a_login_that_is_refused_with_our_own_words_shows_none_of_them(stream: WsStub, private: MakePrivate) -> None:
    stream.login_text = f"{KEY} {SECRET} {SIGNATURE}"
    made = private()
    made.sink.wait_for(StreamLost)
    for secret in (KEY, SECRET, SIGNATURE):
        assert secret not in of_the_stream(made)


@given(st.text("abc 12:[]\"'", max_size=20), st.text("abc 12:[]\"'", max_size=20))
def test_a_masked_text_keeps_everything_but_the_secrets(before: str, after: str) -> None:
    key = ApiKey(KEY, SECRET)
    assert key.mask(f"{before}{KEY}{after}") == f"{before}{key.masked}{after}"
    assert key.mask(f"{before}|{SIGNATURE}|{after}") == f"{before}|…|{after}"


@pytest.mark.parametrize("place", ["rest", "ws_private", "ws_public"])
def test_an_address_with_a_password_is_refused_without_showing_it(place: str) -> None:
    urls = {"rest": "https://x", "ws_private": "wss://x", "ws_public": "wss://x"}
    urls[place] = urls[place].replace("//", "//user:topsecret@")
    with pytest.raises(ValueError, match=rf"hosts\.{place}: a user name or password") as caught:
        Hosts(**urls)
    assert "topsecret" not in str(caught.value)
