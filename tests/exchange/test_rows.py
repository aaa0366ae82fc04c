from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridtrader.domain.types import ExecutionKind, OrderStatus, Side
from gridtrader.exchange import rows
from gridtrader.exchange.fields import BadMessage
from tests.exchange.support.captures import (
    EXECUTION_PUSH,
    EXECUTION_ROW,
    LATEST,
    ORDER_PUSH,
    ORDER_ROW,
    POSITION_PUSH,
    POSITIONS_REPLY,
    WALLET_PUSH,
    WALLET_REPLY,
    fresh,
)

D = Decimal


def order_row(**changes: object) -> Mapping[str, Any]:
    return {**fresh(ORDER_PUSH)["data"][0], **changes}


def execution_row(**changes: object) -> dict[str, Any]:
    return {**fresh(EXECUTION_PUSH)["data"][0], **changes}


def position_row(leg: int = 0, /, **changes: object) -> dict[str, Any]:
    return {**fresh(POSITION_PUSH)["data"][leg], **changes}


# --- orders ---


def test_an_order_push_is_read_field_by_field() -> None:
    order = rows.order_report(order_row(), "order", LATEST)
    assert (order.symbol, order.side, order.status) == ("BTCUSDT", Side.LONG, OrderStatus.WORKING)
    assert (order.price, order.qty, order.filled_qty, order.filled_value) == (D(64000), D("0.01"), D(0), D(0))
    assert order.order_id == "1f6c3f0e-8d0c-4f6b-9c59-0a1f6ce0a5b7"
    assert (order.link_id, order.is_buy, order.reduce_only) == ("g1-000123", True, False)
    assert (order.created_ms, order.updated_ms, order.reason) == (1750000000000, 1750000000003, "")


def test_an_order_reads_the_same_by_rest_and_by_stream() -> None:
    assert rows.order_report(fresh(ORDER_ROW), "rest", LATEST) == rows.order_report(order_row(), "stream", LATEST)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("New", OrderStatus.WORKING),
        ("PartiallyFilled", OrderStatus.WORKING),
        ("Untriggered", OrderStatus.WORKING),
        ("Filled", OrderStatus.FILLED),
        ("Cancelled", OrderStatus.CANCELLED),
        ("Deactivated", OrderStatus.CANCELLED),
        ("Rejected", OrderStatus.REJECTED),
    ],
)
def test_every_order_status_has_its_meaning(word: str, status: OrderStatus) -> None:
    assert rows.order_report(order_row(orderStatus=word), "order", LATEST).status is status


def test_a_filled_order_stays_filled_whatever_its_cancel_type_says() -> None:
    late = order_row(
        orderStatus="Filled",
        cumExecQty="0.01",
        cancelType="CancelByUser",
        rejectReason="EC_OrigClOrdIDDoesNotExist",
    )
    order = rows.order_report(late, "order", LATEST)
    assert (order.status, order.reason) == (OrderStatus.FILLED, "")


def test_a_cancelled_order_says_why() -> None:
    post_only = order_row(orderStatus="Cancelled", rejectReason="EC_PostOnlyWillTakeLiquidity")
    assert rows.order_report(post_only, "order", LATEST).reason == "EC_PostOnlyWillTakeLiquidity"
    by_user = order_row(orderStatus="Cancelled", cancelType="CancelByUser", rejectReason="EC_PerCancelRequest")
    assert rows.order_report(by_user, "order", LATEST).reason == "CancelByUser EC_PerCancelRequest"


@pytest.mark.parametrize(
    ("index", "side", "reduce_only", "wanted"),
    [
        (1, "Buy", False, Side.LONG),
        (1, "Sell", True, Side.LONG),
        (2, "Sell", False, Side.SHORT),
        (2, "Buy", True, Side.SHORT),
        (0, "Buy", False, Side.LONG),
        (0, "Sell", True, Side.LONG),
        (0, "Sell", False, Side.SHORT),
        (0, "Buy", True, Side.SHORT),
    ],
)
def test_an_order_belongs_to_the_side_its_index_names(index: int, side: str, reduce_only: bool, wanted: Side) -> None:
    row = order_row(positionIdx=index, side=side, reduceOnly=reduce_only)
    assert rows.order_report(row, "order", LATEST).side is wanted


