"""API keys: from `.env` or from the process environment, and never shown.

The variables of account 001 are `001_BYBIT_API_KEY` and `001_BYBIT_API_SECRET`. If the environment has either of
them, both are taken from there and `.env` is not asked: two halves from two places are no pair. (systemd drops
variables whose names begin with a digit, so under systemd the keys stand in the file.)
"""

import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from dotenv.parser import parse_stream
from pydantic import SecretStr

from gridtrader.settings.problems import Problem
from gridtrader.settings.source import read_text

KEY_SUFFIX: Final = "_BYBIT_API_KEY"
SECRET_SUFFIX: Final = "_BYBIT_API_SECRET"
MIN_LENGTH: Final = 8
"""Bybit's are 18 and 36 characters long; anything this short is a placeholder."""

_VARIABLE: Final = re.compile(rf"(?P<id>[0-9]+)(?:{KEY_SUFFIX}|{SECRET_SUFFIX})")


@dataclass(frozen=True, slots=True)
class ApiKeys:
    """One account's pair. Only `get_secret_value()` shows what is inside."""

    key: SecretStr
    secret: SecretStr

    def masked(self) -> str:
        """Return enough of the key to tell two of them apart, and no more."""
        text = self.key.get_secret_value()
        return f"{text[:4]}…" if len(text) >= 2 * MIN_LENGTH else "…"


@dataclass(slots=True)
class KeyRing:
    """What was found: pairs by account id, and what is wrong or doubtful."""

    keys: dict[str, ApiKeys] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Variable:
    value: str
    file: str
    line: int | None


def read_keys(
    env_path: Path, environ: Mapping[str, str], account_ids: Iterable[str], configured_ids: Iterable[str]
) -> KeyRing:
    """Return the key pairs of `account_ids`; every one that is missing or unfit is a problem.

    `configured_ids` are all accounts of the configuration: variables of any other are doubtful.
    """
    ring = KeyRing()
    wanted = list(dict.fromkeys(account_ids))
    in_file = _read_file(env_path, ring) if wanted else {}
    keys: dict[str, _Variable] = {}
    for account_id in wanted:
        names = (account_id + KEY_SUFFIX, account_id + SECRET_SUFFIX)
        if any(name in environ for name in names):
            found = {name: _Variable(environ[name], "environment", None) for name in names if name in environ}
        else:
            found = {name: in_file[name] for name in names if name in in_file}
        if _take_pair(ring, account_id, names, found, env_path):
            keys[account_id] = found[names[0]]
    _refuse_shared(ring, keys)
    known = set(configured_ids)
    for name, variable in in_file.items():
        match = _VARIABLE.fullmatch(name)
        if match and match["id"] not in known:
            text = f'no account "{match["id"]}" is configured; not used'
            ring.warnings.append(Problem(variable.file, variable.line, name, text))
    return ring


def _take_pair(
    ring: KeyRing, account_id: str, names: tuple[str, str], found: Mapping[str, _Variable], env_path: Path
) -> bool:
    """Put the pair into the ring if both halves are there and fit; otherwise say what is wrong with each."""
    good = True
    for name in names:
        variable = found.get(name)
        if variable is None:
            place = next((half.file for half in found.values()), str(env_path))
            half = " while its other half is there" if found else ""
            nowhere = "" if found or env_path.exists() else " (there is no such file)"
            text = f'missing{half}{nowhere}, needed: account "{account_id}" is enabled and trades live'
            ring.problems.append(Problem(place, None, name, text))
            good = False
        elif reason := _unfit(variable.value):
            ring.problems.append(Problem(variable.file, variable.line, name, reason))
            good = False
    if good:
        key, secret = (SecretStr(found[name].value) for name in names)
        ring.keys[account_id] = ApiKeys(key, secret)
    return good


def _unfit(value: str) -> str:
    """Say what is wrong with a key or secret, without a character of it."""
    if not value:
        return "found nothing, needed: the value Bybit showed when the key was made"
    if not (value.isascii() and value.isprintable()) or " " in value:
        return "found a space or a character that no key has, needed: the value as Bybit showed it"
    if len(value) < MIN_LENGTH:
        return f"found {len(value)} characters, needed: at least {MIN_LENGTH}"
    return ""


def _refuse_shared(ring: KeyRing, keys: Mapping[str, _Variable]) -> None:
    """Two accounts with one key are one account of the exchange with two bots on it."""
    first: dict[str, str] = {}
    for account_id, variable in keys.items():
        owner = first.setdefault(variable.value, account_id)
        if owner != account_id:
            text = f'the same key as account "{owner}" has; each account needs its own'
            ring.problems.append(Problem(variable.file, variable.line, account_id + KEY_SUFFIX, text))
            del ring.keys[account_id]


def _read_file(path: Path, ring: KeyRing) -> dict[str, _Variable]:
    # No file is no fault in itself: the keys may be in the environment. If they are not, each is reported missing.
    text = read_text(path, ring.problems, may_be_missing=True)
    if text is None:
        return {}
    _warn_if_shared(path, ring)
    variables: dict[str, _Variable] = {}
    for binding in parse_stream(io.StringIO(text)):
        original = binding.original.string
        blank = len(original) - len(original.lstrip())
        line = binding.original.line + original.count("\n", 0, blank)
        if binding.error:
            ring.problems.append(Problem(str(path), line, "", "not a line of the form NAME=value"))
        elif binding.key is not None:
            if binding.key in variables:
                first = variables[binding.key].line
                ring.problems.append(
                    Problem(str(path), line, binding.key, f"the variable stands twice, first in line {first}")
                )
            variables.setdefault(binding.key, _Variable(binding.value or "", str(path), line))
    return variables


def _warn_if_shared(path: Path, ring: KeyRing) -> None:
    try:
        mode = path.stat().st_mode & 0o777
    except OSError:
        return
    if mode & 0o077:
        text = f"others than the owner can read it (mode {mode:04o}), needed: 0600, as by chmod 600"
        ring.warnings.append(Problem(str(path), None, "", text))
