"""From arguments, configuration and files to a replay's plan."""

from dataclasses import replace

from gridtrader.daemon import wiring
from gridtrader.operator.inputs import account_of, entries_of, load_contracts, open_sources, span_of, symbols_of
from gridtrader.operator.replay.arguments import Wanted
from gridtrader.replay.run import Plan
from gridtrader.settings import Settings


def plan_replay(wanted: Wanted, settings: Settings) -> Plan:
    """Return the plan. Raises BadArguments, PriceError and CatalogueError, each one line."""
    conditions = wanted.conditions
    account = account_of(settings, conditions)
    symbols = symbols_of(account, [] if wanted.symbol is None else [wanted.symbol])
    contracts = load_contracts(conditions, symbols)
    entries = [entry for found in entries_of(conditions, account, symbols).values() for entry in found]
    sources = open_sources(entries, symbols, contracts, conditions.spread_ticks)
    start, end = span_of(sources, conditions)
    engine = wiring.engine_settings(account, settings.system, "replay")
    strategies = tuple(strategy for strategy in engine.strategies if strategy.symbol in symbols)
    return Plan(
        settings=replace(engine, strategies=strategies),
        contracts={symbol: contracts[symbol] for symbol in symbols},
        sources=sources,
        balance=conditions.balance,
        maker_fee=engine.fallback_fees.maker,
        taker_fee=engine.fallback_fees.taker,
        start=start,
        end=end,
        spread_ticks=conditions.spread_ticks,
        unlimited_margin=conditions.unlimited_margin,
        is_fast=not wanted.every_corner,
    )
