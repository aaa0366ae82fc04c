"""What `gridtrader simulate` is asked for, and every way to ask wrongly."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from gridtrader.operator.command_line import BadArguments
from gridtrader.operator.simulate.arguments import FAMILIES, read_arguments
from gridtrader.operator.simulate.simulate import main
from gridtrader.simulation.faults import SAFE, Fault
from gridtrader.simulation.world import Plan
from tests.operator.simulate.runs import told


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
