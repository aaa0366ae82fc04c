"""`gridtrader simulate` as it is typed, and a bot that breaks a law where a test wants it."""

import io

from gridtrader.operator.simulate.simulate import main
from gridtrader.simulation.faults import Fault, Mishap
from gridtrader.simulation.run import Result
from gridtrader.simulation.shrink import Shrunk, shrink
from gridtrader.simulation.verdicts import Breach, Verdicts
from gridtrader.simulation.world import Plan
from tests.simulation.stage import START

QUICK = ("--hours", "0.5", "--accounts", "1")
CULPRIT = Mishap(60_000, "machine/crash", 1, Fault.CRASH)
NOISE = tuple(Mishap(1_000 * n, "001/1.1/rest", n, Fault.REPLY_LATE) for n in range(1, 50))


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
