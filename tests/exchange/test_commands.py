from collections.abc import Callable, Sequence
from decimal import Decimal

import pytest

from gridtrader.domain.types import Amendment, Side
from gridtrader.engine.ports import Accepted, Lane, Refusal, Rejected, Unknown
from gridtrader.exchange.endpoints import Endpoint
from tests.exchange.support.http_stub import Answer, Behaviour, Hang, HttpStub, Request, acknowledged, coded, ok
from tests.exchange.support.rig import Rig, new_order

MakeRig = Callable[..., Rig]


def items_of(request: Request) -> list[dict[str, object]]:
    items = request.json["request"]
    assert isinstance(items, list)
    return items


def batch_answer(request: Request, codes: Sequence[int] | None = None) -> Answer:
    """Answer a batch as Bybit does: two parallel lists, an empty id for what was refused."""
    items = items_of(request)
    codes = codes if codes is not None else [0] * len(items)
    return ok(
        {
            "list": [
                {
                    "category": "linear",
                    "symbol": item["symbol"],
                    "orderId": "" if code else f"id-of-{item['orderLinkId']}",
                    "orderLinkId": item["orderLinkId"],
                    "createAt": "",
                }
                for item, code in zip(items, codes, strict=True)
            ]
        },
        extra={"list": [{"code": code, "msg": f"code {code}"} for code in codes]},
    )


# --- what is sent ---


@pytest.mark.parametrize(
    ("side", "reduce_only", "direction", "index"),
    [
        (Side.LONG, False, "Buy", 1),
        (Side.LONG, True, "Sell", 1),
        (Side.SHORT, False, "Sell", 2),
        (Side.SHORT, True, "Buy", 2),
    ],
)
def test_an_order_carries_direction_and_index_of_its_side(
    stub: HttpStub, rig: MakeRig, side: Side, reduce_only: bool, direction: str, index: int
) -> None:
    stub.answer = acknowledged
    rig().client.place([new_order(side=side, reduce_only=reduce_only)], Lane.TRADE)
    assert stub.requests[-1].json == {
        "category": "linear",
        "symbol": "BTCUSDT",
        "side": direction,
        "positionIdx": index,
        "orderType": "Limit",
        "timeInForce": "GTC",
        "price": "64000.1",
        "qty": "0.01",
        "reduceOnly": reduce_only,
        "orderLinkId": "g_BTC_LA00_1_0",
    }


