"""What REST still knows and how late it knows it: recent closed orders, retention by name, lag behind the streams."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from gridtrader.simulator.server import reads
from tests.simulator.server.wire import Wire, now_ms, private
from tests.support.exchange import EmbeddedExchange

DAY_MS = 86_400_000
REALTIME = "/v5/order/realtime"
HISTORY = "/v5/order/history"
EXECUTIONS = "/v5/execution/list"


@contextmanager
def _venue(*options: str) -> Iterator[tuple[EmbeddedExchange, Wire]]:
    with EmbeddedExchange(accounts=["key:secret:10000"], options=options) as exchange:
        exchange.quote("BTCUSDT", "65000", bid="64999.9", ask="65000")
        wire = Wire(exchange.urls.rest)
        wire.hedge()
        yield exchange, wire


def _links(wire: Wire, path: str, query: str = "") -> list[str]:
    rows = wire.get(path, "category=linear&symbol=BTCUSDT" + query).result["list"]
    return [row["orderLinkId"] for row in rows]


def _cancel(wire: Wire, link: str) -> None:
    body = {"category": "linear", "symbol": "BTCUSDT", "orderLinkId": link}
    assert wire.post("/v5/order/cancel", body).code == 0


# --- order/realtime ---


def test_only_the_most_recent_closed_orders_are_known_by_name(monkeypatch: pytest.MonkeyPatch, wire: Wire) -> None:
    monkeypatch.setattr(reads, "RECENT_CLOSED", 2)
    for link in ("a", "b", "c"):
        wire.order(orderLinkId=link)
        _cancel(wire, link)
    assert _links(wire, REALTIME, "&openOnly=1") == ["c", "b"]
    assert [_links(wire, REALTIME, f"&orderLinkId={link}") for link in "abc"] == [[], ["b"], ["c"]]
    assert _links(wire, HISTORY) == ["c", "b", "a"]


def test_a_restart_of_the_service_forgets_closed_orders_and_keeps_open_ones(
    wire: Wire, exchange: EmbeddedExchange
) -> None:
    for link in ("gone", "open"):
        wire.order(orderLinkId=link)
    _cancel(wire, "gone")
    exchange.control("POST", "/restart")
    assert _links(wire, REALTIME, "&openOnly=1") == []
    assert _links(wire, REALTIME, "&orderLinkId=gone") == []
    assert _links(wire, REALTIME, "&orderLinkId=open") == ["open"]
    assert _links(wire, HISTORY, "&orderLinkId=gone") == ["gone"]
    _cancel(wire, "open")
    assert _links(wire, REALTIME, "&openOnly=1") == ["open"]


# --- by name, and when ---


@pytest.mark.parametrize(("choice", "found"), [("window", []), ("any_time", ["old"])])
def test_a_search_by_name_is_bounded_by_the_window_unless_it_is_not(choice: str, found: list[str]) -> None:
    with _venue(f"named_history={choice}") as (exchange, wire):
        start = now_ms()
        wire.order(orderLinkId="old", price="65000")
        _later(exchange, wire, 8 * DAY_MS)
        for path in (HISTORY, EXECUTIONS):
            assert _links(wire, path, "&orderLinkId=old") == found
            assert _links(wire, path, f"&orderLinkId=old&startTime={start - 1000}") == ["old"]
            assert _links(wire, path) == []


# --- lag ---


def _later(exchange: EmbeddedExchange, wire: Wire, offset_ms: int) -> None:
    """Let the API's time be so much later; the client's clock goes along."""
    exchange.shift_clock(offset_ms)
    wire.now = lambda: now_ms() + offset_ms


def _size(wire: Wire) -> str:
    return str(wire.get("/v5/position/list", "category=linear&symbol=BTCUSDT").result["list"][0]["size"])


def _money(wire: Wire) -> str:
    return str(wire.get("/v5/account/wallet-balance", "accountType=UNIFIED").result["list"][0]["totalWalletBalance"])


def test_rest_may_lag_behind_the_streams() -> None:
    with _venue("rest_lag_ms=60000") as (exchange, wire), private(exchange.urls.ws_private, "position") as stream:
        _later(exchange, wire, 61_000)
        wire.order(orderLinkId="new", price="65000")
        assert stream.topic("position")["data"][0]["size"] == "0.01"
        assert (_size(wire), _money(wire)) == ("0", "10000")
        assert _links(wire, REALTIME, "&orderLinkId=new") == []
        assert wire.get("/v5/position/list", "category=linear&settleCoin=USDT").result["list"] == []
        wire.order(orderLinkId="rests")
        assert _links(wire, REALTIME) == []
        _later(exchange, wire, 122_000)
        assert (_size(wire), _money(wire)) == ("0.010", "9999.6425")
        assert _links(wire, REALTIME, "&orderLinkId=new") == ["new"]
        assert _links(wire, REALTIME) == ["rests"]


def test_an_order_shows_its_old_version_while_rest_lags() -> None:
    with _venue("rest_lag_ms=60000") as (exchange, wire):
        wire.order(orderLinkId="a", price="64000")
        _later(exchange, wire, 61_000)
        assert _links(wire, REALTIME) == ["a"]
        _cancel(wire, "a")
        (row,) = wire.get(REALTIME, "category=linear&symbol=BTCUSDT&orderLinkId=a").result["list"]
        assert row["orderStatus"] == "New"
        assert _links(wire, REALTIME, "&openOnly=1") == []


def test_history_may_be_late() -> None:
    with _venue("history_lag_ms=60000") as (exchange, wire):
        wire.order(orderLinkId="in", price="65000")
        wire.order(orderLinkId="out", side="Sell", orderType="Market", price="")
        paths = (HISTORY, EXECUTIONS, "/v5/position/closed-pnl")
        for path in paths:
            assert wire.get(path, "category=linear").result["list"] == []
        assert wire.get("/v5/account/transaction-log").result["list"] == []
        assert sorted(_links(wire, REALTIME, "&openOnly=1")) == ["in", "out"]  # perhaps of one millisecond
        _later(exchange, wire, 61_000)
        assert [len(wire.get(path, "category=linear").result["list"]) for path in paths] == [2, 2, 1]
        assert len(wire.get("/v5/account/transaction-log").result["list"]) == 3
