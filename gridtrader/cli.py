"""The `gridtrader` command. Exit codes: 0 clean, 1 failed, 2 bad configuration or arguments.

Each command imports what it needs when it is called: `status` must not wait for what only `run` uses.
"""

import argparse
import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from gridtrader import __version__


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit code."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    try:
        result: int = arguments.command(arguments)
        sys.stdout.flush()
    except BrokenPipeError:  # `gridtrader status | head`
        from gridtrader.operator.printing import reader_has_gone

        reader_has_gone()
        return 1
    return result


def _seconds(text: str) -> float:
    """Read a length of time above 0. Raises ArgumentTypeError."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"found {text!r}, allowed: a number of seconds above 0")
    return seconds


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="gridtrader",
        description="Two-sided grid trading on Bybit USDT perpetuals, many accounts in one process.",
    )
    parser.add_argument("--version", action="version", version=f"gridtrader {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_run(commands.add_parser("run", help="trade the configured accounts"))
    _add_standing_alone(commands, "exchange", "run the embedded exchange as a process of its own", _exchange)
    _add_standing_alone(commands, "simulate", "play the bot in worlds that fail, and check every law", _simulate)
    _add_standing_alone(commands, "replay", "what a configuration would have done on recorded prices", _replay)
    _add_standing_alone(commands, "sweep", "replays of many parameter sets, on all cores, as a table", _sweep)
    _add_standing_alone(commands, "download", "fetch recorded prices from the exchange's public history", _download)
    _add_check(commands.add_parser("check", help="validate configuration and keys; changes nothing"))
    _add_status(commands.add_parser("status", help="what each account holds and does, from its files"))
    _add_ladder(commands.add_parser("ladder", help="an account's ladder level by level, and what it needs"))
    return parser


def _add_files(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, default=Path("config/config.yaml"), metavar="FILE")
    parser.add_argument("--env-file", type=Path, default=Path(".env"), metavar="FILE")
    parser.add_argument("--accounts-dir", type=Path, default=Path("accounts"), metavar="DIR")


def _add_run(parser: argparse.ArgumentParser) -> None:
    _add_files(parser)
    parser.add_argument("--logs-dir", type=Path, default=Path("logs"), metavar="DIR")
    parser.add_argument("--embedded", action="store_true", help="trade on the embedded exchange: no keys, no network")
    parser.add_argument(
        "--prices", nargs="+", metavar="FILE", help="'synthetic', or files of recorded prices (with --embedded)"
    )
    parser.add_argument("--seed", type=int, metavar="N", help="seed of the embedded exchange")
    parser.add_argument("--speed", metavar="N", help="market seconds per second of the embedded exchange")
    parser.add_argument(
        "--instruments",
        type=Path,
        metavar="FILE",
        help="contracts of the embedded exchange: a saved instruments-info",
    )
    parser.add_argument("--risk-tiers", type=Path, metavar="FILE", help="their risk tiers: a saved risk-limit")
    parser.add_argument("--duration", type=_seconds, metavar="SECONDS", help="stop by itself after so long")
    parser.set_defaults(command=lambda arguments: _run(parser, arguments))


def _run(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> int:
    from gridtrader.operator.run.embedded import EmbeddedOptions
    from gridtrader.operator.run.run import RunOptions, run

    embedded = EmbeddedOptions(
        arguments.prices or (), arguments.seed, arguments.speed, arguments.instruments, arguments.risk_tiers
    )
    if not arguments.embedded and embedded != EmbeddedOptions():
        parser.error(
            "--prices, --seed, --speed, --instruments and --risk-tiers are for the embedded exchange: "
            "they need --embedded"
        )
    if (embedded.instruments is None) is not (embedded.risk_tiers is None):
        parser.error("--instruments and --risk-tiers: only one is given; expected both, or neither")
    return run(
        RunOptions(
            config=arguments.config,
            env_file=arguments.env_file,
            accounts_dir=arguments.accounts_dir,
            logs_dir=arguments.logs_dir,
            embedded=embedded if arguments.embedded else None,
            duration_s=arguments.duration,
        )
    )


def _add_standing_alone(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    what: str,
    command: Callable[[argparse.Namespace], int],
) -> None:
    """Mount a command that knows its own arguments, only when it is asked for (or for help on it)."""
    parser = commands.add_parser(name, help=what, add_help=False, prefix_chars="\0")
    parser.add_argument("rest", nargs=argparse.REMAINDER)
    parser.set_defaults(command=command)


def _exchange(arguments: argparse.Namespace) -> int:
    from gridtrader.simulator.main import main as exchange

    return exchange(arguments.rest)


def _simulate(arguments: argparse.Namespace) -> int:
    from gridtrader.operator.simulate.simulate import main as simulate

    return simulate(arguments.rest)


def _replay(arguments: argparse.Namespace) -> int:
    from gridtrader.operator.replay.replay import main as replay

    return replay(arguments.rest)


def _sweep(arguments: argparse.Namespace) -> int:
    from gridtrader.operator.sweep.sweep import main as sweep

    return sweep(arguments.rest)


def _download(arguments: argparse.Namespace) -> int:
    from gridtrader.operator.download.download import main as download

    return download(arguments.rest)


def _add_check(parser: argparse.ArgumentParser) -> None:
    _add_files(parser)
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--online", action="store_true", help="ask the exchange too: keys, modes, limits, money; only GET requests"
    )
    where.add_argument("--embedded", action="store_true", help="for the embedded exchange: no keys are needed")
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.set_defaults(command=_check)


def _check(arguments: argparse.Namespace) -> int:
    from gridtrader.operator.check.check import run_check
    from gridtrader.operator.check.online import online_check

    return run_check(
        arguments.config,
        arguments.env_file,
        arguments.accounts_dir,
        online_check(arguments.accounts_dir) if arguments.online else None,
        need_keys=not arguments.embedded,
        as_json=arguments.json,
    )


def _add_status(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("account", nargs="?", metavar="ACCOUNT", help="show this one, level by level")
    parser.add_argument("--config", type=Path, default=Path("config/config.yaml"), metavar="FILE")
    parser.add_argument("--accounts-dir", type=Path, default=Path("accounts"), metavar="DIR")
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.set_defaults(command=_status)


def _status(arguments: argparse.Namespace) -> int:
    from gridtrader.operator.status.status import run_status

    return run_status(arguments.accounts_dir, arguments.config, arguments.account, as_json=arguments.json)


def _add_ladder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("account", metavar="ACCOUNT")
    parser.add_argument("symbol", metavar="SYMBOL")
    parser.add_argument("--price", metavar="P", help="of level 0; the last price unless given")
    parser.add_argument("--config", type=Path, default=Path("config/config.yaml"), metavar="FILE")
    parser.add_argument("--offline", action="store_true", help="ask no exchange: contracts from the catalogue inside")
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.set_defaults(command=_ladder)


def _ladder(arguments: argparse.Namespace) -> int:
    from gridtrader.operator.ladder.ladder import run_ladder

    return run_ladder(
        arguments.config,
        arguments.account,
        arguments.symbol,
        price=arguments.price,
        offline=arguments.offline,
        as_json=arguments.json,
    )


if __name__ == "__main__":
    sys.exit(main())
