"""Liquidation of an account whose maintenance margin has used up its margin balance (Bybit help centre).

In this order, each step only while the account is still under water:

1. the opening orders are cancelled, because they need margin (`CancelByPrepareLiq`);
2. everything else that works is cancelled (`CancelAllBeforeLiq`);
3. the ladder: a quarter of the leg with the largest maintenance margin is sold into the market, at most three times
   a leg, as long as the account is worth anything (`CreateByLiq`);
4. what is left is taken over at the bankruptcy price, at which the account ends with nothing: each leg bears a part
   of the loss in proportion to its maintenance margin. Rounding to the tick is in the account's favour
   (`CreateByTakeOver_PassThrough`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from gridtrader.simulator.core.account import Account
from gridtrader.simulator.core.changing import cancel
from gridtrader.simulator.core.exact import ceil_div, ceil_to, floor_div
from gridtrader.simulator.core.holding import Holding, is_active
from gridtrader.simulator.core.matching import place, protection_price
from gridtrader.simulator.core.model import ZERO, Order, Position
from gridtrader.simulator.core.positions import OPPOSITE, SIGN
from gridtrader.simulator.core.round import Rounds
from gridtrader.simulator.core.settlement import LADDER, TAKE_OVER, closing_order, force_close

LADDER_STEPS: Final = 3
LADDER_PART: Final = 4


def liquidate_if_due(rounds: Rounds, account: Account, now: int) -> None:
    """Check an account at the mark prices now and liquidate as far as needed."""
    if account.cushion() > ZERO:
        return
    _cancel(rounds, account, now, "CancelByPrepareLiq", openers_only=True)
    if account.cushion() > ZERO:
        return
    _cancel(rounds, account, now, "CancelAllBeforeLiq", openers_only=False)
    _go_down_the_ladder(rounds, account, now)
    if account.cushion() <= ZERO:
        _take_over(rounds, account, now)


def _cancel(rounds: Rounds, account: Account, now: int, cancel_type: str, *, openers_only: bool) -> None:
    def is_meant(order: Order) -> bool:
        return not openers_only or (is_active(order) and not order.reduce_only)

    for holding in list(account.holdings.values()):
        orders = [order for order in holding.orders.values() if is_meant(order)]
        if orders:
            round_ = rounds.open(account, holding.contract, now)
            for order in orders:
                cancel(round_, order, cancel_type, "EC_NoError")
            round_.close()


@dataclass(slots=True)
class _Stake:
    """An open leg on its way down the ladder."""

    holding: Holding
    leg: Position
    part: Decimal
    steps_left: int = LADDER_STEPS

    @property
    def maintenance(self) -> Decimal:
        return self.holding.needs.margin().legs[self.leg.position_idx].maintenance


def _stakes(account: Account) -> Iterator[_Stake]:
    for holding in account.exposed.values():
        for leg in holding.legs.values():
            if leg.size:
                yield _Stake(holding, leg, ceil_to(leg.size / LADDER_PART, holding.contract.instrument.qty_step))


def _go_down_the_ladder(rounds: Rounds, account: Account, now: int) -> None:
    stakes = [stake for stake in _stakes(account) if stake.holding.contract.can_match]
    while account.cushion() <= ZERO < account.equity():
        left = [stake for stake in stakes if stake.steps_left and stake.leg.size]
        if not left:
            return
        stake = max(left, key=lambda stake: stake.maintenance)
        stake.steps_left -= 1
        contract = stake.holding.contract
        round_ = rounds.open(account, contract, now)
        qty = min(stake.part, stake.leg.size)
        price = protection_price(contract, OPPOSITE[stake.leg.side])
        place(round_, closing_order(round_, stake.leg, qty, price, LADDER), rounds.options, LADDER.kind)
        round_.close()


def _take_over(rounds: Rounds, account: Account, now: int) -> None:
    stakes = list(_stakes(account))
    equity = account.equity()
    total = sum((stake.maintenance for stake in stakes), ZERO)
    prices = [_bankruptcy_price(stake, equity, total, account.fees.closing) for stake in stakes]
    for stake, price in zip(stakes, prices, strict=True):
        round_ = rounds.open(account, stake.holding.contract, now)
        force_close(round_, stake.leg, stake.leg.size, price, TAKE_OVER)
        round_.close()


def _bankruptcy_price(stake: _Stake, equity: Decimal, total: Decimal, taker_fee: Decimal) -> Decimal:
    """Return the price at which closing the leg, fee included, costs its part of the account's equity.

    sign·size·(price − mark) − size·price·taker = −equity·maintenance/total
    """
    leg, instrument = stake.leg, stake.holding.contract.instrument
    sign = SIGN[leg.side]
    worth = leg.size * stake.holding.contract.mark * total - equity * stake.maintenance * sign
    size = leg.size * total * (1 - taker_fee * sign)
    tick = instrument.tick_size
    price = ceil_div(worth, size, tick) if sign > 0 else floor_div(worth, size, tick)
    return max(price, tick)
