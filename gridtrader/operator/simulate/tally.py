"""What many runs came to: figures added up, and failures sorted by the law they broke."""

from collections import Counter
from dataclasses import dataclass, field, fields
from typing import Final

from gridtrader.simulation.many import Raised
from gridtrader.simulation.measures import Distribution
from gridtrader.simulation.run import Result
from gridtrader.simulation.shrink import Shrunk, law_kind
from gridtrader.simulation.verdicts import Verdicts
from gridtrader.simulation.world import Plan

NOT_PLAYED: Final = "the run could not be played"


@dataclass(slots=True)
class Failure:
    """A run in which a law was broken (`result`), or which raised an error (`trace`)."""

    plan: Plan
    kind: str
    result: Result | None = None
    trace: str = ""
    shrunk: Shrunk | None = None

    @property
    def law(self) -> str:
        if self.result is None or self.result.breach is None:
            return self.trace.strip().rpartition("\n")[2]
        return self.result.breach.law

    @property
    def account(self) -> str | None:
        return self.result.breach.account if self.result is not None and self.result.breach is not None else None

    @property
    def at_ms(self) -> int | None:
        """When, in ms since the beginning of the run."""
        if self.result is None or self.result.breach is None:
            return None
        return self.result.breach.at_ms - self.result.start_ms


@dataclass(slots=True)
class Tally:
    """The sum of the runs so far."""

    runs: int = 0
    account_hours: float = 0.0
    events: int = 0
    verdicts: Verdicts = field(default_factory=Verdicts)
    """Figures only: the broken laws are in `failures`."""
    faults: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)

    def add(self, plan: Plan, outcome: Result | Raised) -> None:
        """Take in a run."""
        self.runs += 1
        if isinstance(outcome, Raised):
            self.failures.append(Failure(plan, NOT_PLAYED, trace=outcome.trace))
            return
        self.account_hours += outcome.account_hours
        self.events += outcome.events
        self.faults.update(outcome.counts())
        _absorb(self.verdicts, outcome.verdicts)
        if outcome.breach is not None:
            self.failures.append(Failure(plan, law_kind(outcome.breach.law), outcome))

    def kinds(self) -> dict[str, list[Failure]]:
        """Return the failures by the law they broke, the most frequent first."""
        of_kind: dict[str, list[Failure]] = {}
        for failure in self.failures:
            of_kind.setdefault(failure.kind, []).append(failure)
        return dict(sorted(of_kind.items(), key=lambda item: -len(item[1])))

    def distributions(self) -> dict[str, Distribution]:
        """Return what the judges have measured, by name."""
        measured = ((each.name, getattr(self.verdicts, each.name)) for each in fields(Verdicts))
        return {name: value for name, value in measured if isinstance(value, Distribution)}

    def first_of_each_kind(self, most: int) -> list[Failure]:
        """Return the first failure of each law, at most so many, that a plan can be looked for."""
        firsts = [failures[0] for failures in self.kinds().values()]
        return [failure for failure in firsts if failure.result is not None][:most]


def _absorb(total: Verdicts, more: Verdicts) -> None:
    """Add figures, whatever the judges measure."""
    for each in fields(Verdicts):
        value = getattr(more, each.name)
        if isinstance(value, Distribution):
            getattr(total, each.name).merge(value)
        elif isinstance(value, Counter):
            getattr(total, each.name).update(value)
        elif isinstance(value, int):
            setattr(total, each.name, getattr(total, each.name) + value)
