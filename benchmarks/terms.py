"""What all tools play: one contract, one strategy, ample money. Prices are in ticks, percentages are of price."""

from typing import Final

SYMBOL: Final = "DOGEUSDT"
TICK: Final = 0.00001
START_MS: Final = 1_735_689_600_000
"""2025-01-01 UTC."""
MINUTE_MS: Final = 60_000

MARGIN: Final = 1.5
"""USDT of level 0, before leverage."""
LEVERAGE: Final = 10
STEP_PERCENT: Final = 2.0
TARGET_PERCENT: Final = 0.25
MULTIPLIER: Final = 2
MAX_LEVEL: Final = 8
MAKER_FEE: Final = 0.0002
TAKER_FEE: Final = 0.00055
MONEY: Final = 10_000_000.0
"""USDT of the peers, of which none runs out; more is beyond the precision of some. The replay has no limit."""
