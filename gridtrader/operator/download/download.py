"""`gridtrader download`: the exchange's public history into the files that `gridtrader exchange --prices` plays.

Exit codes: 0 all is there; 1 something could not be fetched, or the command was interrupted, with everything that had
come on the disk; 2 bad arguments or configuration, or no such symbol.
"""

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC
from pathlib import Path
from typing import Final, TextIO

from gridtrader.daemon import wiring
from gridtrader.daemon.clock import SystemClock
from gridtrader.engine.ports import Clock, GatewayError
from gridtrader.history.fetch import Fetcher, Outcome
from gridtrader.history.files import Folder
from gridtrader.history.series import HOUR_MS, Kind, Series
from gridtrader.operator.command_line import BadArguments, refuse
from gridtrader.operator.download.arguments import PROGRAM, Wanted, read_arguments
from gridtrader.operator.download.exchange import Contract, NoSuchContract, PublicExchange
from gridtrader.operator.download.progress import Progression, progression
from gridtrader.operator.printing import moment, reader_has_gone
from gridtrader.settings import SettingsError, SystemSettings, load_settings
from gridtrader.store.errors import StoreError
from gridtrader.store.lock import AlreadyRunningError, DirectoryLock

EXIT_OK: Final = 0
EXIT_FAILED: Final = 1

SETTLING_MS: Final = 10_000
"""A candle that ended less than this ago is left for the next time: late trades may still belong to it."""

USUAL_SETTLED_MS: Final = 8 * HOUR_MS


def main(
    argv: Sequence[str], out: TextIO | None = None, progress: TextIO | None = None, clock: Clock | None = None
) -> int:
    """Run the command and return its exit code. `out` is standard output, `progress` standard error unless given."""
    out, progress = out or sys.stdout, progress or sys.stderr
    try:
        wanted = read_arguments(argv)
        system = _system(wanted.config)
    except (BadArguments, SettingsError) as error:
        return refuse(error, PROGRAM)
    display = progression(progress)
    try:
        wanted.folder.mkdir(parents=True, exist_ok=True)
        with DirectoryLock(wanted.folder):
            return _Download(wanted, system, display, out, clock or SystemClock()).run()
    except (BadArguments, NoSuchContract) as error:
        return refuse(error, PROGRAM)
    except AlreadyRunningError as error:
        who = f"process {error.pid}" if error.pid else "another process"
        sys.stderr.write(
            f"{PROGRAM}: {wanted.folder}: in use by {who}; allowed: one download in a folder at a time\n"
        )
    except (GatewayError, StoreError) as error:
        sys.stderr.write(f"{PROGRAM}: {error}\n")
    except BrokenPipeError:
        reader_has_gone()
    except OSError as error:
        sys.stderr.write(f"{PROGRAM}: {error.filename or 'output'}: {error.strerror or error}\n")
    except KeyboardInterrupt:
        sys.stderr.write(f"{PROGRAM}: interrupted; the same command goes on from here\n")
    return EXIT_FAILED


def _system(config: Path | None) -> SystemSettings:
    """Return the system section. Raises SettingsError."""
    return SystemSettings() if config is None else load_settings(config, Path(), need_keys=False).system


class _Download:
    """One run of the command."""

    def __init__(
        self, wanted: Wanted, system: SystemSettings, display: Progression, out: TextIO, clock: Clock
    ) -> None:
        self._wanted = wanted
        self._out = out
        self._folder = Folder(wanted.folder)
        rest = wiring.hosts_of(system, demo=wanted.is_demo).rest
        self._exchange = PublicExchange(rest, wiring.edge_settings(system), clock, display.note)
        self._fetcher = Fetcher(self._exchange, self._folder, display)

    def run(self) -> int:
        """Fetch everything. Raises BadArguments, NoSuchContract, GatewayError, StoreError."""
        try:
            missing = [symbol for symbol in self._wanted.symbols if not self._is_there(symbol)]
            contracts = {symbol: self._exchange.contract(symbol) for symbol in missing}
            end = self._end()
            are_there = [self._fetch(symbol, end, contracts) for symbol in self._wanted.symbols]
        finally:
            self._exchange.close()
        return EXIT_OK if all(are_there) else EXIT_FAILED

    def _series(self, symbol: str) -> list[Series]:
        return [Series(symbol, kind, self._wanted.interval) for kind in (Kind.PRICES, *self._wanted.beside)]

    def _is_there(self, symbol: str) -> bool:
        """Whether every file of a symbol is complete, so that nothing need be asked."""
        wanted = self._wanted
        return wanted.end is not None and all(
            wanted.end in self._folder.complete(series, wanted.start) for series in self._series(symbol)
        )

    def _end(self) -> int:
        """Return the end of what is fetched: as wanted, or the last candle that is over. Raises BadArguments."""
        wanted, now = self._wanted, self._exchange.now_ms
        if not now and wanted.end is not None:  # nothing had to be asked: all is there
            return wanted.end
        if wanted.end is not None and wanted.end > now:
            raise BadArguments(f"--to: found {_shown(wanted.end)}, allowed: until now, {_shown(now)}")
        latest = (now - SETTLING_MS) // wanted.interval.ms * wanted.interval.ms
        end = latest if wanted.end is None else min(wanted.end, latest)
        if end <= wanted.start:
            raise BadArguments(
                f"--from: found {_shown(wanted.start)}, allowed: at least a whole candle of {wanted.interval.name} "
                f"before now, {_shown(now)}"
            )
        return end

    def _fetch(self, symbol: str, end: int, contracts: Mapping[str, Contract]) -> bool:
        """Fetch all series of a symbol; what stands beside the prices covers exactly their time."""
        start = since = self._wanted.start
        settled_ms = contracts[symbol].settled_ms if symbol in contracts else USUAL_SETTLED_MS
        for series in self._series(symbol):
            outcome = self._fetcher.fetch(series, start, end, since, settled_ms)
            self._report(outcome, since, end)
            if series.kind is Kind.PRICES:
                if outcome.tally.first is None:
                    return False
                since, end = outcome.tally.first, outcome.end
        return True

    def _report(self, outcome: Outcome, since: int, end: int) -> None:
        series, tally = outcome.series, outcome.tally
        rows = series.kind.rows
        if outcome.path is None or tally.first is None:
            text = f"{series.stem}: the exchange has no {rows} from {_shown(since)} to {_shown(end)}"
        else:
            news = "nothing new" if not outcome.fetched else f"{outcome.fetched:,} new"
            text = f"{outcome.path}: {tally.rows:,} {rows}, {news}"
            if tally.missing:
                text += f"; {tally.missing:,} missing in {tally.gaps:,} places"
            if series.spacing_ms is not None:
                if tally.first > since:
                    text += f"; the first is of {_shown(tally.first)}, the exchange has none before"
                if outcome.end < end:
                    text += f"; the exchange has none after {_shown(outcome.end)}"
        self._out.write(f"{text}\n")
        self._out.flush()


def _shown(at: int) -> str:
    return f"{moment(at, UTC)} UTC"
