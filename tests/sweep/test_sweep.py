"""`gridtrader sweep`: rows and their order, the table, bad input."""

import io
from decimal import Decimal
from pathlib import Path

import pytest

from gridtrader.operator.inputs import open_sources
from gridtrader.operator.sweep import sweep as command
from gridtrader.operator.sweep.arguments import read_arguments
from gridtrader.operator.sweep.plan import plan_sweep
from gridtrader.settings import load_settings
from gridtrader.simulator.core.model import Instrument
from gridtrader.simulator.market import opening
from gridtrader.sweep import task as tasks
from gridtrader.sweep.rows import COLUMNS
from gridtrader.sweep.task import NotPlayed, Task, play
from tests.replay.support import Strategy, flat, replayed, write_candles, write_config
from tests.sweep.support import Desk

D = Decimal
GRID = ("--grid", "grid_step_percent=0.5,1,2", "--grid", "take_profit_percent=0.5,1")


# --- rows ---


def test_each_row_is_the_replay_of_its_set_on_its_symbol_alone(desk: Desk) -> None:
    code, _ = desk.sweep("--grid", "grid_step_percent=0.5,1", "--balance", "700")
    assert code == 0
    for row in desk.rows():
        alone = write_config(desk.folder / "alone.yaml", Strategy(row["symbol"], step=row["grid_step_percent"]))
        prices = next(path for path in desk.prices if row["symbol"] in path)
        summary = replayed(
            "--config", alone, "--account", "001", "--prices", prices, "--balance", row["balance"]
        ).summary
        assert D(row["net_profit"]) == summary.net_profit
        assert D(row["closed_cycles_net"]) == summary.closed_profit
        assert D(row["fees"]) == summary.fees
        assert D(row["maximum_mm_rate_percent"]) == summary.maximum_mm_rate * 100
        assert (int(row["executions"]), int(row["cycles"])) == (summary.trades, summary.cycles)
        assert (row["emergency_stop"], row["reason"], row["liquidations"]) == ("", "", "0")


def test_rows_stand_in_the_order_of_symbols_and_sets(desk: Desk) -> None:
    assert desk.sweep(*GRID)[0] == 0
    rows = desk.rows()
    assert list(rows[0]) == [column.name for column in COLUMNS]
    assert [(row["symbol"], row["grid_step_percent"], row["take_profit_percent"]) for row in rows] == [
        (symbol, step, profit)
        for symbol in ("DOGEUSDT", "SOLUSDT")
        for step in ("0.5", "1", "2")
        for profit in ("0.5", "1")
    ]
    assert {(row["leverage"], row["max_grid_levels_per_side"], row["balance"]) for row in rows} == {
        ("10", "3", "10000")
    }
    assert {(row["from"], row["to"]) for row in rows} == {
        ("2025-06-15T16:00:00.000+00:00", "2025-06-15T16:02:59.999+00:00")
    }


def test_the_csv_does_not_depend_on_how_many_work(desk: Desk) -> None:
    texts = []
    for jobs in ("1", "2", "2"):
        assert desk.sweep(*GRID, jobs=jobs)[0] == 0
        texts.append(desk.csv.read_bytes())
    assert texts[0] == texts[1] == texts[2]


def test_symbols_can_be_chosen_and_the_files_of_others_are_passed_over(desk: Desk) -> None:
    assert desk.sweep("--symbol", "SOLUSDT")[0] == 0
    assert [row["symbol"] for row in desk.rows()] == ["SOLUSDT"]
    assert desk.sweep("--symbol", "SOLUSDT", "DOGEUSDT")[0] == 0
    assert [row["symbol"] for row in desk.rows()] == ["SOLUSDT", "DOGEUSDT"]


def test_a_set_that_cannot_be_played_is_a_row_with_the_reason(desk: Desk) -> None:
    """S1: from 0.1 x 10 USD q(0) is the smallest order, and 1.01 times it is not more."""
    code, text = desk.sweep("--grid", "averaging_multiplier=1.01,2", "--grid", "initial_position_size_usd=0.1,2")
    assert code == 0
    not_played = [row for row in desk.rows() if row["net_profit"] == ""]
    assert {row["averaging_multiplier"] for row in not_played} == {"1.01"}
    assert 0 < len(not_played) < 4 + 1
    for row in not_played:
        assert row["reason"].startswith("the account does not start: ")
        assert "would not be larger than level" in row["reason"]
        assert row["cycles"] == row["maximum_drawdown"] == row["emergency_stop"] == ""
    assert "Not played, 1 of 8: the account does not start: " in text
    assert text.splitlines()[-1].startswith("8 rows, by net_profit, highest first, in ")


