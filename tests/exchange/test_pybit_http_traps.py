"""pybit's HTTP traps (retries, sleeps, lost codes, odd exceptions, secrets in logs), each provoked over a socket."""

import logging
import threading
import time
from collections.abc import Callable
from decimal import Decimal

import pytest

from gridtrader.engine.ports import Accepted, Lane, Refusal, Refused, Rejected, Unknown, Unreachable
from gridtrader.exchange.http import BybitHTTP
from tests.exchange.support.http_stub import (
    KEY,
    SECRET,
    Answer,
    Behaviour,
    Cut,
    Drip,
    HalfBody,
    Hang,
    HttpStub,
    coded,
    ok,
)
from tests.exchange.support.rig import API_KEY, Rig, new_order
from tests.exchange.support.waiting import until

MakeRig = Callable[..., Rig]
ACK = ok({"orderId": "id-1", "orderLinkId": new_order().link_id})


def place(rig: Rig) -> object:
    (outcome,) = rig.client.place([new_order()], Lane.TRADE)
    return outcome


@pytest.mark.parametrize(
    ("code", "refusal"), [(10002, Refusal.CLOCK), (10006, Refusal.RATE), (30034, Refusal.OTHER), (-1, None)]
)
def test_h1_h2_h5_no_code_is_sent_again_slept_over_or_lost(
    stub: HttpStub, rig: MakeRig, code: int, refusal: Refusal | None
) -> None:
    stub.answer = lambda _: coded(code, "some words")
    started = time.monotonic()
    outcome = place(rig())
    assert time.monotonic() - started < 1
    assert len(stub.paths()) == 1
    if refusal is None:
        assert outcome == Unknown(f"some words (retCode {code})")
    else:
        assert outcome == Rejected(refusal, code, "some words")


@pytest.mark.parametrize("reset_ms", ["0", "1", "9999999999999", "99999999999999999999999", "", "soon", "-5"])
def test_h3_a_rate_limit_is_an_answer_whatever_its_reset_header_says(
    stub: HttpStub, rig: MakeRig, reset_ms: str
) -> None:
    stub.answer = lambda _: coded(10006, "Too many visits!", headers={"X-Bapi-Limit-Reset-Timestamp": reset_ms})
    made = rig(bucket_pause_min_s=0.05, bucket_pause_max_s=0.1)
    started = time.monotonic()
    assert place(made) == Rejected(Refusal.RATE, 10006, "Too many visits!")
    assert time.monotonic() - started < 1
    stub.answer = lambda _: ACK
    assert place(made) == Accepted("id-1")
    assert time.monotonic() - started >= 0.05


def test_h3_a_rate_limit_without_its_header_is_an_answer_too(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = lambda _: coded(10006, "Too many visits!")
    assert place(rig()) == Rejected(Refusal.RATE, 10006, "Too many visits!")


def test_h4_a_wrong_clock_is_learned_from_the_refusal_and_right_the_next_time(stub: HttpStub, rig: MakeRig) -> None:
    def server_ms() -> int:
        return time.time_ns() // 1_000_000 + 90_000

    stub.answers_time = False
    stub.answer = lambda request: (
        coded(10016, "no time today")
        if request.path == "/v5/market/time"
        else ACK
        if abs(int(request.headers["x-bapi-timestamp"]) - server_ms()) < 1000
        else coded(10002, "invalid request, please check your server timestamp", time_ms=server_ms())
    )
    made = rig()
    assert place(made) == Rejected(Refusal.CLOCK, 10002, "invalid request, please check your server timestamp")
    assert place(made) == Accepted("id-1")
    windows = {request.headers["x-bapi-recv-window"] for request in stub.requests if "x-bapi-sign" in request.headers}
    assert windows == {"5000"}


def test_h4_the_time_is_asked_for_before_anything_is_signed(stub: HttpStub, rig: MakeRig) -> None:
    stub.answers_time = False
    ahead_ms = 600_000
    stub.answer = lambda _: ok(
        {"orderId": "id-1", "orderLinkId": new_order().link_id}, time_ms=time.time_ns() // 1_000_000 + ahead_ms
    )
    made = rig()
    assert place(made) == Accepted("id-1")
    assert [request.path for request in stub.requests] == ["/v5/market/time", "/v5/order/create"]
    signed_ms = int(stub.requests[1].headers["x-bapi-timestamp"])
    assert abs(signed_ms - time.time_ns() // 1_000_000 - ahead_ms) < 1000
    assert abs(made.client.skew.skew_ms - ahead_ms) < 1000


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 502, 503])
def test_h6_a_status_other_than_200_leaves_a_command_open_and_fails_a_read(
    stub: HttpStub, rig: MakeRig, status: int
) -> None:
    stub.answer = lambda _: Answer(b"<html>sorry</html>", status)
    made = rig()
    outcome = place(made)
    assert isinstance(outcome, Unknown)
    assert f"HTTP {status}" in outcome.reason
    with pytest.raises(Unreachable, match=f"HTTP {status}"):
        made.client.wallet()
    assert "<html>sorry</html>" in made.log.text


