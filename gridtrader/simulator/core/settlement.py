"""Funding, delivery and forced closes: what the exchange does to positions without being asked."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from gridtrader.simulator.core.account import Account
from gridtrader.simulator.core.changing import cancel
from gridtrader.simulator.core.contract import Contract
from gridtrader.simulator.core.model import Order, Position
from gridtrader.simulator.core.positions import OPPOSITE
from gridtrader.simulator.core.round import ADL, BUST, DELIVERY, TAKER, FillKind, Round, Rounds
from gridtrader.simulator.core.versions import first_version


@dataclass(frozen=True, slots=True)
class Cause:
    """Why the exchange closes a position itself."""

    create_type: str
    kind: FillKind


LADDER: Final = Cause("CreateByLiq", BUST)
TAKE_OVER: Final = Cause("CreateByTakeOver_PassThrough", BUST)
DELEVERAGING: Final = Cause("CreateByAdl_PassThrough", ADL)
DELISTING: Final = Cause("CreateBySettle", DELIVERY)


def closing_order(round_: Round, leg: Position, qty: Decimal, price: Decimal, cause: Cause) -> Order:
    """Return the exchange's own order against a leg."""
    return first_version(
        round_.account.uid,
        round_.new_id(),
        "",
        leg.symbol,
        OPPOSITE[leg.side],
        leg.position_idx,
        "Market",
        "IOC",
        price,
        qty,
        round_.now,
        round_.seq,
        reduce_only=True,
        create_type=cause.create_type,
        last_price=round_.contract.quote.last,
    )


def force_close(round_: Round, leg: Position, qty: Decimal, price: Decimal, cause: Cause) -> None:
    """Close `qty` of a leg at `price`, outside the market."""
    order = round_.record(closing_order(round_, leg, qty, price, cause))
    round_.fill(order, price, qty, is_maker=TAKER, kind=cause.kind)


def settle_funding(rounds: Rounds, contract: Contract, holders: Iterable[Account], rate: Decimal, now: int) -> None:
    """Charge or credit funding to those who hold the contract (Bybit V5 docs: fee = size × mark × rate)."""
    for account in holders:
        round_ = rounds.open(account, contract, now)
        for leg in round_.holding.legs.values():
            if leg.size:
                round_.settle_funding(leg, rate)
        round_.close()


def deliver(rounds: Rounds, contract: Contract, accounts: Iterable[Account], now: int) -> None:
    """End a contract: cancel every order in it and close every position at the index price, free of charge."""
    for account in accounts:
        holding = account.holdings.get(contract.symbol)
        if holding is None or not (holding.orders or holding.has_position):
            continue
        round_ = rounds.open(account, contract, now)
        for order in list(holding.orders.values()):
            cancel(round_, order, "CancelBySettle", "EC_NoError")
        for leg in holding.legs.values():
            if leg.size:
                force_close(round_, leg, leg.size, contract.quote.index, DELISTING)
        round_.close()
