"""Orders are built by place: each field must come to stand where it belongs."""

from dataclasses import fields, replace
from inspect import signature

import pytest

from gridtrader.simulator.core.model import Order, OrderStatus
from gridtrader.simulator.core.versions import first_version, next_version
from tests.simulator.core.venue import D

FIRST = {
    "uid": 7,
    "order_id": "id",
    "order_link_id": "link",
    "symbol": "COINUSDT",
    "side": "Sell",
    "position_idx": 2,
    "order_type": "Limit",
    "time_in_force": "GTC",
    "price": D("100.5"),
    "qty": D("3.5"),
    "reduce_only": True,
    "create_type": "CreateByUser",
    "status": OrderStatus.UNTRIGGERED,
    "close_on_trigger": True,
    "trigger_price": D(99),
    "trigger_direction": 2,
    "trigger_by": "MarkPrice",
}
ORDER = Order(
    **FIRST,  # type: ignore[arg-type]
    leaves_qty=D("3.5"),
    cum_exec_qty=D(0),
    cum_exec_value=D(0),
    cum_exec_fee=D(0),
    cancel_type="UNKNOWN",
    reject_reason="EC_NoError",
    closed_pnl=D(0),
    last_price_on_created=D("100.25"),
    created_time=1_000,
    updated_time=1_000,
    seq=10,
)
CHANGES = {
    "price": D("101.5"),
    "qty": D(4),
    "leaves_qty": D("1.25"),
    "cum_exec_qty": D("2.75"),
    "cum_exec_value": D("276.375"),
    "cum_exec_fee": D("0.05"),
    "status": OrderStatus.PARTIALLY_FILLED,
    "reduce_only": False,
    "cancel_type": "CancelByUser",
    "reject_reason": "EC_PerCancelRequest",
    "closed_pnl": D("-1.5"),
    "trigger_price": D("98.5"),
}


def test_a_first_version_has_everything_it_is_given_and_nothing_executed() -> None:
    order = first_version(**FIRST, now=1_000, seq=10, last_price=D("100.25"))  # type: ignore[arg-type]
    assert order == ORDER


@pytest.mark.parametrize("name", CHANGES)
def test_the_next_version_differs_in_what_is_changed_and_in_time_and_number_only(name: str) -> None:
    change = {name: CHANGES[name]}
    changed = next_version(ORDER, 2_000, 11, **change)  # type: ignore[arg-type]
    assert changed == replace(ORDER, **change, updated_time=2_000, seq=11)  # type: ignore[arg-type]
    assert changed != replace(ORDER, updated_time=2_000, seq=11)


def test_everything_that_changes_about_an_order_has_been_tried() -> None:
    assert set(CHANGES) == set(signature(next_version).parameters) - {"order", "now", "seq"}
    assert set(CHANGES) < {each.name for each in fields(Order)}


def test_equal_versions_are_one_in_a_set() -> None:
    assert {ORDER, replace(ORDER)} == {ORDER}
