from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from gridtrader.domain.types import OrderStatus, Side
from gridtrader.engine.ports import AccountMode, MarginMode, Refusal, Refused, Unreachable
from tests.exchange.support.captures import (
    EXECUTION_ROW,
    INSTRUMENTS_REPLY,
    ORDER_ROW,
    POSITIONS_REPLY,
    TICKER_ROW,
    WALLET_REPLY,
    fresh,
)
from tests.exchange.support.http_stub import Answer, Behaviour, HttpStub, Request, coded, ok
from tests.exchange.support.rig import Rig

MakeRig = Callable[..., Rig]
WEEK_MS = 7 * 24 * 3600 * 1000


def listed(*rows: object, cursor: str = "", time_ms: int | None = None) -> Answer:
    return ok({"list": list(rows), "nextPageCursor": cursor, "category": "linear"}, time_ms=time_ms)


def order_row(**changes: object) -> dict[str, Any]:
    return {**fresh(ORDER_ROW), **changes}


def position_row(leg: int, **changes: object) -> dict[str, Any]:
    return {**fresh(POSITIONS_REPLY)["result"]["list"][leg], **changes}


# --- account ---


@pytest.mark.parametrize(
    ("mode", "status", "wanted"),
    [
        ("REGULAR_MARGIN", 5, AccountMode(MarginMode.CROSS, is_unified=True)),
        ("ISOLATED_MARGIN", 3, AccountMode(MarginMode.ISOLATED, is_unified=True)),
        ("PORTFOLIO_MARGIN", 6, AccountMode(MarginMode.PORTFOLIO, is_unified=True)),
        ("REGULAR_MARGIN", 1, AccountMode(MarginMode.CROSS, is_unified=False)),
    ],
)
def test_the_account_says_its_mode(stub: HttpStub, rig: MakeRig, mode: str, status: int, wanted: AccountMode) -> None:
    stub.answer = lambda _: ok({"marginMode": mode, "unifiedMarginStatus": status})
    assert rig().client.account_mode() == wanted


@pytest.mark.parametrize("result", [{}, {"marginMode": "FUN", "unifiedMarginStatus": 5}, {"unifiedMarginStatus": 9}])
def test_an_account_mode_that_does_not_fit_is_unreachable(stub: HttpStub, rig: MakeRig, result: object) -> None:
    stub.answer = lambda _: ok(result)
    with pytest.raises(Unreachable, match="account/info: result"):
        rig().client.account_mode()


