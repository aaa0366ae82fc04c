"""`gridtrader check`: is the configuration right, and what would be traded? Changes nothing.

Exit codes: 0 all is well (warnings allowed), 1 the configuration is valid and the exchange says no, 2 the
configuration is not valid.
"""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Final, TextIO

from gridtrader.domain.exact import plain
from gridtrader.operator.command_line import EXIT_INVALID
from gridtrader.settings import AccountSettings, Problem, Settings, SettingsError, SymbolSettings, load_settings
from gridtrader.store.emergency import is_stopped
from gridtrader.store.folders import account_folder
from gridtrader.store.lock import is_held, read_holder

EXIT_OK: Final = 0
EXIT_REFUSED: Final = 1


class Grade(Enum):
    """How much a finding matters."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing seen: of an account (its id) or of the daemon as a whole (empty), with its remedy in the text."""

    account: str
    grade: Grade
    text: str


OnlineCheck = Callable[[Settings], Sequence[Finding]]
"""Asks the exchange about each account: rights of the key, modes, clock, limits."""


def run_check(
    config: Path,
    env_file: Path,
    accounts_dir: Path,
    online: OnlineCheck | None = None,
    *,
    need_keys: bool = True,
    as_json: bool = False,
    environ: Mapping[str, str] | None = None,
    out: TextIO | None = None,
) -> int:
    """Check the files, then, with `online`, the accounts on the exchange; print the outcome and return the exit code.

    `need_keys=False` leaves keys out, for the embedded exchange; `environ` is `os.environ` unless given; `out` is
    standard output unless given.
    """
    out = out or sys.stdout
    try:
        settings = load_settings(config, env_file, need_keys=need_keys, environ=environ)
    except SettingsError as error:
        _print_invalid(error, as_json=as_json, out=out)
        return EXIT_INVALID
    findings = [*_look_at_files(settings, accounts_dir), *(online(settings) if online else ())]
    is_refused = any(finding.grade is Grade.ERROR for finding in findings)
    if as_json:
        _print_json(_report(settings, findings, is_refused=is_refused), out)
    else:
        _print_report(settings, findings, out)
    return EXIT_REFUSED if is_refused else EXIT_OK


def _look_at_files(settings: Settings, accounts_dir: Path) -> list[Finding]:
    findings = [
        Finding(
            account.id,
            Grade.OK,
            f"dry run: no key is needed and no order is sent; it begins with {account.dry_run_balance_usdt:,} USDT",
        )
        for account in settings.enabled_accounts
        if account.dry_run
    ]
    if not accounts_dir.is_dir():
        text = f"{accounts_dir}: there is no such directory; make it before the first start"
        return [*findings, Finding("", Grade.WARNING, text)]
    try:
        if is_held(accounts_dir):
            pid = read_holder(accounts_dir)
            text = f"a daemon is running (process {pid}); it works with the configuration it was started with"
            findings.append(Finding("", Grade.OK, text))
        findings += [
            Finding(
                account.id, Grade.WARNING, "stopped by an emergency stop; it starts when .emergency_stop is removed"
            )
            for account in settings.enabled_accounts
            if is_stopped(account_folder(accounts_dir, account.id, dry_run=account.dry_run))
        ]
    except OSError as error:
        findings.append(Finding("", Grade.WARNING, str(error)))
    return findings


# --- for people ---


def _print_invalid(error: SettingsError, *, as_json: bool, out: TextIO) -> None:
    if as_json:
        report = {
            "ok": False,
            "problems": [_problem_tree(problem) for problem in error.problems],
            "warnings": [_problem_tree(warning) for warning in error.warnings],
            "accounts": [],
            "findings": [],
        }
        _print_json(report, out)
        return
    for problem in error.problems:
        print(problem, file=out)
    for warning in error.warnings:
        print(f"warning: {warning}", file=out)
    count = len(error.problems)
    print(f"\n{count} problem{'s' if count > 1 else ''}; nothing starts on this configuration.", file=out)


