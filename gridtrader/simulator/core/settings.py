"""What an account may set: position mode, margin mode, leverage."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from gridtrader.simulator.core import rejections
from gridtrader.simulator.core.account import CROSS, ISOLATED, MARGIN_MODES, Account
from gridtrader.simulator.core.contract import Contract
from gridtrader.simulator.core.exact import is_multiple
from gridtrader.simulator.core.holding import HEDGE, ONE_WAY, Holding
from gridtrader.simulator.core.model import ZERO, Reject
from gridtrader.simulator.core.round import Rounds

MIN_LEVERAGE: Final = Decimal(1)
LEVERAGE_STEP: Final = Decimal("0.01")


def switch_contract(rounds: Rounds, account: Account, contract: Contract, mode: int, now: int) -> None:
    """Change the position mode of a contract (0 one-way, 3 hedge). Raises Reject if it is so or something is open."""
    _check_mode(mode)
    if mode == HEDGE and not _can_hedge(contract.symbol):
        raise Reject(*rejections.MODE_NO_HEDGE)
    holding = account.holding(contract)
    if holding.mode == mode:
        raise Reject(*rejections.MODE_UNCHANGED)
    if holding.has_position:
        raise Reject(*rejections.MODE_POSITION)
    if holding.orders:
        raise Reject(*rejections.MODE_ORDERS)
    _switch(rounds, account, holding, mode, now)


def switch_coin(
    rounds: Rounds, account: Account, contracts: Iterable[Contract], coin: str, mode: int, now: int
) -> None:
    """Change the mode of a settle coin's contracts that have neither position nor order, and of those to come."""
    _check_mode(mode)
    if coin != "USDT":
        raise Reject(*rejections.MODE_NO_HEDGE)
    idle = [
        holding
        for contract in contracts
        if (holding := account.holdings.get(contract.symbol)) is not None and holding.mode != mode
        if not holding.has_position and not holding.orders
    ]
    if not idle and account.default_mode == mode:
        raise Reject(*rejections.MODE_UNCHANGED)
    account.default_mode = mode
    for holding in idle:
        _switch(rounds, account, holding, mode, now)


def _switch(rounds: Rounds, account: Account, holding: Holding, mode: int, now: int) -> None:
    holding.switch(mode)
    rounds.open(account, holding.contract, now).close(tell_wallet=False)


def _check_mode(mode: int) -> None:
    if mode not in (ONE_WAY, HEDGE):
        raise Reject(*rejections.MODE_VALUE)


def _can_hedge(symbol: str) -> bool:
    return symbol.endswith("USDT")


def set_margin_mode(account: Account, mode: str) -> None:
    """Change the margin mode of the account; setting what is set succeeds.

    Only the name changes: margins are always reckoned across the account. Leaving cross margin needs an account
    without positions and orders, else Reject 3400045; back to cross is always possible.
    """
    if mode not in MARGIN_MODES:
        raise Reject(*rejections.MARGIN_MODE_VALUE)
    is_busy = bool(account.exposed) or bool(account.working_orders())
    if mode not in (CROSS, account.margin_mode) and is_busy:
        raise Reject(*rejections.MARGIN_MODE_FAILED)
    account.margin_mode = mode


def set_leverage(rounds: Rounds, account: Account, contract: Contract, buy: Decimal, sell: Decimal, now: int) -> None:
    """Set the leverage of a contract. Raises Reject if it is set, out of range, or not covered by money.

    In cross margin and in one-way mode both values must be equal.
    """
    instrument, holding = contract.instrument, account.holding(contract)
    for leverage in (buy, sell):
        if not leverage.is_finite() or leverage < MIN_LEVERAGE or not is_multiple(leverage, LEVERAGE_STEP):
            raise Reject(*rejections.LEVERAGE_INVALID)
    may_differ = account.margin_mode == ISOLATED and holding.mode == HEDGE
    if buy != sell and not may_differ:
        raise Reject(*rejections.LEVERAGE_UNEQUAL)
    before = (holding.leverage("Buy"), holding.leverage("Sell"))
    if before == (buy, sell):
        raise Reject(*rejections.LEVERAGE_UNCHANGED)
    maximum = (
        min(instrument.max_leverage, holding.needs.tier().max_leverage) if contract.mark else instrument.max_leverage
    )
    if max(buy, sell) > maximum:
        raise Reject(*rejections.leverage_above_max(max(buy, sell), maximum))
    available = account.available()
    holding.set_leverage(buy, sell)
    if account.available() < min(ZERO, available):
        holding.set_leverage(*before)
        raise Reject(*rejections.LEVERAGE_NO_MONEY)
    rounds.open(account, contract, now).close(tell_wallet=holding.is_exposed)
