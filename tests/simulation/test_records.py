"""Recorded prices in a run."""

from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from gridtrader.simulation.faults import SAFE
from gridtrader.simulation.market import STEP_MS, open_record
from gridtrader.simulation.run import play
from gridtrader.simulation.world import Plan
from gridtrader.simulator.market.api import PriceError

MINUTE = 60_000
BEGIN = 1_750_000_020_000 // MINUTE * MINUTE
HEAD = "timestamp,open,high,low,close,volume"


def candles(path: Path, closes: list[str], *, start: int = BEGIN, minutes: int = 1) -> str:
    """Write a file of candles, each from the close before to its own."""
    rows = [HEAD]
    for number, (opened, closed) in enumerate(zip([closes[0], *closes], closes, strict=False)):
        high, low = max(opened, closed), min(opened, closed)
        rows.append(f"{start + number * minutes * MINUTE},{opened},{high},{low},{closed},1000")
    path.write_text("\n".join(rows) + "\n")
    return str(path)


def test_a_record_is_played_from_the_latest_start_to_the_first_end(tmp_path: Path) -> None:
    doge = candles(tmp_path / "DOGEUSDT-1m.csv", ["0.2"] * 60)
    sol = candles(tmp_path / "SOLUSDT-1m.csv", ["150"] * 60, start=BEGIN + 10 * MINUTE)
    record = open_record((doge, sol))
    assert record.start == BEGIN + 10 * MINUTE
    assert record.end == open_record((doge,)).end
    assert set(record.contracts) == {"DOGEUSDT", "SOLUSDT"}
    for prices in record.prices():
        first = prices.next()
        assert first is not None
        assert first[0] == record.start


def test_the_reference_price_is_that_of_the_start(tmp_path: Path) -> None:
    path = candles(tmp_path / "DOGEUSDT-1m.csv", ["0.31", "0.32", "0.33"])
    assert open_record((path,)).contracts["DOGEUSDT"].reference_price == Decimal("0.31")


def test_prices_come_often_also_where_candles_are_long(tmp_path: Path) -> None:
    path = candles(tmp_path / "DOGEUSDT-5m.csv", ["0.2", "0.3", "0.2"], minutes=5)
    record = open_record((path,))
    (prices,) = record.prices()
    points = []
    while (point := prices.next()) is not None:
        points.append((point[0], point[1].last))
    gaps = [later - sooner for (sooner, _), (later, _) in pairwise(points)]
    assert max(gaps) <= STEP_MS
    assert min(gaps) >= 0
    assert (points[0][0], points[-1][0]) == (record.start, record.end)
    steps = [abs(later - sooner) for (_, sooner), (_, later) in pairwise(points)]
    assert max(steps) <= Decimal("0.02"), "the way from candle to candle is walked, not leapt"


def test_a_run_trades_the_recorded_symbols_at_the_recorded_time(tmp_path: Path) -> None:
    wave = [f"{0.2 + 0.002 * (abs(n % 20 - 10) - 5):.5f}" for n in range(90)]
    path = candles(tmp_path / "DOGEUSDT-1m.csv", wave)
    plan = Plan(seed=1, hours=24, accounts=2, faults=SAFE, prices=(path,))
    result = play(plan)
    assert result.breach is None
    assert result.start_ms == BEGIN
    assert result.account_hours == pytest.approx(2 * 1.5, abs=0.05), "it ends with the record, not after 24 hours"
    assert result.verdicts.fills > 10
    assert play(plan) == result


def test_records_whose_times_do_not_meet_are_refused(tmp_path: Path) -> None:
    doge = candles(tmp_path / "DOGEUSDT-1m.csv", ["0.2"] * 5)
    sol = candles(tmp_path / "SOLUSDT-1m.csv", ["150"] * 5, start=BEGIN + 60 * MINUTE)
    with pytest.raises(PriceError, match="times meet"):
        open_record((doge, sol))
