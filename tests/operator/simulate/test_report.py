"""What `gridtrader simulate` tells of its runs: for people, for programs, and as a story."""

import io
import json
import sys
from pathlib import Path

import pytest

from gridtrader.simulation.faults import Fault
from gridtrader.simulation.run import play
from gridtrader.simulation.world import Plan
from tests.operator.simulate.runs import QUICK, told


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
