"""Nothing that happens to one account touches another (A1, A4)."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from gridtrader.daemon.session import Phase
from gridtrader.engine.engine import GridEngine
from tests.support.daemon import Daemon, account_yaml, daemon, eventually
from tests.support.exchange import EmbeddedExchange

ACCOUNTS = ("key001:secret001:10000", "key002:secret002:10000", "key003:secret003:10000:demo")
CONFIG = [account_yaml("001"), account_yaml("002"), account_yaml("003", demo=True)]


@pytest.fixture
def trading(tmp_path: Path) -> Iterator[Daemon]:
    with EmbeddedExchange(accounts=ACCOUNTS) as exchange:
        exchange.quote("DOGEUSDT", "0.2")
        with daemon(tmp_path, exchange, CONFIG) as running:
            for account_id in ("001", "002", "003"):
                running.await_phase(account_id, Phase.TRADING)
                running.await_laws(account_id)
            yield running


def others_go_on(running: Daemon) -> None:
    """Move the market over a level: the others average, protect and look ahead."""
    before = {account_id: running.executions(account_id) for account_id in ("002", "003")}
    running.exchange.quote("DOGEUSDT", "0.1989")
    for account_id, count in before.items():
        eventually(f"{account_id} trades on", lambda a=account_id, n=count: running.executions(a) > n)  # type: ignore[misc]
        running.await_laws(account_id)


def test_an_engine_that_raises_stops_its_account_only(trading: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    real = GridEngine._pass

    def broken_pass(engine: GridEngine) -> None:
        if engine.settings.account_id == "001":
            raise ZeroDivisionError("a mistake of ours")
        real(engine)

    monkeypatch.setattr(GridEngine, "_pass", broken_pass)
    others_go_on(trading)
    trading.await_phase("001", Phase.STOPPED)
    assert "internal error: ZeroDivisionError" in trading.member("001").reason
    assert (trading.accounts / "001" / ".emergency_stop").exists()
    opening = [o for o in trading.dump("001")["open_orders"] if not o["reduce_only"]]
    assert opening == [], "its opening orders are withdrawn"


def test_a_revoked_key_stops_its_account_only(trading: Daemon) -> None:
    trading.exchange.revoke("key001")
    others_go_on(trading)
    trading.await_phase("001", Phase.STOPPED)
    assert "API key" in trading.member("001").reason
    others_go_on_again = trading.executions("002")
    trading.exchange.quote("DOGEUSDT", "0.202")
    eventually("002 takes its profit", lambda: trading.executions("002") > others_go_on_again)


def test_a_rest_that_stalls_ten_seconds_holds_up_its_account_only(trading: Daemon) -> None:
    trading.exchange.fault(point="rest", kind="stall", seconds=10, account="key001", count=None)
    others_go_on(trading)
    assert trading.member("001").phase is Phase.TRADING
    trading.exchange.clear_faults()
    trading.exchange.quote("DOGEUSDT", "0.1991")  # no market is silent until its price is too old
    trading.await_laws("001")


def test_a_private_stream_that_dies_for_good_stops_its_account_only(trading: Daemon) -> None:
    trading.exchange.fault(point="auth", kind="fail", account="key001", count=None)
    trading.exchange.strike_streams("close", account="key001")
    others_go_on(trading)
    trading.await_phase("001", Phase.STOPPED)
    assert "private stream" in trading.member("001").reason


def test_an_account_that_cannot_start_is_passed_over(tmp_path: Path) -> None:
    with EmbeddedExchange(accounts=ACCOUNTS[1:]) as exchange:  # nobody knows the key of 001
        exchange.quote("DOGEUSDT", "0.2")
        with daemon(tmp_path, exchange, CONFIG) as running:
            running.await_phase("002", Phase.TRADING)
            running.await_laws("002")
            running.await_phase("003", Phase.TRADING)
            assert running.member("001").phase is Phase.FAILED


def test_an_unknown_symbol_stops_its_account_with_the_reason(tmp_path: Path) -> None:
    with EmbeddedExchange(accounts=ACCOUNTS) as exchange:
        exchange.quote("DOGEUSDT", "0.2")
        config = [account_yaml("001", ["NOSUCHUSDT"]), *CONFIG[1:]]
        with daemon(tmp_path, exchange, config) as running:
            running.await_phase("002", Phase.TRADING)
            running.await_phase("001", Phase.FAILED)
            assert "NOSUCHUSDT" in running.member("001").reason
            status = json.loads((tmp_path / "accounts" / "001" / "status.json").read_text())
            assert status["mode"] == "failed", "what `gridtrader status` reads"
            assert status["reason"] == running.member("001").reason
