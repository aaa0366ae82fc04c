"""`gridtrader simulate` as it is typed: options, report, exit codes."""

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from gridtrader.operator import simulate
from gridtrader.operator.simulate import main
from gridtrader.operator.simulate_arguments import FAMILIES, BadArguments, read_arguments
from gridtrader.simulation.faults import SAFE, Fault, Mishap
from gridtrader.simulation.run import Result, play
from gridtrader.simulation.shrink import Shrunk, shrink
from gridtrader.simulation.verdicts import Breach, Verdicts
from gridtrader.simulation.world import Plan
from tests.simulation.stage import START

QUICK = ("--hours", "0.5", "--accounts", "1")
CULPRIT = Mishap(60_000, "machine/crash", 1, Fault.CRASH)
NOISE = tuple(Mishap(1_000 * n, "001/1.1/rest", n, Fault.REPLY_LATE) for n in range(1, 50))


@pytest.fixture(autouse=True)
def in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody says how wide a line may be."""
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)


def told(*argv: str) -> tuple[int, str]:
    """Run the command; return its exit code and what it printed."""
    out = io.StringIO()
    code = main(argv, out)
    return code, out.getvalue()


def without_times(report: str) -> str:
    return "\n".join(line for line in report.splitlines() if not line.startswith("Took:"))


def bot_that_fails(plan: Plan) -> Result:
    """Play a make-believe run: even seeds cannot bear a crash, seed 13 cannot be played."""
    if plan.seed == 13:
        raise RuntimeError("no such world")
    verdicts = Verdicts(fills=10, quiet_points=3)
    happened = tuple(sorted(m for m in (CULPRIT, *NOISE) if plan.only is None or m in plan.only))
    if plan.seed % 2 == 0 and CULPRIT in happened:
        law = f"DOGEUSDT: protection: LONG of {plan.seed} has 0 take-profits"
        verdicts.breaches.append(Breach(START + 61_000, "001", law))
    return Result(plan, verdicts, happened, START, plan.hours * plan.accounts, 100)


def shrink_that_bot(result: Result) -> Shrunk:
    return shrink(result, replay=bot_that_fails)


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulate, "play", bot_that_fails)
    monkeypatch.setattr(simulate, "shrink", shrink_that_bot)


# --- what is asked for ---


def test_without_options_one_day_of_three_accounts_is_played_with_every_fault() -> None:
    wanted = read_arguments([])
    assert list(wanted.plans()) == [Plan(seed=1, hours=24, accounts=3, faults=frozenset(Fault))]


def test_seeds_are_a_range_with_both_ends() -> None:
    assert [plan.seed for plan in read_arguments(["--seeds", "3..6"]).plans()] == [3, 4, 5, 6]
    assert [plan.seed for plan in read_arguments(["--seed", "0"]).plans()] == [0]


def test_there_are_no_more_jobs_than_runs() -> None:
    assert read_arguments(["--seeds", "1..3", "--jobs", "8"]).jobs == 3
    assert read_arguments(["--seeds", "1..3", "--jobs", "2"]).jobs == 2


@pytest.mark.parametrize(
    ("names", "faults"),
    [
        ("all", set(Fault)),
        ("none", SAFE),
        ("crash", SAFE | {Fault.CRASH}),
        ("crash, halt", SAFE | {Fault.CRASH, Fault.HALT}),
        ("reads,crash", SAFE | {Fault.CRASH, Fault.READ_STALE, Fault.HISTORY_LATE, Fault.HISTORY_SHORT}),
        (",".join(FAMILIES), set(Fault)),
        (",".join(fault.value for fault in Fault), set(Fault)),
    ],
)
def test_faults_are_named_one_by_one_or_by_family(names: str, faults: set[Fault]) -> None:
    assert read_arguments(["--faults", names]).plan.faults == faults


def test_every_fault_belongs_to_one_family() -> None:
    assert sorted(fault.value for family in FAMILIES.values() for fault in family) == sorted(f.value for f in Fault)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (
            ["--faults", "crsh"],
            "--faults: found 'crsh', allowed: all, none, or of these, separated by commas: requests,",
        ),
        (["--faults", "all,crash"], "--faults: found 'all', allowed:"),
        (["--faults", ""], "--faults: found '', allowed:"),
        (["--seed", "x"], "--seed: found 'x', allowed: a whole number from 0"),
        (["--seed=-1"], "--seed: found '-1', allowed: a whole number from 0"),
        (["--seeds", "5"], "--seeds: found '5', allowed: A..B, whole numbers from 0, A not above B"),
        (["--seeds", "5..4"], "--seeds: found '5..4', allowed: A..B"),
        (["--seed", "1", "--seeds", "1..2"], "not allowed with"),
        (["--hours", "0"], "--hours: found '0', allowed: a number from 0.0001 to 100000"),
        (["--hours", "nan"], "--hours: found 'nan', allowed:"),
        (["--hours", "1e9"], "--hours: found '1e9', allowed:"),
        (["--accounts", "0"], "--accounts: found '0', allowed: a whole number from 1 to 999"),
        (["--accounts", "1000"], "--accounts: found '1000', allowed: a whole number from 1 to 999"),
        (["--jobs", "0"], "--jobs: found '0', allowed: a whole number from 1 to 1000"),
        (["--verbose", "--seeds", "1..2"], "--verbose: tells of one run, allowed: with --seed or --script"),
        (["--verbose", "--json"], "--verbose and --json: allowed: one of them"),
        (["--prices", "nowhere.csv"], "--prices: prices 'nowhere.csv': unknown symbol 'NOWHERE'; expected one of"),
        (["--prices", "DOGEUSDT=nowhere.csv"], "--prices: nowhere.csv: cannot be read"),
        (["--script", "nowhere.json"], "--script: nowhere.json: No such file or directory, allowed: a file"),
        (["--script", "-", "--hours", "2"], "--hours: the script says it, allowed: without --script"),
        (["--script", "-", "--seed", "2"], "not allowed with"),
        (["--speed", "2"], "unrecognized arguments: --speed 2"),
        (["--seed"], "expected one argument"),
    ],
)
def test_bad_arguments_are_one_line_and_exit_2(
    argv: Sequence[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told(*argv) == (2, "")
    line = capsys.readouterr().err
    assert line.startswith("gridtrader simulate: ")
    assert message in line
    assert line.count("\n") == 1


def test_a_bad_script_is_named(tmp_path: Path) -> None:
    path = tmp_path / "script.json"
    path.write_text('{"seed": 1}')
    with pytest.raises(BadArguments, match=r"--script: .*script\.json: hours is missing"):
        read_arguments(["--script", str(path)])


def test_help_names_every_option_and_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    text = capsys.readouterr().out
    options = ("seed", "seeds", "hours", "accounts", "faults", "prices", "jobs", "script", "verbose", "json")
    assert all(f"--{option} " in text or f"--{option}]" in text or f"--{option}\n" in text for option in options)
    assert "Exit codes: 0" in text


# --- what is told ---


def test_a_clean_run_is_told_and_exits_0() -> None:
    code, report = told("--seed", "2", "--faults", "none", *QUICK)
    assert code == 0
    assert report.startswith("Played: 1 run (seed 2) of 0.5 h with 1 account: 0.5 account-hours\n")
    assert "\nNo faults were asked for.\n" in report
    assert report.endswith("\nNo law was broken.\n")


@pytest.mark.usefixtures("failing")
def test_a_broken_law_is_told_with_seed_time_and_a_script_that_breaks_it_again() -> None:
    code, report = told("--seeds", "1..6", "--jobs", "1")
    lines = report.splitlines()
    assert code == 1
    assert "Violations: 3 of 6 runs." in lines
    assert "protection: side of (3 runs)" in lines
    assert "  seed 2, account 001, at 00:01:01.000: DOGEUSDT: protection: LONG of 2 has 0 take-profits" in lines
    assert "  seed 4, account 001, at 00:01:01.000: DOGEUSDT: protection: LONG of 4 has 0 take-profits" in lines
    (script,) = (line for line in lines if line.startswith("{"))
    parsed = json.loads(script)
    assert (parsed["seed"], parsed["accounts"], [each["fault"] for each in parsed["faults"]]) == (2, 1, ["crash"])


@pytest.mark.usefixtures("failing")
def test_a_script_is_played_again_and_breaks_the_law_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, report = told("--seed", "2")
    (script,) = (line for line in report.splitlines() if line.startswith("{"))
    path = tmp_path / "script.json"
    path.write_text(script)
    code, again = told("--script", str(path))
    assert code == 1
    assert "  seed 2, account 001, at 00:01:01.000: DOGEUSDT: protection: LONG of 2 has 0 take-profits" in again
    assert "{" not in again, "a script is not shortened a second time"
    monkeypatch.setattr(sys, "stdin", io.StringIO(script.replace('"seed":2', '"seed":3')))
    code, clean = told("--script", "-")
    assert (code, "No law was broken." in clean) == (0, True)


@pytest.mark.usefixtures("failing")
def test_a_run_that_cannot_be_played_is_a_failure_of_that_seed_with_its_traceback() -> None:
    code, report = told("--seeds", "12..14", "--jobs", "1", "--hours", "2.5", "--faults", "requests,crash")
    assert code == 1
    assert "Violations: 3 of 3 runs." in report
    assert "  seed 13: RuntimeError: no such world\n" in report
    assert "    Traceback (most recent call last):\n" in report
    assert "gridtrader simulate --seed 13 --hours 2.5 --accounts 3 --faults requests,crash\n" in report


@pytest.mark.usefixtures("failing")
def test_many_runs_that_break_the_same_law_are_told_by_the_first_ones() -> None:
    _, report = told("--seeds", "20..60", "--jobs", "1")
    assert "protection: side of (21 runs)" in report
    assert "  and 11 more; --json tells them all\n" in report
    assert report.count("\n{") == 1


def test_json_holds_everything_under_stable_keys() -> None:
    code, text = told("--seeds", "2..3", "--json", "--jobs", "1", *QUICK)
    document = json.loads(text)
    assert code == 0
    assert list(document) == [
        "plan",
        "runs",
        "interrupted",
        "violations",
        "account_hours",
        "wall_s",
        "account_hours_per_s",
        "jobs",
        "events",
        "fills",
        "take_profits",
        "commands",
        "quiet_points",
        "faults",
        "durations_ms",
        "failures",
    ]
    results = [play(Plan(seed=seed, hours=0.5, accounts=1, faults=frozenset(Fault))) for seed in (2, 3)]
    assert document["runs"] == 2
    assert document["account_hours"] == 1
    assert document["fills"] == sum(result.verdicts.fills for result in results) > 0
    assert document["commands"] == sum(result.verdicts.commands for result in results) > 0
    assert document["faults"] == {f.value: sum(result.counts()[f.value] for result in results) for f in Fault}
    assert list(document["durations_ms"]["uncovered"]) == ["count", "median", "p99", "longest", "total"]


@pytest.mark.usefixtures("failing")
def test_json_tells_each_failure_with_its_script() -> None:
    code, text = told("--seeds", "2..4", "--json", "--jobs", "1")
    document = json.loads(text)
    assert (code, document["violations"]) == (1, 2)
    first, second = document["failures"]
    assert (first["seed"], first["account"], first["at_ms"], first["shortened"]) == (2, "001", 61_000, True)
    assert (first["kind"], first["faults_happened"]) == ("protection: side of", 50)
    assert [each["fault"] for each in first["script"]["faults"]] == ["crash"]
    assert (second["seed"], second["shortened"], second["replays"]) == (4, False, 0)
    assert second["script"]["faults"] == [fault.value for fault in Fault]


def test_faults_that_were_asked_for_and_never_happened_are_named() -> None:
    _, report = told("--seed", "1", "--faults", "torn-journal", *QUICK)
    assert "Never happened: torn-journal.\n" in report
    assert "request-lost" not in report


# --- the story ---


def test_verbose_tells_what_the_bot_did_and_what_befell_it_in_simulated_time() -> None:
    code, text = told("--seed", "3", "--verbose", "--faults", "stream", *QUICK)
    assert code == 0
    story, _, report = text.partition("\n\n")
    lines = story.splitlines()
    assert report.startswith("Played: ")
    times = [line[:12] for line in lines if line[0] != " "]
    assert times == sorted(times)
    assert any("001 INFO     request place NewOrder" in line for line in lines)
    assert any("001 INFO     answer place Accepted" in line for line in lines)
    assert any("001 DEBUG    stream execution: g_" in line for line in lines)
    assert any(" --- FAULT    event-" in line for line in lines)
    assert any("001 INFO     restored and trading:" in line for line in lines)


def test_the_story_tells_where_the_process_died_and_when_it_came_back(monkeypatch: pytest.MonkeyPatch) -> None:
    script = '{"seed": 1, "hours": 0.01, "accounts": 1, "faults": [], "crash_at": 5}'
    monkeypatch.setattr(sys, "stdin", io.StringIO(script))
    _, text = told("--script", "-", "--verbose")
    lines = text.splitlines()
    (killed,) = (line for line in lines if "process 1 is killed at its input or output 5: " in line)
    (begins,) = (line for line in lines if line.endswith("--- INFO     process 2 begins"))
    assert lines.index(killed) < lines.index(begins)
    assert f"{float(begins[6:12]) - float(killed[6:12]):.3f}" == "3.000"


def test_a_run_is_the_same_whether_or_not_its_story_is_told() -> None:
    _, quiet = told("--seed", "3", *QUICK)
    _, loud = told("--seed", "3", "--verbose", *QUICK)
    assert without_times(loud.partition("\n\n")[2]) == without_times(quiet).rstrip("\n")


# --- the same again ---


def test_a_plan_gives_the_same_result_again_in_one_process() -> None:
    plan = Plan(seed=4, hours=1.5, accounts=2, faults=frozenset(Fault))
    first = play(plan)
    assert first.happened
    assert play(plan) == first


def test_a_plan_gives_the_same_story_in_processes_that_hash_differently() -> None:
    """Every request, answer, message and decision, in order, and every figure of the report."""
    stories = [
        subprocess.run(
            [sys.executable, "-m", "gridtrader", "simulate", "--seed", "6", "--hours", "1", "--verbose"],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=False,
        )
        for seed in ("1", "2")
    ]
    first, second = (without_times(story.stdout) for story in stories)
    assert first.count("\n") > 300
    assert first == second
    assert stories[0].returncode == stories[1].returncode


def test_one_worker_and_two_print_the_same_report() -> None:
    argv = ("--seeds", "1..4", *QUICK)
    alone, together = told(*argv, "--jobs", "1"), told(*argv, "--jobs", "2")
    assert alone[0] == together[0]
    assert without_times(alone[1]) == without_times(together[1])


# --- ends ---


def test_an_interrupt_ends_the_command_with_what_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(plan: Plan) -> Result:
        if plan.seed == 5:
            raise KeyboardInterrupt
        return bot_that_fails(plan)

    monkeypatch.setattr(simulate, "play", interrupted)
    code, report = told("--seeds", "3..9", "--jobs", "1")
    assert code == 1
    assert report.startswith("Played: 2 of 7 runs, interrupted (seeds 3..9)")
    assert "  Not shortened. To play it again:\n  gridtrader simulate --seed 4 --hours 24" in report


def test_ctrl_c_ends_the_workers_too_and_a_terminal_is_told_how_far_it_is() -> None:
    """A whole process group is interrupted, as a terminal does."""
    terminal, far_end = os.openpty()
    argv = [sys.executable, "-m", "gridtrader", "simulate", "--seeds", "1..999", "--jobs", "2", *QUICK]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=far_end, text=True, start_new_session=True)
    os.close(far_end)
    shown = read_until(terminal, b"2 of 999 runs")
    os.killpg(process.pid, signal.SIGINT)
    out, _ = process.communicate(timeout=60)  # ends when the last process that could still write has ended
    shown += read_until(terminal, b"nothing like this")
    os.close(terminal)
    assert "of 999 runs, interrupted (seeds 1..999)" in out
    assert process.returncode == 1
    lines = shown.decode().split("\r\x1b[K")
    assert lines[:2] == ["", "0 of 999 runs"]
    assert lines[2].startswith("1 of 999 runs, ")
    assert lines[-1] == ""


def read_until(terminal: int, wanted: bytes) -> bytes:
    """Read what a terminal is told until something has been said, or nobody can say anything any more."""
    text = b""
    while wanted not in text:
        try:
            text += os.read(terminal, 4_096)
        except OSError:
            break
    return text


def test_a_reader_who_leaves_ends_the_command_quietly() -> None:
    argv = [sys.executable, "-m", "gridtrader", "simulate", "--seed", "1", "--hours", "500", "--verbose"]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(30) == 1
    assert process.stderr.read() == ""
    process.stderr.close()


def test_other_commands_do_not_load_the_simulation() -> None:
    code = (
        "import sys, gridtrader.cli; "
        "gridtrader.cli.main(['status', '--accounts-dir', 'nowhere']); "
        "print([name for name in sys.modules if name == 'greenlet' or name.startswith('gridtrader.simulat')])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"
