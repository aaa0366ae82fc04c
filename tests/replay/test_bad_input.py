"""What cannot be replayed is one clear line and exit code 2, before anything is played; never a wrong result."""

import io
import logging
from pathlib import Path

import pytest

from gridtrader.operator.replay import replay
from gridtrader.operator.replay.replay import main
from tests.replay.support import HOUR, MINUTE, T0, Bench, Strategy, flat, stamp, write_candles, write_config

HEADER = "timestamp,open,high,low,close,volume"
PRICES = ",0.20000,0.20100,0.19900,0.20050,1"
ROWS = [f"{stamp(T0 + minute * MINUTE)}{PRICES}" for minute in range(4)]


class Desk:
    """The command over a folder with a configuration and a good file of prices, `DOGEUSDT-1m-x.csv`."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._capsys = capsys
        monkeypatch.chdir(folder)
        write_config(folder / "config.yaml", Strategy())
        self.rows("DOGEUSDT-1m-x.csv", ROWS)

    def rows(self, name: str, rows: list[str], header: str = HEADER) -> None:
        (self.folder / name).write_text("\n".join([header, *rows]) + "\n")

    def refusal(self, *argv: str, prices: tuple[str, ...] = ("DOGEUSDT-1m-x.csv",), account: str = "001") -> str:
        """Return the one line that the command prints instead of playing."""
        out = io.StringIO()
        code = main(["--config", "config.yaml", "--account", account, "--prices", *prices, *argv], out)
        lines = self._capsys.readouterr().err.splitlines()
        assert code == 2
        assert out.getvalue() == ""
        assert len(lines) == 1
        return lines[0].removeprefix("gridtrader replay: ")


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Desk:
    def never(*_: object) -> None:
        raise AssertionError("played")

    monkeypatch.setattr(replay, "play", never)
    return Desk(tmp_path, capsys, monkeypatch)


# --- files ---


def price(at: int, prices: str) -> str:
    return f"{stamp(T0 + at * MINUTE)},{prices},1"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([ROWS[0], ROWS[2], ROWS[1]], "row 4: 2025-06-15 16:01:00 UTC comes after 2025-06-15 16:02:00 UTC"),
        ([ROWS[0], ROWS[1], ROWS[1]], "row 4: 2025-06-15 16:01:00 UTC appears a second time"),
        ([], "has no rows; expected prices"),
        ([*ROWS[:2], price(2, "NaN,0.201,0.199,0.2")], "row 4: open is 'NaN'; expected a number"),
        ([*ROWS[:2], price(2, "0.2,0.201,0,0.2")], "row 4: low is 0.0; expected a price above 0"),
        ([*ROWS[:2], price(2, "0.2,0.201,-0.199,0.2")], "row 4: low is -0.199; expected a price above 0"),
        (
            [*ROWS[:2], price(2, "0.200005,0.201,0.199,0.2")],
            "row 4: open is 0.200005; expected a multiple of the tick size 0.00001 of DOGEUSDT",
        ),
        ([*ROWS[:2], price(2, "0.2,0.199,0.201,0.2")], "row 4: open 0.2, high 0.199, low 0.201, close 0.2; expected"),
        ([*ROWS[:2], f"{stamp(T0 + 90_000)}{PRICES}"], "row 4: 2025-06-15 16:01:30 UTC comes 30 s after the row"),
    ],
)
def test_a_bad_row_is_told_with_file_and_row(desk: Desk, rows: list[str], said: str) -> None:
    desk.rows("DOGEUSDT-1m-x.csv", rows)
    assert desk.refusal().startswith(f"DOGEUSDT-1m-x.csv: {said}")


def test_wrong_columns_are_named(desk: Desk) -> None:
    desk.rows("DOGEUSDT-1m-x.csv", ROWS, "when,open,high,low,close,volume")
    assert desk.refusal().startswith("DOGEUSDT-1m-x.csv: row 1: no column for the time among when, open, high")


@pytest.mark.parametrize(
    "name", ["DOGEUSDT-missing.csv", "DOGEUSDT-empty.csv", "DOGEUSDT-broken.feather", "DOGEUSDT-folder.csv"]
)
def test_an_unreadable_file_is_named(desk: Desk, name: str) -> None:
    (desk.folder / "DOGEUSDT-empty.csv").touch()
    (desk.folder / "DOGEUSDT-broken.feather").write_bytes(b"ARROW1 and nothing more")
    (desk.folder / "DOGEUSDT-folder.csv").mkdir()
    assert desk.refusal(prices=(name,)).startswith(f"{name}: cannot be read (")


def test_an_unknown_kind_of_file_is_named(desk: Desk) -> None:
    assert desk.refusal(prices=("DOGEUSDT.xlsx",)).startswith("DOGEUSDT.xlsx: unknown kind of file; expected .csv")


def test_mark_prices_must_cover_the_prices(desk: Desk) -> None:
    write_candles(desk.folder / "DOGEUSDT-mark-1h-x.csv", [flat("0.2")] * 3, start=T0 + HOUR, length=HOUR)
    assert desk.refusal("--mark", "DOGEUSDT-mark-1h-x.csv") == (
        "DOGEUSDT-mark-1h-x.csv: mark prices from 2025-06-15 17:00:00 UTC to 2025-06-15 20:00:00 UTC; expected the "
        "whole time of DOGEUSDT-1m-x.csv, 2025-06-15 16:00:00 UTC to 2025-06-15 16:03:59.999 UTC"
    )


def test_settlements_must_cover_the_prices(desk: Desk) -> None:
    desk.rows("DOGEUSDT-funding.csv", [f"{stamp(T0 - hours * HOUR)},0.0001" for hours in (24, 16)], "time,rate")
    assert desk.refusal("--funding", "DOGEUSDT-funding.csv").startswith(
        "DOGEUSDT-funding.csv: settlements from 2025-06-14 16:00:00 UTC to 2025-06-15 00:00:00 UTC; expected the"
    )


def test_prices_are_no_settlements(desk: Desk) -> None:
    text = desk.refusal("--funding", "DOGEUSDT-1m-x.csv")
    assert text == "DOGEUSDT-1m-x.csv: row 2: open is 0.2; expected a fraction of at most 0.1"


# --- whose ---


def test_prices_of_another_symbol_are_refused_though_they_could_be_played(desk: Desk) -> None:
    desk.rows("SOLUSDT-1m-x.csv", ROWS)
    for name in ("SOLUSDT-1m-x.csv", "SOLUSDT=DOGEUSDT-1m-x.csv", "./solusdt2025-06-15.csv"):
        assert desk.refusal(prices=(name,)) == f"--prices: {name!r} is of SOLUSDT, account 001 trades: DOGEUSDT"
    text = desk.refusal("--funding", "SOLUSDT-1m-x.csv")
    assert text == "--funding: 'SOLUSDT-1m-x.csv' is of SOLUSDT, account 001 trades: DOGEUSDT"


def test_with_several_symbols_a_file_must_say_whose_it_is(desk: Desk) -> None:
    write_config(desk.folder / "config.yaml", Strategy(), Strategy("SOLUSDT"))
    desk.rows("x.csv", ROWS)
    text = desk.refusal(prices=("x.csv",))
    assert text == "--prices: found 'x.csv', allowed: SYMBOL=FILE, or a file whose name begins with the symbol"


def test_each_symbol_needs_a_file_and_one_only(desk: Desk) -> None:
    assert "a second file with prices of DOGEUSDT" in desk.refusal(prices=("DOGEUSDT-1m-x.csv", "DOGEUSDT-1m-x.csv"))
    write_config(desk.folder / "config.yaml", Strategy(), Strategy("SOLUSDT"))
    text = desk.refusal()
    assert text.startswith("--prices: nothing of SOLUSDT, which account 001 trades; give its file, or choose with")


def test_a_mark_file_is_never_taken_for_prices(desk: Desk) -> None:
    """Its name need not say what it is: the option does."""
    write_config(desk.folder / "config.yaml", Strategy(), Strategy("SOLUSDT"))
    write_candles(desk.folder / "SOLUSDT-1m-y.csv", [flat("100")] * 4)
    for name in ("SOLUSDT-1m-y.csv", "SOLUSDT=SOLUSDT-1m-y.csv"):
        text = desk.refusal("--mark", name)
        assert text == "prices 'SOLUSDT-1m-y.csv': mark of SOLUSDT; expected its prices as well"
    assert desk.refusal("--funding", "DOGEUSDT:mark=x.csv") == (
        "--funding: found 'DOGEUSDT:mark=x.csv', allowed: SYMBOL=FILE"
    )


def test_a_symbol_without_data_of_its_contract_is_refused(desk: Desk) -> None:
    write_config(desk.folder / "config.yaml", Strategy("FOOUSDT"))
    text = desk.refusal(prices=("FOOUSDT-1m-x.csv",))
    assert text.startswith("FOOUSDT: no data of this contract; known are 1000PEPEUSDT, ADAUSDT,")
    assert text.endswith("others need --instruments and --risk-tiers")


def test_an_unknown_symbol_is_refused(desk: Desk) -> None:
    assert desk.refusal(prices=("BAR=DOGEUSDT-1m-x.csv",)) == (
        "--prices: 'BAR=DOGEUSDT-1m-x.csv' is of BAR, account 001 trades: DOGEUSDT"
    )


# --- arguments ---


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--symbol", "SOLUSDT"], "--symbol: found 'SOLUSDT', account 001 trades: DOGEUSDT"),
        (["--from", "2025-07-01"], "--from, --to: nothing is recorded then; the files have 2025-06-15 16:00:00 UTC"),
        (["--to", "2025-06-15T16:00"], "--from, --to: nothing is recorded then; the files have 2025-06-15 16:00:00"),
        (["--from", "noon"], "--from: found 'noon', allowed: an ISO date or date and time (UTC)"),
        (["--from", "2025-06-16", "--to", "2025-06-15"], "--to: found '2025-06-15', allowed: later than --from 2025"),
        (["--balance", "0"], "--balance: found '0', allowed: a number above 0, at most 1000000000000"),
        (["--balance", "-5"], "--balance: found '-5', allowed: a number above 0"),
        (["--balance", "nan"], "--balance: found 'nan', allowed: a number above 0"),
        (["--balance", "much"], "--balance: found 'much', allowed: a number above 0"),
        (["--balance", "1e13"], "--balance: found '1e13', allowed: a number above 0"),
        (["--balance", "5", "--unlimited-margin"], "--balance: not with --unlimited-margin"),
        (["--spread", "-1"], "--spread: found '-1', allowed: a whole number from 0 to 10000"),
        (["--spread", "0.5"], "--spread: found '0.5', allowed: a whole number from 0 to 10000"),
        (["--instruments", "x.json"], "--instruments and --risk-tiers: only one is given"),
        (["--instruments", "x.json", "--risk-tiers", "y.json"], "x.json: cannot be read"),
        (["--speed", "2"], "unrecognized arguments: --speed 2"),
        (
            ["--json", "no/such/folder.json"],
            "--json: no/such/folder.json: No such file or directory, allowed: a file",
        ),
        (["--json", "."], "--json: .: Is a directory, allowed: a file that can be written"),
        (
            ["--html", "no/such/folder.html"],
            "--html: no/such/folder.html: No such file or directory, allowed: a file",
        ),
    ],
)
def test_a_bad_argument_is_told_before_anything_is_played(desk: Desk, argv: list[str], said: str) -> None:
    assert desk.refusal(*argv).startswith(said)


def test_an_unknown_account_is_told_with_those_there_are(desk: Desk) -> None:
    assert desk.refusal(account="002") == "--account: found '002', configured are: 001"


def test_a_bad_configuration_is_told_with_its_line(desk: Desk) -> None:
    write_config(desk.folder / "config.yaml", Strategy(step="0"))
    assert desk.refusal() == (
        "config.yaml:6: accounts[0].symbols[0].grid_step_percent: found 0, allowed: number 0.01-100"
    )


def test_looking_whether_a_file_can_be_written_leaves_it_as_it_is(desk: Desk) -> None:
    (desk.folder / "kept.json").write_text("kept")
    desk.refusal("--json", "kept.json", "--html", "no/such/folder.html")
    desk.refusal("--json", "new.json", "--html", "no/such/folder.html")
    assert (desk.folder / "kept.json").read_text() == "kept"
    assert not (desk.folder / "new.json").exists()


# --- what is no error ---


def test_a_gap_is_a_warning_with_file_and_row(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    config = write_config(bench.folder / "config.yaml", Strategy())
    path = bench.folder / "DOGEUSDT-1m-x.csv"
    path.write_text("\n".join([HEADER, *ROWS, f"{stamp(T0 + 10 * MINUTE)}{PRICES}"]) + "\n")
    out = io.StringIO()
    with caplog.at_level(logging.WARNING):
        assert main(["--config", str(config), "--account", "001", "--prices", str(path)], out) == 0
    assert caplog.messages == [
        f"{path}: row 6: 6 missing between 2025-06-15 16:03:00 UTC and 2025-06-15 16:10:00 UTC; the price stands "
        f"still there"
    ]
    assert "Account 001, 2025-06-15 16:00 to 2025-06-15 16:10 UTC (10 min 59 s)" in out.getvalue()


def test_a_ladder_that_cannot_be_is_exit_code_1(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    """S1: quantities would not rise. The configuration is good; at other prices it could be played."""
    config = write_config(bench.folder / "config.yaml", Strategy("SOLUSDT", size="0.5", multiplier="1.01", levels=5))
    path = write_candles(bench.folder / "SOLUSDT-1m-x.csv", [flat("100.00")] * 2)
    assert main(["--config", str(config), "--account", "001", "--prices", str(path)], io.StringIO()) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("gridtrader replay: the account does not start: SOLUSDT: level 1 would not be larger than")
