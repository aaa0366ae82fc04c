"""The random walk of a synthetic market, step by step: weather, middle price, book.

Floats are walked inside; what the book tells is exact. Only `random.Random`, + - × ÷ and square roots are used, which
give the same bits on every platform (logarithms and exponentials need not).
"""

from decimal import Decimal
from math import fsum, sqrt
from random import Random

from gridtrader.simulator.core.model import Instrument
from gridtrader.simulator.market.api import Point
from gridtrader.simulator.market.parameters import Regime, SyntheticMarket

MINUTE_MS = 60_000
DAY_MINUTES = 1440


class Weather:
    """The regime that reigns and the volatility it has now."""

    __slots__ = ("_decay", "_left", "_market", "_noise", "_rng", "regime", "volatility")

    def __init__(self, market: SyntheticMarket, rng: Random) -> None:
        self._market = market
        self._rng = rng
        self._decay = decay(market.volatility_half_life_min * MINUTE_MS, market.step_ms)
        self._noise = noise(market.volatility_spread, self._decay)
        self.regime = market.regimes[0]
        self.volatility = self.regime.volatility
        """Multiple of the market's."""
        self._left = self._stay()

    def step(self) -> None:
        if self._left == 0:
            self.regime = self._next()
            self.volatility = self.regime.volatility
            self._left = self._stay()
        self._left -= 1
        usual = self.regime.volatility
        now = self.volatility + self._decay * (usual - self.volatility) + self._noise * usual * normal(self._rng)
        self.volatility = min(max(now, 0.3 * usual), 4 * usual)

    def _stay(self) -> int:
        low, high = self.regime.minutes
        minutes = low + (high - low) * self._rng.random()
        return max(1, int(minutes * MINUTE_MS / self._market.step_ms))

    def _next(self) -> Regime:
        others = [regime for regime in self._market.regimes if regime is not self.regime] or [self.regime]
        lot = self._rng.random() * fsum(regime.weight for regime in others)
        for regime in others:
            lot -= regime.weight
            if lot < 0:
                return regime
        return others[-1]


class Walk:
    """The middle of the book and the anchor it is tied to."""

    __slots__ = (
        "_anchor",
        "_anchor_decay",
        "_anchor_noise",
        "_home",
        "_jump_chance",
        "_market",
        "_minutes",
        "_pull",
        "_rng",
        "_sigma",
        "jumped",
        "middle",
        "sigma",
        "weather",
    )

    def __init__(self, market: SyntheticMarket, rng: Random, weather: Weather, home: float) -> None:
        self._market = market
        self._rng = rng
        self.weather = weather
        self.middle = self._anchor = self._home = home
        self.jumped = False
        self.sigma = 0.0
        """Standard deviation of this step's return."""
        self._minutes = market.step_ms / MINUTE_MS
        self._sigma = market.volatility_per_minute * sqrt(self._minutes)
        self._anchor_noise = market.anchor_volatility_per_day * sqrt(self._minutes / DAY_MINUTES)
        self._anchor_decay = decay(market.anchor_half_life_days * DAY_MINUTES * MINUTE_MS, market.step_ms)
        self._pull = decay(market.pull_half_life_min * MINUTE_MS, market.step_ms)
        self._jump_chance = market.jumps_per_day * self._minutes / DAY_MINUTES

    def step(self) -> None:
        rng, regime = self._rng, self.weather.regime
        self._anchor += self._anchor_decay * (self._home - self._anchor)
        self._anchor *= 1 + self._anchor_noise * normal(rng)
        away = self.middle / self._anchor - 1
        stretch = away / self._market.pull_width
        self.sigma = self._sigma * self.weather.volatility
        change = (
            self.sigma * normal(rng)
            + regime.drift * self._minutes
            - self._pull * regime.pull * away * (1 + stretch * stretch)
        )
        self.jumped = rng.random() < self._jump_chance
        if self.jumped:
            low, high = self._market.jump_size
            size = low + (high - low) * rng.random()
            change += size if rng.random() < 0.5 else -size
        self.middle *= 1 + min(max(change, -0.2), 0.2)


class Book:
    """The touch: spread, last and mark price, sizes and volume around the middle, in whole ticks and steps."""

    __slots__ = (
        "_last",
        "_market",
        "_premium",
        "_premium_decay",
        "_premium_noise",
        "_rng",
        "_spread",
        "_step",
        "_steps_per_unit",
        "_tick",
        "_ticks_per_unit",
        "_volume",
        "_walk",
    )

    def __init__(self, market: SyntheticMarket, rng: Random, walk: Walk, instrument: Instrument) -> None:
        self._market = market
        self._rng = rng
        self._walk = walk
        self._tick = instrument.tick_size
        self._step = instrument.qty_step
        self._ticks_per_unit = 1 / float(instrument.tick_size)
        self._steps_per_unit = 1 / float(instrument.qty_step)
        self._spread = market.spread_per_volatility / sqrt(market.step_ms / 1000)
        self._volume = market.volume_usdt_per_minute * market.step_ms / MINUTE_MS
        self._last = 0
        self._premium = 0.0
        self._premium_decay = decay(market.premium_half_life_s * 1000, market.step_ms)
        self._premium_noise = noise(market.premium, self._premium_decay)

    def point(self, time: int) -> Point:
        rng, walk, tick = self._rng, self._walk, self._tick
        middle = max(walk.middle * self._ticks_per_unit, 1.0)
        spread = 1 + int(self._spread * walk.sigma * middle)
        bid = max(1, int(middle - spread / 2 + 0.5))
        ask = bid + spread
        self._trade(bid, ask)
        self._premium += self._premium_noise * normal(rng) - self._premium_decay * self._premium
        loud = walk.weather.volatility
        return Point(
            time=time,
            last=self._last * tick,
            bid=bid * tick,
            ask=ask * tick,
            mark=_whole(middle * (1 + self._premium)) * tick,
            index=_whole(middle * (1 - self._premium / 2)) * tick,
            bid_size=self._touch(),
            ask_size=self._touch(),
            volume=self._steps(self._volume * loud * loud * 2 * rng.random()) * self._step,
            is_jump=walk.jumped,
        )

    def _trade(self, bid: int, ask: int) -> None:
        """Move the last price: every other second somebody trades, at either side of the book."""
        chance = self._rng.random()
        if chance < 0.5:
            self._last = bid if chance < 0.25 else ask
        else:
            self._last = min(max(self._last, bid), ask)

    def _touch(self) -> Decimal:
        rng, market = self._rng, self._market
        low, high = market.thin_touch_usdt if rng.random() < market.thin_touch_probability else market.touch_usdt
        return max(1, self._steps(low + (high - low) * rng.random())) * self._step

    def _steps(self, usdt: float) -> int:
        """Return how many quantity steps that money buys."""
        return int(usdt / self._walk.middle * self._steps_per_unit)


def _whole(ticks: float) -> int:
    return max(1, int(ticks + 0.5))


def normal(rng: Random) -> float:
    """Return a nearly normal number (mean 0, deviation 1, within ±3.5): a sum of four uniform ones."""
    random = rng.random
    return (random() + random() + random() + random() - 2.0) * 1.7320508075688772


def decay(half_life_ms: float, step_ms: int) -> float:
    """Return the share of a distance that is lost in one step; below 1 however long the step."""
    share = 0.6931471805599453 * step_ms / half_life_ms
    return share / (1 + share)


def noise(deviation: float, decay: float) -> float:
    """Return the noise per step that keeps a decaying distance at this standard deviation."""
    return deviation * sqrt(decay * (2 - decay))
