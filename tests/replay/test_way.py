"""The way the price takes, told by what is filled: the rules that make replays comparable (docs/replay.md)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridtrader.replay.way import begins, merged
from tests.replay.support import MINUTE, T0, Bench, Candle, Strategy, flat, replayed, stamp, told, write_config

STILL = flat("0.20000")
OPENING = ["0 LONG 0 100 @ 0.20000 taker", "0 SHORT 0 100 @ 0.20000 taker"]


def after_opening(bench: Bench, *candles: Candle) -> list[str]:
    """Return what is traded after both entries, which execute in a first candle that stands still."""
    trades = told(bench.replay([STILL, *candles]).trades)
    assert trades[:2] == OPENING
    return trades[2:]


# --- inside a candle ---


def test_the_nearer_extreme_comes_first_the_low(bench: Bench) -> None:
    assert after_opening(bench, ("0.20000", "0.20400", "0.19700", "0.20000")) == [
        "70 LONG 1 200 @ 0.19800 maker",
        "96.428 SHORT 1 200 @ 0.20200 maker",
    ]


def test_the_nearer_extreme_comes_first_the_high(bench: Bench) -> None:
    assert after_opening(bench, ("0.20000", "0.20300", "0.19650", "0.20000")) == [
        "70 SHORT 1 200 @ 0.20200 maker",
        "98.076 LONG 1 200 @ 0.19800 maker",
    ]


def test_of_extremes_equally_far_the_low_comes_first(bench: Bench) -> None:
    assert after_opening(bench, ("0.20000", "0.20300", "0.19700", "0.20000")) == [
        "70 LONG 1 200 @ 0.19800 maker",
        "100 SHORT 1 200 @ 0.20200 maker",
    ]


def test_the_close_is_reached_after_both_extremes(bench: Bench) -> None:
    """High at 75 s, low at 105 s; only then the price rises to LONG's take-profit, on its way to the close.

    TP: (59.6 x 1.003 + 0.011 + 0.00792) / (300 x 0.99945), up.
    """
    candle = ("0.20000", "0.20000", "0.19750", "0.20000")
    trades = told(bench.replay([STILL, candle], strategy=Strategy(take_profit="0.3")).trades)
    assert [line for line in trades if " LONG 1 " in line or " LONG tp " in line] == [
        "99 LONG 1 200 @ 0.19800 maker",
        "116.639 LONG tp 300 @ 0.19944 maker",
    ]


def test_the_bot_reacts_at_each_level_a_candle_crosses_at_that_level_s_price(bench: Bench) -> None:
    """Level 2 is placed while the price stands at level 1, one step below it, and waits there as a maker's order."""
    assert after_opening(bench, ("0.20000", "0.20000", "0.19500", "0.19500")) == [
        "87 LONG 1 200 @ 0.19800 maker",
        "98.88 LONG 2 400 @ 0.19602 maker",
    ]


def test_a_take_profit_closes_and_its_side_reopens_inside_the_candle(bench: Bench) -> None:
    """S8: one level at once, the other side has executed one. TP: (20 x 0.995 - 0.011) / (100 x 1.00055), down."""
    result = bench.replay([STILL, ("0.20000", "0.20000", "0.19850", "0.19860")], strategy=Strategy(take_profit="0.5"))
    assert told(result.trades)[2:] == [
        "99.4 SHORT tp 100 @ 0.19878 maker",
        "99.4 SHORT 0 100 @ 0.19878 taker",
    ]
    assert [(cycle.levels, cycle.take_profit) for cycle in result.cycles] == [(1, result.trades[2].price)]


