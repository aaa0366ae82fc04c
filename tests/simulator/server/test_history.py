"""What was: order history and its retention, executions, transaction log, closed profit."""

from tests.simulator.server.wire import Json, Wire, now_ms
from tests.support.exchange import EmbeddedExchange

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
HISTORY = "/v5/order/history"
EXECUTIONS = "/v5/execution/list"


def _round_trip(wire: Wire, exchange: EmbeddedExchange) -> None:
    """LONG 0.01 at 64000, funding 0.01 % at 63000, sold at 66000."""
    assert wire.order(price="64000", orderLinkId="in").code == 0
    exchange.quote("BTCUSDT", "63000")
    exchange.fund("BTCUSDT", "0.0001")
    assert wire.order(side="Sell", price="66000", orderLinkId="out").code == 0
    exchange.quote("BTCUSDT", "66000", bid="66000")


def _links(wire: Wire, query: str = "") -> list[str]:
    rows = wire.get(HISTORY, "category=linear" + query).result["list"]
    return [row["orderLinkId"] for row in rows]


def _later(exchange: EmbeddedExchange, wire: Wire, days: float) -> None:
    """Let the API's time be so much later; the client's clock goes along."""
    offset = int(days * DAY_MS)
    exchange.shift_clock(offset)
    wire.now = lambda: now_ms() + offset


def test_history_shows_closed_orders_newest_first_and_filters_them(wire: Wire, exchange: EmbeddedExchange) -> None:
    _round_trip(wire, exchange)
    wire.order(orderLinkId="no", price="60000")
    wire.post("/v5/order/cancel", {"category": "linear", "symbol": "BTCUSDT", "orderLinkId": "no"})
    wire.order(orderLinkId="open", price="60000")
    assert _links(wire) == ["no", "out", "in"]
    assert _links(wire, "&orderStatus=Filled") == ["out", "in"]
    assert _links(wire, "&orderStatus=Cancelled&symbol=BTCUSDT") == ["no"]
    assert _links(wire, "&orderLinkId=in&orderStatus=Cancelled") == []
    assert _links(wire, "&symbol=DOGEUSDT") == []
    assert wire.get(HISTORY, "category=linear&orderStatus=Gone").code == 10001


def test_an_order_that_ended_without_a_fill_is_forgotten_after_a_day(wire: Wire, exchange: EmbeddedExchange) -> None:
    wire.order(orderLinkId="no")
    wire.post("/v5/order/cancel", {"category": "linear", "symbol": "BTCUSDT", "orderLinkId": "no"})
    _later(exchange, wire, 0.99)
    assert _links(wire) == ["no"]
    _later(exchange, wire, 1.01)
    assert _links(wire) == []
    assert wire.get("/v5/order/realtime", "category=linear&symbol=BTCUSDT&orderLinkId=no").result["list"] == []


def test_filled_orders_are_kept_for_two_years_and_found_by_windows(wire: Wire, exchange: EmbeddedExchange) -> None:
    start = now_ms()
    _round_trip(wire, exchange)
    _later(exchange, wire, 100)
    assert _links(wire) == []
    assert _links(wire, f"&startTime={start - 1000}") == ["out", "in"]
    rows = wire.get(EXECUTIONS, f"category=linear&startTime={start - 1000}").result["list"]
    assert len(rows) == 3


def test_demo_forgets_everything_after_seven_days(exchange: EmbeddedExchange) -> None:
    start = now_ms()
    demo = Wire(exchange.urls.demo_rest, key="demo")
    demo.hedge()
    _round_trip(demo, exchange)
    _later(exchange, demo, 6.9)
    assert _links(demo, f"&startTime={start - 1000}") == ["out", "in"]
    _later(exchange, demo, 7.1)
    assert _links(demo, f"&startTime={start - 1000}") == []
    assert demo.get(EXECUTIONS, f"category=linear&startTime={start - 1000}").result["list"] == []


def test_executions_mix_in_funding_and_never_tell_the_leg(wire: Wire, exchange: EmbeddedExchange) -> None:
    _round_trip(wire, exchange)
    out, funding, entry = wire.get(EXECUTIONS, "category=linear&symbol=BTCUSDT").result["list"]
    assert (entry["side"], entry["closedSize"], entry["isMaker"]) == ("Buy", "0", True)
    assert (out["side"], out["closedSize"], out["execQty"]) == ("Sell", "0.01", "0.010")
    assert (funding["execType"], funding["orderType"], funding["orderQty"]) == ("Funding", "UNKNOWN", "0")
    assert (funding["execFee"], funding["execPrice"], funding["side"]) == ("0.063", "63000", "Buy")
    assert not {"positionIdx", "execPnl"} & {*out, *funding}
    only = wire.get(EXECUTIONS, "category=linear&execType=Funding").result["list"]
    assert [row["execId"] for row in only] == [funding["execId"]]
    by_order = wire.get(EXECUTIONS, "category=linear&orderLinkId=in&execType=Funding").result["list"]
    assert [row["execId"] for row in by_order] == [entry["execId"]], "by order, the other filters do not count"


def test_the_transaction_log_adds_up_and_turns_the_sign_of_funding(wire: Wire, exchange: EmbeddedExchange) -> None:
    _round_trip(wire, exchange)
    rows: list[Json] = wire.get("/v5/account/transaction-log", "accountType=UNIFIED").result["list"]
    assert [row["type"] for row in rows] == ["TRADE", "SETTLEMENT", "TRADE", "TRANSFER_IN"]
    out, funding, entry, _ = rows
    assert (funding["funding"], funding["change"], funding["fee"]) == ("-0.063", "-0.063", "0.00000000")
    assert (entry["fee"], entry["change"], entry["size"]) == ("0.128", "-0.128", "0.010")
    assert (entry["tradePrice"], entry["qty"], funding["tradePrice"]) == ("64000.00", "0.010", "63000.00")
    assert (out["cashFlow"], out["size"]) == ("20", "0.000")
    assert out["cashBalance"] == "10019.677"
    wallet = wire.get("/v5/account/wallet-balance", "accountType=UNIFIED").result["list"][0]
    assert wallet["totalWalletBalance"] == out["cashBalance"]
    only = wire.get("/v5/account/transaction-log", "accountType=UNIFIED&type=SETTLEMENT&baseCoin=BTC").result["list"]
    assert only == [funding]


def test_the_transaction_log_shows_a_day_unless_it_is_told_more(wire: Wire, exchange: EmbeddedExchange) -> None:
    start = now_ms()
    _round_trip(wire, exchange)
    _later(exchange, wire, 2)
    assert wire.get("/v5/account/transaction-log").result["list"] == []
    assert len(wire.get("/v5/account/transaction-log", f"startTime={start - 10_000}").result["list"]) == 4


def test_closed_profit_is_net_of_both_fees(wire: Wire, exchange: EmbeddedExchange) -> None:
    _round_trip(wire, exchange)
    (row,) = wire.get("/v5/position/closed-pnl", "category=linear&symbol=BTCUSDT").result["list"]
    assert (row["side"], row["closedSize"], row["avgEntryPrice"], row["avgExitPrice"]) == (
        "Sell",
        "0.010",
        "64000",
        "66000",
    )
    assert (row["openFee"], row["closeFee"], row["closedPnl"]) == ("0.128", "0.132", "19.74")
