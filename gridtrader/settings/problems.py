"""What is wrong with a configuration: one line per problem, all problems at once."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault. `line` and `column` count from 1; None where the fault has no place (a missing file).

    `key` is the path of the value (`accounts[0].symbols[1].leverage`) or the name of a variable, empty for a fault
    of the file as a whole. `message` says what was found and what is allowed; it never holds a secret.
    """

    file: str
    line: int | None
    key: str
    message: str
    column: int | None = None

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        return f"{place}: {self.key}: {self.message}" if self.key else f"{place}: {self.message}"


class SettingsError(Exception):
    """The configuration is not valid; nothing may start on it. `problems` are in the order of the files' lines."""

    def __init__(self, problems: Sequence[Problem], warnings: Sequence[Problem] = ()) -> None:
        self.problems = tuple(problems)
        self.warnings = tuple(warnings)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def in_order(problems: Sequence[Problem]) -> list[Problem]:
    """Sort by line within each file; files stay in the order in which they first appear."""
    files = list(dict.fromkeys(problem.file for problem in problems))
    return sorted(problems, key=lambda problem: (files.index(problem.file), problem.line or 0))
