"""What the exchange checks before it takes an order, each check with Bybit's refusal (Bybit V5 docs, error codes).

The checks raise `Reject` or return the value as the order will have it. They change nothing.
"""

from decimal import Decimal
from typing import Final

from gridtrader.simulator.core import rejections
from gridtrader.simulator.core.account import Account
from gridtrader.simulator.core.contract import DELIVERING, TRADING, Contract
from gridtrader.simulator.core.exact import floor_to, is_multiple
from gridtrader.simulator.core.holding import HEDGE, Holding
from gridtrader.simulator.core.model import ZERO, Instrument, Options, OrderRequest, Reject
from gridtrader.simulator.core.positions import SIGN

MAX_ACTIVE_ORDERS: Final = 500
MAX_CONDITIONAL_ORDERS: Final = 10
TRIGGER_PRICES: Final = ("LastPrice", "MarkPrice", "IndexPrice")


def check_words(request: OrderRequest) -> None:
    """Check the fields that have a fixed vocabulary."""
    if request.side not in ("Buy", "Sell"):
        raise Reject(*rejections.SIDE)
    if request.order_type not in ("Limit", "Market"):
        raise Reject(*rejections.ORDER_TYPE)
    if request.time_in_force not in ("GTC", "IOC", "FOK", "PostOnly"):
        raise Reject(*rejections.TIME_IN_FORCE)
    if request.order_type == "Limit" and request.price is None:
        raise Reject(*rejections.PRICE_REQUIRED)


def check_leg(request: OrderRequest, holding: Holding) -> None:
    """Check `positionIdx` against the position mode, and that a reduce-only order can reduce its leg at all."""
    if request.position_idx not in holding.legs:
        raise Reject(*rejections.POSITION_IDX)
    if not request.reduce_only:
        return
    is_hedge = holding.mode == HEDGE
    if not (holding.closes(request) if is_hedge else holding.legs[0].side != request.side):
        raise Reject(*rejections.REDUCE_ONLY_SIDE)


def check_link_id(request: OrderRequest, account: Account, options: Options) -> None:
    """Check that the orderLinkId is free: never used before, or not used by a working order (`link_ids_reserved`)."""
    order = account.records.find("", request.order_link_id) if request.order_link_id else None
    if order is not None and (options.link_ids_reserved == "forever" or not order.status.is_final):
        raise Reject(*rejections.LINK_ID_USED)


def check_status(contract: Contract, *, closes: bool) -> None:
    """Check that the contract is traded: everything while Trading, only reductions while Delivering."""
    status = contract.instrument.status
    if status == DELIVERING and not closes:
        raise Reject(*rejections.PRE_DELIVERY)
    if status not in (TRADING, DELIVERING):
        raise Reject(*rejections.NOT_LIVE)
    _ = contract.quote  # without a market nothing can be judged: Reject 110074


def fitted_qty(
    qty: Decimal, instrument: Instrument, options: Options, *, is_market: bool, may_exceed: bool
) -> Decimal:
    """Return the quantity on the step. `may_exceed`: a closing order above the maximum is taken (Bybit splits it)."""
    if not qty.is_finite() or qty < ZERO:
        raise Reject(*rejections.QTY_INVALID)
    if not is_multiple(qty, instrument.qty_step):
        if options.off_step_qty != "truncate":
            raise Reject(*rejections.QTY_INVALID)
        qty = floor_to(qty, instrument.qty_step)
    if qty < instrument.min_qty:
        raise Reject(*rejections.QTY_BELOW_MIN)
    maximum = instrument.max_market_qty if is_market else instrument.max_qty
    if qty > maximum and not may_exceed:
        raise Reject(*rejections.qty_above_max(qty, maximum))
    return qty


def fitted_price(price: Decimal, instrument: Instrument, options: Options) -> Decimal:
    """Return a limit price on the tick, within the contract's price filter (`off_tick_price`)."""
    if not price.is_finite() or not instrument.min_price <= price <= instrument.max_price:
        raise Reject(*rejections.PRICE_OUT_OF_FILTER)
    if is_multiple(price, instrument.tick_size):
        return price
    if options.off_tick_price == "truncate":
        return floor_to(price, instrument.tick_size)
    raise Reject(
        *(rejections.PRICE_OFF_TICK if options.off_tick_price == "10001" else rejections.PRICE_OUT_OF_FILTER)
    )


def price_in_band(contract: Contract, side: str, price: Decimal, options: Options) -> Decimal:
    """Return the limit price, moved to the price band's edge if it is too aggressive (`price_limit`)."""
    highest, lowest = contract.price_limits()
    allowed = min(price, highest) if side == "Buy" else max(price, lowest)
    if allowed != price and options.price_limit == "reject":
        raise Reject(*rejections.PRICE_OUT_OF_BAND)
    return allowed


def check_notional(qty: Decimal, price: Decimal, instrument: Instrument) -> None:
    """Check an opening order's value in USDT."""
    if qty * price < instrument.min_notional:
        raise Reject(*rejections.notional_below_min(instrument.min_notional))


def check_trigger(contract: Contract, price: Decimal, direction: int, trigger_by: str) -> None:
    """Check a trigger: a price of the contract that has not been reached yet. Direction 1 rises, 2 falls."""
    if direction not in (1, 2):
        raise Reject(*rejections.TRIGGER_DIRECTION)
    if trigger_by not in TRIGGER_PRICES:
        raise Reject(*rejections.TRIGGER_BY)
    if not price.is_finite() or price <= ZERO or not is_multiple(price, contract.instrument.tick_size):
        raise Reject(*rejections.TRIGGER_PRICE)
    current = contract.price_of(trigger_by)
    is_rising = direction == 1
    if price <= current if is_rising else price >= current:
        raise Reject(
            *rejections.trigger_side(rising=is_rising, trigger=price, current=current, trigger_by=trigger_by)
        )


def check_room(holding: Holding, *, is_conditional: bool) -> None:
    """Check the number of working orders in the contract."""
    if is_conditional:
        if holding.conditional_count >= MAX_CONDITIONAL_ORDERS:
            raise Reject(*rejections.STOP_ORDERS)
    elif holding.active_count >= MAX_ACTIVE_ORDERS:
        raise Reject(*rejections.ACTIVE_ORDERS)


def check_risk_limit(holding: Holding, side: str, extra_qty: Decimal, options: Options) -> None:
    """Check that positions and opening orders, `extra_qty` more included, are within what the leverage allows."""
    if not options.risk_tiers:
        return
    tiers = holding.contract.instrument.tiers
    value, leverage = holding.needs.value(extra_qty), holding.leverage(side)
    for tier in tiers:
        if value <= tier.limit:
            if leverage > tier.max_leverage:
                raise Reject(*rejections.tier_exceeded(tier.max_leverage))
            return
    raise Reject(*rejections.RISK_LIMIT)


def check_margin(account: Account, holding: Holding, side: str, value: Decimal, freed: Decimal = ZERO) -> None:
    """Check that the initial margin of `value` USDT of opening orders, less `freed`, is available."""
    required = holding.needs.terms(side).initial(value) - freed
    if required > ZERO and required > account.available():
        raise Reject(*rejections.NO_MONEY)


def margin_price(contract: Contract, side: str, price: Decimal) -> Decimal:
    """Return the price at which an order is margined: its limit, or the touch where it sells at better than that."""
    return max(price, contract.quote.bid) if SIGN[side] < 0 else price
