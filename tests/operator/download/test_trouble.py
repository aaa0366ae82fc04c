"""`gridtrader download` on a bad day: what passes is waited out, what does not ends it, nothing that came is lost."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.history.exchange import Shop, write_candles
from tests.history.support import MINUTE, T0
from tests.support.exchange import EmbeddedExchange

SPAN = ("--from", "2025-06-01", "--to", "2025-06-03", "--no-mark", "--no-funding")
FILE = "DOGEUSDT-1m-2025-06-01_2025-06-03.csv.gz"
PART = "DOGEUSDT-1m-2025-06-01.part"
KLINE = "/v5/market/kline"
READY_S = 20.0


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedExchange]:
    prices = write_candles(tmp_path_factory.mktemp("prices") / "DOGEUSDT-1m-made-up.csv", 3000)
    with EmbeddedExchange(accounts=(), symbols=None, prices=[str(prices)]) as exchange:
        exchange.step(2990 * MINUTE)
        yield exchange


@pytest.fixture
def shop(market: EmbeddedExchange, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    yield Shop(tmp_path, market, monkeypatch)
    market.clear_faults()


@pytest.fixture(scope="module")
def content(market: EmbeddedExchange, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file as it is when nothing goes wrong."""
    with pytest.MonkeyPatch.context() as patch:
        shop = Shop(tmp_path_factory.mktemp("calm"), market, patch)
        assert shop.download(*SPAN) == 0
        return (shop.data / FILE).read_bytes()


def starts(shop: Shop) -> list[object]:
    return [asked["start"] for method, asked in shop.asked if method == "get_kline"]


# --- what passes ---


@pytest.mark.parametrize(
    ("fault", "pause_s", "said"),
    [
        ({"kind": "status", "status": 502}, 1, "HTTP 502"),
        ({"kind": "status", "status": 429}, 1, "HTTP 429"),
        ({"kind": "status", "status": 200, "body": "<html>maintenance</html>"}, 1, "Expecting value"),
        ({"kind": "code", "code": 10006, "text": "Too many visits!"}, 1, "Too many visits! (retCode 10006)"),
        ({"kind": "code", "code": 10016}, 1, "Internal System Error. (retCode 10016)"),
        ({"kind": "code", "code": 10018, "text": "IP rate"}, 600, "IP rate (retCode 10018)"),
        ({"kind": "status", "status": 403, "body": "403, access too frequent"}, 600, "has barred this address"),
        ({"kind": "status", "status": 403, "body": "<html>CloudFront</html>"}, 1, "HTTP 403"),
        ({"kind": "eof"}, 1, "ConnectionError"),
        ({"kind": "drop"}, 1, "ConnectionError"),
    ],
)
def test_trouble_that_passes_is_waited_out(
    shop: Shop, content: bytes, fault: dict[str, object], pause_s: float, said: str
) -> None:
    shop.exchange.fault(point="rest", match=KLINE, **fault)
    assert shop.download(*SPAN) == 0
    assert (shop.data / FILE).read_bytes() == content
    assert shop.clock.slept == [pause_s]
    (note,) = [line for line in shop.progress.getvalue().splitlines() if "next try" in line]
    assert said in note
    assert note.endswith(f"; the next try is in {pause_s} s")


def test_an_answer_that_does_not_come_in_time_is_asked_for_again(shop: Shop, content: bytes) -> None:
    shop.configure(shop.exchange.urls.rest, shop.exchange.urls.demo_rest, timeout_s=1)
    shop.exchange.fault(point="rest", match=KLINE, kind="stall", seconds=1.3)
    assert shop.download(*SPAN) == 0
    assert (shop.data / FILE).read_bytes() == content
    assert "TooSlow: no complete answer within 1 s; the next try is in 1 s" in shop.progress.getvalue()


def test_a_reset_time_of_the_exchange_is_heeded_within_bounds(shop: Shop) -> None:
    far = shop.clock.now_ms() + 3_600_000 - time.time_ns() // 1_000_000
    shop.exchange.fault(point="rest", kind="code", code=10006, reset_in_ms=far, match=KLINE)
    assert shop.download(*SPAN) == 0
    assert shop.clock.slept == [5.0]


def test_pauses_grow_while_trouble_lasts_and_begin_anew_after_it(shop: Shop, content: bytes) -> None:
    shop.exchange.fault(point="rest", kind="status", match=KLINE, count=3)
    shop.exchange.fault(point="rest", kind="status", match="/v5/market/instruments-info", count=2)
    assert shop.download(*SPAN) == 0
    assert shop.clock.slept == [1, 2, 1, 2, 4]
    assert (shop.data / FILE).read_bytes() == content


# --- what does not ---


