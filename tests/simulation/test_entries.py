"""An entry the market has left behind is found, others are not."""

from dataclasses import replace
from decimal import Decimal

from gridtrader.audit.books import BookOrder, name_of
from gridtrader.domain.order_names import OrderName, Slot
from gridtrader.domain.types import OrderKind, Side
from gridtrader.simulation.entries import LEFT_BEHIND_MS, Entries
from gridtrader.simulator.core.model import Quote
from tests.simulation.stage import SYMBOL


def entry(side: Side, price: str, kind: OrderKind = OrderKind.ENTRY) -> BookOrder:
    name = name_of(OrderName(Slot(SYMBOL, side, 1, kind, 0), 0).encode())
    leg, one = (1 if side is Side.LONG else 2), Decimal(1)
    return BookOrder(SYMBOL, leg, "id", name, side is Side.LONG, False, Decimal(price), one, one)


def quotes(price: str) -> dict[str, Quote]:
    at = Decimal(price)
    return {SYMBOL: Quote(at, at, at, at, at)}


def broken(order: BookOrder, price: str, lasts: int = LEFT_BEHIND_MS + 1) -> list[str]:
    entries = Entries()
    return [*entries.look([order], quotes(price), 0), *entries.look([order], quotes(price), lasts)]


def test_an_entry_behind_the_market_for_too_long_is_told_on_both_sides() -> None:
    for order, price in ((entry(Side.LONG, "1.00"), "1.01"), (entry(Side.SHORT, "1.00"), "0.99")):
        (law,) = broken(order, price)
        assert law.startswith(f"{SYMBOL}: S3: ")
        assert broken(order, price, LEFT_BEHIND_MS) == []


def test_an_entry_at_the_touch_an_averaging_order_and_one_the_exchange_has_moved_may_wait() -> None:
    assert broken(entry(Side.LONG, "1.00"), "1.00") == []
    assert broken(entry(Side.LONG, "1.00", OrderKind.AVERAGING), "1.01") == []
    assert broken(replace(entry(Side.LONG, "1.00"), asked_price=Decimal("1.02")), "1.01") == []


def test_the_time_begins_anew_when_the_market_comes_back() -> None:
    entries, order = Entries(), entry(Side.LONG, "1.00")
    assert [*entries.look([order], quotes("1.01"), 0)] == []
    assert [*entries.look([order], quotes("1.00"), LEFT_BEHIND_MS)] == []
    assert [*entries.look([order], quotes("1.01"), LEFT_BEHIND_MS + 1)] == []


def test_a_symbol_in_which_the_bot_may_not_act_is_left_out() -> None:
    entries, order = Entries(), entry(Side.LONG, "1.00")
    assert [*entries.look([order], {}, 0), *entries.look([order], {}, 10**7)] == []