def test_h6_an_error_code_under_a_bad_status_is_still_understood(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = lambda _: coded(10003, "API key is invalid.", status=401)
    assert place(rig()) == Rejected(Refusal.KEY, 10003, "API key is invalid.")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_h6_a_server_in_trouble_is_not_believed_even_if_it_says_no(stub: HttpStub, rig: MakeRig, status: int) -> None:
    stub.answer = lambda _: coded(10001, "no", status=status)
    assert isinstance(place(rig()), Unknown)


def test_h6_success_under_a_bad_status_is_no_success(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = lambda _: Answer(ACK.body, 202)
    assert isinstance(place(rig()), Unknown)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"null",
        b"[]",
        b'"OK"',
        b"{}",
        b'{"retCode":"0"}',
        b'{"retCode":null,"retMsg":"OK"}',
        b'{"retCode":0}',
        b'{"retCode":0,"retMsg":"OK"}',
        b'{"retCode":0,"retMsg":"OK","result":[]}',
        b'{"retCode":0,"retMsg":"OK","result":{}}',
        b'{"retCode":0,"retMsg":"OK","result":{"orderId":""}}',
        b'{"ret_code":0,"ret_msg":"OK","result":{"orderId":"x"}}',
        b"\xff\xfe\x00",
        b"[" * 100_000,
    ],
)
def test_h6_a_body_that_is_no_envelope_is_no_success(stub: HttpStub, rig: MakeRig, body: bytes) -> None:
    stub.answer = lambda _: Answer(body)
    assert isinstance(place(rig()), Unknown)


@pytest.mark.parametrize("behaviour", [Hang(), Cut(), HalfBody(), Drip(0.02), Drip(0.02, in_header=True)])
def test_h7_h8_an_answer_that_does_not_come_leaves_the_command_open_and_it_is_sent_once(
    stub: HttpStub, rig: MakeRig, behaviour: Behaviour
) -> None:
    stub.answer = lambda _: behaviour
    made = rig(request_timeout_s=0.3)
    started = time.monotonic()
    outcome = place(made)
    assert time.monotonic() - started < 3
    assert isinstance(outcome, Unknown)
    assert stub.paths() == ["/v5/order/create"]
    with pytest.raises(Unreachable):
        made.client.wallet()


