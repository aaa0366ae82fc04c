"""Pages of the public history, as the exchange writes them and as it should not."""

import pytest

from gridtrader.exchange.fields import BadMessage, Row
from gridtrader.history.rows import Record, read_page
from gridtrader.history.series import INTERVALS, Kind, Series
from tests.history.support import FUNDING, MARK, MINUTE, PRICES, T0

FIRST = [str(T0), "0.21826", "0.21832", "0.21731", "0.21751", "7464040", "1626420.5"]
SECOND = [str(T0 + MINUTE), "0.21751", "0.218", "0.21727", "0.21730", "3400327", "740000.1"]


def page(*rows: object, symbol: str = "DOGEUSDT") -> Row:
    return Row({"symbol": symbol, "category": "linear", "list": list(rows)}, "market/kline DOGEUSDT")


def settled(at: int, rate: object = "0.0001", symbol: str = "DOGEUSDT") -> dict[str, object]:
    return {"symbol": symbol, "fundingRate": rate, "fundingRateTimestamp": str(at)}


def test_candles_come_oldest_first_and_every_figure_stays_the_text_it_was() -> None:
    assert read_page(page(SECOND, FIRST), PRICES, T0, T0 + MINUTE) == [
        Record(T0, f"{T0},0.21826,0.21832,0.21731,0.21751,7464040"),
        Record(T0 + MINUTE, f"{T0 + MINUTE},0.21751,0.218,0.21727,0.21730,3400327"),
    ]


def test_mark_candles_have_no_volume() -> None:
    assert read_page(page(FIRST[:5]), MARK, T0, T0) == [Record(T0, f"{T0},0.21826,0.21832,0.21731,0.21751")]


def test_settlements_keep_their_sign() -> None:
    hour = 60 * MINUTE
    found = read_page(page(settled(T0 + 8 * hour, "-0.00012345"), settled(T0)), FUNDING, T0, T0 + 8 * hour)
    assert found == [Record(T0, f"{T0},0.0001"), Record(T0 + 8 * hour, f"{T0 + 8 * hour},-0.00012345")]


def test_an_empty_page_has_no_rows() -> None:
    assert read_page(page(), PRICES, T0, T0 + MINUTE) == []


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([FIRST, SECOND], "rows newest first, each time once"),
        ([FIRST, FIRST], "rows newest first, each time once"),
        ([[str(T0 - MINUTE), *FIRST[1:]]], f"allowed: {T0} to {T0 + MINUTE}, as asked for"),
        ([[str(T0 + 2 * MINUTE), *FIRST[1:]]], f"allowed: {T0} to {T0 + MINUTE}, as asked for"),
        ([[str(T0 + 1000), *FIRST[1:]]], "a multiple of 1m"),
        ([[T0, *FIRST[1:]]], "milliseconds since 1970 in a text"),
        ([["", *FIRST[1:]]], "milliseconds since 1970 in a text"),
        ([FIRST[:5]], "a list of at least 6 texts"),
        ([{"start": T0}], "a list of at least 6 texts"),
        ([[FIRST[0], "NaN", *FIRST[2:]]], "decimal numbers ≥ 0"),
        ([[FIRST[0], 0.21826, *FIRST[2:]]], "decimal numbers ≥ 0"),
        ([[*FIRST[:5], "-1"]], "decimal numbers ≥ 0"),
        ([[*FIRST[:5], '1"\n2,3']], "decimal numbers ≥ 0"),
        ([[FIRST[0], "0.2", "0.1", "0.2", "0.2", "1"]], "low ≤ open, close ≤ high"),
        ([[FIRST[0], "0.2", "0.2", "0.2", "0.1", "1"]], "low ≤ open, close ≤ high"),
        ([[FIRST[0], "0", "0.2", "0", "0.1", "1"]], "0 < low"),
    ],
)
def test_a_candle_that_cannot_be_one_is_an_error(rows: list[object], said: str) -> None:
    with pytest.raises(BadMessage, match=said.replace("(", r"\(")):
        read_page(page(*rows), PRICES, T0, T0 + MINUTE)


@pytest.mark.parametrize(
    "row",
    [settled(T0, "much"), settled(T0, 0.0001), settled(T0, symbol="BTCUSDT"), {"symbol": "DOGEUSDT"}, [str(T0), "0"]],
)
def test_a_settlement_that_cannot_be_one_is_an_error(row: object) -> None:
    with pytest.raises(BadMessage):
        read_page(page(row), FUNDING, T0, T0)


def test_the_answer_to_another_question_is_an_error() -> None:
    with pytest.raises(BadMessage, match="symbol is 'BTCUSDT', allowed: 'DOGEUSDT'"):
        read_page(page(FIRST, symbol="BTCUSDT"), PRICES, T0, T0)
    with pytest.raises(BadMessage, match="a multiple of 5m"):
        read_page(page(SECOND), Series("DOGEUSDT", Kind.PRICES, INTERVALS["5m"]), T0, T0 + MINUTE)
