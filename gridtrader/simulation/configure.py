"""Accounts nobody thought of: symbols, strategies and money of a run, drawn from its seed."""

from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Final

from gridtrader.domain.known import Strategy
from gridtrader.domain.types import FeeRates
from gridtrader.engine.settings import EngineSettings
from gridtrader.simulator.core.model import Instrument

_FALLBACK: Final = FeeRates(maker=Decimal("0.0002"), taker=Decimal("0.00055"))

_LADDERS: Final = (
    # step and take-profit in per cent, multiplier, levels
    ("0.3", "0.2", "2", 6),
    ("0.5", "0.2", "2", 7),
    ("0.2", "0.1", "1.5", 9),
    ("0.6", "0.4", "2", 5),
    ("0.3", "0.25", "1.3", 10),
    ("0.8", "0.25", "3", 4),
    ("0.25", "0.2", "2", 1),
    ("0.3", "0.15", "1.75", 3),
)
"""Lively ones: a day brings dozens of take-profits."""


@dataclass(frozen=True, slots=True)
class AccountPlan:
    """What one simulated account is given."""

    id: str
    uid: int
    usdt: Decimal
    settings: EngineSettings
    is_demo: bool


def plan_accounts(count: int, contracts: dict[str, Instrument], random: Random) -> list[AccountPlan]:
    """Return so many accounts; at least two share a symbol, if there are two."""
    symbols = sorted(contracts)
    shared = random.choice(symbols)
    accounts = []
    for number in range(1, count + 1):
        chosen = [shared] if number <= 2 else []
        wanted = random.choice((1, 1, 2, 3))
        others = [symbol for symbol in symbols if symbol not in chosen]
        chosen += random.sample(others, min(len(others), max(0, wanted - len(chosen))))
        strategies = tuple(_strategy(contracts[symbol], random) for symbol in chosen)
        accounts.append(_account(number, strategies, contracts, random))
    return accounts


def _strategy(contract: Instrument, random: Random) -> Strategy:
    step, target, multiplier, levels = random.choice(_LADDERS)
    price = contract.reference_price
    smallest = max(contract.min_qty, contract.min_notional / price) * price
    fine = {"2": 1, "3": 1, "1.75": 6, "1.5": 8, "1.3": 16}[multiplier]
    leverage = Decimal(random.choice((10, 20, 25)))
    coarse = contract.qty_step * price * fine
    return Strategy(
        symbol=contract.symbol,
        margin=max(smallest * Decimal("1.5"), coarse * Decimal("1.2")) * random.choice((1, 1, 4, 15)) / leverage,
        leverage=leverage,
        step_percent=Decimal(step),
        multiplier=Decimal(multiplier),
        target=Decimal(target) / 100,
        max_level=levels,
        entry_allowance_percent=Decimal("0.1"),
        reprice_ms=3_000,
    )


def _account(
    number: int, strategies: tuple[Strategy, ...], contracts: dict[str, Instrument], random: Random
) -> AccountPlan:
    need = sum((_need(strategy) for strategy in strategies), Decimal(0))
    is_poor = random.random() < 0.2
    wealth = Decimal(random.choice((3, 6) if is_poor else (15, 40, 100))) / 10
    settings = EngineSettings(
        account_id=f"{number:03d}",
        strategies=strategies,
        mm_threshold=Decimal(random.choice(("0.9", "0.9", "0.3", "0.05"))),
        buffer_percent=Decimal(random.choice((0, 15, 15, 30))),
        fallback_fees=_FALLBACK,
        venue="simulation",
        closing_fee_is_maker=random.random() < 0.2,
        quote_max_age_ms=75_000,
        mm_refresh_ms=(1_000, 60_000),
        reconcile_ms=random.choice((60_000, 300_000, 600_000)),
    )
    return AccountPlan(
        id=f"{number:03d}",
        uid=number,
        usdt=(need * wealth + 20).quantize(Decimal("0.01")),
        settings=settings,
        is_demo=random.random() < 0.3,
    )


def _need(strategy: Strategy) -> Decimal:
    """Return about what margin both whole ladders of a symbol bind."""
    return 2 * sum(
        (strategy.margin * strategy.multiplier**level for level in range(strategy.max_level + 1)), Decimal(0)
    )
