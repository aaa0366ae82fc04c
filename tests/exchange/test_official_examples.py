"""Every example of the official V5 documentation that concerns us is read, or refused for a reason given here."""

import json
import os
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gridtrader.domain.types import Side
from gridtrader.exchange import market, rows
from gridtrader.exchange.fields import BadMessage
from gridtrader.exchange.market import TickerBook
from gridtrader.exchange.messages import private_message

_DATA = Path(os.environ.get("GRIDTRADER_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
_EXAMPLES = _DATA / "messages" / "bybit-docs-v5-examples.jsonl"

LATEST = 2_000_000_000_000
"""A time after every edition of the documentation."""

pytestmark = pytest.mark.skipif(not _EXAMPLES.exists(), reason=f"no recorded data at {_DATA}")


def examples(page: str, section: str = "") -> list[dict[str, Any]]:
    """Return the messages of one page of the documentation."""
    found = []
    with _EXAMPLES.open(encoding="utf-8") as lines:
        for line in lines:
            entry = json.loads(line)
            if entry["source"].endswith(page) and entry["section"].startswith(section):
                found.append(entry["message"])
    assert found, f"no example of {page}"
    return found


def first_row(page: str, section: str = "Response") -> Mapping[str, Any]:
    row: Mapping[str, Any] = examples(page, section)[0]["result"]["list"][0]
    return row


def test_the_order_rows_are_read() -> None:
    working = rows.order_report(first_row("order/open-order.mdx"), "realtime", LATEST)
    closed = rows.order_report(first_row("order/order-list.mdx"), "history", LATEST)
    assert (working.symbol, working.price, working.qty) == ("ETHUSDT", Decimal(1600), Decimal("0.10"))
    assert closed.reason == "EC_PostOnlyWillTakeLiquidity"


def test_the_wallet_is_read_by_rest_and_by_stream() -> None:
    wallet = rows.wallet(first_row("account/wallet-balance.mdx"), "wallet-balance", 1)
    assert wallet.available == Decimal("3.00326056")
    push = private_message(examples("private/wallet.mdx", "Stream")[0], "", LATEST)
    assert push.errors == ()
    assert push.wallet is not None
    assert push.wallet.available == Decimal("9556.6056555")


def test_the_execution_push_is_read_with_its_taxes() -> None:
    push = private_message(examples("private/execution.mdx", "Stream")[0], "", LATEST)
    assert push.errors == ()
    (fill,) = push.executions
    assert fill.fee == Decimal("26.3725275") + Decimal("0.006403779")
    assert (fill.side, fill.closed_qty, fill.pnl) == (Side.LONG, Decimal("0.5"), Decimal("0.05"))


def test_an_execution_without_closed_size_is_refused() -> None:
    """The REST example is of a contract without hedge mode; in hedge mode its side could not be told."""
    with pytest.raises(BadMessage, match="closedSize is ''"):
        rows.execution(first_row("order/execution.mdx"), "execution/list", LATEST)


def test_the_position_rows_are_read() -> None:
    one_way = rows.position_report(first_row("position/position.mdx"), "position/list", LATEST)
    assert one_way is not None
    assert (one_way.side, one_way.size) == (Side.SHORT, Decimal(300))
    push = private_message(examples("private/position.mdx", "Stream")[0], "", LATEST)
    assert push.errors == ()
    assert [(report.side, report.size) for report in push.positions] == [(Side.SHORT, Decimal(0))]


def test_the_option_order_of_the_stream_example_is_left_out() -> None:
    push = private_message(examples("private/order.mdx", "Stream")[0], "", LATEST)
    assert (push.orders, push.errors) == ((), ())


def test_the_linear_instruments_are_read() -> None:
    replies = examples("market/instrument.mdx", "Response Example | Linear")
    read = [market.instrument(reply["result"]["list"][0], "instruments-info") for reply in replies]
    assert [(one.symbol, one.is_trading) for one in read] == [("BTCUSDT", True), ("BIOUSDT", False)]


def test_the_fee_rate_is_read() -> None:
    assert market.fee_rates(first_row("account/fee-rate.mdx"), "fee-rate").taker == Decimal("0.0006")


def test_the_tickers_are_read() -> None:
    quote = market.quote(first_row("market/tickers.mdx", "Response Example | Inverse"), "tickers", 1)
    assert (quote.bid, quote.ask) == (Decimal("103401.00"), Decimal("109152.80"))
    perpetual, future = examples("public/ticker.mdx", "Response Example | Linear")
    for push, symbol in ((perpetual, "BTCUSDT"), (future, "BTC-26DEC25")):
        assert TickerBook(symbol, 1000).update(push, LATEST) is not None
