import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridtrader.domain.types import Side
from gridtrader.exchange.messages import private_message, unreadable
from tests.exchange.support.captures import EXECUTION_PUSH, LATEST, ORDER_PUSH, POSITION_PUSH, WALLET_PUSH, fresh


def test_each_topic_fills_its_own_part() -> None:
    order = private_message(fresh(ORDER_PUSH), ORDER_PUSH, LATEST)
    execution = private_message(fresh(EXECUTION_PUSH), EXECUTION_PUSH, LATEST)
    position = private_message(fresh(POSITION_PUSH), POSITION_PUSH, LATEST)
    wallet = private_message(fresh(WALLET_PUSH), WALLET_PUSH, LATEST)
    assert [message.topic for message in (order, execution, position, wallet)] == [
        "order",
        "execution",
        "position",
        "wallet",
    ]
    assert [message.errors for message in (order, execution, position, wallet)] == [()] * 4
    assert len(order.orders) == len(execution.executions) == 1
    assert [report.side for report in position.positions] == [Side.LONG, Side.SHORT]
    assert wallet.wallet is not None
    assert wallet.wallet.at_ms == 1750000000007


def test_the_text_is_kept_for_the_log() -> None:
    assert private_message(fresh(WALLET_PUSH), WALLET_PUSH, LATEST).text == WALLET_PUSH


def test_several_fills_of_one_match_come_in_one_message() -> None:
    push = fresh(EXECUTION_PUSH)
    push["data"] *= 3
    assert len(private_message(push, "", LATEST).executions) == 3


def test_one_bad_row_is_an_error_and_does_not_hide_the_others() -> None:
    push = fresh(ORDER_PUSH)
    push["data"] = [{**push["data"][0], "qty": "much"}, push["data"][0], "not even an object"]
    message = private_message(push, "", LATEST)
    assert len(message.orders) == 1
    assert len(message.errors) == 2
    assert "order BTCUSDT: qty is 'much'" in message.errors[0]


@pytest.mark.parametrize("category", ["spot", "option", "inverse"])
def test_rows_of_other_categories_are_left_out(category: str) -> None:
    push = fresh(ORDER_PUSH)
    push["data"].append({"category": category, "symbol": "whatever"})
    message = private_message(push, "", LATEST)
    assert (len(message.orders), message.errors) == (1, ())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"topic": "greeks"}, "topic is 'greeks'"),
        ({"topic": "execution.fast"}, "topic is 'execution.fast'"),
        ({"topic": None}, "topic is None"),
        ({"data": {}}, "data is {}"),
        ({"data": None}, "data is None"),
    ],
)
def test_a_push_of_a_strange_shape_is_an_error(change: dict[str, Any], words: str) -> None:
    message = private_message({**fresh(ORDER_PUSH), **change}, "text", LATEST)
    assert len(message.errors) == 1
    assert words in message.errors[0]
    assert message.orders == ()


def test_an_isolated_margin_wallet_is_an_error_and_no_money() -> None:
    push = fresh(WALLET_PUSH)
    push["data"][0]["totalAvailableBalance"] = ""
    message = private_message(push, "", LATEST)
    assert message.wallet is None
    assert "isolated margin" in message.errors[0]


def test_a_message_that_cannot_be_read_carries_its_text() -> None:
    message = unreadable("<html>", "not JSON")
    assert (message.text, message.errors) == ("<html>", ("not JSON",))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.data())
def test_nothing_that_comes_escapes_as_an_exception(data: st.DataObject) -> None:
    push = fresh(data.draw(st.sampled_from([ORDER_PUSH, EXECUTION_PUSH, POSITION_PUSH, WALLET_PUSH])))
    target = data.draw(st.sampled_from([push, push["data"][0]]))
    target[data.draw(st.sampled_from(sorted(target)))] = data.draw(_JSON)
    message = private_message(push, json.dumps(push, default=str), LATEST)
    assert isinstance(message.errors, tuple)
