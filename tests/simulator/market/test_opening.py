"""What an operator names becomes a market, or one line that says what is wrong."""

import logging
from pathlib import Path

import pytest

from gridtrader.simulator.market.api import PriceError
from gridtrader.simulator.market.opening import Entry, open_market, read_entry
from gridtrader.simulator.market.synthetic import SyntheticMarket
from tests.simulator.market.support import CANDLES, CONTRACTS, T0, D, contract, play, write

START = 1_750_000_020_000  # 2025-06-15 15:07:00 UTC, the first row of CANDLES
SPARSE = "\n".join([*CANDLES.splitlines(), "2025-06-15 15:12:00+00:00,100.00,100.00,100.00,100.00,0"])


def test_synthetic_means_all_contracts_or_the_ones_asked_for() -> None:
    assert set(open_market(["synthetic"], CONTRACTS, None, 1, T0).symbols()) == set(CONTRACTS)
    market = open_market(["synthetic"], CONTRACTS, ["SOLUSDT", "DOGEUSDT", "SOLUSDT"], 1, T0)
    assert market.symbols() == ["SOLUSDT", "DOGEUSDT"]
    assert (market.start, market.is_over) == (T0, False)


def test_the_seed_decides_and_parameters_are_taken() -> None:
    def prices(seed: int, synthetic: SyntheticMarket | None = None) -> list[object]:
        market = open_market(["synthetic"], CONTRACTS, ["DOGEUSDT"], seed, T0, synthetic=synthetic)
        return [each for _, each in market.advance(T0 + 60_000)]

    assert prices(1) == prices(1) != prices(2)
    assert len(prices(1, SyntheticMarket(step_ms=20_000))) == 4


@pytest.mark.parametrize(
    "name",
    ["COINUSDT-1m-x.csv", "COINUSDT_1m_x.csv", "coinusdt.2025.csv", "COINUSDT.csv", "COINUSDT2025-06-15.csv"],
)
def test_the_first_word_of_a_name_is_the_symbol(tmp_path: Path, name: str) -> None:
    market = open_market([write(tmp_path, name, CANDLES)], CONTRACTS, None, 1, T0 + 999_999)
    assert market.symbols() == ["COINUSDT"]
    assert market.start == START
    assert play(market, START) == [("COINUSDT", START, D(100))]


def test_a_symbol_can_be_said(tmp_path: Path) -> None:
    path = write(tmp_path, "whatever-1m-x.csv", CANDLES)
    assert open_market([f"COINUSDT={path}"], CONTRACTS, None, 1, T0).symbols() == ["COINUSDT"]


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("recorded/DOGEUSDT-1m-2025-06.csv.gz", Entry("DOGEUSDT", "", "recorded/DOGEUSDT-1m-2025-06.csv.gz")),
        ("dogeusdt.csv", Entry("DOGEUSDT", "", "dogeusdt.csv")),
        ("DOGEUSDT2025-06-15.csv", Entry("DOGEUSDT", "", "DOGEUSDT2025-06-15.csv")),
        ("ODDPERP-1m.csv", Entry("ODDPERP", "", "ODDPERP-1m.csv")),
        ("OTHERPERP-1m.csv", Entry(None, "", "OTHERPERP-1m.csv")),
        ("june/DOGEUSDT=x/candles.csv", Entry(None, "", "june/DOGEUSDT=x/candles.csv")),
        ("dogeusdt=candles.csv", Entry("DOGEUSDT", "", "candles.csv")),
        ("DOGEUSDT:index=SOLUSDT.csv", Entry("DOGEUSDT", "index", "SOLUSDT.csv")),
    ],
)
def test_whose_a_file_is_is_said_or_stands_in_its_name(text: str, entry: Entry) -> None:
    assert read_entry(text, {"ODDPERP"}) == entry


def test_an_entry_said_in_full_is_read_as_itself() -> None:
    entry = Entry("DOGEUSDT", "mark", "SOLUSDT-1m.csv")
    assert entry.text == "DOGEUSDT:mark=SOLUSDT-1m.csv"
    assert read_entry(entry.text) == entry


def test_symbols_without_a_file_are_synthetic_and_begin_with_the_files(tmp_path: Path) -> None:
    market = open_market([write(tmp_path, "COINUSDT-1m-x.csv", CANDLES)], CONTRACTS, ["DOGEUSDT"], 1, T0 + 999_999)
    assert set(market.symbols()) == {"COINUSDT", "DOGEUSDT"}
    assert [(symbol, time) for symbol, time, _ in play(market, START)] == [("COINUSDT", START), ("DOGEUSDT", START)]
    assert not market.is_over


def test_several_files_begin_together_at_the_latest_start_and_end_with_the_last(tmp_path: Path) -> None:
    head, *rows = CANDLES.splitlines()
    early = write(tmp_path, "COINUSDT-1m-x.csv", "\n".join([head, *rows[:2]]))
    late = write(tmp_path, "SOLUSDT-1m-x.csv", "\n".join([head, *rows[1:]]))
    market = open_market([early, late], CONTRACTS, None, 1, T0)
    assert market.start == START + 60_000
    assert [symbol for symbol, _, _ in play(market, market.start)] == ["COINUSDT", "SOLUSDT"]
    assert [symbol for symbol, _, _ in play(market, START + 179_999)][-1] == "SOLUSDT"
    assert market.is_over
    with_doge = open_market([early, late], CONTRACTS, ["DOGEUSDT"], 1, T0)
    assert with_doge.klines("DOGEUSDT", "1", None, None, 9) == []  # its first moment is the market's


