"""Streams that are late, silent or out of order: nothing is bought twice, and no fill is lost (S10, S11, C2)."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from gridtrader.domain.types import OrderStatus, PositionReport
from gridtrader.engine.ports import NewQuote, Outcome, StreamDown, StreamMessage, StreamUp, Unknown
from gridtrader.simulator.core import model
from tests.engine.hostile import (
    DOGE,
    LONG,
    SHORT,
    D,
    Withheld,
    executed,
    levels,
    meddle,
    naked,
    opened,
    run_for,
    sent,
    standing,
    take_profit,
    tell,
    thin_quote,
)
from tests.support.desk import UID
from tests.support.inprocess import Table, settings

# --- one ladder at a time (S2, S3) ---


def test_entries_whose_fills_are_told_late_are_not_followed_by_a_second_ladder() -> None:
    table = Table(settings(), DOGE)
    late = Withheld(table, lambda message: message.topic in ("execution", "position"))
    table.engine.start()
    run_for(table, 1_000)
    assert table.sizes("DOGEUSDT") == (D(125), D(125)), "both have filled, and nobody has told of it"
    for _ in range(4):
        table.clock.now += 1_000
        tell(table, {"DOGEUSDT": "0.2004"})
        table.exchange.transfer(UID, D(1), table.clock.now)  # the balance is told, and an entry would be due
        run_for(table, 100)
    late.release()
    table.rest()
    table.wait(5_000)
    assert executed(table) == [("g_DOGE_LE00_eh20x_0", D(125)), ("g_DOGE_SE00_eh20x_0", D(125))]
    assert len(set(sent(table, "place", "E00"))) == 2
    assert table.broken_laws() == []


# --- a side that was flat in between (S7, S8) ---


def close_long_then_fill_its_old_level(*, told_late: bool) -> Table:
    """LONG's take-profit fills, and then its averaging order, which nobody has cancelled yet."""
    table = opened()
    first = str(take_profit(table, LONG).price)
    if told_late:
        table.inbox.put(StreamDown("gone"))
        table.rest()
        table.quote("DOGEUSDT", first)
        table.quote("DOGEUSDT", "0.199")
        table.exchange.drain()
        table.inbox.put(StreamUp())
    else:
        table.desk.before = lambda what, name: Unknown("too late") if what == "cancel" else None
        tell(table, {"DOGEUSDT": first})
        run_for(table, 50)
        tell(table, {"DOGEUSDT": "0.199"})
        run_for(table, 50)
        table.desk.before = lambda what, name: None
    table.wait(65_000)
    return table


@pytest.mark.parametrize("told_late", [False, True], ids=["told in time", "told at once, after a reconnect"])
def test_what_fills_after_the_side_was_flat_is_a_cycle_of_its_own(told_late: bool) -> None:
    table = close_long_then_fill_its_old_level(told_late=told_late)
    assert table.broken_laws() == []
    assert naked(table) == []
    assert ("g_DOGE_LE00_eh20y_0", D(125)) in executed(table), "the new cycle has bought its level 0"


def test_told_late_or_in_time_a_flat_moment_leads_to_the_same_orders() -> None:
    in_time, late = (close_long_then_fill_its_old_level(told_late=told_late) for told_late in (False, True))
    assert standing(in_time) == standing(late)
    assert in_time.sizes("DOGEUSDT") == late.sizes("DOGEUSDT")


@pytest.mark.parametrize("leg", [LONG, SHORT])
def test_order_events_told_after_the_cycle_they_belong_to_is_closed_do_not_freeze_its_side(leg: int) -> None:
    """A take-profit is amended and fills; both is told by the order stream after execution and position."""
    table = opened()
    side = "L" if leg == LONG else "S"
    away, back, further = ("0.199", "0.2006", "0.1995") if leg == LONG else ("0.201", "0.1994", "0.2005")
    late = Withheld(table, lambda message: any(f"_{side}T00_" in order.link_id for order in message.orders))
    table.price("DOGEUSDT", away)  # level 1 fills
    table.price("DOGEUSDT", back)  # and the amended take-profit
    assert [order.status for message in late.messages for order in message.orders][:2] == [
        OrderStatus.WORKING,
        OrderStatus.FILLED,
    ]
    late.release()
    table.rest()
    table.wait(10_000)
    assert table.broken_laws() == []
    table.price("DOGEUSDT", further)  # level 1 of the next cycle
    table.wait(5_000)
    assert naked(table) == []
    assert table.broken_laws() == []


# --- orders that come out of nowhere (C2, S5) ---


def test_an_order_of_an_old_cycle_that_arrives_after_all_is_cancelled_before_it_can_double_a_level() -> None:
    table = opened()
    lost: list[str] = []

    def lose(what: str, name: str) -> Outcome | None:
        if what == "place" and "_LA02_" in name:
            lost.append(name)
            return Unknown("time-out")
        return None

    table.desk.before = lose
    table.price("DOGEUSDT", "0.199")
    table.price("DOGEUSDT", str(take_profit(table, LONG).price))  # LONG goes on with its next cycle
    table.desk.before = lambda what, name: None
    table.wait(8_000)  # it should not be able to come any more, and comes
    assert table.broken_laws() == []
    orphan = model.OrderRequest(
        symbol="DOGEUSDT",
        side="Buy",
        order_type="Limit",
        qty=D(500),
        price=D("0.198"),
        position_idx=1,
        order_link_id=lost[0],
    )
    table.exchange.create_order(UID, orphan, table.clock.now)
    table.desk.push()
    table.wait(5_000)
    assert lost[0] not in table.open_names()
    table.walk("DOGEUSDT", ["0.1995", "0.199", "0.198", "0.197"])
    assert lost[0] not in [name for name, _ in executed(table)]
    assert table.broken_laws() == []


