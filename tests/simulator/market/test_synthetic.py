"""The synthetic market has the properties its parameters promise, and nothing but (seed, symbol) decides it."""

import random
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from itertools import islice, pairwise
from statistics import fmean, median, pstdev

import pytest

from gridtrader.simulator.market.api import Point, PriceError
from gridtrader.simulator.market.parameters import REGIMES, Regime
from gridtrader.simulator.market.synthetic import SyntheticMarket, SyntheticSource
from tests.simulator.market.support import CONTRACTS, DAY, MINUTE, T0, D

DAYS = 3
STEP_MS = 5000
CASES = [("DOGEUSDT", 1), ("DOGEUSDT", 2), ("SOLUSDT", 3), ("BTCUSDT", 4)]


@dataclass
class Run:
    """What was seen in three market days."""

    minutes: list[float] = field(default_factory=list)
    regimes: Counter[str] = field(default_factory=Counter)
    stays: list[tuple[Regime, int]] = field(default_factory=list)
    spreads: dict[str, list[int]] = field(default_factory=dict)
    sizes: list[Decimal] = field(default_factory=list)
    premiums: list[float] = field(default_factory=list)
    jumps: int = 0
    volume: float = 0.0


@cache
def run(symbol: str, seed: int) -> Run:
    contract = CONTRACTS[symbol]
    source = SyntheticSource(contract, seed, T0, SyntheticMarket(step_ms=STEP_MS))
    seen = Run()
    for number, (at, regime) in enumerate(islice(source.points_with_regime(), DAYS * DAY // STEP_MS)):
        if number % (MINUTE // STEP_MS) == 0:
            seen.minutes.append(float(at.last))
            seen.premiums.append(float(at.mark / at.last) - 1)
        seen.regimes[regime.name] += 1
        if seen.stays and seen.stays[-1][0] is regime:
            seen.stays[-1] = (regime, seen.stays[-1][1] + STEP_MS)
        else:
            seen.stays.append((regime, STEP_MS))
        seen.spreads.setdefault(regime.name, []).append(int((at.ask - at.bid) / contract.tick_size))
        seen.sizes.append((at.bid_size or D(0)) * at.bid)
        seen.jumps += at.is_jump
        seen.volume += float(at.volume * at.last)
    return seen


def first_points(symbol: str = "DOGEUSDT", seed: int = 1, count: int = 3000) -> list[Point]:
    return list(islice(SyntheticSource(CONTRACTS[symbol], seed, T0).points(), count))


@pytest.mark.parametrize(("symbol", "seed"), CASES)
def test_a_minute_moves_as_much_as_on_a_crypto_major_with_fat_tails(symbol: str, seed: int) -> None:
    minutes = run(symbol, seed).minutes
    returns = [later / earlier - 1 for earlier, later in pairwise(minutes)]
    deviation = pstdev(returns)
    kurtosis = fmean((each / deviation) ** 4 for each in returns)
    assert 0.0005 <= deviation <= 0.0015
    assert kurtosis > 5  # a normal distribution has 3
    assert max(map(abs, returns)) < 0.03


@pytest.mark.parametrize(("symbol", "seed"), CASES)
def test_the_price_stays_within_reach_of_its_anchor_and_crosses_it(symbol: str, seed: int) -> None:
    home = float(CONTRACTS[symbol].reference_price)
    away = [price / home - 1 for price in run(symbol, seed).minutes]
    assert max(map(abs, away)) < 0.08
    assert max(away) > 0.005
    assert min(away) < -0.005


def test_after_months_the_price_is_still_in_range() -> None:
    source = SyntheticSource(CONTRACTS["SOLUSDT"], 7, T0, SyntheticMarket(step_ms=10 * MINUTE))
    prices = [float(each.last) for each in islice(source.points(), 365 * 144)]
    assert 0.75 < min(prices) / 150 < 0.97
    assert 1.03 < max(prices) / 150 < 1.25


@pytest.mark.parametrize(("symbol", "seed"), CASES)
def test_every_regime_occurs_and_stays_as_long_as_its_parameters_say(symbol: str, seed: int) -> None:
    seen = run(symbol, seed)
    assert set(seen.regimes) == {regime.name for regime in REGIMES}
    for regime, stay in seen.stays[:-1]:
        shortest, longest = regime.minutes
        assert shortest * MINUTE - STEP_MS <= stay <= longest * MINUTE


def test_spread_is_at_least_a_tick_and_widens_with_volatility() -> None:
    spreads = run("BTCUSDT", 4).spreads
    assert min(min(each) for each in spreads.values()) >= 1
    assert fmean(spreads["burst"]) > 1.5 * fmean(spreads["choppy"]) > 1.5 * fmean(spreads["calm"])
    doge = run("DOGEUSDT", 1).spreads
    assert median(doge["calm"]) == 1
    assert max(doge["burst"]) > 1


@pytest.mark.parametrize(("symbol", "seed"), CASES)
def test_small_orders_find_too_little_at_the_touch_at_the_documented_rate(symbol: str, seed: int) -> None:
    sizes = run(symbol, seed).sizes
    market = SyntheticMarket()
    thin = sum(size <= D(market.thin_touch_usdt[1] * 1.1) for size in sizes) / len(sizes)
    assert thin == pytest.approx(market.thin_touch_probability, abs=0.005)
    enough = sum(size >= D(market.touch_usdt[0] * 0.9) for size in sizes) / len(sizes)
    assert enough == pytest.approx(1 - thin, abs=0.001)


def test_the_mark_price_keeps_near_the_last_price_on_both_sides() -> None:
    premiums = run("BTCUSDT", 4).premiums
    assert 0.0001 < pstdev(premiums) < 0.0004
    assert abs(fmean(premiums)) < 0.00005
    assert max(map(abs, premiums)) < 0.002


def test_jumps_and_volume_come_as_often_as_the_parameters_say() -> None:
    runs = [run(symbol, seed) for symbol, seed in CASES]
    assert 2 < fmean(each.jumps / DAYS for each in runs) < 6
    assert 75_000 < fmean(each.volume / DAYS / 1440 for each in runs) < 300_000


@pytest.mark.parametrize("symbol", ["DOGEUSDT", "BTCUSDT", "SOLUSDT"])
def test_every_point_is_exact_and_in_order(symbol: str) -> None:
    contract = CONTRACTS[symbol]
    time = T0
    for at in first_points(symbol, count=20_000):
        assert at.time == time
        assert 0 < at.bid < at.ask
        assert at.bid <= at.last <= at.ask
        for price in (at.last, at.bid, at.ask, at.mark, at.index):
            assert price % contract.tick_size == 0
        for size in (at.bid_size, at.ask_size):
            assert size is not None
            assert size >= contract.qty_step
            assert size % contract.qty_step == 0
        assert at.volume >= 0
        assert at.volume % contract.qty_step == 0
        time += 1000


def test_the_same_seed_and_symbol_give_the_same_points_whenever_asked() -> None:
    source = SyntheticSource(CONTRACTS["DOGEUSDT"], 1, T0)
    first = list(islice(source.points(), 3000))
    random.random()  # somebody else's dice must not matter
    assert list(islice(source.points(), 3000)) == first == first_points()
    assert first_points(seed=2) != first
    assert [each.last for each in first_points("SOLUSDT")][:50] != [each.last * 750 for each in first][:50]


def test_the_walk_is_the_same_on_every_platform() -> None:
    """Figures of one run, kept: other bits anywhere in the arithmetic would show here sooner or later."""
    at = first_points(count=50_000)[-1]
    assert (str(at.last), str(at.mark)) == ("0.19993", "0.19989")
    assert (at.bid_size, at.ask_size, at.volume) == (D(970276), D(719289), D(7570))


def test_funding_rates_are_near_a_hundredth_of_a_per_cent_with_changing_sign() -> None:
    source = SyntheticSource(CONTRACTS["DOGEUSDT"], 1, T0)
    rates = [source.funding_rate(T0 + number * 8 * 3_600_000) for number in range(1000)]
    assert max(rates) == D("0.0001")
    assert min(rates) > D("-0.0005")
    negative = sum(rate < 0 for rate in rates) / len(rates)
    assert 0.2 < negative < 0.45
    assert sum(rate == D("0.0001") for rate in rates) / len(rates) > 0.2
    assert all(rate % D("0.000001") == 0 for rate in rates)
    assert source.funding_rate(T0) == rates[0]


def test_a_step_longer_than_every_half_life_is_still_a_market() -> None:
    source = SyntheticSource(CONTRACTS["SOLUSDT"], 1, T0, SyntheticMarket(step_ms=12 * 60 * MINUTE))
    assert all(100 < at.last < 200 for at in islice(source.points(), 2000))


@pytest.mark.parametrize(("name", "value"), [("step_ms", 0), ("thin_touch_probability", 1.5), ("regimes", ())])
def test_a_parameter_out_of_range_is_named(name: str, value: object) -> None:
    with pytest.raises(PriceError, match=f"{name} is .*expected"):
        SyntheticMarket(**{name: value})  # type: ignore[arg-type]
