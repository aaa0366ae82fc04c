"""`gridtrader check`: what it prints and how it ends."""

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from gridtrader.operator.check.check import Finding, Grade, OnlineCheck, run_check
from gridtrader.settings import Settings
from gridtrader.store.lock import DirectoryLock
from tests.settings.files import KEYS, VALID, Files


class Check:
    """Runs the command on a configuration and an accounts directory of its own."""

    def __init__(self, folder: Path) -> None:
        self.files = Files(folder)
        self.accounts = folder / "accounts"
        self.accounts.mkdir()
        self.out = ""

    def __call__(self, online: OnlineCheck | None = None, *, as_json: bool = False, need_keys: bool = True) -> int:
        out = io.StringIO()
        code = run_check(
            self.files.config,
            self.files.env,
            self.accounts,
            online,
            need_keys=need_keys,
            as_json=as_json,
            environ={},
            out=out,
        )
        self.out = out.getvalue().replace(f"{self.files.config.parent}/", "")
        return code

    def report(self, online: OnlineCheck | None = None) -> tuple[int, dict[str, Any]]:
        code = self(online, as_json=True)
        report: dict[str, Any] = json.loads(self.out)
        return code, report


@pytest.fixture
def check(tmp_path: Path) -> Check:
    return Check(tmp_path)


def test_a_valid_configuration_is_shown_as_a_table(check: Check) -> None:
    assert check() == 0
    assert check.out.splitlines() == [
        "account  name   venue    key    symbol    leverage  size USD  step %  multiplier  profit %  levels  full "
        "ladders USD",
        "001      first  demo     KeyO…  DOGEUSDT        75         1       1           2         1      10      "
        "        4094",
        "                                SOLUSDT         10         2     0.3         1.5      0.25       3      "
        "          32",
        "002             MAINNET  KeyO…  DOGEUSDT         5         1       2           2         2       4      "
        "          62",
        "",
        "2 of 2 accounts enabled, 3 ladders to trade.",
    ]


def test_every_problem_is_one_line_and_the_exit_code_is_2(check: Check) -> None:
    check.files.change("leverage: 75", "leverage: 500")
    check.files.write_env("")
    assert check() == 2
    assert check.out.splitlines() == [
        "config.yaml:11: accounts[0].symbols[0].leverage: found 500, allowed: integer 1-200",
        *(
            f'.env: {account}_BYBIT_API_{part}: missing, needed: account "{account}" is enabled and trades live'
            for account in ("001", "002")
            for part in ("KEY", "SECRET")
        ),
        "",
        "5 problems; nothing starts on this configuration.",
    ]


def test_one_problem_is_one(check: Check) -> None:
    check.files.change("leverage: 75", "leverage: 500")
    assert check() == 2
    assert check.out.endswith("\n1 problem; nothing starts on this configuration.\n")


def test_the_exchange_is_not_asked_about_an_invalid_configuration(check: Check) -> None:
    def online(settings: Settings) -> Sequence[Finding]:
        raise AssertionError("asked")

    check.files.change("leverage: 75", "leverage: 500")
    assert check(online) == 2


def test_what_the_exchange_says_is_shown_and_a_refusal_is_exit_code_1(check: Check) -> None:
    findings = [
        Finding("001", Grade.OK, "key valid for 83 days"),
        Finding("002", Grade.ERROR, "the key may withdraw; make one that may not"),
    ]
    assert check(lambda _: findings[:1]) == 0
    assert check.out.splitlines()[-1] == "ok: account 001: key valid for 83 days"
    assert check(lambda _: findings) == 1
    assert check.out.splitlines()[-1] == "error: account 002: the key may withdraw; make one that may not"


def test_warnings_are_shown_and_do_no_harm(check: Check) -> None:
    check.files.env.chmod(0o644)
    assert check() == 0
    assert "warning: .env: others than the owner can read it (mode 0644)" in check.out


def test_the_embedded_exchange_needs_no_keys(check: Check) -> None:
    check.files.env.unlink()
    assert check(need_keys=False) == 0


def test_a_stopped_account_and_a_running_daemon_are_told(check: Check) -> None:
    (check.accounts / "001").mkdir()
    (check.accounts / "001" / ".emergency_stop").touch()
    with DirectoryLock(check.accounts):
        assert check() == 0
    assert "warning: account 001: stopped by an emergency stop" in check.out
    assert "ok: a daemon is running (process " in check.out


def test_a_missing_accounts_directory_is_told_and_not_made(check: Check) -> None:
    check.accounts.rmdir()
    assert check() == 0
    assert "warning: accounts: there is no such directory" in check.out
    assert not check.accounts.exists()


def test_checking_changes_nothing(check: Check) -> None:
    before = sorted(check.files.config.parent.rglob("*"))
    check()
    assert sorted(check.files.config.parent.rglob("*")) == before


def test_a_disabled_account_is_in_the_table_as_such(check: Check) -> None:
    check.files.change("dry_run: false", "dry_run: false\n    enabled: false")
    assert check() == 0
    assert "disabled" in check.out
    assert "1 of 2 accounts enabled, 1 ladder to trade." in check.out


def test_the_form_for_programs_is_stable(check: Check) -> None:
    code, report = check.report(lambda _: [Finding("001", Grade.WARNING, "clock is 0.4 s off")])
    assert code == 0
    assert list(report) == ["ok", "problems", "warnings", "accounts", "findings"]
    assert report["ok"] is True
    assert report["findings"] == [{"account": "001", "grade": "warning", "text": "clock is 0.4 s off"}]
    assert report["accounts"][1] == {
        "id": "002",
        "name": "",
        "enabled": True,
        "demo_trading": False,
        "dry_run": False,
        "api_key": "KeyO…",
        "mm_rate_threshold": "90",
        "balance_buffer_percent": "15",
        "symbols": [
            {
                "symbol": "DOGEUSDT",
                "leverage": 5,
                "initial_position_size_usd": "1",
                "grid_step_percent": "2",
                "averaging_multiplier": "2",
                "take_profit_percent": "2",
                "max_grid_levels_per_side": 4,
                "full_ladders_usd": "62.00",
            }
        ],
    }


def test_problems_have_the_same_form_for_programs(check: Check) -> None:
    check.files.change("leverage: 75", "leverage: 500")
    code, report = check.report()
    assert (code, report["ok"], report["accounts"]) == (2, False, [])
    assert list(report) == ["ok", "problems", "warnings", "accounts", "findings"]
    assert report["problems"] == [
        {
            "file": "config.yaml",
            "line": 11,
            "column": None,
            "key": "accounts[0].symbols[0].leverage",
            "message": "found 500, allowed: integer 1-200",
        }
    ]


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("text", [VALID, VALID.replace("leverage: 75", "leverage: 500")])
def test_no_secret_is_printed(check: Check, text: str, as_json: bool) -> None:
    check.files.write(text)
    check(as_json=as_json)
    assert not [value for value in KEYS.values() if value in check.out]
