"""Passing over what concerns nobody changes nothing: the fast way and the way over every corner come to the same."""

from collections.abc import Iterable
from pathlib import Path
from random import Random

import pytest

from gridtrader.replay.result import ReplayResult
from tests.replay.support import D, Strategy, five_minutes, minutes, replayed, write_config

DOGE = Strategy("DOGEUSDT", size="2", step="0.4", take_profit="0.3", levels=8)
SOL = Strategy("SOLUSDT", size="4", step="0.4", take_profit="0.3", levels=8)
BTC = Strategy("BTCUSDT", size="12", step="0.3", take_profit="0.2", levels=6)
ADA = Strategy("ADAUSDT", leverage=20, size="2", step="1", take_profit="0.5", levels=10)

RICH, POOR = "100000", "120"
DAYS = {RICH: "2025-06-12", POOR: "2025-06-11"}
"""Until when each is played, from 2025-06-10 on."""
CRASH = ("--from", "2025-10-10T12:00", "--to", "2025-10-11T12:00")


def same_both_ways(*argv: str | Path) -> ReplayResult:
    """Replay both ways and compare everything but the curves, which are samples."""
    fast, whole = replayed(*argv), replayed(*argv, "--every-corner")
    assert fast.trades == whole.trades
    assert fast.cycles == whole.cycles
    assert fast.funding == whole.funding
    assert fast.standing == whole.standing
    assert fast.summary == whole.summary
    assert fast.parameters == whole.parameters
    return fast


def from_the_tenth(config: Path, balance: str, *, until: str) -> tuple[str | Path, ...]:
    """Return the options of a replay that begins with 2025-06-10."""
    account = ("--config", config, "--account", "001", "--balance", balance)
    return (*account, "--from", "2025-06-10", "--to", until)


@pytest.mark.parametrize("balance", [RICH, POOR])
@pytest.mark.parametrize("strategy", [DOGE, SOL, BTC], ids=["DOGE", "SOL", "BTC"])
def test_days_of_minutes(tmp_path: Path, strategy: Strategy, balance: str) -> None:
    config = write_config(tmp_path / "config.yaml", strategy)
    result = same_both_ways(*from_the_tenth(config, balance, until=DAYS[balance]), *minutes(strategy.symbol))
    assert result.summary.trades > 20
    assert result.summary.cycles > 3


@pytest.mark.parametrize("balance", [RICH, "1500", "300"])
def test_a_crash_with_mark_prices_and_funding(tmp_path: Path, balance: str) -> None:
    config = write_config(tmp_path / "config.yaml", ADA)
    argv = ("--config", config, "--account", "001", "--balance", balance, *CRASH)
    result = same_both_ways(*argv, *five_minutes("ADAUSDT"))
    assert len(result.funding) > 0
    assert (result.summary.stop is None) is (balance == RICH)


@pytest.mark.parametrize("balance", [RICH, "250"])
def test_two_symbols_on_one_balance(tmp_path: Path, balance: str) -> None:
    config = write_config(tmp_path / "config.yaml", DOGE, SOL)
    prices = ("--prices", minutes("DOGEUSDT")[1], minutes("SOLUSDT")[1])
    result = same_both_ways(*from_the_tenth(config, balance, until="2025-06-11"), *prices)
    assert {trade.symbol for trade in result.trades} == {"DOGEUSDT", "SOLUSDT"}


def test_two_symbols_with_candles_of_different_length_mark_prices_and_funding(tmp_path: Path) -> None:
    config = write_config(
        tmp_path / "config.yaml", ADA, Strategy("SOLUSDT", size="4", step="1", take_profit="0.5", levels=8)
    )
    files = [[*five_minutes(symbol)] for symbol in ("ADAUSDT", "SOLUSDT")]
    both = [part for option in (0, 2, 4) for part in (files[0][option], files[0][option + 1], files[1][option + 1])]
    argv = ("--config", config, "--account", "001", "--balance", "4000")
    result = same_both_ways(*argv, "--from", "2025-10-10T20:30", "--to", "2025-10-11T00:10", *both)
    assert {trade.symbol for trade in result.trades} == {"ADAUSDT", "SOLUSDT"}
    assert result.summary.maximum_mm_rate > 0


def test_with_a_spread_unlimited_margin_and_a_beginning_inside_a_candle(tmp_path: Path) -> None:
    config = write_config(tmp_path / "config.yaml", DOGE)
    argv = ("--config", config, "--account", "001", "--from", "2025-06-10T08:00:20", "--to", "2025-06-10T20:00:10")
    for more in (("--spread", "3"), ("--unlimited-margin",)):
        result = same_both_ways(*argv, *more, *minutes("DOGEUSDT"))
        assert result.summary.trades > 10
    assert result.parameters.balance == D(10) ** 12


# --- trades, of which several may be of one millisecond ---

HEAD = "timestamp,symbol,side,size,price,tickDirection,trdMatchID,grossValue,homeNotional,foreignNotional"
NOON = 1_748_736_000


def trades_file(folder: Path, prices: Iterable[tuple[str, str]]) -> Path:
    path = folder / "DOGEUSDT2025-06-01.csv"
    rows = [
        f"{seconds},DOGEUSDT,Buy,10,{price},PlusTick,t{row},1,10,1" for row, (seconds, price) in enumerate(prices)
    ]
    path.write_text("\n".join([HEAD, *rows]) + "\n")
    return path


def test_every_trade_of_one_millisecond_counts(tmp_path: Path) -> None:
    config = write_config(tmp_path / "config.yaml", DOGE)
    way = [(1, "0.2"), (2, "0.2"), (2, "0.1970"), (2, "0.1995"), (5, "0.1995"), (6, "0.1995")]
    prices = trades_file(tmp_path, ((f"{NOON + second}", price) for second, price in way))
    argv = ("--config", config, "--account", "001", "--unlimited-margin", "--prices", prices)
    result = same_both_ways(*argv)
    assert result.summary.trades > 2


@pytest.mark.parametrize("seed", range(4))
def test_trades_that_come_in_bursts(tmp_path: Path, seed: int) -> None:
    config = write_config(tmp_path / "config.yaml", DOGE)
    dice, ticks, moment = Random(seed), 20_000, 0
    way = []
    for _ in range(1_500):
        moment += dice.choice((0, 0, 0, 1, 40, 900))
        ticks += dice.choice((-90, -20, -3, 0, 3, 20, 90))
        way.append((f"{NOON + moment // 1000}.{moment % 1000:03d}", f"{D(ticks) / 100_000}"))
    argv = ("--config", config, "--account", "001", "--unlimited-margin", "--prices", trades_file(tmp_path, way))
    result = same_both_ways(*argv)
    assert result.summary.trades > 50
