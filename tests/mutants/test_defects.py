"""The list of seeded defects does not rot, and the trial is a fair one."""

import ast
from pathlib import Path

import pytest

from tests.mutants import __main__ as command
from tests.mutants.defect import Defect, Edit
from tests.mutants.defects import DEFECTS
from tests.mutants.lab import PACKAGE, Finding, Run, Sound, Unsound, Verdict, changed, copied, find, trial
from tests.support.syntax import syntax_tree

AT_ONCE = Run(seed=1, hours=0.25, accounts=1)
"""Long enough for the crudest mistakes."""

HARMLESS = Defect("harmless", "Nobody suffers.", "", (Edit("engine/errors.py", "comes to a halt", "stops"),))


def defect(name: str) -> Defect:
    return next(found for found in DEFECTS if found.name == name)


def test_there_are_enough_defects_and_each_has_a_name_of_its_own() -> None:
    assert len({found.name for found in DEFECTS}) == len(DEFECTS) >= 32


@pytest.mark.parametrize("found", DEFECTS, ids=lambda found: found.name)
def test_each_defect_changes_the_tree_as_it_is_into_a_program(found: Defect) -> None:
    assert found.harm.endswith(".")
    assert found.edits
    for file in {edit.file for edit in found.edits}:
        text = (PACKAGE / file).read_text()
        mutant = changed(text, found, file)  # raises where a place does not occur exactly once
        assert ast.dump(syntax_tree(mutant)) != ast.dump(syntax_tree(text))


def test_a_place_that_is_gone_is_told_by_file_and_text() -> None:
    lost = Defect("lost", "Nobody suffers.", "", (Edit("engine/errors.py", "no such words", ""),))
    with pytest.raises(Unsound, match=r"lost: engine/errors\.py has 'no such words' 0 times, not once"):
        changed((PACKAGE / "engine/errors.py").read_text(), lost, "engine/errors.py")


def test_the_simulator_finds_a_crude_defect_with_its_very_first_orders() -> None:
    with copied(PACKAGE) as folder:
        finding = find(defect("leverage-in-step"), [AT_ONCE], Sound(folder / PACKAGE.name))
    assert finding.run == AT_ONCE
    assert finding.law is not None
    assert "S4: " in finding.law
    assert finding.hours < AT_ONCE.hours


def test_a_run_that_fails_without_the_defect_is_no_find() -> None:
    with copied(PACKAGE, defect("leverage-in-step")) as folder:
        sound = Sound(folder / PACKAGE.name)
        finding = find(HARMLESS, [AT_ONCE], sound)
    assert finding.run is None
    assert list(sound.broken) == [AT_ONCE]


def test_a_package_that_cannot_be_loaded_is_an_error_and_no_find(tmp_path: Path) -> None:
    with pytest.raises(Unsound, match="the trial has ended: the package was found at"):
        list(trial(tmp_path, [AT_ONCE]))


def test_every_fifth_run_is_calm_and_later_ones_are_longer() -> None:
    plans = command.runs(command.SEEDS)
    assert [run.seed for run in plans] == list(range(1, 201))
    assert sum(not run.faults for run in plans) == 40
    assert plans[-1].hours * plans[-1].accounts > plans[0].hours * plans[0].accounts


@pytest.mark.parametrize(("is_found", "code"), [(True, 0), (False, 1)])
def test_a_defect_that_survives_fails_the_command(
    is_found: bool, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def pretend(found: Defect, runs: list[Run], sound: Sound) -> Finding:
        law = "DOGEUSDT: symmetry: level 3 is missing on LONG" if is_found else None
        return Finding(found, runs[0] if is_found else None, law, 16.0, 2.0)

    monkeypatch.setattr(command, "find", pretend)
    assert command.main(["--only", "nothing-ahead"]) == code
    printed = capsys.readouterr().out
    assert ("NOT FOUND nothing-ahead: " in printed) is not is_found
    assert f"{int(is_found)} of 1 defects found" in printed


def test_an_unknown_name_is_told_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--only", "no-such"]) == 2
    assert "--only no-such: no such defect; there are attempt-after-filled, " in capsys.readouterr().err


def test_a_verdict_is_what_the_trial_says_of_a_sound_package() -> None:
    with copied(PACKAGE) as folder:
        assert list(trial(folder, [AT_ONCE])) == [(AT_ONCE, Verdict(None, 0.25))]