def test_where_nothing_can_be_played_the_exit_code_says_so(desk: Desk) -> None:
    code, text = desk.sweep("--grid", "averaging_multiplier=1.01", "--grid", "initial_position_size_usd=0.1")
    assert code == 1
    assert "Not played, " in text
    assert len(desk.rows()) == 2


def test_an_emergency_stop_is_a_result_with_time_and_reason(desk: Desk) -> None:
    write_config(desk.config, Strategy(levels=12, step="0.5", leverage=50))
    crash = [flat("0.20000"), ("0.20000", "0.20000", "0.10000", "0.10000")]
    prices = write_candles(desk.folder / "DOGEUSDT-1m-x.csv", crash)
    desk.prices = [str(prices)]
    code, text = desk.sweep("--balance", "500")
    assert code == 0
    (row,) = desk.rows()
    assert row["emergency_stop"].startswith("2025-06-15T16:01:")
    assert row["reason"].startswith("maintenance-margin rate 9")
    assert int(row["liquidations"]) > 0
    assert "2025-06-15 16:01" in text


def test_a_task_that_fails_for_no_good_reason_is_a_row_and_an_exit_code(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(task: Task) -> object:
        if task.number == 1:
            raise ZeroDivisionError("of all things")
        return play(task)

    monkeypatch.setattr("gridtrader.sweep.spread.play", broken)
    code, text = desk.sweep("--symbol", "DOGEUSDT", "--grid", "grid_step_percent=0.5,1,2")
    assert code == 1
    assert [row["reason"] for row in desk.rows()] == ["", "failed: ZeroDivisionError: of all things", ""]
    assert "Not played, 1 of 3: failed: ZeroDivisionError: of all things" in text


def test_a_process_opens_a_symbol_s_files_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    real = opening.open_records

    def counted(entries: tuple[str, ...], contracts: dict[str, Instrument], *, spread_ticks: int) -> object:
        opened.extend(entries)
        return real(entries, contracts, spread_ticks=spread_ticks)

    tasks._opened.cache_clear()
    monkeypatch.setattr(opening, "open_records", counted)
    assert desk.sweep(*GRID)[0] == 0
    assert opened == [f"{symbol}={path}" for symbol, path in zip(("DOGEUSDT", "SOLUSDT"), desk.prices, strict=True)]


# --- the table ---


def shown(text: str) -> list[list[str]]:
    """Return the cells of the table's rows."""
    lines = text.splitlines()
    begin = next(number for number, line in enumerate(lines) if line.startswith("symbol "))
    end = next(number for number in range(begin, len(lines)) if not lines[number])
    return [line.split() for line in lines[begin + 1 : end]]


def test_the_table_has_the_varied_keys_and_the_best_first(desk: Desk) -> None:
    _, text = desk.sweep(*GRID)
    lines = text.splitlines()
    assert lines[0] == "Account 001: 6 parameter sets x 2 symbols, each alone, 10,000.00 USDT each"
    assert lines[1].startswith("DOGEUSDT: 2025-06-15 16:00 to 2025-06-15 16:02 UTC; leverage 10, ")
    header = next(line for line in lines if line.startswith("symbol "))
    assert "grid_step_percent" in header
    assert "leverage" not in header
    profits = [D(row[3]) for row in shown(text)]
    assert profits == sorted(profits, reverse=True)
    assert len(profits) == 12


def test_any_column_can_be_sorted_by(desk: Desk) -> None:
    for name, place, is_highest in (("maximum_drawdown", -2, False), ("cycles", 6, True), ("fees", 7, False)):
        _, text = desk.sweep(*GRID, "--sort", name)
        figures = [D(row[place].replace(",", "")) for row in shown(text)]
        assert figures == sorted(figures, reverse=is_highest), name
    _, text = desk.sweep(*GRID, "--sort", "net_profit_to_drawdown")
    figures = [D(row[-1]) for row in shown(text)]
    assert figures == sorted(figures, reverse=True)
    assert [row[0] for row in shown(desk.sweep(*GRID, "--sort", "symbol")[1])] == ["DOGEUSDT"] * 6 + ["SOLUSDT"] * 6


def test_rows_that_were_not_played_come_last_however_they_are_sorted(desk: Desk) -> None:
    grid = ("--grid", "averaging_multiplier=1.01,2", "--grid", "initial_position_size_usd=0.1")
    for name in ("net_profit", "maximum_drawdown"):
        rows = shown(desk.sweep("--symbol", "SOLUSDT", *grid, "--sort", name)[1])
        assert [row[1] for row in rows] == ["2", "1.01"]
        assert rows[1][3:] == ["-"] * len(rows[1][3:])


def test_the_top_is_shown_and_all_is_written(desk: Desk) -> None:
    _, text = desk.sweep(*GRID, "--top", "3")
    assert len(shown(text)) == 3
    assert len(desk.rows()) == 12
    assert "3 of 12 rows, by net_profit, highest first" in text
    assert len(shown(desk.sweep(*GRID, "--top", "0")[1])) == 12


# --- bad input ---


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--grid", "step=1"], "--grid: found key 'step', allowed: leverage, initial_position_size_usd, "),
        (["--grid", "leverage=201"], "--grid leverage: found 201, allowed: integer 1-200"),
        (["--sort", "profit"], "--sort: found 'profit', allowed: symbol, leverage, "),
        (["--top", "-1"], "--top: found '-1', allowed: a whole number from 0"),
        (["--jobs", "0"], "--jobs: found '0', allowed: a whole number from 1 to 1000"),
        (["--jobs", "2", "--ray", "auto"], "--jobs: not with --ray, where the cluster decides"),
        (["--symbol", "BTCUSDT"], "--symbol: found 'BTCUSDT', account 001 trades: DOGEUSDT, SOLUSDT"),
        (["--csv", "no/such/folder.csv"], "--csv: no/such/folder.csv: No such file or directory, allowed: a file"),
        (["--balance", "0"], "--balance: found '0', allowed: a number above 0"),
        (["--from", "2025-07-01"], "--from, --to: nothing is recorded then"),
        (["--every-corner"], "unrecognized arguments: --every-corner"),
    ],
)
def test_bad_arguments_are_one_line_before_anything_is_played(
    desk: Desk, argv: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(desk.folder)
    monkeypatch.setattr(command, "_sweep", lambda *_: pytest.fail("played"))
    out = io.StringIO()
    assert command.main(desk.arguments(*argv), out) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"gridtrader sweep: {said}")
    assert out.getvalue() == ""


