"""The daemon killed, stopped and paused at random moments of a lively market, again and again, over the real wire.

    python -m tests.e2e.kill [--cycles 50] [--seed N] [--speed N] [--json] [--keep DIR]

One process is the embedded exchange, the other `gridtrader run` with three accounts on it, mainnet and demo. At the
end the market stands still, and the exchange's own books are compared with everything the daemon has left: positions,
orders, names, files, logs. Exit code 1 if anything is wrong; what it is stands below the table.

Seeds that are odd give an exchange that forgets an order's name as soon as the order is gone, so that nothing but
the daemon keeps a name from being used twice. Seeds that are even give one that never forgets, and a network that
still delivers requests of a process that has died.
"""

import argparse
import json
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

from tests.e2e import kill_verdict as verdict
from tests.e2e.kill_cover import Bare, Recovery, bare_stretches, recoveries
from tests.e2e.kill_deeds import START_LIMIT_S, TERM_LIMIT_S, Deed, Doer, Done, Pace, deck
from tests.support.process import Client, DaemonProcess, ExchangeProcess, ProcessTrouble, now_ms

CLIENTS = (
    Client("001", ("DOGEUSDT", "SOLUSDT"), is_demo=False),
    Client("002", ("DOGEUSDT",), is_demo=True),
    Client("003", ("BTCUSDT",), is_demo=False, usdt=2_000),
)
"""The third one has too little money for its deepest levels."""

DEFAULT_SPEED = "600"
WIRE = ("answer_delay_max_ms=20",)
"""An exchange some way off: what a command does is often pushed before the command is answered."""
SOFT = frozenset({110025, 110043})
"""Refusals that every start meets: a mode or leverage that is set already (C5)."""


@dataclass(slots=True)
class Result:
    """What a run has come to. `broken` is empty if nothing is wrong."""

    seed: int
    done: list[Done] = field(default_factory=list)
    starts: int = 0
    orders: int = 0
    fills: int = 0
    fundings: int = 0
    take_profits: int = 0
    settled_s: float = 0.0
    recoveries: list[Recovery] = field(default_factory=list)
    bare: list[Bare] = field(default_factory=list)
    term_s: list[float] = field(default_factory=list)
    refusals: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)
    doubled_rows: int = 0
    broken: list[str] = field(default_factory=list)


def run(
    folder: Path,
    deeds: Sequence[Deed],
    *,
    seed: int,
    speed: str = DEFAULT_SPEED,
    pace: Pace | None = None,
    clients: Sequence[Client] = CLIENTS,
    options: Sequence[str] = (),
) -> Result:
    """Do these deeds in `folder`, which is left as it is at the end, and judge what they have come to."""
    ghosts = seed % 2 == 0
    names = f"link_ids_reserved={'forever' if ghosts else 'open'}"
    result = Result(seed)
    with (
        ExchangeProcess(clients, folder, seed=seed, speed=speed, options=[names, *WIRE, *options]) as exchange,
        DaemonProcess(folder, exchange.urls, clients) as daemon,
    ):
        doer = Doer(exchange, daemon, random.Random(seed), pace or Pace(), ghosts)
        try:
            for deed in deeds:
                result.done.append(doer.do(deed))
            daemon.await_trading(START_LIMIT_S)
            time.sleep(doer.pace.last_s)
            _judge(doer, result)
        except ProcessTrouble as trouble:
            result.broken.append(str(trouble))
        result.starts = len(daemon.lives)
        result.term_s = doer.term_s
        if exchange.end():
            result.broken.append("the exchange did not end well")
    result.broken += verdict.broken_files(daemon)
    result.broken += verdict.unexplained_trouble(daemon, doer.away)
    result.broken += verdict.missing_warnings(daemon, doer)
    result.warnings = verdict.warnings_of(daemon)
    return result


def _judge(doer: Doer, result: Result) -> None:
    """Stop the market, look at the books, and let the daemon end."""
    exchange, daemon = doer.exchange, doer.daemon
    exchange.control("POST", "/market/speed", speed=0)
    stand = verdict.Stand(doer)
    result.settled_s = stand.settle()
    result.broken += stand.broken
    result.take_profits = stand.closed
    end = now_ms()
    if daemon.terminate(TERM_LIMIT_S).exit_code:
        result.broken.append(f"the daemon's last exit code is {daemon.life.exit_code}")
    result.broken += [f"the exchange has a bug: {bug}" for bug in exchange.control("GET", "/state")["bugs"]]
    bare: dict[str, list[Bare]] = {}
    for client in daemon.clients:
        dump, folder = stand.dumps[client.account_id], daemon.accounts / client.account_id
        bare[client.account_id] = bare_stretches(dump, end)
        broken = [*verdict.broken_names(dump, in_order=not doer.ghosts)]
        result.broken += [f"{client.account_id}: {text}" for text in broken]
        result.broken += verdict.forgotten_fills(client, folder, dump)
        result.doubled_rows += verdict.doubled_rows(folder)
        _count(dump, result)
    result.recoveries = recoveries(daemon.lives, bare, doer.away)
    result.bare = [stretch for stretches in bare.values() for stretch in stretches]


