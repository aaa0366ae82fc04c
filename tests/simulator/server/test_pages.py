"""Cursors and time windows."""

from urllib.parse import unquote

import pytest

from gridtrader.simulator.core.model import Reject
from gridtrader.simulator.server.pages import WEEK_MS, Page, Window, cut
from gridtrader.simulator.server.params import Params, from_query
from tests.simulator.server.wire import Json, Wire
from tests.support.exchange import EmbeddedExchange

NOW = 1_790_000_000_000


def _page(rows: list[int], cursor: str, limit: int = 3) -> tuple[list[int], str]:
    page = Page.asked(Params({"limit": limit, "cursor": unquote(cursor)}), 20, 50)
    return cut(sorted(rows, reverse=True), lambda number: (number, "x"), page)


def test_pages_follow_one_another_without_gap_or_repetition() -> None:
    rows, cursor, seen = list(range(8)), "", []
    while True:
        shown, cursor = _page(rows, cursor)
        seen += shown
        if not cursor:
            break
    assert seen == list(range(7, -1, -1))


def test_a_list_that_ends_with_its_page_has_no_cursor() -> None:
    assert _page([1, 2, 3], "") == ([3, 2, 1], "")
    assert _page([], "") == ([], "")


def test_rows_that_come_or_go_between_two_pages_move_nothing() -> None:
    _, cursor = _page([1, 2, 3, 4, 5, 6], "")
    assert _page([1, 2, 3, 5, 6, 7, 8], cursor)[0] == [3, 2, 1]


def test_a_cursor_travels_percent_encoded() -> None:
    cursor = _page([1, 2, 3, 4], "")[1]
    assert cursor == "4%3Ax%2C2%3Ax"


@pytest.mark.parametrize("cursor", ["nonsense", "4%253Ax%252C2%253Ax", "9" * 5000 + ":x"])
def test_a_cursor_that_is_none_is_10001(cursor: str) -> None:
    with pytest.raises(Reject) as refusal:
        Page.asked(from_query(f"cursor={cursor}"), 20, 50)
    assert refusal.value.code == 10001


@pytest.mark.parametrize("limit", ["0", "51", "many", "1.5"])
def test_a_limit_out_of_range_is_10001(limit: str) -> None:
    with pytest.raises(Reject):
        Page.asked(from_query(f"limit={limit}"), 20, 50)


@pytest.mark.parametrize(
    ("asked", "window"),
    [
        ({}, Window(NOW - WEEK_MS, NOW)),
        ({"startTime": 5}, Window(5, 5 + WEEK_MS)),
        ({"endTime": "700000000"}, Window(700_000_000 - WEEK_MS, 700_000_000)),
        ({"startTime": 5, "endTime": 5 + WEEK_MS}, Window(5, 5 + WEEK_MS)),
    ],
)
def test_a_window_is_filled_up_to_seven_days(asked: Json, window: Window) -> None:
    assert Window.asked(Params(asked), NOW) == window


@pytest.mark.parametrize("asked", [{"startTime": 5, "endTime": 6 + WEEK_MS}, {"startTime": 6, "endTime": 5}])
def test_a_window_of_more_than_seven_days_or_less_than_nothing_is_10001(asked: Json) -> None:
    with pytest.raises(Reject) as refusal:
        Window.asked(Params(asked), NOW)
    assert refusal.value.code == 10001


def _all_pages(wire: Wire, path: str, query: str) -> list[Json]:
    rows: list[Json] = []
    cursor = ""
    for _ in range(20):
        result = wire.get(path, query + (f"&cursor={cursor}" if cursor else "")).result
        rows += result["list"]
        cursor = result["nextPageCursor"]
        if not cursor:
            return rows
    raise AssertionError("the pages do not end")


def test_open_orders_come_in_pages_of_twenty_newest_first(wire: Wire, exchange: EmbeddedExchange) -> None:
    for batch in range(3):
        items = [_item(10 * batch + number) for number in range(10)]
        assert wire.post("/v5/order/create-batch", {"category": "linear", "request": items}).code == 0
        exchange.control("POST", "/limits")
    query = "category=linear&symbol=BTCUSDT"
    assert len(wire.get("/v5/order/realtime", query).result["list"]) == 20
    rows = _all_pages(wire, "/v5/order/realtime", query)
    assert len({row["orderId"] for row in rows}) == len(rows) == 30
    created = [int(row["createdTime"]) for row in rows]
    assert created == sorted(created, reverse=True)


def test_executions_come_in_pages_newest_first_even_within_a_millisecond(
    wire: Wire, exchange: EmbeddedExchange
) -> None:
    items = [_item(number) for number in range(10)]
    assert wire.post("/v5/order/create-batch", {"category": "linear", "request": items}).code == 0
    exchange.quote("BTCUSDT", "49000")
    known = [execution["exec_id"] for execution in exchange.books("key")["executions"]]
    rows = _all_pages(wire, "/v5/execution/list", "category=linear&symbol=BTCUSDT&limit=3")
    assert len(known) == 10
    assert [row["execId"] for row in rows] == known[::-1]


def test_contracts_and_tiers_come_in_pages_forward_by_name() -> None:
    with EmbeddedExchange(symbols=None) as exchange:
        wire = Wire(exchange.urls.rest)
        rows = _all_pages(wire, "/v5/market/instruments-info", "category=linear&limit=5")
        assert [row["symbol"] for row in rows] == exchange.state()["symbols"]
        tiers = _all_pages(wire, "/v5/market/risk-limit", "category=linear")
        assert {row["symbol"] for row in tiers} == set(exchange.state()["symbols"])


def _item(number: int) -> Json:
    return {
        "symbol": "BTCUSDT",
        "side": "Buy",
        "orderType": "Limit",
        "qty": "0.001",
        "price": str(50_000 + number),
        "positionIdx": 1,
    }