def test_a_reopening_after_many_levels_opens_them_one_by_one_inside_the_candle(bench: Bench) -> None:
    """S8: LONG has executed six levels when SHORT closes, so SHORT opens four at once; each as its own order."""
    candles = (STILL, ("0.20000", "0.20000", "0.19400", "0.19400"), ("0.19400", "0.19400", "0.15000", "0.15000"))
    trades = told(bench.replay(candles, strategy=Strategy(levels=5)).trades)
    closed = next(number for number, line in enumerate(trades) if " SHORT tp " in line)
    assert sum(" LONG " in line for line in trades[:closed]) == 6
    place, price = trades[closed].split()[0], trades[closed].split(" @ ")[1].split()[0]
    opened = [f"{place} SHORT {level} {100 * 2**level} @ {price} taker" for level in range(4)]
    assert trades[closed + 1 : closed + 5] == opened


# --- jumps ---


def test_between_candles_the_price_jumps_and_the_bot_reacts_at_the_new_price(bench: Bench) -> None:
    """Level 1 fills at its own price; level 2, placed after the jump, at the market (S4), not on the way."""
    assert after_opening(bench, flat("0.19500")) == [
        "60 LONG 1 200 @ 0.19800 maker",
        "60 LONG 2 400 @ 0.19500 taker",
    ]


def test_a_jump_fills_all_it_crosses_at_their_own_prices_the_nearest_first(bench: Bench) -> None:
    """SHORT has three resting levels since LONG has executed three."""
    trades = after_opening(bench, ("0.20000", "0.20000", "0.19500", "0.19500"), flat("0.21000"))
    assert trades[2:] == [
        "120 SHORT 1 200 @ 0.20200 maker",
        "120 SHORT 2 400 @ 0.20402 maker",
        "120 SHORT 3 800 @ 0.20607 maker",
    ]


def test_between_trades_the_price_jumps(bench: Bench) -> None:
    """Bybit's own trade files: no price between two trades is passed."""
    config = write_config(bench.folder / "config.yaml", Strategy())
    prices = bench.folder / "DOGEUSDT2025-06-15.csv"
    rows = [
        f"{(T0 + ms) / 1000:.4f},DOGEUSDT,Buy,10,{price},id{ms}"
        for ms, price in ((0, "0.20000"), (5_000, "0.19790"), (9_000, "0.19500"))
    ]
    prices.write_text("\n".join(["timestamp,symbol,side,size,price,trdMatchID", *rows]) + "\n")
    trades = replayed("--config", config, "--account", "001", "--prices", prices).trades
    assert told(trades)[2:] == ["5 LONG 1 200 @ 0.19800 maker", "9 LONG 2 400 @ 0.19602 maker"]


def test_where_rows_are_missing_the_price_stands_still_and_jumps_at_the_end_of_the_gap(bench: Bench) -> None:
    candles = [STILL, STILL, flat("0.19500")]
    config = write_config(bench.folder / "config.yaml", Strategy())
    prices = bench.folder / "DOGEUSDT-1m-x.csv"
    rows = [f"{stamp(T0 + at * MINUTE)},{','.join(c)},1" for at, c in zip((0, 1, 10), candles, strict=True)]
    prices.write_text("\n".join(["timestamp,open,high,low,close,volume", *rows]) + "\n")
    trades = replayed("--config", config, "--account", "001", "--prices", prices).trades
    assert told(trades)[2:] == ["600 LONG 1 200 @ 0.19800 maker", "600 LONG 2 400 @ 0.19500 taker"]


# --- spread ---


@pytest.mark.parametrize(
    ("spread", "opening", "untouched", "level"),
    [
        ("2", ("0.20001", "0.19999"), "0.19800", ("0.19799", "0.19800")),
        ("3", ("0.20002", "0.19999"), "0.19800", ("0.19799", "0.19801")),
    ],
)
def test_with_a_spread_entries_pay_it_and_a_level_waits_for_the_other_side_of_the_market(
    bench: Bench, spread: str, opening: tuple[str, str], untouched: str, level: tuple[str, str]
) -> None:
    """The bid is half the spread below the last price (rounded down), the ask the spread above the bid."""
    falls_to, own_price = level
    above = ("0.20000", "0.20000", untouched, untouched)
    assert [str(trade.price) for trade in bench.replay([STILL, above], "--spread", spread).trades] == list(opening)
    reached = ("0.20000", "0.20000", falls_to, falls_to)
    trades = bench.replay([STILL, reached], "--spread", spread).trades
    assert [str(trade.price) for trade in trades] == [*opening, own_price]
    assert [trade.is_maker for trade in trades] == [False, False, True]


