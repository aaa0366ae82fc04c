"""`gridtrader ladder`: where its figures come from, what it prints, how it ends."""

import io
import json
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gridtrader.operator.contract import NoSuchContract, catalogue_contract
from gridtrader.operator.ladder.ladder import run_ladder
from gridtrader.simulator.catalogue import load_catalogue
from tests.settings.files import Files
from tests.support.exchange import EmbeddedExchange

D = Decimal
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def exchange() -> Iterator[EmbeddedExchange]:
    with EmbeddedExchange(symbols=("DOGEUSDT", "XRPUSDT")) as exchange:
        yield exchange


class Command:
    """The command on a configuration of its own, whose exchange is `rest`."""

    def __init__(self, folder: Path) -> None:
        self.files = Files(folder)
        self.text = self.files.config.read_text()
        self.use(NOWHERE)
        self.out = ""

    def use(self, rest: str, *, change: tuple[str, str] = ("", "")) -> None:
        hosts = f"mainnet: {{rest: '{rest}'}}, demo: {{rest: '{rest}'}}"
        text = self.text.replace(*change) if change[0] else self.text
        self.files.write(f"system: {{timezone: UTC, hosts: {{{hosts}}}}}\n{text}")

    def __call__(self, account: str, symbol: str, **options: Any) -> int:
        out = io.StringIO()
        code = run_ladder(self.files.config, account, symbol, out=out, **options)
        self.out = out.getvalue()
        return code

    def document(self, account: str, symbol: str, **options: Any) -> dict[str, Any]:
        assert self(account, symbol, as_json=True, **options) == 0
        tree: dict[str, Any] = json.loads(self.out, parse_float=Decimal)
        return tree


@pytest.fixture
def ladder(tmp_path: Path) -> Command:
    return Command(tmp_path)


PAGE = """\
Account 002, DOGEUSDT
size 1 USD x leverage 5, step 2 %, multiplier 2, take-profit 2 % net, 4 averaging levels, balance buffer 15 %
tick 0.00001, quantity step 1, orders 1 to 24000000, at least 5 USDT
fees: level 0 pays taker 0.055 %, the others maker 0.02 %, take-profits reckon with 0.055 %; as configured, no funding
contract: the contract catalogue of gridtrader 0.1.0, figures like the exchange's but not of today
level 0 at 0.2 (the catalogue's reference price)

Orders, level by level, in USDT. Margins hold the fees the exchange reserves; totals are of both sides
         LONG from 0   SHORT from 0           LONG SHORT   LONG  SHORT  total balance
level   price      %   price      % quantity value value margin margin margin  needed
    0 0.20000   0.00 0.20000   0.00       26  5.20  5.20   1.05   1.05   2.09    2.46
    1 0.19600  -2.00 0.20400  +2.00       52 10.19 10.61   2.05   2.13   6.27    7.38
    2 0.19208  -3.96 0.20808  +4.04      104 19.98 21.64   4.02   4.35  14.64   17.23
    3 0.18823  -5.88 0.21225  +6.12      208 39.15 44.15   7.87   8.88  31.40   36.94
    4 0.18446  -7.77 0.21650  +8.25      416 76.74 90.06  15.42  18.12  64.94   76.40

Once a level has executed, with the price there, each side alone (MM: maintenance margin)
                LONG         to TP              SHORT         to TP
level holds  average      TP     % loss   MM  average      TP     % loss   MM
    0    26 0.200000 0.20423 +2.12 0.00 0.04 0.200000 0.19578 -2.11 0.00 0.04
    1    78 0.197333 0.20146 +2.79 0.10 0.12 0.202667 0.19844 -2.73 0.10 0.13
    2   182 0.194331 0.19838 +3.28 0.41 0.28 0.205760 0.20148 -3.17 0.42 0.31
    3   390 0.191077 0.19505 +3.62 1.11 0.58 0.209221 0.20487 -3.48 1.18 0.67
    4   806 0.187662 0.19157 +3.85 2.58 1.18 0.212978 0.20855 -3.67 2.84 1.42

Both full ladders need a margin balance of 76.40 USDT, and 2.84 more to carry the loss of one side at its deepest level.
"""  # noqa: E501  # as it is printed


def test_the_page_for_people(ladder: Command) -> None:
    assert ladder("002", "DOGEUSDT", offline=True) == 0
    assert ladder.out == PAGE


def test_every_table_fits_into_120_columns(ladder: Command) -> None:
    for change in (
        ("leverage: 75", "leverage: 25"),
        ("initial_position_size_usd: 1.0", "initial_position_size_usd: 100"),
    ):
        ladder.use(NOWHERE, change=change)
        assert ladder("001", "DOGEUSDT", offline=True) == 0
        tables = [line for line in ladder.out.splitlines() if line.startswith((" ", "level "))]
        assert len(tables) > 20
        assert max(map(len, tables)) <= 120


