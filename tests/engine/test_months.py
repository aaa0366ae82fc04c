"""What an account that runs for months must not suffer from: what piles up, is forgotten, or counts for ever."""

import itertools
import logging
import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from gridtrader.domain.order_names import parse_order_name
from gridtrader.domain.types import Execution
from gridtrader.engine.journal import sent_record
from gridtrader.engine.ports import NewQuote, Record, StreamDown, StreamUp, Unknown, Unreachable
from tests.engine.hostile import (
    LONG,
    SHORT,
    D,
    Withheld,
    meddle,
    opened,
    run_for,
    sent,
    standing,
    take_profit,
    tell,
)
from tests.support.desk import UID
from tests.support.inprocess import Table

SYMBOL = "DOGEUSDT"
DAY_MS = 86_400_000


# --- the journal begins anew, and the exchange forgets (T4) ---


def rotate(table: Table) -> None:
    """Let the journal be full, and write to it."""
    table.archive.journal_is_full = True
    table.engine.recorder.write_ahead([{"kind": "venue", "venue": "bybit", "at": table.clock.now}])
    table.archive.journal_is_full = False


def a_month_later(table: Table) -> None:
    """Begin anew where the exchange keeps a week of fills and no order."""
    table.clock.now += 30 * DAY_MS
    table.begin()

    def forget(real: Callable[..., Sequence[Execution]]) -> Callable[..., Sequence[Execution]]:
        return lambda *asked: [one for one in real(*asked) if one.at_ms > table.clock.now - 7 * DAY_MS]

    meddle(table.desk, "executions", forget)
    meddle(table.desk, "order_history", lambda real: lambda *asked: [])


def found_at_a_start() -> Table:
    """The journal has been lost once: fills are written before the decision that their cycle runs."""
    table = opened()
    table.walk(SYMBOL, ["0.199", "0.198"])
    table.archive.records.clear()
    table.begin()
    table.start()
    return table


def split_after_an_outage() -> Table:
    """While the stream was down SHORT's take-profit filled, and an old averaging order after it."""
    table = opened()
    table.walk(SYMBOL, ["0.199", "0.198"])
    Withheld(table, lambda message: True)
    table.quote(SYMBOL, str(take_profit(table, SHORT).price - D("0.0001")))
    table.desk.push()
    old = min(price for name, (price, _) in standing(table).items() if "_SA" in name)
    table.quote(SYMBOL, str(old))
    table.desk.push()
    table.desk.shuffle = list
    for event in (StreamDown("for a while"), StreamUp(), NewQuote(SYMBOL, table.desk.quote(SYMBOL))):
        table.inbox.put(event)
    table.rest()
    return table


@pytest.mark.parametrize("story", [found_at_a_start, split_after_an_outage])
def test_a_new_journal_file_has_the_fills_of_running_cycles_whenever_they_were_written(
    story: Callable[[], Table],
) -> None:
    table = story()
    held = table.sizes(SYMBOL)
    assert all(held)
    rotate(table)
    a_month_later(table)
    table.start()
    assert table.sizes(SYMBOL) == held
    assert table.broken_laws() == []


def with_many_cycles_closed() -> Table:
    table = opened()
    for _ in range(20):
        table.walk(SYMBOL, ["0.1985", "0.2", "0.2015", "0.2"])
    assert len(records(table, "closed")) > 20
    return table


def records(table: Table, kind: str) -> list[Record]:
    return [record for record in table.archive.records if record["kind"] == kind]


def test_what_was_closed_days_ago_leaves_no_fill_in_a_new_journal_file() -> None:
    table = with_many_cycles_closed()
    table.clock.now += 3 * 86_400_000
    take_profits = len(records(table, "closed"))
    table.walk(SYMBOL, ["0.1985", "0.2", "0.2015", "0.2"])
    assert len(records(table, "closed")) > take_profits
    rotate(table)
    held = sum(table.sizes(SYMBOL))
    assert sum(D(str(fill["qty"])) for fill in records(table, "execution")) == held
    assert 0 < len(records(table, "past")) < 10
    a_month_later(table)
    table.start()
    assert sum(table.sizes(SYMBOL)) == held


def test_a_new_journal_file_remembers_what_was_booked_though_its_cycle_is_closed() -> None:
    table = with_many_cycles_closed()
    for _ in range(2):  # what the first new file remembers, the second one does, too
        rotate(table)
        booked = len(table.archive.trades)
        assert len(records(table, "past")) > 20
        table.begin()
        table.start()
        assert len(table.archive.trades) == booked, "yesterday's fills are not booked again"
        assert table.broken_laws() == []


def test_a_slot_that_was_tried_a_thousand_times_leaves_one_name_in_a_new_journal_file() -> None:
    table = opened()
    (first,) = [parse_order_name(name) for name in table.open_names() if "_LA01_" in name]
    assert first is not None
    tries = [first._replace(attempt=attempt) for attempt in range(1_000, 2_296)]
    for count, name in enumerate(tries):
        table.engine.recorder.write_ahead([sent_record(SYMBOL, [name], count)])
    last = tries[-1].encode()
    rotate(table)
    kept = " ".join(str(record["names"]) for record in table.archive.records if record["kind"] == "sent").split()
    assert [name for name in kept if "_LA01_" in name] == [last]
    assert len(kept) == len(set(table.open_names()) | {last}) - 1 + 2  # entries have filled
    assert len([record for record in table.archive.records if record["kind"] == "sent"]) == 1


