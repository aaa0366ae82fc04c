"""`gridtrader download` from the embedded exchange: the files, what is said of them, and that they can be played."""

from collections.abc import Iterator
from decimal import Decimal
from io import StringIO
from pathlib import Path

import polars as pl
import pytest

from gridtrader.operator.download.download import main
from gridtrader.store.lock import DirectoryLock
from tests.history.exchange import Shop, rows_of, write_candles
from tests.history.support import DAY, HOUR, MINUTE, T0
from tests.support.exchange import EmbeddedExchange
from tests.support.records import recorded

FIGURES = ("open", "high", "low", "close", "volume")
JUNE_1 = ("--from", "2025-06-01")
TWO_DAYS = (*JUNE_1, "--to", "2025-06-03")


@pytest.fixture(scope="module")
def candles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two days and a bit of minutes."""
    return write_candles(tmp_path_factory.mktemp("prices") / "DOGEUSDT-1m-made-up.csv", 3000)


@pytest.fixture(scope="module")
def market(candles: Path) -> Iterator[EmbeddedExchange]:
    """A market that has come to the middle of a minute near the end of its record."""
    with EmbeddedExchange(accounts=(), symbols=None, prices=[str(candles)]) as exchange:
        exchange.step(2990 * MINUTE + MINUTE // 2)
        yield exchange


@pytest.fixture
def shop(market: EmbeddedExchange, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    yield Shop(tmp_path, market, monkeypatch)
    market.clear_faults()


def figures(rows: list[dict[str, str]]) -> list[tuple[int, *tuple[Decimal, ...]]]:
    return [(int(row["timestamp"]), *(Decimal(row[name]) for name in FIGURES)) for row in rows]


# --- the files ---


def test_what_is_downloaded_is_what_was_recorded(shop: Shop, candles: Path) -> None:
    assert shop.download(*TWO_DAYS) == 0
    assert shop.names() == [
        "DOGEUSDT-1m-2025-06-01_2025-06-03.csv.gz",
        "DOGEUSDT-funding-2025-06-01_2025-06-03.csv.gz",
        "DOGEUSDT-mark-1m-2025-06-01_2025-06-03.csv.gz",
    ]
    assert figures(shop.rows("DOGEUSDT-1m-2025-06-01_2025-06-03.csv.gz")) == figures(rows_of(candles)[:2880])
    assert shop.said == [
        "DOGEUSDT-1m-2025-06-01_2025-06-03.csv.gz: 2,880 candles, 2,880 new",
        "DOGEUSDT-mark-1m-2025-06-01_2025-06-03.csv.gz: 2,880 mark candles, 2,880 new",
        "DOGEUSDT-funding-2025-06-01_2025-06-03.csv.gz: 6 settlements, 6 new",
    ]


def test_figures_are_the_exchanges_own_text(shop: Shop, market: EmbeddedExchange) -> None:
    told = market.thread.call(lambda server: server.venue.market.klines("DOGEUSDT", "1", None, T0 + 9 * MINUTE, 10))
    assert shop.download(*JUNE_1, "--to", "2025-06-01T00:10", "--no-mark", "--no-funding") == 0
    rows = shop.rows("DOGEUSDT-1m-2025-06-01_2025-06-01T0010.csv.gz")
    assert [list(row.values()) for row in rows] == [
        [str(kline.start), *(format(getattr(kline, name).normalize(), "f") for name in FIGURES)]
        for kline in reversed(told)
    ]


def test_recorded_markets_come_back_exactly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = recorded("DOGEUSDT-1m-2025-06.csv.gz")
    with EmbeddedExchange(accounts=(), symbols=None, prices=[str(file)]) as exchange:
        exchange.step(4 * DAY)
        shop = Shop(tmp_path, exchange, monkeypatch)
        assert shop.download("--from", "2025-05-01", "--to", "2025-06-01", "--no-mark", "--no-funding") == 0
    record = pl.read_csv(file).filter(pl.col("timestamp") < "2025-06-01").rows(named=True)
    rows = shop.rows("DOGEUSDT-1m-2025-05-01_2025-06-01.csv.gz")
    first = 1_748_545_680_000  # 2025-05-29 19:08 UTC
    assert [int(row["timestamp"]) for row in rows] == [first + number * MINUTE for number in range(len(record))]
    for name in FIGURES:
        assert [Decimal(row[name]) for row in rows] == [Decimal(repr(row[name])) for row in record], name
    (said,) = shop.said
    assert said.endswith("; the first is of 2025-05-29 19:08:00 UTC, the exchange has none before")
    assert len(shop.asked) == 11, "months before the listing are not asked for page by page"


def test_recorded_settlements_and_mark_prices_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("ADAUSDT-5m", "ADAUSDT-mark-1h", "ADAUSDT-funding")
    files = [recorded(f"{name}-2025-09_2026-07.feather") for name in names]
    with EmbeddedExchange(accounts=(), symbols=None, prices=list(map(str, files))) as exchange:
        exchange.step(3 * DAY)
        shop = Shop(tmp_path, exchange, monkeypatch)
        span = ("--from", "2025-09-25", "--to", "2025-09-27", "--interval", "5m")
        assert shop.download(*span, symbols=["ADAUSDT"]) == 0
        marks = exchange.thread.call(
            lambda server: server.venue.market.mark_klines("ADAUSDT", "5", None, 1_758_931_199_999, 576)
        )
    start, end = 1_758_758_400_000, 1_758_931_200_000
    record = pl.read_ipc(files[2]).with_columns(at=pl.col("date").dt.epoch("ms"))
    expected = record.filter((pl.col("at") >= start) & (pl.col("at") < end)).select("at", "open").rows()
    rows = shop.rows("ADAUSDT-funding-2025-09-25_2025-09-27.csv.gz")
    assert len(rows) == 6
    assert [(int(row["timestamp"]), Decimal(row["funding_rate"])) for row in rows] == [
        (at, Decimal(repr(rate))) for at, rate in expected
    ]
    mark_rows = shop.rows("ADAUSDT-mark-5m-2025-09-25_2025-09-27.csv.gz")
    assert [(int(row["timestamp"]), Decimal(row["low"])) for row in mark_rows] == [
        (kline.start, kline.low) for kline in reversed(marks)
    ]


@pytest.mark.parametrize(("interval", "rows"), [("3m", 160), ("15m", 32), ("30m", 16), ("1h", 8), ("4h", 2)])
def test_every_interval_can_be_fetched(shop: Shop, interval: str, rows: int) -> None:
    span = (*JUNE_1, "--to", "2025-06-01T08:00", "--no-mark", "--no-funding")
    assert shop.download(*span, "--interval", interval) == 0
    assert len(shop.rows(f"DOGEUSDT-{interval}-2025-06-01_2025-06-01T0800.csv.gz")) == rows


def test_days_can_be_fetched_and_played(shop: Shop) -> None:
    assert shop.download(*TWO_DAYS, "--interval", "1d") == 0
    files = [str(shop.data / name) for name in shop.names()]
    assert len(shop.rows("DOGEUSDT-1d-2025-06-01_2025-06-03.csv.gz")) == 2
    with EmbeddedExchange(accounts=(), symbols=None, prices=files):
        pass


def test_downloaded_files_play_and_give_themselves_again(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shop.download(*TWO_DAYS) == 0
    files = [shop.data / name for name in shop.names()]
    with EmbeddedExchange(accounts=(), symbols=None, prices=list(map(str, files))) as again:
        again.step(2 * DAY)
        (tmp_path / "again").mkdir()
        second = Shop(tmp_path / "again", again, monkeypatch)
        assert second.download(*JUNE_1, "--to", "2025-06-02T23:00") == 0
    prices, funding, mark = (second.rows(name) for name in second.names())
    assert prices == shop.rows(files[0].name)[: 47 * 60]
    assert funding == shop.rows(files[1].name)
    assert mark == shop.rows(files[2].name)[: 47 * 60]


def test_a_made_up_market_can_be_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its time is the present: the exchange's clock is set on, beyond what has been played."""
    with EmbeddedExchange(accounts=(), symbols=("DOGEUSDT",)) as exchange:
        start = exchange.thread.call(lambda server: server.venue.market.start)
        exchange.step(12 * HOUR)
        exchange.shift_clock(13 * HOUR)
        shop = Shop(tmp_path, exchange, monkeypatch)
        begin = pl.select(pl.from_epoch(pl.lit(start), "ms").dt.truncate("1m").dt.to_string("iso:strict")).item()
        assert shop.download("--from", begin) == 0
        told = exchange.thread.call(lambda server: server.venue.market.klines("DOGEUSDT", "1", None, None, 1000))
        (name,) = (name for name in shop.names() if name.startswith("DOGEUSDT-1m-"))
        rows = shop.rows(name)
        finished = list(reversed(told))[:-1]
        assert [int(row["timestamp"]) for row in rows] in (
            [kline.start for kline in finished],
            [
                kline.start for kline in finished[1:]
            ],  # --from is the minute after, where the start was not a whole one
        )
        assert rows[-1]["close"] == format(finished[-1].close.normalize(), "f")
        with EmbeddedExchange(accounts=(), symbols=None, prices=[str(shop.data / each) for each in shop.names()]):
            pass


