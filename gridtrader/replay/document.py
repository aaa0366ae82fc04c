"""A replay as one JSON document. Times are UTC in ISO 8601, money and prices exact decimal numbers."""

from datetime import UTC
from decimal import Decimal
from typing import Final

from gridtrader.replay.result import ClosedCycle, Funding, Parameters, ReplayResult, Summary, Trade
from gridtrader.store.json_text import Json
from gridtrader.store.times import iso

TAKE_PROFIT: Final = "tp"
_PLACES: Final = 12


def document(result: ReplayResult) -> dict[str, Json]:
    """Return the document: parameters, summary, executions, funding, closed cycles, alarms."""
    return {
        "parameters": _parameters(result.parameters),
        "summary": _summary(result.summary),
        "executions": [_execution(trade) for trade in result.trades],
        "funding": [_funding(each) for each in result.funding],
        "cycles": [_cycle(cycle) for cycle in result.cycles],
        "alarms": [{"time": _time(alarm.time_ms), "text": alarm.text} for alarm in result.alarms],
    }


def _parameters(parameters: Parameters) -> dict[str, Json]:
    return {
        "account": parameters.account,
        "from": _time(parameters.start_ms),
        "to": _time(parameters.end_ms),
        "prices": list(parameters.prices),
        "balance": parameters.balance,
        "maker_fee": parameters.maker_fee,
        "taker_fee": parameters.taker_fee,
        "mm_rate_threshold_percent": parameters.mm_threshold * 100,
        "balance_buffer_percent": parameters.balance_buffer_percent,
        "spread_ticks": parameters.spread_ticks,
        "unlimited_margin": parameters.unlimited_margin,
        "symbols": [
            {
                "symbol": symbol.symbol,
                "initial_position_size_usd": symbol.margin,
                "leverage": symbol.leverage,
                "grid_step_percent": symbol.grid_step_percent,
                "averaging_multiplier": symbol.averaging_multiplier,
                "take_profit_percent": symbol.take_profit_percent,
                "max_grid_levels_per_side": symbol.max_levels,
                "tick_size": symbol.tick_size,
                "quantity_step": symbol.quantity_step,
            }
            for symbol in parameters.symbols
        ],
    }


def _summary(summary: Summary) -> dict[str, Json]:
    stop = summary.stop
    return {
        "final_equity": summary.final_equity,
        "net_profit": summary.net_profit,
        "closed_cycles_net": summary.closed_profit,
        "fees": summary.fees,
        "funding": summary.funding,
        "executions": summary.trades,
        "cycles": summary.cycles,
        "maximum_levels": summary.maximum_levels,
        "maximum_margin": summary.maximum_margin,
        "maximum_mm_rate_percent": summary.maximum_mm_rate * 100,
        "maximum_drawdown": summary.maximum_drawdown,
        "maximum_drawdown_percent": _short(summary.maximum_drawdown_percent),
        "time_in_market": _short(summary.time_in_market),
        "liquidations": summary.liquidations,
        "emergency_stop": None if stop is None else {"time": _time(stop.time_ms), "reason": stop.reason},
    }


def _execution(trade: Trade) -> dict[str, Json]:
    return {
        "time": _time(trade.time_ms),
        "time_ms": trade.time_ms,
        "symbol": trade.symbol,
        "side": trade.side.name,
        "cycle": trade.cycle,
        "level": TAKE_PROFIT if trade.level is None and not trade.is_forced else trade.level,
        "price": trade.price,
        "quantity": trade.quantity,
        "fee": trade.fee,
        "liquidity": "maker" if trade.is_maker else "taker",
        "closed_size": trade.closed_quantity,
        "realised_pnl": trade.realised_pnl,
        "forced": trade.is_forced,
    }


def _funding(funding: Funding) -> dict[str, Json]:
    return {
        "time": _time(funding.time_ms),
        "time_ms": funding.time_ms,
        "symbol": funding.symbol,
        "side": funding.side.name,
        "paid": funding.paid,
    }


def _cycle(cycle: ClosedCycle) -> dict[str, Json]:
    return {
        "symbol": cycle.symbol,
        "side": cycle.side.name,
        "cycle": cycle.number,
        "opened": _time(cycle.opened_ms),
        "closed": _time(cycle.closed_ms),
        "levels": cycle.levels,
        "average_entry": _short(cycle.average_entry),
        "take_profit_price": _short(cycle.take_profit),
        "entry_value": cycle.entry_value,
        "gross": cycle.gross,
        "fees": cycle.fees,
        "funding": cycle.funding,
        "net": cycle.net,
        "net_percent": _short(cycle.net_percent),
    }


def _time(at_ms: int) -> str:
    return iso(at_ms, UTC)


def _short(value: Decimal) -> Decimal:
    """Return a quotient with as many digits as anybody can use."""
    return round(value, _PLACES)
