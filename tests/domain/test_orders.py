"""What is known of an order, where its executions, its reports and a pending amendment overtake each other (S10)."""

from decimal import Decimal

from gridtrader.domain.order_names import OrderName, Slot
from gridtrader.domain.orders import Change, ChangeKind, KnownOrder, Phase
from gridtrader.domain.types import OrderKind, OrderReport, OrderStatus, Side
from gridtrader.engine.book import AccountBook

NAME = OrderName(Slot("XRPUSDT", Side.LONG, 7, OrderKind.TAKE_PROFIT, 0), 0)


def take_profit(qty: str = "18", **more: object) -> KnownOrder:
    order = KnownOrder(NAME, NAME.encode(), Decimal("2.2"), Decimal(qty), Phase.WORKING, 0, Decimal("2.2"))
    order.updated_ms = order.confirmed_ms = 1_000
    for name, value in more.items():
        setattr(order, name, value)
    return order


def report(qty: str, filled: str, at_ms: int, status: OrderStatus = OrderStatus.WORKING) -> OrderReport:
    return OrderReport(
        symbol="XRPUSDT",
        side=Side.LONG,
        order_id="id",
        link_id=NAME.encode(),
        status=status,
        is_buy=False,
        reduce_only=True,
        price=Decimal("2.2"),
        qty=Decimal(qty),
        filled_qty=Decimal(filled),
        filled_value=Decimal(filled) * Decimal("2.2"),
        created_ms=900,
        updated_ms=at_ms,
    )


def seen(order: KnownOrder, qty: str) -> None:
    """Let executions of an order have come to `qty`."""

    class Known:
        executed = {order.link_id: Decimal(qty)}  # noqa: RUF012

    AccountBook._count_seen(order, Known(), 2_000)  # type: ignore[arg-type]


def test_an_order_whose_executions_come_to_its_total_is_filled() -> None:
    order = take_profit()
    seen(order, "18")
    assert order.phase is Phase.FILLED


def test_executions_up_to_the_old_total_do_not_end_an_order_that_is_being_amended() -> None:
    order = take_profit(change=Change(ChangeKind.AMEND, 1_500), asked_qty=Decimal(35))
    seen(order, "18")
    assert order.phase.may_execute
    seen(order, "35")
    assert order.phase is Phase.FILLED


def test_an_order_taken_for_filled_lives_on_where_a_newer_report_has_a_larger_total() -> None:
    order = take_profit()
    seen(order, "18")
    assert order.learn(report("35", "18", at_ms=1_500))
    assert (order.phase, order.qty, order.leaves) == (Phase.WORKING, Decimal(35), Decimal(17))


def test_a_late_report_of_a_filled_order_changes_nothing() -> None:
    order = take_profit()
    seen(order, "18")
    assert not order.learn(report("18", "9", at_ms=1_500))
    assert order.phase is Phase.FILLED
    assert not order.learn(report("35", "9", at_ms=900))
    assert order.phase is Phase.FILLED
