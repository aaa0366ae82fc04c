"""What an order that was cancelled gives back, as far as the balance does not contain it yet (S6)."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from gridtrader.domain.money import open_purse
from gridtrader.domain.order_names import OrderName, Slot
from gridtrader.domain.orders import Phase
from gridtrader.domain.types import OrderKind, Side, Wallet, aged

AT_MS = 1_795_205_084_731


def cancelled_at(at_ms: int) -> Any:
    order = SimpleNamespace(
        name=OrderName(Slot("DOGEUSDT", Side.SHORT, 1, OrderKind.AVERAGING, 4), 0),
        confirmed_ms=AT_MS - 3_000,
        phase=Phase.CANCELLED,
        margin=Decimal(170),
        updated_ms=at_ms,
        leaves=Decimal(1696),
        qty=Decimal(1696),
        is_in_flight=False,
    )
    return SimpleNamespace(orders={0: order}, sides={})


@pytest.mark.parametrize(("cancelled", "free"), [(-251, 788), (-100, 788), (0, 788), (1, 958)])
def test_margin_freed_up_to_the_moment_of_a_pushed_balance_may_be_in_it_and_is_not_counted(
    cancelled: int, free: int
) -> None:
    zero = Decimal(0)
    pushed = aged(Wallet(Decimal(1676), Decimal(788), zero, zero, zero, at_ms=AT_MS), 250)
    purse = open_purse(pushed, [cancelled_at(AT_MS + cancelled)], zero, is_fresh=True)
    assert purse.free == free
