"""Orders on the wire: what is checked before the exchange sees them, and what comes back."""

from typing import Any

import pytest

from tests.simulator.server.wire import Json, Wire
from tests.support.exchange import EmbeddedExchange

ORDER = {"category": "linear", "symbol": "BTCUSDT"}
REALTIME = "/v5/order/realtime"


@pytest.mark.parametrize(
    ("fields", "code", "text"),
    [
        ({"category": "spot"}, 10001, "params error: category invalid"),
        ({"category": ""}, 10001, "params error: category invalid"),
        ({"symbol": "NOPEUSDT"}, 10001, "Not supported symbols"),
        ({"symbol": ""}, 10001, "params error: symbol is required"),
        ({"side": "Long"}, 10001, "params error: side invalid"),
        ({"orderType": "Stop"}, 10001, "params error: orderType invalid"),
        ({"qty": "many"}, 10001, "Qty invalid"),
        ({"qty": 0.01}, 10001, "Qty invalid"),
        ({"qty": "1e-2"}, 10001, "Qty invalid"),
        ({"qty": "NaN"}, 10001, "Qty invalid"),
        ({"qty": "-1"}, 10001, "Qty invalid"),
        ({"qty": ""}, 10001, "params error: qty is required"),
        ({"price": ""}, 10001, "params error: price is required"),
        ({"price": 60000}, 10001, "price invalid"),
        ({"timeInForce": "GTD"}, 10001, "params error: timeInForce invalid"),
        ({"positionIdx": 3}, 10001, "params error: positionIdx invalid"),
        ({"positionIdx": True}, 10001, "params error: positionIdx invalid"),
        ({"positionIdx": 0}, 10001, "position idx not match position mode"),
        ({"reduceOnly": "true"}, 10001, "params error: reduceOnly must be a boolean"),
        ({"orderLinkId": "x" * 37}, 10001, "params error: OrderLinkId length exceeded"),
        ({"orderLinkId": "a b"}, 10001, "params error: OrderLinkId invalid"),
        ({"takeProfit": "70000"}, 10001, "params error: takeProfit is not supported by this exchange"),
        ({"qty": "0.0001"}, 10001, "Qty invalid"),
        ({"qty": "0.001", "price": "1000"}, 110094, "Order does not meet minimum order value 5USDT"),
        ({"qty": "20"}, 110007, "ab not enough for new order"),
    ],
)
def test_an_order_that_does_not_fit_is_refused_with_bybits_words(
    wire: Wire, exchange: EmbeddedExchange, fields: Json, code: int, text: str
) -> None:
    reply = wire.order(**fields)
    assert (reply.status, reply.code, reply.json["retMsg"]) == (200, code, text)
    assert reply.json["result"] == {}
    assert exchange.books("key")["open_orders"] == []


@pytest.mark.parametrize("body", ["", "[]", "not json", '"text"', "[" * 100_000])
def test_a_body_that_is_no_object_is_refused_not_a_crash(wire: Wire, body: str) -> None:
    assert wire.post("/v5/order/create", body).code == 10001


def test_unknown_fields_are_ignored_and_numbers_may_be_texts(wire: Wire) -> None:
    reply = wire.order(positionIdx="1", whatever=[1, 2], takeProfit="0", triggerDirection=None)
    assert reply.code == 0
    assert set(reply.result) == {"orderId", "orderLinkId"}


def test_an_order_is_found_by_either_name_whatever_its_status(wire: Wire, exchange: EmbeddedExchange) -> None:
    order_id = wire.order(orderLinkId="mine", price="64000").result["orderId"]
    exchange.quote("BTCUSDT", "63000")
    for name in (f"orderId={order_id}", "orderLinkId=mine"):
        rows = wire.get(REALTIME, f"category=linear&symbol=BTCUSDT&{name}").result["list"]
        assert [row["orderStatus"] for row in rows] == ["Filled"]
    assert wire.get(REALTIME, "category=linear&symbol=BTCUSDT").result["list"] == []
    recent = wire.get(REALTIME, "category=linear&settleCoin=USDT&openOnly=1").result["list"]
    assert [row["orderLinkId"] for row in recent] == ["mine"]


def test_open_orders_are_asked_for_by_symbol_coin_or_base(wire: Wire) -> None:
    wire.order()
    assert wire.get(REALTIME, "category=linear").code == 10001
    for name, count in (("symbol=BTCUSDT", 1), ("baseCoin=BTC", 1), ("baseCoin=DOGE", 0), ("settleCoin=USDC", 0)):
        assert len(wire.get(REALTIME, f"category=linear&{name}").result["list"]) == count, name
    assert wire.get(REALTIME, "category=linear&symbol=BTCUSDT&orderFilter=StopOrder").result["list"] == []


def test_a_conditional_order_waits_untriggered(wire: Wire) -> None:
    reply = wire.order(
        side="Sell", positionIdx=1, price="", orderType="Market", triggerPrice="60000", triggerDirection=2
    )
    assert reply.code == 0
    row = wire.get(REALTIME, "category=linear&symbol=BTCUSDT&orderFilter=StopOrder").result["list"][0]
    assert (row["orderStatus"], row["stopOrderType"], row["triggerPrice"]) == ("Untriggered", "Stop", "60000.00")


