"""Matching against a quote instead of a book (see `exchange` for the model in words)."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Final

from gridtrader.simulator.core.account import Account
from gridtrader.simulator.core.contract import Contract
from gridtrader.simulator.core.exact import ceil_to, floor_to
from gridtrader.simulator.core.model import ZERO, Options, Order, OrderStatus, Quote
from gridtrader.simulator.core.positions import SIGN
from gridtrader.simulator.core.round import MAKER, TAKER, TRADE, FillKind, Round
from gridtrader.simulator.core.values import value

MARKET_PROTECTION: Final = Decimal("0.05")
"""How far from the touch a market order may execute."""


def touch(quote: Quote, side: str) -> Decimal:
    """Return the price at which an order of `side` executes now."""
    return quote.ask if side == "Buy" else quote.bid


def crosses(quote: Quote, side: str, price: Decimal) -> bool:
    """Return whether a limit order at `price` would execute now."""
    return price >= quote.ask if side == "Buy" else price <= quote.bid


def protection_price(contract: Contract, side: str) -> Decimal:
    """Return the limit a market order gets: 5 % beyond the touch, to the tick, within the contract's prices."""
    instrument = contract.instrument
    if side == "Buy":
        return min(floor_to(contract.quote.ask * (1 + MARKET_PROTECTION), instrument.tick_size), instrument.max_price)
    return max(ceil_to(contract.quote.bid * (1 - MARKET_PROTECTION), instrument.tick_size), instrument.min_price)


def place(round_: Round, order: Order, options: Options, kind: FillKind = TRADE) -> Order:
    """Let an accepted order meet the market: execute what crosses, then rest or end what is left."""
    contract = round_.contract
    is_crossing = contract.can_match and crosses(contract.quote, order.side, order.price)
    if is_crossing and order.time_in_force == "PostOnly":
        status = OrderStatus(options.post_only_violation)
        return round_.end(order, "UNKNOWN", "EC_PostOnlyWillTakeLiquidity", status)
    if order.time_in_force == "FOK" and not (is_crossing and _is_enough(contract, order)):
        return round_.end(order, "UNKNOWN", "EC_CancelForNoFullFill")
    order = round_.record(order)
    if is_crossing:
        order = _take(round_, order, kind)
    if order.leaves_qty and order.time_in_force == "IOC":
        return round_.end(order, "UNKNOWN", "EC_NoImmediateQtyToFill")
    if order.leaves_qty:
        contract.rest(order)
    return order


def _take(round_: Round, order: Order, kind: FillKind) -> Order:
    contract = round_.contract
    for price, size in _offers(contract, order.side, order.price):
        qty = order.leaves_qty if size is None else min(size, order.leaves_qty)
        order = round_.fill(order, price, qty, is_maker=TAKER, kind=kind)
        if not order.leaves_qty:
            break
    return order


def _is_enough(contract: Contract, order: Order) -> bool:
    """Return whether the market offers the whole quantity within the order's limit."""
    found = ZERO
    for _, size in _offers(contract, order.side, order.price):
        if size is None:
            return True
        found += size
        if found >= order.leaves_qty:
            return True
    return False


def _offers(contract: Contract, side: str, limit: Decimal) -> Iterator[tuple[Decimal, Decimal | None]]:
    """Yield (price, size) from the touch to `limit`; size None means without end."""
    quote = contract.quote
    size = quote.ask_size if side == "Buy" else quote.bid_size
    if size is not None and size <= ZERO:
        return
    step = contract.instrument.tick_size * SIGN[side]
    price = touch(quote, side)
    while (limit - price) * SIGN[side] >= 0:
        yield price, size
        price += step


@value(frozen=True, slots=True)
class Share:
    """What a resting order gets of a quote; `rank` is its place in time."""

    order_id: str
    qty: Decimal
    rank: int


def shares(contract: Contract, accounts: Mapping[int, Account]) -> dict[int, list[Share]]:
    """Return by uid what the new quote fills of the resting orders, in the order of execution.

    Within a side: nearest to the market first, then by age; a quote with a size brings it once for the buys and once
    for the sells, for all accounts together. Where a thin market has left orders of both sides in reach, the side
    whose first order is older goes first.
    """
    found: dict[int, dict[str, list[Share]]] = {}
    for side in ("Buy", "Sell"):
        for uid, share in _shares_of(contract, side, accounts):
            found.setdefault(uid, {}).setdefault(side, []).append(share)
    return {
        uid: [share for mine in sorted(sides.values(), key=lambda mine: mine[0].rank) for share in mine]
        for uid, sides in found.items()
    }


def _shares_of(contract: Contract, side: str, accounts: Mapping[int, Account]) -> Iterator[tuple[int, Share]]:
    quote, queue = contract.quote, contract.resting[side]
    left = quote.ask_size if side == "Buy" else quote.bid_size
    for uid, order_id, rank in queue.reached(touch(quote, side)):
        leaves = accounts[uid].records.orders[order_id].leaves_qty
        qty = leaves if left is None else min(left, leaves)
        if qty <= ZERO:
            return
        yield uid, Share(order_id, qty, rank)
        left = None if left is None else left - qty


def fill_shares(round_: Round, mine: Iterable[Share]) -> None:
    """Execute the shares of one account, each at its order's own price, as maker.

    In one-way mode an order filled just before may have closed what a reduce-only order was for.
    """
    orders = round_.account.records.orders
    for share in mine:
        order = orders[share.order_id]
        qty = min(share.qty, round_.holding.closable(order.side)) if order.reduce_only else share.qty
        if qty:
            round_.fill(order, order.price, qty, is_maker=MAKER)
