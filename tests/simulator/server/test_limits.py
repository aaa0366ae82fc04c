"""Rate limits: the rolling windows themselves, and what the wire makes of them."""

from gridtrader.simulator.core.model import World
from gridtrader.simulator.server.limits import AccountLimits, AddressGuard, RollingWindow
from tests.simulator.server.wire import Json, Wire
from tests.support.exchange import EmbeddedExchange

WALLET = "/v5/account/wallet-balance"
UNIFIED = "accountType=UNIFIED"


def test_a_rolling_window_frees_a_unit_when_the_oldest_is_a_window_old() -> None:
    window = RollingWindow(2, 1000)
    assert [window.take(1, at) for at in (0, 600, 999)] == [1, 1, 0]
    assert window.wait_ms(999) == 1
    assert window.take(1, 1000) == 1
    assert window.take(1, 1599) == 0
    assert window.take(1, 1600) == 1


def test_a_window_grants_a_part_of_what_is_wanted() -> None:
    window = RollingWindow(10, 1000)
    assert window.take(7, 0) == 7
    assert window.take(8, 500) == 3
    assert window.left(500) == 0


def test_accounts_and_endpoints_have_quotas_of_their_own() -> None:
    limits = AccountLimits()
    quota = (1, 1000)
    assert limits.take(1, "/a", quota, 1, 0).granted == 1
    assert limits.take(1, "/a", quota, 1, 0).granted == 0
    assert limits.take(1, "/b", quota, 1, 0).granted == 1
    assert limits.take(2, "/a", quota, 1, 0).granted == 1


def test_an_address_that_breaks_the_limit_is_shut_out_for_ten_minutes() -> None:
    guard = AddressGuard(limit=3, window_ms=5000)
    assert [guard.admits("here", 0) for _ in range(4)] == [True, True, True, False]
    assert not guard.admits("here", 599_999)
    assert guard.admits("there", 599_999)
    assert guard.admits("here", 600_000)


def test_headers_count_down_the_quota(wire: Wire) -> None:
    first, second = wire.get(WALLET, UNIFIED), wire.get(WALLET, UNIFIED)
    assert first.headers["X-Bapi-Limit"] == "50"
    left = [int(reply.headers["X-Bapi-Limit-Status"]) for reply in (first, second)]
    assert left[0] - left[1] == 1
    reset = int(second.headers["X-Bapi-Limit-Reset-Timestamp"])
    assert reset == second.json["time"], "not limited: the present"


def test_public_endpoints_have_no_quota(wire: Wire) -> None:
    assert "X-Bapi-Limit" not in wire.get("/v5/market/time").headers


def test_beyond_the_quota_a_request_is_10006_and_says_when_there_is_more(wire: Wire) -> None:
    replies = [wire.get("/v5/account/fee-rate", "category=linear") for _ in range(6)]
    assert [reply.code for reply in replies] == [0] * 5 + [10006]
    last = replies[-1]
    assert last.status == 200
    assert last.headers["X-Bapi-Limit-Status"] == "0"
    wait = int(last.headers["X-Bapi-Limit-Reset-Timestamp"]) - last.json["time"]
    assert 0 < wait <= 1000


def test_a_refused_request_did_nothing(wire: Wire, exchange: EmbeddedExchange) -> None:
    codes = [wire.order(orderLinkId=f"o{number}").code for number in range(11)]
    assert codes == [0] * 10 + [10006]
    assert [order["order_link_id"] for order in exchange.books("key")["open_orders"]] == [f"o{n}" for n in range(10)]


def _item(number: int) -> Json:
    return {
        "symbol": "BTCUSDT",
        "side": "Buy",
        "orderType": "Limit",
        "qty": "0.001",
        "price": str(60_000 + number),
        "positionIdx": 1,
        "orderLinkId": f"b{number}",
    }


def test_a_batch_is_counted_in_orders_and_its_excess_fails_one_by_one(wire: Wire) -> None:
    first = wire.post("/v5/order/create-batch", {"category": "linear", "request": [_item(n) for n in range(7)]})
    second = wire.post("/v5/order/create-batch", {"category": "linear", "request": [_item(n) for n in range(7, 12)]})
    assert [code["code"] for code in first.json["retExtInfo"]["list"]] == [0] * 7
    assert second.code == 0
    assert [code["code"] for code in second.json["retExtInfo"]["list"]] == [0, 0, 0, 10006, 10006]
    assert [bool(row["orderId"]) for row in second.result["list"]] == [True, True, True, False, False]


def test_batches_have_a_bucket_of_their_own(wire: Wire) -> None:
    items = [_item(number) for number in range(10)]
    assert wire.post("/v5/order/create-batch", {"category": "linear", "request": items}).code == 0
    assert wire.order().code == 0


def test_six_hundred_requests_in_five_seconds_shut_an_address_out(exchange: EmbeddedExchange) -> None:
    exchange.thread.call(
        lambda server: [server.rest.admits("127.0.0.1", World.MAINNET) for _ in range(600)]  # as if they had come
    )
    refused = Wire(exchange.urls.rest).get("/v5/market/time")
    assert (refused.status, refused.body) == (403, b"403, access too frequent")
    assert Wire(exchange.urls.demo_rest).get("/v5/market/time").status == 200, "demo is another host name"
    exchange.control("POST", "/limits")
    assert Wire(exchange.urls.rest).get("/v5/market/time").status == 200
