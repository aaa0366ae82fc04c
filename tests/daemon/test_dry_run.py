"""Accounts in dry run in the whole daemon, over real sockets: the exchange hears nothing private of them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gridtrader.daemon.session import Phase
from gridtrader.engine.engine import GridEngine
from gridtrader.exchange.client import BybitClient
from gridtrader.exchange.http import BybitHTTP
from gridtrader.exchange.private_stream import PrivateStream
from gridtrader.simulator.server.app import ExchangeServer
from gridtrader.simulator.server.rest.call import Access
from gridtrader.simulator.server.rest.face import RestFace
from tests.support.daemon import Daemon, account_yaml, daemon, eventually
from tests.support.exchange import EmbeddedExchange

LIVE = ("key001:secret001:10000",)
DRY = account_yaml("002", dry_run=True)


class Listened:
    """Everything that has reached the exchange."""

    def __init__(self) -> None:
        self.public: set[str] = set()
        self.private: list[tuple[str, str]] = []
        """(path, key) of every request that is not for everybody, and of every signed one."""
        self.sockets = 0


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Listened:
    listened = Listened()
    answer, connect = RestFace._answer, ExchangeServer._private

    def listen(face: RestFace, endpoint: Any, raw: Any) -> Any:
        key = raw.headers.get("X-BAPI-API-KEY", "")
        if endpoint.access is not Access.PUBLIC or key or raw.headers.get("X-BAPI-SIGN"):
            listened.private.append((endpoint.path, key))
        else:
            listened.public.add(endpoint.path)
        return answer(face, endpoint, raw)

    async def listen_to_sockets(server: ExchangeServer, request: Any) -> Any:
        listened.sockets += 1
        return await connect(server, request)

    monkeypatch.setattr(RestFace, "_answer", listen)
    monkeypatch.setattr(ExchangeServer, "_private", listen_to_sockets)
    return listened


@pytest.fixture
def market(heard: Listened) -> Iterator[EmbeddedExchange]:
    with EmbeddedExchange(accounts=LIVE) as exchange:
        exchange.quote("DOGEUSDT", "0.2")
        yield exchange


def sizes(running: Daemon, account_id: str = "002") -> dict[str, float]:
    """Return the sizes an account's state file tells."""
    path = running.member(account_id).folder / "bot_state.json"
    entry = json.loads(path.read_text()).get("DOGEUSDT", {}) if path.exists() else {}
    return {side: entry[side]["size"] if entry else 0 for side in ("long", "short")}


def await_open(running: Daemon, account_id: str = "002") -> None:
    running.await_phase(account_id, Phase.TRADING)
    eventually(f"{account_id} holds both sides", lambda: all(sizes(running, account_id).values()))


def average(running: Daemon, account_id: str = "002") -> None:
    """Move the market over the first level of LONG."""
    before = sizes(running, account_id)["long"]
    running.exchange.quote("DOGEUSDT", "0.1989")
    eventually(f"{account_id} averages", lambda: sizes(running, account_id)["long"] > before)


# --- nothing private ---


def test_no_private_endpoint_and_no_private_socket_is_ever_touched(
    tmp_path: Path, market: EmbeddedExchange, heard: Listened
) -> None:
    with daemon(tmp_path, market, [DRY]) as running:
        await_open(running)
        average(running)
        market.quote("DOGEUSDT", "0.2015")
        market.fund("DOGEUSDT", "0.0001")
        eventually("it asks for settlements", lambda: "/v5/market/funding/history" in heard.public)
    assert heard.private == []
    assert heard.sockets == 0
    assert heard.public == {
        "/v5/market/instruments-info",
        "/v5/market/risk-limit",
        "/v5/market/tickers",
        "/v5/market/funding/history",
    }


def test_beside_a_live_account_everything_private_is_that_accounts(
    tmp_path: Path, market: EmbeddedExchange, heard: Listened
) -> None:
    with daemon(tmp_path, market, [account_yaml("001"), DRY]) as running:
        running.await_phase("001", Phase.TRADING)
        running.await_laws("001")
        await_open(running)
        average(running)
        running.await_laws("001")
        assert len(running.bot._shared.tickers.symbols()) == 1, "they share one price socket"
    assert heard.private, "the live account does call"
    assert {key for _, key in heard.private} == {"key001"}
    assert heard.sockets == 1


