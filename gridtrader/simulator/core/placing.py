"""Taking an order: checks in Bybit's order, then the market, the book or the trigger queue."""

from decimal import Decimal

from gridtrader.simulator.core import checks, rejections
from gridtrader.simulator.core.holding import ONE_WAY, Holding
from gridtrader.simulator.core.matching import place, protection_price, touch
from gridtrader.simulator.core.model import ZERO, Options, Order, OrderRequest, OrderStatus, Reject
from gridtrader.simulator.core.reduce_only import granted_qty
from gridtrader.simulator.core.round import Round
from gridtrader.simulator.core.values import value
from gridtrader.simulator.core.versions import first_version, next_version


@value(frozen=True, slots=True)
class Terms:
    """What an accepted order has that its request has not: quantity and price as fitted, and its nature."""

    qty: Decimal
    price: Decimal
    time_in_force: str
    reduce_only: bool


def create(round_: Round, request: OrderRequest, options: Options) -> Order:
    """Check a request and carry it out; return the order after everything that happened at once."""
    checks.check_words(request)
    checks.check_leg(request, round_.holding)
    checks.check_link_id(request, round_.account, options)
    checks.check_status(round_.contract, closes=round_.holding.closes(request))
    if request.trigger_price is None:
        order = _order(round_, request, _terms(round_, request, options))
        return place(round_, order, options)
    order = _order(round_, request, _conditional_terms(round_, request, options))
    order = round_.record(order)
    round_.contract.arm(order)
    return order


def fire(round_: Round, order: Order, options: Options) -> None:
    """Turn a conditional order whose price has been reached into an ordinary one.

    It may close as much as there is, whatever rests already; the round then cuts the others. What the account
    cannot afford any more is cancelled.
    """
    contract, holding, now, seq = round_.contract, round_.holding, round_.now, round_.seq
    contract.forget(order)
    round_.tell(round_.record(next_version(order, now, seq, status=OrderStatus.TRIGGERED)))
    order = next_version(order, now, seq, price=_price_when_fired(round_, order), status=OrderStatus.NEW)
    if not holding.closes(order):
        worth = touch(contract.quote, order.side) if order.order_type == "Market" else order.price
        try:
            check_opening(round_, order.side, order.qty, worth, options)
        except Reject:
            round_.end(order, "CancelByCannotAffordOrderCost")
            return
    else:
        qty = min(order.qty, holding.closable(order.side))
        if not qty:
            round_.end(order, "CancelByReduceOnly")
            return
        order = next_version(order, now, seq, qty=qty, leaves_qty=qty, reduce_only=True)
    place(round_, order, options)


def check_opening(
    round_: Round,
    side: str,
    qty: Decimal,
    price: Decimal,
    options: Options,
    *,
    leaves: Decimal = ZERO,
    freed: Decimal = ZERO,
) -> None:
    """Check risk limit and margin of an order that opens `qty` at `price`.

    For an amendment `leaves` is what the order has open already and `freed` the margin it has now.
    """
    contract, holding = round_.contract, round_.holding
    checks.check_risk_limit(holding, side, _opened(holding, side, qty) - leaves, options)
    value = _opened(holding, side, qty) * checks.margin_price(contract, side, price)
    checks.check_margin(round_.account, holding, side, value, freed)


def _opened(holding: Holding, side: str, qty: Decimal) -> Decimal:
    """Return how much of an order opens: in one-way mode what is against the position only closes it."""
    return qty if holding.mode != ONE_WAY else max(ZERO, qty - holding.closable(side))


def _terms(round_: Round, request: OrderRequest, options: Options) -> Terms:
    contract, holding, instrument = round_.contract, round_.holding, round_.contract.instrument
    closes = holding.closes(request)
    is_market = request.order_type == "Market"
    if request.qty == ZERO and request.reduce_only and request.close_on_trigger:
        qty = holding.closable(request.side)
        if not qty:
            raise Reject(*rejections.POSITION_ZERO)
    else:
        qty = checks.fitted_qty(request.qty, instrument, options, is_market=is_market, may_exceed=closes)
    if is_market:
        price, worth = protection_price(contract, request.side), touch(contract.quote, request.side)
    else:
        assert request.price is not None
        limit = checks.fitted_price(request.price, instrument, options)
        price = worth = checks.price_in_band(contract, request.side, limit, options)
    if closes:
        if request.qty != ZERO:
            qty = granted_qty(holding, request.side, qty, options, round_.now)
        checks.check_room(holding, is_conditional=False)
        if options.closing_order_margin:
            checks.check_margin(round_.account, holding, request.side, qty * worth)
    else:
        checks.check_notional(qty, worth, instrument)
        checks.check_room(holding, is_conditional=False)
        check_opening(round_, request.side, qty, worth, options)
    return Terms(qty, price, "IOC" if is_market else request.time_in_force, closes)


def _conditional_terms(round_: Round, request: OrderRequest, options: Options) -> Terms:
    contract, holding, instrument = round_.contract, round_.holding, round_.contract.instrument
    assert request.trigger_price is not None
    closes = holding.closes(request)
    is_market = request.order_type == "Market"
    qty = checks.fitted_qty(request.qty, instrument, options, is_market=is_market, may_exceed=closes)
    trigger_by = request.trigger_by or checks.TRIGGER_PRICES[0]
    checks.check_trigger(contract, request.trigger_price, request.trigger_direction, trigger_by)
    price = ZERO
    if not is_market and request.price is not None:
        price = checks.fitted_price(request.price, instrument, options)
    if not closes:
        checks.check_notional(qty, price or request.trigger_price, instrument)
    checks.check_room(holding, is_conditional=True)
    return Terms(
        qty, price, "IOC" if is_market else request.time_in_force, request.reduce_only and holding.mode == ONE_WAY
    )


def _price_when_fired(round_: Round, order: Order) -> Decimal:
    if order.order_type == "Market":
        return protection_price(round_.contract, order.side)
    highest, lowest = round_.contract.price_limits()
    return min(order.price, highest) if order.side == "Buy" else max(order.price, lowest)


def _order(round_: Round, request: OrderRequest, terms: Terms) -> Order:
    is_conditional = request.trigger_price is not None
    return first_version(
        round_.account.uid,
        round_.new_id(),
        request.order_link_id,
        request.symbol,
        request.side,
        request.position_idx,
        request.order_type,
        terms.time_in_force,
        terms.price,
        terms.qty,
        round_.now,
        round_.seq,
        reduce_only=terms.reduce_only,
        create_type="CreateByStopOrder" if is_conditional else "CreateByUser",
        last_price=round_.contract.quote.last,
        status=OrderStatus.UNTRIGGERED if is_conditional else OrderStatus.NEW,
        close_on_trigger=request.close_on_trigger,
        trigger_price=request.trigger_price,
        trigger_direction=request.trigger_direction,
        trigger_by=(request.trigger_by or checks.TRIGGER_PRICES[0]) if is_conditional else "",
    )
