"""Emergency stops: written down until they are, nothing sent but the one withdrawal, also in a start (R1, R2, R3)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest

from gridtrader.engine.errors import StopAccount
from gridtrader.engine.ports import (
    ArchiveError,
    Outcome,
    Refusal,
    Refused,
    Rejected,
    StreamLost,
    Unknown,
    Unreachable,
)
from gridtrader.simulator.core import model
from tests.engine.hostile import D, is_opening, meddle, naked, opened, sent, standing, tell
from tests.support.desk import UID
from tests.support.inprocess import Table, settings, strategy
from tests.support.memory import MemoryArchive

BOTH = {"DOGEUSDT": "0.2", "SOLUSDT": "150"}


@dataclass
class StubbornArchive(MemoryArchive):
    """A disk that does not take the stop file so many times."""

    refusals: int = 0
    asked: int = 0

    def declare_emergency(self, *, symbol: str, reason: str, mm_rate: str) -> None:
        self.asked += 1
        if self.asked <= self.refusals:
            raise ArchiveError(".emergency_stop: cannot be written: no space left on device")
        MemoryArchive.declare_emergency(self, symbol=symbol, reason=reason, mm_rate=mm_rate)


def on_a_stubborn_disk(refusals: int) -> tuple[Table, StubbornArchive]:
    archive = StubbornArchive(refusals=refusals)
    table = Table(settings(), {"DOGEUSDT": "0.2"}, archive=archive)
    table.start()
    return table, archive


# --- a stop that cannot be written down ---


@pytest.mark.parametrize("refusals", [0, 1, 3])
def test_a_stop_is_declared_until_it_is_written_and_then_never_again(refusals: int) -> None:
    table, archive = on_a_stubborn_disk(refusals)
    assert table.engine.declare_stop(), "there is none"
    assert archive.asked == 0
    table.inbox.put(StreamLost("3 attempts failed"))
    table.engine.step()
    assert table.engine.emergency_stopped
    answers = [table.engine.declare_stop() for _ in range(refusals + 3)]
    assert answers == [False] * max(0, refusals - 1) + [True] * (len(answers) - max(0, refusals - 1))
    (written,) = archive.emergencies
    assert "private stream" in written["reason"]
    assert archive.asked == refusals + 1


def test_a_stop_that_cannot_be_written_down_is_a_stop_all_the_same() -> None:
    table, archive = on_a_stubborn_disk(1_000)
    table.inbox.put(StreamLost("3 attempts failed"))
    table.engine.step()
    assert not [name for name in table.open_names() if is_opening(name)], "withdrawn at once"
    assert naked(table) == []
    said = len(table.desk.commands)
    for price in ("0.199", "0.21", "0.15"):
        tell(table, {"DOGEUSDT": price})
        table.engine.step()
        assert not table.engine.declare_stop()
    assert len(table.desk.commands) == said
    assert archive.emergencies == []


def test_a_second_reason_does_not_replace_the_first() -> None:
    table, archive = on_a_stubborn_disk(2)
    table.engine.emergency_stop("the first cause", "DOGEUSDT")
    table.engine.emergency_stop("something that followed")
    while not table.engine.declare_stop():
        pass
    assert [stop["reason"] for stop in archive.emergencies] == ["the first cause"]
    assert table.engine.stop_reason == "the first cause"


def test_a_full_disk_keeps_no_stop_from_withdrawing_the_opening_orders() -> None:
    table, archive = on_a_stubborn_disk(1_000)
    archive.is_full = True
    table.engine.emergency_stop("mm rate")
    assert not [name for name in table.open_names() if is_opening(name)]


def test_the_state_file_tells_what_a_stop_has_left() -> None:
    table = opened(strategy(), strategy("SOLUSDT"), usdt="1000", prices=BOTH)
    table.price("DOGEUSDT", "0.199")
    table.engine.emergency_stop("mm rate")
    for state in table.archive.states.values():
        levels = (*state.long_positions, *state.short_positions)
        assert all(level.executed_ms is not None for level in levels), "no level rests any more"
        assert state.long_tp_order_id
        assert state.short_tp_order_id


# --- a stop in which the process dies ---


def dead_in_its_stop(**changes: object) -> Table:
    """An account whose process died when its emergency stop was declared and nothing was withdrawn yet."""
    table = opened(strategy(), strategy("SOLUSDT"), usdt="1000", prices=BOTH)
    table.settings = replace(table.settings, **changes)  # type: ignore[arg-type]
    table.archive.declare_emergency(symbol="DOGEUSDT", reason="mm rate", mm_rate="0.91")
    table.begin()
    return table


def test_a_stop_that_a_death_interrupted_is_carried_on_by_the_next_process_once() -> None:
    table = dead_in_its_stop()
    before, states = standing(table), dict(table.archive.states)
    assert any(is_opening(name) for name in before)
    assert table.engine.carry_on_stop()
    assert table.engine.emergency_stopped
    assert table.engine.stop_reason == "mm rate"
    assert standing(table) == {name: stands for name, stands in before.items() if not is_opening(name)}
    assert table.archive.states == states, "the file goes on telling what was"
    assert all(command.startswith("cancel ") for command in table.desk.commands)
    table.begin()
    assert not table.engine.carry_on_stop()
    assert table.desk.commands == []


def test_where_opening_orders_are_to_stay_a_stop_that_is_carried_on_leaves_them() -> None:
    table = dead_in_its_stop(cancel_opening_on_emergency=False)
    before = standing(table)
    assert table.engine.carry_on_stop()
    assert standing(table) == before
    assert table.archive.is_concluded


def test_a_stop_whose_end_cannot_be_written_down_is_not_over_until_it_is() -> None:
    table = dead_in_its_stop()
    table.archive.is_full = True
    assert table.engine.carry_on_stop()
    said = len(table.desk.commands)
    assert not table.engine.declare_stop()
    table.archive.is_full = False
    assert table.engine.declare_stop()
    assert table.archive.is_concluded
    assert len(table.desk.commands) == said


def test_a_stop_that_cannot_be_declared_is_not_concluded_either() -> None:
    table, archive = on_a_stubborn_disk(2)
    archive.is_concluded = False
    table.engine.emergency_stop("mm rate")
    assert not table.engine.declare_stop()
    assert not archive.is_concluded
    assert table.engine.declare_stop()
    assert archive.is_concluded


# --- a stop during a start ---


def over_its_limit(**changes: object) -> Table:
    """An account whose risk rate is over its limit, about to be started again by somebody who was too early."""
    table = opened(strategy(), strategy("SOLUSDT"), usdt="200", prices=BOTH)
    table.price("DOGEUSDT", "0.199")
    rate = table.exchange.wallet(UID).mm_rate
    table.settings = settings(strategy(), strategy("SOLUSDT"), mm_threshold=rate, **changes)
    table.begin()
    return table


def test_a_start_over_the_risk_limit_stops_before_it_has_touched_anything() -> None:
    table = over_its_limit()
    before = standing(table)
    with pytest.raises(StopAccount, match="maintenance-margin rate"):
        table.start()
    assert standing(table) == before
    assert table.desk.commands == []
    assert naked(table) == []


def stopped_in_its_start(table: Table) -> None:
    """Do as the account's thread does."""
    with pytest.raises(StopAccount) as stop:
        table.start()
    table.engine.emergency_stop(stop.value.reason, stop.value.symbol, stop.value.mm_rate)


