"""Several sources on one clock: order, interpolation, beginning and end, funding."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridtrader.simulator.market.api import Market, PriceError
from gridtrader.simulator.market.market import SourceMarket
from gridtrader.simulator.market.path import point_between, price_between
from gridtrader.simulator.market.synthetic import SyntheticMarket, SyntheticSource
from tests.simulator.market.support import (
    CONTRACTS,
    DAY,
    HOUR,
    MINUTE,
    D,
    ListSource,
    contract,
    market_of,
    play,
    point,
)

START = 1_750_000_020_000  # 2025-06-15 15:07:00 UTC
A, B = "AAAUSDT", "BBBUSDT"


def test_points_come_in_order_of_time_and_then_of_symbol() -> None:
    market = market_of(
        ListSource([point(START, 1), point(START + 5, 2, jump=True), point(START + 9, 3, jump=True)], B),
        ListSource([point(START, 7), point(START + 6, 8, jump=True), point(START + 9, 9, jump=True)], A),
    )
    assert market.symbols() == [B, A]
    assert play(market, START + 100) == [
        (A, START, D(7)),
        (B, START, D(1)),
        (B, START + 5, D(2)),
        (A, START + 6, D(8)),
        (A, START + 9, D(9)),
        (B, START + 9, D(3)),
    ]


def test_each_point_comes_once_however_the_clock_is_moved() -> None:
    points = [point(START + 3 * number, 100 + number, jump=True) for number in range(50)]
    market = market_of(ListSource(points))
    seen = [entry for until in range(START - 5, START + 200) for entry in play(market, until)]
    assert [(time, price) for _, time, price in seen] == [(each.time, each.last) for each in points]
    assert play(market, START + 100) == []
    assert market.now == START + 199


def test_points_of_one_millisecond_keep_their_order() -> None:
    trades = [point(START, 1), *(point(START + 5, price, jump=True) for price in (3, 2, 4)), point(START + 6, 5)]
    market = market_of(ListSource(trades))
    assert [price for _, _, price in play(market, START + 5)] == [D(1), D(3), D(2), D(4)]


def test_a_slow_observer_sees_a_continuous_way_move_in_time() -> None:
    market = market_of(
        ListSource([point(START, "100"), point(START + 1000, "101", volume="5"), point(START + 9999, 1)])
    )
    assert play(market, START) == [("COINUSDT", START, D(100))]
    assert play(market, START + 250) == [("COINUSDT", START + 250, D("100.25"))]
    assert play(market, START + 333) == [("COINUSDT", START + 333, D("100.33"))]
    assert play(market, START + 1000) == [("COINUSDT", START + 1000, D("101"))]


def test_the_same_moment_asked_twice_is_told_once() -> None:
    market = market_of(ListSource([point(START, "100"), point(START + 1000, "101")]))
    assert [len(play(market, START + 500)), len(play(market, START + 500)), len(play(market, START + 499))] == [
        2,
        0,
        0,
    ]


def test_prices_between_points_and_points_of_the_same_moment_are_in_order_of_symbol() -> None:
    market = market_of(
        ListSource([point(START, 1), point(START + 1000, 2)], "CCCUSDT"),
        ListSource([point(START, 1), point(START + 500, 2), point(START + 500, 4, jump=True)], B),
        ListSource([point(START, 1), point(START + 1000, 3)], A),
    )
    play(market, START)
    assert play(market, START + 500) == [
        (A, START + 500, D(2)),
        (B, START + 500, D(2)),
        (B, START + 500, D(4)),
        ("CCCUSDT", START + 500, D("1.50")),
    ]


def test_before_a_jump_nothing_moves() -> None:
    market = market_of(ListSource([point(START, "100"), point(START + 1000, "200", jump=True)]))
    play(market, START)
    assert play(market, START + 999) == []
    assert play(market, START + 1000) == [("COINUSDT", START + 1000, D("200"))]


def test_a_price_that_stands_still_is_not_told_again() -> None:
    market = market_of(ListSource([point(START, "100"), point(START + 1000, "100"), point(START + 2000, "101")]))
    assert [time - START for until in range(0, 2001, 250) for _, time, _ in play(market, START + until)] == [
        0,
        1000,
        1250,
        1500,
        1750,
        2000,
    ]


def test_volume_is_told_at_the_point_and_not_between() -> None:
    market = market_of(ListSource([point(START, "100", volume="1"), point(START + 1000, "101", volume="5")]))
    told = [each.volume for until in (0, 400, 800, 1000) for _, each in market.advance(START + until)]
    assert told == [D(1), D(0), D(0), D(5)]


prices = st.integers(1, 10**7)


@given(
    a=prices,
    b=prices,
    length=st.integers(1, 10**9),
    share=st.floats(0, 1),
    step=st.sampled_from(("0.01", "0.5", "5")),
)
def test_a_price_between_is_on_the_tick_and_within_and_nearest(
    a: int, b: int, length: int, share: float, step: str
) -> None:
    tick, time = D(step), int(length * share)
    price = price_between((0, a * tick), (length, b * tick), time, tick)
    assert price % tick == 0
    assert min(a, b) * tick <= price <= max(a, b) * tick
    exact = a * tick + (b - a) * tick * time / length
    assert abs(price - exact) <= tick / 2


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10_000), offset=st.integers(1, 999))
def test_between_two_points_bid_last_and_ask_keep_their_order(seed: int, offset: int) -> None:
    contract = CONTRACTS["BTCUSDT"]
    points = SyntheticSource(contract, seed, START).points()
    first, second = next(points), next(points)
    here = point_between(first, second, START + offset, contract.tick_size)
    assert here.bid <= here.last <= here.ask
    assert here.volume == 0
    assert here.bid_size == first.bid_size
    for price in (here.last, here.bid, here.ask, here.mark, here.index):
        assert price % contract.tick_size == 0


# --- beginning and end ---


def test_the_market_begins_at_the_latest_start_with_a_price_for_every_symbol() -> None:
    early = ListSource([point(START, "100"), point(START + 1000, "110"), point(START + 3000, "90", jump=True)], A)
    late = ListSource([point(START + 500, "7"), point(START + 2000, "8")], B)
    market = market_of(early, late)
    assert (market.start, market.now) == (START + 500, START + 499)
    assert play(market, START + 499) == []
    assert play(market, START + 500) == [(A, START + 500, D("105")), (B, START + 500, D("7"))]
    assert play(market, START + 3000)[-1] == (A, START + 3000, D("90"))


def test_a_source_that_began_earlier_has_its_past_in_candles_and_day_figures() -> None:
    early = ListSource([point(START + number * HOUR, 100 + number) for number in range(30)], A)
    late = ListSource([point(START + 26 * HOUR, 1), point(START + 40 * HOUR, 1)], B)
    market = market_of(early, late)
    play(market, market.start)
    assert market.day(A).prev_price_24h == 102
    assert market.day(A).prev_price_1h == 125
    assert len(market.klines(A, "60", None, None, 100)) == 27
    assert market.klines(A, "1", None, None, 1)[0].close == 126


def test_the_past_of_a_continuous_way_is_continuous_up_to_the_start() -> None:
    early = ListSource([point(START, 100), point(START + 4 * MINUTE, 104)], A)
    market = market_of(early, ListSource([point(START + 150_000, 1), point(START + DAY, 1)], B))
    play(market, market.start)
    closes = [(k.open, k.close) for k in market.klines(A, "1", None, None, 10)]
    assert closes == [(D(102), D("102.50")), (D(101), D(102)), (D(100), D(101))]


def test_the_market_ends_with_the_last_source_and_earlier_ones_keep_their_price() -> None:
    market = market_of(
        ListSource([point(START, 1), point(START + 1000, 2)], A),
        ListSource([point(START, 5), point(START + 9000, 6)], B),
    )
    play(market, START + 8999)
    over = [market.is_over]
    assert market.klines(A, "1", None, None, 1)[0].close == 2
    assert [symbol for symbol, _, _ in play(market, START + 9000)] == [B]
    assert [*over, market.is_over] == [False, True]
    assert play(market, START + DAY) == []


def test_a_synthetic_market_has_no_end() -> None:
    source = SyntheticSource(CONTRACTS["DOGEUSDT"], 1, START, SyntheticMarket(step_ms=HOUR))
    market: Market = SourceMarket([source], CONTRACTS)
    assert sum(1 for _ in market.advance(START + 30 * DAY)) == 721
    assert not market.is_over


def test_sources_whose_times_do_not_meet_are_refused() -> None:
    first = ListSource([point(START, 1), point(START + 1000, 2)], A)
    with pytest.raises(
        PriceError, match=f"{A} ends at 2025-06-15 15:07:01 UTC, before {B} begins .* expected sources"
    ):
        market_of(first, ListSource([point(START + 1001, 5), point(START + 9000, 6)], B))
    with pytest.raises(PriceError, match="one source for each symbol"):
        market_of(first, first)
    with pytest.raises(PriceError, match="one source for each symbol"):
        market_of()
    with pytest.raises(PriceError, match="minute_days is 1: expected at least 2"):
        market_of(first, minute_days=1)


def test_a_symbol_without_prices_is_named() -> None:
    market = market_of(ListSource([point(START, 1)], A))
    with pytest.raises(PriceError, match=f"symbol 'XUSDT' has no prices here: expected one of {A}"):
        market.day("XUSDT")
    with pytest.raises(PriceError, match="no price yet"):
        market.day(A)
    assert market.klines(A, "1", None, None, 5) == []


def test_a_look_that_is_broken_off_loses_nothing() -> None:
    points = [point(START + number, 100 + number, jump=True) for number in range(6)]
    market = market_of(ListSource(points))
    look = market.advance(START + 5)
    assert [next(look)[1].last, next(look)[1].last] == [D(100), D(101)]
    assert market.now == START + 1
    assert [price for _, _, price in play(market, START + 5)] == [D(102), D(103), D(104), D(105)]


# --- funding ---

EIGHT = 1_750_003_200_000  # 2025-06-15 16:00:00 UTC, a multiple of 8 hours


def flat(*, rate: str = "0.0001", symbol: str = "COINUSDT", times: list[int] | None = None) -> ListSource:
    return ListSource([point(START, 100), point(START + 3 * DAY, 100)], symbol, rate, times)


def test_settlements_come_at_multiples_of_the_interval_each_once() -> None:
    market = market_of(flat())
    assert EIGHT % (8 * HOUR) == 0
    assert market.next_funding("COINUSDT") == (EIGHT, D("0.0001"))
    assert market.funding_due(EIGHT - 1) == []
    assert market.funding_due(EIGHT) == [(EIGHT, "COINUSDT", D("0.0001"))]
    list(market.advance(EIGHT))
    assert market.funding_due(EIGHT) == []
    assert market.next_funding("COINUSDT") == (EIGHT + 8 * HOUR, D("0.0001"))
    due = market.funding_due(EIGHT + DAY)
    assert [time for time, _, _ in due] == [EIGHT + 8 * HOUR, EIGHT + 16 * HOUR, EIGHT + DAY]


def test_settlements_of_several_symbols_are_in_order_and_follow_their_own_interval() -> None:
    sources = [flat(symbol=B), flat(symbol=A, rate="-0.0002")]
    market = SourceMarket(sources, {A: contract(A, funding_min=240), B: contract(B)})
    assert market.funding_due(EIGHT + 4 * HOUR) == [
        (EIGHT, A, D("-0.0002")),
        (EIGHT, B, D("0.0001")),
        (EIGHT + 4 * HOUR, A, D("-0.0002")),
    ]


def test_a_contract_may_settle_every_hour() -> None:
    market = SourceMarket([flat()], {"COINUSDT": contract(funding_min=60)})
    assert [time - EIGHT for time, _, _ in market.funding_due(EIGHT + 2 * HOUR)] == [0, HOUR, 2 * HOUR]


def test_a_settlement_at_the_very_start_is_due() -> None:
    market = market_of(ListSource([point(EIGHT, 1), point(EIGHT + DAY, 1)]))
    assert [time for time, _, _ in market.funding_due(EIGHT)] == [EIGHT]


def test_recorded_settlements_come_when_they_were_recorded() -> None:
    times = [EIGHT, EIGHT + 4 * HOUR, EIGHT + 12 * HOUR]
    market = market_of(flat(times=times))
    assert [time for time, _, _ in market.funding_due(EIGHT + DAY)] == times
    list(market.advance(EIGHT))
    assert market.next_funding("COINUSDT")[0] == EIGHT + 4 * HOUR
    list(market.advance(EIGHT + 12 * HOUR))
    assert market.next_funding("COINUSDT")[0] == EIGHT + 16 * HOUR


def test_nothing_is_settled_after_a_source_has_ended() -> None:
    short = ListSource([point(START, 1), point(EIGHT + MINUTE, 1)], A)
    market = market_of(short, flat(symbol=B))
    assert [symbol for _, symbol, _ in market.funding_due(EIGHT + DAY)] == [A, B, B, B, B]


def test_funding_history_is_newest_first_and_never_of_the_future() -> None:
    market = market_of(flat())
    list(market.advance(EIGHT + DAY + 1))
    times = [time - EIGHT for time, _ in market.funding_history("COINUSDT", None, None, 200)]
    assert times == [DAY, 16 * HOUR, 8 * HOUR, 0]
    assert [time - EIGHT for time, _ in market.funding_history("COINUSDT", None, None, 2)] == [DAY, 16 * HOUR]
    window = market.funding_history("COINUSDT", EIGHT + 1, EIGHT + 16 * HOUR, 200)
    assert [time - EIGHT for time, _ in window] == [16 * HOUR, 8 * HOUR]
    assert market.funding_history("COINUSDT", EIGHT + 2 * DAY, None, 200) == []
    assert isinstance(market.funding_history("COINUSDT", None, None, 1)[0][1], Decimal)
