"""One account in dry run against what the exchange tells everybody: contracts, prices, enough money or not.

No key is used, and none is needed.
"""

from collections.abc import Sequence
from decimal import Decimal

from gridtrader.domain.exact import HUNDRED, plain
from gridtrader.domain.sizing import SizingError
from gridtrader.engine.ports import Refusal, Refused
from gridtrader.operator.check.account import Contracts
from gridtrader.operator.check.notes import Notes
from gridtrader.operator.contract import terms_of
from gridtrader.operator.rungs import Ladder, balance_for, build_ladder
from gridtrader.settings import AccountSettings, SymbolSettings, SystemSettings


def check_dry_run(account: AccountSettings, system: SystemSettings, contracts: Contracts, notes: Notes) -> None:
    """Write down what is found. Raises `Refused` or `Unreachable`."""
    ladders = [_check_symbol(account, symbol, system, contracts, notes) for symbol in account.symbols]
    _check_balance(account, [ladder for ladder in ladders if ladder is not None], notes)


def _check_symbol(
    account: AccountSettings, symbol: SymbolSettings, system: SystemSettings, contracts: Contracts, notes: Notes
) -> Ladder | None:
    name = symbol.symbol
    try:
        contract = contracts.get(name)
    except Refused as error:
        if error.refusal is not Refusal.INVALID:
            raise
        notes.fail(f"the exchange has no linear contract {name} ({error}): correct the configuration")
        return None
    if contract.quote is None:
        notes.fail(f"{name} is not trading at the exchange: take it out of the configuration")
        return None
    if not contract.tiers:
        notes.warn(f"{name}: the exchange does not tell its risk tiers now; a dry run does not start without them")
    terms = terms_of(account, symbol, system, contract, contract.quote)
    try:
        ladder = build_ladder(terms)
    except SizingError as error:
        notes.fail(f"nothing would be opened: {error}")
        return None
    for warning in ladder.warnings:
        notes.warn(f"{name}: {warning}")
    last = ladder.rungs[-1]
    notes.ok(
        f"{name}: trading, leverage {plain(terms.leverage)}, taker fee {plain(terms.fees.taker * HUNDRED)} % as "
        f"configured, levels 0 to {last.level} of {plain(ladder.rungs[0].quantity)} to {plain(last.quantity)} at "
        f"{plain(terms.quote.last)}"
    )
    return ladder


def _check_balance(account: AccountSettings, ladders: Sequence[Ladder], notes: Notes) -> None:
    """Compare what all full ladders need with what the dry run begins with (S6)."""
    balance = account.dry_run_balance_usdt
    if not ladders:
        return
    margin = sum((ladder.rungs[-1].total_margin for ladder in ladders), Decimal(0))
    needed = balance_for(margin, account.risk.balance_buffer_percent)
    if needed is None:
        notes.warn("with a balance buffer of 100 % no level is ever opened: lower balance_buffer_percent")
    elif needed > balance:
        notes.warn(
            f"all full ladders together need a balance of {needed:,.2f} USD, the dry run begins with {balance:,.2f}: "
            f"the deepest levels will be left out; raise dry_run_balance_usdt, or lower sizes or levels"
        )
    else:
        notes.ok(f"all full ladders together need a balance of {needed:,.2f} USD, it begins with {balance:,.2f}")