def _count(dump: verdict.Dump, result: Result) -> None:
    result.orders += len(dump["open_orders"]) + len(dump["closed_orders"])
    for row in dump["executions"]:
        result.fundings += row["exec_type"] == "Funding"
        result.fills += row["exec_type"] != "Funding"
    for row in dump["requests"]:
        if row["ret_code"] not in (0, *SOFT):
            result.refusals[f"{row['path'].rpartition('/')[2]} {row['ret_code']}"] += 1


# --- telling it ---


def table(result: Result) -> Iterator[str]:
    """Give the lines of what a run has come to."""
    kinds = Counter(done.deed for done in result.done)
    for deed in Deed:
        if kinds[deed]:
            missed = sum(done.missed for done in result.done if done.deed is deed)
            yield f"{deed.value:<34}{kinds[deed]:>6}" + (f"  ({missed} found nothing to aim at)" if missed else "")
    yield f"{'cycles':<34}{len(result.done):>6}"
    for name, value in (
        ("starts of the daemon", result.starts),
        ("orders", result.orders),
        ("fills", result.fills),
        ("funding settlements", result.fundings),
        ("cycles closed by take-profits", result.take_profits),
        ("rows twice in trades_history.csv", result.doubled_rows),
    ):
        yield f"{name:<34}{value:>6}"
    yield f"{'seconds':<34}{'mean':>8}{'worst':>8}"
    for name, seconds in _figures(result):
        if seconds:
            yield f"{name:<34}{fmean(seconds):>8.2f}{max(seconds):>8.2f}"
    if result.refusals:
        yield "refused: " + ", ".join(f"{what} x{count}" for what, count in result.refusals.most_common())


def _figures(result: Result) -> Iterator[tuple[str, list[float]]]:
    found = result.recoveries
    yield "start to all accounts trading", [each.trades_ms / 1000 for each in found]
    yield "start to every position protected", [each.protected_ms / 1000 for each in found]
    yield "without take-profit, in a start", [each.bare_ms / 1000 for each in found]
    yield "without take-profit, at any time", [each.length_ms / 1000 for each in result.bare]
    yield "end after SIGTERM", result.term_s


def as_json(result: Result) -> dict[str, Any]:
    """Return everything, for programs; times are seconds."""
    return {
        "is_ok": not result.broken,
        "seed": result.seed,
        "broken": result.broken,
        "cycles": [{"deed": done.deed.name, "detail": done.detail, "missed": done.missed} for done in result.done],
        "starts": result.starts,
        "orders": result.orders,
        "fills": result.fills,
        "fundings": result.fundings,
        "take_profits": result.take_profits,
        "doubled_rows": result.doubled_rows,
        "settled_s": result.settled_s,
        "seconds": {
            name: {"mean": fmean(seconds), "worst": max(seconds), "count": len(seconds)}
            for name, seconds in _figures(result)
            if seconds
        },
        "refusals": dict(result.refusals.most_common()),
        "warnings": dict(result.warnings.most_common()),
    }


def main() -> int:
    """Run the command; returns its exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cycles", type=int, default=50, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=1, help="of the deeds and the market (default: %(default)s)")
    parser.add_argument("--speed", default=DEFAULT_SPEED, help="market seconds per second (default: %(default)s)")
    parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help="of the exchange")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave accounts and logs there")
    parser.add_argument("--json", action="store_true", help="for programs")
    arguments = parser.parse_args()
    folder = arguments.keep or Path(tempfile.mkdtemp(prefix="gridtrader-kill-"))
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        parser.error(f"--keep: {folder} is not empty; a run begins with an empty folder")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # and so take both processes along
    deeds = deck(random.Random(arguments.seed), arguments.cycles)
    result = run(folder, deeds, seed=arguments.seed, speed=arguments.speed, options=arguments.option)
    if arguments.json:
        sys.stdout.write(json.dumps(as_json(result), indent=2) + "\n")
    else:
        sys.stdout.write("\n".join(table(result)) + "\n")
        sys.stdout.writelines(f"wrong: {text}\n" for text in result.broken)
    if result.broken:
        sys.stderr.write(f"{len(result.broken)} thing(s) wrong; everything is in {folder}\n")
        return 1
    if arguments.keep is None:
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
