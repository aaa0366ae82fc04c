"""How the commands refuse: what they are told cannot be followed, nothing is done, exit code 2."""

import argparse
import sys
from typing import Final, NoReturn

from gridtrader.settings import SettingsError

EXIT_INVALID: Final = 2


class BadArguments(Exception):
    """Arguments that cannot be followed; the message is one line: place, value, what is allowed."""


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are `BadArguments`."""

    def error(self, message: str) -> NoReturn:
        raise BadArguments(message)


def refuse(error: Exception, program: str = "") -> int:
    """Say on standard error what is wrong, after the program's name if one is given, and return the exit code. The
    problems of a configuration name their places themselves, a line each."""
    if isinstance(error, SettingsError):
        lines = [str(problem) for problem in error.problems]
    else:
        lines = [f"{program}: {error}" if program else str(error)]
    sys.stderr.write("".join(f"{line}\n" for line in lines))
    return EXIT_INVALID
