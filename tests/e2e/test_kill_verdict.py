"""What judges the killed daemon finds what it is there to find."""

import json
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import kill_verdict as verdict
from tests.e2e.kill_cover import Bare, bare_stretches, recoveries
from tests.e2e.kill_deeds import Deed, Doer, Pace, deck
from tests.support.process import Client, DaemonProcess, Life

URLS = {
    "rest": "http://127.0.0.1:1",
    "ws_private": "ws://127.0.0.1:1/v5/private",
    "ws_public": "ws://127.0.0.1:1/v5/public/linear",
    "demo_rest": "http://127.0.0.1:1/demo",
    "demo_ws_private": "ws://127.0.0.1:1/demo/v5/private",
}
CLIENT = Client("001", ("DOGEUSDT",), is_demo=False)
TRACE = "Traceback (most recent call last):"
STAMP = "2026-01-01 00:00:01.000+00:00"
STAMP_MS = 1_767_225_601_000


@pytest.fixture
def daemon(tmp_path: Path) -> DaemonProcess:
    daemon = DaemonProcess(tmp_path, URLS, [CLIENT])
    (daemon.accounts / "001").mkdir(parents=True)
    daemon.logs.mkdir()
    return daemon


def log(daemon: DaemonProcess, *lines: str) -> None:
    text = "".join(f"{STAMP} {line}\n" for line in lines)
    (daemon.accounts / "001" / "errors_2026-01-01.log").write_text(text)


def order(link_id: str, order_id: str, created: int, **more: Any) -> dict[str, Any]:
    row = {
        "symbol": "DOGEUSDT",
        "position_idx": 1,
        "side": "Buy",
        "reduce_only": False,
        "price": "0.2",
        "qty": "100",
        "leaves_qty": "0",
        "order_link_id": link_id,
        "order_id": order_id,
        "created_time": created,
        "updated_time": created,
    }
    return {**row, **more}


def take_profit(order_id: str, created: int, ended: int) -> dict[str, Any]:
    return order(f"g_DOGE_LT00_1_{order_id}", order_id, created, reduce_only=True, updated_time=ended)


def fill(at_ms: int, qty: str, closed: str = "0") -> dict[str, Any]:
    row = {"symbol": "DOGEUSDT", "position_idx": 1, "exec_type": "Trade", "exec_time": at_ms}
    return {**row, "qty": qty, "closed_size": closed}


# --- names ---


def test_a_name_used_for_two_orders_is_found() -> None:
    orders = [order("g_DOGE_LA01_1_0", "a", 1), order("g_DOGE_LA01_1_0", "b", 2)]
    broken = list(verdict.broken_names({"open_orders": [orders[1]], "closed_orders": [orders[0]]}, in_order=False))
    assert broken == ["name g_DOGE_LA01_1_0 was used for two orders: a and b"]


def test_an_order_without_a_name_of_ours_is_found() -> None:
    broken = list(verdict.broken_names({"open_orders": [order("", "a", 1)], "closed_orders": []}, in_order=False))
    assert broken == ["an order has no name of the bot's: '' (id a)"]


def test_an_attempt_after_a_later_one_is_found_where_the_network_keeps_the_order() -> None:
    orders = [order("g_DOGE_LA01_1_1", "a", 1), order("g_DOGE_LA01_1_0", "b", 2)]
    dump = {"open_orders": orders, "closed_orders": []}
    assert list(verdict.broken_names(dump, in_order=False)) == []
    assert len(list(verdict.broken_names(dump, in_order=True))) == 1


# --- files and logs ---


def test_an_emergency_stop_a_leftover_and_a_secret_are_found(daemon: DaemonProcess) -> None:
    folder = daemon.accounts / "001"
    assert list(verdict.broken_files(daemon)) == []
    (folder / ".emergency_stop").write_text("reason")
    (folder / ".bot_state.json.tmp").write_text("")
    (folder / "bot_2026-01-01.log").write_text(f"… {CLIENT.secret} …")
    (daemon.words).write_text("Traceback (most recent call last)\n")
    found = "\n".join(verdict.broken_files(daemon))
    for words in ("emergency stop: reason", "left: accounts/001/.bot_state.json.tmp", "secret stands in", "output"):
        assert words in found