def test_an_order_made_elsewhere_has_no_name() -> None:
    assert rows.order_report(order_row(orderLinkId=""), "order", LATEST).link_id == ""


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("symbol", ""),
        ("side", "None"),
        ("positionIdx", 3),
        ("orderStatus", "Weird"),
        ("qty", "-1"),
        ("qty", 0.01),
        ("price", ""),
        ("cumExecQty", "0.02"),
        ("cumExecValue", "NaN"),
        ("reduceOnly", "false"),
        ("orderId", ""),
        ("orderLinkId", None),
        ("createdTime", ""),
        ("updatedTime", "yesterday"),
    ],
)
def test_an_order_field_that_does_not_fit_is_an_error_naming_it(field: str, value: object) -> None:
    with pytest.raises(BadMessage, match=field):
        rows.order_report(order_row(**{field: value}), "order", LATEST)


@given(st.data())
def test_an_order_without_one_of_the_needed_fields_is_an_error(data: st.DataObject) -> None:
    needed = [
        "symbol", "side", "positionIdx", "orderStatus", "price", "qty", "cumExecQty", "cumExecValue",
        "reduceOnly", "orderId", "orderLinkId", "createdTime", "updatedTime",
    ]  # fmt: skip
    field = data.draw(st.sampled_from(needed))
    row = dict(order_row())
    del row[field]
    with pytest.raises(BadMessage, match=f"{field} is missing"):
        rows.order_report(row, "order", LATEST)


# --- executions ---


def test_an_execution_push_is_read_field_by_field() -> None:
    fill = rows.execution(execution_row(closedSize="0"), "execution", LATEST)
    assert (fill.symbol, fill.side, fill.kind, fill.is_buy) == ("BTCUSDT", Side.LONG, ExecutionKind.TRADE, True)
    assert (fill.price, fill.qty, fill.closed_qty, fill.fee) == (D(65000), D("0.01"), D(0), D("0.13"))
    assert (fill.exec_id, fill.link_id) == ("e0cbe81d-0f18-5866-9415-cf319b5dab3b", "g1-000122")
    assert (fill.is_maker, fill.pnl, fill.at_ms, fill.seq) == (True, D(0), 1749990000000, 140710117001)


def test_an_execution_by_rest_has_no_profit() -> None:
    assert rows.execution(fresh(EXECUTION_ROW), "execution", LATEST).pnl is None


@pytest.mark.parametrize(
    ("side", "closed", "wanted"),
    [
        ("Buy", "0", Side.LONG),
        ("Sell", "0.01", Side.LONG),
        ("Sell", "0", Side.SHORT),
        ("Buy", "0.01", Side.SHORT),
        ("Buy", "0.004", Side.SHORT),
    ],
)
def test_the_side_of_a_fill_follows_from_direction_and_closed_size(side: str, closed: str, wanted: Side) -> None:
    assert rows.execution(execution_row(side=side, closedSize=closed), "execution", LATEST).side is wanted


@pytest.mark.parametrize(("side", "wanted"), [("Buy", Side.LONG), ("Sell", Side.SHORT)])
@pytest.mark.parametrize("fee", ["0.0651", "-0.0651"])
def test_funding_is_told_from_a_fill_and_keeps_its_sign(side: str, wanted: Side, fee: str) -> None:
    funding = execution_row(
        execType="Funding", orderType="UNKNOWN", orderQty="0", orderPrice="0", side=side, execFee=fee, isMaker=False
    )
    parsed = rows.execution(funding, "execution", LATEST)
    assert (parsed.kind, parsed.side, parsed.fee) == (ExecutionKind.FUNDING, wanted, D(fee))


@pytest.mark.parametrize(
    "word",
    ["BustTrade", "AdlTrade", "Settle", "Delivery", "SessionSettlePnL", "MovePosition", "BlockTrade", "FutureSpread"],
)
def test_whatever_changes_a_position_and_is_no_trade_of_ours_is_forced(word: str) -> None:
    assert rows.execution(execution_row(execType=word), "execution", LATEST).kind is ExecutionKind.FORCED


@pytest.mark.parametrize("word", ["UNKNOWN", "", "trade", "Gift", None, 1])
def test_an_execution_of_a_kind_nobody_knows_is_an_error_and_no_fill(word: object) -> None:
    with pytest.raises(BadMessage, match="execType is"):
        rows.execution(execution_row(execType=word), "execution", LATEST)


def test_taxes_are_part_of_the_fee() -> None:
    taxes = [
        {"feeCoin": "USDT", "feeType": "GST", "subFeeType": "IND_GST", "feeRate": "0.0000675", "fee": "0.006"},
        {"feeCoin": "USDT", "feeType": "WHT", "subFeeType": "X", "feeRate": "0.0001", "fee": "0.004"},
    ]
    assert rows.execution(execution_row(extraFees=taxes), "execution", LATEST).fee == D("0.140")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("execType", "Gift"),
        ("closedSize", ""),
        ("closedSize", "0.02"),
        ("execQty", "0"),
        ("execPrice", "0"),
        ("execFee", ""),
        ("feeCurrency", "MNT"),
        ("extraFees", "1"),
        ("isMaker", 1),
        ("seq", ""),
        ("execId", ""),
        ("execPnl", "a lot"),
    ],
)
def test_an_execution_field_that_does_not_fit_is_an_error_naming_it(field: str, value: object) -> None:
    with pytest.raises(BadMessage, match=field):
        rows.execution(execution_row(**{field: value}), "execution", LATEST)