def test_an_amendment_names_only_what_changes(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = acknowledged
    client = rig().client
    client.amend([Amendment("BTCUSDT", "n", Decimal("65000.50"), None)], Lane.PROTECT)
    assert stub.requests[-1].json == {
        "category": "linear",
        "symbol": "BTCUSDT",
        "orderLinkId": "n",
        "price": "65000.5",
    }
    client.amend([Amendment("BTCUSDT", "n", None, Decimal("0.020"))], Lane.PROTECT)
    assert stub.requests[-1].json["qty"] == "0.02"
    assert "price" not in stub.requests[-1].json


def test_an_amendment_of_nothing_is_not_sent(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = acknowledged
    nothing, something = Amendment("BTCUSDT", "a", None, None), Amendment("BTCUSDT", "b", Decimal(1), None)
    outcomes = rig().client.amend([nothing, something, nothing], Lane.TRADE)
    assert [isinstance(outcome, Rejected) for outcome in outcomes] == [True, False, True]
    assert outcomes[1] == Accepted("id-1")
    assert stub.paths() == ["/v5/order/amend"]


def test_account_settings_go_out_as_the_exchange_wants_them(stub: HttpStub, rig: MakeRig) -> None:
    client = rig().client
    assert client.set_hedge_mode("BTCUSDT") == Accepted("")
    assert stub.requests[-1].json == {"category": "linear", "symbol": "BTCUSDT", "mode": 3}
    assert client.set_cross_margin() == Accepted("")
    assert stub.requests[-1].json == {"setMarginMode": "REGULAR_MARGIN"}
    assert client.set_leverage("BTCUSDT", Decimal("12.50")) == Accepted("")
    assert stub.requests[-1].json == {
        "category": "linear",
        "symbol": "BTCUSDT",
        "buyLeverage": "12.5",
        "sellLeverage": "12.5",
    }
    assert client.cancel_all("BTCUSDT") == Accepted("")
    assert stub.requests[-1].json == {"category": "linear", "symbol": "BTCUSDT"}


# --- what comes back ---


@pytest.mark.parametrize(
    ("code", "text"), [(110025, "Position mode is not modified"), (110043, "leverage not modified")]
)
def test_a_state_that_is_there_already_is_a_success(stub: HttpStub, rig: MakeRig, code: int, text: str) -> None:
    stub.answer = lambda _: coded(code, text)
    client = rig().client
    assert client.set_hedge_mode("BTCUSDT") == Accepted("")
    assert client.set_leverage("BTCUSDT", Decimal(5)) == Accepted("")


def test_a_margin_mode_that_cannot_be_set_is_refused(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = lambda _: coded(3400045, "Set margin mode failed", result={"reasons": []})
    assert rig().client.set_cross_margin() == Rejected(Refusal.OTHER, 3400045, "Set margin mode failed")


def test_a_used_name_is_a_duplicate(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = lambda _: coded(110072, "OrderLinkedID is duplicate")
    (outcome,) = rig().client.place([new_order()], Lane.TRADE)
    assert outcome == Rejected(Refusal.DUPLICATE, 110072, "OrderLinkedID is duplicate")


def test_a_cancel_all_without_success_is_unknown(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = lambda _: ok({"list": [], "success": "0"})
    assert isinstance(rig().client.cancel_all("BTCUSDT"), Unknown)
    stub.answer = lambda _: ok({"list": [{"orderId": "1", "orderLinkId": ""}], "success": "1"})
    assert rig().client.cancel_all("BTCUSDT") == Accepted("")


# --- batches (H13) ---


def test_h13_every_order_of_a_batch_has_its_own_outcome(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = lambda request: batch_answer(request, [0, 110007, 10000, 110072])
    outcomes = rig().client.place([new_order(number) for number in range(4)], Lane.TRADE)
    assert outcomes == [
        Accepted("id-of-g_BTC_LA00_1_0"),
        Rejected(Refusal.MONEY, 110007, "code 110007"),
        Unknown("code 10000 (retCode 10000)"),
        Rejected(Refusal.DUPLICATE, 110072, "code 110072"),
    ]
    assert stub.paths() == ["/v5/order/create-batch"]
    assert stub.requests[-1].json["category"] == "linear"


def test_a_single_order_goes_by_the_single_endpoint(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = acknowledged
    client = rig().client
    client.place([new_order()], Lane.TRADE)
    client.cancel("BTCUSDT", ["n"], Lane.TRADE)
    assert stub.paths() == ["/v5/order/create", "/v5/order/cancel"]


def test_nothing_is_sent_for_nothing(stub: HttpStub, rig: MakeRig) -> None:
    client = rig().client
    assert client.place([], Lane.TRADE) == client.amend([], Lane.TRADE) == client.cancel("X", [], Lane.TRADE) == []
    assert stub.requests == []


def test_many_orders_go_in_chunks_and_the_outcomes_keep_their_order(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = lambda request: (
        batch_answer(request)
        if request.path.endswith("batch")
        else ok({"orderId": f"id-of-{request.json['orderLinkId']}", "orderLinkId": request.json["orderLinkId"]})
    )
    orders = [new_order(number) for number in range(21)]
    outcomes = rig(order_requests_per_s=100).client.place(orders, Lane.TRADE)
    assert outcomes == [Accepted(f"id-of-{order.link_id}") for order in orders]
    assert stub.paths() == ["/v5/order/create-batch", "/v5/order/create-batch", "/v5/order/create"]
    assert [len(items_of(request)) for request in stub.requests if request.path.endswith("batch")] == [10, 10]


def test_a_chunk_is_not_larger_than_what_a_second_allows(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = batch_answer
    made = rig(rate_guard_s=-0.95)
    made.account.lower_limit(Endpoint.CREATE_BATCH, 4)
    outcomes = made.client.place([new_order(number) for number in range(6)], Lane.TRADE)
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    assert [len(items_of(request)) for request in stub.requests if "batch" in request.path] == [4, 2]


def test_after_a_request_without_answer_the_rest_is_not_sent(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = lambda _: Hang()
    client = rig(request_timeout_s=0.1, order_requests_per_s=100).client
    outcomes = client.cancel("BTCUSDT", [f"n{number}" for number in range(12)], Lane.TRADE)
    assert [type(outcome) for outcome in outcomes] == [Unknown] * 10 + [Rejected] * 2
    assert isinstance(outcomes[-1], Rejected)
    assert outcomes[-1].refusal is Refusal.RATE
    assert len(stub.paths()) == 1


def test_an_emergency_goes_on_after_a_request_without_answer(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = lambda request: Hang() if len(stub.paths()) == 1 else batch_answer(request)
    client = rig(request_timeout_s=0.1, order_requests_per_s=100).client
    outcomes = client.cancel("BTCUSDT", [f"n{number}" for number in range(12)], Lane.EMERGENCY)
    assert [type(outcome) for outcome in outcomes] == [Unknown] * 10 + [Accepted] * 2


def test_amend_and_cancel_have_batches_too(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = batch_answer
    client = rig().client
    client.amend([Amendment("BTCUSDT", f"n{number}", Decimal(1), None) for number in range(2)], Lane.TRADE)
    client.cancel("BTCUSDT", ["n0", "n1"], Lane.TRADE)
    assert stub.paths() == ["/v5/order/amend-batch", "/v5/order/cancel-batch"]
    assert items_of(stub.requests[-1]) == [
        {"symbol": "BTCUSDT", "orderLinkId": "n0"},
        {"symbol": "BTCUSDT", "orderLinkId": "n1"},
    ]


@pytest.mark.parametrize(
    "answer",
    [coded(10032, "Demo trading are not supported."), coded(10017, "Route not found."), Answer(b"404 page", 404)],
)
def test_where_batches_do_not_exist_orders_go_one_by_one_for_good(
    stub: HttpStub, rig: MakeRig, answer: Answer
) -> None:
    def behave(request: Request) -> Behaviour:
        if request.path.endswith("create-batch"):
            return answer
        return ok({"orderId": f"id-of-{request.json['orderLinkId']}", "orderLinkId": request.json["orderLinkId"]})

    stub.answer = behave
    made = rig()
    orders = [new_order(0), new_order(1)]
    for _ in range(2):
        outcomes = made.client.place(orders, Lane.TRADE)
        assert outcomes == [Accepted(f"id-of-{order.link_id}") for order in orders]
    assert stub.paths() == ["/v5/order/create-batch"] + ["/v5/order/create"] * 4
    assert "one by one from now on" in made.log.text


@pytest.mark.parametrize("behaviour", [Hang(), Answer(b"<html>", 502), Answer(b"{}")])
def test_a_batch_without_a_usable_answer_leaves_every_order_open(
    stub: HttpStub, rig: MakeRig, behaviour: Behaviour
) -> None:
    stub.answer = lambda _: behaviour
    outcomes = rig(request_timeout_s=0.2).client.place([new_order(0), new_order(1)], Lane.TRADE)
    assert [type(outcome) for outcome in outcomes] == [Unknown, Unknown]
    assert stub.paths() == ["/v5/order/create-batch"]


@pytest.mark.parametrize(("code", "kind"), [(10006, Rejected), (10016, Unknown), (10001, Rejected)])
def test_an_error_of_the_whole_batch_is_that_of_every_order(
    stub: HttpStub, rig: MakeRig, code: int, kind: type[object]
) -> None:
    stub.answer = lambda _: coded(code, "no")
    outcomes = rig().client.place([new_order(0), new_order(1)], Lane.TRADE)
    assert [type(outcome) for outcome in outcomes] == [kind, kind]


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (', {"code": 0, "msg": "code 0"}', ""),
        ('"retExtInfo": {"list"', '"retExtInfo": {"lost"'),
        ('"orderLinkId": "g_BTC_LA00', '"orderLinkId": "g_BTC_LA77'),
        ('"code": 0', '"code": "zero"'),
        ('"orderId": "id-of', '"ordrId": "id-of'),
        ('"result": {"list": [', '"result": {"list": ['.replace("[", "[{}, ")),
    ],
)
def test_a_batch_answer_that_does_not_fit_leaves_every_order_open(
    stub: HttpStub, rig: MakeRig, right: str, wrong: str
) -> None:
    def spoilt(request: Request) -> Answer:
        body = batch_answer(request).body.decode()
        assert right in body
        return Answer(body.replace(right, wrong).encode())

    stub.answer = spoilt
    outcomes = rig().client.place([new_order(0), new_order(1)], Lane.TRADE)
    assert [type(outcome) for outcome in outcomes] == [Unknown, Unknown]


def test_a_rate_limit_inside_a_batch_rests_the_endpoint(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = lambda request: batch_answer(request, [0, 10006])
    made = rig(budget_wait_s=0.05)
    outcomes = made.client.place([new_order(0), new_order(1)], Lane.TRADE)
    assert outcomes[1] == Rejected(Refusal.RATE, 10006, "code 10006")
    outcomes = made.client.place([new_order(0), new_order(1)], Lane.TRADE)
    assert all(isinstance(outcome, Rejected) and outcome.text.startswith("not sent") for outcome in outcomes)
    assert len(stub.paths()) == 1