HOUR_HEADER = "time,open,high,low,close\n"


def beside(tmp_path: Path, mark_name: str, funding_name: str) -> tuple[str, str]:
    mark = write(tmp_path, mark_name, HOUR_HEADER + "1749999600,101,102,99,101\n")
    funding = write(tmp_path, funding_name, "time,funding_rate\n1749974400,0.0001\n1750003200,0.0002\n")
    return mark, funding


def test_mark_and_funding_files_are_known_by_their_names_in_any_order(tmp_path: Path) -> None:
    mark, funding = beside(tmp_path, "COINUSDT-mark-1h-x.csv", "COINUSDT-funding-x.csv")
    market = open_market([funding, mark, write(tmp_path, "COINUSDT-1m-x.csv", CANDLES)], CONTRACTS, None, 1, T0)
    assert market.next_funding("COINUSDT") == (1_750_003_200_000, D("0.0002"))
    ((_, first),) = market.advance(START)
    assert (first.last, first.mark) == (D(100), D(100))  # its candle opened before the prices: it only bounds


def test_mark_and_funding_files_can_be_said(tmp_path: Path) -> None:
    mark, funding = beside(tmp_path, "a-1h-.csv", "b.csv")
    prices = write(tmp_path, "COINUSDT-1m-x.csv", CANDLES)
    market = open_market([prices, f"COINUSDT:mark={mark}", f"coinusdt:funding={funding}"], CONTRACTS, None, 1, T0)
    assert market.next_funding("COINUSDT")[1] == D("0.0002")


def test_a_spread_is_passed_on(tmp_path: Path) -> None:
    path = write(tmp_path, "COINUSDT-1m-x.csv", CANDLES)
    ((_, first),) = open_market([path], CONTRACTS, None, 1, T0, spread_ticks=2).advance(START)
    assert (first.bid, first.last, first.ask) == (D("99.99"), D("100.00"), D("100.01"))


def test_many_gaps_do_not_flood_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rows = "".join(f"{START + number * 60_000},1,1,1,1\n" for number in range(100) if number % 5)
    with caplog.at_level(logging.WARNING):
        open_market(
            [write(tmp_path, "COINUSDT-1m-x.csv", "time,open,high,low,close\n" + rows)], CONTRACTS, None, 1, T0
        )
    assert len(caplog.records) == 6
    assert caplog.records[-1].getMessage() == "COINUSDT: 19 gaps in all"


def test_a_gap_is_a_warning_and_with_strict_an_error(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = write(tmp_path, "COINUSDT-1m-x.csv", SPARSE)
    with caplog.at_level(logging.WARNING):
        open_market([path], CONTRACTS, None, 1, T0)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "row 5: 2 missing between 2025-06-15 15:09:00 UTC and 2025-06-15 15:12:00 UTC" in caplog.text
    with pytest.raises(PriceError, match=r"row 5: 2 missing .*; expected no gap"):
        open_market([path], CONTRACTS, None, 1, T0, strict=True)


@pytest.mark.parametrize(
    ("prices", "said"),
    [
        ([], "prices are []: expected 'synthetic' or files"),
        (["NOPEUSDT-1m-x.csv"], "prices 'NOPEUSDT-1m-x.csv': unknown symbol 'NOPEUSDT'; expected one of ADAUSDT BTC"),
        (["x.csv"], "prices 'x.csv': unknown symbol 'X'; expected one of ADAUSDT BTCUSDT COINUSDT"),
        (["NOPE=x.csv"], "prices 'NOPE=x.csv': unknown symbol 'NOPE'; expected one of"),
        (["COINUSDT:index=x.csv"], "prices 'COINUSDT:index=x.csv': unknown kind 'index'; expected mark or funding"),
        (
            ["COINUSDT-mark-1h-x.csv"],
            "prices 'COINUSDT-mark-1h-x.csv': mark of COINUSDT; expected its prices as well",
        ),
        (
            ["COINUSDT-1m-a.csv", "COINUSDT-1m-b.csv"],
            "prices 'COINUSDT-1m-b.csv': a second file with prices of COINUSDT; expected one",
        ),
    ],
)
def test_what_cannot_be_a_market_is_one_clear_line(prices: list[str], said: str) -> None:
    with pytest.raises(PriceError) as caught:
        open_market(prices, CONTRACTS, None, 1, T0)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_symbol_asked_for_is_named_with_its_likes() -> None:
    with pytest.raises(PriceError, match="symbols: unknown symbol 'DOGUSDT'; expected one of ADAUSDT"):
        open_market(["synthetic"], CONTRACTS, ["DOGUSDT"], 1, T0)
    many = {f"A{number}USDT": contract(f"A{number}USDT") for number in range(60)} | CONTRACTS
    with pytest.raises(PriceError, match=r"expected one of DOGEUSDT .*… \(65 in all\)"):
        open_market(["synthetic"], many, ["DOGUSDT"], 1, T0)