def test_a_tax_in_another_coin_is_an_error() -> None:
    with pytest.raises(BadMessage, match="feeCoin is 'INR'"):
        rows.execution(execution_row(extraFees=[{"feeCoin": "INR", "fee": "1"}]), "execution", LATEST)


# --- positions ---


def test_both_legs_of_a_position_push_are_read() -> None:
    long, short = (rows.position_report(position_row(leg), "position", LATEST) for leg in (0, 1))
    assert long is not None
    assert short is not None
    assert (long.side, long.size, long.avg_price, long.leverage) == (Side.LONG, D("0.01"), D(65000), D(10))
    assert (short.side, short.size, short.avg_price, short.seq) == (Side.SHORT, D(0), D(0), 140710117124)


def test_a_position_reads_the_same_by_rest_and_by_stream() -> None:
    by_rest = rows.position_report(fresh(POSITIONS_REPLY)["result"]["list"][0], "rest", LATEST)
    by_stream = rows.position_report(position_row(), "stream", LATEST)
    assert by_rest is not None
    assert by_stream is not None
    assert (by_rest.size, by_rest.avg_price, by_rest.seq) == (by_stream.size, by_stream.avg_price, by_stream.seq)


@pytest.mark.parametrize("blank", ["", "0"])
def test_a_flat_side_may_be_blank_or_zero(blank: str) -> None:
    flat = rows.position_report(position_row(1, entryPrice=blank, size=blank, updatedTime=""), "position", LATEST)
    assert flat is not None
    assert (flat.side, flat.size, flat.avg_price, flat.updated_ms) == (Side.SHORT, D(0), D(0), 0)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("entryPrice", ""),
        ("entryPrice", "0"),
        ("size", "-1"),
        ("side", "Sell"),
        ("side", ""),
        ("positionIdx", 7),
        ("leverage", ""),
        ("updatedTime", ""),
        ("seq", -2),
    ],
)
def test_a_held_position_has_no_blanks_and_no_contradictions(field: str, value: object) -> None:
    with pytest.raises(BadMessage, match=field):
        rows.position_report(position_row(**{field: value}), "position", LATEST)


def test_a_position_without_any_price_is_an_error() -> None:
    row = position_row()
    del row["entryPrice"]
    with pytest.raises(BadMessage, match="avgPrice is missing"):
        rows.position_report(row, "position", LATEST)


def test_a_one_way_position_tells_its_side_and_a_flat_one_has_none() -> None:
    held = rows.position_report(position_row(positionIdx=0), "position", LATEST)
    assert held is not None
    assert held.side is Side.LONG
    assert rows.position_report(position_row(1, positionIdx=0), "position", LATEST) is None


# --- wallet ---


def test_the_wallet_reads_the_same_by_rest_and_by_stream() -> None:
    by_stream = rows.wallet(fresh(WALLET_PUSH)["data"][0], "stream", 7)
    by_rest = rows.wallet(fresh(WALLET_REPLY)["result"]["list"][0], "rest", 7)
    assert by_stream == by_rest
    assert (by_rest.margin_balance, by_rest.available) == (D("10000.87"), D("9870.77945"))
    assert (by_rest.mm_rate, by_rest.at_ms) == (D("0.0007"), 7)


@pytest.mark.parametrize("field", ["totalMarginBalance", "totalAvailableBalance", "accountMMRate"])
def test_an_empty_total_says_that_the_account_is_in_isolated_margin(field: str) -> None:
    row = {**fresh(WALLET_REPLY)["result"]["list"][0], field: ""}
    with pytest.raises(BadMessage, match=f"{field} is '', allowed: .*isolated margin"):
        rows.wallet(row, "wallet", 7)


def test_a_wallet_of_another_kind_of_account_is_an_error() -> None:
    row = {**fresh(WALLET_REPLY)["result"]["list"][0], "accountType": "CONTRACT"}
    with pytest.raises(BadMessage, match="accountType is 'CONTRACT'"):
        rows.wallet(row, "wallet", 7)


def test_the_available_balance_may_be_negative() -> None:
    row = {**fresh(WALLET_REPLY)["result"]["list"][0], "totalAvailableBalance": "-1.5"}
    assert rows.wallet(row, "wallet", 7).available == D("-1.5")