def test_a_bad_file_is_told_before_anything_is_played(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    Path(desk.prices[1]).write_text("timestamp,open,high,low,close\n2025-06-15 16:00:00,1,1,1,nan\n")
    assert desk.sweep(*GRID)[0] == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line == f"gridtrader sweep: {desk.prices[1]}: row 2: close is 'nan'; expected a number"
    assert not desk.csv.exists()


def test_a_file_that_goes_bad_meanwhile_is_a_reason(desk: Desk) -> None:
    """A worker may read it later than the command did."""
    tasks._opened.cache_clear()
    wanted = read_arguments(desk.arguments())
    plan = plan_sweep(wanted, load_settings(desk.config, Path(), need_keys=False))
    Path(desk.prices[0]).write_text("nothing\n")
    doge, sol = plan.tasks()
    answer = play(doge)
    assert isinstance(answer, NotPlayed)
    assert answer.reason.startswith(f"{desk.prices[0]}: ")
    assert not isinstance(play(sol), NotPlayed)


def test_gaps_are_told_once_and_not_by_each_worker(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    path = Path(desk.prices[0])
    path.write_text(path.read_text() + "2025-06-15 17:00:00,0.2,0.2,0.2,0.2,1\n")
    tasks._opened.cache_clear()
    assert desk.sweep("--symbol", "DOGEUSDT", *GRID)[0] == 0
    assert [message.partition(": ")[2][:13] for message in caplog.messages] == ["row 5: 57 mis"]


def test_what_a_worker_gets_can_be_opened_there(desk: Desk) -> None:
    """The entries of a record name the symbol of each file, whatever the file is called."""
    wanted = read_arguments(desk.arguments())
    plan = plan_sweep(wanted, load_settings(desk.config, Path(), need_keys=False))
    for symbol, record in plan.records.items():
        (source,) = open_sources(record.entries, [symbol], {symbol: record.contract}, 0)
        assert (source.symbol, source.start) == (symbol, record.start)


def test_help_says_that_each_symbol_is_played_alone(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert "Each set is played on each symbol alone, with a balance of its own" in text
    assert "Exit codes: 0 played" in text
