"""How a synthetic market behaves: every number with its reason."""

from dataclasses import dataclass

from gridtrader.simulator.market.api import PriceError


@dataclass(frozen=True, slots=True)
class Regime:
    """A kind of market weather. Volatility and pull are multiples of the market's; drift is a fraction per minute."""

    name: str
    weight: float
    """How often it comes, relative to the others."""
    minutes: tuple[float, float]
    """Shortest and longest stay."""
    volatility: float
    drift: float = 0.0
    pull: float = 1.0


REGIMES = (
    Regime("calm", weight=4, minutes=(20, 120), volatility=0.6),
    # A trend outweighs the pull for an hour or so, then runs out of breath: 1 to 2 % in all.
    Regime("trend up", weight=2, minutes=(20, 90), volatility=0.9, drift=0.0002),
    Regime("trend down", weight=2, minutes=(20, 90), volatility=0.9, drift=-0.0002),
    Regime("choppy", weight=3, minutes=(10, 60), volatility=1.2, pull=3.0),
    Regime("burst", weight=1, minutes=(1, 6), volatility=3.0, pull=0.5),
)


@dataclass(frozen=True, slots=True)
class SyntheticMarket:
    """The parameters of a synthetic market. Fractions are of price; the defaults resemble SOL and DOGE perpetuals.

    The price keeps within a few per cent of its anchor, so a two-sided martingale ladder lives for days: with steps
    and take-profits of 1 %, multiplier 2 and ten levels it first stands at its last level after about three days (on
    the DOGE and SOL of June 2025: within one), and with steps of 2 % it uses four levels in a week.
    """

    step_ms: int = 1000
    """Market time between two points. A point a second shows every wick that a one-minute grid step can feel."""
    volatility_per_minute: float = 0.0009
    """Standard deviation of a minute's return in an average regime. Bybit, June 2025: BTC 0.05 %, SOL 0.10 %, DOGE
    0.11 %."""
    volatility_spread: float = 0.25
    """How far volatility wanders about its regime's (relative). It makes quiet and loud minutes cluster."""
    volatility_half_life_min: float = 10.0
    """How long a loud spell lasts inside a regime."""
    anchor_volatility_per_day: float = 0.01
    """Wandering of the anchor: the market does move on from week to week."""
    anchor_half_life_days: float = 10.0
    """Pull of the anchor to the contract's reference price, so that months of market time stay in range."""
    pull_half_life_min: float = 300.0
    """Half-life of the distance from the anchor. Five hours keep the usual distance near 1.5 %."""
    pull_width: float = 0.03
    """Distance at which the pull has doubled; it grows with the square, which bounds the rare far excursions."""
    jumps_per_day: float = 4.0
    """Moves without a price between: they cross several levels of a ladder at once."""
    jump_size: tuple[float, float] = (0.002, 0.01)
    """Smallest and largest jump, either way."""
    spread_per_volatility: float = 0.15
    """Ticks of spread, above the first, for each tick of a second's standard deviation."""
    touch_usdt: tuple[float, float] = (20_000.0, 200_000.0)
    """Size usually found at the touch: small orders fill whole."""
    thin_touch_probability: float = 0.03
    """Share of points with a thin touch: the rate at which small orders fill partly, per side."""
    thin_touch_usdt: tuple[float, float] = (5.0, 150.0)
    """Size at a thin touch."""
    premium: float = 0.0002
    """Usual distance (standard deviation) of the mark price from the middle of the book; the index price is half of
    it away on the other side."""
    premium_half_life_s: float = 30.0
    """How slowly that distance changes: the mark price follows the last price smoothly."""
    volume_usdt_per_minute: float = 150_000.0
    """Turnover in an average regime; it grows with volatility."""
    funding_mean: float = 0.00005
    funding_deviation: float = 0.0001
    """Rates before the cap. With it about a third is negative and a third exactly 0.01 %, as recorded on Bybit."""
    funding_cap: float = 0.0001
    regimes: tuple[Regime, ...] = REGIMES

    def __post_init__(self) -> None:
        for name, is_valid, expected in (
            ("step_ms", self.step_ms >= 1, "at least 1"),
            ("thin_touch_probability", 0 <= self.thin_touch_probability <= 1, "0 to 1"),
            ("volatility_per_minute", self.volatility_per_minute > 0, "above 0"),
            ("pull_width", self.pull_width > 0, "above 0"),
            ("volatility_half_life_min", self.volatility_half_life_min > 0, "above 0"),
            ("anchor_half_life_days", self.anchor_half_life_days > 0, "above 0"),
            ("pull_half_life_min", self.pull_half_life_min > 0, "above 0"),
            ("premium_half_life_s", self.premium_half_life_s > 0, "above 0"),
            ("regimes", bool(self.regimes), "at least one"),
        ):
            if not is_valid:
                raise PriceError(f"synthetic market: {name} is {getattr(self, name)!r}; expected {expected}")
