"""`gridtrader check --online`: what the exchange says about each enabled account, before it is traded.

Nothing is changed: every request is a GET, and for an account in dry run only what is public is asked. One account
that cannot be asked does not keep the others from it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from gridtrader.daemon.clock import SystemClock
from gridtrader.engine.ports import ArchiveError, Clock, GatewayError, Refusal, Refused
from gridtrader.exchange.credentials import ApiKey
from gridtrader.operator.check.account import AccountCheck, Contracts
from gridtrader.operator.check.check import Finding, OnlineCheck
from gridtrader.operator.check.dry_run import check_dry_run
from gridtrader.operator.check.holdings import Holdings
from gridtrader.operator.check.notes import Notes, remedy
from gridtrader.operator.venue import Desk, Venue
from gridtrader.settings import AccountSettings, Settings

_SKEW_WARNING_MS: Final = 1000
_SET_CLOCK: Final = "set this machine's clock (NTP)"


def online_check(accounts_dir: Path, clock: Clock | None = None) -> OnlineCheck:
    """Return the check for `run_check`; the journals of the accounts are read in `accounts_dir`."""
    return lambda settings: _OnlineCheck(settings, accounts_dir, clock or SystemClock()).run()


class _OnlineCheck:
    """One run over all accounts."""

    def __init__(self, settings: Settings, accounts_dir: Path, clock: Clock) -> None:
        self._settings = settings
        self._accounts_dir = accounts_dir
        self._clock = clock
        self._venue = Venue(settings.system, clock)

    def run(self) -> Sequence[Finding]:
        accounts = self._settings.enabled_accounts
        if not accounts:
            notes = Notes("")
            notes.warn("no account is enabled: the exchange was not asked anything")
            return notes.findings
        findings: list[Finding] = []
        for demo in (True, False):
            members = [account for account in accounts if account.demo_trading is demo]
            if members:
                findings += self._check_world(members, demo=demo)
        return findings

    def _check_world(self, accounts: Sequence[AccountSettings], *, demo: bool) -> list[Finding]:
        """Check the accounts of demo trading, or of the mainnet."""
        notes = Notes("")
        desk = self._venue.desk(None, demo=demo)
        try:
            if not self._reach(desk, accounts[0].symbols[0].symbol, notes):
                return notes.findings
            contracts = Contracts(desk)
            findings = [finding for account in accounts for finding in self._check_account(account, contracts)]
        finally:
            desk.close()
        return [*notes.findings, *findings]

    def _reach(self, desk: Desk, symbol: str, notes: Notes) -> bool:
        """Ask for anything at all. What the answer holds does not matter here, the time it bears does."""
        try:
            desk.client.instrument(symbol)
        except GatewayError as error:
            is_answer = isinstance(error, Refused) and error.refusal is not Refusal.RATE
            if not is_answer and not desk.client.skew.is_known:
                notes.fail(
                    f"{desk.rest} cannot be reached and its accounts are not checked: {error}; look at network, name "
                    f"service and firewall of this machine"
                )
                return False
        _check_clock(desk, self._settings.system.requests.recv_window_ms, notes)
        return True

    def _check_dry_run(self, account: AccountSettings, contracts: Contracts) -> list[Finding]:
        notes = Notes(account.id)
        try:
            check_dry_run(account, self._settings.system, contracts, notes)
        except GatewayError as error:
            notes.fail(f"{error}: {remedy(error, account.id)}; the rest of this account was not checked")
        return notes.findings

    def _check_account(self, account: AccountSettings, contracts: Contracts) -> list[Finding]:
        if account.dry_run:
            return self._check_dry_run(account, contracts)
        notes = Notes(account.id)
        pair = self._settings.keys[account.id]
        try:
            key = ApiKey(pair.key.get_secret_value(), pair.secret.get_secret_value())
        except ValueError as error:
            notes.fail(f"{error} ({account.id}_BYBIT_API_KEY, {account.id}_BYBIT_API_SECRET)")
            return notes.findings
        desk = self._venue.desk(key, demo=account.demo_trading)
        try:
            holdings = Holdings(desk.client, self._accounts_dir / account.id, self._clock, notes)
            AccountCheck(account, self._settings, desk, contracts, notes).run(holdings)
        except GatewayError as error:
            notes.fail(f"{error}: {remedy(error, account.id)}; the rest of this account was not checked")
        except ArchiveError as error:
            notes.fail(f"{error}")
        finally:
            desk.close()
        return notes.findings


def _check_clock(desk: Desk, recv_window_ms: int, notes: Notes) -> None:
    """Judge how far this machine's clock is from the exchange's."""
    skew = desk.client.skew
    if not skew.is_known:
        notes.fail(f"the clock of {desk.rest} is more than an hour from this machine's: {_SET_CLOCK}")
        return
    off_s = f"{abs(skew.skew_ms) / 1000:.2f} s"
    text = f"this machine's clock is {off_s} {'behind' if skew.skew_ms > 0 else 'ahead of'} that of {desk.rest}"
    if abs(skew.skew_ms) > recv_window_ms:
        notes.fail(f"{text}, more than the {recv_window_ms / 1000:g} s that a request may be old: {_SET_CLOCK}")
    elif abs(skew.skew_ms) > _SKEW_WARNING_MS:
        notes.warn(f"{text}: {_SET_CLOCK}")
    else:
        notes.ok(f"{desk.rest} answers, and this machine's clock is within {off_s} of its own")
