"""`gridtrader status` on files that are missing, damaged, unreadable - and on those a real engine has written."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridtrader.domain.known import Strategy
from gridtrader.domain.types import FeeRates
from gridtrader.engine.settings import EngineSettings
from gridtrader.operator.status.read import Configured, read_account
from tests.operator.folders import NOW_MS, Accounts
from tests.support.desk import UID
from tests.support.inprocess import Table

D = Decimal


def test_a_folder_without_files_has_never_traded_and_is_no_fault(accounts: Accounts) -> None:
    (accounts.dir / "001").mkdir()
    assert accounts.status() == 0
    assert "001     first demo  not running never       -         -       -\n" in accounts.out


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"DOGEUSDT": 1}', b'{"DOGEUSDT": {}}'])
def test_a_corrupt_state_file_is_said_and_the_figures_remain(accounts: Accounts, content: bytes) -> None:
    folder = accounts.add("001")
    (folder / "bot_state.json").write_bytes(content)
    code, tree = accounts.report()
    (account,) = tree["accounts"]
    assert code == 1
    assert account["margin_balance"] == D("9999.264133625")
    assert account["symbols"] == []
    (problem,) = account["problems"]
    assert problem.startswith(f"{folder}/bot_state.json: corrupt: ")
    assert problem.endswith("; levels are not known here, the exchange has them")


def test_a_state_file_that_has_vanished_beside_a_status_is_said(accounts: Accounts) -> None:
    folder = accounts.add("001")
    (folder / "bot_state.json").unlink()
    assert accounts.status() == 1
    assert (
        "! 001 001/bot_state.json: there is no such file; levels are not known here, the exchange has them\n"
        in accounts.out
    )


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff"])
def test_a_corrupt_status_file_is_said_and_the_levels_remain(accounts: Accounts, content: bytes) -> None:
    folder = accounts.add("001")
    (folder / "status.json").write_bytes(content)
    code, tree = accounts.report()
    (account,) = tree["accounts"]
    assert (code, account["age_s"], account["margin_balance"]) == (1, None, None)
    assert account["problems"][0].startswith(f"{folder}/status.json: is not a status")
    assert account["symbols"][0]["long"]["executed"] == [0, 1, 2]


@pytest.mark.parametrize("spoil", [Path.mkdir, lambda path: path.symlink_to(path)])
def test_files_that_cannot_be_read_are_said(accounts: Accounts, spoil: Callable[[Path], None]) -> None:
    folder = accounts.dir / "001"
    folder.mkdir()
    for name in ("bot_state.json", "status.json", "journal.jsonl"):
        spoil(folder / name)
    code, tree = accounts.report()
    assert code == 1
    assert [problem.split(": ")[0] for problem in tree["accounts"][0]["problems"]] == [
        f"{folder}/status.json",
        f"{folder}/bot_state.json",
    ]
    assert tree["accounts"][0]["venue"] is None


def test_an_extra_key_that_is_missing_or_nonsense_is_unknown_and_not_zero(accounts: Accounts) -> None:
    folder = accounts.add("001")
    text = (folder / "bot_state.json").read_text()
    text = text.replace('"size": 875.0', '"size": "875"').replace('"last_price": 0.1975', '"last_price": 1e300')
    (folder / "bot_state.json").write_text(text)
    symbol = accounts.first()["symbols"][0]
    assert (symbol["last_price"], symbol["long"]["size"], symbol["long"]["unrealised"]) == (None, None, None)
    assert symbol["short"]["take_profit"]["distance_percent"] is None
    assert accounts.status() == 0
    assert accounts.status("001") == 0
    assert "  LONG  cycle 24310401, size not told\n" in accounts.out


def test_a_creation_time_that_was_never_told_is_not_1970(accounts: Accounts) -> None:
    folder = accounts.add("001")
    text = (folder / "bot_state.json").read_text()
    text = text.replace('"created": "2025-10-09T08:53:50.000+00:00"', '"created": "1970-01-01T00:00:00.000+00:00"')
    (folder / "bot_state.json").write_text(text)
    assert accounts.first()["symbols"][0]["long"]["levels"][3]["created"] is None
    accounts.status("001")
    assert "  3         1000 0.19701 -              resting        3333-long\n" in accounts.out


def test_a_lock_that_cannot_be_examined_leaves_it_open_whether_a_daemon_runs(accounts: Accounts) -> None:
    accounts.add("001")
    (accounts.dir / ".lock").symlink_to(accounts.dir / ".lock")
    code, tree = accounts.report()
    assert code == 0
    assert tree["daemon"]["running"] is None
    assert ".lock: cannot be opened" in tree["daemon"]["problem"]
    accounts.status()
    assert accounts.out.startswith("Whether a daemon is running cannot be told: ")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    state=st.binary(max_size=80) | st.text(alphabet='{}[]":,.0eE-DOGEUSDT', max_size=60).map(str.encode),
    status=st.binary(max_size=80),
    stop=st.none() | st.binary(max_size=40),
    journal=st.binary(max_size=80),
)
def test_no_content_whatever_makes_reading_raise(
    tmp_path: Path, state: bytes, status: bytes, stop: bytes | None, journal: bytes
) -> None:
    for name, content in (("bot_state.json", state), ("status.json", status), ("journal.jsonl", journal)):
        (tmp_path / name).write_bytes(content)
    (tmp_path / ".emergency_stop").unlink(missing_ok=True)
    if stop is not None:
        (tmp_path / ".emergency_stop").write_bytes(stop)
    files = read_account(tmp_path, None, Configured.UNKNOWN, NOW_MS)
    assert files.is_stopped is (stop is not None)


def test_what_an_engine_writes_is_what_the_exchange_holds(accounts: Accounts) -> None:
    table = Table(
        EngineSettings("001", (_strategy(),), D("0.9"), D(15), FeeRates(D("0.0002"), D("0.00055"))),
        {"DOGEUSDT": "0.2"},
    )
    table.start()
    table.walk("DOGEUSDT", ["0.1985", "0.1975"])
    table.wait(1500)  # the status file is renewed once a second
    accounts.add("001", states=table.archive.states, status=table.archive.status)
    account = accounts.first()
    orders = list(table.exchange.open_orders(UID, "DOGEUSDT"))
    for leg in table.exchange.positions(UID, "DOGEUSDT"):
        side = account["symbols"][0]["long" if leg.position_idx == 1 else "short"]
        own = [order for order in orders if order.position_idx == leg.position_idx]
        assert side["size"] == leg.size > 0
        assert abs(side["average_price"] - leg.entry_price) < D("1e-8")
        assert abs(side["unrealised"] - leg.unrealised_pnl) < D("1e-6")
        assert len(side["resting"]) == sum(1 for order in own if not order.reduce_only) > 0
        assert {level["order_id"] for level in side["levels"] if not level["is_executed"]} == {
            order.order_id for order in own if not order.reduce_only
        }
        (closing,) = [order for order in own if order.reduce_only]
        assert side["take_profit"]["order_id"] == closing.order_id
        assert side["take_profit"]["price"] == closing.price
        assert side["take_profit"]["quantity"] == leg.size
    assert account["margin_balance"] == table.exchange.wallet(UID).total_margin_balance


def _strategy(**changes: Any) -> Strategy:
    values: dict[str, Any] = {
        "symbol": "DOGEUSDT",
        "margin": D(1),
        "leverage": D(25),
        "step_percent": D("0.5"),
        "multiplier": D(2),
        "target": D("0.005"),
        "max_level": 6,
        "entry_allowance_percent": D("0.1"),
        "reprice_ms": 3000,
    }
    return Strategy(**(values | changes))
