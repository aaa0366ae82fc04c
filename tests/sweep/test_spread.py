"""How the tasks of a sweep are spread: Ctrl-C, all cores, a cluster."""

import importlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gridtrader.sweep.task import Task, play
from tests.sweep.support import Desk, StandIn

GRID = ("--grid", "grid_step_percent=0.5,1,2", "--grid", "take_profit_percent=0.5,1")


# --- interruption ---


def test_ctrl_c_finishes_what_is_being_played_and_shows_what_there_is(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(task: Task) -> object:
        if task.number == 3:
            os.kill(os.getpid(), signal.SIGINT)
        return play(task)

    monkeypatch.setattr("gridtrader.sweep.spread.play", interrupted)
    before = signal.getsignal(signal.SIGINT)
    code, text = desk.sweep(*GRID)
    assert code == 1
    assert len(desk.rows()) == 4
    assert "Interrupted: 4 of 12 were played." in text
    assert "finishing what is being played" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGINT) is before


def test_a_second_ctrl_c_does_not_wait(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(task: Task) -> object:
        if task.number == 3:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(60)
        return play(task)

    monkeypatch.setattr("gridtrader.sweep.spread.play", interrupted)
    code, text = desk.sweep(*GRID)
    assert code == 1
    assert len(desk.rows()) == 3
    assert "Interrupted: 3 of 12 were played." in text


def test_ctrl_c_on_all_cores_leaves_no_process_and_a_whole_csv(desk: Desk) -> None:
    argv = desk.arguments("--grid", "grid_step_percent=0.1:9:0.01", "--jobs", "2", "--csv", str(desk.csv))
    with subprocess.Popen(
        [sys.executable, "-m", "gridtrader", "sweep", *argv],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        children = _until_busy(process.pid)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err == "gridtrader sweep: finishing what is being played; Ctrl-C again does not wait\n"
    assert 0 < len(desk.rows()) < 891 * 2
    assert {row["reason"] for row in desk.rows()} == {""}
    assert f"Interrupted: {len(desk.rows()):,} of 1,782 were played." in out
    assert _all_end(children)


def _until_busy(pid: int) -> list[str]:
    """Wait until both workers have begun; return the processes."""
    deadline = time.monotonic() + 60
    place = Path(f"/proc/{pid}/task/{pid}/children")
    while time.monotonic() < deadline:
        children = place.read_text().split()
        if len(children) >= 3:  # Python keeps a tracker of its resources beside its workers
            return children
        time.sleep(0.05)
    raise AssertionError("no workers")


def _all_end(pids: list[str]) -> bool:
    """Return whether all processes come to their end; one that nobody has asked about since has ended too."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        states = [Path(f"/proc/{pid}/stat") for pid in pids]
        if all(not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z" for state in states):
            return True
        time.sleep(0.05)
    return False


# --- a cluster ---


@pytest.fixture
def ray(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    cluster = StandIn()
    real = importlib.import_module
    monkeypatch.setattr(importlib, "import_module", lambda name: cluster if name == "ray" else real(name))
    yield cluster
    assert not cluster.is_running


def test_a_cluster_plays_the_same_rows(desk: Desk, ray: StandIn) -> None:
    assert desk.sweep(*GRID)[0] == 0
    here = desk.csv.read_bytes()
    assert desk.sweep(*GRID, "--ray", "auto")[0] == 0
    assert desk.csv.read_bytes() == here
    assert (ray.address, ray.sent) == ("auto", 12)
    assert ray.functions == {"gridtrader.sweep.task.play"}
    assert ray.most_open == 4  # two for each CPU


def test_a_task_that_fails_on_a_cluster_is_a_row(desk: Desk, ray: StandIn) -> None:
    ray.fails = lambda task: task.number == 1
    assert desk.sweep(*GRID, "--ray", "auto")[0] == 1
    reasons = [row["reason"] for row in desk.rows()]
    assert reasons == ["", "failed: RuntimeError: the worker died", *[""] * 10]


def test_ctrl_c_on_a_cluster_begins_nothing_more(desk: Desk, ray: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    real = ray.wait

    def wait(references: list[int], *, num_returns: int) -> object:
        if ray.sent == 5 and len(references) == 4:
            os.kill(os.getpid(), signal.SIGINT)
        return real(references, num_returns=num_returns)

    monkeypatch.setattr(ray, "wait", wait)
    code, text = desk.sweep(*GRID, "--ray", "auto")
    assert code == 1
    assert (ray.sent, len(desk.rows()), ray.cancelled) == (5, 5, [])
    assert "Interrupted: 5 of 12 were played." in text


def test_a_second_ctrl_c_cancels_what_the_cluster_is_at(
    desk: Desk, ray: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait(references: list[int], *, num_returns: int) -> object:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        raise AssertionError("went on")

    monkeypatch.setattr(ray, "wait", wait)
    assert desk.sweep(*GRID, "--ray", "auto")[0] == 1
    assert sorted(ray.cancelled) == [0, 1, 2, 3]
    assert desk.rows() == []


def test_without_ray_one_line_says_what_to_install(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    assert desk.sweep("--ray", "auto")[0] == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line == "gridtrader sweep: --ray: ray is not installed, allowed: after pip install 'gridtrader[ray]'"


def test_a_cluster_that_does_not_answer_is_one_line(
    desk: Desk, ray: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    assert desk.sweep("--ray", "nowhere")[0] == 2
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        for address in (f"127.0.0.1:{port}", f"ray://127.0.0.1:{port}"):
            assert desk.sweep("--ray", address)[0] == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("gridtrader sweep: --ray: found 'nowhere': Could not find any running Ray instance.,")
    assert all("Connection refused, allowed: a cluster that runs" in line for line in lines[1:])


def test_ray_is_not_imported_unless_it_is_asked_for() -> None:
    code = "import sys, gridtrader.operator.sweep.sweep; print('ray' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "False\n"