@pytest.mark.parametrize("damage", [{"qty": "many"}, {"seq": None}, {"type": "gift"}])
def test_a_fill_in_the_journal_that_cannot_be_understood_is_told_and_read_from_the_exchange(
    damage: dict[str, str | None],
) -> None:
    table = opened()
    table.walk(SYMBOL, ["0.199", "0.202"])
    held = table.sizes(SYMBOL)
    fill = next(record for record in table.archive.records if record["kind"] == "execution")
    table.archive.records[table.archive.records.index(fill)] = {**fill, **damage}
    table.begin()
    table.start()
    assert "closed" in [record["kind"] for record in table.archive.records], "its side's cycle has been closed"
    assert table.sizes(SYMBOL) == held
    assert any("(execution)" in line for line in table.diary.lines(logging.WARNING))
    assert table.broken_laws() == []


def test_a_record_dated_by_a_clock_that_ran_ahead_keeps_nobody_from_starting() -> None:
    table = opened()
    table.price(SYMBOL, "0.199")
    held = table.sizes(SYMBOL)
    table.engine.recorder.write_ahead(
        [{"kind": "sent", "symbol": SYMBOL, "names": "", "at": table.clock.now + 400 * DAY_MS}]
    )
    table.begin()
    table.start()
    assert table.sizes(SYMBOL) == held


# --- what counts in a row (C3, C4) ---


def test_three_look_ups_that_failed_in_three_months_are_not_three_in_a_row() -> None:
    table = opened()
    is_down = False

    def fail(real: Callable[..., Any]) -> Callable[..., Any]:
        def order(*asked: Any) -> Any:
            if is_down:
                raise Unreachable("time-out")
            return real(*asked)

        return order

    meddle(table.desk, "order", fail)
    tell(table, {SYMBOL: "0.199"})
    run_for(table, 10_000)
    name = take_profit(table, LONG).order_link_id
    for month in range(1, 6):
        is_down = True
        late = Withheld(table, lambda message: message.topic == "order")
        table.desk.after = lambda what, link_id: (
            Unknown("HTTP 502") if what == "amend" and "_LT00" in link_id else None
        )
        table.clock.now += 1
        table.exchange.settle_funding(SYMBOL, D("0.0001") * month, table.clock.now)
        for _ in range(3):
            table.desk.push()
            table.engine.step()
            table.clock.now += 50
        late.release()
        table.desk.after = lambda what, link_id: None
        is_down = False
        run_for(table, 5_000)
        assert not table.engine.emergency_stopped, table.engine.stop_reason
        assert take_profit(table, LONG).order_link_id == name
        for _ in range(2):
            table.wait(61_000)
    assert sum("cannot be looked up (try 1)" in line for line in table.diary.lines()) == 5
    assert table.broken_laws() == []


def test_a_take_profit_that_rest_did_not_show_five_times_in_its_life_stands() -> None:
    table = opened()
    tell(table, {SYMBOL: "0.199"})
    run_for(table, 5_000)
    name, is_blind = take_profit(table, LONG).order_link_id, False
    meddle(table.desk, "order", lambda real: lambda s, n: None if is_blind and n == name else real(s, n))
    meddle(
        table.desk,
        "open_orders",
        lambda real: lambda *asked: [one for one in real(*asked) if not (is_blind and one.link_id == name)],
    )
    for _ in range(6):
        table.wait(61_000)
        is_blind, compared = True, table.engine.watch._comparisons
        while table.engine.watch._comparisons == compared:
            table.wait(1_000)
        is_blind = False
    assert take_profit(table, LONG).order_link_id == name
    assert sent(table, "cancel", name) == []


# --- accepted and thrown out (C2, C3) ---


@pytest.mark.parametrize("pattern", ["_LA01_", "_LT00_"])
def test_what_is_accepted_and_thrown_out_is_placed_anew_ever_more_slowly(pattern: str) -> None:
    table = opened()
    times: list[int] = []

    def throw_out(command: str, name: str) -> None:
        if command == "place" and re.search(pattern, name):
            times.append(table.clock.now)
            table.exchange.cancel_order(UID, SYMBOL, table.clock.now, order_link_id=name)

    table.desk.after = throw_out
    (name,) = [name for name in table.open_names() if re.search(pattern, name)]
    table.exchange.cancel_order(UID, SYMBOL, table.clock.now, order_link_id=name)
    begin = table.clock.now
    for step in range(1_200):  # two minutes, ten steps a second
        if step % 10 == 0:
            table.inbox.put(NewQuote(SYMBOL, table.desk.quote(SYMBOL)))
        table.desk.push()
        table.engine.step()
        table.clock.now += 100
    pauses = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert times[0] - begin < 200, "the first time it may have been a race"
    assert 4 < len(times) < 12
    assert pauses[1:] == sorted(pauses[1:]), pauses
    assert any("did not last" in line for line in table.diary.lines())
    table.desk.after = lambda what, link_id: None
    table.wait(31_000)
    table.wait(31_000)
    assert [name for name in table.open_names() if re.search(pattern, name)]
    assert not table.engine.emergency_stopped


def test_a_take_profit_that_is_cut_once_in_a_while_is_back_at_once() -> None:
    table = opened()
    for _ in range(5):
        name = take_profit(table, LONG).order_link_id
        table.exchange.cancel_order(UID, SYMBOL, table.clock.now, order_link_id=name)
        table.desk.push()
        before = table.clock.now
        table.engine.step()
        assert table.clock.now - before < 100
        assert take_profit(table, LONG).order_link_id != name
        table.wait(30_000)
    assert table.broken_laws() == []
