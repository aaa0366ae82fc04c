"""It sends a difference to the exchange and enters what each command came to: accepted, rejected, or unknown (C3).

An order is entered in the book, and its name in the journal, before it is sent; nothing is believed because a
command was acknowledged (S10). What the exchange refuses becomes knowledge for the next pass. The same command is
tried again after growing pauses; a take-profit that cannot be had in a few tries stops the account (C4).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from gridtrader.domain.exact import ZERO
from gridtrader.domain.known import HoldReason, LegRefused, SymbolKnown
from gridtrader.domain.order_names import Slot
from gridtrader.domain.orders import Change, ChangeKind, KnownOrder, Phase
from gridtrader.domain.reconcile import Amend, Cancel, Difference, Place
from gridtrader.domain.types import Amendment, NewOrder, OrderKind, Side
from gridtrader.engine.book import AccountBook
from gridtrader.engine.errors import StopAccount
from gridtrader.engine.journal import sent_record
from gridtrader.engine.pace import Pace
from gridtrader.engine.patience import Patience
from gridtrader.engine.ports import Accepted, Clock, Gateway, Lane, Outcome, Refusal, Rejected, Unknown
from gridtrader.engine.recorder import Recorder
from gridtrader.engine.settings import EngineSettings

_OF_THE_MOMENT = frozenset({Refusal.RATE, Refusal.CLOCK, Refusal.REDUCE_ONLY, Refusal.NOT_TRADING, Refusal.BUSY})
"""Refusals that say nothing about the order: the same command may be right a moment later."""

_DONE_OR_GONE = frozenset({Refusal.GONE, Refusal.UNCHANGED, Refusal.DUPLICATE})
"""Refusals after which only the order itself can say how things stand."""


@dataclass(slots=True)
class Executor:
    """Sends commands. Owned by the engine's thread."""

    gateway: Gateway
    book: AccountBook
    recorder: Recorder
    settings: EngineSettings
    clock: Clock
    has_doubts: bool = False
    """The exchange's answers do not fit what we know: the engine is to read everything anew."""
    contracts_in_doubt: set[str] = field(default_factory=set)
    """Symbols of which the exchange does not take a take-profit's values: tick or step may be others by now."""
    patience: Patience[Slot] = field(init=False)
    pace: Pace = field(init=False)
    _unanswered: Counter[Slot] = field(default_factory=Counter)
    """How many commands in a row nobody has answered."""
    _refused: Counter[Slot] = field(default_factory=Counter)
    """How many have been refused for a reason that does not pass by itself, none accepted meanwhile."""

    def __post_init__(self) -> None:
        self.patience = Patience(self.settings.pause_ms, self.settings.longest_pause_ms)
        self.pace = Pace(self.settings.pause_ms, self.settings.longest_pause_ms)

    def send(self, known: SymbolKnown, difference: Difference) -> bool:
        """Send what is due: first what protects or frees, then what opens. Returns whether anything was sent."""
        now = self.clock.now_ms()
        for order in difference.keep:
            self._worked(order.name.slot)
        for amend in difference.amend:
            if amend.is_new:
                self.patience.lift(amend.order.name.slot)
        amends = [amend for amend in difference.amend if self.patience.is_due(amend.order.name.slot, now)]
        cancels = [cancel for cancel in difference.cancel if self.patience.is_due(cancel.order.name.slot, now)]
        for place in difference.place:
            last = known.latest.get(place.name.slot)
            if last is not None and (count := self.pace.look(place.name, last, now)):
                text = "%s did not last, nor did %d before it: the next one waits"
                self.recorder.log.warning(text, last.link_id, count - 1)
        places = sorted(
            (place for place in difference.place if self._is_due(place.name.slot, now)),
            key=lambda place: (place.name.slot.kind.opens, place.name.slot.level, -place.name.slot.side.sign),
        )
        self._amend(known, amends)
        standing = self._cancel(known, [cancel for cancel in cancels if not cancel.order.name.slot.kind.opens])
        closing = [place for place in places if not place.name.slot.kind.opens]
        self._place(known, [place for place in closing if place.name.slot.side not in standing], Lane.PROTECT)
        self._cancel(known, [cancel for cancel in cancels if cancel.order.name.slot.kind.opens])
        if self._is_balance_young():
            self._place(known, [place for place in places if place.name.slot.kind.opens], Lane.TRADE)
        return bool(amends or cancels or places)

    def next_due(self, now_ms: int) -> int | None:
        """Return when the next slot that has to wait is due; None if none waits."""
        dues = [due for due in (self.patience.next_due(now_ms), self.pace.next_due(now_ms)) if due is not None]
        return min(dues, default=None)

    def has_come_due(self, since_ms: int, now_ms: int) -> bool:
        """Whether a slot has come due after `since_ms`."""
        return self.patience.has_come_due(since_ms, now_ms) or self.pace.has_come_due(since_ms, now_ms)

    def _is_due(self, slot: Slot, now_ms: int) -> bool:
        return self.patience.is_due(slot, now_ms) and self.pace.is_due(slot, now_ms)

    def forget_pauses(self) -> None:
        """Let everything be tried at once: a start has its own pauses (T3)."""
        self.patience.keep(set())
        self.pace.keep(set())

    def _is_balance_young(self) -> bool:
        """Whether the balance that has decided may still decide (S6): a command before may have waited long for its
        answer. If not, the next pass asks anew."""
        return self.book.wallet_age_ms(self.clock.now_ms()) <= self.settings.wallet_max_age_ms

    def position_told(self, symbol: str) -> None:
        """Let closing orders of a symbol that were refused once be tried at once: its position is told anew (C3)."""
        for slot in self.patience.waiting():
            if slot.symbol == symbol and not slot.kind.opens and self.patience.count(slot) == 1:
                self.patience.lift(slot)

    def forget_old_slots(self) -> None:
        """Forget the failures of slots that no order and no running cycle has any more."""
        slots = {order.name.slot for known in self.book.symbols.values() for order in known.orders.values()}
        self.patience.keep(slots)
        self.pace.keep(slots)
        for counter in (self._unanswered, self._refused):
            for slot in counter.keys() - slots:
                del counter[slot]

    def _worked(self, slot: Slot) -> None:
        """Forget all failures of a slot: its order stands as it should."""
        self.patience.worked(slot)
        self._unanswered.pop(slot, None)
        self._refused.pop(slot, None)

    # --- place ---

    def _place(self, known: SymbolKnown, places: Sequence[Place], lane: Lane) -> None:
        if not places:
            return
        now = self.clock.now_ms()
        written = self.recorder.write_ahead([sent_record(known.symbol, (place.name for place in places), now)])
        if lane is Lane.TRADE and not written:
            known.holds.add(HoldReason.FILES)
            return
        sent = [self._enter(known, place, now) for place in places]
        outcomes = self.gateway.place([_new_order(place) for place in places], lane)
        for order, outcome in zip(sent, outcomes, strict=True):
            self._placed(known, order, outcome)

    def _enter(self, known: SymbolKnown, place: Place, now_ms: int) -> KnownOrder:
        target = place.target
        return self.book.expect(known, place.name, target.price, target.leaves, target.margin, now_ms)

    def _placed(self, known: SymbolKnown, order: KnownOrder, outcome: Outcome) -> None:
        slot = order.name.slot
        self._note_answer(slot, outcome)
        match outcome:
            case Accepted(order_id):
                order.order_id = order.order_id or order_id
            case Unknown(reason):
                order.phase = Phase.UNKNOWN
                self._no_answer(slot, reason)
            case Rejected(refusal=Refusal.DUPLICATE):
                order.phase, order.name_is_used = Phase.UNKNOWN, True
            case Rejected():
                order.phase = Phase.ABSENT
                self._stop_on_bad_key(outcome)
                if slot.kind is OrderKind.TAKE_PROFIT:
                    self._protection_refused(slot, outcome)
                else:
                    self._opening_refused(known, slot, outcome)

    def _opening_refused(self, known: SymbolKnown, slot: Slot, rejected: Rejected) -> None:
        if rejected.refusal is Refusal.TIER:
            known.depth_cap = min(slot.level, known.depth_cap if known.depth_cap is not None else slot.level)
            self.recorder.log.warning(
                "%s level %d is refused by the risk tier, both ladders end below it: %s",
                known.symbol,
                slot.level,
                rejected.text,
            )
        elif rejected.refusal not in _OF_THE_MOMENT:
            self._note_refused_leg(known, slot, rejected)
            return
        elif rejected.refusal is Refusal.NOT_TRADING:
            known.holds.add(HoldReason.NOT_TRADING)
        self.patience.failed(slot, self.clock.now_ms())

    def _note_refused_leg(self, known: SymbolKnown, slot: Slot, rejected: Rejected) -> None:
        """Keep a refused leg - and with it the level on the other side - from being tried again too soon (S6)."""
        now, wallet = self.clock.now_ms(), self.book.wallet
        before = known.refused_legs.get((slot.side, slot.level))
        count = before.count + 1 if before is not None else 1
        pause = min(self.settings.longest_refusal_ms, self.settings.pause_ms * 2 ** min(count - 1, 20))
        known.refused_legs[slot.side, slot.level] = LegRefused(
            available=wallet.available if wallet is not None else ZERO,
            retry_ms=now + pause,
            count=count,
            text=f"{rejected.text} (retCode {rejected.code})",
        )

    # --- amend and cancel ---

    def _amend(self, known: SymbolKnown, amends: Sequence[Amend]) -> None:
        if not amends:
            return
        now = self.clock.now_ms()
        for amend in amends:
            if amend.order.is_meddled:
                self.recorder.log.warning("%s was amended by somebody else: it is put right", amend.order.link_id)
            amend.order.change = Change(ChangeKind.AMEND, now)
            if amend.price is not None:
                amend.order.asked_price = amend.price
                amend.order.priced_ms = now
            if amend.repeats:
                self._asked_in_vain(amend)
            amend.order.asked_qty, amend.order.is_ask_refused = amend.qty, False
        commands = [Amendment(known.symbol, amend.order.link_id, amend.price, amend.qty) for amend in amends]
        for amend, outcome in zip(amends, self.gateway.amend(commands, Lane.PROTECT), strict=True):
            self._changed(amend.order, outcome)

    def _asked_in_vain(self, amend: Amend) -> None:
        """The same quantity was asked for before, and the exchange made it another: somebody else's closing order
        may hold a part of the position."""
        count = self.patience.failed(amend.order.name.slot, self.clock.now_ms())
        if count == self.settings.safety_tries:
            self.recorder.log.critical(
                "%s covers %s only: the exchange does not let it have %s; is there another closing order?",
                amend.order.link_id,
                amend.order.leaves,
                amend.qty,
            )

    def _cancel(self, known: SymbolKnown, cancels: Sequence[Cancel]) -> set[Side]:
        """Returns the sides of which an order was not cancelled, as far as the answers say: an old take-profit must
        be gone before a new one is placed (S7)."""
        if not cancels:
            return set()
        now = self.clock.now_ms()
        for cancel in cancels:
            cancel.order.change, cancel.order.is_withdrawn = Change(ChangeKind.CANCEL, now), True
        names = [cancel.order.link_id for cancel in cancels]
        standing = set()
        for cancel, outcome in zip(cancels, self.gateway.cancel(known.symbol, names, Lane.PROTECT), strict=True):
            self._changed(cancel.order, outcome)
            if not isinstance(outcome, Accepted):
                standing.add(cancel.order.side)
        return standing

    def _changed(self, order: KnownOrder, outcome: Outcome) -> None:
        """Enter what became of an amendment or a cancel; the stream confirms what was accepted."""
        change, slot = order.change, order.name.slot
        self._note_answer(slot, outcome)
        if change is None or isinstance(outcome, Accepted):
            return
        if isinstance(outcome, Unknown):
            change.is_unknown = True
            self._no_answer(slot, outcome.reason)
            return
        now = self.clock.now_ms()
        if outcome.refusal in _DONE_OR_GONE:
            change.is_unknown = True
            self.patience.failed(slot, now)
            return
        order.give_up_change()
        self._stop_on_bad_key(outcome)
        count = self.patience.failed(slot, now)
        if change.kind is not ChangeKind.AMEND:
            return
        order.is_ask_refused = True
        if outcome.refusal is Refusal.INVALID and count == 1:
            self._doubt_contract(slot)  # before it is cancelled: another could not be placed either
        elif outcome.refusal not in _OF_THE_MOMENT:
            order.amend_refused = True
            self.patience.lift(slot)

    # --- failures ---

    def _note_answer(self, slot: Slot, outcome: Outcome) -> None:
        if not isinstance(outcome, Unknown):
            self._unanswered.pop(slot, None)
        if isinstance(outcome, Accepted):
            self._refused.pop(slot, None)

    def _doubt_contract(self, slot: Slot) -> None:
        """Have everything read anew, the contract's own data with it."""
        self.contracts_in_doubt.add(slot.symbol)
        self.has_doubts = True

    def _no_answer(self, slot: Slot, reason: str) -> None:
        """Nobody knows what became of a command. For a take-profit that is borne a few times only (C4)."""
        self.patience.failed(slot, self.clock.now_ms())
        self._unanswered[slot] += 1
        count = self._unanswered[slot]
        if slot.kind is OrderKind.TAKE_PROFIT and count >= self.settings.safety_tries:
            raise StopAccount(
                f"the take-profit of {slot.side.name} could not be placed or changed in {count} tries: {reason}",
                slot.symbol,
            )

    def _protection_refused(self, slot: Slot, rejected: Rejected) -> None:
        count = self.patience.failed(slot, self.clock.now_ms())
        self.has_doubts |= count % self.settings.safety_tries == 0
        if rejected.refusal in _OF_THE_MOMENT:
            return
        self._refused[slot] += 1
        if rejected.refusal is Refusal.INVALID:
            self._doubt_contract(slot)
        if self._refused[slot] >= self.settings.safety_tries:
            raise StopAccount(
                f"the take-profit of {slot.side.name} is refused {self._refused[slot]} times: {rejected.text} "
                f"(retCode {rejected.code})",
                slot.symbol,
            )

    def _stop_on_bad_key(self, rejected: Rejected) -> None:
        if rejected.refusal is Refusal.KEY:
            raise StopAccount(f"the API key is refused: {rejected.text} (retCode {rejected.code})")


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
