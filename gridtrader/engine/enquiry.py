"""It asks the exchange by REST what the streams have not told: single orders, or everything (C3, T6, A5).

What comes back is entered in the book like any event; the book takes the newest and counts nothing twice, so an
answer that crosses with a stream event does no harm.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from gridtrader.domain.known import SymbolKnown
from gridtrader.domain.orders import ChangeKind, KnownOrder, Phase
from gridtrader.domain.types import SIDES, Side, aged
from gridtrader.engine.book import AccountBook, Fact
from gridtrader.engine.ports import Clock, Gateway
from gridtrader.engine.recorder import Recorder
from gridtrader.engine.settings import EngineSettings

_OVERLAP_MS = 60_000
"""Executions are read again from so long before the last complete reading: REST may show them late."""

_AHEAD_MS = 86_400_000
"""Executions are asked for up to so far in the future, as our clock tells it: it may be behind."""

_USED_UP_MS = 300_000
"""How long an opening order of a used name must stay invisible: longer than REST or the streams ever lag."""

_LOOK_UPS = 5
"""Times an order that has been seen must not be found, positions agreeing, until it is taken for gone."""


@dataclass(slots=True)
class Enquiry:
    """Looks things up. Owned by the engine's thread."""

    gateway: Gateway
    book: AccountBook
    recorder: Recorder
    settings: EngineSettings
    clock: Clock
    complete_until: dict[str, int] = field(default_factory=dict)
    """Exchange time up to which all executions of a symbol have been read. Our own clock may be wrong, so it comes
    from balances read before."""
    _exchange_ms: int = 0
    """The exchange's time when it last told a balance by REST."""
    _next_try: dict[str, int] = field(default_factory=dict)
    _tries: dict[str, int] = field(default_factory=dict)
    """How often in a row an order was not found."""
    _failures: dict[str, int] = field(default_factory=dict)
    """How often in a row there was no answer."""

    # --- single orders ---

    def overdue(self, now_ms: int) -> list[tuple[SymbolKnown, KnownOrder]]:
        """Return the orders to be looked up now: unknown outcomes, and what the stream should have confirmed."""
        return [(k, o) for k, o in self.book.in_flight() if self._due_at(o) <= now_ms]

    def next_due(self) -> int | None:
        """Return when the next order will be overdue (our clock, ms)."""
        in_flight = self.book.in_flight()
        return min([self._due_at(order) for _, order in in_flight]) if in_flight else None

    def _due_at(self, order: KnownOrder) -> int:
        sent = order.change.sent_ms if order.change else order.sent_ms
        is_unknown = order.phase is Phase.UNKNOWN or (order.change is not None and order.change.is_unknown)
        due = sent if is_unknown else sent + self.settings.confirm_ms
        return max(due, self._next_try.get(order.link_id, 0))

    def look_up(self, known: SymbolKnown, order: KnownOrder) -> Iterator[Fact]:
        """Ask for one order and enter the answer. Raises GatewayError if there is none."""
        report = self.gateway.order(known.symbol, order.link_id)
        self._failures.pop(order.link_id, None)
        now = self.clock.now_ms()
        if report is not None:
            self._settled(order)
            yield from self.book.learn_order(report, now)
            order.give_up_change()  # the answer is newer than the command
            if order.phase in (Phase.SENT, Phase.UNKNOWN):
                self._again(order, now)  # an older answer than what the stream will tell
            return
        if order.confirmed_ms:
            # It has been seen, and REST does not find it: late reading. The stream or the next try will tell.
            self._again(order, now)
            if self._tries[order.link_id] >= _LOOK_UPS and known.sides[order.side].agrees:
                self.recorder.log.warning("order %s is nowhere to be found, taken for cancelled", order.link_id)
                order.phase, order.change = Phase.CANCELLED, None
        elif order.name_is_used and self._is_surely_gone(known, order, now):
            self.recorder.log.warning("order %s is used up and nowhere to be found", order.link_id)
            order.phase = Phase.REJECTED
            self._settled(order)
        elif order.name_is_used or (order.order_id and self._tries.get(order.link_id, 0) < 2):
            self._again(order, now)  # acknowledged or called a duplicate: REST may only be late
        elif order.name.slot.kind.opens and now < order.sent_ms + self.settings.arrival_ms:
            self._next_try[order.link_id] = order.sent_ms + self.settings.arrival_ms  # it may still be under way
        else:
            order.phase = Phase.ABSENT
            self._settled(order)

    def _is_surely_gone(self, known: SymbolKnown, order: KnownOrder, now_ms: int) -> bool:
        """Whether an order that the exchange calls a duplicate and cannot show may be taken for over (C2).

        A reduce-only order may after a second look: it can do no harm twice. An opening one may only after minutes in
        which neither orders nor fills nor position have told of it: it must not be bought twice.
        """
        if not order.name.slot.kind.opens:
            return self._tries.get(order.link_id, 0) >= 1
        is_old = now_ms - order.sent_ms >= _USED_UP_MS
        return is_old and not known.is_unsettled(order.side)

    def _again(self, order: KnownOrder, now_ms: int) -> None:
        tries = self._tries[order.link_id] = self._tries.get(order.link_id, 0) + 1
        self._put_off(order, tries, now_ms)

    def postpone(self, order: KnownOrder) -> int:
        """Put a look-up off after a failed one; returns how many have failed in a row."""
        failures = self._failures[order.link_id] = self._failures.get(order.link_id, 0) + 1
        self._put_off(order, failures, self.clock.now_ms())
        return failures

    def _put_off(self, order: KnownOrder, tries: int, now_ms: int) -> None:
        self._next_try[order.link_id] = now_ms + 1_000 * 2 ** min(tries - 1, 5)

    def _found(self, order: KnownOrder) -> None:
        """Forget what could not be learnt of an order: it is shown, and an order may live for months."""
        self._settled(order)
        self._failures.pop(order.link_id, None)

    def _settled(self, order: KnownOrder) -> None:
        self._tries.pop(order.link_id, None)
        self._next_try.pop(order.link_id, None)

    # --- everything ---

    def read_all(self) -> Iterator[Fact]:
        """Read positions, fills, open orders and balance of all symbols and enter them. Raises GatewayError.

        Executions come before positions and open orders: a fill that happens between is then told by the position,
        and waited for, rather than overlooked.
        """
        for known in self.book.symbols.values():
            yield from self._read_executions(known)
            for position in self.gateway.positions_of(known.symbol):
                yield from self.book.learn_position(position)
            yield from self._read_orders(known)
        self.read_wallet()
        self._forget_old_orders()

    def _forget_old_orders(self) -> None:
        names = {link_id for known in self.book.symbols.values() for link_id in known.orders}
        for counts in (self._tries, self._failures, self._next_try):
            for link_id in counts.keys() - names:
                del counts[link_id]

    def _read_executions(self, known: SymbolKnown) -> Iterator[Fact]:
        start = self.complete_until[known.symbol] - _OVERLAP_MS
        end = max(self.clock.now_ms(), self._exchange_ms) + _AHEAD_MS
        executions = self.gateway.executions(known.symbol, start, end)
        for execution in sorted(executions, key=lambda e: e.moment):
            yield from self.book.learn_execution(execution)
        self.complete_until[known.symbol] = max(self.complete_until[known.symbol], self._exchange_ms)

    def _read_orders(self, known: SymbolKnown) -> Iterator[Fact]:
        before = [order for side in SIDES for order in known.alive(side)]
        found = set()
        for report in self.gateway.open_orders(known.symbol):
            found.add(report.link_id)
            yield from self.book.learn_order(report, self.clock.now_ms())
            order = known.orders.get(report.link_id)
            if order is None:
                continue
            self._found(order)
            if order.change is not None and order.change.kind is ChangeKind.AMEND:
                order.give_up_change()
        for order in before:
            if order.link_id not in found and order.phase.may_execute:
                yield from self.look_up(known, order)

    def read_wallet(self) -> None:
        """Read the balance. Raises GatewayError.

        It replaces what was heard before even if its time is older: an answer asked for later is news. Its content
        may lag behind its time, so it is taken for as much older.
        """
        asked_ms = self.clock.now_ms()  # an answer that was long on its way is as old as the question
        wallet = self.gateway.wallet()
        self._exchange_ms = wallet.at_ms
        self.book.learn_wallet(aged(wallet, self.settings.rest_lag_ms), asked_ms, asked=True)

    def disagreement(self) -> tuple[SymbolKnown, Side] | None:
        """Return a side whose position our fills do not explain, though everything has been read."""
        for known in self.book.symbols.values():
            for side in SIDES:
                if not known.sides[side].agrees:
                    return known, side
        return None
