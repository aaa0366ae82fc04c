"""What a replay is played under: fees, funding, mark prices, one balance for all symbols, unlimited margin."""

from decimal import Decimal
from pathlib import Path

import pytest

from gridtrader.domain.types import Side
from gridtrader.replay.document import document
from gridtrader.replay.result import ReplayResult, Standing
from tests.replay.support import (
    HOUR,
    T0,
    Bench,
    Candle,
    Strategy,
    flat,
    replayed,
    stamp,
    write_candles,
    write_config,
)

D = Decimal
STILL = flat("0.20000")
FALL = ("0.20000", "0.20000", "0.19700", "0.19700")


def take_profits(result: ReplayResult, side: Side) -> list[tuple[int, str]]:
    """Return since when (ms from the beginning) a side's take-profit stood at which price."""
    standing = [order for order in result.standing if order.side is side and order.level is None]
    return [(order.since_ms - T0, f"{order.price:f}") for order in standing]


def levels(result: ReplayResult) -> list[Standing]:
    return [order for order in result.standing if order.level is not None]


# --- fees ---


def test_what_executes_at_once_pays_the_taker_rate_what_rested_the_maker_rate(bench: Bench) -> None:
    extra = "    taker_fee_percent: 0.1\n    maker_fee_percent: 0.03\n"
    result = bench.replay([STILL, FALL], extra=extra)
    assert [trade.fee for trade in result.trades] == [D("0.02"), D("0.02"), D("0.01188")]
    assert result.summary.fees == D("0.05188")


def test_the_summary_is_the_sum_of_what_happened(bench: Bench) -> None:
    """LONG 100 @ .2 and 200 @ .198, SHORT 100 @ .2, at a last price of .197."""
    summary = bench.replay([STILL, FALL], "--balance", "500").summary
    assert summary.fees == D("0.011") * 2 + D("0.00792")
    assert summary.net_profit == (D("-0.3") - D("0.2") + D("0.3")) - summary.fees
    assert summary.final_equity == 500 + summary.net_profit
    assert (summary.trades, summary.cycles, summary.maximum_levels) == (3, 0, 2)
    assert summary.funding == 0
    assert summary.time_in_market == 1


# --- funding ---


def with_funding(bench: Bench, *rows: tuple[int, str]) -> Path:
    """Write settlements (hours after the beginning, rate)."""
    path = bench.folder / "DOGEUSDT-funding-x.csv"
    path.write_text("\n".join(["time,rate", *(f"{stamp(T0 + hour * HOUR)},{rate}" for hour, rate in rows)]) + "\n")
    return path


HOURS = [STILL] * (8 * 60 + 2)
"""Past the settlement after eight hours; nothing else happens."""


def test_without_a_file_there_is_no_funding(bench: Bench) -> None:
    result = bench.replay(HOURS, strategy=Strategy(take_profit="5"))
    assert result.funding == []
    assert len(take_profits(result, Side.LONG)) == 1


def test_a_settlement_is_booked_and_moves_both_take_profits(bench: Bench) -> None:
    """S7. LONG pays 20 x 0.001: (20 x 1.05 + 0.011 + 0.02) / (100 x 0.99945), up. SHORT receives as much:
    (20 x 0.95 - 0.011 + 0.02) / (100 x 1.00055), down. The settlement at the very beginning finds nothing open."""
    funding = with_funding(bench, (0, "0.05"), (8, "0.001"), (16, "0.05"))
    result = bench.replay(HOURS, "--funding", funding, strategy=Strategy(take_profit="5"))
    at = 8 * HOUR
    assert take_profits(result, Side.LONG) == [(0, "0.21023"), (at, "0.21043")]
    assert take_profits(result, Side.SHORT) == [(0, "0.18978"), (at, "0.18998")]
    assert document(result)["funding"] == [
        {
            "time": "2025-06-16T00:00:00.000+00:00",
            "time_ms": T0 + at,
            "symbol": "DOGEUSDT",
            "side": side,
            "paid": paid,
        }
        for side, paid in (("LONG", D("0.02")), ("SHORT", D("-0.02")))
    ]
    assert result.summary.funding == 0


