"""A dry run in the operator's tools: nobody takes it for real, and `check` says what it needs."""

import io
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gridtrader.bot import Member
from gridtrader.cli import main
from gridtrader.daemon.clock import SystemClock
from gridtrader.daemon.policy import AccountPolicy
from gridtrader.daemon.session import Phase
from gridtrader.daemon.wiring import edge_settings
from gridtrader.engine.ports import Refusal, Refused, Unreachable
from gridtrader.engine.view import AccountView
from gridtrader.exchange.http import BybitHTTP, Reply
from gridtrader.exchange.rate_budget import RateBudget
from gridtrader.operator.check.check import Grade, run_check
from gridtrader.operator.check.online import online_check
from gridtrader.operator.direct import Direct
from gridtrader.operator.run.dry_run import PublicData
from gridtrader.operator.run.embedded import EmbeddedExchange as ChildExchange
from gridtrader.operator.run.embedded import EmbeddedOptions
from gridtrader.operator.run.table import render
from gridtrader.paper.funding import HOUR_MS
from gridtrader.settings import Settings, load_settings
from tests.operator.folders import Accounts
from tests.operator.online import CONFIG, Online
from tests.settings.files import Files
from tests.support.exchange import EmbeddedExchange
from tests.support.memory import MemoryDiary

D = Decimal


@pytest.fixture(scope="module")
def market() -> Iterator[EmbeddedExchange]:
    with EmbeddedExchange(accounts=(), symbols=("DOGEUSDT",)) as exchange:
        exchange.quote("DOGEUSDT", "0.2")
        yield exchange


# --- status ---


def dry(accounts: Accounts) -> None:
    """Put account 001 into dry run."""
    accounts.config.write_text(accounts.config.read_text().replace("dry_run: false", "dry_run: true", 1))


def imagine(accounts: Accounts) -> None:
    """Write the files of a dry run of account 001."""
    (accounts.dir / "001").mkdir(exist_ok=True)
    accounts.add("001/dry_run", venue="dry run")


@pytest.mark.usefixtures("daemon")
def test_status_shows_the_dry_run_and_says_so(accounts: Accounts) -> None:
    dry(accounts)
    imagine(accounts)
    assert accounts.status() == 0
    assert "001     first DRY RUN trading 3 s ago 9,999.26  9,968.71  0.05 %" in accounts.out
    first = accounts.first()
    assert (first["dry_run"], first["venue"], first["state"]) == (True, "dry run", "trading")
    assert first["symbols"][0]["long"]["size"] == 875


@pytest.mark.usefixtures("daemon")
def test_status_of_a_live_account_shows_nothing_that_was_imagined(accounts: Accounts) -> None:
    imagine(accounts)
    accounts.add("001", states={})
    accounts.status()
    assert "DRY RUN" not in accounts.out
    assert accounts.first()["symbols"] == []
    dry(accounts)
    assert accounts.first()["symbols"] != []


def test_an_account_that_is_not_configured_is_shown_as_what_it_was(accounts: Accounts) -> None:
    imagine(accounts)
    accounts.config.write_text("nothing")
    assert accounts.first()["dry_run"] is True


@pytest.mark.usefixtures("daemon")
def test_a_stopped_dry_run_names_its_own_stop_file(accounts: Accounts) -> None:
    dry(accounts)
    imagine(accounts)
    accounts.stop("001/dry_run", age_s=5, reason="it was too much")
    assert accounts.status() == 1
    assert "remove 001/dry_run/.emergency_stop" in accounts.out


# --- the live table ---


def test_the_table_says_dry_run(tmp_path: Path) -> None:
    files = Files(tmp_path)
    files.change("dry_run: false", "dry_run: true")
    settings = files.load(need_keys=False)
    view = AccountView("trading", "", D(1), D(1), D(0), ())
    members = [
        Member(account, tmp_path, policy=AccountPolicy(Phase.TRADING), last_view=view)
        for account in settings.accounts
    ]
    cells = [str(cell) for cell in render(members, 1.0, 160).columns[0].cells]
    assert cells == ["001 DRY RUN", "002"]


