"""A full inbox: messages may be lost, and that is told; what says how the streams stand never is (S10, A5)."""

import pytest

from gridtrader.engine.inbox import Inbox
from gridtrader.engine.ports import (
    Event,
    NewQuote,
    PricesDown,
    PricesUp,
    StreamDown,
    StreamLost,
    StreamMessage,
    StreamUp,
)
from tests.engine.hostile import is_opening, naked, opened, run_for, tell
from tests.support.inprocess import Table

OF_THE_STREAMS: list[Event] = [
    StreamDown("gone"),
    PricesDown("DOGEUSDT", "10 attempts failed"),
    StreamUp(),
    PricesUp("DOGEUSDT"),
    StreamLost("3 attempts failed"),
]


def message(number: int) -> StreamMessage:
    return StreamMessage("order", str(number))


def full(capacity: int = 3) -> Inbox:
    inbox = Inbox(capacity=capacity)
    for number in range(capacity):
        inbox.put(message(number))
    assert not inbox.take_overflow()
    return inbox


@pytest.mark.parametrize("event", OF_THE_STREAMS, ids=lambda event: type(event).__name__)
def test_a_full_inbox_takes_what_says_how_the_streams_stand(event: Event) -> None:
    inbox = full()
    inbox.put(event)
    assert not inbox.take_overflow(), "nothing is lost"
    assert inbox.drain() == [message(0), message(1), message(2), event]


def test_a_full_inbox_keeps_the_order_of_what_it_takes() -> None:
    inbox = full()
    for event in OF_THE_STREAMS:
        inbox.put(event)
        inbox.put(message(99))
    assert inbox.drain() == [message(0), message(1), message(2), *OF_THE_STREAMS]


def test_messages_a_full_inbox_drops_are_told_of_once() -> None:
    inbox = full()
    for number in range(3, 10):
        inbox.put(message(number))
    assert inbox.take_overflow()
    assert not inbox.take_overflow()
    assert inbox.drain() == [message(0), message(1), message(2)]
    inbox.put(message(10))
    assert inbox.drain() == [message(10)]
    assert not inbox.take_overflow()


def test_a_full_inbox_keeps_the_newest_price_of_each_symbol() -> None:
    table = opened()
    inbox = full()
    quotes = [NewQuote("DOGEUSDT", table.quote("DOGEUSDT", price)) for price in ("0.2", "0.201", "0.202")]
    for quote in quotes:
        inbox.put(quote)
    assert inbox.drain()[-1] == quotes[-1]
    assert not inbox.take_overflow()


# --- what becomes of the account ---


def crammed(table: Table) -> None:
    """Leave no room in the account's inbox, which is made small: its engine is stuck in a slow request."""
    table.inbox._capacity = 5
    for number in range(5):
        table.inbox.put(message(number))


def test_fills_that_found_no_room_are_read_by_rest_before_the_account_acts() -> None:
    table = opened()
    crammed(table)
    tell(table, {"DOGEUSDT": "0.199"})
    tell(table, {"DOGEUSDT": "0.1985"})
    run_for(table, 100)
    assert naked(table) == [], "read by REST, and covered at once"
    table.wait(62_000)  # what the bot sends brings more messages than there is room for
    assert table.sizes("DOGEUSDT")[0] == 375
    assert naked(table) == []
    assert table.broken_laws() == []
    assert any("the inbox was full" in line for line in table.diary.lines())


def test_a_stream_that_is_lost_while_the_inbox_is_full_stops_the_account() -> None:
    table = opened()
    crammed(table)
    table.inbox.put(StreamLost("3 attempts failed"))
    table.engine.step()
    assert table.engine.emergency_stopped
    assert not [name for name in table.open_names() if is_opening(name)]


def test_an_account_whose_stream_went_down_in_a_full_inbox_sends_nothing_until_it_is_up() -> None:
    table = opened()
    crammed(table)
    table.inbox.put(StreamDown("gone"))
    table.engine.step()
    said = len(table.desk.commands)
    tell(table, {"DOGEUSDT": "0.199"})
    run_for(table, 5_000)
    assert len(table.desk.commands) == said
    crammed(table)
    table.inbox.put(StreamUp())
    run_for(table, 100)
    assert naked(table) == []
    table.wait(62_000)
    assert table.broken_laws() == []
