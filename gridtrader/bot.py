"""MultiAccountBot: the supervisor. It knows which accounts should run and which do, and makes the two agree.

Accounts start one after another; one that hangs or fails is passed over (T3). An account stopped by an emergency
comes back when its file is removed by hand (R3); one whose start failed for a passing reason is tried again.
"""

import contextlib
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gridtrader.daemon import wiring
from gridtrader.daemon.account import AccountRunner
from gridtrader.daemon.clock import SystemClock
from gridtrader.daemon.diary import AccountDiary
from gridtrader.daemon.dry_files import DryRunLogs
from gridtrader.daemon.edge import DryRunEdge, Edge, LiveEdge, Shared
from gridtrader.daemon.policy import AccountPolicy
from gridtrader.daemon.session import Phase
from gridtrader.engine.ports import ArchiveError
from gridtrader.engine.view import AccountView
from gridtrader.exchange.credentials import ApiKey
from gridtrader.exchange.rate_budget import RateBudget
from gridtrader.exchange.supervisor import ConnectionBudget
from gridtrader.exchange.tickers import TickerHub
from gridtrader.logs import AccountLogs, DaemonLogs, Redactor
from gridtrader.settings import AccountSettings, Settings
from gridtrader.store.archive import JOURNAL_NAME
from gridtrader.store.emergency import acknowledge_stop, interrupted_stop, is_released, is_stopped, read_stop
from gridtrader.store.folders import account_folder
from gridtrader.store.lock import DirectoryLock

_LOOK_S = 0.5
_STUCK_S = 60.0
"""An engine that takes no step for so long is reported: every blocking call in it has a shorter deadline."""


@dataclass(slots=True)
class Member:
    """One configured account as the supervisor sees it."""

    account: AccountSettings
    folder: Path
    runner: AccountRunner | None = None
    logs: AccountLogs | None = None
    policy: AccountPolicy = field(default_factory=AccountPolicy)
    last_view: AccountView | None = None
    is_reported_stuck: bool = False

    @property
    def phase(self) -> Phase:
        return self.policy.phase

    @property
    def reason(self) -> str:
        return self.policy.reason


