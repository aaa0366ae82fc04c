"""Load and check the whole configuration; every problem is found in one run, and nothing starts with any."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from pydantic import Field, ValidationError

from gridtrader.settings import checks
from gridtrader.settings.accounts import AccountSettings
from gridtrader.settings.env import ApiKeys, KeyRing, read_keys
from gridtrader.settings.explain import explain
from gridtrader.settings.fields import Section
from gridtrader.settings.problems import Problem, SettingsError, in_order
from gridtrader.settings.source import Source, read_source
from gridtrader.settings.system import SystemSettings


class ConfigFile(Section):
    """The shape of `config.yaml`."""

    system: SystemSettings = SystemSettings()
    accounts: tuple[AccountSettings, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Settings:
    """A valid configuration. `keys` has an entry for each enabled live account, unless keys were not asked for."""

    system: SystemSettings
    accounts: tuple[AccountSettings, ...]
    keys: Mapping[str, ApiKeys]
    warnings: tuple[Problem, ...]

    @property
    def enabled_accounts(self) -> tuple[AccountSettings, ...]:
        return tuple(account for account in self.accounts if account.enabled)


def load_settings(
    config_path: Path, env_path: Path, *, need_keys: bool = True, environ: Mapping[str, str] | None = None
) -> Settings:
    """Return the configuration, or raise `SettingsError` with all its problems.

    `need_keys=False` (the embedded exchange makes its own) leaves `.env` and the environment unread. `environ` is
    `os.environ` unless given.
    """
    source = read_source(config_path)
    problems = list(source.problems)
    warnings: list[Problem] = []
    config = None
    ring = KeyRing()
    if source.tree is not None:
        config = _validate(source, problems)
        problems += checks.faults(source)
        warnings += checks.doubts(source)
        if config is not None:
            problems += checks.system_faults(source, config.system)
    if need_keys:
        variables = os.environ if environ is None else environ
        ring = read_keys(env_path, variables, _ids(source.tree, live_only=True), _ids(source.tree))
    problems += ring.problems
    warnings += ring.warnings
    if problems or config is None:
        raise SettingsError(in_order(problems), in_order(warnings))
    return Settings(config.system, config.accounts, MappingProxyType(ring.keys), tuple(in_order(warnings)))


def _validate(source: Source, problems: list[Problem]) -> ConfigFile | None:
    try:
        return ConfigFile.model_validate(source.tree)
    except ValidationError as error:
        problems += explain(source, ConfigFile, error)
        return None


def _ids(tree: object, *, live_only: bool = False) -> list[str]:
    """Return the accounts' ids, or those of the accounts that need keys, as far as the tree, valid or not, tells."""
    ids = []
    for _, account in checks.accounts_of(tree):
        account_id = account.get("id")
        live = account.get("enabled", True) is True and account.get("dry_run") is not True
        if isinstance(account_id, str) and account_id.isascii() and account_id.isdigit() and (live or not live_only):
            ids.append(account_id)
    return ids