def test_trouble_that_lasts_ends_the_command_in_one_line_and_what_had_come_is_kept(
    shop: Shop, content: bytes, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    at_third(shop, monkeypatch, lambda: shop.exchange.fault(point="rest", kind="eof", match=KLINE, count=None))
    assert shop.download(*SPAN) == 1
    assert shop.clock.slept == [1, 2, 4, 8, 16]
    error = capsys.readouterr().err
    assert error.startswith(f"gridtrader download: {shop.exchange.urls.rest}: market/kline DOGEUSDT: ConnectionError")
    assert error.endswith("; given up after 6 tries\n")
    assert error.count("\n") == 1
    assert shop.names() == [PART]
    shop.exchange.clear_faults()
    assert shop.download(*SPAN) == 0
    assert starts(shop)[0] == T0 + 2 * 999 * MINUTE
    assert shop.names() == [FILE]
    assert (shop.data / FILE).read_bytes() == content


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"kind": "status", "status": 404}, "market/kline DOGEUSDT: HTTP 404"),
        (
            {"kind": "code", "code": 10001, "text": "params error"},
            "market/kline DOGEUSDT: params error (retCode 10001)",
        ),
    ],
)
def test_a_final_no_is_not_asked_for_again(
    shop: Shop, capsys: pytest.CaptureFixture[str], fault: dict[str, object], said: str
) -> None:
    shop.exchange.fault(point="rest", match=KLINE, count=None, **fault)
    assert shop.download(*SPAN) == 1
    assert shop.clock.slept == []
    assert capsys.readouterr().err == f"gridtrader download: {said}\n"


def test_an_exchange_that_cannot_be_reached_is_one_line(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    shop.configure("http://127.0.0.1:9", "http://127.0.0.1:9")
    assert shop.download(*SPAN) == 1
    error = capsys.readouterr().err
    assert error.startswith("gridtrader download: http://127.0.0.1:9: market/instruments-info: ")
    assert error.count("\n") == 1


def test_a_damaged_file_is_named_and_left_as_it_is(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    shop.data.mkdir()
    (shop.data / FILE).write_bytes(b"\x1f\x8bdamaged")
    assert shop.download(*SPAN) == 1
    assert capsys.readouterr().err.startswith(f"gridtrader download: {shop.data / FILE}: is damaged (")
    assert (shop.data / FILE).read_bytes() == b"\x1f\x8bdamaged"


# --- interrupted ---


def at_third(shop: Shop, monkeypatch: pytest.MonkeyPatch, deed: object) -> None:
    """Let something happen when two pages are on the disk."""
    from gridtrader.history.part import Part

    append, pages = Part.append, []

    def watched(part: Part, records: object) -> None:
        append(part, records)  # type: ignore[arg-type]
        pages.append(records)
        if len(pages) == 2:
            deed()  # type: ignore[operator]

    monkeypatch.setattr(Part, "append", watched)


def test_ctrl_c_ends_it_in_one_line_and_the_same_command_goes_on(
    shop: Shop, content: bytes, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def press() -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        at_third(shop, patch, press)
        assert shop.download(*SPAN) == 1
    assert capsys.readouterr().err == "gridtrader download: interrupted; the same command goes on from here\n"
    assert shop.names() == [PART]
    assert shop.download(*SPAN) == 0
    assert starts(shop) == [T0 + 2 * 999 * MINUTE]
    assert (shop.data / FILE).read_bytes() == content


def test_a_download_that_was_killed_goes_on_where_it_was(shop: Shop, content: bytes) -> None:
    """SIGKILL while it waits for the third page."""
    place = ["--config", str(shop.config), "--folder", str(shop.data)]
    shop.configure(shop.exchange.urls.rest, shop.exchange.urls.demo_rest, timeout_s=60)
    for _ in range(2):
        shop.exchange.fault(point="rest", kind="stall", seconds=0, match=KLINE)
    shop.exchange.fault(point="rest", kind="stall", seconds=30, match=KLINE)
    command = [sys.executable, "-m", "gridtrader", "download", "DOGEUSDT", *SPAN, *place]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        part = shop.data / PART
        deadline = time.monotonic() + READY_S
        while not part.exists() or part.read_bytes().count(b"\n") < 1 + 2 * 999:
            assert child.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    shop.exchange.clear_faults()
    with part.open("ab") as file:
        file.write(b"17488")  # and the machine went down in the middle of a row
    assert shop.download(*SPAN) == 0
    assert starts(shop) == [T0 + 2 * 999 * MINUTE]
    assert shop.names() == [FILE]
    assert (shop.data / FILE).read_bytes() == content


def test_the_command_works_as_it_is_typed(shop: Shop, content: bytes) -> None:
    place = ["--config", str(shop.config), "--folder", str(shop.data)]
    command = [sys.executable, "-m", "gridtrader", "download", "dogeusdt", *SPAN, *place]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (0, f"{shop.data / FILE}: 2,880 candles, 2,880 new\n")
    played = [
        sys.executable,
        "-m",
        "gridtrader",
        "exchange",
        "--until-stdin-closes",
        "--prices",
        str(shop.data / FILE),
    ]
    child = subprocess.run(played, input="", capture_output=True, text=True, check=False, timeout=60)
    assert child.returncode == 0, child.stderr
    assert json.loads(child.stdout)["symbols"] == ["DOGEUSDT"]
    assert child.stderr == ""
    assert (shop.data / FILE).read_bytes() == content
