"""Amending and cancelling working orders."""

from decimal import Decimal

from gridtrader.simulator.core import checks, rejections
from gridtrader.simulator.core.account import Account
from gridtrader.simulator.core.holding import is_active
from gridtrader.simulator.core.matching import place
from gridtrader.simulator.core.model import ZERO, Options, Order, OrderStatus, Reject
from gridtrader.simulator.core.placing import check_opening
from gridtrader.simulator.core.rejections import Rejection
from gridtrader.simulator.core.round import Round
from gridtrader.simulator.core.values import value
from gridtrader.simulator.core.versions import next_version


@value(frozen=True, slots=True)
class Amendment:
    """New values for a working order; None leaves a value as it is. `qty` is the total, filled part included."""

    qty: Decimal | None
    price: Decimal | None
    trigger_price: Decimal | None

    def is_nothing_new_for(self, order: Order) -> bool:
        return (
            self.qty in (None, order.qty)
            and self.price in (None, order.price)
            and self.trigger_price in (None, order.trigger_price)
        )


def working_order(account: Account, symbol: str, order_id: str, order_link_id: str, gone: Rejection) -> Order:
    """Return the working order that a command names, by id or else by orderLinkId.

    Raises Reject 10001 without a name, and `gone` if there is no such order or it is final.
    """
    if not order_id and not order_link_id:
        raise Reject(*rejections.ID_REQUIRED)
    order = account.records.find(order_id, order_link_id)
    if order is None or order.symbol != symbol or order.status.is_final:
        raise Reject(*gone)
    return order


def cancel(
    round_: Round, order: Order, cancel_type: str = "CancelByUser", reason: str = "EC_PerCancelRequest"
) -> Order:
    """End a working order; a conditional one that has not triggered becomes Deactivated."""
    status = OrderStatus.CANCELLED if is_active(order) else OrderStatus.DEACTIVATED
    return round_.end(order, cancel_type, reason, status)


def amend(round_: Round, order: Order, new: Amendment, options: Options) -> Order:
    """Change a working order; return it after everything that happened at once.

    A changed order goes to the end of the queue at its price, except that a smaller quantity may keep its place
    (`qty_decrease_keeps_priority`); with a new price it executes at once as taker if it crosses now.
    """
    if new.is_nothing_new_for(order):
        raise Reject(*rejections.UNCHANGED)
    checks.check_status(round_.contract, closes=round_.holding.closes(order))
    if order.status is OrderStatus.UNTRIGGERED:
        return _amend_conditional(round_, order, new, options)
    if new.trigger_price is not None:
        raise Reject(*rejections.TRIGGER_PRICE)
    changed = _changed(round_, order, new, options)
    if changed.price != order.price:
        round_.contract.forget(order)
        return place(round_, changed, options)
    changed = round_.record(changed)
    if not (changed.qty < order.qty and options.qty_decrease_keeps_priority):
        round_.contract.forget(order)
        round_.contract.rest(changed)
    return changed


def _changed(round_: Round, order: Order, new: Amendment, options: Options) -> Order:
    """Return the order as it will stand after an amendment, checked."""
    contract, holding = round_.contract, round_.holding
    qty, price = _fitted(round_, order, new, options)
    if price != order.price:
        price = checks.price_in_band(contract, order.side, price, options)
    leaves = qty - order.cum_exec_qty
    if order.reduce_only:
        budget = holding.reduce_budget(order.side) + order.leaves_qty
        if leaves > budget and options.reduce_only_excess == "reject":
            raise Reject(*rejections.REDUCE_ONLY_SIDE)
        leaves = min(leaves, budget)
    else:
        checks.check_notional(qty, price, contract.instrument)
        freed = holding.needs.terms(order.side).initial(order.leaves_qty * order.price)
        check_opening(round_, order.side, leaves, price, options, leaves=order.leaves_qty, freed=freed)
    qty = order.cum_exec_qty + leaves
    return next_version(order, round_.now, round_.seq, price=price, qty=qty, leaves_qty=leaves)


def _amend_conditional(round_: Round, order: Order, new: Amendment, options: Options) -> Order:
    contract = round_.contract
    qty, price = _fitted(round_, order, new, options)
    trigger = order.trigger_price if new.trigger_price is None else new.trigger_price
    if trigger is not None and trigger != order.trigger_price:
        checks.check_trigger(contract, trigger, order.trigger_direction, order.trigger_by)
    if not round_.holding.closes(order):
        checks.check_notional(qty, price or trigger or ZERO, contract.instrument)
    contract.forget(order)
    order = round_.record(
        next_version(order, round_.now, round_.seq, qty=qty, leaves_qty=qty, price=price, trigger_price=trigger)
    )
    contract.arm(order)
    return order


def _fitted(round_: Round, order: Order, new: Amendment, options: Options) -> tuple[Decimal, Decimal]:
    """Return (total quantity, limit price) as asked, checked against the contract's filters."""
    instrument = round_.contract.instrument
    qty, price = order.qty, order.price
    if new.qty is not None:
        closes = round_.holding.closes(order)
        is_market = order.order_type == "Market"
        qty = checks.fitted_qty(new.qty, instrument, options, is_market=is_market, may_exceed=closes)
        if qty <= order.cum_exec_qty:
            raise Reject(*rejections.QTY_BELOW_FILLED)
    if new.price is not None and order.order_type == "Limit":
        price = checks.fitted_price(new.price, instrument, options)
    return qty, price
