"""`gridtrader exchange`: the embedded exchange as a process of its own; also `python -m gridtrader.simulator.main`.

Time: the API (signatures, order times, pushes, `nextFundingTime`) speaks the wall clock; the market runs `--speed`
market seconds per second, and candles and the funding history are told in market time. A made-up market starts now,
a recorded one where its files start.

When it is ready it prints exactly one line of JSON with its addresses, then runs until SIGINT or SIGTERM (exit 0).
Bad arguments are one line on stderr and exit 2.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NoReturn

from gridtrader.simulator.catalogue import CatalogueError
from gridtrader.simulator.server import options
from gridtrader.simulator.server.accounts import BadAccount, parse_account
from gridtrader.simulator.server.app import ExchangeServer
from gridtrader.simulator.server.assembly import ExchangeConfig, build_venue
from gridtrader.simulator.server.venue import Venue

ACCOUNTS_VARIABLE = "GRIDTRADER_EXCHANGE_ACCOUNTS"
FASTEST = 100_000
BAD_ARGUMENTS = 2
FAILED = 1


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(BAD_ARGUMENTS, f"{self.prog}: {message}\n")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--port", type=int, default=0, help="port to listen on; 0: any free one (default: %(default)s)"
    )
    parser.add_argument(
        "--prices",
        nargs="+",
        default=["synthetic"],
        metavar="FILE",
        help="'synthetic', or files of recorded prices, FILE or SYMBOL=FILE (default: synthetic)",
    )
    parser.add_argument(
        "--symbol",
        action="append",
        metavar="SYMBOL",
        help="trade only this contract; may be given again (default: all)",
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of everything random (default: %(default)s)")
    parser.add_argument(
        "--speed", default="1", help=f"market seconds per second, 0 … {FASTEST}; 0: it stands still (default: 1)"
    )
    parser.add_argument(
        "--account",
        action="append",
        default=[],
        metavar="KEY:SECRET:USDT[:demo]",
        help=f"open an account; may be given again, or one a line in the environment variable {ACCOUNTS_VARIABLE}",
    )
    parser.add_argument("--instruments", type=Path, metavar="FILE", help="contracts, as instruments-info tells them")
    parser.add_argument("--risk-tiers", type=Path, metavar="FILE", help="risk tiers, as risk-limit tells them")
    parser.add_argument(
        "--option",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a switch of the exchange; may be given again; 'help' lists them all",
    )
    parser.add_argument(
        "--until-stdin-closes", action="store_true", help="end when standard input closes, so that a parent owns it"
    )


def read_config(arguments: argparse.Namespace, environment: Mapping[str, str]) -> ExchangeConfig:
    """Make a configuration of the arguments. Raises ValueError with one clear line, without a secret."""
    listed = [line.strip() for line in environment.get(ACCOUNTS_VARIABLE, "").splitlines() if line.strip()]
    specs = tuple(parse_account(text) for text in (*arguments.account, *listed))
    repeated = {spec.key for spec in specs if [other.key for other in specs].count(spec.key) > 1}
    if repeated:
        raise BadAccount(f"account {sorted(repeated)[0]}: the key is used twice")
    if not 0 <= arguments.port <= 65535:
        raise ValueError(f"--port: {arguments.port} is not a port; allowed: 0 … 65535")
    core, wire = options.read_options(arguments.option)
    return ExchangeConfig(
        accounts=specs,
        prices=tuple(arguments.prices),
        symbols=None if arguments.symbol is None else tuple(arguments.symbol),
        seed=arguments.seed,
        speed=_speed(arguments.speed),
        contract_files=_contract_files(arguments),
        options=core,
        wire=wire,
    )


def _contract_files(arguments: argparse.Namespace) -> tuple[Path, Path] | None:
    if arguments.instruments is None and arguments.risk_tiers is None:
        return None
    if arguments.instruments is None or arguments.risk_tiers is None:
        raise ValueError("--instruments and --risk-tiers: only one is given; expected both, or neither")
    return arguments.instruments, arguments.risk_tiers


def _speed(text: str) -> float:
    try:
        speed = Decimal(text)
    except InvalidOperation:
        speed = Decimal(-1)
    if not 0 <= speed <= FASTEST:
        raise ValueError(f"--speed: {text!r} is not a speed; allowed: 0 … {FASTEST}")
    return float(speed)


def run(arguments: argparse.Namespace) -> int:
    """Run the exchange until it is told to stop, and return the exit code."""
    if options.HELP in arguments.option:
        sys.stdout.write(options.help_text())
        return 0
    try:
        config = read_config(arguments, os.environ)
        venue = build_venue(config)
    except (ValueError, OSError, CatalogueError) as problem:
        sys.stderr.write(f"gridtrader exchange: {problem}\n")
        return BAD_ARGUMENTS
    try:
        asyncio.run(_serve(venue, arguments))
    except OSError as problem:
        sys.stderr.write(f"gridtrader exchange: cannot listen on {arguments.host} port {arguments.port}: {problem}\n")
        return FAILED
    return 0


async def _serve(venue: Venue, arguments: argparse.Namespace) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    server = ExchangeServer(venue)
    urls = await server.start(arguments.host, arguments.port)
    sys.stdout.write(json.dumps({**asdict(urls), "symbols": sorted(venue.instruments), "pid": os.getpid()}) + "\n")
    sys.stdout.flush()
    if arguments.until_stdin_closes:
        threading.Thread(target=_watch_stdin, args=(loop, stop), name="stdin", daemon=True).start()
    await stop.wait()
    await server.stop()


def _watch_stdin(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    loop.call_soon_threadsafe(stop.set)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with these arguments."""
    parser = _Parser(prog="gridtrader exchange", description="The embedded exchange: Bybit V5 on loopback.")
    add_arguments(parser)
    return run(parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
