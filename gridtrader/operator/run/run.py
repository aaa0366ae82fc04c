"""`gridtrader run`: the daemon, on Bybit or on the embedded exchange."""

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from gridtrader.bot import MultiAccountBot
from gridtrader.daemon import wiring
from gridtrader.daemon.clock import SystemClock
from gridtrader.engine.ports import ArchiveError
from gridtrader.exchange.credentials import ApiKey
from gridtrader.logs import DaemonLogs, Redactor
from gridtrader.operator.command_line import EXIT_INVALID
from gridtrader.operator.run.dry_run import EMBEDDED_TIMETABLE, dry_run_edge
from gridtrader.operator.run.embedded import VENUE, EmbeddedExchange, EmbeddedFailed, EmbeddedOptions, unknown_symbols
from gridtrader.operator.run.table import LiveTable, plain_console, summary
from gridtrader.settings import Settings, SettingsError, load_settings
from gridtrader.settings.problems import Problem

EXIT_OK = 0
EXIT_FAILED = 1


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The command line of `run`. `embedded` is None for Bybit itself."""

    config: Path
    env_file: Path
    accounts_dir: Path
    logs_dir: Path
    embedded: EmbeddedOptions | None = None
    duration_s: float | None = None


def run(options: RunOptions) -> int:
    """Run the daemon until SIGINT, SIGTERM, or the end of `--duration`; returns the exit code."""
    try:
        settings = load_settings(options.config, options.env_file, need_keys=options.embedded is None)
    except SettingsError as error:
        return _refuse(error.problems)
    for warning in settings.warnings:
        sys.stderr.write(f"warning: {warning}\n")
    if options.embedded is None:
        keys = {
            account_id: ApiKey(pair.key.get_secret_value(), pair.secret.get_secret_value())
            for account_id, pair in settings.keys.items()
        }
        return _trade(settings, keys, options, venue="bybit")
    unknown = unknown_symbols(settings, options.config, options.embedded)
    if unknown:
        return _refuse(unknown)
    try:
        with EmbeddedExchange(settings, options.embedded) as exchange:
            return _trade(exchange.adapt(settings), exchange.keys, options, venue=VENUE)
    except EmbeddedFailed as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_INVALID if error.exit_code == EXIT_INVALID else EXIT_FAILED


def _refuse(problems: Sequence[Problem]) -> int:
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    sys.stderr.write(f"{len(problems)} problem(s); nothing starts on this configuration\n")
    return EXIT_INVALID


def _trade(settings: Settings, keys: Mapping[str, ApiKey], options: RunOptions, *, venue: str) -> int:
    clock = SystemClock()
    redact = Redactor(keys=(key.key for key in keys.values()), secrets=(key.secret for key in keys.values()))
    logs = DaemonLogs(
        options.logs_dir,
        redact,
        clock.now_ms,
        wiring.log_bounds(settings.system, daemon=True),
        zone=wiring.zone_of(settings.system),
        level=settings.system.logs.level,
    )
    logs.capture_libraries()
    console = plain_console()
    try:
        options.accounts_dir.mkdir(parents=True, exist_ok=True)
        if venue == VENUE:
            logs.bot.info("the embedded exchange is at %s", settings.system.hosts.mainnet.rest)
        timetable = EMBEDDED_TIMETABLE if venue == VENUE else None
        bot = MultiAccountBot(
            settings,
            keys,
            options.accounts_dir,
            logs,
            redact,
            clock,
            venue=venue,
            dry_run_edge=dry_run_edge(timetable),
        )
        started = time.monotonic()
        with _stopping_on_signals(bot, options.duration_s), _display(bot, console, options):
            bot.run()
        console.print(summary(bot.members, time.monotonic() - started))
        return EXIT_FAILED if bot.has_failed else EXIT_OK
    except (ArchiveError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        logs.bot.critical("%s", error)
        return EXIT_FAILED
    finally:
        logs.close()


@contextlib.contextmanager
def _stopping_on_signals(bot: MultiAccountBot, duration_s: float | None) -> Iterator[None]:
    previous = {number: signal.signal(number, lambda *_: bot.stop()) for number in (signal.SIGINT, signal.SIGTERM)}
    timer = None
    if duration_s is not None:
        timer = threading.Timer(duration_s, bot.stop)
        timer.daemon = True
        timer.name = "duration"
        timer.start()
    try:
        yield
    finally:
        if timer is not None:
            timer.cancel()
        for number, handler in previous.items():
            signal.signal(number, handler)


def _display(
    bot: MultiAccountBot, console: Console, options: RunOptions
) -> contextlib.AbstractContextManager[object]:
    """Show the table on a terminal, and always where the exchange is the embedded one; a service shows nothing."""
    if console.is_terminal or options.embedded is not None:
        return LiveTable(lambda: bot.members, console)
    return contextlib.nullcontext()