def test_a_stop_during_a_start_writes_down_the_rate_it_was_made_for() -> None:
    table = over_its_limit()
    stopped_in_its_start(table)
    assert table.archive.emergencies[-1]["mm_rate"] == str(table.settings.mm_threshold)


def test_a_stop_during_a_start_withdraws_the_opening_orders_found_on_the_exchange_and_nothing_else() -> None:
    table = over_its_limit()
    by_hand = model.OrderRequest(
        symbol="DOGEUSDT", side="Buy", order_type="Limit", qty=D(100), price=D("0.1"), position_idx=1
    )
    table.exchange.create_order(UID, by_hand, table.clock.now)
    before = standing(table)
    stopped_in_its_start(table)
    assert standing(table) == {name: stands for name, stands in before.items() if not is_opening(name)}
    assert "" in table.open_names(), "somebody else's order is not ours to cancel"
    assert naked(table) == []
    assert sorted(sent(table, "cancel")) == sorted(name for name in before if is_opening(name))
    assert [line for line in table.desk.commands if not line.startswith("cancel ")] == []
    assert "maintenance-margin rate" in table.archive.emergencies[0]["reason"]
    said = len(table.desk.commands)
    table.price("DOGEUSDT", "0.19")
    table.wait(61_000)
    assert len(table.desk.commands) == said


