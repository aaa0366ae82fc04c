"""What can be typed after `gridtrader download`, and the one line each fault of it is answered with."""

from pathlib import Path

import pytest

from gridtrader.cli import main
from gridtrader.history.series import INTERVALS, Kind
from gridtrader.operator.command_line import BadArguments
from gridtrader.operator.download.arguments import Wanted, read_arguments

JUNE_1 = 1_748_736_000_000
HOUR = 3_600_000


def wanted(*arguments: str) -> Wanted:
    return read_arguments(["DOGEUSDT", "--from", "2025-06-01", *arguments])


def test_little_need_be_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert wanted() == Wanted(
        symbols=("DOGEUSDT",),
        start=JUNE_1,
        end=None,
        interval=INTERVALS["1m"],
        folder=Path("data"),
        beside=(Kind.MARK, Kind.FUNDING),
        is_demo=False,
        config=None,
    )


def test_the_usual_configuration_is_taken_where_it_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("config").mkdir()
    Path("config/config.yaml").touch()
    assert wanted().config == Path("config/config.yaml")
    assert wanted("--config", "other.yaml").config == Path("other.yaml")


def test_symbols_may_be_small_and_said_twice() -> None:
    assert read_arguments(["dogeusdt", "BTCUSDT", "DOGEUSDT", "--from", "2025-06-01"]).symbols == (
        "DOGEUSDT",
        "BTCUSDT",
    )


def test_what_stands_beside_the_prices_can_be_left_out() -> None:
    assert wanted("--no-mark").beside == (Kind.FUNDING,)
    assert wanted("--no-funding").beside == (Kind.MARK,)
    assert wanted("--no-funding", "--no-mark").beside == ()


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2025-06-01", JUNE_1),
        ("2025-06-01T01:00", JUNE_1 + HOUR),
        ("2025-06-01 01:00", JUNE_1 + HOUR),
        ("2025-06-01T01:00:00Z", JUNE_1 + HOUR),
        ("2025-06-01T03:00+03:00", JUNE_1),
        ("2025-06-01T00:59:30", JUNE_1 + HOUR),
    ],
)
def test_dates_are_utc_unless_they_say_otherwise(text: str, at: int) -> None:
    assert read_arguments(["DOGEUSDT", "--from", text]).start == at


def test_only_whole_candles_are_wanted() -> None:
    found = read_arguments(["DOGEUSDT", "--from", "2025-06-01T00:10", "--to", "2025-06-01T09:50", "--interval", "1h"])
    assert (found.start, found.end) == (JUNE_1 + HOUR, JUNE_1 + 9 * HOUR)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "the following arguments are required: SYMBOL, --from"),
        (["DOGEUSDT"], "the following arguments are required: --from"),
        (["../DOGE", "--from", "2025-06-01"], "SYMBOL: found '../DOGE', allowed: letters and digits"),
        (["DOGEUSDT", "--from", "June"], "--from: found 'June', allowed: an ISO date or date and time from 2018 on"),
        (["DOGEUSDT", "--from", "2017-12-31"], "--from: found '2017-12-31', allowed: an ISO date"),
        (["DOGEUSDT", "--from", "0001-01-01T00:00+14:00"], "--from: found '0001-01-01T00:00+14:00', allowed"),
        (["DOGEUSDT", "--from", "2025-06-01", "--to", "x"], "--to: found 'x', allowed: an ISO date"),
        (
            ["DOGEUSDT", "--from", "2025-06-01", "--to", "2025-06-01"],
            "--to: found '2025-06-01', allowed: at least one",
        ),
        (["DOGEUSDT", "--from", "2025-06-01", "--interval", "7m"], "argument --interval: invalid choice: '7m'"),
        (["DOGEUSDT", "--from", "2025-06-01", "--folder"], "argument --folder: expected one argument"),
        (["DOGEUSDT", "--from", "2025-06-01", "--key", "K"], "unrecognized arguments: --key K"),
    ],
)
def test_each_fault_is_one_line(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(BadArguments) as caught:
        read_arguments(arguments)
    assert str(caught.value).startswith(said)
    assert main(["download", *arguments]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"gridtrader download: {said}")
    assert error.count("\n") == 1


def test_help_explains_the_options(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["download", "--help"])
    assert end.value.code == 0
    assert "--no-funding" in capsys.readouterr().out