def test_amend_changes_price_and_total_quantity(wire: Wire) -> None:
    wire.order(orderLinkId="a")
    change = {**ORDER, "orderLinkId": "a", "price": "61000", "qty": "0.02"}
    assert wire.post("/v5/order/amend", change).result["orderLinkId"] == "a"
    row = wire.get(REALTIME, "category=linear&symbol=BTCUSDT").result["list"][0]
    assert (row["price"], row["qty"], row["leavesQty"]) == ("61000.00", "0.020", "0.020")
    assert wire.post("/v5/order/amend", change).code == 10001
    assert wire.post("/v5/order/amend", {**ORDER, "orderLinkId": "b", "price": "1"}).code == 110001


def test_cancel_names_the_order_or_is_refused(wire: Wire) -> None:
    wire.order(orderLinkId="a")
    assert wire.post("/v5/order/cancel", ORDER).json["retMsg"] == "params error: OrderId or orderLinkId is required"
    assert wire.post("/v5/order/cancel", {**ORDER, "orderLinkId": "a"}).code == 0
    late = wire.post("/v5/order/cancel", {**ORDER, "orderLinkId": "a"})
    assert (late.code, late.json["retMsg"]) == (110001, "order not exists or too late to cancel")


@pytest.mark.parametrize("scope", [{"symbol": "BTCUSDT"}, {"settleCoin": "USDT"}, {"baseCoin": "BTC"}])
def test_cancel_all_lists_what_it_cancelled(wire: Wire, scope: Json) -> None:
    ids = {wire.order(price=price).result["orderId"] for price in ("60000", "61000")}
    result = wire.post("/v5/order/cancel-all", {"category": "linear", **scope}).result
    assert {row["orderId"] for row in result["list"]} == ids
    assert result["success"] == "1"
    again = wire.post("/v5/order/cancel-all", {"category": "linear", **scope}).result
    assert again == {"list": [], "success": "1"}


def test_cancel_all_needs_a_scope(wire: Wire) -> None:
    assert wire.post("/v5/order/cancel-all", {"category": "linear"}).code == 10001


def _batch(wire: Wire, kind: str, *items: Json) -> tuple[list[Json], list[Json]]:
    answer = wire.post(f"/v5/order/{kind}-batch", {"category": "linear", "request": list(items)}).json
    assert answer["retCode"] == 0
    return answer["result"]["list"], answer["retExtInfo"]["list"]


def _item(link_id: str, **fields: Any) -> Json:
    item = {"side": "Buy", "orderType": "Limit", "qty": "0.01", "price": "60000", "positionIdx": 1}
    return {"symbol": "BTCUSDT", "orderLinkId": link_id, **item, **fields}


def test_each_item_of_a_batch_has_its_own_answer_in_its_place(wire: Wire) -> None:
    rows, codes = _batch(wire, "create", _item("a"), _item("b", qty="20"), _item("c", symbol="X"), _item("d", side=1))
    assert [code["code"] for code in codes] == [0, 110007, 10001, 10001]
    assert codes[0]["msg"] == "OK"
    assert [row["orderLinkId"] for row in rows] == ["a", "b", "c", "d"]
    assert [bool(row["orderId"]) for row in rows] == [True, False, False, False]
    assert [bool(row["createAt"]) for row in rows] == [True, False, False, False]
    _, codes = _batch(wire, "amend", {"symbol": "BTCUSDT", "orderLinkId": "a", "qty": "0.02"}, {"symbol": "BTCUSDT"})
    assert [code["code"] for code in codes] == [0, 10001]
    rows, codes = _batch(wire, "cancel", *({"symbol": "BTCUSDT", "orderLinkId": name} for name in "ab"))
    assert [code["code"] for code in codes] == [0, 110001]
    assert "createAt" not in rows[0]


@pytest.mark.parametrize("items", [[], "nothing", [1], [_item("x")] * 21])
def test_a_batch_that_is_none_is_refused_whole(wire: Wire, items: object) -> None:
    assert wire.post("/v5/order/create-batch", {"category": "linear", "request": items}).code == 10001


def test_trading_stop_is_checked_and_refused_in_plain_words(wire: Wire) -> None:
    stop = {**ORDER, "tpslMode": "Full", "positionIdx": 1, "stopLoss": "60000"}
    reply = wire.post("/v5/position/trading-stop", stop)
    assert (reply.code, reply.json["retMsg"]) == (10001, "trading-stop is not supported by this exchange")
    assert wire.post("/v5/position/trading-stop", stop | {"positionIdx": ""}).json["retMsg"].endswith("is required")


def test_wrong_paths_and_methods_are_404_and_a_get_with_a_body_is_403(wire: Wire) -> None:
    assert wire.get("/v5/order/create").status == 404
    assert wire.post("/v5/market/time", {}).status == 404
    assert wire.get("/v6/market/time").status == 404
    assert wire.get("/v5/market/time", body=b"{}").status == 403
