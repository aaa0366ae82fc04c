"""It sends a difference to the exchange and enters what each command came to: accepted, rejected, or unknown (C3).

An order is entered in the book, and its name in the journal, before it is sent; nothing is believed because a
command was acknowledged (S10). What the exchange refuses becomes knowledge for the next pass, never a retry here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gridtrader.domain.exact import plain
from gridtrader.domain.known import HoldReason, LegRefused, SymbolKnown
from gridtrader.domain.order_names import Slot
from gridtrader.domain.orders import Change, ChangeKind, KnownOrder, Phase
from gridtrader.domain.reconcile import Amend, Cancel, Difference, Place
from gridtrader.domain.types import Amendment, NewOrder, OrderKind
from gridtrader.engine.book import AccountBook
from gridtrader.engine.errors import StopAccount
from gridtrader.engine.journal import sent_record
from gridtrader.engine.ports import Accepted, Clock, Gateway, Lane, Outcome, Refusal, Rejected, Unknown
from gridtrader.engine.recorder import Recorder
from gridtrader.engine.settings import EngineSettings

_OF_THE_MOMENT = frozenset({Refusal.RATE, Refusal.CLOCK, Refusal.REDUCE_ONLY})
"""Refusals that say nothing about the order: the same command may be right a second later."""

_MOMENTS = 10
"""How many times more tries a take-profit gets where the refusal is of the moment."""


@dataclass(slots=True)
class Executor:
    """Sends commands. Owned by the engine's thread; `pauses` are slots that wait, until when (our clock, ms)."""

    gateway: Gateway
    book: AccountBook
    recorder: Recorder
    settings: EngineSettings
    clock: Clock
    pauses: dict[Slot, int] = field(default_factory=dict)
    has_doubts: bool = False
    """The exchange's answers do not fit what we know: the engine is to read everything anew."""
    _refusals: dict[Slot, int] = field(default_factory=dict)
    """Refusals in a row of a take-profit's commands."""

    def send(self, known: SymbolKnown, difference: Difference) -> bool:
        """Send what is due: first what protects or frees, then what opens. Returns whether anything was sent."""
        now = self.clock.now_ms()
        amends = [amend for amend in difference.amend if self._is_due(amend.order.name.slot, now)]
        cancels = [cancel for cancel in difference.cancel if self._is_due(cancel.order.name.slot, now)]
        places = sorted(
            (place for place in difference.place if self._is_due(place.name.slot, now)),
            key=lambda place: (place.name.slot.kind.opens, place.name.slot.level, -place.name.slot.side.sign),
        )
        protecting = [place for place in places if not place.name.slot.kind.opens]
        opening = [place for place in places if place.name.slot.kind.opens]
        self._amend(known, amends)
        self._place(known, protecting, Lane.PROTECT)
        self._cancel(known, cancels)
        self._place(known, opening, Lane.TRADE)
        return bool(amends or cancels or places)

    def _is_due(self, slot: Slot, now_ms: int) -> bool:
        until = self.pauses.get(slot)
        if until is None or until <= now_ms:
            self.pauses.pop(slot, None)
            return True
        return False

    def lift_pauses(self, symbol: str) -> None:
        """Let refused closing orders of a symbol be tried again: its position has been told anew (C3)."""
        for slot in [s for s in self.pauses if s.symbol == symbol and not s.kind.opens]:
            del self.pauses[slot]

    # --- place ---

    def _place(self, known: SymbolKnown, places: Sequence[Place], lane: Lane) -> None:
        if not places:
            return
        opens = lane is Lane.TRADE
        now = self.clock.now_ms()
        written = self.recorder.write_ahead([sent_record(known.symbol, (place.name for place in places), now)])
        if opens and not written:
            known.holds.add(HoldReason.FILES)
            return
        sent = [(self._enter(known, place, now), place) for place in places]
        outcomes = self.gateway.place([_new_order(place) for place in places], lane)
        for (order, place), outcome in zip(sent, outcomes, strict=True):
            self._placed(known, order, place, outcome)

    def _enter(self, known: SymbolKnown, place: Place, now_ms: int) -> KnownOrder:
        target = place.target
        return self.book.expect(known, place.name, target.price, target.leaves, target.margin, now_ms)

    def _placed(self, known: SymbolKnown, order: KnownOrder, place: Place, outcome: Outcome) -> None:
        slot = place.name.slot
        if isinstance(outcome, Accepted):
            order.order_id = order.order_id or outcome.order_id
            self._refusals.pop(slot, None)
        elif isinstance(outcome, Unknown):
            order.phase = Phase.UNKNOWN
        elif outcome.refusal is Refusal.DUPLICATE:
            order.phase, order.name_is_used = Phase.UNKNOWN, True
        else:
            order.phase = Phase.ABSENT
            if slot.kind is OrderKind.TAKE_PROFIT:
                self._protection_refused(slot, outcome)
            else:
                self._opening_refused(known, slot, outcome)

    def _opening_refused(self, known: SymbolKnown, slot: Slot, rejected: Rejected) -> None:
        self._stop_on_bad_key(rejected)
        if rejected.refusal in _OF_THE_MOMENT:
            self._pause(slot)
        elif rejected.refusal is Refusal.TIER:
            known.depth_cap = min(slot.level, known.depth_cap if known.depth_cap is not None else slot.level)
            self.recorder.log.warning(
                "%s level %d is refused by the risk tier, both ladders end below it: %s",
                known.symbol,
                slot.level,
                rejected.text,
            )
        elif rejected.refusal is Refusal.NOT_TRADING:
            known.holds.add(HoldReason.NOT_TRADING)
        else:
            wallet = self.book.wallet
            if wallet is not None:
                known.refused_legs[slot.side, slot.level] = LegRefused(wallet.available, self.clock.now_ms())
            self._pause(slot)

    # --- amend and cancel ---

    def _amend(self, known: SymbolKnown, amends: Sequence[Amend]) -> None:
        if not amends:
            return
        now = self.clock.now_ms()
        for amend in amends:
            amend.order.change = Change(ChangeKind.AMEND, now)
            if amend.price is not None:
                amend.order.asked_price = amend.price
                amend.order.priced_ms = now
        commands = [Amendment(known.symbol, amend.order.link_id, amend.price, amend.qty) for amend in amends]
        for amend, outcome in zip(amends, self.gateway.amend(commands, Lane.PROTECT), strict=True):
            self._changed(amend.order, outcome)

    def _cancel(self, known: SymbolKnown, cancels: Sequence[Cancel]) -> None:
        if not cancels:
            return
        now = self.clock.now_ms()
        for cancel in cancels:
            cancel.order.change = Change(ChangeKind.CANCEL, now)
        names = [cancel.order.link_id for cancel in cancels]
        for cancel, outcome in zip(cancels, self.gateway.cancel(known.symbol, names, Lane.PROTECT), strict=True):
            self._changed(cancel.order, outcome)

    def _changed(self, order: KnownOrder, outcome: Outcome) -> None:
        """Enter what became of an amendment or a cancel; the stream confirms what was accepted."""
        change, slot = order.change, order.name.slot
        if change is None or isinstance(outcome, Accepted):
            self._refusals.pop(slot, None)
            return
        if isinstance(outcome, Unknown) or outcome.refusal in (Refusal.GONE, Refusal.UNCHANGED, Refusal.DUPLICATE):
            change.is_unknown = True  # done, or as we want it, or nobody knows: the order itself will say
            return
        order.give_up_change()
        self._stop_on_bad_key(outcome)
        if outcome.refusal in _OF_THE_MOMENT:
            self._pause(slot)
        elif change.kind is ChangeKind.AMEND:
            order.amend_refused = True
            self._pause_if_refused_again(slot)
        else:
            self._pause(slot)

    # --- refusals ---

    def _pause(self, slot: Slot) -> None:
        self.pauses[slot] = self.clock.now_ms() + self.settings.pause_ms

    def _pause_if_refused_again(self, slot: Slot) -> None:
        self._refusals[slot] = self._refusals.get(slot, 0) + 1
        if self._refusals[slot] > 1:
            self._pause(slot)

    def _protection_refused(self, slot: Slot, rejected: Rejected) -> None:
        """A take-profit was refused. It is tried again; what cannot be had in a few tries stops the account (C4)."""
        self._stop_on_bad_key(rejected)
        count = self._refusals[slot] = self._refusals.get(slot, 0) + 1
        patience = _MOMENTS if rejected.refusal in _OF_THE_MOMENT else 1
        self.has_doubts |= count % self.settings.safety_tries == 0
        if count >= self.settings.safety_tries * patience:
            raise StopAccount(
                f"the take-profit of {slot.side.name} is refused {count} times in a row: {rejected.text} "
                f"(retCode {rejected.code})",
                slot.symbol,
            )
        self.pauses[slot] = self.clock.now_ms() + self.settings.pause_ms * 2 ** min(count - 1, 3)

    def _stop_on_bad_key(self, rejected: Rejected) -> None:
        if rejected.refusal is Refusal.KEY:
            raise StopAccount(f"the API key is refused: {rejected.text} (retCode {rejected.code})")

    # --- emergency ---

    def withdraw_openings(self, orders: Iterable[KnownOrder]) -> None:
        """Cancel resting opening orders once, whatever comes of it (R2)."""
        by_symbol: dict[str, list[str]] = {}
        for order in orders:
            by_symbol.setdefault(order.name.slot.symbol, []).append(order.link_id)
        for symbol, names in by_symbol.items():
            for name, outcome in zip(names, self.gateway.cancel(symbol, names, Lane.EMERGENCY), strict=True):
                if not isinstance(outcome, Accepted):
                    self.recorder.log.error("emergency: %s was not cancelled: %s", name, outcome)


def _new_order(place: Place) -> NewOrder:
    slot, target = place.name.slot, place.target
    return NewOrder(
        symbol=slot.symbol,
        side=slot.side,
        link_id=place.name.encode(),
        price=target.price,
        qty=target.leaves,
        reduce_only=not slot.kind.opens,
    )


def describe(place: Place) -> str:
    """Return a placement in words, for the log."""
    slot = place.name.slot
    what = "take-profit" if not slot.kind.opens else f"level {slot.level}"
    return f"{slot.symbol} {slot.side.name} {what}: {plain(place.target.leaves)} at {plain(place.target.price)}"
