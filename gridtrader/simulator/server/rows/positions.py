"""Positions as `position/list` and the `position` topic show them (Bybit V5 docs, position).

REST says `avgPrice`, the stream `entryPrice`. What a flat leg shows (`""` or `"0"`) differs between the docs and what
has been seen on the wire, so the caller says which of the two it is this time.
"""

from decimal import Decimal

from gridtrader.simulator.core.model import Instrument, PositionView
from gridtrader.simulator.server.text import EMPTY, amount, at_step, plain

Row = dict[str, object]


def rest_position(leg: PositionView, instrument: Instrument, *, flat: str) -> Row:
    """Return the row of `position/list`; `flat` is what a leg without size shows for what it has none of."""
    is_open = leg.size > 0
    return {
        **_common(leg, flat),
        "size": at_step(leg.size, instrument.qty_step) if is_open else "0",
        "avgPrice": amount(leg.entry_price) if is_open else "0",
        "positionValue": amount(leg.value) if is_open else flat,
        "markPrice": at_step(leg.mark_price, instrument.tick_size),
        "breakEvenPrice": _or(leg.break_even_price, EMPTY) if is_open else flat,
        "liqPrice": _or(leg.liq_price, EMPTY),
        "takeProfit": EMPTY,
        "stopLoss": EMPTY,
        "unrealisedPnl": amount(leg.unrealised_pnl) if is_open else flat,
        "delta": EMPTY,
        "gamma": EMPTY,
        "vega": EMPTY,
        "theta": EMPTY,
    }


def stream_position(leg: PositionView, *, flat: str) -> Row:
    """Return the row of the `position` topic."""
    is_open = leg.size > 0
    return {
        **_common(leg, flat),
        "category": "linear",
        "size": plain(leg.size),
        "entryPrice": amount(leg.entry_price) if is_open else "0",
        "positionValue": amount(leg.value) if is_open else "0",
        "markPrice": plain(leg.mark_price),
        "breakEvenPrice": _or(leg.break_even_price, EMPTY) if is_open else "0",
        "liqPrice": _or(leg.liq_price, EMPTY) if is_open else "0",
        "takeProfit": "0",
        "stopLoss": "0",
        "unrealisedPnl": amount(leg.unrealised_pnl) if is_open else "0",
    }


def _common(leg: PositionView, flat: str) -> Row:
    is_open = leg.size > 0
    initial = amount(leg.initial_margin) if is_open else flat
    maintenance = amount(leg.maintenance_margin) if is_open else flat
    return {
        "positionIdx": leg.position_idx,
        "riskId": leg.risk_id,
        "riskLimitValue": plain(leg.risk_limit),
        "symbol": leg.symbol,
        "side": leg.side,
        "tradeMode": 0,
        "positionStatus": "Normal",
        "autoAddMargin": 0,
        "adlRankIndicator": 2 if is_open else 0,
        "leverage": plain(leg.leverage),
        "positionBalance": "0",
        "bustPrice": EMPTY,
        "positionMM": maintenance,
        "positionMMByMp": maintenance,
        "positionIM": initial,
        "positionIMByMp": initial,
        "tpslMode": "Full",
        "trailingStop": "0",
        "curRealisedPnl": amount(leg.cur_realised_pnl),
        "cumRealisedPnl": amount(leg.cum_realised_pnl),
        "seq": leg.seq,
        "isReduceOnly": False,
        "mmrSysUpdatedTime": EMPTY,
        "leverageSysUpdatedTime": EMPTY,
        "sessionAvgPrice": EMPTY,
        "createdTime": str(leg.created_time),
        "updatedTime": str(leg.updated_time),
        "openTime": leg.open_time,
    }


def _or(value: Decimal | None, absent: str) -> str:
    return absent if value is None else amount(value)