def test_contract_and_price_are_the_exchanges(ladder: Command, exchange: EmbeddedExchange) -> None:
    ladder.use(exchange.urls.rest)
    exchange.quote("DOGEUSDT", "0.25")
    tree = ladder.document("001", "DOGEUSDT")
    assert tree["source"].startswith(f"{exchange.urls.rest}, 20")
    assert (tree["price"], tree["price_source"]) == (D("0.25"), "last price")
    assert tree["levels"][0]["long"]["price"] == tree["levels"][0]["short"]["price"] == D("0.25")
    assert tree["levels"][0]["quantity"] == 300
    assert tree["levels"][0]["long"]["maintenance_margin"] is not None


def test_a_given_price_is_fitted_to_the_tick(ladder: Command) -> None:
    tree = ladder.document("001", "DOGEUSDT", offline=True, price="0.123456")
    assert (tree["price"], tree["price_source"]) == (D("0.12345"), "as given, floored to the tick 0.00001")
    tree = ladder.document("001", "DOGEUSDT", offline=True, price="0.12345")
    assert (tree["price"], tree["price_source"]) == (D("0.12345"), "as given")


def test_where_the_exchange_cannot_be_reached_the_catalogue_stands_in_and_it_is_said(ladder: Command) -> None:
    tree = ladder.document("001", "DOGEUSDT")
    assert tree["source"] == (
        "the contract catalogue of gridtrader 0.1.0, figures like the exchange's but not of today"
    )
    assert tree["warnings"][0].startswith(f"{NOWHERE} cannot be read: ")