class MultiAccountBot:
    """Owns the accounts of one process. `run` blocks until `stop` is called, from any thread."""

    def __init__(
        self,
        settings: Settings,
        keys: Mapping[str, ApiKey],
        accounts_dir: Path,
        logs: DaemonLogs,
        redact: Redactor,
        clock: SystemClock,
        *,
        venue: str = "bybit",
        dry_run_edge: DryRunEdge | None = None,
    ) -> None:
        """`keys` has those of the live accounts; without `dry_run_edge` an account in dry run does not start."""
        self._dry_run_edge = dry_run_edge
        self._settings = settings
        self._keys = keys
        self._accounts_dir = accounts_dir
        self._logs = logs
        self._redact = redact
        self._clock = clock
        system = settings.system
        edge = wiring.edge_settings(system)
        connections = ConnectionBudget(edge, clock)
        tickers = TickerHub(
            wiring.hosts_of(system, demo=False),
            wiring.hosts_of(system, demo=True),
            connections,
            edge,
            clock,
            logs.bot,
        )
        self._shared = Shared(system, edge, RateBudget(edge, clock), connections, tickers, clock, venue)
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self.members = [
            Member(account, account_folder(accounts_dir, account.id, dry_run=account.dry_run))
            for account in settings.accounts
            if account.enabled
        ]

    # --- life ---

    def run(self) -> None:
        """Start the accounts and look after them until `stop`; returns when all is closed. Raises StoreError."""
        with DirectoryLock(self._accounts_dir):
            self._logs.bot.info("starting %d account(s)", len(self.members))
            try:
                for member in self.members:
                    if not self._stopping.is_set():
                        self._launch(member)
                while not self._stopping.is_set():
                    self._wake.wait(_LOOK_S)
                    self._wake.clear()
                    for member in self.members:
                        self._look_after(member)
                    if self.has_failed:
                        self._logs.bot.critical("no account can trade, and none may come back by itself: ending")
                        return
            finally:
                self._shut_down()

    @property
    def has_failed(self) -> bool:
        """Whether every account has failed for a reason that only a change of configuration or keys can mend."""
        return all(member.policy.is_lost for member in self.members)

    def stop(self) -> None:
        """Ask for the end; returns at once."""
        self._stopping.set()
        self._wake.set()

    def _shut_down(self) -> None:
        """Close everything within the shutdown time; orders stay on the exchange (T8)."""
        deadline = time.monotonic() + self._settings.system.daemon.shutdown_timeout_s
        running = [member for member in self.members if member.runner is not None]
        for member in running:
            if member.runner is not None:
                member.runner.ask_to_stop()
        for member in running:
            if member.runner is not None and not member.runner.join(deadline - time.monotonic() - 1.0):
                self._logs.bot.error("account %s did not end in time and is left behind", member.account.id)
            self._note(member)
        self._shared.tickers.close()
        for member in running:
            if member.logs is not None:
                member.logs.close()
        self._logs.bot.info("stopped")

    # --- one account ---

    def _launch(self, member: Member) -> None:
        """Start an account and wait until it trades, fails, or has had its time (T3)."""
        account_id = member.account.id
        try:
            self._make_folder(member.folder)
            if is_stopped(member.folder) and interrupted_stop(member.folder, member.folder / JOURNAL_NAME) is None:
                self._hold_back(member)
                return
        except OSError as error:
            self._enter(member, Phase.FAILED, f"its folder cannot be used: {error}")
            return
        edge = self._edge_of(member.account)
        if edge is None:
            self._enter(
                member, Phase.FAILED, "it is in dry run, and this daemon was made without an exchange for that"
            )
            return
        member.logs = member.logs or self._open_logs(member)
        member.policy.launched()
        label = f"account {account_id}{' DRY RUN' if member.account.dry_run else ''}"
        diary = AccountDiary(label, member.logs, self._logs)
        member.runner = AccountRunner(member.account, edge, member.folder, self._shared, diary, self._wake.set)
        member.runner.start()
        deadline = time.monotonic() + self._settings.system.engine.start_timeout_s
        while member.runner.phase is Phase.STARTING and not self._stopping.is_set():
            left = deadline - time.monotonic()
            if left <= 0:
                self._logs.bot.error("account %s takes long to start; the others go on meanwhile", account_id)
                break
            self._wake.wait(min(left, _LOOK_S))
            self._wake.clear()
        self._look_after(member)

    def _make_folder(self, folder: Path) -> None:
        """Make an account's folder; never the directory of all, which may be a disk that is missing (R3)."""
        for part in (folder.parent, folder):
            if part != self._accounts_dir:
                with contextlib.suppress(FileExistsError):
                    part.mkdir(mode=0o700)

    def _edge_of(self, account: AccountSettings) -> Edge | None:
        """Return the account's way to its exchange; None for a dry run that nobody can play."""
        if not account.dry_run:
            return LiveEdge(account, self._keys[account.id], self._shared)
        return None if self._dry_run_edge is None else self._dry_run_edge(account, self._shared)

    def _open_logs(self, member: Member) -> AccountLogs:
        system = self._settings.system
        kind = DryRunLogs if member.account.dry_run else AccountLogs
        return kind(
            member.folder,
            self._redact,
            self._clock.now_ms,
            wiring.log_bounds(system),
            zone=wiring.zone_of(system),
            level=system.logs.level,
            on_trouble=self._logs.record,
        )

    def _hold_back(self, member: Member) -> None:
        """An emergency file is there: the account waits for a person (R3)."""
        try:
            acknowledge_stop(member.folder / JOURNAL_NAME, self._clock.now_ms)
            stop = read_stop(member.folder)
        except ArchiveError as error:
            self._logs.bot.error("account %s: its removal will not be noticed: %s", member.account.id, error)
            stop = None
        reason = stop.reason if stop is not None else "an emergency file is there"
        member.policy.note(Phase.STOPPED, reason, self._clock.monotonic())
        self._logs.bot.critical(
            "account %s does not start: emergency stop: %s; remove %s when its cause is gone",
            member.account.id,
            reason,
            member.folder / ".emergency_stop",
        )

    def _look_after(self, member: Member) -> None:
        self._note(member)
        now, policy = self._clock.monotonic(), member.policy
        looks_for_file = policy.looks_for_file(now, self._settings.system.daemon.stop_file_check_s)
        if policy.phase is Phase.TRADING and member.runner is not None:
            if looks_for_file:
                self._heed_stop_file(member.folder, member.runner)
            self._report_stuck(member, member.runner)
        elif looks_for_file:
            self._look_for_release(member)
        elif policy.is_due(now):
            self._relaunch(member)

    def _heed_stop_file(self, folder: Path, runner: AccountRunner) -> None:
        """An emergency file that a person has made stops an account that trades."""
        try:
            if is_stopped(folder):
                runner.order_stop("the emergency file was made by hand")
        except ArchiveError as error:
            self._logs.bot.warning("account %s: %s", runner.account.id, error)

    def _look_for_release(self, member: Member) -> None:
        has_ended = member.runner is None or member.runner.join(0)  # else it is still writing its stop down
        if has_ended and is_released(member.folder, member.folder / JOURNAL_NAME):
            self._logs.bot.warning("account %s: the emergency file was removed; starting again", member.account.id)
            self._relaunch(member)

    def _note(self, member: Member) -> None:
        """Take over what the runner says of itself."""
        runner = member.runner
        if runner is not None:
            member.last_view = runner.view or member.last_view
            self._enter(member, runner.phase, runner.reason, is_passing=runner.is_passing)

    def _enter(self, member: Member, phase: Phase, reason: str, *, is_passing: bool = False) -> None:
        now, log, account_id = self._clock.monotonic(), self._logs.bot, member.account.id
        if not member.policy.note(phase, reason, now, is_passing=is_passing):
            return
        match phase:
            case Phase.TRADING:
                log.info("account %s trades%s", account_id, " (DRY RUN)" if member.account.dry_run else "")
            case Phase.STOPPED:
                log.critical("account %s: emergency stop: %s", account_id, reason)
            case Phase.FAILED:
                log.critical("account %s does not trade: %s", account_id, reason)
                if member.policy.next_try is not None:
                    log.warning("account %s: it is started again in %d s", account_id, member.policy.next_try - now)
            case Phase.STARTING | Phase.ENDED:
                pass

    def _relaunch(self, member: Member) -> None:
        """Start an account anew, with a full restoration, once its old thread is gone."""
        if member.runner is not None and not member.runner.join(0):
            return
        member.runner = None
        self._launch(member)

    def _report_stuck(self, member: Member, runner: AccountRunner) -> None:
        is_stuck = runner.silent_s > _STUCK_S
        if is_stuck and not member.is_reported_stuck:
            self._logs.bot.error("account %s has taken no step for %d s", member.account.id, int(runner.silent_s))
        member.is_reported_stuck = is_stuck
