"""What judges find and measure, and how much patience they have."""

from dataclasses import dataclass, field
from typing import Final

from gridtrader.simulation.measures import Distribution


@dataclass(frozen=True, slots=True)
class Breach:
    """A law that was broken."""

    at_ms: int
    account: str
    law: str

    def __str__(self) -> str:
        return f"{self.account}: {self.law}"


@dataclass(slots=True)
class Verdicts:
    """What the judges of a run have found and measured."""

    breaches: list[Breach] = field(default_factory=list)
    uncovered: Distribution = field(default_factory=Distribution)
    uncovered_away: Distribution = field(default_factory=Distribution)
    """As far as the bot was dead, blind or stopped meanwhile."""
    unequal: Distribution = field(default_factory=Distribution)
    unequal_away: Distribution = field(default_factory=Distribution)
    quiet_points: int = 0
    fills: int = 0
    take_profits: int = 0
    commands: int = 0


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the bot may take, in peace (`trouble`); milliseconds."""

    grace_ms: int
    """To answer a fill or a settlement."""
    bare_ms: int
    """To open where nothing stands."""
    uncovered_ms: int
    """To bring a take-profit to what it must be, while it sees and may act."""
    restless_ms: int
    """To come to rest once more."""


CALM: Final = Patience(grace_ms=1_000, bare_ms=60_000, uncovered_ms=5_000, restless_ms=120_000)
STORM: Final = Patience(grace_ms=45_000, bare_ms=900_000, uncovered_ms=30_000, restless_ms=1_200_000)
