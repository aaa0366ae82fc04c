"""`gridtrader status`: what it says of accounts in every condition, and how it ends."""

import io
import uuid
from dataclasses import replace
from decimal import Decimal

import pytest

from gridtrader.engine.ports import LevelState, SymbolState
from gridtrader.operator.status.status import run_status
from gridtrader.store.lock import DirectoryLock
from tests.operator.folders import Accounts, symbol_state

D = Decimal


@pytest.mark.usefixtures("daemon")
def test_a_trading_account_is_one_line_and_two_rows_for_each_symbol(accounts: Accounts) -> None:
    accounts.add("001")
    assert accounts.status() == 0
    lines = accounts.out.splitlines()
    assert lines[0].startswith("A daemon is running (process ")
    assert lines[0].endswith(", for 2 h 13 min).")
    assert lines[2:] == [
        "account name  venue state   as of    balance available MM rate",
        "001     first demo  trading 3 s ago 9,999.26  9,968.71  0.05 %",
        "",
        "account symbol side  cycle    executed resting size  average      TP   to TP unrealised",
        "001 DOGEUSDT   LONG  24310401 0-2      3        875 0.198571 0.19973 +1.13 %      -0.94",
        "    at 0.1975  SHORT 24310402 0        1-3      125   0.1985 0.19728 -0.11 %      +0.12",
        "",
        "1 account: 1 trading.",
        "Enabled, and without a folder yet: 002.",
    ]


def test_without_a_daemon_the_figures_are_those_it_left_behind(accounts: Accounts) -> None:
    accounts.add("001", age_s=7200)
    assert accounts.status() == 0
    assert accounts.out.startswith("No daemon is running; these are the figures it left behind.\n")
    assert "not running 2 h ago" in accounts.out
    assert "Last prices, and what is reckoned from them, are up to 2 h old.\n" in accounts.out


@pytest.mark.usefixtures("daemon")
def test_an_emergency_stop_is_told_with_its_reason_and_remedy_and_is_exit_code_1(accounts: Accounts) -> None:
    accounts.add("001", age_s=300)
    accounts.stop("001", age_s=300, reason="maintenance-margin rate 91 % has reached the threshold 90 %")
    assert accounts.status() == 1
    assert "001     first demo  emergency stop 5 min ago" in accounts.out
    assert (
        "! 001 emergency stop: DOGEUSDT: maintenance-margin rate 91 % has reached the threshold 90 %; when its cause "
        "is gone, remove 001/.emergency_stop\n" in accounts.out
    )
    assert accounts.out.endswith("1 account: 1 emergency stop; 1 needs attention.\n" + _missing("002"))


def change(accounts: Accounts, old: str, new: str) -> None:
    """Change the first place of the configuration that says `old`."""
    text = accounts.config.read_text()
    assert old in text
    accounts.config.write_text(text.replace(old, new, 1))


def _missing(account_id: str) -> str:
    return f"Enabled, and without a folder yet: {account_id}.\n"


@pytest.mark.usefixtures("daemon")
def test_a_stop_file_made_by_hand_stops_all_the_same(accounts: Accounts) -> None:
    folder = accounts.add("001")
    (folder / ".emergency_stop").write_text("stop, please")
    code, tree = accounts.report()
    assert (code, tree["accounts"][0]["state"]) == (1, "emergency stop")
    assert tree["accounts"][0]["emergency"] == {"time": None, "symbol": None, "reason": None, "mm_rate_percent": None}


@pytest.mark.usefixtures("daemon")
def test_a_disabled_account_that_is_stopped_needs_nobody(accounts: Accounts) -> None:
    change(accounts, "dry_run: false", "dry_run: false\n    enabled: false")
    accounts.add("001")
    accounts.stop("001", age_s=5, reason="an old story")
    assert accounts.status() == 0
    assert "001     first disabled emergency stop" in accounts.out
    assert "an old story" in accounts.out