def test_an_exchange_that_stalls_is_not_waited_for(
    ladder: Command, exchange: EmbeddedExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gridtrader.operator.ladder.ladder.TIMEOUT_S", 0.2)
    ladder.use(exchange.urls.rest)
    fault = exchange.fault(point="rest", kind="stall", seconds=5, match="/v5/market/instruments-info")
    started = time.monotonic()
    try:
        assert ladder("001", "DOGEUSDT") == 0
    finally:
        exchange.control("DELETE", f"/faults/{fault}")
    assert "cannot be read" in ladder.out
    assert time.monotonic() - started < 4


def test_risk_tiers_that_cannot_be_had_only_leave_their_column_empty(
    ladder: Command, exchange: EmbeddedExchange
) -> None:
    ladder.use(exchange.urls.rest)
    exchange.fault(point="rest", kind="code", code=10016, match="/v5/market/risk-limit")
    tree = ladder.document("001", "DOGEUSDT")
    assert {level[side]["maintenance_margin"] for level in tree["levels"] for side in ("long", "short")} == {None}


def test_a_symbol_the_exchange_does_not_know_is_not_looked_for_elsewhere(
    ladder: Command, exchange: EmbeddedExchange, capsys: pytest.CaptureFixture[str]
) -> None:
    ladder.use(exchange.urls.rest)
    assert ladder("001", "SOLUSDT") == 1
    assert capsys.readouterr().err.startswith(f"{exchange.urls.rest} does not know SOLUSDT: ")


def test_a_symbol_the_catalogue_does_not_know_is_an_error_that_lists_what_there_is(
    ladder: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    ladder.use(NOWHERE, change=("DOGEUSDT", "NOSUCHUSDT"))
    assert ladder("001", "NOSUCHUSDT", offline=True) == 1
    error = capsys.readouterr().err
    assert error.startswith("the contract catalogue of gridtrader 0.1.0 has no NOSUCHUSDT; there are: 1000PEPEUSDT, ")
    assert error.count("\n") == 1


def test_quantities_that_do_not_rise_are_exit_code_1(ladder: Command, capsys: pytest.CaptureFixture[str]) -> None:
    ladder.use(NOWHERE, change=("initial_position_size_usd: 2\n", "initial_position_size_usd: 0.1\n"))
    assert ladder("001", "SOLUSDT", offline=True) == 1
    assert "level 1 would not be larger than level 0: q(0) = 0.1, q(1) = 0.1" in capsys.readouterr().err


def test_a_halted_contract_has_no_price_and_with_one_a_warning(
    ladder: Command, exchange: EmbeddedExchange, capsys: pytest.CaptureFixture[str]
) -> None:
    ladder.use(exchange.urls.rest, change=("DOGEUSDT", "XRPUSDT"))
    exchange.set_status("XRPUSDT", "Closed")
    assert ladder("001", "XRPUSDT") == 2
    assert capsys.readouterr().err == "--price is needed: no price of XRPUSDT is known\n"
    assert ladder.document("001", "XRPUSDT", price="2.2")["warnings"][0].startswith("the contract is not trading")


@pytest.mark.parametrize(
    ("account", "symbol", "price", "words"),
    [
        ("003", "DOGEUSDT", None, "account '003' is not configured; there are: 001, 002\n"),
        ("001", "BTCUSDT", None, "account 001 does not trade 'BTCUSDT'; it trades: DOGEUSDT, SOLUSDT\n"),
        ("001", "DOGEUSDT", "cheap", "--price: found 'cheap', allowed: a number above 0\n"),
        ("001", "DOGEUSDT", "-1", "--price: found '-1', allowed: a number above 0\n"),
        ("001", "DOGEUSDT", "NaN", "--price: found 'NaN', allowed: a number above 0\n"),
        ("001", "DOGEUSDT", "1e99", "--price: found '1e99', allowed: a number above 0\n"),
        ("001", "DOGEUSDT", "0.000001", "--price: found 0.000001, allowed for DOGEUSDT: 0.00001 to 19.99998\n"),
    ],
)
def test_bad_arguments_are_one_line_that_says_what_there_is(
    ladder: Command, capsys: pytest.CaptureFixture[str], account: str, symbol: str, price: str | None, words: str
) -> None:
    assert ladder(account, symbol, price=price, offline=True) == 2
    assert capsys.readouterr().err == words
    assert ladder.out == ""


def test_a_broken_configuration_is_exit_code_2(ladder: Command, capsys: pytest.CaptureFixture[str]) -> None:
    ladder.use(NOWHERE, change=("leverage: 75", "leverage: 500"))
    assert ladder("001", "DOGEUSDT") == 2
    assert "accounts[0].symbols[0].leverage: found 500" in capsys.readouterr().err


def test_what_cuts_or_changes_the_ladder_is_a_warning(ladder: Command) -> None:
    ladder.use(NOWHERE, change=("leverage: 75", "leverage: 200"))
    assert ladder("001", "DOGEUSDT", offline=True) == 0
    assert "\nwarning: leverage 200 is configured, the exchange allows 75: that is used\n" in ladder.out
    ladder.use(NOWHERE, change=("balance_buffer_percent: 15", "balance_buffer_percent: 100"))
    tree = ladder.document("001", "DOGEUSDT", offline=True)
    assert "with a balance buffer of 100 % no level is ever opened" in tree["warnings"]
    assert tree["levels"][0]["balance_needed"] is None


def test_the_document_for_programs_is_stable(ladder: Command) -> None:
    tree = ladder.document("002", "DOGEUSDT", offline=True)
    levels = tree.pop("levels")
    assert tree == {
        "account": "002",
        "symbol": "DOGEUSDT",
        "source": "the contract catalogue of gridtrader 0.1.0, figures like the exchange's but not of today",
        "price": D("0.2"),
        "price_source": "the catalogue's reference price",
        "leverage": D(5),
        "maker_fee_percent": D("0.02"),
        "taker_fee_percent": D("0.055"),
        "closing_fee_percent": D("0.055"),
        "balance_buffer_percent": D(15),
        "warnings": [],
    }
    assert len(levels) == 5
    assert levels[1] == {
        "level": 1,
        "quantity": D(52),
        "total_quantity": D(78),
        "total_margin": D("6.27436576"),
        "balance_needed": D("7.381606776471"),
        "long": {
            "price": D("0.196"),
            "distance_percent": D(-2),
            "notional": D("10.192"),
            "margin": D("2.04849008"),
            "total_margin": D("3.09363808"),
            "average_price": D("0.197333333333"),
            "take_profit": D("0.20146"),
            "unrealised_loss": D("0.104"),
            "maintenance_margin": levels[1]["long"]["maintenance_margin"],
        },
        "short": {
            "price": D("0.204"),
            "distance_percent": D(2),
            "notional": D("10.608"),
            "margin": D("2.13443568"),
            "total_margin": D("3.18072768"),
            "average_price": D("0.202666666667"),
            "take_profit": D("0.19844"),
            "unrealised_loss": D("0.104"),
            "maintenance_margin": levels[1]["short"]["maintenance_margin"],
        },
    }


def test_the_catalogue_is_read_as_the_embedded_exchange_reads_it() -> None:
    for symbol, theirs in load_catalogue().items():
        ours = catalogue_contract(symbol)
        assert ours.instrument.tick_size == theirs.tick_size
        assert ours.instrument.qty_step == theirs.qty_step
        assert ours.instrument.max_qty == theirs.max_qty
        assert ours.instrument.min_notional == theirs.min_notional
        assert ours.quote is not None and ours.quote.last == theirs.reference_price
        assert [(t.limit, t.rate, t.deduction, t.max_leverage) for t in ours.tiers] == [
            (t.limit, t.maintenance_rate, t.deduction, t.max_leverage) for t in theirs.tiers
        ]
    with pytest.raises(NoSuchContract):
        catalogue_contract("DOGE")
