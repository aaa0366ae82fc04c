"""The `gridtrader` command. Exit codes: 0 clean, 1 failed, 2 bad configuration or arguments."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from gridtrader import __version__
from gridtrader.operator.check import run_check
from gridtrader.operator.embedded import EmbeddedOptions
from gridtrader.operator.run import RunOptions, run
from gridtrader.simulator import main as exchange


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit code."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    result: int = arguments.command(arguments)
    return result


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="gridtrader",
        description="Two-sided grid trading on Bybit USDT perpetuals, many accounts in one process.",
    )
    parser.add_argument("--version", action="version", version=f"gridtrader {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_run(commands.add_parser("run", help="trade the configured accounts", description=run.__doc__))
    exchange_parser = commands.add_parser("exchange", help="run the embedded exchange as a process of its own")
    exchange.add_arguments(exchange_parser)
    exchange_parser.set_defaults(command=exchange.run)
    _add_check(commands.add_parser("check", help="validate configuration and keys; changes nothing"))
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
    parser.add_argument("--duration", type=float, metavar="SECONDS", help="stop by itself after so long")
    parser.set_defaults(command=lambda arguments: _run(parser, arguments))


def _run(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> int:
    embedded = EmbeddedOptions(arguments.prices or (), arguments.seed, arguments.speed)
    if not arguments.embedded and embedded != EmbeddedOptions():
        parser.error("--prices, --seed and --speed are for the embedded exchange: they need --embedded")
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


def _add_check(parser: argparse.ArgumentParser) -> None:
    _add_files(parser)
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.set_defaults(
        command=lambda arguments: run_check(
            arguments.config, arguments.env_file, arguments.accounts_dir, as_json=arguments.json
        )
    )


if __name__ == "__main__":
    sys.exit(main())