@pytest.mark.usefixtures("daemon")
def test_a_folder_that_is_not_configured_is_shown_as_such_and_needs_nobody(accounts: Accounts) -> None:
    accounts.add("007", age_s=9000)
    code, tree = accounts.report()
    assert code == 0
    assert (tree["accounts"][0]["configured"], tree["accounts"][0]["state"]) == ("not configured", "not started")
    accounts.status()
    assert "007          not configured not started" in accounts.out


@pytest.mark.usefixtures("daemon")
def test_an_account_that_could_not_start_is_shown_with_the_reason(accounts: Accounts) -> None:
    folder = accounts.add("001")
    archive = accounts.archive("001", accounts.now_ms)
    archive.save_status({"mode": "failed", "reason": "DOGEUSDT has a position that is not the bot's"})
    archive.close()
    accounts.touch("001", "status.json", 3_000)  # a failed account tells nothing more, and is not called silent
    accounts.daemon_since(4_000)
    code, tree = accounts.report()
    assert (code, tree["accounts"][0]["state"]) == (1, "failed")
    assert tree["accounts"][0]["margin_balance"] is None
    reason = "it is not traded: DOGEUSDT has a position that is not the bot's; see"
    assert tree["accounts"][0]["problems"][0].startswith(reason)
    (folder / "bot_state.json").unlink()  # the first start of all
    _, tree = accounts.report()
    assert [text[: len(reason)] for text in tree["accounts"][0]["problems"]] == [reason]


@pytest.mark.usefixtures("daemon")
@pytest.mark.parametrize(
    ("age_s", "state", "code"), [(50, "trading", 0), (60, "trading", 0), (61, "silent", 1), (7_981, "not started", 1)]
)
def test_the_age_of_the_figures_tells_a_trading_account_from_a_dead_one(
    accounts: Accounts, age_s: int, state: str, code: int
) -> None:
    accounts.add("001", age_s=age_s)
    found, tree = accounts.report()
    assert (tree["accounts"][0]["state"], found) == (state, code)
    assert tree["accounts"][0]["age_s"] == age_s


def test_an_account_may_wait_for_its_turn_while_the_daemon_is_young(accounts: Accounts) -> None:
    accounts.add("001", age_s=500)
    with DirectoryLock(accounts.dir):
        accounts.daemon_since(10)
        code, tree = accounts.report()
        assert (code, tree["accounts"][0]["state"]) == (0, "starting")


@pytest.mark.usefixtures("daemon")
def test_the_patience_with_silence_follows_the_configured_pace(accounts: Accounts) -> None:
    change(accounts, "timezone: UTC", "engine: {mm_refresh_max_s: 100}")
    accounts.add("001", age_s=400)
    assert accounts.status() == 0
    accounts.touch("001", "status.json", 402)
    assert accounts.status() == 1
    assert "! 001 it has told nothing for 6 min 42 s, though a daemon is running: see " in accounts.out


@pytest.mark.usefixtures("daemon")
def test_a_broken_configuration_is_one_line_and_keeps_nothing_from_working(accounts: Accounts) -> None:
    change(accounts, "leverage: 75", "leverage: 500")
    accounts.add("001")
    assert accounts.status() == 0
    assert accounts.out.endswith(
        "The configuration cannot be used, names are left out: config.yaml:12: accounts[0].symbols[0].leverage: "
        "found 500, allowed: integer 1-200\n"
    )
    assert "001          -     trading 3 s ago 9,999.26" in accounts.out
    accounts.stop("001", age_s=1, reason="whatever")
    assert accounts.status() == 1


@pytest.mark.usefixtures("daemon")
def test_a_side_without_take_profit_is_an_alarm_once_it_is_no_moment_between(accounts: Accounts) -> None:
    naked = replace(symbol_state(), long_tp_order_id=None)
    accounts.add("001", age_s=5, states={"DOGEUSDT": naked})
    assert accounts.status() == 0
    accounts.now_ms += 6_000
    assert accounts.status() == 1
    assert "! 001 DOGEUSDT LONG holds 875 and has no take-profit\n" in accounts.out
    row = next(
        line for line in accounts.out.splitlines() if "LONG" in line and "cycle" not in line and "!" not in line
    )
    assert " none " in row