def test_every_error_is_found_and_no_warning(daemon: DaemonProcess) -> None:
    log(daemon, "WARNING  w", "ERROR    e", "CRITICAL c")
    assert [text.split()[-2:] for text in verdict.unexplained_trouble(daemon)] == [["ERROR", "e"], ["CRITICAL", "c"]]
    assert verdict.warnings_of(daemon) == Counter({"w": 1})


def test_a_request_that_a_pause_made_late_is_no_trouble_and_an_emergency_stop_is(daemon: DaemonProcess) -> None:
    late = f"ERROR    the balance cannot be read (try 1): no complete answer within 10 s\n    {TRACE}\n      File"
    stop = "CRITICAL EMERGENCY STOP: the balance cannot be read: no complete answer within 10 s"
    log(daemon, late, "ERROR    another")
    assert len(list(verdict.unexplained_trouble(daemon))) == 2
    assert len(list(verdict.unexplained_trouble(daemon, [(0, STAMP_MS - 6_000)]))) == 2
    assert [text[-7:] for text in verdict.unexplained_trouble(daemon, [(0, STAMP_MS - 100)])] == ["another"]
    log(daemon, stop, "CRITICAL the account does not start: the private stream was lost during the start")
    assert len(list(verdict.unexplained_trouble(daemon))) == 2
    assert len(list(verdict.unexplained_trouble(daemon, [(0, STAMP_MS - 100)]))) == 1


def test_a_traceback_is_found_at_any_level(daemon: DaemonProcess) -> None:
    log(daemon, f"INFO     odd\n    {TRACE}\n      File")
    assert "odd" in next(verdict.unexplained_trouble(daemon))


@pytest.mark.parametrize(
    ("line", "spoilt_ms", "is_missing"),
    [
        ("WARNING  bot_state.json: corrupt", STAMP_MS - 10, False),
        ("WARNING  bot_state.json: corrupt", STAMP_MS + 10, True),  # a warning of another time
        ("WARNING  something else", STAMP_MS - 10, True),
    ],
)
def test_a_spoilt_file_that_is_passed_over_in_silence_is_found(
    daemon: DaemonProcess, line: str, spoilt_ms: int, is_missing: bool
) -> None:
    log(daemon, line)
    doer = Doer(None, daemon, random.Random(1), Pace(), ghosts=False)  # type: ignore[arg-type]
    doer.corrupted.append(("001", spoilt_ms))
    assert bool(list(verdict.missing_warnings(daemon, doer))) is is_missing


def test_an_execution_that_no_file_has_is_found(daemon: DaemonProcess) -> None:
    folder = daemon.accounts / "001"
    (folder / "trades_history.csv").write_text("exec_id\nb\nb\n")
    broken = list(verdict.forgotten_fills(CLIENT, folder, {"executions": [{"exec_id": "a"}, {"exec_id": "b"}]}))
    assert broken == [
        "001: 2 executions are not in the journal: ['a', 'b']",
        "001: 1 executions are not in the trades_history.csv: ['a']",
    ]
    assert verdict.doubled_rows(folder) == 1


# --- protection over time ---


def test_a_position_is_bare_between_its_entry_and_its_take_profit_and_between_two_of_them() -> None:
    dump = {
        "executions": [fill(100, "5"), fill(400, "5", closed="5")],
        "open_orders": [],
        "closed_orders": [take_profit("0", 130, 200), take_profit("1", 250, 400)],
    }
    leg = ("DOGEUSDT", 1)
    assert bare_stretches(dump, 500) == [Bare(leg, 100, 130), Bare(leg, 200, 250)]


def test_a_position_that_never_gets_a_take_profit_is_bare_to_the_end() -> None:
    dump = {"executions": [fill(100, "5")], "open_orders": [], "closed_orders": []}
    assert bare_stretches(dump, 500) == [Bare(("DOGEUSDT", 1), 100, 500)]


def test_a_recovery_lasts_until_the_last_position_is_protected() -> None:
    lives = [Life(1, 0, 900, traded_ms={"001": 300}), Life(2, 1000, 1100), Life(3, 2000, traded_ms={"001": 2400})]
    leg = ("DOGEUSDT", 1)
    bare = {"001": [Bare(leg, 1900, 2350), Bare(leg, 2500, 2600)]}
    first, second = recoveries(lives, bare)
    assert (first.trades_ms, first.protected_ms, first.bare_ms) == (300, 0, 0)
    assert (second.life, second.trades_ms, second.protected_ms, second.bare_ms) == (3, 400, 350, 350)
    assert [each.life for each in recoveries(lives, bare, [(2100, 2200)])] == [1]


