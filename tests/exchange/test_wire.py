import logging
import threading
import time
from collections.abc import Callable

import pytest

from gridtrader.engine.ports import Accepted, Lane, Refusal, Refused, Rejected
from gridtrader.exchange.endpoints import Endpoint
from gridtrader.exchange.rate_budget import NoBudget
from tests.exchange.support.captures import INSTRUMENTS_REPLY, fresh
from tests.exchange.support.http_stub import Answer, HttpStub, coded, ok
from tests.exchange.support.rig import Rig, new_order

MakeRig = Callable[..., Rig]
ACK = ok({"orderId": "id-1", "orderLinkId": new_order().link_id})


BARRED = "Too many visits. Exceeded the IP Rate Limit."
BARS = [
    pytest.param(Answer(b"403, access too frequent", 403), "HTTP 403, access too frequent", id="text"),
    *(
        pytest.param(coded(10018, BARRED, status=status), BARRED, id=f"envelope {status}")
        for status in (200, 400, 403)
    ),
]
"""What says that the address has asked too often, and how that is told."""


@pytest.mark.parametrize(("answer", "text"), BARS)
def test_an_address_that_is_barred_falls_silent_for_all_accounts(
    stub: HttpStub, rig: MakeRig, answer: Answer, text: str
) -> None:
    stub.answer = lambda _: answer
    made = rig()
    (outcome,) = made.client.place([new_order()], Lane.TRADE)
    assert outcome == Rejected(Refusal.RATE, 10018, text)
    sent = len(stub.requests)
    (second,) = made.client.place([new_order()], Lane.EMERGENCY)
    assert isinstance(second, Rejected)
    assert second.refusal is Refusal.RATE
    assert second.text.startswith("not sent: ")
    with pytest.raises(Refused, match="not sent") as caught:
        made.client.wallet()
    assert caught.value.refusal is Refusal.RATE
    assert len(stub.requests) == sent
    assert "has barred this address" in made.log.text
    with pytest.raises(NoBudget):  # nor does any other account send
        made.budget.account("002").acquire(Endpoint.TIME, 1, Lane.READ)


@pytest.mark.parametrize(("answer", "text"), BARS)
def test_the_silence_of_a_barred_address_ends(stub: HttpStub, rig: MakeRig, answer: Answer, text: str) -> None:
    stub.answer = lambda _: answer
    made = rig(ip_ban_pause_s=0.1)
    assert made.client.place([new_order()], Lane.TRADE) == [Rejected(Refusal.RATE, 10018, text)]
    stub.answer = lambda _: ACK
    started = time.monotonic()
    assert made.client.place([new_order()], Lane.TRADE) == [Accepted("id-1")]
    assert time.monotonic() - started >= 0.05


def test_another_403_is_no_rate_limit(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = lambda _: Answer(b"<html>blocked in your country</html>", 403)
    made = rig()
    made.client.place([new_order()], Lane.TRADE)
    stub.answer = lambda _: ACK
    assert made.client.place([new_order()], Lane.TRADE) == [Accepted("id-1")]


def test_the_limit_an_account_has_is_learned_from_the_header(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = lambda _: Answer(ACK.body, headers={"X-Bapi-Limit": "3"})
    made = rig(budget_wait_s=0.05)
    outcomes = [made.client.place([new_order()], Lane.TRADE)[0] for _ in range(4)]
    assert outcomes[:3] == [Accepted("id-1")] * 3
    assert isinstance(outcomes[3], Rejected)
    assert len(stub.paths()) == 3


@pytest.mark.parametrize("limit", ["0", "-1", "many", "", "٣"])
def test_a_senseless_limit_is_not_learned(stub: HttpStub, rig: MakeRig, limit: str) -> None:
    stub.answer = lambda _: Answer(ACK.body, 200, {"X-Bapi-Limit": limit} if limit.isascii() else {})
    made = rig()
    for _ in range(5):
        assert made.client.place([new_order()], Lane.TRADE) == [Accepted("id-1")]


def test_requests_and_replies_are_logged_in_pairs(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = lambda _: ACK
    made = rig()
    made.client.place([new_order()], Lane.TRADE)
    info = made.log.at(logging.INFO)
    assert info[-2].startswith("> 2 order/create {")
    assert '"orderLinkId": "g_BTC_LA00_1_0"' in info[-2]
    assert info[-1].startswith("< 2 order/create HTTP 200 ")
    assert '"orderId": "id-1"' in info[-1]


def test_a_refusal_is_logged_whole_and_a_long_success_is_cut(stub: HttpStub, rig: MakeRig) -> None:
    made = rig(log_reply_chars=50)
    stub.answer = lambda _: ok({"orderId": "i" * 1000, "orderLinkId": new_order().link_id})
    made.client.place([new_order()], Lane.TRADE)
    assert "characters)" in made.log.at(logging.INFO)[-1]
    stub.answer = lambda _: coded(110007, "w" * 1000)
    made.client.place([new_order()], Lane.TRADE)
    assert "w" * 1000 in made.log.at(logging.WARNING)[-1]


def test_a_soft_code_is_no_warning(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = lambda _: coded(110025, "Position mode is not modified")
    made = rig()
    assert made.client.set_hedge_mode("BTCUSDT") == Accepted("")
    assert made.log.at(logging.WARNING) == []


def test_a_server_time_from_another_age_is_not_believed_and_said(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = lambda _: ok({"orderId": "id-1", "orderLinkId": new_order().link_id}, time_ms=1)
    made = rig()
    assert made.client.place([new_order()], Lane.TRADE) == [Accepted("id-1")]
    assert abs(made.client.skew.skew_ms) < 1000
    assert "is not believed" in made.log.at(logging.ERROR)[0]


def test_requests_of_several_threads_go_one_by_one(stub: HttpStub, rig: MakeRig) -> None:
    inside: list[int] = []
    most: list[int] = []

    def answer(_: object) -> Answer:
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.01)
        inside.pop()
        return ACK

    stub.answer = answer
    made = rig()
    outcomes: list[object] = []
    threads = [
        threading.Thread(target=lambda: outcomes.extend(made.client.place([new_order()], Lane.TRADE)))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert outcomes == [Accepted("id-1")] * 6
    assert max(most) == 1
    assert stub.connections == 1


def test_without_a_key_only_public_reads_are_sent(stub: HttpStub, rig: MakeRig) -> None:
    made = rig(key=None)
    with pytest.raises(Refused, match="needs an API key"):
        made.client.wallet()
    (outcome,) = made.client.place([new_order()], Lane.TRADE)
    assert isinstance(outcome, Rejected)
    assert outcome.refusal is Refusal.KEY
    assert stub.requests == []
    stub.answer = lambda _: ok(fresh(INSTRUMENTS_REPLY)["result"])
    made.client.instrument("BTCUSDT")
    assert stub.paths() == ["/v5/market/instruments-info"]
    assert "no key" in repr(made.client)


def test_a_closed_client_sends_nothing_more(stub: HttpStub, rig: MakeRig) -> None:
    made = rig()
    made.client.close()
    with pytest.raises(Refused):
        made.client.wallet()
    assert stub.requests == []