def test_h7_the_connection_recovers_after_an_answer_that_did_not_come(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = lambda _: Drip(0.02)
    made = rig(request_timeout_s=0.2)
    assert isinstance(place(made), Unknown)
    stub.answer = lambda _: ACK
    assert place(made) == Accepted("id-1")


def test_h7_a_refused_connection_leaves_the_command_open(stub: HttpStub, rig: MakeRig) -> None:
    made = rig()
    stub.close()
    outcome = place(made)
    assert isinstance(outcome, Unknown)
    assert "ConnectionError" in outcome.reason


def test_h9_h10_one_connection_serves_all_requests(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = lambda _: ACK
    made = rig()
    for _ in range(5):
        place(made)
    assert stub.connections == 1


def test_h11_no_client_adds_a_log_handler_anywhere(stub: HttpStub, rig: MakeRig) -> None:
    root, pybit = logging.getLogger(), logging.getLogger("pybit")
    kept = root.handlers[:]
    root.handlers.clear()  # pybit adds its own exactly when the root has none
    try:
        before = {name: list(logging.getLogger(name).handlers) for name in ("pybit", "pybit._http_manager")}
        for _ in range(3):
            rig()
        assert {name: list(logging.getLogger(name).handlers) for name in before} == before
        assert pybit.handlers == before["pybit"]
    finally:
        root.handlers[:] = kept


def test_h11_neither_log_nor_repr_nor_error_shows_key_or_secret(stub: HttpStub, rig: MakeRig) -> None:
    quoting = f"error sign! origin_string[1750000000000{KEY}5000{SECRET}]"
    stub.answer = lambda _: coded(10004, quoting)
    made = rig()
    outcome = place(made)
    with pytest.raises(Refused) as caught:
        made.client.wallet()
    stub.answer = lambda _: Answer(f"<html>{KEY} {SECRET}</html>".encode(), 500)
    open_outcome = place(made)
    http = BybitHTTP(stub.url, API_KEY, lambda: 1, 1.0, 5000, 1000)
    shown = f"{outcome} {open_outcome} {caught.value} {caught.value.text} {made.client!r} {http!r} {made.log.text}"
    assert "origin_string" in shown
    assert KEY not in shown
    assert SECRET not in shown


def test_h12_numbers_go_out_as_plain_text(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = lambda _: ACK
    made = rig()
    made.client.place([new_order(price=Decimal("1E-7"), qty=Decimal("1E+3"))], Lane.TRADE)
    sent = stub.requests[-1].json
    assert (sent["price"], sent["qty"]) == ("0.0000001", "1000")


def test_h14_signatures_fit_the_raw_bytes_of_get_and_post(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = lambda request: (
        ok({"list": [], "nextPageCursor": ""}) if request.method == "GET" else coded(10001, "no")
    )
    made = rig()
    place(made)
    made.client.open_orders()
    signed = [request for request in stub.requests if "x-bapi-sign" in request.headers]
    assert [request.method for request in signed] == ["POST", "GET"]
    assert all(request.is_signed() for request in signed)


def test_a_redirect_is_not_followed_with_the_signed_headers(stub: HttpStub, rig: MakeRig) -> None:
    other = HttpStub(lambda _: ACK)
    stub.answer = lambda _: Answer(b"", 307, {"Location": other.url})
    assert isinstance(place(rig()), Unknown)
    assert other.requests == []
    other.close()


def test_no_proxy_or_netrc_of_the_environment_is_used(
    stub: HttpStub, rig: MakeRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "")
    stub.answer = lambda _: ACK
    assert place(rig()) == Accepted("id-1")


def test_the_base_may_have_a_path(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = lambda _: ACK
    assert place(rig("/demo")) == Accepted("id-1")
    assert stub.requests[-1].path == "/demo/v5/order/create"


def test_a_public_request_is_not_signed(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = lambda _: ok({"list": []})
    with pytest.raises(Refused):
        rig().client.instrument("BTCUSDT")
    assert not [name for name in stub.requests[-1].headers if name.startswith("x-bapi")]


def test_a_close_ends_a_request_under_way(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = lambda _: Hang()
    made = rig(request_timeout_s=30)
    outcomes: list[object] = []
    thread = threading.Thread(target=lambda: outcomes.append(place(made)))
    thread.start()
    until(lambda: "/v5/order/create" in stub.paths(), "the order is sent")
    made.client.close()
    thread.join(5)
    assert isinstance(outcomes[0], Unknown)
