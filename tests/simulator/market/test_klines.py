"""Candles and day figures are what a look back at all points would give."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridtrader.simulator.market.api import Kline, Point, PriceError
from gridtrader.simulator.market.klines import INTERVALS, DayWindow, History, opening
from gridtrader.simulator.market.market import SourceMarket
from tests.simulator.market.support import DAY, HOUR, MINUTE, D, ListSource, market_of, point, prices_of

START = 1_750_000_020_000  # 2025-06-15 15:07:00 UTC, a Sunday
TICK = D("0.01")


def history(points: Iterable[Point], minute_days: int = 3) -> History:
    made = History(TICK, minute_days)
    for each in points:
        made.reach(each.time, each.last, each.volume, each.is_jump)
    return made


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1000


@pytest.mark.parametrize(
    ("interval", "start"),
    [
        ("1", "2025-06-15T15:07"),
        ("3", "2025-06-15T15:06"),
        ("5", "2025-06-15T15:05"),
        ("15", "2025-06-15T15:00"),
        ("30", "2025-06-15T15:00"),
        ("60", "2025-06-15T15:00"),
        ("120", "2025-06-15T14:00"),
        ("240", "2025-06-15T12:00"),
        ("360", "2025-06-15T12:00"),
        ("720", "2025-06-15T12:00"),
        ("D", "2025-06-15"),
        ("W", "2025-06-09"),
        ("M", "2025-06-01"),
    ],
)
def test_every_interval_opens_where_bybit_opens_it(interval: str, start: str) -> None:
    start_of = opening(interval)
    assert start_of(START + 12_345) == at(start)
    assert start_of(at(start)) == at(start)
    assert start_of(at(start) - 1) < at(start)


def test_an_interval_bybit_does_not_have_is_refused() -> None:
    with pytest.raises(PriceError, match="kline interval '7': expected one of 1 3 5 15 30 60 120 240 360 720 D W M"):
        opening("7")


def test_a_minute_opens_where_the_continuous_way_crosses_its_start() -> None:
    made = history([point(START, 100), point(START + 2 * MINUTE, 102), point(START + 150_000, "101.50")])
    assert prices_of(made.klines("1", None, None, 10)) == [
        (START + 2 * MINUTE, "102", "102", "101.50", "101.50"),
        (START + MINUTE, "101.00", "102", "101.00", "102"),
        (START, "100", "101.00", "100", "101.00"),
    ]


def test_a_jump_leaves_flat_minutes_behind_and_opens_the_one_it_falls_into() -> None:
    on_time = history([point(START, 100), point(START + 2 * MINUTE, 105, jump=True)])
    assert prices_of(on_time.klines("1", None, None, 10)) == [
        (START + 2 * MINUTE, "105", "105", "105", "105"),
        (START + MINUTE, "100", "100", "100", "100"),
        (START, "100", "100", "100", "100"),
    ]
    inside = history([point(START, 100), point(START + MINUTE + 1, 105, jump=True)])
    assert prices_of(inside.klines("1", None, None, 1)) == [(START + MINUTE, "100", "105", "100", "105")]


def test_volume_counts_in_the_minute_it_was_traded_in() -> None:
    made = history(
        [
            point(START, 100, volume="1"),
            point(START + 59_000, 101, volume="2"),
            point(START + MINUTE, 102, volume="4"),  # on the way to the minute's end: still the first minute
            point(START + 2 * MINUTE, 90, jump=True, volume="8"),  # a trade at the minute's start
        ]
    )
    klines = made.klines("1", None, None, 10)
    assert [k.volume for k in klines] == [D(8), D(0), D(7)]
    assert [k.turnover for k in klines] == [D(720), D(0), D(100 + 202 + 408)]
    assert klines[2].high == 102


def test_trades_of_one_millisecond_all_count() -> None:
    trades = [point(START, each, jump=True, volume="1") for each in (100, 103, 98, 101)]
    assert prices_of(history(trades).klines("1", None, None, 1)) == [(START, "100", "103", "98", "101")]
    later = [point(START - 1, 50, jump=True), *trades]
    assert prices_of(history(later).klines("1", None, None, 1)) == [(START, "100", "103", "98", "101")]


def long_history(minutes: int, seed: int = 1) -> tuple[list[Point], History]:
    rng = Random(seed)
    price, time, points = 10_000, START, []
    while time < START + minutes * MINUTE:
        points.append(point(time, D(price) * TICK, jump=rng.random() < 0.3, volume=str(rng.randrange(5))))
        price = max(100, price + rng.randrange(-50, 51))
        time += rng.choice((1, 1000, 7_000, 30_000, 60_000, 200_000))
    return points, history(points)


@pytest.mark.parametrize("interval", INTERVALS)
def test_longer_candles_are_their_minutes_put_together(interval: str) -> None:
    _, made = long_history(3 * 1440)
    minutes = list(reversed(made.klines("1", None, None, 100_000)))
    start_of = opening(interval)
    expected: dict[int, list[Kline]] = {}
    for minute in minutes:
        expected.setdefault(start_of(minute.start), []).append(minute)
    candles = list(reversed(made.klines(interval, None, None, 100_000)))
    assert [k.start for k in candles] == list(expected)
    for candle in candles:
        parts = expected[candle.start]
        assert candle == Kline(
            candle.start,
            parts[0].open,
            max(k.high for k in parts),
            min(k.low for k in parts),
            parts[-1].close,
            sum((k.volume for k in parts), D(0)),
            sum((k.turnover for k in parts), D(0)),
        )


def test_minutes_follow_each_other_without_gap_and_lose_no_volume() -> None:
    points, made = long_history(1440)
    minutes = list(reversed(made.klines("1", None, None, 100_000)))
    assert [k.start for k in minutes] == list(range(START, START + len(minutes) * MINUTE, MINUTE))
    assert sum(k.volume for k in minutes) == sum(each.volume for each in points)
    assert sum(k.turnover for k in minutes) == sum(each.volume * each.last for each in points)
    for minute in minutes:
        assert minute.low <= min(minute.open, minute.close) <= max(minute.open, minute.close) <= minute.high


def test_start_end_and_limit_select_as_v5_does() -> None:
    made = history(point(START + number * MINUTE, 100 + number, jump=True) for number in range(10))

    def starts(start: int | None, end: int | None, limit: int) -> list[int]:
        return [
            (k.start - START) // MINUTE
            for k in made.klines(
                "1",
                None if start is None else START + start * MINUTE,
                None if end is None else START + end * MINUTE,
                limit,
            )
        ]

    assert starts(None, None, 3) == [9, 8, 7]
    assert starts(None, 5, 3) == [5, 4, 3]
    assert starts(2, 5, 10) == [5, 4, 3, 2]
    assert starts(2, 5, 2) == [5, 4]
    assert starts(2, None, 3) == [4, 3, 2]
    assert starts(8, None, 3) == [9, 8]
    assert starts(20, None, 3) == []


def test_what_is_kept_is_bounded_and_no_half_candle_is_shown() -> None:
    made = History(TICK, minute_days=2)
    for number in range(5 * 1440 + 7):
        made.reach(START + number * MINUTE, D(100), D(1), True)
    minutes = made.klines("1", None, None, 100_000)
    assert len(minutes) == 2 * 1440 + 2  # closed ones that are kept, the last closed one, the running one
    half_hours = made.klines("30", None, None, 100_000)
    assert 94 <= len(half_hours) <= 96
    assert {k.volume for k in half_hours[1:]} == {D(30)}
    assert len(made.klines("60", None, None, 100_000)) == 121
    assert sum(k.volume for k in made.klines("M", None, None, 10)) == 5 * 1440 + 7


# --- the last 24 hours ---


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 3200))
def test_day_figures_equal_a_look_back_at_all_minutes(seed: int, count: int) -> None:
    rng = Random(seed)
    window, minutes, price = DayWindow(), [], 1000
    for number in range(count):
        price = max(10, price + rng.randrange(-3, 4))
        high, low = price + rng.randrange(3), price - rng.randrange(3)
        volume = D(rng.randrange(4))
        minutes.append(Kline(number * MINUTE, D(price), D(high), D(low), D(price), volume, volume * price))
        window.add(minutes[-1])
    running = Kline(count * MINUTE, D(price), D(price + 1), D(price), D(price + 1), D(3), D(3 * price))
    day = [*minutes[-1440:], running]
    stats = window.stats(running, D(price))
    assert stats.prev_price_24h == day[0].open
    assert stats.prev_price_1h == (day[-61] if len(day) > 60 else day[0]).open
    assert stats.high_24h == max(k.high for k in day)
    assert stats.low_24h == min(k.low for k in day)
    assert stats.volume_24h == sum(k.volume for k in day)
    assert stats.turnover_24h == sum(k.turnover for k in day)


def test_the_first_moment_has_day_figures_too() -> None:
    market = market_of(ListSource([point(START, 100, volume="2"), point(START + HOUR, 110)]))
    list(market.advance(START))
    stats = market.day("COINUSDT")
    assert (stats.prev_price_24h, stats.high_24h, stats.low_24h) == (D(100), D(100), D(100))
    assert (stats.volume_24h, stats.turnover_24h) == (D(2), D(200))


def test_day_figures_hold_the_price_between_two_points() -> None:
    market = market_of(ListSource([point(START, 100), point(START + HOUR, 110)]))
    list(market.advance(START + HOUR // 2))
    assert market.day("COINUSDT").high_24h == 105


def test_yesterday_is_a_day_ago() -> None:
    points = [point(START + number * HOUR, 100 + number, jump=True) for number in range(30)]
    market = market_of(ListSource(points))
    list(market.advance(START + 29 * HOUR))
    stats = market.day("COINUSDT")
    assert (stats.prev_price_24h, stats.prev_price_1h) == (D(105), D(128))
    assert (stats.high_24h, stats.low_24h) == (D(129), D(105))


# --- nobody's looking changes anything ---


def everything(market: SourceMarket) -> list[object]:
    views: list[object] = [market.day("COINUSDT")]
    for interval in INTERVALS:
        views.append(market.klines("COINUSDT", interval, None, None, 10_000))
        views.append(market.mark_klines("COINUSDT", interval, None, None, 10_000))
    return views


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 1000),
    looks=st.lists(st.integers(1, 400_000), max_size=60),
    stop=st.integers(0, 6 * HOUR),
)
def test_candles_do_not_depend_on_how_often_anybody_looks(seed: int, looks: list[int], stop: int) -> None:
    points, _ = long_history(5 * 60, seed)
    once, often = market_of(ListSource(points)), market_of(ListSource(points))
    list(once.advance(START + stop))
    for step in looks:
        list(often.advance(min(often.now + step, START + stop)))
        everything(often)
    list(often.advance(START + stop))
    assert everything(once) == everything(often)


def test_the_running_candle_closes_at_the_price_of_now() -> None:
    market = market_of(ListSource([point(START, 100), point(START + HOUR, 160)]))
    list(market.advance(START + 90_000))
    assert prices_of(market.klines("COINUSDT", "1", None, None, 5)) == [
        (START + MINUTE, "101.00", "101.50", "101.00", "101.50"),
        (START, "100", "101.00", "100", "101.00"),
    ]


def test_mark_candles_are_made_of_the_mark_price_and_have_no_volume() -> None:
    points = [point(START, 100, mark="101", volume="5"), point(START + MINUTE, 102, mark="104", volume="5")]
    market = market_of(ListSource(points))
    list(market.advance(START + MINUTE))
    (_, first) = market.mark_klines("COINUSDT", "1", None, None, 5)
    assert (first.open, first.high, first.low, first.close) == (D(101), D(104), D(101), D(104))
    assert (first.volume, first.turnover) == (D(0), D(0))


def test_a_market_that_stands_still_has_flat_candles_up_to_now() -> None:
    market = market_of(
        ListSource([point(START, 100), point(START + 10, 101)]),
        ListSource([point(START, 1), point(START + DAY, 2)], "DOGEUSDT"),
    )
    list(market.advance(START + 5 * MINUTE))
    klines = market.klines("COINUSDT", "1", None, None, 10)
    assert [(k.open, k.close) for k in klines] == [(D(101), D(101))] * 5 + [(D(100), D(101))]
    assert isinstance(klines[0].open, Decimal)
