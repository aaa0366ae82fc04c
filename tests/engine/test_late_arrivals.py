"""Orders that are carried out after their sender has heard of an error, or has died: the exchange takes a request
until its `recv_window` is over (C2, C3, T3)."""

import logging

import pytest

from gridtrader.engine.errors import ToldToEnd
from gridtrader.engine.ports import Outcome, Unknown
from gridtrader.simulator.core import model
from tests.engine.hostile import LONG, D, executed, levels, opened, sent, take_profit
from tests.support.desk import UID
from tests.support.inprocess import Table

SYMBOL = "DOGEUSDT"
DOWN = ["0.1995", "0.199", "0.198", "0.197"]


class UnderWay:
    """The first order for LONG level 2: its connection breaks, and it is on its way still."""

    def __init__(self, table: Table) -> None:
        self.name, self.sent_ms = "", 0
        self._table = table
        table.desk.before = self._lose

    def _lose(self, what: str, name: str) -> Outcome | None:
        if what != "place" or "_LA02_" not in name or self.name not in ("", name):
            return None
        self.name, self.sent_ms = name, self.sent_ms or self._table.clock.now
        return Unknown("the connection broke")

    def arrive(self) -> None:
        """Let it be carried out: at a price that executes at once wherever the market is below 0.198."""
        self._table.desk.before = lambda what, name: None
        request = model.OrderRequest(
            symbol=SYMBOL,
            side="Buy",
            order_type="Limit",
            qty=D(500),
            price=D("0.198"),
            position_idx=LONG,
            order_link_id=self.name,
        )
        self._table.exchange.create_order(UID, request, self._table.clock.now)
        self._table.desk.push()


def test_a_closed_side_is_reopened_only_when_nothing_of_its_last_cycle_can_arrive() -> None:
    table = opened()
    late = UnderWay(table)
    table.price(SYMBOL, "0.199")
    table.price(SYMBOL, str(take_profit(table, LONG).price))
    table.walk(SYMBOL, DOWN)
    assert table.clock.now < late.sent_ms + 3_000
    late.arrive()
    table.wait(8_000)
    assert executed(table).count((late.name, D(500))) == 1
    assert table.broken_laws() == []


def test_a_closed_side_whose_last_order_never_arrives_is_reopened_when_its_time_is_over() -> None:
    table = opened()
    late = UnderWay(table)
    table.price(SYMBOL, "0.199")
    table.price(SYMBOL, str(take_profit(table, LONG).price))
    size = table.sizes(SYMBOL)[0]
    assert size == 0
    table.wait(late.sent_ms + 5_900 - table.clock.now)
    assert table.sizes(SYMBOL)[0] == 0
    table.wait(1_000)
    assert table.sizes(SYMBOL)[0] > 0
    assert table.broken_laws() == []


def test_a_start_reads_only_when_nothing_of_an_earlier_life_can_arrive(monkeypatch: pytest.MonkeyPatch) -> None:
    table = opened()
    late = UnderWay(table)
    table.price(SYMBOL, "0.199")
    table.begin()  # it dies, and LONG is closed meanwhile
    take_profit_price = str(take_profit(table, LONG).price)
    table.quote(SYMBOL, take_profit_price)
    slept: list[float] = []
    sleep = table.clock.sleep

    def go_on(seconds: float) -> None:
        slept.append(seconds)
        sleep(seconds)
        if sum(slept) > 2 and table.exchange.find_order(UID, order_link_id=late.name) is None:
            late.arrive()

    monkeypatch.setattr(table.clock, "sleep", go_on)
    table.start()
    table.walk(SYMBOL, DOWN)
    assert 5.5 < sum(slept) <= 6
    assert not any("is void" in line for line in table.diary.lines(logging.WARNING)), "it came before the reading"
    assert len(levels([name for name, _ in executed(table)], "LA02")) == 1
    assert table.broken_laws() == []


def test_a_start_long_after_the_last_sign_of_life_waits_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    table = opened()
    table.clock.now += 10_000
    table.begin()
    slept: list[float] = []
    monkeypatch.setattr(table.clock, "sleep", slept.append)
    table.start()
    assert slept == []


def test_an_account_that_is_to_end_while_its_start_waits_ends_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    table = opened()
    table.price(SYMBOL, "0.199")
    table.begin()
    began, sleep = table.clock.now, table.clock.sleep

    def end(seconds: float) -> None:
        sleep(seconds)
        table.inbox.close()

    monkeypatch.setattr(table.clock, "sleep", end)
    names = table.open_names()
    with pytest.raises(ToldToEnd):
        table.engine.start()
    assert table.clock.now - began <= 100
    assert table.open_names() == names, "the ladder stays (T8)"


def test_an_order_that_arrives_later_than_any_may_is_told_if_it_doubles_a_level() -> None:
    table = opened()
    late = UnderWay(table)
    table.price(SYMBOL, "0.199")
    table.price(SYMBOL, str(take_profit(table, LONG).price))
    table.wait(10_000)
    assert late.name in sent(table, "place")
    table.walk(SYMBOL, [str(D(price) * D("0.99")) for price in DOWN])
    late.arrive()
    table.rest()
    assert any("LONG level 2 holds" in line for line in table.diary.lines(logging.CRITICAL))
