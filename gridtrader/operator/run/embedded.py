"""`run --embedded`: the embedded exchange as a child process, with account and key pair for each live one of ours.

The child gets its accounts through its environment, ends when our end of its standard input closes - in whatever way
this process ends - and does not hear the terminal's Ctrl-C.
"""

import json
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from gridtrader.domain.exact import plain
from gridtrader.exchange.credentials import ApiKey
from gridtrader.settings import Settings
from gridtrader.settings.problems import Problem
from gridtrader.settings.source import read_source
from gridtrader.simulator.catalogue import CatalogueError, load_catalogue, load_instruments

VENUE: Final = "embedded"
ACCOUNTS_VARIABLE: Final = "GRIDTRADER_EXCHANGE_ACCOUNTS"
DEFAULT_SPEED: Final = "600"
"""Market seconds per second: within a minute every sample account has averaged, closed and reopened."""
_FILES: Final = "--instruments FILE and --risk-tiers FILE (saved answers of instruments-info and risk-limit)"
_READY_S: Final = 60.0
_STOP_S: Final = 5.0


class EmbeddedFailed(Exception):
    """The embedded exchange did not start; the message has its own words. `exit_code` is the child's."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


@dataclass(frozen=True, slots=True)
class EmbeddedOptions:
    """What the options of `run --embedded` say; None leaves a value to its default."""

    prices: Sequence[str] = ()
    seed: int | None = None
    speed: str | None = None
    instruments: Path | None = None
    risk_tiers: Path | None = None

    def arguments(self) -> list[str]:
        result = ["--port", "0", "--until-stdin-closes"]
        if self.prices:
            result += ["--prices", *self.prices]
        if self.seed is not None:
            result += ["--seed", str(self.seed)]
        for option, path in (("--instruments", self.instruments), ("--risk-tiers", self.risk_tiers)):
            if path is not None:
                result += [option, str(path)]
        return [*result, "--speed", self.speed or DEFAULT_SPEED]


def unknown_symbols(settings: Settings, config: Path, options: EmbeddedOptions) -> list[Problem]:
    """Return a problem, with its place, for each configured symbol that the embedded exchange will not have.

    Files that cannot be read are left to the exchange, which says what is wrong with them.
    """
    try:
        known = set(_contracts(options))
    except CatalogueError:
        return []
    if options.instruments is None:
        remedy = f"built in are {', '.join(sorted(known))}; for others give {_FILES}"
    else:
        remedy = f"add it to {options.instruments.name} and {options.risk_tiers and options.risk_tiers.name}"
    source = read_source(config)
    enabled = {account.id for account in settings.enabled_accounts}
    return [
        source.problem(
            ("accounts", place, "symbols", number, "symbol"),
            f"the embedded exchange has no {symbol.symbol}; {remedy}",
        )
        for place, account in enumerate(settings.accounts)
        for number, symbol in enumerate(account.symbols)
        if account.id in enabled and symbol.symbol not in known
    ]


def _contracts(options: EmbeddedOptions) -> Iterable[str]:
    """Return the symbols of the contracts. Raises CatalogueError."""
    if options.instruments is None or options.risk_tiers is None:
        return load_catalogue()
    return load_instruments(options.instruments, options.risk_tiers)


class EmbeddedExchange:
    """A context manager: the child runs inside it. `urls` are what it printed."""

    def __init__(self, settings: Settings, options: EmbeddedOptions) -> None:
        self.keys: Mapping[str, ApiKey] = {
            account.id: ApiKey(secrets.token_urlsafe(12), secrets.token_urlsafe(27))
            for account in settings.enabled_accounts
            if account.needs_keys()
        }
        self.urls: Mapping[str, Any] = {}
        self._settings = settings
        self._options = options
        self._child: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        accounts = "\n".join(
            f"{self.keys[a.id].key}:{self.keys[a.id].secret}:{plain(a.dry_run_balance_usdt)}"
            f"{':demo' if a.demo_trading else ''}"
            for a in self._settings.enabled_accounts
            if a.needs_keys()
        )
        symbols = sorted({s.symbol for account in self._settings.enabled_accounts for s in account.symbols})
        command = [sys.executable, "-m", "gridtrader.simulator.main", *self._options.arguments()]
        command += [part for symbol in symbols for part in ("--symbol", symbol)]
        self._child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, ACCOUNTS_VARIABLE: accounts},
            start_new_session=True,
        )
        self.urls = self._await_ready(self._child)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        child = self._child
        if child is None:
            return
        if child.stdin is not None:
            child.stdin.close()
        try:
            child.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait(_STOP_S)

    def _await_ready(self, child: "subprocess.Popen[str]") -> Mapping[str, Any]:
        killer = threading.Timer(_READY_S, child.kill)
        killer.daemon = True
        killer.start()
        try:
            line = child.stdout.readline() if child.stdout is not None else ""
        finally:
            killer.cancel()
        if not line:
            words = child.stderr.read().strip() if child.stderr is not None else ""
            raise EmbeddedFailed(words or "the embedded exchange ended without a word", child.wait(_STOP_S))
        threading.Thread(target=_forward, args=(child,), name="embedded-stderr", daemon=True).start()
        result: Mapping[str, Any] = json.loads(line)
        return result

    def adapt(self, settings: Settings) -> Settings:
        """Return the settings with the embedded exchange in place of Bybit's hosts."""
        urls = self.urls
        hosts = settings.system.hosts.model_copy(
            update={
                "mainnet": settings.system.hosts.mainnet.model_copy(
                    update={"rest": urls["rest"], "ws_private": urls["ws_private"], "ws_public": urls["ws_public"]}
                ),
                "demo": settings.system.hosts.demo.model_copy(
                    update={
                        "rest": urls["demo_rest"],
                        "ws_private": urls["demo_ws_private"],
                        "ws_public": urls["ws_public"],
                    }
                ),
            }
        )
        system = settings.system.model_copy(update={"hosts": hosts})
        return Settings(system, settings.accounts, settings.keys, settings.warnings)


def _forward(child: "subprocess.Popen[str]") -> None:
    if child.stderr is not None:
        for line in child.stderr:
            sys.stderr.write(f"exchange: {line}")
