"""One daemon's life: start, emergency stop and release, restart, the lock, the end (R2, R3, R5, T3, T8)."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gridtrader.daemon.session import Phase
from gridtrader.store.lock import AlreadyRunningError
from tests.support.daemon import Daemon, account_yaml, daemon, eventually
from tests.support.exchange import EmbeddedExchange

ACCOUNTS = ("key001:secret001:10000", "key002:secret002:10000:demo")
CONFIG = [account_yaml("001", ["DOGEUSDT", "BTCUSDT"]), account_yaml("002", demo=True)]
EAGER = "  daemon: {stop_file_check_s: 0.5}"


@pytest.fixture
def exchange() -> Iterator[EmbeddedExchange]:
    with EmbeddedExchange(accounts=ACCOUNTS) as running:
        running.quote("DOGEUSDT", "0.2")
        running.quote("BTCUSDT", "100000")
        yield running


def test_a_story_over_the_wire_keeps_all_laws_and_logs_no_error(tmp_path: Path, exchange: EmbeddedExchange) -> None:
    with daemon(tmp_path, exchange, CONFIG) as running:
        running.await_both()
        for price in ("0.199", "0.198", "0.1965", "0.199", "0.2015", "0.204", "0.2", "0.196"):
            exchange.quote("DOGEUSDT", price)
            running.await_both()
        exchange.fund("DOGEUSDT", "0.0005")
        exchange.quote("BTCUSDT", "99400")
        running.await_both()
        assert running.executions("001") > 10
        tallies = [s.tally for m in running.bot.members if m.last_view for s in m.last_view.symbols]
        assert sum(tally.reopenings for tally in tallies) > 1
    assert running.errors() == []
    for kind in ("trades", "positions"):
        (whole,) = (tmp_path / "logs").glob(f"{kind}_*.log")
        lines = whole.read_text().splitlines()
        for account_id in ("001", "002"):
            (own,) = (running.accounts / account_id).glob(f"{kind}_*.log")
            said = [line.split(" ", 2)[2] for line in own.read_text().splitlines()]
            label = f"account {account_id}: "
            assert [line.split(label, 1)[1] for line in lines if label in line] == said


def test_two_accounts_and_worlds_share_prices_by_symbol_and_world(tmp_path: Path, exchange: EmbeddedExchange) -> None:
    with daemon(tmp_path, exchange, CONFIG) as running:
        running.await_both()
        tickers = running.bot._shared.tickers
        assert sorted(tickers.symbols()) == [("BTCUSDT", False), ("DOGEUSDT", False), ("DOGEUSDT", True)]


def test_an_account_stopped_by_risk_comes_back_when_its_file_is_removed(
    tmp_path: Path, exchange: EmbeddedExchange
) -> None:
    config = [account_yaml("001", extra="risk: {mm_rate_threshold: 0.12}"), CONFIG[1]]
    with daemon(tmp_path, exchange, config, EAGER) as running:
        running.await_both()
        exchange.quote("DOGEUSDT", "0.1985")
        running.await_phase("001", Phase.STOPPED)
        stop_file = running.accounts / "001" / ".emergency_stop"
        assert "maintenance-margin rate" in stop_file.read_text()
        eventually(
            "its price socket is closed", lambda: ("DOGEUSDT", False) not in running.bot._shared.tickers.symbols()
        )
        requests = len(running.dump("001")["requests"])
        exchange.quote("DOGEUSDT", "0.19")
        running.await_laws("002")
        assert len(running.dump("001")["requests"]) == requests, "a stopped account sends nothing"
        assert running.member("001").phase is Phase.STOPPED

        exchange.deposit("key001", "1000000")
        stop_file.unlink()
        running.await_phase("001", Phase.TRADING)
        running.await_laws("001")
        assert not stop_file.exists()


def test_an_emergency_file_keeps_its_account_from_starting_and_no_other(
    tmp_path: Path, exchange: EmbeddedExchange
) -> None:
    (tmp_path / "accounts" / "001").mkdir(parents=True)
    stop_file = tmp_path / "accounts" / "001" / ".emergency_stop"
    stop_file.write_text("made by hand\n")
    with daemon(tmp_path, exchange, CONFIG, EAGER) as running:
        running.await_phase("002", Phase.TRADING)
        assert running.member("001").phase is Phase.STOPPED
        assert running.dump("001")["requests"] == []
        stop_file.unlink()
        running.await_phase("001", Phase.TRADING)


def test_a_vanished_folder_is_not_consent(tmp_path: Path, exchange: EmbeddedExchange) -> None:
    folder = tmp_path / "accounts" / "001"
    folder.mkdir(parents=True)
    (folder / ".emergency_stop").write_text("made by hand\n")
    with daemon(tmp_path, exchange, CONFIG, EAGER) as running:
        running.await_phase("002", Phase.TRADING)
        folder.rename(tmp_path / "gone")
        time.sleep(1.2)
        assert running.member("001").phase is Phase.STOPPED


def test_a_daemon_started_again_restores_what_the_last_one_left(tmp_path: Path, exchange: EmbeddedExchange) -> None:
    with daemon(tmp_path, exchange, CONFIG) as running:
        running.await_both()
        for price in ("0.199", "0.198"):
            exchange.quote("DOGEUSDT", price)
            running.await_both()
    left = [o["order_link_id"] for o in exchange.books("key001")["open_orders"]]
    assert left, "orders are left on the exchange: the take-profits protect"
    exchange.quote("DOGEUSDT", "0.1972")
    with daemon(tmp_path, exchange, CONFIG) as running:
        running.await_both()
        now = [o["order_link_id"] for o in running.dump("001")["open_orders"]]
        assert not set(left) & set(now), "old orders are cancelled, names never come back"
    assert running.errors() == []


def test_a_second_daemon_on_the_same_directory_is_refused(tmp_path: Path, exchange: EmbeddedExchange) -> None:
    with daemon(tmp_path, exchange, CONFIG) as running:
        running.await_both()
        second = Daemon(tmp_path, exchange, CONFIG)
        second.start()
        eventually("the second one gives up", lambda: not second.is_running)
        assert isinstance(second.failure, AlreadyRunningError)
        second.logs.close()
        exchange.quote("DOGEUSDT", "0.199")
        running.await_both()


def test_the_end_comes_within_ten_seconds_and_leaves_no_temporary_file(
    tmp_path: Path, exchange: EmbeddedExchange
) -> None:
    with daemon(tmp_path, exchange, CONFIG) as running:
        running.await_both()
        took = running.stop()
    assert took < 10
    names = {path.name for path in (tmp_path / "accounts" / "001").iterdir()}
    assert {"bot_state.json", "trades_history.csv", "journal.jsonl", "status.json"} <= names
    assert not [name for name in names if name.endswith((".tmp", "~")) or "tmp" in name]
    for name in ("bot_state.json", "journal.jsonl"):
        assert (tmp_path / "accounts" / "001" / name).stat().st_mode & 0o777 == 0o600


def test_no_secret_is_in_any_file(tmp_path: Path, exchange: EmbeddedExchange) -> None:
    with daemon(tmp_path, exchange, CONFIG) as running:
        running.await_both()
        exchange.revoke("key001", 10004)
        exchange.quote("DOGEUSDT", "0.1985")
        running.await_phase("001", Phase.STOPPED)
    for path in tmp_path.rglob("*"):
        if path.is_file() and path.name != "config.yaml":
            text = path.read_text(errors="replace")
            assert "secret001" not in text, path
            assert "secret002" not in text, path
            assert "key001" not in text, path