# --- from, to ---


def test_from_and_to_cut_the_time(bench: Bench) -> None:
    candles = [flat("0.10000"), STILL, ("0.20000", "0.20000", "0.19700", "0.19700"), flat("0.30000")]
    result = bench.replay(candles, "--from", "2025-06-15T16:01", "--to", "2025-06-15T16:03")
    assert told(result.trades) == [
        "60 LONG 0 100 @ 0.20000 taker",
        "60 SHORT 0 100 @ 0.20000 taker",
        "155 LONG 1 200 @ 0.19800 maker",
    ]
    assert (result.parameters.start_ms, result.parameters.end_ms) == (T0 + 60_000, T0 + 180_000 - 1)


def test_inside_a_candle_the_way_begins_where_it_has_come_to(bench: Bench) -> None:
    """From .2 down to .19 within the middle half minute: at its half the price is .195. No later price is known."""
    falling = ("0.20000", "0.20000", "0.19000", "0.19000")
    for start, price in (("16:00:30", "0.19500"), ("16:00:15", "0.20000"), ("16:00:44", "0.19033")):
        trades = bench.replay([falling, flat("0.19000")], "--from", f"2025-06-15T{start}").trades
        assert told(trades)[0].split(" @ ")[1] == f"{price} taker", start


def test_inside_a_candle_the_way_ends_where_it_has_come_to(bench: Bench) -> None:
    """.198 is reached at 21 s, .19602 at 26.94 s: --to is the first moment that is not played any more."""
    falling = ("0.20000", "0.20000", "0.19000", "0.19000")
    for end, fills in (("16:00:20", 2), ("16:00:21.001", 3), ("16:00:26", 3), ("16:00:27", 4)):
        result = bench.replay([falling, flat("0.19000")], "--to", f"2025-06-15T{end}")
        assert len(result.trades) == fills, end


def test_before_a_jump_the_price_stands(bench: Bench) -> None:
    """The candle's last moment is its close; what the next one opens at is not known a moment earlier."""
    config = write_config(bench.folder / "config.yaml", Strategy())
    prices = bench.folder / "DOGEUSDT2025-06-15.csv"
    rows = [f"{(T0 + ms) / 1000:.4f},DOGEUSDT,Buy,10,{p},id{ms}" for ms, p in ((0, "0.2"), (9_000, "0.19"))]
    prices.write_text("\n".join(["timestamp,symbol,side,size,price,trdMatchID", *rows]) + "\n")
    argv = ("--config", config, "--account", "001", "--prices", prices, "--from", "2025-06-15T16:00:05")
    assert [f"{trade.price:f}" for trade in replayed(*argv).trades[:2]] == ["0.20000", "0.20000"]


# --- times of several ways ---


@given(st.lists(st.lists(st.integers(0, 50), unique=True, max_size=20).map(sorted), min_size=2, max_size=4))
def test_merged_times_are_those_of_all_ways_each_once_in_order(lists: list[list[int]]) -> None:
    found = merged([np.array(times, np.int64) for times in lists])
    assert found.tolist() == sorted({time for times in lists for time in times})


@given(st.lists(st.integers(0, 9), max_size=30).map(sorted))
def test_ordered_values_are_cut_where_a_new_one_begins(values: list[int]) -> None:
    places = begins(np.array(values, np.int64)).tolist()
    assert places == [place for place, value in enumerate(values) if place == 0 or values[place - 1] != value]
