"""One account: a thread that owns its engine, and what is its alone - client, private stream, files, logs (A1).

Whatever goes wrong in here ends here: an exception stops this account and no other. The supervisor starts it, looks
at its phase, and stops it.
"""

import threading
from collections.abc import Callable
from pathlib import Path

from gridtrader.daemon import wiring
from gridtrader.daemon.dry_files import DryRunArchive
from gridtrader.daemon.edge import Edge, Shared
from gridtrader.daemon.session import Phase, Session
from gridtrader.engine.engine import GridEngine
from gridtrader.engine.errors import CannotStart
from gridtrader.engine.ports import ArchiveError, Diary, StopOrdered
from gridtrader.engine.recorder import Recorder
from gridtrader.engine.view import AccountView
from gridtrader.settings import AccountSettings
from gridtrader.store.archive import AccountArchive
from gridtrader.store.status import FAILED


class AccountRunner:
    """Runs one account in its own thread. `start`, `stop` and the properties are for the supervisor's thread."""

    def __init__(
        self,
        account: AccountSettings,
        edge: Edge,
        folder: Path,
        shared: Shared,
        diary: Diary,
        on_change: Callable[[], None],
    ) -> None:
        self.account = account
        self.reason = ""
        self.is_passing = False
        self._edge = edge
        self._folder = folder
        self._shared = shared
        self._diary = diary
        self._on_change = on_change
        self._phase = Phase.STARTING
        self._inbox = edge.inbox
        self._session: Session | None = None
        self._archive: AccountArchive | None = None
        self._thread = threading.Thread(target=self._run, name=f"account-{account.id}", daemon=True)

    # --- for the supervisor ---

    @property
    def phase(self) -> Phase:
        return self._phase

    @property
    def view(self) -> AccountView | None:
        """What people see of the account, as of a moment ago."""
        session = self._session
        if session is None:
            return None
        session.engine.is_watched = True
        return session.engine.view

    @property
    def silent_s(self) -> float:
        """Seconds since the engine last took a step: a stuck request, if it is long."""
        session = self._session
        return self._shared.clock.monotonic() - session.stepped_at if session is not None else 0.0

    def start(self) -> None:
        """Start the thread; returns at once."""
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Begin to stop, without waiting: orders stay on the exchange, the take-profits protect (T8)."""
        self._inbox.close()

    def order_stop(self, reason: str) -> None:
        """Let the account make an emergency stop; returns at once."""
        self._inbox.put(StopOrdered(reason))

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread to end; returns whether it has."""
        self._thread.join(max(0.0, timeout_s))
        return not self._thread.is_alive()

    # --- the thread ---

    def _run(self) -> None:
        try:
            self._live()
        except Exception as error:  # noqa: BLE001  # an account's last line: nothing of it may reach another (A1)
            self._diary.bot.critical("the account has failed", exc_info=True)
            self._enter(Phase.FAILED, f"internal error: {type(error).__name__}: {error}", False)

    def _live(self) -> None:
        kind = DryRunArchive if self.account.dry_run else AccountArchive
        try:
            archive = self._archive = kind(
                self._folder,
                self.account.id,
                wiring.file_bounds(self._shared.system),
                self._shared.clock.now_ms,
                self._diary.bot,
                wiring.zone_of(self._shared.system),
            )
        except ArchiveError as error:
            self._enter(Phase.FAILED, f"its files cannot be used: {error}", False)
            return
        try:
            self._trade(archive)
        finally:
            archive.close()

    def _trade(self, archive: AccountArchive) -> None:
        shared, account, log = self._shared, self.account, self._diary.bot
        try:
            connection = self._edge.open(self._folder, log)
        except CannotStart as error:
            log.critical("the account does not start: %s", error)
            self._enter(Phase.FAILED, str(error), error.is_passing)
            return
        recorder = Recorder(archive, self._diary, shared.clock)
        settings = wiring.engine_settings(account, shared.system, self._edge.venue)
        engine = GridEngine(settings, connection.gateway, recorder, shared.clock, self._inbox)
        symbols = [symbol.symbol for symbol in account.symbols]
        self._session = Session(
            engine, connection.stream, connection.prices, self._inbox, shared.clock, symbols, self._enter
        )
        try:
            self._session.run()
        finally:
            connection.close()

    def _enter(self, phase: Phase, reason: str, is_passing: bool) -> None:
        self.reason, self.is_passing = reason, is_passing
        if phase is Phase.FAILED:
            self._tell_failure(f"{reason}; it is tried again" if is_passing else reason)
        self._phase = phase
        self._on_change()

    def _tell_failure(self, reason: str) -> None:
        """Let `gridtrader status` know: the last figures would look as if the account still traded."""
        if self._archive is None:
            return
        try:
            self._archive.save_status({"mode": FAILED, "reason": reason})
        except ArchiveError:
            self._diary.bot.exception("the status file does not tell that the account has failed")