def test_an_account_is_away_from_its_death_to_its_next_trading() -> None:
    lives = [Life(1, 0, 900, traded_ms={"001": 300}), Life(2, 1000, 1100), Life(3, 2000, traded_ms={"001": 2400})]
    pauses = verdict.pauses_of("001", lives, [(500, 600)])
    assert pauses == [verdict.Pause(500, 600), verdict.Pause(900, 2400)]


def test_sizes_are_summed_exactly() -> None:
    dump = {
        "executions": [fill(1, "0.1"), fill(2, "0.2"), fill(3, "0.3", closed="0.3")],
        "open_orders": [],
        "closed_orders": [take_profit("0", 1, 3)],
    }
    assert bare_stretches(dump, 9) == []


# --- the whole history ---


def execution(link_id: str, order_id: str, at_ms: int, price: str, *, closes: bool = False) -> dict[str, Any]:
    row = fill(at_ms, "100", "100" if closes else "0")
    money = {"order_price": price, "price": price, "fee": "0.01", "extra_fee": "0"}
    names = {"order_link_id": link_id, "order_id": order_id, "order_qty": "100", "seq": at_ms}
    return {**row, **money, **names, "exec_type": "Trade"}


def judged(daemon: DaemonProcess, *executions: dict[str, Any], pauses: Sequence[verdict.Pause] = ()) -> list[str]:
    """Return what is said of an account that is flat again, with nothing open and no money to open anything."""
    dump = {
        "open_orders": [],
        "closed_orders": [],
        "executions": list(executions),
        "positions": [],
        "wallet": {"total_available": "0", "total_margin_balance": "0"},
    }
    folder = daemon.accounts / "001"
    empty: dict[str, Any] = {
        "long_positions": [],
        "short_positions": [],
        "long_tp_order_id": None,
        "short_tp_order_id": None,
    }
    (folder / "bot_state.json").write_text(json.dumps({"DOGEUSDT": empty}))
    broken, _ = verdict.AccountJudge(verdict.settings_of(daemon)["001"], folder, pauses).broken_laws(dump)
    return broken


def test_a_level_that_once_executed_twice_is_found_long_after(daemon: DaemonProcess) -> None:
    entry = execution("g_DOGE_LE00_1_0", "a", 1_000, "0.2")
    again = execution("g_DOGE_LE00_1_1", "b", 2_000, "0.2")
    ends = [
        execution("g_DOGE_LT00_1_0", name, at_ms, "0.21", closes=True) for name, at_ms in (("c", 9_000), ("d", 9_001))
    ]
    assert judged(daemon, entry, ends[0]) == []
    assert "may execute" in judged(daemon, entry, again, *ends)[0]


def test_a_cycle_closed_at_a_loss_is_found_unless_the_daemon_was_away(daemon: DaemonProcess) -> None:
    entry = execution("g_DOGE_LE00_1_0", "a", 1_000, "0.2")
    end = execution("g_DOGE_LT00_1_0", "b", 60_000, "0.19", closes=True)
    assert "net profit" in judged(daemon, entry, end)[0]
    assert "net profit" in judged(daemon, entry, end, pauses=[verdict.Pause(20_000, 30_000)])[0]
    assert judged(daemon, entry, end, pauses=[verdict.Pause(1_500, 61_000)]) == []


def test_a_state_file_that_cannot_be_read_is_found(daemon: DaemonProcess) -> None:
    assert judged(daemon) == []
    folder = daemon.accounts / "001"
    (folder / "bot_state.json").write_text("{")
    judge = verdict.AccountJudge(verdict.settings_of(daemon)["001"], folder, [])
    wallet = {"total_available": "0", "total_margin_balance": "0"}
    broken, _ = judge.broken_laws({"open_orders": [], "executions": [], "positions": [], "wallet": wallet})
    assert "not rebuilt" in broken[0]


# --- deeds ---


def test_a_run_has_every_deed_and_as_many_as_asked_for() -> None:
    for cycles in (1, 3, 8, 50, 120):
        deeds = deck(random.Random(cycles), cycles)
        assert len(deeds) == cycles
        assert len(set(deeds)) == min(cycles, len(Deed))
    assert Counter(deck(random.Random(1), 50))[Deed.TERM] == 6
