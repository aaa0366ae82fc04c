"""A run is the same to the last log line wherever it is played: from one seed, whatever salts Python's hashes."""

import os
import subprocess
import sys

_TELL = """
import sys
from gridtrader.operator.simulate.story import tell
from gridtrader.simulation.faults import Fault
from gridtrader.simulation.world import Plan
tell(Plan(seed=int(sys.argv[1]), hours=2.25, accounts=3, faults=frozenset(Fault)), sys.stdout)
"""


def _story(seed: int, salt: str) -> str:
    told = subprocess.run(  # our own interpreter, our own words
        [sys.executable, "-c", _TELL, str(seed)],
        env={**os.environ, "PYTHONHASHSEED": salt},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return told.stdout


def test_a_seed_tells_the_same_story_in_every_process() -> None:
    story, *others = [_story(201, salt) for salt in ("1", "2", "3")]
    assert story.count("\n") > 5_000
    assert "is killed at its input or output" in story, "a restart is part of it"
    assert others == [story, story]
