"""The account book: it takes in what the exchange says, in any order and any number of times.

Nothing is decided or sent here. Every method returns the facts that are new, for the journal, the CSV and the logs;
what was known already returns nothing, so doubled events change nothing (S10).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from gridtrader.domain.cycle import Cycle, Fill
from gridtrader.domain.decide import Decision, StartCycle, StartLadder
from gridtrader.domain.exact import ZERO
from gridtrader.domain.known import SideKnown, SymbolKnown
from gridtrader.domain.ladder import immediate_levels
from gridtrader.domain.order_names import OrderName, parse_order_name
from gridtrader.domain.orders import KnownOrder, Phase
from gridtrader.domain.types import SIDES, Execution, ExecutionKind, OrderReport, PositionReport, Side, Wallet

_RECENT_MS = 2_000

REMEMBERED_MS = 86_400_000
REMEMBERED = 2_000
"""Execution ids are kept for a day, and always the last so many of a symbol, to recognise doubles: a stream doubles
within seconds, and REST is read again from a minute before the last complete reading."""

KEPT_CYCLES = 3
"""So many closed cycles of a side are remembered by what their orders executed: a report of one may come late."""


@dataclass(frozen=True, slots=True)
class Booked:
    """An execution that was new; `name` is None for one that no order of ours made."""

    execution: Execution
    name: OrderName | None


@dataclass(frozen=True, slots=True)
class CycleStarted:
    """A cycle nobody decided: an old order filled while it was being cancelled, on a side that was flat."""

    symbol: str
    side: Side
    cycle: Cycle
    executed_other: int


@dataclass(frozen=True, slots=True)
class CycleClosed:
    """A side is flat: fills and position report agree."""

    symbol: str
    side: Side
    cycle: Cycle
    net_profit: Decimal


@dataclass(frozen=True, slots=True)
class OrderMoved:
    order: KnownOrder


@dataclass(frozen=True, slots=True)
class ForeignOrder:
    """An order on one of our symbols that is not one of ours."""

    report: OrderReport


@dataclass(frozen=True, slots=True)
class PositionMoved:
    report: PositionReport


@dataclass(frozen=True, slots=True)
class SomebodyElse:
    """The position was changed by anything but the bot's own orders (S11)."""

    symbol: str
    reason: str


@dataclass(frozen=True, slots=True)
class Overfilled:
    """A level holds more than the ladder has there: two of our orders for it have executed."""

    symbol: str
    side: Side
    level: int
    qty: Decimal
    wanted: Decimal


Fact = Booked | Overfilled | CycleStarted | CycleClosed | OrderMoved | ForeignOrder | PositionMoved | SomebodyElse


