"""`gridtrader ladder --json`: one document, its keys and their order stable.

Numbers are JSON numbers; quotients are rounded to 12 decimals.

    account, symbol
    source              where the contract's figures are from, in words
    price               of level 0 on both sides
    price_source        what that price is, in words
    leverage            the configured one, capped by the exchange
    maker_fee_percent, taker_fee_percent        the configured ones
    closing_fee_percent                         what the take-profits reckon with
    balance_buffer_percent
    warnings            texts
    levels              one for each level:
      level, quantity
      total_quantity    of one side, this level included; so are all totals
      total_margin      of both sides
      balance_needed    margin balance at which S6 still grants this level on both sides; null if none does
      long, short:
        price, distance_percent (from level 0), notional, margin, total_margin
        average_price, take_profit, unrealised_loss, maintenance_margin (null: not told)
          once this level and none deeper has executed, with the price at this level and this side alone
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from gridtrader.domain.exact import HUNDRED
from gridtrader.domain.types import Side
from gridtrader.operator.rungs import Ladder, LadderRung, SideRung, Terms
from gridtrader.store.json_text import Json

_PLACES: Final = 12


def document(
    account_id: str, terms: Terms, ladder: Ladder, *, source: str, price_source: str, warnings: Sequence[str]
) -> dict[str, Json]:
    """Return the document described above."""
    return {
        "account": account_id,
        "symbol": terms.strategy.symbol,
        "source": source,
        "price": terms.quote.last,
        "price_source": price_source,
        "leverage": terms.leverage,
        "maker_fee_percent": terms.fees.maker * HUNDRED,
        "taker_fee_percent": terms.fees.taker * HUNDRED,
        "closing_fee_percent": terms.closing_fee * HUNDRED,
        "balance_buffer_percent": terms.buffer_percent,
        "warnings": list(warnings),
        "levels": [_level(rung) for rung in ladder.rungs],
    }


def _level(rung: LadderRung) -> dict[str, Json]:
    return {
        "level": rung.level,
        "quantity": rung.quantity,
        "total_quantity": rung.total_quantity,
        "total_margin": _rounded(rung.total_margin),
        "balance_needed": None if rung.balance is None else _rounded(rung.balance),
        "long": _side(rung.sides[Side.LONG]),
        "short": _side(rung.sides[Side.SHORT]),
    }


def _side(side: SideRung) -> dict[str, Json]:
    return {
        "price": side.price,
        "distance_percent": _rounded(side.distance_percent),
        "notional": side.notional,
        "margin": _rounded(side.margin),
        "total_margin": _rounded(side.total_margin),
        "average_price": _rounded(side.average),
        "take_profit": side.take_profit,
        "unrealised_loss": side.loss,
        "maintenance_margin": None if side.maintenance is None else _rounded(side.maintenance),
    }


def _rounded(value: Decimal) -> Decimal:
    return round(value, _PLACES)