def test_figures_of_the_embedded_exchange_are_no_real_money(accounts: Accounts) -> None:
    accounts.add("002", venue="embedded")
    accounts.status()
    assert "002          embedded not running" in accounts.out
    accounts.add("002")
    assert accounts.report()[1]["accounts"][0]["venue"] == "embedded"


def test_an_account_on_mainnet_says_so_loudly(accounts: Accounts) -> None:
    accounts.add("002")
    accounts.status()
    assert "002          MAINNET not running" in accounts.out


def test_one_account_is_shown_level_by_level(accounts: Accounts) -> None:
    accounts.add("001")
    assert accounts.status("001") == 0
    lines = accounts.out.splitlines()
    start = lines.index(next(line for line in lines if line.startswith("  LONG")))
    assert lines[start - 2 : start + 8] == [
        "DOGEUSDT  last price 0.1975, reference quantity 125, as of 3 s ago",
        "",
        "  LONG  cycle 24310401, holds 875 at 0.198571 on average, unrealised -0.9375",
        "  TP 875 at 0.19973, +1.13 % from the last price, order tp-long",
        "  level quantity   price created        executed       order",
        "  0          125     0.2 10-09 08:53:20 10-09 08:53:21 0000-long",
        "  1          250   0.199 10-09 08:53:30 10-09 08:53:31 1111-long",
        "  2          500   0.198 10-09 08:53:40 10-09 08:53:41 2222-long",
        "  3         1000 0.19701 10-09 08:53:50 resting        3333-long",
        "",
    ]


def bitcoin(state: SymbolState) -> SymbolState:
    """Return the state with prices, sizes and order ids as long as they get."""

    def longer(levels: tuple[LevelState, ...]) -> tuple[LevelState, ...]:
        return tuple(
            level._replace(
                entry_price=D("104670.4"), quantity=D("12.345"), order_id=str(uuid.UUID(int=level.grid_level))
            )
            for level in levels
        )

    figures = {"size": D("12.345"), "average_price": D("104670.44"), "tp_price": D("105157.6"), "tp_quantity": D(1)}
    return replace(
        state,
        long_positions=longer(state.long_positions),
        short_positions=longer(state.short_positions),
        long_tp_order_id=str(uuid.UUID(int=1)),
        short_tp_order_id=str(uuid.UUID(int=2)),
        extra={
            "last_price": D("94670.4"),
            "long": {"cycle": D(24310401), **figures},
            "short": {"cycle": D(24310401), **figures},
        },
    )


def test_every_page_fits_into_100_columns(accounts: Accounts) -> None:
    accounts.add("001", states={"BTCUSDT": bitcoin(symbol_state()), "1000PEPEUSDT": symbol_state()})
    for account_id in (None, "001"):
        accounts.status(account_id)
        assert max(map(len, accounts.out.splitlines())) <= 100


