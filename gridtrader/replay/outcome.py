"""Put together what a replay came to."""

from decimal import Decimal

from gridtrader.domain.exact import HUNDRED, ZERO
from gridtrader.replay.curves import bars_of, samples_of, step_ms
from gridtrader.replay.result import Parameters, ReplayResult, Summary, SymbolParameters
from gridtrader.replay.run import Plan, Replay


def outcome(plan: Plan, replay: Replay, files: tuple[str, ...]) -> ReplayResult:
    """Return the result of a replay that has been played; `files` are the names of the records."""
    ways = list(replay.ways.values())
    start, end = plan.start, max(int(way.times[-1]) for way in ways)
    step = step_ms(start, end)
    ledger = replay.ledger
    return ReplayResult(
        parameters=_parameters(plan, files, end),
        summary=_summary(plan, replay, end),
        trades=ledger.trades,
        funding=ledger.funding,
        cycles=ledger.cycles,
        standing=ledger.standing,
        alarms=ledger.alarms,
        bars={way.symbol: bars_of(way, start, step) for way in ways},
        samples=samples_of(ways, replay.track.states, start, step),
    )


def _parameters(plan: Plan, files: tuple[str, ...], end: int) -> Parameters:
    settings = plan.settings
    return Parameters(
        account=settings.account_id,
        symbols=tuple(
            SymbolParameters(
                symbol=strategy.symbol,
                margin=strategy.margin,
                leverage=strategy.leverage,
                grid_step_percent=strategy.step_percent,
                averaging_multiplier=strategy.multiplier,
                take_profit_percent=strategy.target * HUNDRED,
                max_levels=strategy.max_level,
                tick_size=plan.contracts[strategy.symbol].tick_size,
                quantity_step=plan.contracts[strategy.symbol].qty_step,
            )
            for strategy in settings.strategies
        ),
        balance=plan.balance,
        start_ms=plan.start,
        end_ms=end,
        prices=files,
        maker_fee=plan.maker_fee,
        taker_fee=plan.taker_fee,
        mm_threshold=settings.mm_threshold,
        balance_buffer_percent=settings.buffer_percent,
        spread_ticks=plan.spread_ticks,
        unlimited_margin=plan.unlimited_margin,
    )


def _summary(plan: Plan, replay: Replay, end: int) -> Summary:
    ledger, track = replay.ledger, replay.track
    fall, peak = track.maximum_drawdown, track.drawdown_peak
    span = end - plan.start
    return Summary(
        final_equity=track.final_equity,
        net_profit=track.final_equity - plan.balance,
        closed_profit=sum((cycle.net for cycle in ledger.cycles), ZERO),
        fees=sum((trade.fee for trade in ledger.trades), ZERO),
        funding=sum((each.paid for each in ledger.funding), ZERO),
        trades=len(ledger.trades),
        cycles=len(ledger.cycles),
        maximum_levels=max((trade.level + 1 for trade in ledger.trades if trade.level is not None), default=0),
        maximum_margin=track.maximum_margin,
        maximum_mm_rate=track.maximum_mm_rate,
        maximum_drawdown=fall,
        maximum_drawdown_percent=fall / peak * HUNDRED if peak else ZERO,
        time_in_market=Decimal(track.in_market_ms) / span if span else ZERO,
        liquidations=ledger.liquidations,
        stop=ledger.stop,
    )
