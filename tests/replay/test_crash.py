"""10 October 2025: ADA fell by more than half within the hour. What becomes of a small account and of a large one."""

import io
from pathlib import Path

import pytest

from gridtrader.operator.replay.replay import main
from gridtrader.replay.result import ReplayResult
from tests.replay.support import D, Strategy, five_minutes, replayed, write_config

ADA = Strategy("ADAUSDT", leverage=20, size="2", step="1", take_profit="0.5", levels=10)
DAY = ("--from", "2025-10-10", "--to", "2025-10-12")
BEFORE, AFTER = 1_760_130_000_000, 1_760_133_600_000
"""2025-10-10 21:00 and 22:00 UTC: the hour of the crash."""


def crash(folder: Path, balance: str, extra: str = "") -> tuple[str, ...]:
    config = write_config(folder / "config.yaml", ADA, extra=extra)
    argv = ("--config", config, "--account", "001", "--balance", balance, *DAY, *five_minutes("ADAUSDT"))
    return tuple(map(str, argv))


def told(*argv: str) -> str:
    out = io.StringIO()
    assert main(argv, out) == 0
    return out.getvalue()


@pytest.mark.parametrize("balance", ["300", "1500", "20000"])
def test_a_small_account_is_stopped_at_its_threshold_within_the_hour(tmp_path: Path, balance: str) -> None:
    """R1 stops it; no order follows. What is left open is liquidated: the price falls on."""
    argv = crash(tmp_path, balance)
    result = replayed(*argv)
    stop = result.summary.stop
    assert stop is not None
    assert BEFORE < stop.time_ms < AFTER
    assert stop.reason.startswith("maintenance-margin rate 90.")
    assert {trade.is_forced for trade in result.trades if trade.time_ms > stop.time_ms} == {True}
    assert result.summary.liquidations > 0
    assert D(0) <= result.summary.final_equity < D(balance) / 100
    text = told(*argv)
    assert "Emergency stop at 2025-10-10 21:1" in text
    assert "has reached the threshold 90 %" in text
    assert "The exchange closed positions by force" in text


def test_a_large_account_lives_through_it_and_the_summary_says_what_it_took(tmp_path: Path) -> None:
    argv = crash(tmp_path, "200000")
    summary = replayed(*argv).summary
    assert (summary.stop, summary.liquidations, summary.maximum_levels) == (None, 0, 11)
    assert summary.maximum_drawdown > 20_000
    assert D(0) < summary.maximum_mm_rate < D("0.9")
    text = told(*argv)
    assert "Emergency stop" not in text
    assert "by force" not in text
    assert "11  levels" in text


def low_of(result: ReplayResult) -> int:
    lowest = min(result.bars["ADAUSDT"], key=lambda bar: bar.low)
    return lowest.time_ms


def test_a_lower_threshold_stops_earlier_and_take_profits_stay(tmp_path: Path) -> None:
    """R2: opening orders are cancelled, take-profits are left; with half the rate the price has less far to fall."""
    later = replayed(*crash(tmp_path, "3000"))
    sooner = replayed(*crash(tmp_path, "3000", extra="    risk: {mm_rate_threshold: 40}\n"))
    assert later.summary.stop is not None
    assert sooner.summary.stop is not None
    assert sooner.summary.stop.time_ms < later.summary.stop.time_ms <= low_of(later) + 300_000
    stop = sooner.summary.stop.time_ms
    assert all(order.until_ms <= stop for order in sooner.standing if order.level is not None)
    assert any(order.until_ms > stop for order in sooner.standing if order.level is None)