def test_it_trades_where_nothing_can_be_signed_and_no_private_stream_made(
    tmp_path: Path, market: EmbeddedExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("a dry run does nothing private")

    monkeypatch.setattr(BybitHTTP, "_prepare_headers", never)
    monkeypatch.setattr(BybitHTTP, "_auth", never)
    monkeypatch.setattr(PrivateStream, "__init__", never)
    monkeypatch.setattr(BybitClient, "__init__", never)
    with daemon(tmp_path, market, [DRY]) as running:
        await_open(running)
        average(running)
        assert running.errors() == []


# --- files ---


def test_every_line_of_its_logs_says_dry_run(tmp_path: Path, market: EmbeddedExchange) -> None:
    with daemon(tmp_path, market, [DRY]) as running:
        await_open(running)
        average(running)
    lines = [
        line
        for path in (tmp_path / "accounts" / "002" / "dry_run").glob("*.log")
        for line in path.read_text().splitlines()
        if not line.startswith("    ")
    ]
    assert len(lines) > 20
    assert [line for line in lines if "DRY RUN" not in line] == []


def test_a_restart_of_the_daemon_goes_on_with_what_was_imagined(tmp_path: Path, market: EmbeddedExchange) -> None:
    with daemon(tmp_path, market, [DRY]) as running:
        await_open(running)
        average(running)
        before = sizes(running)
    with daemon(tmp_path, market, [DRY]) as running:
        await_open(running)
        assert sizes(running) == before
        assert running.errors() == []


def test_switched_to_live_it_restores_from_the_exchange_and_leaves_the_dry_runs_files_alone(
    tmp_path: Path, market: EmbeddedExchange
) -> None:
    with daemon(tmp_path, market, [account_yaml("001")]) as running:  # there is real trading to restore
        await_open(running, "001")
        average(running, "001")
        real = sizes(running, "001")
    books = market.books("key001")
    with daemon(tmp_path, market, [account_yaml("001", dry_run=True)]) as running:
        await_open(running, "001")
        imagined = sizes(running, "001")
    for part in ("open_orders", "executions"):
        assert market.books("key001")[part] == books[part], "the dry run has not touched the real account"
    assert imagined != real, "it begins anew, whatever the account really holds"
    folder = tmp_path / "accounts" / "001" / "dry_run"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with daemon(tmp_path, market, [account_yaml("001")]) as running:
        running.await_phase("001", Phase.TRADING)
        running.await_laws("001")
        assert sizes(running, "001") == real
        assert running.errors() == []
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    with daemon(tmp_path, market, [account_yaml("001", dry_run=True)]) as running:
        await_open(running, "001")
        assert sizes(running, "001") == imagined


def test_a_dry_runs_journal_is_refused_for_real_trading(tmp_path: Path, market: EmbeddedExchange) -> None:
    with daemon(tmp_path, market, [account_yaml("001", dry_run=True)]) as running:
        await_open(running, "001")
    folder = tmp_path / "accounts" / "001"
    (folder / "dry_run" / "journal.jsonl").rename(folder / "journal.jsonl")
    with daemon(tmp_path, market, [account_yaml("001")]) as running:
        running.await_phase("001", Phase.FAILED)
        assert "holds the journal of trading on 'dry run', this is 'bybit'" in running.member("001").reason


# --- isolation (A1) ---


def test_a_dry_run_that_fails_touches_no_other_account(
    tmp_path: Path, market: EmbeddedExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = GridEngine._pass

    def broken_pass(engine: GridEngine) -> None:
        if engine.settings.account_id == "002" and market.state():
            raise ZeroDivisionError("a mistake of ours")
        real(engine)

    with daemon(tmp_path, market, [account_yaml("001"), DRY]) as running:
        running.await_phase("001", Phase.TRADING)
        running.await_laws("001")
        await_open(running)
        monkeypatch.setattr(GridEngine, "_pass", broken_pass)
        count = running.executions("001")
        market.quote("DOGEUSDT", "0.1989")
        running.await_phase("002", Phase.STOPPED)
        eventually("001 trades on", lambda: running.executions("001") > count)
        running.await_laws("001")
    accounts = tmp_path / "accounts" / "002"
    assert (accounts / "dry_run" / ".emergency_stop").exists()
    assert not (accounts / ".emergency_stop").exists(), "a stop of something imagined holds no real trading back"


def test_a_dry_run_that_cannot_start_is_passed_over(tmp_path: Path, market: EmbeddedExchange) -> None:
    config = [account_yaml("002", ["NOSUCHUSDT"], dry_run=True), account_yaml("001")]
    with daemon(tmp_path, market, config) as running:
        running.await_phase("001", Phase.TRADING)
        running.await_laws("001")
        running.await_phase("002", Phase.FAILED)
        assert "NOSUCHUSDT" in running.member("002").reason


def test_a_daemon_that_was_made_without_dry_runs_says_so_and_trades_the_others(
    tmp_path: Path, market: EmbeddedExchange
) -> None:
    running = Daemon(tmp_path, market, [DRY, account_yaml("001")])
    running.bot._dry_run_edge = None
    running.start()
    try:
        running.await_phase("001", Phase.TRADING)
        assert running.member("002").phase is Phase.FAILED
        assert "made without an exchange for that" in running.member("002").reason
    finally:
        running.stop()