_HEADS: Final[tuple[str, ...]] = (
    "account",
    "name",
    "venue",
    "key",
    "symbol",
    "leverage",
    "size USD",
    "step %",
    "multiplier",
    "profit %",
    "levels",
    "full ladders USD",
)
_NUMBERS_FROM: Final = 5
"""Columns from here on are numbers, set to the right."""


def _print_report(settings: Settings, findings: Sequence[Finding], out: TextIO) -> None:
    rows = [_HEADS]
    for account in settings.accounts:
        rows += [_row(settings, account, symbol, is_first=not place) for place, symbol in enumerate(account.symbols)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADS))]
    for row in rows:
        cells = (
            cell.rjust(width) if column >= _NUMBERS_FROM else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  ".join(cells).rstrip(), file=out)
    enabled = settings.enabled_accounts
    pairs = sum(len(account.symbols) for account in enabled)
    ladders = f"{pairs} ladder{'' if pairs == 1 else 's'}"
    print(f"\n{len(enabled)} of {len(settings.accounts)} accounts enabled, {ladders} to trade.", file=out)
    for warning in settings.warnings:
        print(f"warning: {warning}", file=out)
    for finding in findings:
        who = f"account {finding.account}: " if finding.account else ""
        print(f"{finding.grade.value}: {who}{finding.text}", file=out)


def _row(settings: Settings, account: AccountSettings, symbol: SymbolSettings, *, is_first: bool) -> tuple[str, ...]:
    keys = settings.keys.get(account.id)
    who = (account.id, account.name[:24], _venue(account), keys.masked() if keys else "-")
    return (
        *(who if is_first else ("", "", "", "")),
        symbol.symbol,
        str(symbol.leverage),
        plain(symbol.initial_position_size_usd),
        plain(symbol.grid_step_percent),
        plain(symbol.averaging_multiplier),
        plain(symbol.take_profit_percent),
        str(symbol.max_grid_levels_per_side),
        f"{symbol.ladder_margin():.0f}",
    )


def _venue(account: AccountSettings) -> str:
    if not account.enabled:
        return "disabled"
    if account.dry_run:
        return "DRY RUN"
    return "demo" if account.demo_trading else "MAINNET"


# --- for programs ---


def _print_json(report: Mapping[str, Any], out: TextIO) -> None:
    print(json.dumps(report, indent=2), file=out)


def _report(settings: Settings, findings: Sequence[Finding], *, is_refused: bool) -> dict[str, Any]:
    return {
        "ok": not is_refused,
        "problems": [],
        "warnings": [_problem_tree(warning) for warning in settings.warnings],
        "accounts": [_account_tree(settings, account) for account in settings.accounts],
        "findings": [{"account": f.account, "grade": f.grade.value, "text": f.text} for f in findings],
    }


def _problem_tree(problem: Problem) -> dict[str, Any]:
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "key": problem.key,
        "message": problem.message,
    }


def _account_tree(settings: Settings, account: AccountSettings) -> dict[str, Any]:
    keys = settings.keys.get(account.id)
    return {
        "id": account.id,
        "name": account.name,
        "enabled": account.enabled,
        "demo_trading": account.demo_trading,
        "dry_run": account.dry_run,
        "api_key": keys.masked() if keys else None,
        "mm_rate_threshold": plain(account.risk.mm_rate_threshold),
        "balance_buffer_percent": plain(account.risk.balance_buffer_percent),
        "symbols": [_symbol_tree(symbol) for symbol in account.symbols],
    }


def _symbol_tree(symbol: SymbolSettings) -> dict[str, Any]:
    return {
        "symbol": symbol.symbol,
        "leverage": symbol.leverage,
        "initial_position_size_usd": plain(symbol.initial_position_size_usd),
        "grid_step_percent": plain(symbol.grid_step_percent),
        "averaging_multiplier": plain(symbol.averaging_multiplier),
        "take_profit_percent": plain(symbol.take_profit_percent),
        "max_grid_levels_per_side": symbol.max_grid_levels_per_side,
        "full_ladders_usd": f"{symbol.ladder_margin():.2f}",
    }