# --- check ---


def report(files: Files, *, online: bool = False) -> dict[str, Any]:
    out = io.StringIO()
    accounts = files.config.parent / "accounts"
    accounts.mkdir(exist_ok=True)
    run_check(
        files.config,
        files.env,
        accounts,
        online_check(accounts) if online else None,
        as_json=True,
        environ={},
        out=out,
    )
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def test_check_needs_no_key_for_a_dry_run_and_says_what_it_begins_with(tmp_path: Path) -> None:
    files = Files(tmp_path)
    files.write(CONFIG.replace("dry_run: false", "dry_run: true\n    dry_run_balance_usdt: 2500"))
    files.env.unlink()
    found = report(files)
    assert found["ok"]
    assert [finding["text"] for finding in found["findings"]] == [
        "dry run: no key is needed and no order is sent; it begins with 2,500 USDT"
    ]


def online_dry(market: EmbeddedExchange, folder: Path, *changes: tuple[str, str]) -> Online:
    online = Online(market, folder)
    online.keys.clear()
    text = CONFIG.replace("dry_run: false", "dry_run: true")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    online.configure(text)
    return online


def test_check_online_asks_for_contract_and_price_and_signs_nothing(
    market: EmbeddedExchange, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("nothing is signed")

    monkeypatch.setattr(BybitHTTP, "_prepare_headers", never)
    monkeypatch.setattr(BybitHTTP, "_auth", never)
    online = online_dry(market, tmp_path)
    assert online.said(Grade.OK) == [
        "DOGEUSDT: trading, leverage 10, taker fee 0.055 % as configured, levels 0 to 4 of 249 to 3984 at 0.2",
        "all full ladders together need a balance of 367.29 USD, it begins with 10,000.00",
    ]
    assert online.said(Grade.WARNING) == online.said(Grade.ERROR) == []


def test_check_online_warns_of_too_little_money(market: EmbeddedExchange, tmp_path: Path) -> None:
    online = online_dry(market, tmp_path, ("dry_run: true", "dry_run: true\n    dry_run_balance_usdt: 20"))
    (warning,) = online.said(Grade.WARNING)
    assert "the dry run begins with 20.00: the deepest levels will be left out" in warning


def test_check_online_names_a_symbol_nobody_has(market: EmbeddedExchange, tmp_path: Path) -> None:
    online = online_dry(market, tmp_path, ("DOGEUSDT", "NOSUCHUSDT"))
    (error,) = online.said(Grade.ERROR)
    assert error.startswith("the exchange has no linear contract NOSUCHUSDT")


# --- run ---


def test_the_embedded_exchange_opens_no_account_for_a_dry_run(tmp_path: Path) -> None:
    files = Files(tmp_path)
    files.change("dry_run: false", "dry_run: true")
    settings = files.load(need_keys=False)
    with ChildExchange(settings, EmbeddedOptions()) as exchange:
        assert set(exchange.keys) == {"002"}


def test_run_embedded_trades_a_dry_run_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(CONFIG.replace("dry_run: false", "dry_run: true"))
    places = [f"--{name}-dir={tmp_path / name}" for name in ("accounts", "logs")]
    assert main(["run", "--embedded", "--config", str(config), "--speed", "1", "--duration", "1.5", *places]) == 0
    assert "001 DRY RUN" in capsys.readouterr().out
    folder = tmp_path / "accounts" / "001"
    assert [path.name for path in folder.iterdir()] == ["dry_run"]
    first = json.loads((folder / "dry_run" / "journal.jsonl").read_text().splitlines()[0])
    assert first["data"]["venue"] == "dry run, embedded"


# --- public data ---


class Public:
    """The public data of an exchange, its answers replaced by others where a test says so."""

    def __init__(self, market: EmbeddedExchange, settings: Settings) -> None:
        edge = edge_settings(settings.system)
        clock = SystemClock()
        direct = Direct(market.urls.rest, None, edge, RateBudget(edge, clock).account("test"), clock.now_ms)
        self.is_over = False
        self.data = PublicData(direct, clock.now_ms, lambda: self.is_over, MemoryDiary().bot)


@pytest.fixture
def public(market: EmbeddedExchange, tmp_path: Path) -> Public:
    config = tmp_path / "config.yaml"
    config.write_text(CONFIG)
    return Public(market, load_settings(config, tmp_path / ".env", need_keys=False))


def answer(monkeypatch: pytest.MonkeyPatch, result: object) -> list[Mapping[str, object]]:
    """Let every answer be this one; return what will have been asked with."""
    body = json.dumps({"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": 1}).encode()
    asked: list[Mapping[str, object]] = []

    def call(_: BybitHTTP, __: str, parameters: Mapping[str, object]) -> Reply:
        asked.append(parameters)
        return Reply(200, {}, body)

    monkeypatch.setattr(BybitHTTP, "call", call)
    return asked


def test_contract_and_quote_are_read_from_the_exchange(public: Public) -> None:
    rows = public.data.contract("DOGEUSDT")
    assert rows.parse("DOGEUSDT").tick_size == D("0.00001")
    assert public.data.quote("DOGEUSDT").last == D("0.2")


def test_settlements_are_read_from_the_exchange(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(CONFIG)
    settings = load_settings(config, tmp_path / ".env", need_keys=False)
    with EmbeddedExchange(accounts=(), symbols=("DOGEUSDT",)) as market:
        public = Public(market, settings)
        market.step(9 * HOUR_MS)
        first = max(public.data.settlements("DOGEUSDT"))  # one or two, by the time of day
        market.step(8 * HOUR_MS)
        newer = max(public.data.settlements("DOGEUSDT"))
    assert newer.due_ms == first.due_ms + 8 * HOUR_MS
    assert abs(first.rate) < 1


@pytest.mark.parametrize("status", ["Delivering", "PreLaunch", "Closed"])
def test_a_contract_that_does_not_trade_is_found(public: Public, market: EmbeddedExchange, status: str) -> None:
    market.set_status("DOGEUSDT", status)
    try:
        rows = public.data.contract("DOGEUSDT")
    finally:
        market.set_status("DOGEUSDT", "Trading")
    assert rows.parse("DOGEUSDT").status == status
    assert rows.tiers


def test_a_contract_nobody_has_is_refused(public: Public, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Refused):
        public.data.contract("NOSUCHUSDT")
    asked = answer(monkeypatch, {"list": []})
    with pytest.raises(Refused, match="no linear contract DOGEUSDT is listed") as caught:
        public.data.contract("DOGEUSDT")
    assert caught.value.refusal is Refusal.INVALID
    assert [question.get("status") for question in asked] == [None, "Delivering", "PreLaunch", "Closed"]


@pytest.mark.parametrize(
    "result",
    [
        {},
        {"list": "none"},
        {"list": ["none"]},
        {"list": [{}]},
        {"list": [{"fundingRate": "much", "fundingRateTimestamp": "1", "bid1Price": "0"}]},
    ],
)
def test_an_answer_that_makes_no_sense_is_no_answer(
    public: Public, monkeypatch: pytest.MonkeyPatch, result: object
) -> None:
    answer(monkeypatch, result)
    for question in (public.data.quote, public.data.settlements):
        with pytest.raises(Unreachable):
            question("DOGEUSDT")


def test_an_address_that_was_barred_asks_nothing_more_for_a_while(
    public: Public, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BybitHTTP, "call", lambda *_: Reply(403, {}, b"403, access too frequent"))
    with pytest.raises(Unreachable, match="HTTP 403"):
        public.data.quote("DOGEUSDT")
    monkeypatch.undo()
    with pytest.raises(Refused, match="not sent"):
        public.data.quote("DOGEUSDT")


def test_an_account_that_is_told_to_end_asks_nothing_more(public: Public) -> None:
    public.is_over = True
    with pytest.raises(Unreachable, match="told to end"):
        public.data.quote("DOGEUSDT")
