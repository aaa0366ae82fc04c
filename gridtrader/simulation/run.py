"""A run as a value: a plan in, a result out, both small enough to travel between processes."""

import logging
from collections import Counter
from dataclasses import dataclass

from gridtrader.simulation.faults import Mishap
from gridtrader.simulation.verdicts import Breach, Verdicts
from gridtrader.simulation.world import HOUR_MS, Plan, World


@dataclass(frozen=True, slots=True)
class Result:
    """What a run came to. `account_hours` is what was played, which is less than planned if a law was broken."""

    plan: Plan
    verdicts: Verdicts
    happened: tuple[Mishap, ...]
    start_ms: int
    """When the run began in its own time, in ms since 1970: breaches and fills tell theirs on the same clock."""
    account_hours: float
    events: int

    @property
    def breach(self) -> Breach | None:
        """The first broken law."""
        return self.verdicts.breaches[0] if self.verdicts.breaches else None

    def counts(self) -> Counter[str]:
        """Return how often each fault happened."""
        return Counter(mishap.fault.value for mishap in self.happened)


def play(plan: Plan, handler: logging.Handler | None = None) -> Result:
    """Play a plan to its end, or to the first broken law. The same plan gives the same result, bit for bit."""
    return play_out(World(plan, handler))


def play_out(world: World) -> Result:
    """Play a world that has been made from a plan, see `play`."""
    verdicts = world.play()
    hours = (world.hub.now - world.start) / HOUR_MS
    happened = tuple(world.script.happened)
    return Result(world.plan, verdicts, happened, world.start, hours * world.plan.accounts, world.hub.events)
