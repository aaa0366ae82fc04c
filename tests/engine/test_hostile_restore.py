"""What happened while the account was away, with a journal and without: it comes back to the one true ladder (T4)."""

import random
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from gridtrader.engine import book
from gridtrader.engine.errors import CannotStart
from gridtrader.engine.ports import StreamMessage, Unreachable
from gridtrader.simulator.core import model
from tests.engine.hostile import (
    LONG,
    SHORT,
    D,
    executed,
    meddle,
    naked,
    opened,
    sent,
    standing,
    take_profit,
    thin_quote,
)
from tests.support.desk import UID
from tests.support.inprocess import Table, settings, strategy

with_and_without_journal = pytest.mark.parametrize("has_journal", [True, False], ids=["journal", "no journal"])


def restart(table: Table, *, has_journal: bool = True) -> None:
    """Start again on the same exchange, after a crash that may have taken the journal along."""
    if not has_journal:
        table.archive.records.clear()
    table.begin()
    table.start()


# --- fills while away ---


@with_and_without_journal
def test_a_take_profit_and_then_an_old_averaging_order_filled_while_away_are_two_cycles(has_journal: bool) -> None:
    table = opened()
    table.quote("DOGEUSDT", str(take_profit(table, LONG).price))  # LONG is closed
    table.quote("DOGEUSDT", "0.199")  # its level 1, which nobody was there to cancel, fills on the flat side
    assert table.sizes("DOGEUSDT") == (D(250), D(375))
    restart(table, has_journal=has_journal)
    table.wait(65_000)
    assert table.broken_laws() == []
    assert naked(table) == []
    assert not table.engine.emergency_stopped
    # level 1 is kept for what it is, level 0 of the new cycle is bought, and the old names do not come back
    assert ("g_DOGE_LE00_eh20y_0", D(125)) in executed(table)
    assert table.sizes("DOGEUSDT")[0] == 375
    assert all("_eh20x_" not in name for name in sent(table, "place", "_L[EA]"))


@with_and_without_journal
def test_the_rest_of_a_partly_filled_level_whose_order_is_gone_is_placed_again(has_journal: bool) -> None:
    table = opened()
    thin_quote(table, "DOGEUSDT", "0.199", "50")
    table.rest()
    assert table.sizes("DOGEUSDT")[0] == 175
    table.exchange.cancel_all(UID, table.clock.now, symbol="DOGEUSDT")  # by a start that then died
    table.quote("DOGEUSDT", "0.2")
    restart(table, has_journal=has_journal)
    table.wait(20_000)
    assert {name: qty for name, (_, qty) in standing(table).items() if "A01" in name} == {
        "g_DOGE_LA01_eh20x_1": D(200),
        "g_DOGE_SA01_eh20x_1": D(250),
    }
    assert naked(table) == []
    table.price("DOGEUSDT", "0.199")
    table.wait(5_000)
    assert table.sizes("DOGEUSDT")[0] == 375
    assert table.broken_laws() == []


@with_and_without_journal
def test_a_side_reopened_by_an_old_order_while_away_counts_whole_levels_of_the_other_only(has_journal: bool) -> None:
    """S5: a partly filled level is not executed; S8: max(1, m - 2) levels at once."""
    table = opened(strategy(target=D("0.0265")))
    for price in ("0.199", "0.198", "0.197", "0.196", "0.195"):
        table.price("DOGEUSDT", price)  # LONG fills levels 1 to 5
    long, short = table.sizes("DOGEUSDT")
    assert (long, short) == (D(125 * 63), D(125))
    table.quote("DOGEUSDT", str(take_profit(table, SHORT).price))  # nobody is there: SHORT is closed,
    thin_quote(table, "DOGEUSDT", "0.194", "100")  # a part of LONG's level 6 fills,
    table.quote("DOGEUSDT", "0.2011")  # and SHORT's level 1, which nobody was there to cancel
    assert table.sizes("DOGEUSDT") == (D(125 * 63 + 100), D(250))
    restart(table, has_journal=has_journal)
    table.rest()
    # m is 6: levels 0 to 3, and level 1 is there already
    assert sent(table, "place", "_SE") == ["g_DOGE_SE00_eh20y_0", "g_DOGE_SE02_eh20y_0", "g_DOGE_SE03_eh20y_0"]
    assert table.broken_laws() == []


def test_a_name_that_only_the_exchange_remembers_is_written_down_before_its_order_is_cancelled() -> None:
    """C2: the group of records written last was lost in a crash, and the first start after it gives up half-way."""
    table = opened()
    table.archive.records[:] = [r for r in table.archive.records if "A01" not in str(r.get("names"))]
    table.begin()
    meddle(table.desk, "wallet", _once)
    with pytest.raises(CannotStart):
        table.start()
    assert not any("A01" in name for name in table.open_names())
    restart(table)
    assert sent(table, "place", "A01") == ["g_DOGE_LA01_eh20x_1", "g_DOGE_SA01_eh20x_1"]
    assert table.broken_laws() == []


