"""The grid of parameter sets: keys of a symbol's configuration, spelled and validated as in `config.yaml`."""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from pydantic import ValidationError

from gridtrader.domain.exact import plain
from gridtrader.settings import AccountSettings, SymbolSettings, checks
from gridtrader.settings.explain import explain
from gridtrader.settings.load import ConfigFile
from gridtrader.settings.source import KeyPath, Place, Source

Value = int | Decimal
"""As YAML tells them apart: a whole number, or any other."""

KEYS: Final = tuple(key for key in SymbolSettings.model_fields if key != "symbol")
"""What can be varied."""
MOST_VALUES: Final = 1_000
MOST_SETS: Final = 100_000

_WHOLE: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]*)", re.ASCII)
_NUMBER: Final = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?", re.ASCII)
_FORM: Final = "KEY=VALUE,VALUE,… or KEY=FIRST:LAST:STEP"


class GridError(Exception):
    """A grid that makes no sense; the message is one line: place, value, what is allowed."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One key and the values it takes, in the order in which they were given, each once."""

    key: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """Every combination of the axes' values, the last axis changing fastest. Without axes it is one empty set."""

    axes: tuple[Axis, ...] = ()

    def __len__(self) -> int:
        count = 1
        for axis in self.axes:
            count *= len(axis.values)
        return count

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(axis.key for axis in self.axes)

    def sets(self) -> Iterator[Mapping[str, Value]]:
        """Yield the parameter sets."""
        for values in itertools.product(*(axis.values for axis in self.axes)):
            yield dict(zip(self.keys, values, strict=True))


def read_grid(options: Sequence[str]) -> Grid:
    """Return the grid of some `KEY=V,V,…`. Raises GridError; what a key allows is checked by `check_grid`."""
    axes: dict[str, Axis] = {}
    for option in options:
        key, sign, text = option.partition("=")
        if not sign or not text:
            raise GridError(f"--grid: found {option!r}, allowed: {_FORM}")
        if key not in KEYS:
            raise GridError(f"--grid: found key {key!r}, allowed: {', '.join(KEYS)}")
        if key in axes:
            raise GridError(f"--grid {key}: given a second time, allowed: each key once")
        axes[key] = Axis(key, _values(key, text))
    grid = Grid(tuple(axes.values()))
    if len(grid) > MOST_SETS:
        raise GridError(f"--grid: found {len(grid):,} parameter sets, allowed: at most {MOST_SETS:,}")
    return grid


def _values(key: str, text: str) -> tuple[Value, ...]:
    values: list[Value] = []
    for part in text.split(","):
        found = _range(key, part.strip()) if ":" in part else (_value(key, part.strip()),)
        for value in found:
            if value in values:
                raise GridError(
                    f"--grid {key}: found {plain(Decimal(value))} a second time, allowed: each value once"
                )
            values.append(value)
            if len(values) > MOST_VALUES:
                raise GridError(f"--grid {key}: more than {MOST_VALUES:,} values, allowed: at most so many")
    return tuple(values)


def _value(key: str, text: str) -> Value:
    if _WHOLE.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text) and not re.match(r"[-+]?0[0-9]", text):
        return Decimal(text)
    raise GridError(f"--grid {key}: found {text!r}, allowed: numbers, as {_FORM}")


def _range(key: str, text: str) -> Iterator[Value]:
    """Yield FIRST, FIRST + STEP, … as far as LAST, exactly."""
    parts = text.split(":")
    if len(parts) != 3:
        raise GridError(f"--grid {key}: found {text!r}, allowed: {_FORM}")
    first, last, step = (_value(key, part.strip()) for part in parts)
    if step <= 0 or last < first:
        raise GridError(f"--grid {key}: found {text!r}, allowed: FIRST:LAST:STEP, FIRST ≤ LAST, STEP above 0")
    value = first
    while value <= last:
        yield value
        value += step


# --- what the configuration allows ---


def check_grid(grid: Grid, account: AccountSettings) -> None:
    """Check each value as if it stood in the file, in the account's place. Raises GridError in the words of
    `config.yaml`."""
    for axis in grid.axes:
        for value in axis.values:
            for message in _complaints(account, axis.key, value):
                raise GridError(f"--grid {axis.key}: {message}")


def _complaints(account: AccountSettings, key: str, value: Value) -> list[str]:
    symbol = account.symbols[0].model_dump() | {key: value}
    tree = {"accounts": (account.model_dump() | {"symbols": (symbol,)},)}
    path: KeyPath = ("accounts", 0, "symbols", 0, key)
    source = Source("--grid", tree, values={path: Place(1, 1, plain(Decimal(value)))})
    try:
        ConfigFile.model_validate(tree)
        problems = checks.faults(source)
    except ValidationError as error:
        problems = explain(source, ConfigFile, error)
    return [problem.message for problem in problems]


def with_set(settings: SymbolSettings, chosen: Mapping[str, Value]) -> SymbolSettings:
    """Return a symbol's settings with a parameter set in the place of what is configured; the set is valid."""
    return SymbolSettings.model_validate(settings.model_dump() | dict(chosen))
