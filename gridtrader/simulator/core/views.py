"""What an account sees of itself at a moment: positions with their margins, and the wallet. Nothing is changed."""

from collections.abc import Iterable
from decimal import Decimal
from operator import is_
from typing import Final

from gridtrader.simulator.core.account import Account
from gridtrader.simulator.core.exact import MONEY, ceil_to, floor_to, truncate_rate
from gridtrader.simulator.core.holding import Holding
from gridtrader.simulator.core.margin import LegMargin, Margin
from gridtrader.simulator.core.model import ZERO, Position, PositionView, WalletView
from gridtrader.simulator.core.positions import SIGN

BREAK_EVEN_TAKER_FEE: Final = Decimal("0.00055")
"""`breakEvenPrice` reckons with at least this closing fee (Bybit V5 docs)."""
RATE_CAP: Final = Decimal("99.9999")
"""Shown as the margin rate where the margin balance is too small, or negative, for a quotient to mean anything."""
_FLAT: Final = LegMargin()


def wallet_view(account: Account) -> WalletView:
    """Return the wallet at the mark prices now. As long as it is made of the same figures it is the same view."""
    margins = [holding.needs.margin() for holding in account.exposed.values()]
    seen = (account.cash, account.cum_realised_pnl, *margins)
    kept = account.kept_wallet
    if kept is None or not _are_same(kept[0], seen):
        kept = account.kept_wallet = (seen, _wallet_view(account, margins))
    return kept[1]


def _are_same(these: tuple[object, ...], those: tuple[object, ...]) -> bool:
    return len(these) == len(those) and all(map(is_, these, those))


def _wallet_view(account: Account, margins: Iterable[Margin]) -> WalletView:
    position_im = position_mm = order_im = order_mm = unrealised = ZERO
    for margin in margins:
        position_im += margin.position_im
        position_mm += margin.position_mm
        order_im += margin.order_im
        order_mm += margin.order_mm
        unrealised += margin.unrealised
    equity = account.cash + unrealised
    initial = position_im + order_im
    maintenance = position_mm + order_mm
    return WalletView(
        wallet_balance=account.cash,
        equity=equity,
        unrealised_pnl=unrealised,
        order_im=order_im,
        position_im=position_im,
        position_mm=position_mm,
        cum_realised_pnl=account.cum_realised_pnl,
        total_margin_balance=equity,
        total_initial_margin=initial,
        total_maintenance_margin=maintenance,
        total_available=equity - initial,
        im_rate=_rate(initial, equity),
        mm_rate=_rate(maintenance, equity),
    )


def _rate(required: Decimal, balance: Decimal) -> Decimal:
    if not required:
        return ZERO
    if balance * RATE_CAP <= required:
        return RATE_CAP
    return truncate_rate(required / balance)


def position_views(account: Account, holding: Holding) -> tuple[PositionView, ...]:
    """Return all legs of the holding, flat ones included."""
    margin = holding.needs.margin()
    slopes, cushion = holding.needs.slopes(), account.cushion() if holding.has_position else ZERO
    slope = slopes.equity - slopes.maintenance
    return tuple(
        [
            _position_view(leg, holding, margin, _liq_price(leg, holding, slope, cushion), account.fees.taker)
            for leg in holding.legs.values()
        ]
    )


def _position_view(
    leg: Position, holding: Holding, margin: Margin, liq_price: Decimal | None, taker_fee: Decimal
) -> PositionView:
    """Build a view by giving its fields by place: by name it takes three times as long."""
    contract = holding.contract
    initial, maintenance, unrealised = margin.legs.get(leg.position_idx, _FLAT)
    return PositionView(
        contract.symbol,
        leg.position_idx,
        leg.side,
        leg.size,
        leg.entry_price.quantize(contract.price_quantum) if leg.size else ZERO,
        leg.leverage,
        leg.open_value,
        contract.mark,
        initial,
        maintenance,
        unrealised,
        leg.cur_realised_pnl,
        leg.cum_realised_pnl,
        liq_price,
        _break_even(leg, taker_fee),
        margin.tier.id,
        margin.tier.limit,
        leg.created_time,
        leg.updated_time,
        leg.open_time,
        leg.seq,
    )


def _break_even(leg: Position, taker_fee: Decimal) -> Decimal | None:
    if not leg.size:
        return None
    signed = leg.size * SIGN[leg.side]
    paid = leg.open_value * SIGN[leg.side] - leg.cur_realised_pnl
    return (paid / (signed - leg.size * max(taker_fee, BREAK_EVEN_TAKER_FEE))).quantize(MONEY)


def _liq_price(leg: Position, holding: Holding, slope: Decimal, cushion: Decimal) -> Decimal | None:
    """Return the first tick at which the account would be liquidated if only this contract moved; an estimate.

    `slope` is by how much `cushion`, the account's, grows when the mark price grows by 1 (in the same tier).

    None where no price between the contract's bounds does it, or where only a move in the leg's favour would.
    """
    if not leg.size or slope * SIGN[leg.side] <= 0:
        return None
    instrument = holding.contract.instrument
    price = holding.contract.mark - cushion / slope
    price = floor_to(price, instrument.tick_size) if slope > 0 else ceil_to(price, instrument.tick_size)
    return price if instrument.min_price <= price <= instrument.max_price else None
