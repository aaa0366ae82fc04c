"""What the laws need to know of an account's symbols: its configuration, and the contract as the exchange has it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from gridtrader.audit.terms import Terms
from gridtrader.domain.known import Strategy
from gridtrader.engine.settings import EngineSettings
from gridtrader.simulator.core.exchange import Exchange

_FIRST_BAND: Final = Decimal("0.004")
"""A first order leaves at the moment its q(0) is reckoned, priced a tenth of a per cent beyond the touch;
the other leg's price, ticks, and the way of a price within the few seconds of another try are the rest."""


def terms_of(settings: EngineSettings, exchange: Exchange, leverage: Mapping[str, Decimal]) -> list[Terms]:
    """Return the terms of all symbols of an account as they are now; `leverage` as the exchange last told it."""
    return [_terms(settings, strategy, exchange, leverage) for strategy in settings.strategies]


def _terms(
    settings: EngineSettings, strategy: Strategy, exchange: Exchange, leverage: Mapping[str, Decimal]
) -> Terms:
    row, options = exchange.instruments[strategy.symbol], exchange.options
    return Terms(
        symbol=strategy.symbol,
        multiplier=strategy.multiplier,
        target=strategy.target,
        max_level=strategy.max_level,
        qty_step=row.qty_step,
        tick=row.tick_size,
        max_qty=row.max_qty,
        closing_fee=options.maker_fee if settings.closing_fee_is_maker else options.taker_fee,
        taker_fee=options.taker_fee,
        leverage=leverage.get(strategy.symbol, strategy.leverage),
        step=strategy.step_percent / 100,
        buffer=settings.buffer_percent / 100,
        margin=strategy.margin,
        min_qty=row.min_qty,
        min_notional=row.min_notional,
        min_price=row.min_price,
        first_band=_FIRST_BAND,
        max_price=row.max_price,
    )
