"""The pass: say what should stand, compare with what does, send the difference. Everything the engine does ends here.

What is decided is journalled before it is entered. Symbols at rest, of which all stands that is wanted, are passed
over until something is learnt of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from gridtrader.domain.decide import StartCycle, decide
from gridtrader.domain.known import HoldReason, SymbolKnown
from gridtrader.domain.money import NO_PURSE, Allotment, Lack, Purse, allot, open_purse
from gridtrader.domain.planner import Note, NoteLevel, SymbolPlan, plan_symbol
from gridtrader.domain.reconcile import reconcile
from gridtrader.domain.rest import Look, is_fulfilled, look_of
from gridtrader.domain.sizing import SizingError
from gridtrader.domain.types import SIDES
from gridtrader.engine import journal
from gridtrader.engine.book import AccountBook
from gridtrader.engine.executor import Executor
from gridtrader.engine.recorder import Recorder
from gridtrader.engine.settings import EngineSettings
from gridtrader.engine.watch import Watch

_DECISIONS = 4
"""Decisions one symbol can owe at once: a new ladder, or a cycle of either side, and one to spare."""

_ENDED_BY_PASSES = frozenset({HoldReason.NO_PRICE, HoldReason.FILES})
"""Holds that a pass looks at anew; the others end with an event or a reading."""


@dataclass(slots=True)
class Passes:
    """Makes passes over one account, and knows what the last one left open. Owned by the engine's thread."""

    book: AccountBook
    executor: Executor
    watch: Watch
    recorder: Recorder
    settings: EngineSettings
    made_ms: int = 0
    """When the last one was made; our clock."""
    wake_ms: int | None = None
    """When to make one though nothing happens: an entry is due for a new price, a refused leg for a try."""
    lacks_money: bool = True
    """Whether something does not stand for want of money: then a balance is news."""
    money_lacks: tuple[Lack | None, ...] = (None,)
    """How much money is missing for each level that does not stand for want of it; None: nobody can say."""
    is_restless: bool = True
    """Whether a price alone may change what should stand: something waits for one."""
    _rests: dict[str, Look] = field(default_factory=dict)
    """What was known of a symbol when all that is wanted of it stood: while it stays so, nothing is planned anew."""

    def make(self, now_ms: int) -> None:
        """Make one pass. Raises StopAccount, BrokenInvariant."""
        self.made_ms = now_ms
        symbols = list(self.book.symbols.values())
        for known in symbols:
            set_hold(known, HoldReason.FILES, is_held=not self.recorder.is_healthy)
            is_old = known.quote is None or now_ms - known.quoted_ms > self.settings.quote_max_age_ms
            set_hold(known, HoldReason.NO_PRICE, is_held=is_old)
        active = [known for known in symbols if not self._is_at_rest(known)]
        notes = {known.symbol: self._decide(known, now_ms) for known in active}
        plans = [plan_symbol(known, now_ms) for known in active]
        allotment = allot(plans, self._purse(plans, now_ms))
        self.watch.want_balance(now_ms, wanted=allotment.wants_balance)
        for known in active:
            if known.symbol in allotment.undecided:
                known.decided_ms = 0  # a ladder that waits for the balance begins at the price of that moment (S1)
        is_busy = self._send(active, plans, allotment)
        for known in active:
            said = notes[known.symbol] + allotment.notes[known.symbol]
            self.recorder.say(known.symbol, said, is_final=known.symbol not in allotment.undecided)
        self.wake_ms = allotment.wake_ms
        self.lacks_money, self.money_lacks = allotment.is_short, tuple(allotment.lacks)
        self.is_restless = is_busy or any(_awaits_price(known) for known in active)

    def _is_at_rest(self, known: SymbolKnown) -> bool:
        """Whether all that is wanted of a symbol stands, as it did at the last pass."""
        look = self._rests.get(known.symbol)
        return look is not None and look == look_of(known)

    def _purse(self, plans: Sequence[SymbolPlan], now_ms: int) -> Purse:
        """Return what may be spent; it is reckoned only if something is to be paid for."""
        if not any(plan.rungs for plan in plans):
            return NO_PURSE
        is_fresh = self.book.wallet_age_ms(now_ms) <= self.settings.wallet_max_age_ms
        symbols = self.book.symbols.values()
        return open_purse(self.book.wallet, symbols, self.settings.buffer_percent, is_fresh=is_fresh)

    def _decide(self, known: SymbolKnown, now_ms: int) -> list[Note]:
        """Take the decisions that are due: journalled first, then entered (S2, S8). Returns what keeps one back."""
        for _ in range(_DECISIONS):
            try:
                decision = decide(known, now_ms)
            except SizingError as error:
                return [Note(NoteLevel.CRITICAL, "sizing", f"nothing is opened: {error}")]
            if decision is None:
                break
            self.book.apply(known, decision, now_ms)
            if isinstance(decision, StartCycle):
                begun = [(decision.side, decision.executed_other)]
                records = []
            else:
                begun = [(side, 0) for side in SIDES]
                records = [journal.ladder_record(known.symbol, decision.reference, now_ms)]
            for side, executed in begun:
                cycle = known.sides[side].cycle
                if cycle is not None:
                    records.append(self.recorder.cycle_begun(known.symbol, side, cycle, executed))
            if not self.recorder.write_ahead(records):
                known.holds.add(HoldReason.FILES)
        return []

    def _send(self, symbols: Sequence[SymbolKnown], plans: Sequence[SymbolPlan], allotment: Allotment) -> bool:
        """Send each symbol's difference; returns whether anything was sent."""
        is_busy = False
        for known, plan in zip(symbols, plans, strict=True):
            targets = [target for target in allotment.targets if target.slot.symbol == known.symbol]
            alive = [order for side in SIDES for order in known.alive(side)]
            difference = reconcile(targets, alive, known.latest)
            look = look_of(known) if is_fulfilled(plan, difference) else None
            if look is None:
                self._rests.pop(known.symbol, None)
            else:
                self._rests[known.symbol] = look
            is_busy |= self.executor.send(known, difference)
        return is_busy


def set_hold(known: SymbolKnown, reason: HoldReason, *, is_held: bool) -> None:
    """Begin or end a hold."""
    if is_held:
        known.holds.add(reason)
    else:
        known.holds.discard(reason)


def _awaits_price(known: SymbolKnown) -> bool:
    """Whether the next price may let the symbol open what it could not: what else holds it back is told by itself."""
    if known.holds:
        return not _ENDED_BY_PASSES.isdisjoint(known.holds)
    return known.reference is None
