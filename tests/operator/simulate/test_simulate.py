"""`gridtrader simulate` as a process: the same plan gives the same words, and every end is a clean one."""

import os
import signal
import subprocess
import sys

import pytest

from gridtrader.operator.simulate import simulate
from gridtrader.simulation.faults import Fault
from gridtrader.simulation.run import Result, play
from gridtrader.simulation.world import Plan
from tests.operator.simulate.runs import QUICK, bot_that_fails, told, without_times


def test_a_run_is_the_same_whether_or_not_its_story_is_told() -> None:
    _, quiet = told("--seed", "3", *QUICK)
    _, loud = told("--seed", "3", "--verbose", *QUICK)
    assert without_times(loud.partition("\n\n")[2]) == without_times(quiet).rstrip("\n")


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
