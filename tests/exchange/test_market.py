from decimal import Decimal
from typing import Any

import pytest

from gridtrader.exchange import market
from gridtrader.exchange.fields import BadMessage
from gridtrader.exchange.market import TickerBook
from tests.exchange.support.captures import (
    INSTRUMENTS_REPLY,
    LATEST,
    TICKER_DELTA,
    TICKER_ROW,
    TICKER_SNAPSHOT,
    fresh,
)

D = Decimal


def instrument_row() -> dict[str, Any]:
    row: dict[str, Any] = fresh(INSTRUMENTS_REPLY)["result"]["list"][0]
    return row


def delta(ts: int, **data: str) -> dict[str, Any]:
    return {
        "topic": "tickers.BTCUSDT",
        "type": "delta",
        "ts": ts,
        "cs": 1,
        "data": {"symbol": "BTCUSDT", **data},
    }


def test_an_instrument_is_read_field_by_field() -> None:
    read = market.instrument(instrument_row(), "instruments-info")
    assert (read.symbol, read.tick_size, read.qty_step) == ("BTCUSDT", D("0.10"), D("0.001"))
    assert (read.min_qty, read.max_qty, read.min_notional) == (D("0.001"), D(1190), D(5))
    assert (read.min_price, read.max_price, read.max_leverage) == (D("0.10"), D("1999999.80"), D(100))
    assert (read.funding_interval_min, read.is_trading) == (480, True)


@pytest.mark.parametrize("status", ["PreLaunch", "Delivering", "Closed"])
def test_a_contract_that_does_not_trade_says_so(status: str) -> None:
    assert not market.instrument({**instrument_row(), "status": status}, "x").is_trading


@pytest.mark.parametrize(
    ("key", "value"),
    [("contractType", "LinearFutures"), ("settleCoin", "USDC"), ("status", "Sleeping"), ("fundingInterval", 0)],
)
def test_only_usdt_perpetuals_are_taken(key: str, value: object) -> None:
    with pytest.raises(BadMessage, match=key):
        market.instrument({**instrument_row(), key: value}, "x")


def test_an_instrument_without_a_step_is_an_error() -> None:
    row = instrument_row()
    row["lotSizeFilter"]["qtyStep"] = "0"
    with pytest.raises(BadMessage, match="lotSizeFilter: qtyStep is '0'"):
        market.instrument(row, "x")


def test_fee_rates_are_fractions() -> None:
    row = {"symbol": "BTCUSDT", "takerFeeRate": "0.00055", "makerFeeRate": "-0.0001"}
    rates = market.fee_rates(row, "fee-rate")
    assert (rates.maker, rates.taker) == (D("-0.0001"), D("0.00055"))
    with pytest.raises(BadMessage, match=r"takerFeeRate is '0\.55'"):
        market.fee_rates({**row, "takerFeeRate": "0.55"}, "fee-rate")


def test_a_quote_is_read_from_a_ticker_row() -> None:
    quote = market.quote(fresh(TICKER_ROW), "tickers", 5)
    assert (quote.bid, quote.ask, quote.last, quote.at_ms) == (D("65099.90"), D(65100), D(65100), 5)


@pytest.mark.parametrize(("key", "value"), [("bid1Price", ""), ("ask1Price", "0"), ("lastPrice", "-1")])
def test_a_side_of_the_book_that_is_empty_is_no_quote(key: str, value: str) -> None:
    with pytest.raises(BadMessage, match=key):
        market.quote({**fresh(TICKER_ROW), key: value}, "tickers", 5)


def test_a_crossed_book_is_no_quote() -> None:
    with pytest.raises(BadMessage, match="bid1Price is '65200', allowed: at most ask1Price"):
        market.quote({**fresh(TICKER_ROW), "bid1Price": "65200"}, "tickers", 5)


def test_a_delta_changes_only_what_it_names() -> None:
    book = TickerBook("BTCUSDT", 1000)
    before = book.update(fresh(TICKER_SNAPSHOT), LATEST)
    after = book.update(fresh(TICKER_DELTA), LATEST)
    assert before is not None
    assert after is not None
    assert (after.bid, after.ask) == (before.bid, before.ask)
    assert (before.last, after.last, after.at_ms) == (D(65100), D("65099.90"), 1750000000200)


def test_a_delta_before_the_snapshot_is_passed_over() -> None:
    book = TickerBook("BTCUSDT", 1000)
    assert book.update(fresh(TICKER_DELTA), LATEST) is None
    assert book.update(fresh(TICKER_SNAPSHOT), LATEST) is not None


def test_a_new_snapshot_forgets_the_old_prices() -> None:
    book = TickerBook("BTCUSDT", 1000)
    book.update(fresh(TICKER_SNAPSHOT), LATEST)
    bare = fresh(TICKER_SNAPSHOT)
    del bare["data"]["bid1Price"]
    with pytest.raises(BadMessage, match="bid1Price is missing"):
        book.update(bare, LATEST)


def test_standing_prices_are_told_again_only_now_and_then() -> None:
    book = TickerBook("BTCUSDT", 1000)
    first = book.update(fresh(TICKER_SNAPSHOT), LATEST)
    assert first is not None
    assert book.update(delta(first.at_ms + 100, markPrice="65000"), LATEST) is None
    again = book.update(delta(first.at_ms + 1000, markPrice="65001"), LATEST)
    assert again is not None
    assert (again.last, again.at_ms) == (first.last, first.at_ms + 1000)


def test_a_crossed_delta_is_no_quote_and_the_next_one_builds_on_it() -> None:
    book = TickerBook("BTCUSDT", 1000)
    book.update(fresh(TICKER_SNAPSHOT), LATEST)
    with pytest.raises(BadMessage):
        book.update(delta(1750000000300, bid1Price="65150.00"), LATEST)
    after = book.update(delta(1750000000400, ask1Price="65150.10"), LATEST)
    assert after is not None
    assert (after.bid, after.ask) == (D("65150.00"), D("65150.10"))


@pytest.mark.parametrize(
    "change", [{"type": "gift"}, {"ts": ""}, {"data": []}, {"data": {"symbol": "ETHUSDT", "lastPrice": "1"}}]
)
def test_a_ticker_push_of_a_strange_shape_is_an_error(change: dict[str, Any]) -> None:
    book = TickerBook("BTCUSDT", 1000)
    with pytest.raises(BadMessage):
        book.update({**fresh(TICKER_SNAPSHOT), **change}, LATEST)
