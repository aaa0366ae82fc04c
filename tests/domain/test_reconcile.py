"""One take-profit a side, also while one of an earlier cycle is on its way out (S7)."""

from decimal import Decimal

from gridtrader.domain.legs import Target
from gridtrader.domain.order_names import OrderName, Slot
from gridtrader.domain.orders import Change, ChangeKind, KnownOrder, Phase
from gridtrader.domain.reconcile import reconcile
from gridtrader.domain.types import OrderKind, Side


def slot(cycle: int, side: Side = Side.SHORT) -> Slot:
    return Slot("BTCUSDT", side, cycle, OrderKind.TAKE_PROFIT, 0)


def standing(cycle: int, change: Change | None = None) -> KnownOrder:
    name = OrderName(slot(cycle), 0)
    return KnownOrder(name, name.encode(), Decimal(9), Decimal(1), Phase.WORKING, 0, Decimal(9), change=change)


def test_an_old_take_profit_is_cancelled_and_the_new_one_placed() -> None:
    old = standing(7)
    difference = reconcile([Target(slot(8), Decimal(2), Decimal(8))], [old], {slot(7): old})
    assert [cancel.order for cancel in difference.cancel] == [old]
    assert [place.name.slot for place in difference.place] == [slot(8)]


def test_a_new_take_profit_waits_while_the_old_ones_cancel_is_under_way() -> None:
    old = standing(7, Change(ChangeKind.CANCEL, 0))
    difference = reconcile([Target(slot(8), Decimal(2), Decimal(8))], [old], {slot(7): old})
    assert difference.is_empty
    assert slot(8) in difference.waiting


def test_the_other_side_does_not_wait_for_it() -> None:
    old = standing(7, Change(ChangeKind.CANCEL, 0))
    difference = reconcile([Target(slot(8, Side.LONG), Decimal(2), Decimal(8))], [old], {slot(7): old})
    assert [place.name.slot.side for place in difference.place] == [Side.LONG]