# --- again, and more ---


def test_a_second_run_asks_nothing(shop: Shop) -> None:
    assert shop.download(*TWO_DAYS) == 0
    assert shop.download(*TWO_DAYS) == 0
    assert shop.asked == []
    assert len(shop.said) == 3
    assert all(line.endswith(", nothing new") for line in shop.said)


def test_a_longer_run_asks_for_what_is_new_only(shop: Shop) -> None:
    assert shop.download(*TWO_DAYS) == 0
    before = shop.rows("DOGEUSDT-1m-2025-06-01_2025-06-03.csv.gz")
    assert shop.download(*JUNE_1, "--to", "2025-06-03T01:00") == 0
    klines = [asked for method, asked in shop.asked if method == "get_kline"]
    assert [asked["start"] for asked in klines] == [T0 + 2 * DAY]
    assert shop.names() == [
        "DOGEUSDT-1m-2025-06-01_2025-06-03T0100.csv.gz",
        "DOGEUSDT-funding-2025-06-01_2025-06-03T0100.csv.gz",
        "DOGEUSDT-mark-1m-2025-06-01_2025-06-03T0100.csv.gz",
    ]
    after = shop.rows("DOGEUSDT-1m-2025-06-01_2025-06-03T0100.csv.gz")
    assert (len(after), after[: len(before)]) == (2940, before)


