"""Sample results for the report: a small grid played on a random walk, always the same."""

import random
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from gridtrader.domain.exact import ZERO
from gridtrader.replay.result import Bar, Parameters, ReplayResult, Summary, SymbolParameters
from tests.report.grid import MAKER, MINUTE_MS, OPENING_PRICES, TAKER, Account, Player

START_MS = 1_748_736_000_000  # 2025-06-01 00:00 UTC

DOGE = SymbolParameters(
    symbol="DOGEUSDT",
    margin=Decimal(1),
    leverage=Decimal(75),
    grid_step_percent=Decimal(1),
    averaging_multiplier=Decimal(2),
    take_profit_percent=Decimal("0.5"),
    max_levels=6,
    tick_size=Decimal("0.00001"),
    quantity_step=Decimal(1),
)
SOL = replace(
    DOGE,
    symbol="SOLUSDT",
    leverage=Decimal(50),
    grid_step_percent=Decimal("0.9"),
    tick_size=Decimal("0.01"),
    quantity_step=Decimal("0.1"),
)


def played(
    *,
    symbols: tuple[SymbolParameters, ...] = (DOGE, SOL),
    bars: int = 1_000,
    steps: int = 12,
    volatility: float = 0.004,
    balance: Decimal = Decimal(1_500),
    threshold: Decimal = Decimal("0.9"),
    crash_at: float | None = None,
    crash_to: float = 0.7,
    seed: int = 7,
) -> ReplayResult:
    """Return the result of so many bars of so many steps of five minutes; a crash, if any, at that share of them."""
    end = START_MS + bars * steps * 5 * MINUTE_MS
    parameters = Parameters(
        account="001",
        symbols=symbols,
        balance=balance,
        start_ms=START_MS,
        end_ms=end,
        prices=tuple(f"{symbol.symbol}-1m-2025-06.csv.gz" for symbol in symbols),
        maker_fee=MAKER,
        taker_fee=TAKER,
        mm_threshold=threshold,
        balance_buffer_percent=Decimal(15),
        spread_ticks=1,
        unlimited_margin=False,
    )
    result = ReplayResult(parameters, _nothing(balance))
    for symbol in symbols:
        result.bars[symbol.symbol] = []
    players = [Player(symbol, result, OPENING_PRICES[symbol.symbol]) for symbol in symbols]
    crash = None if crash_at is None else int(bars * crash_at)
    drift = crash_to ** (1 / (2 * steps))
    account = Account(result, players, balance)
    for bar, moves in enumerate(_walk(random.Random(seed), bars, steps, volatility, len(symbols))):
        is_crash = crash is not None and crash <= bar < crash + 2
        account.bar(START_MS + bar * steps * 5 * MINUTE_MS, moves, Decimal(drift) if is_crash else Decimal(1))
    for player in players:
        player.end(end)
    account.sum_up()
    return result


def _walk(dice: random.Random, bars: int, steps: int, volatility: float, symbols: int) -> Iterator[list[list[float]]]:
    for _ in range(bars):
        yield [[1 + dice.gauss(0, volatility) for _ in range(symbols)] for _ in range(steps)]


def _nothing(balance: Decimal) -> Summary:
    return Summary(
        final_equity=balance,
        net_profit=ZERO,
        closed_profit=ZERO,
        fees=ZERO,
        funding=ZERO,
        trades=0,
        cycles=0,
        maximum_levels=0,
        maximum_margin=ZERO,
        maximum_mm_rate=ZERO,
        maximum_drawdown=ZERO,
        maximum_drawdown_percent=ZERO,
        time_in_market=ZERO,
        liquidations=0,
        stop=None,
    )


def calm() -> ReplayResult:
    """Two symbols, hundreds of cycles on both sides, run to the end."""
    return played()


def stopped() -> ReplayResult:
    """A crash, and the emergency stop in it."""
    return played(threshold=Decimal("0.5"), crash_at=0.6, crash_to=0.75)


def liquidated() -> ReplayResult:
    """A crash too fast for the emergency stop to be of use."""
    return played(crash_at=0.6, crash_to=0.65)


def repeated(result: ReplayResult, times: int) -> ReplayResult:
    """Return the same stretch so many times, one after another; the bars stay as many as they were."""
    length = result.parameters.end_ms - result.parameters.start_ms
    long = ReplayResult(
        replace(result.parameters, end_ms=result.parameters.start_ms + times * length), result.summary
    )
    for shift in range(0, times * length, length):
        long.trades += [replace(one, time_ms=one.time_ms + shift) for one in result.trades]
        long.cycles += [
            replace(one, opened_ms=one.opened_ms + shift, closed_ms=one.closed_ms + shift) for one in result.cycles
        ]
        long.standing += [
            replace(one, since_ms=one.since_ms + shift, until_ms=one.until_ms + shift) for one in result.standing
        ]
    start = result.parameters.start_ms
    for symbol, bars in result.bars.items():
        long.bars[symbol] = [replace(one, time_ms=start + (one.time_ms - start) * times) for one in bars]
    long.samples = [replace(one, time_ms=start + (one.time_ms - start) * times) for one in result.samples]
    return long


def nothing_traded(bars: int = 1) -> ReplayResult:
    """Prices, but no fill."""
    result = played(symbols=(DOGE,), bars=bars)
    start = result.parameters.start_ms
    samples = [
        replace(one, equity=Decimal(1_500), lowest_equity=Decimal(1_500), margin=ZERO, highest_mm_rate=ZERO)
        for one in result.samples
    ]
    kept = [Bar(start, *[OPENING_PRICES["DOGEUSDT"]] * 4)] if bars == 1 else result.bars["DOGEUSDT"]
    return ReplayResult(result.parameters, _nothing(Decimal(1_500)), bars={"DOGEUSDT": kept}, samples=samples)


def without_prices() -> ReplayResult:
    """Nothing at all: no bar, no sample, and no time."""
    result = nothing_traded()
    parameters = replace(result.parameters, end_ms=START_MS, prices=())
    return ReplayResult(parameters, result.summary)
