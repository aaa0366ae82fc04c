"""The difference between what should stand and what does (one pure function for start, reconnect, doubt, restart).

Every target and every order that may execute ends in exactly one of: keep, amend, cancel, place, wait. Orders whose
last command is not confirmed are left alone until it is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from gridtrader.domain.invariants import BrokenInvariant
from gridtrader.domain.known import is_awaiting
from gridtrader.domain.legs import Target
from gridtrader.domain.order_names import OrderName, Slot
from gridtrader.domain.orders import KnownOrder, Phase
from gridtrader.domain.types import OrderKind


@dataclass(frozen=True, slots=True)
class Place:
    name: OrderName
    target: Target


@dataclass(frozen=True, slots=True)
class Amend:
    """New price and total quantity; None leaves a value as it is."""

    order: KnownOrder
    price: Decimal | None
    qty: Decimal | None

    @property
    def repeats(self) -> bool:
        """Whether just this quantity was asked for before: the exchange made it another."""
        return self.qty is not None and self.qty == self.order.asked_qty and not self.order.is_ask_refused

    @property
    def is_new(self) -> bool:
        """Whether another quantity than the last one asked for is wanted: something has happened since."""
        return self.order.asked_qty is not None and self.qty not in (None, self.order.asked_qty)


@dataclass(frozen=True, slots=True)
class Cancel:
    order: KnownOrder


@dataclass(slots=True)
class Difference:
    """What is to be done; `waiting` are slots that some command or fill is under way for."""

    keep: list[KnownOrder] = field(default_factory=list)
    amend: list[Amend] = field(default_factory=list)
    cancel: list[Cancel] = field(default_factory=list)
    place: list[Place] = field(default_factory=list)
    waiting: list[Slot] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be sent."""
        return not (self.amend or self.cancel or self.place)


def reconcile(
    targets: Iterable[Target], orders: Iterable[KnownOrder], latest: Mapping[Slot, KnownOrder]
) -> Difference:
    """Return the commands that make the standing orders the targets.

    `orders` are all orders that may execute, `latest` the newest order of each slot, alive or not.
    """
    result = Difference()
    wanted = {target.slot: target for target in targets}
    for order in orders:
        slot = order.name.slot
        target = wanted.get(slot) if latest.get(slot) is order else None
        if target is None:
            _withdraw(order, result)
        else:
            del wanted[slot]
            _adjust(order, target, result)
    leaving = {slot.side for slot in result.waiting if slot.kind is OrderKind.TAKE_PROFIT}
    for slot, target in wanted.items():
        if slot.kind is OrderKind.TAKE_PROFIT and slot.side in leaving:
            result.waiting.append(slot)  # the one of the cycle before has to be gone first (S7)
        else:
            _place(slot, target, latest.get(slot), result)
    return result


def _withdraw(order: KnownOrder, result: Difference) -> None:
    if order.is_in_flight:
        result.waiting.append(order.name.slot)
    else:
        result.cancel.append(Cancel(order))


def _adjust(order: KnownOrder, target: Target, result: Difference) -> None:
    if order.is_in_flight:
        result.waiting.append(target.slot)
        return
    moved = target.price != order.price and (order.is_meddled or target.price != order.asked_price)
    resized = target.leaves != order.leaves
    if not moved and not resized:
        result.keep.append(order)
    elif order.amend_refused:
        result.cancel.append(Cancel(order))
    else:
        total = order.filled + target.leaves
        result.amend.append(Amend(order, target.price if moved else None, total if resized else None))


def _place(slot: Slot, target: Target, last: KnownOrder | None, result: Difference) -> None:
    """Place anew, under the next name that is free - or wait, where the last one is not understood (C2).

    One that has filled leaves something to place only if somebody has made it smaller.
    """
    if last is None:
        result.place.append(Place(OrderName(slot, 0), target))
    elif is_awaiting(last):
        result.waiting.append(slot)
    elif last.phase is Phase.ABSENT:
        result.place.append(Place(last.name, target))
    elif last.phase is Phase.FILLED and slot.kind is not OrderKind.TAKE_PROFIT and not last.is_meddled:
        raise BrokenInvariant(f"{last.link_id} has filled and its level is still wanted: {target}")
    else:
        result.place.append(Place(OrderName(slot, last.name.attempt + 1), target))
