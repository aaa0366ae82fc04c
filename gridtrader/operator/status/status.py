"""`gridtrader status`: what each account holds, has resting and is doing, from its files alone.

It asks no exchange and needs no key, works beside a running daemon and after a dead one, and changes nothing. The
accounts are the folders with digits as names; the configuration adds their names and whether they are to be traded.

Exit codes: 0 nothing needs a person; 1 something does - an enabled account is stopped by an emergency stop, is not
traded though a daemon is running, holds something without a take-profit, or has files that cannot be read; 2 bad
arguments. That no daemon is running is told and is no fault: it may be meant. Accounts that are disabled or not
configured never make it 1; where the configuration cannot be read, every account counts.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Final, TextIO

from rich.text import Text

from gridtrader.daemon import wiring
from gridtrader.daemon.clock import SystemClock
from gridtrader.operator.command_line import EXIT_INVALID
from gridtrader.operator.printing import print_all
from gridtrader.operator.status import table
from gridtrader.operator.status.document import document
from gridtrader.operator.status.judge import Daemon, Judged, judge, look_for_daemon, needs_attention
from gridtrader.operator.status.read import Configured, account_folders, read_account
from gridtrader.settings import AccountSettings, Settings, SettingsError, load_settings
from gridtrader.store.json_text import dumps

EXIT_OK: Final = 0
EXIT_ATTENTION: Final = 1

_SILENCE_S: Final = 60
_REFRESHES: Final = 4
"""A trading account renews its figures at least every `mm_refresh_max_s`; after four of them it is silent."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """What the configuration file adds; `problem` says why it adds nothing."""

    settings: Settings | None
    problem: str = ""

    @property
    def zone(self) -> tzinfo | None:
        return wiring.zone_of(self.settings.system) if self.settings else None

    @property
    def silence_s(self) -> int:
        if self.settings is None:
            return _SILENCE_S
        return max(_SILENCE_S, round(_REFRESHES * self.settings.system.engine.mm_refresh_max_s))

    def find(self, account_id: str) -> tuple[AccountSettings | None, Configured]:
        """Return an account's settings and what they say of it."""
        if self.settings is None:
            return None, Configured.UNKNOWN
        for account in self.settings.accounts:
            if account.id == account_id:
                return account, Configured.ENABLED if account.enabled else Configured.DISABLED
        return None, Configured.ABSENT


def run_status(
    accounts_dir: Path,
    config: Path,
    account_id: str | None = None,
    *,
    as_json: bool = False,
    now_ms: int | None = None,
    out: TextIO | None = None,
) -> int:
    """Print what the accounts' files say, of all accounts or level by level of one, and return the exit code.

    `now_ms` is the time of day and `out` standard output unless given.
    """
    out = out or sys.stdout
    now = SystemClock().now_ms() if now_ms is None else now_ms
    try:
        folders = account_folders(accounts_dir)
    except OSError as error:
        sys.stderr.write(f"{accounts_dir}: {error.strerror}; --accounts-dir names the directory of the accounts\n")
        return EXIT_INVALID
    chosen = [folder for folder in folders if account_id in (None, folder.name)]
    if account_id is not None and not chosen:
        known = ", ".join(folder.name for folder in folders) or "none"
        sys.stderr.write(f"account {account_id!r} has no folder in {accounts_dir}; there are: {known}\n")
        return EXIT_INVALID
    configuration = _configuration(config)
    daemon = look_for_daemon(accounts_dir)
    judged = [
        judge(read_account(folder, *configuration.find(folder.name), now), daemon, now, configuration.silence_s)
        for folder in chosen
    ]
    missing = _without_folder(configuration, folders) if account_id is None else []
    if as_json:
        tree = document(
            daemon,
            judged,
            accounts_dir=accounts_dir,
            config=config,
            config_problem=configuration.problem,
            without_folder=missing,
            now_ms=now,
            zone=configuration.zone,
        )
        out.write(f"{dumps(tree)}\n")
    else:
        _print(daemon, judged, configuration, missing, now, out, is_detail=account_id is not None)
    return EXIT_ATTENTION if needs_attention(judged) else EXIT_OK


def _configuration(config: Path) -> Configuration:
    try:
        return Configuration(load_settings(config, Path(), need_keys=False))
    except SettingsError as error:
        first, rest = error.problems[0], len(error.problems) - 1
        more = f" (and {rest} more)" if rest else ""
        return Configuration(None, f"{first}{more}")


def _without_folder(configuration: Configuration, folders: Sequence[Path]) -> list[str]:
    if configuration.settings is None:
        return []
    names = {folder.name for folder in folders}
    return [account.id for account in configuration.settings.enabled_accounts if account.id not in names]


def _print(
    daemon: Daemon,
    judged: Sequence[Judged],
    configuration: Configuration,
    missing: Sequence[str],
    now_ms: int,
    out: TextIO,
    *,
    is_detail: bool,
) -> None:
    if is_detail:
        parts = list(table.detail(daemon, judged[0], now_ms, configuration.zone))
    else:
        parts = list(table.overview(daemon, judged, now_ms))
    if missing:
        parts.append(Text(f"Enabled, and without a folder yet: {', '.join(missing)}."))
    if configuration.problem:
        parts.append(
            Text(f"The configuration cannot be used, names are left out: {configuration.problem}", style="yellow")
        )
    print_all(parts, out)