def test_what_funding_costs_is_in_the_cycle_and_in_the_account(bench: Bench) -> None:
    funding = with_funding(bench, (0, "0"), (8, "0.001"), (16, "0"))
    rise = ("0.20000", "0.21100", "0.20000", "0.21100")
    result = bench.replay([*HOURS, rise], "--funding", funding, strategy=Strategy(take_profit="5", step="50"))
    (cycle,) = result.cycles
    assert (cycle.side, cycle.take_profit, cycle.funding) == (Side.LONG, D("0.21043"), D("0.02"))
    assert cycle.gross == D("1.043")
    assert cycle.fees == D("0.011") + D("21.043") * D("0.0002")
    assert cycle.net == cycle.gross - cycle.fees - cycle.funding
    assert D("0.05") * 20 <= cycle.net < D("0.05") * 20 + D("0.00001") * 100 + D("21.043") * D("0.00035")


# --- the mark price ---


def test_the_mark_price_moves_the_risk_rate_and_nothing_that_is_traded(bench: Bench) -> None:
    candles = [STILL, FALL, ("0.19700", "0.20500", "0.19700", "0.20000"), flat("0.19000")]
    plain = bench.replay(candles, "--balance", "200")
    marks = write_candles(bench.folder / "DOGEUSDT-mark-1m-x.csv", [flat("0.18000")] * 4)
    marked = bench.replay(candles, "--balance", "200", "--mark", marks)
    assert marked.trades == plain.trades
    assert [(order.price, order.quantity) for order in marked.standing] == [
        (order.price, order.quantity) for order in plain.standing
    ]
    assert marked.summary.maximum_mm_rate != plain.summary.maximum_mm_rate
    assert marked.summary.final_equity == plain.summary.final_equity + net_size(plain) * (D("0.18") - D("0.19"))


def net_size(result: ReplayResult) -> Decimal:
    signs = [trade.side.sign * (-1 if trade.level is None else 1) for trade in result.trades]
    return sum((sign * trade.quantity for sign, trade in zip(signs, result.trades, strict=True)), D(0))


def test_a_mark_price_far_away_stops_the_account_though_the_last_price_stands(bench: Bench) -> None:
    """R1: the mark price falls from .195 towards .095; at .117 the 700 DOGE LONG have cost 55 of the 60 USDT."""
    candles = [STILL, ("0.20000", "0.20000", "0.19500", "0.19500"), flat("0.19500"), flat("0.19500")]
    falling = [STILL, flat("0.19500"), ("0.19500", "0.19500", "0.09000", "0.09500"), flat("0.09500")]
    marks = write_candles(bench.folder / "DOGEUSDT-mark-1m-x.csv", falling)
    assert bench.replay(candles, "--balance", "60").summary.stop is None
    stop = bench.replay(candles, "--balance", "60", "--mark", marks).summary.stop
    assert stop is not None
    assert T0 + 120_000 < stop.time_ms < T0 + 180_000
    assert stop.reason.startswith("maintenance-margin rate 90.")
    assert stop.reason.endswith("has reached the threshold 90 %")


# --- one account ---


DOGE, SOL = Strategy(levels=3), Strategy("SOLUSDT", levels=3)


def two_symbols(bench: Bench, *argv: str) -> ReplayResult:
    config = write_config(bench.folder / "config.yaml", DOGE, SOL)
    doge = write_candles(bench.folder / "DOGEUSDT-1m-x.csv", [STILL, FALL, FALL])
    sol = write_candles(bench.folder / "SOLUSDT-1m-x.csv", [flat("100.00"), flat("100.00"), flat("90.00")])
    return replayed("--config", config, "--account", "001", "--prices", doge, sol, *argv)


def traded(result: ReplayResult) -> list[tuple[str, Side, int | None]]:
    return [(trade.symbol, trade.side, trade.level) for trade in result.trades]


def test_symbols_of_an_account_are_played_in_the_order_of_time(bench: Bench) -> None:
    result = two_symbols(bench)
    assert [trade.time_ms for trade in result.trades] == sorted(trade.time_ms for trade in result.trades)
    assert {trade.symbol for trade in result.trades} == {"DOGEUSDT", "SOLUSDT"}
    assert sorted(result.bars) == ["DOGEUSDT", "SOLUSDT"]