@dataclass(slots=True)
class AccountBook:
    """What is known of one account. Owned by its engine's thread; nobody else writes or reads it."""

    symbols: dict[str, SymbolKnown] = field(default_factory=dict)
    wallet: Wallet | None = None
    wallet_heard_ms: int = 0
    """When the wallet was heard; our clock."""
    _wallets: list[Wallet] = field(default_factory=list)
    """All balances heard of the newest one's time."""
    _executions: dict[str, dict[str, int]] = field(default_factory=dict)
    """By symbol: execution id → its time."""

    # --- events ---

    def learn_wallet(self, wallet: Wallet, now_ms: int, *, asked: bool = False) -> bool:
        """Keep the newest wallet; returns whether this was it.

        One that was asked for replaces any that is not younger than a moment: times are the exchange's, and one that
        lies in the future must not blind the account to what follows.
        """
        if self.wallet is not None and wallet.latest_ms < self.wallet.latest_ms:
            is_recent = self.wallet_age_ms(now_ms) < _RECENT_MS
            if not asked or is_recent:
                return False
        if self.wallet is None or wallet.latest_ms != self.wallet.latest_ms:
            self._wallets.clear()
        elif wallet in self._wallets:
            return False  # a double of one of several balances of the same millisecond
        self._wallets.append(wallet)
        self.wallet, self.wallet_heard_ms = wallet, now_ms
        return True

    def wallet_age_ms(self, now_ms: int) -> int:
        """Return how long ago the balance was heard, by our clock."""
        return now_ms - self.wallet_heard_ms

    def learn_order(self, report: OrderReport, now_ms: int) -> Iterator[Fact]:
        """Take in an order report; reports of orders on foreign symbols are nothing to us."""
        known = self.symbols.get(report.symbol)
        if known is None:
            return
        name = parse_order_name(report.link_id)
        if name is None or name.slot.symbol != report.symbol:
            yield ForeignOrder(report)
            return
        order = known.orders.get(report.link_id)
        if order is None:
            if report.status.is_final and self._is_history(known, name):
                return
            order = self.expect(known, name, report.price, report.qty, ZERO, now_ms)
        was_priced = order.price
        if order.learn(report):
            if order.price != was_priced:
                order.priced_ms = now_ms
            yield OrderMoved(order)
        yield from self._close_if_flat(known, name.slot.side)

    @staticmethod
    def _is_history(known: SymbolKnown, name: OrderName) -> bool:
        """Whether an order belongs to a cycle that is closed. One that is over is a late double of what is settled
        long ago; one that works is an orphan, to be cancelled like any other order that no target wants."""
        side = known.sides[name.slot.side]
        running = side.cycle.number if side.cycle else side.last_cycle + 1
        return name.slot.cycle < running

    def learn_execution(self, execution: Execution) -> Iterator[Fact]:
        """Count a fill or a funding settlement, once."""
        known = self.symbols.get(execution.symbol)
        if known is None or execution.exec_id in self._executions.get(execution.symbol, ()):
            return
        self.remember(execution)
        name = parse_order_name(execution.link_id)
        if execution.kind is ExecutionKind.FUNDING:
            yield Booked(execution, None)
            cycle = known.sides[execution.side].cycle
            if cycle is not None:
                cycle.add_funding(execution.fee, execution.moment)
            return
        if execution.seq <= known.sides[execution.side].restored_seq:
            yield Booked(execution, name)  # told late: the position that was proved at the start contains it
            return
        is_ours = execution.kind is ExecutionKind.TRADE and name is not None and name.slot.symbol == execution.symbol
        if is_ours and name is not None and name.slot.kind.opens and known.sides[name.slot.side].cycle is None:
            yield self._adopt(known, name.slot.side, execution.at_ms)
        yield Booked(execution, name)
        if execution.kind is ExecutionKind.FORCED:
            yield SomebodyElse(execution.symbol, f"forced close (liquidation or ADL) {_what(execution)}")
        elif is_ours and name is not None:
            yield from self._fill(known, name, execution)
        else:
            yield SomebodyElse(execution.symbol, f"a trade that is not the bot's: {_what(execution)}")

    @staticmethod
    def _adopt(known: SymbolKnown, side: Side, at_ms: int) -> CycleStarted:
        """Begin a cycle for an order of the last one that filled while it was being cancelled, on a flat side."""
        half = known.sides[side]
        executed = known.executed_levels(side.other)
        half.cycle = Cycle(half.last_cycle + 1, immediate_levels(executed), at_ms)
        half.last_cycle += 1
        return CycleStarted(known.symbol, side, half.cycle, executed)

    def learn_position(self, report: PositionReport) -> Iterator[Fact]:
        """Keep the newest position report of a side."""
        known = self.symbols.get(report.symbol)
        if known is None:
            return
        side = known.sides[report.side]
        last = side.position
        if last is not None and (report.seq, report.updated_ms) < (last.seq, last.updated_ms):
            return
        side.position = report
        if last is None or (last.size, last.avg_price) != (report.size, report.avg_price):
            yield PositionMoved(report)
        yield from self._close_if_flat(known, report.side)

    # --- fills ---

    def _fill(self, known: SymbolKnown, name: OrderName, execution: Execution) -> Iterator[Fact]:
        half = known.sides[name.slot.side]
        known.executed[execution.link_id] = known.executed.get(execution.link_id, ZERO) + execution.qty
        order = known.orders.get(execution.link_id)
        if order is not None:
            self._count_seen(order, known, execution.at_ms)
        if known.last_trade is None or known.last_trade[0] <= execution.at_ms:
            known.last_trade = (execution.at_ms, execution.price)
        opens = name.slot.kind.opens
        if half.cycle is None or (not opens and half.cycle.number < name.slot.cycle):
            yield SomebodyElse(known.symbol, f"a take-profit closed what nobody has opened: {_what(execution)}")
            return
        half.cycle.add_fill(
            Fill(
                moment=execution.moment,
                exec_id=execution.exec_id,
                level=name.slot.level if opens else None,
                qty=execution.qty,
                price=execution.price,
                fee=execution.fee,
                order_id=execution.order_id,
                created_ms=order.created_ms if order else 0,
            )
        )
        if opens:
            yield from self._overfilled(known, name.slot.side, name.slot.level)
        yield from self._close_if_flat(known, name.slot.side)

    @staticmethod
    def _overfilled(known: SymbolKnown, side: Side, level: int) -> Iterator[Fact]:
        cycle, reference = known.sides[side].cycle, known.reference
        if cycle is None or reference is None:
            return
        qty, wanted = cycle.levels[level].qty, reference.quantity(level)
        if qty > wanted:
            yield Overfilled(known.symbol, side, level, qty, wanted)

    @staticmethod
    def _count_seen(order: KnownOrder, known: SymbolKnown, at_ms: int) -> None:
        """Take over what our executions say of an order; one that has wholly executed is over, whoever tells it."""
        order.seen = known.executed.get(order.link_id, ZERO)
        order.filled = max(order.filled, order.seen)
        order.confirmed_ms = order.confirmed_ms or at_ms
        if 0 < order.total_at_most <= order.seen and not order.phase.is_final:
            order.phase, order.change = Phase.FILLED, None

    def _close_if_flat(self, known: SymbolKnown, side: Side) -> Iterator[Fact]:
        """Close cycles whose end both witnesses tell: our fills, in the order in which they happened, come to 0 at
        some moment, and all fills together are what a position report not older than the last of them says.

        One witness alone may be early: streams have no order between topics. What was filled after the side was flat
        is a cycle of its own, however late it is told.
        """
        half = known.sides[side]
        while half.cycle is not None and half.is_told_of_last_fill:
            cycle = half.cycle
            count = cycle.flat_after()
            if count is None or known.has_unseen_fills(side):
                return
            executed = known.executed_levels(side.other)
            rest = cycle.split(count, cycle.number + 1, immediate_levels(executed))
            half.cycle, half.last_cycle = rest, cycle.number if rest is None else rest.number
            known.refused_legs = {leg: why for leg, why in known.refused_legs.items() if leg[0] is not side}
            known.depth_cap = None
            yield CycleClosed(known.symbol, side, cycle, cycle.net_profit(side.sign))
            if rest is not None:
                yield CycleStarted(known.symbol, side, rest, executed)
            self.forget_orders(known, side)
            self._forget_executed(known, side)

    def remember(self, execution: Execution) -> None:
        """Note an execution as booked."""
        seen = self._executions.setdefault(execution.symbol, {})
        seen[execution.exec_id] = execution.at_ms
        while len(seen) > REMEMBERED:
            oldest = next(iter(seen))
            if execution.at_ms - seen[oldest] < REMEMBERED_MS:
                return
            del seen[oldest]

    # --- orders we are about to send, or have found ---

    def expect(
        self, known: SymbolKnown, name: OrderName, price: Decimal, qty: Decimal, margin: Decimal, now_ms: int
    ) -> KnownOrder:
        """Enter an order before it is sent (or one that was found), in flight from now on."""
        order = KnownOrder(
            name=name,
            link_id=name.encode(),
            price=price,
            qty=qty,
            phase=Phase.SENT,
            sent_ms=now_ms,
            asked_price=price,
            margin=margin,
            priced_ms=now_ms,
        )
        if order.link_id in known.executed:
            self._count_seen(order, known, 0)
        known.orders[order.link_id] = order
        newest = known.latest.get(name.slot)
        if newest is None or newest.name.attempt <= name.attempt:
            known.latest[name.slot] = order
        return order

    def forget_orders(self, known: SymbolKnown, side: Side) -> None:
        """Forget a side's orders that are over and nothing hangs on: those of older cycles, and older attempts."""
        cycle = known.sides[side].cycle
        number = cycle.number if cycle else None
        for order in [order for order in known.orders.values() if order.side is side]:
            slot, is_latest = order.name.slot, known.latest.get(order.name.slot) is order
            if order.phase.may_execute or order.has_unseen_fills or (slot.cycle == number and is_latest):
                continue
            del known.orders[order.link_id]
            if is_latest:
                del known.latest[slot]

    @staticmethod
    def _forget_executed(known: SymbolKnown, side: Side) -> None:
        """Forget what orders of long closed cycles have executed; of the last ones may still be told late."""
        oldest = known.sides[side].last_cycle - KEPT_CYCLES
        for link_id in list(known.executed):
            name = parse_order_name(link_id)
            if name is not None and name.slot.side is side and name.slot.cycle < oldest:
                del known.executed[link_id]

    # --- decisions ---

    def apply(self, known: SymbolKnown, decision: Decision, now_ms: int) -> None:
        """Enter a decision that has been journalled."""
        if isinstance(decision, StartLadder):
            known.reference = decision.reference
            known.decided_ms = now_ms
            known.depth_cap = None
            known.refused_legs.clear()
            for side in SIDES:
                self._start_cycle(known.sides[side], immediate_levels(0), now_ms)
        elif isinstance(decision, StartCycle):
            self._start_cycle(known.sides[decision.side], decision.immediate, now_ms)
        for side in SIDES:
            self.forget_orders(known, side)

    @staticmethod
    def _start_cycle(half: SideKnown, immediate: int, now_ms: int) -> None:
        if half.cycle is not None:
            half.last_cycle = half.cycle.number
        half.cycle = Cycle(half.last_cycle + 1, immediate, now_ms)
        half.last_cycle = half.cycle.number

    def in_flight(self) -> list[tuple[SymbolKnown, KnownOrder]]:
        """Return the orders whose last command is not confirmed yet."""
        return [
            (known, order)
            for known in self.symbols.values()
            for order in known.orders.values()
            if order.change is not None or order.phase.is_sent  # `is_in_flight`; asked of all orders at every turn
        ]


def _what(execution: Execution) -> str:
    return (
        f"{execution.side.name} {'buy' if execution.is_buy else 'sell'} {execution.qty} at {execution.price} "
        f"order {execution.link_id or execution.order_id}"
    )