def test_a_stop_during_a_start_leaves_everything_where_the_configuration_says_so() -> None:
    table = over_its_limit(cancel_opening_on_emergency=False)
    before = standing(table)
    stopped_in_its_start(table)
    assert standing(table) == before
    assert table.desk.commands == []


def test_a_stop_at_the_second_attempt_of_a_start_leaves_the_take_profits_of_the_first() -> None:
    """The first attempt has cancelled everything and is void (T5); then the risk rate reaches its limit."""
    table = over_its_limit()
    table.settings = settings(strategy(), strategy("SOLUSDT"))
    table.begin()
    before = set(table.open_names())

    def wrap(real: Callable[..., Any]) -> Callable[..., Any]:
        def set_leverage(symbol: str, leverage: Decimal) -> Any:
            outcome = real(symbol, leverage)
            if symbol == "DOGEUSDT":  # somebody's order: news that voids the attempt
                request = model.OrderRequest(
                    symbol=symbol, side="Buy", order_type="Limit", qty=D(100), price=D("0.1"), position_idx=1
                )
                table.exchange.create_order(UID, request, table.clock.now)
                table.desk.push()
                meddle(table.desk, "wallet", at_its_limit)
            return outcome

        return set_leverage

    def at_its_limit(real: Callable[..., Any]) -> Callable[..., Any]:
        return lambda: real()._replace(mm_rate=D("0.9"))

    meddle(table.desk, "set_leverage", wrap)
    stopped_in_its_start(table)
    assert naked(table) == []
    assert not before & set(table.open_names())
    assert not [name for name in table.open_names() if is_opening(name)]
    assert len(table.archive.emergencies) == 1


@pytest.mark.parametrize(
    "failure",
    [Unreachable("timeout"), Refused(Refusal.RATE, 10006, "Too many visits!")],
    ids=["unreachable", "refused"],
)
def test_orders_of_one_symbol_that_cannot_be_read_keep_no_other_symbols_from_being_withdrawn(
    failure: Exception,
) -> None:
    table = over_its_limit()

    def wrap(real: Callable[..., Any]) -> Callable[..., Any]:
        def open_orders(symbol: str | None = None) -> Any:
            if symbol == "DOGEUSDT":
                raise failure
            return real(symbol)

        return open_orders

    with pytest.raises(StopAccount) as stop:
        table.start()
    meddle(table.desk, "open_orders", wrap)
    table.engine.emergency_stop(stop.value.reason)
    assert {name[2:5] for name in table.open_names() if is_opening(name)} == {"DOG"}
    assert naked(table) == []


@pytest.mark.parametrize(
    "outcome", [Unknown("timeout"), Rejected(Refusal.GONE, 110001, "too late")], ids=["unknown", "gone"]
)
def test_a_withdrawal_that_fails_is_not_repeated_and_breaks_nothing(outcome: Outcome) -> None:
    table = opened()
    table.desk.before = lambda what, name: outcome if what == "cancel" else None
    table.engine.emergency_stop("for the test")
    names = sent(table, "cancel")
    assert len(names) == len(set(names)) == 2
    table.wait(61_000)
    assert sent(table, "cancel") == names
    assert table.archive.emergencies[0]["reason"] == "for the test"