def _once(real: Callable[[], object]) -> Callable[[], object]:
    """Answer the first time; what is asked after the orders are cancelled gets no answer."""
    answers = iter([real])

    def read() -> object:
        answer = next(answers, None)
        if answer is None:
            raise Unreachable("balance: no complete answer within 10 s")
        return answer()

    return read


AWAY_SEEDS = (0, 4, 6, 13, 17, 30, 41, 57)
"""Seeds whose moves go over several levels, partly with hardly anything bid or offered there."""


@pytest.mark.parametrize(("seed", "has_journal"), [(seed, seed % 2 == 0) for seed in AWAY_SEEDS])
def test_any_walk_of_the_market_while_away_ends_in_a_lawful_ladder(seed: int, has_journal: bool) -> None:
    dice = random.Random(seed)
    table = opened(usdt="5000")
    for life in range(3):
        for _ in table.wander(seed * 10 + life, 8):
            pass
        price = float(table.exchange.quote("DOGEUSDT").last)
        for _ in range(dice.randrange(1, 6)):
            price *= 1 + dice.gauss(0, 0.012)
            size = dice.choice([None, None, D(dice.randrange(10, 400))])
            last = D(f"{price:.5f}")
            table.clock.now += 1_000
            table.exchange.set_quote(
                "DOGEUSDT", model.Quote(last, last, last, last, last, size, size), table.clock.now
            )
        table.quote("DOGEUSDT", str(table.exchange.quote("DOGEUSDT").last))
        restart(table, has_journal=has_journal)
        table.wait(62_000)
        assert not table.engine.emergency_stopped, table.engine.stop_reason
        assert table.broken_laws() == [], life
        assert naked(table) == []


@with_and_without_journal
def test_a_ladder_of_fifty_levels_comes_back_as_it_was(has_journal: bool) -> None:
    fifty = strategy(max_level=50, multiplier=D("1.1"), margin=D(20), step_percent=D("0.3"))
    table = opened(fifty, usdt="10000000")
    price = 0.2
    for _ in range(25):
        price *= 0.9969
        table.price("DOGEUSDT", f"{price:.5f}")
    sizes, before = table.sizes("DOGEUSDT"), standing(table)
    assert len([name for name in before if "_LA" in name or "_SA" in name]) >= 3
    restart(table, has_journal=has_journal)
    assert table.sizes("DOGEUSDT") == sizes
    assert sorted(standing(table).values()) == sorted(before.values()), "the same prices and quantities, other names"
    assert table.broken_laws() == []


# --- what is told twice ---


@with_and_without_journal
def test_every_execution_of_before_a_restart_told_again_after_it_counts_nothing(has_journal: bool) -> None:
    table = opened()
    kept: list[StreamMessage] = []

    def keep(messages: list[StreamMessage]) -> list[StreamMessage]:
        kept.extend(m for m in messages if m.topic == "execution")
        return list(messages)

    table.desk.shuffle = keep
    table.walk("DOGEUSDT", ["0.199", "0.2006"])
    restart(table, has_journal=has_journal)
    before, commands = standing(table), len(table.desk.commands)
    for message in kept:
        table.inbox.put(message)
        table.rest()
    table.wait(130_000)
    assert standing(table) == before
    assert len(table.desk.commands) == commands
    assert table.broken_laws() == []


@with_and_without_journal
def test_every_order_event_of_before_a_restart_told_again_after_it_freezes_nothing(has_journal: bool) -> None:
    table = opened()
    kept: list[StreamMessage] = []

    def keep(messages: list[StreamMessage]) -> list[StreamMessage]:
        kept.extend(m for m in messages if m.topic == "order")
        return list(messages)

    table.desk.shuffle = keep
    table.walk("DOGEUSDT", ["0.199", "0.2006"])
    restart(table, has_journal=has_journal)
    for message in kept:
        table.inbox.put(message)
    table.rest()
    table.wait(65_000)
    assert table.broken_laws() == []
    table.walk("DOGEUSDT", ["0.1995", "0.1984", "0.202"])
    table.wait(5_000)
    assert table.broken_laws() == []


@with_and_without_journal
def test_a_late_double_of_a_filled_order_after_a_restart_does_not_freeze_its_side(has_journal: bool) -> None:
    table = opened()
    kept: list[StreamMessage] = []

    def keep(messages: list[StreamMessage]) -> list[StreamMessage]:
        kept.extend(m for m in messages if any("_LA01_" in o.link_id and o.status.is_final for o in m.orders))
        return list(messages)

    table.desk.shuffle = keep
    table.price("DOGEUSDT", "0.199")
    restart(table, has_journal=has_journal)
    (filled,) = kept
    table.inbox.put(filled)
    table.rest()
    table.wait(70_000)
    table.exchange.settle_funding("DOGEUSDT", D("0.003"), table.clock.now)
    table.desk.push()
    table.rest()
    table.price("DOGEUSDT", "0.198")
    table.wait(5_000)
    assert table.broken_laws() == []
    assert take_profit(table, LONG).leaves_qty == table.sizes("DOGEUSDT")[0] == 875