def test_the_wallet_is_read_with_the_time_of_its_reply(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = lambda _: ok(fresh(WALLET_REPLY)["result"], time_ms=1_750_000_000_007)
    wallet = rig(max_clock_skew_ms=10**13).client.wallet()
    assert (wallet.available, wallet.at_ms) == (Decimal("9870.77945"), 1_750_000_000_007)
    assert stub.requests[-1].parameters == {"accountType": "UNIFIED"}


def test_a_wallet_in_isolated_margin_is_unreachable_and_says_why(stub: HttpStub, rig: MakeRig) -> None:
    result = fresh(WALLET_REPLY)["result"]
    result["list"][0]["totalAvailableBalance"] = ""
    stub.answer = lambda _: ok(result)
    with pytest.raises(Unreachable, match="isolated margin mode"):
        rig().client.wallet()


def test_fee_rates_are_read(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = lambda _: listed({"symbol": "BTCUSDT", "takerFeeRate": "0.00055", "makerFeeRate": "0.0002"})
    rates = rig().client.fee_rates("BTCUSDT")
    assert rates is not None
    assert (rates.maker, rates.taker) == (Decimal("0.0002"), Decimal("0.00055"))


def test_on_demo_the_fee_rates_are_not_asked_for_and_on_mainnet_a_refusal_is_an_error(
    stub: HttpStub, rig: MakeRig
) -> None:
    stub.answer = lambda _: coded(10005, "Permission denied")
    assert rig(demo=True).client.fee_rates("BTCUSDT") is None
    assert stub.requests == []
    with pytest.raises(Refused):
        rig(demo=False).client.fee_rates("BTCUSDT")


# --- market ---


def test_an_instrument_is_read(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = lambda _: ok(fresh(INSTRUMENTS_REPLY)["result"])
    assert rig().client.instrument("BTCUSDT").qty_step == Decimal("0.001")
    assert stub.requests[-1].parameters == {"category": "linear", "symbol": "BTCUSDT"}


AT_REST = ["Delivering", "PreLaunch", "Closed"]


def asked_for(stub: HttpStub) -> list[str]:
    """Return the status of every question for a contract; "" where none was named."""
    return [request.parameters.get("status", "") for request in stub.requests]


@pytest.mark.parametrize("status", AT_REST)
def test_a_contract_that_does_not_trade_is_read_though_it_is_listed_for_its_status_only(
    stub: HttpStub, rig: MakeRig, status: str
) -> None:
    (row,) = fresh(INSTRUMENTS_REPLY)["result"]["list"]
    row["status"] = status
    stub.answer = lambda request: (
        listed(row) if request.parameters.get("status", "Trading") == row["status"] else listed()
    )
    client = rig().client
    assert not client.instrument("BTCUSDT").is_trading
    assert asked_for(stub) == ["", *AT_REST[: AT_REST.index(status) + 1]]
    assert all(request.parameters["symbol"] == "BTCUSDT" for request in stub.requests)
    row["status"] = "Trading"
    stub.requests.clear()
    assert client.instrument("BTCUSDT").is_trading
    assert asked_for(stub) == [""], "one that trades is found by one question"


def test_a_contract_of_no_status_is_refused_by_name(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = lambda _: listed()
    with pytest.raises(Refused, match="no linear contract NOUSDT is listed") as caught:
        rig().client.instrument("NOUSDT")
    assert caught.value.refusal is Refusal.INVALID
    assert asked_for(stub) == ["", *AT_REST]


def test_a_contract_the_exchange_refuses_is_asked_for_once(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = lambda _: coded(10001, "params error: symbol invalid")
    with pytest.raises(Refused, match="symbol invalid"):
        rig().client.instrument("NOUSDT")
    assert asked_for(stub) == [""]


def test_an_answer_about_another_contract_is_no_answer(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = lambda request: (
        listed(fresh(TICKER_ROW)) if "tickers" in request.path else ok(fresh(INSTRUMENTS_REPLY)["result"])
    )
    client = rig().client
    with pytest.raises(Unreachable, match="symbol is 'BTCUSDT', allowed: 'ETHUSDT'"):
        client.instrument("ETHUSDT")
    with pytest.raises(Unreachable, match="symbol is 'BTCUSDT', allowed: 'ETHUSDT'"):
        client.quote("ETHUSDT")


def test_the_market_is_read_with_the_time_of_its_reply(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = lambda _: listed(fresh(TICKER_ROW), time_ms=1_750_000_000_001)
    quote = rig().client.quote("BTCUSDT")
    assert (quote.bid, quote.at_ms) == (Decimal("65099.90"), 1_750_000_000_001)


# --- positions ---


def test_both_sides_come_whatever_their_order_in_the_list(stub: HttpStub, rig: MakeRig) -> None:
    for legs in ((0, 1), (1, 0)):
        stub.answer = lambda _, legs=legs: listed(*(position_row(leg) for leg in legs))  # type: ignore[misc]
        long, short = rig().client.positions_of("BTCUSDT")
        assert (long.side, long.size) == (Side.LONG, Decimal("0.010"))
        assert (short.side, short.size) == (Side.SHORT, Decimal(0))


def test_a_symbol_in_one_way_mode_is_refused(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = lambda _: listed(position_row(0, positionIdx=0))
    with pytest.raises(Refused, match="one-way position mode") as caught:
        rig().client.positions_of("BTCUSDT")
    assert caught.value.refusal is Refusal.INVALID


@pytest.mark.parametrize("legs", [[], [0], [1, 1], [0, 1, 1]])
def test_a_side_that_is_missing_or_doubled_is_no_answer(stub: HttpStub, rig: MakeRig, legs: list[int]) -> None:
    stub.answer = lambda _: listed(*(position_row(leg) for leg in legs))
    with pytest.raises(Unreachable, match="LONG and SHORT, once each"):
        rig().client.positions_of("BTCUSDT")


def test_a_position_of_another_symbol_is_no_answer(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = lambda _: listed(position_row(0), position_row(1, symbol="ETHUSDT"))
    with pytest.raises(Unreachable, match="symbol is 'ETHUSDT'"):
        rig().client.positions_of("BTCUSDT")


def test_all_pages_of_positions_are_read_and_flat_sides_left_out(stub: HttpStub, rig: MakeRig) -> None:
    pages = {
        "": listed(position_row(0), position_row(1), cursor="next%3D1"),
        "next=1": listed(position_row(0, symbol="ETHUSDT", positionIdx=0)),
    }
    stub.answer = lambda request: pages[request.parameters.get("cursor", "")]
    found = rig().client.positions()
    assert [(one.symbol, one.side) for one in found] == [("BTCUSDT", Side.LONG), ("ETHUSDT", Side.LONG)]
    assert stub.requests[-1].parameters["settleCoin"] == "USDT"
    assert "cursor=next%3D1" in stub.requests[-1].query
    assert stub.requests[-1].is_signed()


# --- orders ---


def test_open_orders_come_from_all_pages_each_once_and_final_ones_not(stub: HttpStub, rig: MakeRig) -> None:
    pages = {
        "": listed(order_row(orderId="a"), order_row(orderId="b", updatedTime="1750000000003"), cursor="2"),
        "2": listed(
            order_row(orderId="b", updatedTime="1750000000009", price="1"),
            order_row(orderId="c", orderStatus="Filled"),
            cursor="3",
        ),
        "3": listed(cursor="3"),
    }
    stub.answer = lambda request: pages[request.parameters.get("cursor", "")]
    found = {order.order_id: order.price for order in rig().client.open_orders("BTCUSDT")}
    assert found == {"a": Decimal(64000), "b": Decimal(1)}
    assert stub.requests[-1].parameters["limit"] == "50"
    assert stub.requests[-1].parameters["symbol"] == "BTCUSDT"


def test_the_open_orders_of_all_symbols_are_asked_for_by_coin(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = lambda _: listed(order_row(positionIdx=0, orderLinkId=""))
    (order,) = rig().client.open_orders()
    assert (order.side, order.link_id) == (Side.LONG, "")
    assert stub.requests[-1].parameters["settleCoin"] == "USDT"
    assert "symbol" not in stub.requests[-1].parameters


def test_an_order_is_found_by_its_name_whatever_its_status(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = lambda _: listed(order_row(orderStatus="Filled", cumExecQty="0.010"))
    order = rig().client.order("BTCUSDT", "g1-000123")
    assert order is not None
    assert order.status is OrderStatus.FILLED
    assert stub.paths() == ["/v5/order/realtime"]
    assert stub.requests[-1].parameters["orderLinkId"] == "g1-000123"


def test_an_order_that_is_not_among_the_recent_is_looked_for_in_the_history(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = lambda request: (
        listed(order_row(orderStatus="Cancelled")) if "history" in request.path else listed()
    )
    order = rig().client.order("BTCUSDT", "g1-000123")
    assert order is not None
    assert order.status is OrderStatus.CANCELLED
    assert stub.paths() == ["/v5/order/realtime", "/v5/order/history"]


def test_an_order_that_nobody_knows_is_none(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = lambda _: listed()
    assert rig().client.order("BTCUSDT", "g1-000123") is None


DAY_MS = 24 * 3600 * 1000


def history_of(age_days: float, now_ms: int) -> Callable[[Request], Behaviour]:
    """Answer as Bybit does: realtime has forgotten, history has the order in the week of its creation."""
    created_ms = now_ms - round(age_days * DAY_MS)

    def answer(request: Request) -> Behaviour:
        if "history" not in request.path:
            return listed()
        start = int(request.parameters.get("startTime", now_ms - WEEK_MS))
        end = int(request.parameters.get("endTime", now_ms + DAY_MS))
        assert "startTime" not in request.parameters or end - start <= WEEK_MS
        is_in = start <= created_ms <= end
        return listed(order_row(createdTime=str(created_ms), updatedTime=str(created_ms))) if is_in else listed()

    return answer


@pytest.mark.parametrize("age_days", [1, 6.9, 7.1, 13, 20, 27])
def test_an_order_older_than_a_week_is_found_by_its_name(stub: HttpStub, rig: MakeRig, age_days: float) -> None:
    made = rig()
    stub.answer = history_of(age_days, made.clock.now_ms())
    assert made.client.order("BTCUSDT", "g1-000123") is not None
    asked = [request for request in stub.requests if "history" in request.path]
    assert len(asked) == 1 + age_days // 7, "the newest week first, and none after it is found"
    assert all(request.parameters["limit"] == "50" for request in asked)


def test_an_order_is_looked_for_back_to_the_time_it_can_have_been_created(stub: HttpStub, rig: MakeRig) -> None:
    made = rig()
    now_ms = made.clock.now_ms()
    stub.answer = history_of(100, now_ms)
    assert made.client.order("BTCUSDT", "g1-000123") is None, "older than what is looked through unasked"
    assert made.client.order("BTCUSDT", "g1-000123", now_ms - 101 * DAY_MS) is not None
    stub.requests.clear()
    assert made.client.order("BTCUSDT", "g1-000123", now_ms - DAY_MS) is None
    assert stub.paths() == ["/v5/order/realtime", "/v5/order/history"], "a young order costs no further weeks"


def test_no_order_is_looked_for_beyond_what_the_exchange_keeps(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = lambda _: listed()
    made = rig(order_keeping_ms=20 * DAY_MS)
    assert made.client.order("BTCUSDT", "g1-000123", 0) is None
    spans = [request.parameters for request in stub.requests if "startTime" in request.parameters]
    assert len(spans) == 2
    assert int(spans[-1]["startTime"]) >= made.clock.now_ms() - 20 * DAY_MS - 10_000


def test_a_failing_history_does_not_make_an_order_unknown_to_the_exchange(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = lambda request: coded(10016, "busy") if "history" in request.path else listed()
    with pytest.raises(Unreachable, match="busy"):
        rig().client.order("BTCUSDT", "g1-000123")


def test_an_answer_about_another_order_is_no_answer(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = lambda _: listed(order_row(orderLinkId="other"))
    with pytest.raises(Unreachable, match="the order is 'BTCUSDT other', allowed: that of the request, BTCUSDT mine"):
        rig().client.order("BTCUSDT", "mine")


def test_one_bad_row_fails_the_whole_list(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = lambda _: listed(order_row(), order_row(orderId="b", qty="lots"))
    with pytest.raises(Unreachable, match="order/realtime BTCUSDT: qty is 'lots'"):
        rig().client.open_orders("BTCUSDT")


# --- history ---


def test_a_long_history_is_walked_in_weeks_and_every_fill_comes_once(stub: HttpStub, rig: MakeRig) -> None:
    def answer(request: Request) -> Behaviour:
        start = int(request.parameters["startTime"])
        fills = [{**fresh(EXECUTION_ROW), "execId": name} for name in (f"at-{start}", f"at-{start + WEEK_MS}")]
        return listed(*fills)

    stub.answer = answer
    found = rig().client.executions("BTCUSDT", 0, 2 * WEEK_MS + 5)
    spans = [(request.parameters["startTime"], request.parameters["endTime"]) for request in stub.requests[1:]]
    assert spans == [
        ("0", str(WEEK_MS)),
        (str(WEEK_MS), str(2 * WEEK_MS)),
        (str(2 * WEEK_MS), str(2 * WEEK_MS + 5)),
    ]
    assert sorted(fill.exec_id for fill in found) == sorted(f"at-{week * WEEK_MS}" for week in range(4))
    assert stub.requests[-1].parameters["limit"] == "100"


def test_the_order_history_keeps_the_newest_version_of_each_order(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = lambda _: listed(
        order_row(orderStatus="Cancelled", updatedTime="1750000000005"),
        order_row(orderStatus="Filled", updatedTime="1750000000009"),
    )
    (order,) = rig().client.order_history("BTCUSDT", 0, 10)
    assert (order.status, order.updated_ms) == (OrderStatus.FILLED, 1_750_000_000_009)
    assert stub.requests[-1].parameters["limit"] == "50"


# --- errors ---


def test_a_refused_read_says_which_kind(stub: HttpStub, rig: MakeRig) -> None:
    stub.answer = lambda _: coded(33004, "Your api key has expired.")
    with pytest.raises(Refused, match=r"expired\. \(retCode 33004\)") as caught:
        rig().client.wallet()
    assert (caught.value.refusal, caught.value.code) == (Refusal.KEY, 33004)


@pytest.mark.parametrize("code", [10000, 10016, 429])
def test_a_busy_server_is_unreachable(stub: HttpStub, rig: MakeRig, code: int) -> None:
    stub.answer = lambda _: coded(code, "busy")
    with pytest.raises(Unreachable, match="busy"):
        rig().client.positions_of("BTCUSDT")
