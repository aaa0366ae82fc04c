"""`gridtrader check --online` on the embedded exchange: each finding, its remedy, and that nothing is changed."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from gridtrader.exchange.http import BybitHTTP, Reply
from gridtrader.operator.check.check import Grade
from tests.operator.online import CONFIG, Online
from tests.support.exchange import EmbeddedExchange


@pytest.fixture(scope="module")
def market() -> Iterator[EmbeddedExchange]:
    with EmbeddedExchange(accounts=(), symbols=("DOGEUSDT", "XRPUSDT")) as exchange:
        yield exchange


@pytest.fixture(scope="module")
def crooked() -> Iterator[EmbeddedExchange]:
    """An exchange whose clock goes wrong, and with it the times of all that happens there."""
    with EmbeddedExchange(accounts=(), symbols=("DOGEUSDT",)) as exchange:
        yield exchange


@pytest.fixture
def online(market: EmbeddedExchange, tmp_path: Path) -> Iterator[Online]:
    market.quote("DOGEUSDT", "0.2")
    yield Online(market, tmp_path)
    market.clear_faults()
    market.set_status("DOGEUSDT", "Trading")


# --- nothing is changed ---


def test_everything_in_order_is_said_and_nothing_else(online: Online) -> None:
    findings = online.findings()
    assert [found.grade for found in findings] == [Grade.OK, Grade.WARNING, Grade.OK, Grade.OK, Grade.OK, Grade.OK]
    rest = online.market.urls.rest
    assert findings[0].account == ""
    assert findings[0].text.startswith(f"{rest} answers, and this machine's clock is within 0.0")
    assert [found.text for found in findings[1:]] == [
        "the key works from any address: bind it to this machine's, on the exchange's site, API management; it then "
        "does not expire",
        "key accepted, valid for 90 days, not bound to an address",
        "unified account, cross margin, balance 10,000.00 USD, available 10,000.00",
        "DOGEUSDT: trading, one-way mode (the start switches it to hedge mode), leverage 10 of at most 75, taker fee "
        "0.055 %, levels 0 to 4 of 249 to 3984 at 0.2",
        "all full ladders together need a balance of 367.29 USD, which is there",
    ]


def test_only_get_requests_are_sent_and_the_account_is_as_it_was(
    online: Online, monkeypatch: pytest.MonkeyPatch
) -> None:
    online.place("by-hand", price="0.201")
    online.place("g_DOGE_LA01_1_0", price="0.1")
    asked: list[str] = []
    call = BybitHTTP.call

    def record(
        http: BybitHTTP, method: str, parameters: Mapping[str, object], timeout_s: float | None = None
    ) -> Reply:
        asked.append(method)
        return call(http, method, parameters, timeout_s)

    monkeypatch.setattr(BybitHTTP, "call", record)
    before = online.books()
    online.findings()
    after = online.books()
    sent = after["requests"][len(before["requests"]) :]
    assert {request["method"] for request in sent} == {"GET"}
    assert {request["path"] for request in sent} >= {
        "/v5/user/query-api",
        "/v5/account/info",
        "/v5/account/wallet-balance",
        "/v5/account/fee-rate",
        "/v5/position/list",
        "/v5/order/realtime",
        "/v5/execution/list",
    }
    assert asked
    assert all(method.startswith("get_") for method in asked)
    del before["requests"], after["requests"]
    assert after == before


# --- the key ---


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (10003, "the key was deleted, or is one of the other world: demo keys work on demo trading only"),
        (10010, "add this machine's address to the key"),
        (33004, "the key has expired: make a new one"),
        (10008, "look at the key on the exchange's site"),
    ],
)
def test_a_refused_key_names_its_remedy_and_ends_the_account(online: Online, code: int, words: str) -> None:
    online.market.revoke(online.key, code)
    (finding,) = [found for found in online.findings() if found.account]
    assert finding.grade is Grade.ERROR
    assert f"(retCode {code}): {words}" in finding.text
    assert finding.text.endswith("(001_BYBIT_API_KEY); the rest of this account was not checked")


def test_a_key_of_the_other_world_is_refused(online: Online) -> None:
    online.change("demo_trading: false", "demo_trading: true")
    (error,) = online.said(Grade.ERROR)
    assert "(retCode 10003)" in error


def test_a_read_only_key_cannot_trade(online: Online) -> None:
    online.market.control("POST", f"/accounts/{online.key}/key", read_only=True)
    (error,) = online.said(Grade.ERROR)
    assert error.startswith("the key is read-only and cannot trade: make one with read and write")


def test_demo_may_keep_the_keys_rights_to_itself(online: Online) -> None:
    online.open(demo=True)
    online.change("demo_trading: false", "demo_trading: true")
    online.market.fault(
        point="rest", kind="code", code=10032, match="/v5/user/query-api", account=online.key, count=None
    )
    assert online.said(Grade.ERROR) == []
    assert "rights and life of the key are not told on demo" in online.said(Grade.OK)
    online.market.clear_faults()
    assert "key accepted, valid for 90 days, not bound to an address" in online.said(Grade.OK)


def test_rights_that_cannot_be_had_are_a_warning_and_the_rest_is_checked(online: Online) -> None:
    online.market.fault(point="rest", kind="status", status=502, match="/v5/user/query-api")
    warning = online.said(Grade.WARNING)[0]
    assert warning.startswith("rights and life of the key are not known: user/query-api: HTTP 502; check again")
    assert len(online.said(Grade.OK)) == 4


# --- exchange and clock ---


def test_an_exchange_out_of_reach_is_one_error_for_all_its_accounts(online: Online) -> None:
    online.configure(CONFIG, rest="http://127.0.0.1:9")
    (finding,) = online.findings()
    assert (finding.account, finding.grade) == ("", Grade.ERROR)
    assert finding.text.startswith("http://127.0.0.1:9 cannot be reached and its accounts are not checked: ")
    assert finding.text.endswith("look at network, name service and firewall of this machine")


@pytest.mark.parametrize(
    ("offset_ms", "grade", "words"),
    [
        (300, Grade.OK, "within 0.3"),
        (1_500, Grade.WARNING, "behind that of"),
        (-1_500, Grade.WARNING, "ahead of that of"),
        (7_000, Grade.ERROR, "more than the 5 s that a request may be old: set this machine's clock (NTP)"),
        (7_200_000, Grade.ERROR, "more than an hour from this machine's: set this machine's clock (NTP)"),
    ],
)
def test_the_clock_is_judged_by_how_far_it_is_off(
    tmp_path: Path, crooked: EmbeddedExchange, offset_ms: int, grade: Grade, words: str
) -> None:
    crooked.shift_clock(offset_ms)
    finding = Online(crooked, tmp_path).findings()[0]
    assert (finding.account, finding.grade) == ("", grade)
    assert words in finding.text


def test_an_account_that_cannot_be_asked_does_not_keep_the_others_from_it(online: Online) -> None:
    online.open(account_id="002")
    online.configure(CONFIG + CONFIG.removeprefix("accounts:\n").replace('"001"', '"002"'))
    alone = [found for found in online.findings() if found.account == "002"]
    online.market.revoke(online.key)
    findings = online.findings()
    assert [found.grade for found in findings if found.account == "001"] == [Grade.ERROR]
    assert [found for found in findings if found.account == "002"] == alone


def test_a_question_without_an_answer_ends_the_account_and_says_so(online: Online) -> None:
    online.market.fault(point="rest", kind="status", status=502, match="/v5/position/list", count=1)
    (error,) = online.said(Grade.ERROR)
    assert error.startswith("position/list: HTTP 502")
    assert error.endswith("; the rest of this account was not checked")


def test_without_a_live_account_nothing_is_asked(online: Online) -> None:
    online.change("dry_run: false", "dry_run: false\n    enabled: false")
    (finding,) = online.findings()
    assert finding.text == "no account is enabled: the exchange was not asked anything"


# --- account and money ---


def test_a_margin_mode_the_start_can_change_is_no_fault(online: Online) -> None:
    online.command("set_margin_mode", setMarginMode="ISOLATED_MARGIN")
    assert online.books()["margin_mode"] == "ISOLATED_MARGIN"
    assert "margin mode ISOLATED_MARGIN; the start switches it to cross margin" in online.said(Grade.OK)
    assert online.said(Grade.ERROR) == []


def test_an_account_without_money_is_an_error(online: Online) -> None:
    online.open("0")
    online.configure(CONFIG)
    assert online.said(Grade.ERROR) == ["the account has no money: put USDT into its unified account"]


def test_full_ladders_beyond_the_balance_are_a_warning_with_the_figures(online: Online) -> None:
    online.open("200")
    online.configure(CONFIG)
    assert online.said(Grade.WARNING)[-1] == (
        "all full ladders together need a balance of 367.29 USD, there are 200.00: the deepest levels will be left "
        "out; add money, or lower sizes or levels (`gridtrader ladder 001 SYMBOL` shows them)"
    )


# --- symbols ---


def test_a_symbol_that_does_not_exist_is_an_error(online: Online) -> None:
    online.change("DOGEUSDT", "DOGUSDT")
    (error,) = online.said(Grade.ERROR)
    assert error.startswith("the exchange has no linear contract DOGUSDT (")
    assert error.endswith("correct the configuration")


def test_a_contract_that_does_not_trade_is_an_error(online: Online) -> None:
    online.market.set_status("DOGEUSDT", "Closed")
    assert online.said(Grade.ERROR) == ["DOGEUSDT is not trading at the exchange: take it out of the configuration"]


def test_a_leverage_above_the_maximum_is_a_warning(online: Online) -> None:
    online.change("leverage: 10", "leverage: 200")
    assert any(
        text.startswith("DOGEUSDT: leverage 200 is above the exchange's maximum, 75 is used")
        for text in online.said(Grade.WARNING)
    )


def test_quantities_that_do_not_rise_are_an_error_with_the_figures(online: Online) -> None:
    online.change("averaging_multiplier: 2.0", "averaging_multiplier: 1.001")
    (error,) = online.said(Grade.ERROR)
    assert error.startswith("nothing would be opened: DOGEUSDT: level 1 would not be larger than level 0: q(0) = 249")


def test_a_position_in_one_way_mode_is_in_the_way(online: Online) -> None:
    online.command("place_order", category="linear", symbol="DOGEUSDT", side="Buy", orderType="Market", qty="250")
    assert online.said(Grade.ERROR) == [
        "DOGEUSDT is in one-way mode with a position open: close it, or switch the symbol to hedge mode by hand"
    ]


# --- what stands already ---


def test_orders_that_are_not_the_bots_would_be_cancelled(online: Online) -> None:
    online.place("by-hand", price="0.19")
    (text,) = [text for text in online.said(Grade.WARNING) if "open order" in text]
    assert text.startswith("DOGEUSDT has 1 open order that the bot did not make (first: buy 250 at 0.19, id ")
    assert text.endswith("): a start cancels them")


def test_orders_of_ours_on_a_symbol_that_is_not_configured_are_nobodys(online: Online) -> None:
    online.place("g_XRP_LA01_1_0", price="2", qty="10", symbol="XRPUSDT")
    (text,) = [text for text in online.said(Grade.WARNING) if "open order" in text]
    assert text.startswith("XRPUSDT is not configured and has 1 open order under the bot's names (first: buy 10 at 2")


def test_a_position_that_is_not_the_bots_cannot_be_taken_over(online: Online) -> None:
    online.place("by-hand", price="0.201")
    online.place("by-hand-too", price="0.201", qty="251")
    (error,) = online.said(Grade.ERROR)
    assert error.startswith("DOGEUSDT LONG cannot be restored: level 1 holds 251, the ladder has 500")


def test_a_position_of_the_bots_own_is_proved_restorable(online: Online) -> None:
    online.place("g_DOGE_LE00_1_0", price="0.201", qty="249")
    assert online.said(Grade.ERROR) == []
    assert "DOGEUSDT: the position (LONG 249, SHORT 0) is the bot's own and can be restored" in online.said(Grade.OK)


def test_a_position_on_a_symbol_that_is_configured_no_more_keeps_the_account_from_starting(online: Online) -> None:
    online.market.quote("XRPUSDT", "2")
    online.place("g_XRP_LE00_1_0", price="2.01", qty="10", symbol="XRPUSDT")
    (error,) = online.said(Grade.ERROR)
    assert error.startswith("symbol XRPUSDT is not configured any more but has a position this bot opened")


def test_somebody_elses_position_on_another_symbol_is_a_warning(online: Online) -> None:
    online.market.quote("XRPUSDT", "2")
    online.place("by-hand", price="2.01", qty="10", symbol="XRPUSDT")
    assert online.said(Grade.ERROR) == []
    assert any(text.startswith("XRPUSDT has a position that is not the bot's") for text in online.said(Grade.WARNING))


def test_a_folder_of_the_embedded_exchange_is_not_for_real_money(online: Online) -> None:
    online.journal({"kind": "venue", "venue": "embedded", "at": 1})
    (error,) = online.said(Grade.ERROR)
    assert error.endswith(
        "001 holds the journal of trading on 'embedded', not on 'bybit': use another --accounts-dir, or move the "
        "folder away"
    )


def test_no_secret_is_in_any_finding(online: Online) -> None:
    online.market.fault(
        point="rest", kind="code", match="/v5/account", code=10004, text=f"{online.key} SecretOf{online.key}"
    )
    texts = " ".join(found.text for found in online.findings())
    assert "10004" in texts
    assert online.key not in texts
    assert f"SecretOf{online.key}" not in texts
