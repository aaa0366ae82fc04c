"""`orderFilter`: cancel-all and the lists mean the kinds of orders they are told."""

import pytest

from tests.simulator.server.wire import Wire
from tests.support.exchange import EmbeddedExchange

ALL = {"category": "linear", "settleCoin": "USDT"}
CANCEL_ALL = "/v5/order/cancel-all"


@pytest.fixture
def orders(wire: Wire) -> Wire:
    """One order in the book, one that waits for its trigger."""
    assert wire.order(orderLinkId="rests").code == 0
    waits = {"orderLinkId": "waits", "orderType": "Market", "price": "", "triggerPrice": "70000"}
    assert wire.order(**waits, triggerDirection=1).code == 0
    return wire


def _cancelled(wire: Wire, **fields: str) -> list[str]:
    return [row["orderLinkId"] for row in wire.post(CANCEL_ALL, ALL | fields).result["list"]]


def _open(wire: Wire, query: str = "") -> set[str]:
    rows = wire.get("/v5/order/realtime", "category=linear&settleCoin=USDT" + query).result["list"]
    return {row["orderLinkId"] for row in rows}


def test_without_a_filter_all_kinds_are_cancelled(orders: Wire) -> None:
    assert _cancelled(orders) == ["rests", "waits"]
    assert _open(orders) == set()


@pytest.mark.parametrize(("kind", "gone", "left"), [("Order", "rests", "waits"), ("StopOrder", "waits", "rests")])
def test_a_filter_spares_the_other_kind(orders: Wire, kind: str, gone: str, left: str) -> None:
    assert _cancelled(orders, orderFilter=kind) == [gone]
    assert _open(orders) == {left}


@pytest.mark.parametrize("place", [{"symbol": "BTCUSDT"}, {"baseCoin": "BTC"}, {"settleCoin": "USDT"}])
def test_the_filter_holds_however_the_orders_are_named(orders: Wire, place: dict[str, str]) -> None:
    reply = orders.post(CANCEL_ALL, {"category": "linear", "orderFilter": "StopOrder", **place})
    assert [row["orderLinkId"] for row in reply.result["list"]] == ["waits"]


@pytest.mark.parametrize("kind", ["tpslOrder", "OcoOrder", "BidirectionalTpslOrder"])
def test_kinds_of_the_spot_market_mean_nothing_here(orders: Wire, kind: str) -> None:
    assert _cancelled(orders, orderFilter=kind) == []
    assert _open(orders, f"&orderFilter={kind}") == set()
    assert _open(orders) == {"rests", "waits"}


def test_the_stop_order_type_narrows_conditional_orders(orders: Wire) -> None:
    assert _cancelled(orders, orderFilter="StopOrder", stopOrderType="TrailingStop") == []
    assert _cancelled(orders, orderFilter="StopOrder", stopOrderType="Stop") == ["waits"]


def test_an_unknown_kind_is_refused_and_cancels_nothing(orders: Wire) -> None:
    reply = orders.post(CANCEL_ALL, ALL | {"orderFilter": "stoporder"})
    assert (reply.code, reply.json["retMsg"]) == (10001, "params error: orderFilter invalid")
    assert _open(orders) == {"rests", "waits"}


def test_an_order_that_has_triggered_and_rests_is_in_the_book(wire: Wire, exchange: EmbeddedExchange) -> None:
    wire.order(orderLinkId="was", price="63000", triggerPrice="64000", triggerDirection=2)
    assert (_open(wire, "&orderFilter=StopOrder"), _open(wire, "&orderFilter=Order")) == ({"was"}, set())
    exchange.quote("BTCUSDT", "63900")
    assert (_open(wire, "&orderFilter=StopOrder"), _open(wire, "&orderFilter=Order")) == (set(), {"was"})
    assert _cancelled(wire, orderFilter="StopOrder") == []
    assert _cancelled(wire, orderFilter="Order") == ["was"]
    history = wire.get("/v5/order/history", "category=linear&orderFilter=StopOrder").result["list"]
    assert [row["orderLinkId"] for row in history] == ["was"]
