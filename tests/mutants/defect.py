"""What a seeded defect is: a plausible mistake of the bot, as a change of its text."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edit:
    """`old`, which occurs exactly once in `file` (relative to the package), becomes `new`."""

    file: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Defect:
    """A mistake that the simulator has to find."""

    name: str
    harm: str
    """What a user would suffer."""
    law: str
    """The law of section 9 that should see it, or another word that the breach begins with."""
    edits: tuple[Edit, ...]
