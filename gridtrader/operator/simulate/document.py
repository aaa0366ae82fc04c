"""`gridtrader simulate --json`: one object, its keys and their order stable.

plan               first_seed, last_seed, hours, accounts, faults (names), crash_at, prices: what was asked for
                   (with a script: of the script; `faults` are then the kinds in it)
runs               how many were played; fewer than asked for if interrupted
interrupted        whether Ctrl-C ended it
violations         runs in which a law was broken or that could not be played; the exit code is 1 if there are any
account_hours      simulated hours times accounts
wall_s, account_hours_per_s, jobs      of the runs, without the shortening; all else is always the same
events, fills, take_profits, commands, quiet_points
faults             kind of fault → how often it happened, for every kind there is
durations_ms       what was measured → count, median, p99 (both upper bounds, powers of 2), longest, total
failures           one for each violation, in order of seeds:
  seed
  account, at_ms   whose law, and when since the beginning; null where the run could not be played
  law, kind        what was broken; kind is the same for all failures of the same sort
  trace            "", or the traceback where the run could not be played
  faults_happened
  script           what to give to --script
  shortened        whether the script is shorter than the run, and has been played again and broken the same law
  replays          how many it took; 0 where another failure of the same kind was shortened instead
"""

from decimal import Decimal

from gridtrader.operator.simulate.arguments import Wanted
from gridtrader.operator.simulate.script import script_of
from gridtrader.operator.simulate.tally import Failure, Tally
from gridtrader.simulation.faults import Fault
from gridtrader.simulation.measures import Distribution
from gridtrader.store.json_text import Json


def document(wanted: Wanted, tally: Tally, wall_s: float, *, is_interrupted: bool) -> dict[str, Json]:
    """Return everything the runs came to. `wall_s` is how long the runs took, seconds."""
    plan, verdicts = wanted.plan, tally.verdicts
    return {
        "plan": {
            "first_seed": wanted.seeds[0],
            "last_seed": wanted.seeds[-1],
            "hours": Decimal(repr(plan.hours)),
            "accounts": plan.accounts,
            "faults": [fault.value for fault in Fault if fault in plan.faults],
            "crash_at": plan.crash_at,
            "prices": list(plan.prices),
        },
        "runs": tally.runs,
        "interrupted": is_interrupted,
        "violations": len(tally.failures),
        "account_hours": _rounded(tally.account_hours),
        "wall_s": _rounded(wall_s),
        "account_hours_per_s": _rounded(tally.account_hours / wall_s if wall_s else 0.0),
        "jobs": wanted.jobs,
        "events": tally.events,
        "fills": verdicts.fills,
        "take_profits": verdicts.take_profits,
        "commands": verdicts.commands,
        "quiet_points": verdicts.quiet_points,
        "faults": {fault.value: tally.faults[fault.value] for fault in Fault},
        "durations_ms": {name: _distribution(measured) for name, measured in tally.distributions().items()},
        "failures": [_failure(failure) for failure in tally.failures],
    }


def _distribution(measured: Distribution) -> dict[str, Json]:
    return {
        "count": measured.count,
        "median": measured.quantile(0.5),
        "p99": measured.quantile(0.99),
        "longest": measured.longest_ms,
        "total": measured.total_ms,
    }


def _failure(failure: Failure) -> dict[str, Json]:
    shrunk = failure.shrunk
    return {
        "seed": failure.plan.seed,
        "account": failure.account,
        "at_ms": failure.at_ms,
        "law": failure.law,
        "kind": failure.kind,
        "trace": failure.trace,
        "faults_happened": len(failure.result.happened) if failure.result else 0,
        "script": script_of(shrunk.plan if shrunk else failure.plan),
        "shortened": shrunk is not None and shrunk.is_proven,
        "replays": shrunk.replays if shrunk else 0,
    }


def _rounded(value: float) -> Decimal:
    return Decimal(f"{value:.3f}")