def test_symbols_of_an_account_share_one_balance(bench: Bench) -> None:
    """S6: with what one of them needs alone, the two of them cannot place all their levels."""
    balance = ("--balance", "24")
    together = two_symbols(bench, *balance)
    alone = [two_symbols(bench, "--symbol", symbol, *balance) for symbol in ("DOGEUSDT", "SOLUSDT")]
    assert all(len(levels(result)) > 0 for result in alone)
    assert len(levels(together)) < sum(len(levels(result)) for result in alone)
    assert two_symbols(bench).summary.trades == sum(
        two_symbols(bench, "--symbol", symbol).summary.trades for symbol in ("DOGEUSDT", "SOLUSDT")
    )


def test_one_symbol_of_an_account_can_be_played_alone(bench: Bench) -> None:
    config = write_config(bench.folder / "config.yaml", DOGE, SOL)
    doge = write_candles(bench.folder / "DOGEUSDT-1m-x.csv", [STILL, FALL])
    result = replayed("--config", config, "--account", "001", "--symbol", "DOGEUSDT", "--prices", doge)
    assert [symbol.symbol for symbol in result.parameters.symbols] == ["DOGEUSDT"]
    assert result.summary.trades == 3


def test_symbols_are_played_over_the_time_that_all_files_have(bench: Bench) -> None:
    config = write_config(bench.folder / "config.yaml", DOGE, SOL)
    doge = write_candles(bench.folder / "DOGEUSDT-1m-x.csv", [STILL] * 3)
    sol = write_candles(bench.folder / "SOLUSDT-1m-x.csv", [flat("100.00")] * 3, start=T0 + 60_000)
    result = replayed("--config", config, "--account", "001", "--prices", doge, sol)
    assert (result.parameters.start_ms, result.parameters.end_ms) == (T0 + 60_000, T0 + 3 * 60_000 - 1)


# --- money ---


CRASH = [STILL, ("0.20000", "0.20000", "0.17000", "0.17000"), ("0.17000", "0.17000", "0.02000", "0.02000")]


@pytest.mark.parametrize("is_unlimited", [True, False])
def test_with_unlimited_margin_only_the_strategy_decides(bench: Bench, *, is_unlimited: bool) -> None:
    """Level 12 is worth 80,000 USDT: nothing that 10,000 USDT could carry through a fall by 90 %."""
    argv = ["--unlimited-margin"] if is_unlimited else []
    strategy = Strategy(levels=12, step="0.5", size="2")
    summary = bench.replay(CRASH, *argv, strategy=strategy).summary
    assert (summary.stop is None) is is_unlimited
    assert (summary.liquidations == 0) is is_unlimited
    assert (summary.maximum_levels == 13) is is_unlimited


def test_with_too_little_money_nothing_is_opened_and_nothing_is_lost(bench: Bench) -> None:
    summary = bench.replay(CRASH, "--balance", "0.5").summary
    assert (summary.trades, summary.final_equity, summary.stop) == (0, D("0.5"), None)


# --- what could not be opened ---


def falling(start: int, end: int) -> list[Candle]:
    """Return candles that fall from a price to another, in steps of 1 % (prices in 1/100000)."""
    candles, price = [flat(f"{D(start) / 100_000}")], start
    while price > end:
        lower = price * 99 // 100
        high, low = f"{D(price) / 100_000}", f"{D(lower) / 100_000}"
        candles.append((high, high, low, low))
        price = lower
    return candles


def test_a_side_that_cannot_be_reopened_for_its_size_is_told(bench: Bench) -> None:
    small = Strategy(leverage=1, size="5.5", take_profit="0.5", levels=10)
    result = bench.replay(falling(20_000, 16_500), "--unlimited-margin", strategy=small)
    alarm = result.alarms[0]
    assert "below the exchange's minimum" in alarm.text
    assert [trade.time_ms for trade in result.trades if trade.side is Side.SHORT][-1] <= alarm.time_ms
    assert [entry["text"] for entry in document(result)["alarms"]] == [a.text for a in result.alarms]  # type: ignore[union-attr,index,call-overload]


def test_a_replay_in_which_all_could_be_opened_has_no_alarm(bench: Bench) -> None:
    assert bench.replay(falling(20_000, 18_000), "--unlimited-margin").alarms == []