@pytest.mark.parametrize("columns", ["60", "100"])
def test_no_figure_is_cut_off_on_a_narrow_terminal(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    accounts.add("001", states={"BTCUSDT": bitcoin(symbol_state())})
    accounts.status("001")
    wide = accounts.out.split()
    monkeypatch.setenv("COLUMNS", columns)
    accounts.status("001")
    assert accounts.out.split() == wide
    assert "…" not in accounts.out


def test_the_document_for_programs_is_stable(accounts: Accounts) -> None:
    accounts.add("001")
    code, tree = accounts.report()
    assert code == 0
    assert list(tree) == ["at", "accounts_dir", "daemon", "config", "needs_attention", "accounts", "without_folder"]
    assert tree["at"] == "2025-10-09T08:55:00.000+00:00"
    assert tree["daemon"] == {"running": False, "pid": None, "since": None, "problem": ""}
    assert tree["needs_attention"] is False
    (account,) = tree["accounts"]
    (symbol,) = account.pop("symbols")
    assert account == {
        "id": "001",
        "name": "first",
        "configured": "enabled",
        "demo_trading": True,
        "dry_run": False,
        "venue": "bybit",
        "state": "not running",
        "age_s": 3,
        "problems": [],
        "emergency": None,
        "margin_balance": D("9999.264133625"),
        "available": D("9968.705489625"),
        "initial_margin": D("30.558644"),
        "maintenance_margin": D("5.637401"),
        "mm_rate_percent": D("0.05"),
    }
    assert list(symbol) == [
        "symbol",
        "changed",
        "age_s",
        "last_price",
        "reference_quantity",
        "holds",
        "long",
        "short",
    ]
    long = symbol["long"]
    levels = long.pop("levels")
    assert long == {
        "cycle": 24310401,
        "size": D(875),
        "average_price": D("0.198571428571"),
        "executed": [0, 1, 2],
        "resting": [3],
        "unrealised": D("-0.937499999625"),
        "take_profit": {
            "order_id": "tp-long",
            "price": D("0.19973"),
            "quantity": D(875),
            "distance_percent": D("1.129113924051"),
        },
    }
    assert levels[3] == {
        "level": 3,
        "is_executed": False,
        "quantity": D(1000),
        "price": D("0.19701"),
        "created": "2025-10-09T08:53:50.000+00:00",
        "executed": None,
        "order_id": "3333-long",
    }


def test_an_account_that_has_no_folder_is_a_bad_argument(
    accounts: Accounts, capsys: pytest.CaptureFixture[str]
) -> None:
    accounts.add("001")
    assert accounts.status("003") == 2
    assert capsys.readouterr().err == f"account '003' has no folder in {accounts.dir}; there are: 001\n"


def test_a_missing_directory_is_a_bad_argument(accounts: Accounts, capsys: pytest.CaptureFixture[str]) -> None:
    accounts.dir.rmdir()
    assert accounts.status() == 2
    assert "No such file or directory; --accounts-dir names the directory" in capsys.readouterr().err


def test_an_empty_directory_is_no_fault(accounts: Accounts) -> None:
    assert accounts.status() == 0
    assert "0 accounts: none.\n" in accounts.out


def test_a_terminal_that_cannot_show_a_name_still_shows_the_figures(accounts: Accounts) -> None:
    change(accounts, "name: first", "name: Иван")
    accounts.add("001")
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    assert run_status(accounts.dir, accounts.config, now_ms=accounts.now_ms, out=out) == 0
    out.flush()
    assert b"001     ???? demo  not running 3 s ago 9,999.26" in raw.getvalue()


def test_looking_changes_nothing(accounts: Accounts) -> None:
    folder = accounts.add("001")
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.iterdir()}
    accounts.status()
    accounts.status("001")
    accounts.report()
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.iterdir()} == before
    assert [path.name for path in accounts.dir.iterdir()] == ["001"]


def test_accounts_are_in_the_order_of_their_numbers_and_other_names_are_no_accounts(accounts: Accounts) -> None:
    for name in ("010", "002", "9", "1a", "backup", "٣"):
        (accounts.dir / name).mkdir()
    (accounts.dir / "003").write_text("a file")
    assert [account["id"] for account in accounts.report()[1]["accounts"]] == ["002", "9", "010"]


@pytest.mark.usefixtures("daemon")
def test_why_nothing_new_is_opened_is_said(accounts: Accounts) -> None:
    accounts.add("001", states={"DOGEUSDT": symbol_state(holds=["the price stream is down"])})
    assert accounts.status() == 0
    assert "! 001 DOGEUSDT opens nothing new: the price stream is down\n" in accounts.out
