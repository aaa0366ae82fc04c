"""One mutant at trial: a program of its own, so that the package it imports is the mutant's.

`trial.py FOLDER` with plans on standard input, one a line as JSON; one verdict a line on standard output. FOLDER
holds the package and must come first on the path, which is the caller's business.
"""

import json
import signal
import sys
from pathlib import Path
from typing import Any

import gridtrader
from gridtrader.simulation.faults import SAFE, Fault
from gridtrader.simulation.run import play
from gridtrader.simulation.world import HOUR_MS, Plan

MOST_CPU_S = 300
"""A run that takes longer goes round in circles: the longest sound one takes a tenth of it."""


class NoEnd(BaseException):
    """The run goes round in circles; no handler of the bot's may catch it."""


def main() -> int:
    """Play plan after plan."""
    folder = Path(sys.argv[1]).resolve()
    if not Path(gridtrader.__file__).is_relative_to(folder):
        sys.stderr.write(f"the package was found at {gridtrader.__file__}, not in {folder}\n")
        return 2
    signal.signal(signal.SIGVTALRM, _give_up)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_judge(json.loads(line))) + "\n")
        sys.stdout.flush()
    return 0


def _judge(wanted: dict[str, Any]) -> dict[str, Any]:
    faults = frozenset(Fault) if wanted["faults"] else SAFE
    plan = Plan(wanted["seed"], wanted["hours"], wanted["accounts"], faults)
    signal.setitimer(signal.ITIMER_VIRTUAL, MOST_CPU_S)
    try:
        result = play(plan)
    except NoEnd:
        return {"law": "hang: the run does not end", "hours": 0.0}
    except Exception as error:  # noqa: BLE001  # whatever it is, the mutant has shown itself
        return {"law": f"exception: {type(error).__name__}: {error}", "hours": 0.0}
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    breach = result.breach
    hours = (breach.at_ms - result.start_ms) / HOUR_MS if breach else plan.hours
    return {"law": breach.law if breach else None, "hours": hours}


def _give_up(number: int, frame: object) -> None:
    raise NoEnd


if __name__ == "__main__":
    sys.exit(main())