def test_without_an_end_everything_finished_comes_and_the_name_says_how_far(shop: Shop) -> None:
    assert shop.download(*JUNE_1, "--no-funding") == 0
    assert shop.names() == [
        "DOGEUSDT-1m-2025-06-01_2025-06-03T0150.csv.gz",
        "DOGEUSDT-mark-1m-2025-06-01_2025-06-03T0150.csv.gz",
    ]
    assert len(shop.rows(shop.names()[0])) == 2990
    assert shop.said[0].endswith("; the exchange has none after 2025-06-03 01:50:00 UTC")
    assert shop.download(*JUNE_1, "--no-funding") == 0
    assert shop.said[0].startswith("DOGEUSDT-1m-2025-06-01_2025-06-03T0150.csv.gz: 2,990 candles, nothing new")


def test_demo_is_asked_at_its_own_address(shop: Shop) -> None:
    shop.configure("http://127.0.0.1:9", shop.exchange.urls.demo_rest)
    assert shop.download(*TWO_DAYS, "--demo", "--no-mark", "--no-funding") == 0


def test_only_public_get_methods_are_called(shop: Shop) -> None:
    assert shop.download(*TWO_DAYS) == 0
    assert set(shop.methods()) == {
        "get_instruments_info",
        "get_kline",
        "get_mark_price_kline",
        "get_funding_rate_history",
    }


# --- what cannot be had ---


def test_an_unknown_symbol_is_one_line_before_anything_is_fetched(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shop.download(*TWO_DAYS, symbols=["DOGEUSDT", "NOPEUSDT"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("gridtrader download: NOPEUSDT: the exchange has no such contract (")
    assert error.count("\n") == 1
    assert shop.names() == []


def test_a_time_without_candles_is_one_line_and_no_file(shop: Shop) -> None:
    assert shop.download("--from", "2024-01-01", "--to", "2024-02-01") == 1
    assert shop.said == [
        "DOGEUSDT-1m: the exchange has no candles from 2024-01-01 00:00:00 UTC to 2024-02-01 00:00:00 UTC"
    ]
    assert shop.names() == []


@pytest.mark.parametrize("option", ["--to", "--from"])
def test_the_future_is_refused(shop: Shop, capsys: pytest.CaptureFixture[str], option: str) -> None:
    span = ("--from", "2100-01-01") if option == "--from" else (*JUNE_1, "--to", "2100-01-01")
    assert shop.download(*span) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"gridtrader download: {option}: found 2100-01-01 00:00:00 UTC, allowed: ")
    assert error.count("\n") == 1


def test_two_downloads_into_one_folder_are_refused(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    shop.data.mkdir()
    with DirectoryLock(shop.data):
        assert shop.download(*TWO_DAYS) == 1
    assert "in use by process" in capsys.readouterr().err
    assert shop.asked == []


def test_a_folder_that_cannot_be_is_one_line(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    shop.data.write_text("")
    assert shop.download(*TWO_DAYS) == 1
    assert capsys.readouterr().err == f"gridtrader download: {shop.data}: File exists\n"


def test_a_bad_configuration_is_named(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    shop.config.write_text("system: {requests: {attempts: many}}\n")
    assert shop.download(*TWO_DAYS) == 2
    assert "config.yaml:1" in capsys.readouterr().err


# --- how far it is ---


def test_where_there_is_no_terminal_progress_is_plain_lines(shop: Shop) -> None:
    assert shop.download(*TWO_DAYS, "--no-mark", "--no-funding") == 0
    assert shop.progress.getvalue().splitlines() == [
        "DOGEUSDT-1m: 30 %, 999 candles",
        "DOGEUSDT-1m: 60 %, 1,998 candles",
        "DOGEUSDT-1m: 100 %, 2,880 candles",
    ]


class _Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_progress_is_a_bar(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    screen = _Terminal()
    place = ("--config", str(shop.config), "--folder", str(shop.data))
    assert main(["DOGEUSDT", *TWO_DAYS, *place], shop.out, screen, shop.clock) == 0
    assert "━" in screen.getvalue()
    assert "DOGEUSDT-mark-1m" in screen.getvalue()
    assert "\x1b[?25h" in screen.getvalue(), "the cursor is shown again"