@with_and_without_journal
def test_more_executions_than_are_remembered_are_counted_once_after_a_restart(
    monkeypatch: pytest.MonkeyPatch, has_journal: bool
) -> None:
    monkeypatch.setattr(book, "REMEMBERED", 5)
    prices = {"DOGEUSDT": "0.2", "SOLUSDT": "150"}
    table = opened(strategy(), strategy("SOLUSDT"), usdt="5000", prices=prices)
    for _ in table.wander(3, 25, sigma=0.006):
        pass
    assert len(executed(table)) > 20
    restart(table, has_journal=has_journal)
    table.wait(61_000)  # the comparison reads what is a minute old once more
    assert not table.engine.emergency_stopped, table.engine.stop_reason
    assert table.broken_laws() == []


# --- another configuration ---

CHANGES: Mapping[str, Mapping[str, Any]] = {
    "smaller step": {"step_percent": D("0.2")},
    "larger step": {"step_percent": D(2)},
    "smaller target": {"target": D("0.002")},
    "larger target": {"target": D("0.03")},
    "fewer levels": {"max_level": 1},
    "more levels": {"max_level": 12},
    "lower leverage": {"leverage": D(5)},
    "higher leverage": {"leverage": D(50)},
    "larger margin": {"margin": D(5)},
}


@with_and_without_journal
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_running_ladder_goes_on_under_a_changed_configuration(change: Mapping[str, Any], has_journal: bool) -> None:
    table = opened()
    table.walk("DOGEUSDT", ["0.199", "0.198"])
    table.settings = settings(strategy(**change))
    restart(table, has_journal=has_journal)
    table.wait(5_000)
    assert table.sizes("DOGEUSDT") == (D(875), D(125)), "q(0) and q(k) stay as they were"
    assert [law for law in table.broken_laws() if "net profit" not in law] == [], (
        "cycles closed before had other targets"
    )
    table.walk("DOGEUSDT", ["0.1975", "0.1965", "0.199", "0.2025"])
    table.wait(62_000)
    assert not table.engine.emergency_stopped, table.engine.stop_reason
    assert naked(table) == []


@pytest.mark.parametrize("multiplier", ["1.5", "3"])
def test_a_changed_multiplier_leaves_the_running_ladder_its_quantities(multiplier: str) -> None:
    table = opened()
    table.walk("DOGEUSDT", ["0.199", "0.198"])
    old, table.settings = table.settings, settings(strategy(multiplier=D(multiplier)))
    restart(table)
    table.walk("DOGEUSDT", ["0.1970"])
    table.settings = old  # the laws know one multiplier: that of the ladder
    assert {name[7:11]: qty for name, (_, qty) in standing(table).items() if "A0" in name} == {
        "LA04": D(2000),
        "SA01": D(250),
        "SA02": D(500),
        "SA03": D(1000),
        "SA04": D(2000),
    }
    assert table.broken_laws() == []


@pytest.mark.parametrize(("multiplier", "wanted"), [("1.5", "187"), ("3", "375")])
def test_a_changed_multiplier_without_the_journal_is_refused_with_the_figures(multiplier: str, wanted: str) -> None:
    table = opened()
    table.walk("DOGEUSDT", ["0.199", "0.198"])
    before = standing(table)
    table.settings = settings(strategy(multiplier=D(multiplier)))
    with pytest.raises(
        CannotStart, match=rf"LONG .*level 1 holds 250, the ladder has {wanted}\. Nothing was changed"
    ):
        restart(table, has_journal=False)
    assert standing(table) == before
    assert table.desk.commands == []
    assert take_profit(table, SHORT).leaves_qty == 125


# --- fees and funding against what the exchange says (T4) ---


def earnings_warnings(table: Table) -> list[str]:
    return [line for line in table.diary.lines() if "curRealisedPnl" in line]


@with_and_without_journal
def test_fees_and_funding_that_are_all_there_agree_with_the_exchange(has_journal: bool) -> None:
    table = opened()
    table.exchange.settle_funding("DOGEUSDT", D("0.0005"), table.clock.now)
    table.rest()
    thin_quote(table, "DOGEUSDT", "0.199", "50")
    restart(table, has_journal=has_journal)
    assert not earnings_warnings(table)


def test_a_settlement_that_the_history_lacks_is_told_at_the_start() -> None:
    table = opened()
    table.exchange.settle_funding("DOGEUSDT", D("0.005"), table.clock.now)
    books = table.exchange.executions(UID)
    books[:] = [row for row in books if row.exec_type != "Funding"]  # type: ignore[index]
    table.archive.records.clear()
    table.begin()
    table.start()
    assert len(earnings_warnings(table)) == 2
    assert not table.engine.emergency_stopped
