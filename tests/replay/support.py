"""Hand-made candles and configurations, and replays of them through the arguments of the command."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from gridtrader.operator.replay.arguments import read_arguments
from gridtrader.operator.replay.plan import plan_replay
from gridtrader.operator.replay.replay import play
from gridtrader.replay.result import ReplayResult, Trade
from gridtrader.settings import load_settings
from tests.support.records import recorded

D = Decimal
T0 = 1_750_003_200_000
"""2025-06-15 16:00 UTC: a settlement is due then and eight hours later."""
MINUTE = 60_000
HOUR = 60 * MINUTE

Candle = tuple[str, str, str, str]
"""Open, high, low, close."""

SPAN = "2025-09_2026-07.feather"


def flat(price: str) -> Candle:
    return (price, price, price, price)


def stamp(time_ms: int) -> str:
    return f"{datetime.fromtimestamp(time_ms / 1000, UTC):%Y-%m-%d %H:%M:%S}"


def write_candles(path: Path, candles: Iterable[Candle], start: int = T0, length: int = MINUTE) -> Path:
    rows = [f"{stamp(start + number * length)},{','.join(candle)},1" for number, candle in enumerate(candles)]
    path.write_text("\n".join(["timestamp,open,high,low,close,volume", *rows]) + "\n")
    return path


@dataclass(frozen=True)
class Strategy:
    """One symbol's settings: 2 USD x 10 is 100 DOGE at 0.2. Take-profits are far away unless they are meant."""

    symbol: str = "DOGEUSDT"
    leverage: int = 10
    size: str = "2"
    step: str = "1"
    multiplier: str = "2"
    take_profit: str = "20"
    levels: int = 3

    def text(self) -> str:
        return (
            f"      - {{symbol: {self.symbol}, leverage: {self.leverage}, initial_position_size_usd: {self.size}, "
            f"grid_step_percent: {self.step}, averaging_multiplier: {self.multiplier}, "
            f"take_profit_percent: {self.take_profit}, max_grid_levels_per_side: {self.levels}}}\n"
        )


def write_config(path: Path, *strategies: Strategy, extra: str = "") -> Path:
    path.write_text(
        f'accounts:\n  - id: "001"\n    demo_trading: true\n    dry_run: false\n{extra}    symbols:\n'
        + "".join(strategy.text() for strategy in strategies)
    )
    return path


def replayed(*argv: str | Path) -> ReplayResult:
    """Replay as the command would. Raises what it would tell."""
    wanted = read_arguments([str(argument) for argument in argv])
    settings = load_settings(wanted.conditions.config, Path(), need_keys=False)
    return play(plan_replay(wanted, settings), wanted.conditions.files)


class Bench:
    """A folder with a configuration of one account, 001, and the candles it is replayed over."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def replay(
        self, candles: Sequence[Candle], *argv: str | Path, strategy: Strategy | None = None, extra: str = ""
    ) -> ReplayResult:
        """Replay one symbol; an account without a buffer and a lot of money unless told otherwise."""
        mine = strategy or Strategy()
        config = write_config(self.folder / "config.yaml", mine, extra=extra)
        prices = write_candles(self.folder / f"{mine.symbol}-1m-x.csv", candles)
        return replayed("--config", config, "--account", "001", "--prices", prices, *argv)


def told(trades: Iterable[Trade]) -> list[str]:
    """Return executions as short lines: seconds since the beginning, side, level, quantity, price, liquidity."""
    return [
        f"{(trade.time_ms - T0) / 1000:g} {trade.side.name} "
        f"{'forced' if trade.is_forced else 'tp' if trade.level is None else trade.level} "
        f"{trade.quantity:f} @ {trade.price:f} {'maker' if trade.is_maker else 'taker'}"
        for trade in trades
    ]


def minutes(symbol: str) -> list[str | Path]:
    """Return the arguments for the recorded minutes of a symbol."""
    return ["--prices", recorded(f"{symbol}-1m-2025-06.csv.gz")]


def five_minutes(symbol: str) -> list[str | Path]:
    """Return the arguments for the recorded five minutes of a symbol, with mark prices and funding."""
    return [
        *("--prices", recorded(f"{symbol}-5m-{SPAN}")),
        *("--mark", recorded(f"{symbol}-mark-1h-{SPAN}")),
        *("--funding", recorded(f"{symbol}-funding-{SPAN}")),
    ]
