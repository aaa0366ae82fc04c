"""The whole daemon in this process, on an embedded exchange whose market the test moves."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gridtrader.audit.dump import books_from_dump, marks_of
from gridtrader.audit.laws import Terms, check
from gridtrader.audit.mirror import check_mirror
from gridtrader.bot import Member, MultiAccountBot
from gridtrader.daemon import wiring
from gridtrader.daemon.clock import SystemClock
from gridtrader.daemon.session import Phase
from gridtrader.exchange.credentials import ApiKey
from gridtrader.logs import DaemonLogs, Redactor
from gridtrader.operator.run.dry_run import dry_run_edge
from gridtrader.paper.funding import Timetable
from gridtrader.settings import Settings, load_settings
from tests.e2e.soak import terms_of
from tests.support.exchange import EmbeddedExchange

WAIT_S = 20.0
FUNDING = Timetable(period_ms=200, delays_ms=(0,))
"""How often a dry run asks for settlements: those of the test's market come when the test wants."""


def eventually(what: str, condition: Callable[[], bool], within_s: float = WAIT_S) -> None:
    """Wait until a condition holds; fails with `what` if it never does."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"never: {what}")
        time.sleep(0.02)


def account_yaml(
    account_id: str,
    symbols: Sequence[str] = ("DOGEUSDT",),
    *,
    demo: bool = False,
    dry_run: bool = False,
    extra: str = "",
) -> str:
    """Return an account's part of a configuration, small and lively."""
    lines = [
        f'  - id: "{account_id}"',
        f"    demo_trading: {str(demo).lower()}",
        f"    dry_run: {str(dry_run).lower()}",
        *(f"    {line}" for line in extra.splitlines()),
        "    symbols:",
    ]
    for symbol in symbols:
        lines += [
            f"      - symbol: {symbol}",
            "        leverage: 10",
            "        initial_position_size_usd: 20.0",
            "        grid_step_percent: 0.5",
            "        averaging_multiplier: 2.0",
            "        take_profit_percent: 0.5",
            "        max_grid_levels_per_side: 5",
        ]
    return "\n".join(lines)


class Daemon:
    """A running `MultiAccountBot`. `exchange` moves the market and strikes; `bot.members` are the accounts."""

    def __init__(self, folder: Path, exchange: EmbeddedExchange, accounts: Sequence[str], system: str = "") -> None:
        self.folder = folder
        self.exchange = exchange
        self.accounts = folder / "accounts"
        self.accounts.mkdir(exist_ok=True)
        self.settings = self._settings(accounts, system)
        self.keys = {
            account.id: ApiKey(f"key{account.id}", f"secret{account.id}")
            for account in self.settings.accounts
            if account.needs_keys()
        }
        clock = SystemClock()
        redact = Redactor(keys=[k.key for k in self.keys.values()], secrets=[k.secret for k in self.keys.values()])
        self.logs = DaemonLogs(
            folder / "logs", redact, clock.now_ms, wiring.log_bounds(self.settings.system, daemon=True)
        )
        self.bot = MultiAccountBot(
            self.settings, self.keys, self.accounts, self.logs, redact, clock, dry_run_edge=dry_run_edge(FUNDING)
        )
        self.failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="daemon", daemon=True)

    def _settings(self, accounts: Sequence[str], system: str) -> Settings:
        urls = self.exchange.urls
        config = self.folder / "config.yaml"
        hosts = "\n".join(
            f"    {world}: {{rest: '{rest}', ws_private: '{private}', ws_public: '{urls.ws_public}'}}"
            for world, rest, private in (
                ("mainnet", urls.rest, urls.ws_private),
                ("demo", urls.demo_rest, urls.demo_ws_private),
            )
        )
        config.write_text(f"system:\n  hosts:\n{hosts}\n{system}\naccounts:\n" + "\n".join(accounts) + "\n")
        return load_settings(config, self.folder / ".env", need_keys=False)

    def _run(self) -> None:
        try:
            self.bot.run()
        except BaseException as error:  # noqa: BLE001  # the test wants to know
            self.failure = error

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> float:
        """Stop the daemon; returns how long that took, in seconds."""
        began = time.monotonic()
        self.bot.stop()
        self._thread.join(WAIT_S)
        assert not self._thread.is_alive(), "the daemon does not stop"
        self.logs.close()
        return time.monotonic() - began

    @property
    def is_running(self) -> bool:
        return self._thread.is_alive()

    # --- accounts ---

    def member(self, account_id: str) -> Member:
        return next(member for member in self.bot.members if member.account.id == account_id)

    def await_phase(self, account_id: str, phase: Phase, within_s: float = WAIT_S) -> None:
        eventually(f"{account_id} is {phase.value}", lambda: self.member(account_id).phase is phase, within_s)

    def dump(self, account_id: str) -> dict[str, Any]:
        return self.exchange.books(f"key{account_id}")

    def executions(self, account_id: str) -> int:
        return len(self.dump(account_id)["executions"])

    def broken_laws(self, account_id: str) -> list[str]:
        """Return which laws the exchange's books of an account break now."""
        account = self.member(account_id).account
        dump = self.dump(account_id)
        books = books_from_dump(dump, prices=marks_of(dump))
        terms: list[Terms] = [terms_of(account, symbol.symbol) for symbol in account.symbols]
        path = self.accounts / account_id / "bot_state.json"
        state = json.loads(path.read_text(), parse_float=str, parse_int=int) if path.exists() else {}
        return check(books, terms) + check_mirror(state, books, terms)

    def await_both(self) -> None:
        """Wait until accounts 001 and 002 trade, are quiet, and all laws hold."""
        for account_id in ("001", "002"):
            self.await_phase(account_id, Phase.TRADING)
            self.await_laws(account_id)

    def await_laws(self, account_id: str) -> None:
        """Wait until the account is quiet and all laws hold."""
        broken: list[str] = ["not looked at yet"]

        def lawful() -> bool:
            broken[:] = self.broken_laws(account_id)
            return not broken

        try:
            eventually(f"{account_id} is lawful", lawful)
        except AssertionError:
            raise AssertionError(f"{account_id}: {broken}") from None

    def errors(self) -> list[str]:
        """Return the ERROR and CRITICAL lines of all logs."""
        return [
            line
            for path in sorted(self.folder.rglob("errors_*.log"))
            for line in path.read_text().splitlines()
            if " ERROR " in line or " CRITICAL " in line
        ]


@contextmanager
def daemon(folder: Path, exchange: EmbeddedExchange, accounts: Sequence[str], system: str = "") -> Iterator[Daemon]:
    """Run the daemon for the length of a test."""
    running = Daemon(folder, exchange, accounts, system)
    running.start()
    try:
        yield running
    finally:
        if running.is_running:
            running.stop()
    if running.failure is not None:
        raise running.failure