def invisible(table: Table, pattern: str, ms: int) -> None:
    """Keep orders out of sight for so long: the stream loses them, and REST does not know of them yet."""
    until = table.clock.now + ms

    def shown(messages: list[StreamMessage]) -> list[StreamMessage]:
        is_dark = table.clock.now < until
        return [m for m in messages if not (is_dark and any(pattern in o.link_id for o in m.orders))]

    def wrap(real: Callable[..., Any]) -> Callable[..., Any]:
        def order(symbol: str, link_id: str) -> Any:
            return None if table.clock.now < until and pattern in link_id else real(symbol, link_id)

        return order

    table.desk.shuffle = shown
    meddle(table.desk, "order", wrap)


@pytest.mark.parametrize("dark_s", [6, 12, 30])
def test_an_acknowledged_order_nobody_sees_for_a_while_is_not_placed_under_a_second_name(dark_s: int) -> None:
    table = opened()
    invisible(table, "A02", dark_s * 1_000)
    table.price("DOGEUSDT", "0.199")
    table.wait(dark_s * 1_000 + 62_000)
    every = [o.order_link_id for o in (*table.exchange.open_orders(UID), *table.exchange.closed_orders(UID))]
    assert sorted(name for name in every if "A02" in name) == ["g_DOGE_LA02_eh20x_0", "g_DOGE_SA02_eh20x_0"]
    assert table.broken_laws() == []


def test_a_level_nobody_sees_fills_once_though_the_market_falls_through_it() -> None:
    table = opened()
    invisible(table, "A02", 12_000)
    table.price("DOGEUSDT", "0.199")
    table.wait(11_500)
    table.quote("DOGEUSDT", "0.198")
    table.wait(10_000)
    assert levels([name for name, _ in executed(table)], "LA02") == ["g_DOGE_LA02_eh20x_0"]
    assert table.sizes("DOGEUSDT")[LONG - 1] == 875
    assert table.broken_laws() == []


def test_a_duplicate_nobody_can_show_is_waited_for_and_not_bought_again() -> None:
    """The reply to the first sending was lost, the second is called a duplicate, and REST shows no such order."""
    table = opened()
    invisible(table, "_LA02_", 60_000)
    table.desk.after = lambda what, name: Unknown("reply lost") if "_LA02_" in name else None
    table.price("DOGEUSDT", "0.199")
    table.wait(70_000)
    assert set(sent(table, "place", "_LA02_")) == {"g_DOGE_LA02_eh20x_0"}
    table.desk.after = lambda what, name: None
    table.wait(60_000)
    assert table.broken_laws() == []


# --- readings that cross with fills (S11) ---


@pytest.mark.parametrize("leg", [LONG, SHORT])
def test_an_order_that_fills_in_pieces_while_everything_is_read_is_not_somebody_else(leg: int) -> None:
    table = opened()
    closing = take_profit(table, leg).price
    pieces: list[int] = []

    def wrap(real: Callable[..., Any]) -> Callable[..., Any]:
        def positions_of(symbol: str) -> Sequence[PositionReport]:
            if len(pieces) < 10:  # between the reading of the executions and that of the positions
                pieces.append(1)
                thin_quote(table, symbol, str(closing), "5")
            answer: Sequence[PositionReport] = real(symbol)
            return answer

        return positions_of

    meddle(table.desk, "positions_of", wrap)
    table.wait(80_000)
    assert len(pieces) == 10
    assert not table.engine.emergency_stopped, table.engine.stop_reason
    table.price("DOGEUSDT", "0.2")
    table.wait(62_000)
    assert naked(table) == []
    assert not table.engine.emergency_stopped


def test_a_trade_by_hand_that_no_stream_tells_of_is_still_found_out() -> None:
    table = opened()
    request = model.OrderRequest(symbol="DOGEUSDT", side="Buy", order_type="Market", qty=D(100), position_idx=1)
    table.exchange.create_order(UID, request, table.clock.now)
    table.exchange.drain()
    table.inbox.put(NewQuote("DOGEUSDT", table.desk.quote("DOGEUSDT")))
    table.wait(62_000)
    assert table.engine.emergency_stopped
    assert "somebody else" in table.archive.emergencies[0]["reason"]


def test_what_happened_before_the_stream_came_up_and_rest_tells_late_is_learnt_within_seconds() -> None:
    table = opened()
    table.wait(5_000)
    table.inbox.put(StreamDown("reset"))
    run_for(table, 100)
    until = table.clock.now + 1_000

    def late(real: Callable[..., Any]) -> Callable[..., Any]:
        earlier = real("DOGEUSDT", 0, 10**14) if real.__name__ == "executions" else real("DOGEUSDT")
        return lambda *args: earlier if table.clock.now < until else real(*args)

    for read in ("executions", "positions_of", "open_orders"):
        meddle(table.desk, read, late)
    told, table.desk.shuffle = table.desk.shuffle, lambda messages: []
    tell(table, {"DOGEUSDT": "0.199"})  # LONG's level 1 fills
    table.desk.shuffle = told
    table.inbox.put(StreamUp())
    run_for(table, 500)
    assert naked(table), "REST has shown the account as it was before the fill"
    run_for(table, 4_000)
    assert naked(table) == []
    assert table.broken_laws() == []
