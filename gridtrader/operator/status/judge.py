"""What state each account is in, judged from its files and the lock, and whether that needs a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from gridtrader.operator.status.read import AccountFiles, Configured
from gridtrader.store.emergency import STOP_NAME
from gridtrader.store.errors import StoreError
from gridtrader.store.lock import LOCK_NAME, is_held, read_holder
from gridtrader.store.status import FAILED as FAILED_MODE
from gridtrader.store.times import duration

START_S: Final = 60
"""So long after the daemon's start an account may still be waiting for its turn."""


class State(Enum):
    """What an account is doing."""

    TRADING = "trading"
    STARTING = "starting"
    BLIND = "blind"
    """Its private stream is down; nothing is sent until it is back."""
    SILENT = "silent"
    """The daemon runs, and the account's figures are older than a trading account's ever are."""
    NOT_STARTED = "not started"
    """The daemon runs and has not started it."""
    FAILED = FAILED_MODE
    """The daemon runs, and could not start it, or it has failed; the reason is told."""
    STOPPED = "emergency stop"
    DOWN = "not running"
    """No daemon runs on these accounts."""


@dataclass(frozen=True, slots=True)
class Daemon:
    """Whether a daemon holds the accounts directory; None if that cannot be found out, `problem` says why."""

    running: bool | None
    pid: int | None = None
    since_ms: int | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """An account with its state; `problems` are what a person should see to, each with its remedy."""

    files: AccountFiles
    state: State
    age_s: int | None
    problems: tuple[str, ...]

    @property
    def needs_attention(self) -> bool:
        """Whether somebody has to do something; accounts that are not to be traded need nothing."""
        return bool(self.problems) and self.files.configured in (Configured.ENABLED, Configured.UNKNOWN)


def look_for_daemon(accounts_dir: Path) -> Daemon:
    """Return whether a daemon runs on this directory, from its lock."""
    try:
        if not is_held(accounts_dir):
            return Daemon(running=False)
        since_ms = (accounts_dir / LOCK_NAME).stat().st_mtime_ns // 1_000_000
    except (StoreError, OSError) as error:
        return Daemon(running=None, problem=str(error))
    return Daemon(True, read_holder(accounts_dir), since_ms)


def judge(files: AccountFiles, daemon: Daemon, now_ms: int, silence_s: int) -> Judged:
    """Return the account's state. `silence_s`: figures older than that are no trading account's."""
    age_s = None if files.told_ms is None else max(0, now_ms - files.told_ms) // 1000
    state = _state(files, daemon, now_ms, age_s, silence_s)
    problems = [*_state_problems(files, daemon, state, age_s), *files.problems]
    return Judged(files, state, age_s, tuple(problems))


def _state(files: AccountFiles, daemon: Daemon, now_ms: int, age_s: int | None, silence_s: int) -> State:
    if files.is_stopped:
        return State.STOPPED
    if not daemon.running or daemon.since_ms is None:
        return State.DOWN
    if files.told_ms is None or age_s is None or files.told_ms < daemon.since_ms:
        return State.STARTING if now_ms - daemon.since_ms < START_S * 1000 else State.NOT_STARTED
    told = _MODES.get(files.mode)
    if told is State.TRADING and age_s > silence_s:
        return State.SILENT
    return told or State.SILENT


_TOLD: Final = (State.TRADING, State.STARTING, State.BLIND, State.FAILED, State.STOPPED)
_MODES: Final = {state.value: state for state in _TOLD}


def _state_problems(files: AccountFiles, daemon: Daemon, state: State, age_s: int | None) -> Sequence[str]:
    logs = f"see {files.folder}/errors_*.log"
    match state:
        case State.STOPPED if files.is_stopped:
            return [_stop_words(files)]
        case State.STOPPED:
            return [f"emergency stop: {files.reason or 'reason not told'}; it has no {STOP_NAME}: {logs}"]
        case State.SILENT:
            return [f"it has told nothing for {duration(age_s or 0)}, though a daemon is running: {logs}"]
        case State.FAILED:
            return [f"it is not traded: {files.reason}; {logs}"]
        case State.NOT_STARTED:
            since = "" if daemon.pid is None else f" (process {daemon.pid})"
            return [f"the daemon{since} has not started it, or could not: {logs}, and the daemon's log"]
        case _:
            return []


def _stop_words(files: AccountFiles) -> str:
    remedy = f"when its cause is gone, remove {files.folder / STOP_NAME}"
    if files.stop is None:
        return f"emergency stop; {remedy}"
    where = f"{files.stop.symbol}: " if files.stop.symbol else ""
    return f"emergency stop: {where}{files.stop.reason}; {remedy}"


def needs_attention(accounts: Sequence[Judged]) -> bool:
    """Return whether any account needs a person."""
    return any(account.needs_attention for account in accounts)
