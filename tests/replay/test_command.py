"""`gridtrader replay` as it is typed: what it prints and what it writes."""

import io
import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from gridtrader.operator.replay.replay import main
from gridtrader.store.json_text import loads
from tests.replay.support import Bench, Strategy, flat, write_candles, write_config

D = Decimal
CANDLES = [
    flat("0.20000"),
    ("0.20000", "0.20000", "0.19850", "0.19850"),
    ("0.19850", "0.20400", "0.19850", "0.20400"),
]


@pytest.fixture
def argv(bench: Bench) -> list[str]:
    config = write_config(bench.folder / "config.yaml", Strategy(take_profit="0.5"))
    prices = write_candles(bench.folder / "DOGEUSDT-1m-x.csv", CANDLES)
    return ["--config", str(config), "--account", "001", "--prices", str(prices), "--balance", "500"]


def test_the_report_says_what_was_played_and_what_it_came_to(argv: list[str]) -> None:
    out = io.StringIO()
    assert main(argv, out) == 0
    text = " ".join(out.getvalue().split())
    assert text.startswith(
        "Account 001, 2025-06-15 16:00 to 2025-06-15 16:02 UTC (2 min 59 s), 500.00 USDT DOGEUSDT:"
    )
    assert "size 2 USD x leverage 10, step 1 %, multiplier 2, take-profit 0.5 % net, 3 averaging levels" in text
    for figure in ("net profit", "closed cycles", "fees", "funding paid", "deepest ladder", "highest margin"):
        assert figure in text
    assert "DOGEUSDT LONG 3 " in text
    assert "12 executions, 4 closed cycles" in text


def test_the_json_has_everything_that_happened_in_exact_numbers(argv: list[str], tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    assert main([*argv, "--json", str(path)], io.StringIO()) == 0
    document = loads(path.read_text())
    assert list(document) == ["parameters", "summary", "executions", "funding", "cycles", "alarms"]
    parameters, summary = document["parameters"], document["summary"]
    assert parameters["prices"] == ["DOGEUSDT-1m-x.csv"]
    assert (parameters["from"], parameters["to"]) == (
        "2025-06-15T16:00:00.000+00:00",
        "2025-06-15T16:02:59.999+00:00",
    )
    assert parameters["symbols"][0]["take_profit_percent"] == D("0.5")
    assert summary["executions"] == len(document["executions"])
    assert summary["cycles"] == len(document["cycles"])
    assert summary["closed_cycles_net"] == sum(cycle["net"] for cycle in document["cycles"])
    assert summary["fees"] == sum(trade["fee"] for trade in document["executions"])
    assert summary["net_profit"] == summary["final_equity"] - 500
    assert summary["emergency_stop"] is None
    closing = next(trade for trade in document["executions"] if trade["level"] == "tp")
    assert closing == {
        "time": "2025-06-15T16:01:39.400+00:00",
        "time_ms": 1_750_003_299_400,
        "symbol": "DOGEUSDT",
        "side": "SHORT",
        "cycle": document["cycles"][0]["cycle"],
        "level": "tp",
        "price": D("0.19878"),
        "quantity": D(100),
        "fee": D("19.878") * D("0.0002"),
        "liquidity": "maker",
        "closed_size": D(100),
        "realised_pnl": D("0.122"),
        "forced": False,
    }
    assert all(cycle["net"] == cycle["gross"] - cycle["fees"] - cycle["funding"] for cycle in document["cycles"])


def test_a_replay_is_the_same_each_time(argv: list[str], tmp_path: Path) -> None:
    for name in ("first", "second"):
        assert main([*argv, "--json", str(tmp_path / name)], io.StringIO()) == 0
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


def test_a_disk_that_fails_at_the_end_is_exit_code_1_and_the_report_is_shown(
    argv: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    out = io.StringIO()
    assert main([*argv, "--json", str(tmp_path / "out.json")], out) == 1
    assert "No space left on device" in capsys.readouterr().err
    assert "net profit" in out.getvalue()


def test_who_stops_reading_gets_no_traceback_and_the_files_all_the_same(argv: list[str], tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "gridtrader", "replay", *argv, "--json", str(path)]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(path.read_text())["summary"]["cycles"] > 0


def test_help_names_every_option_and_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    for option in ("--mark", "--funding", "--balance", "--unlimited-margin", "--every-corner", "--risk-tiers"):
        assert option in text
    assert "Exit codes: 0" in text
