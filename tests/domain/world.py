"""A small world for tests of the pure core: one symbol, and events told in the words of the spec."""

from dataclasses import replace
from decimal import Decimal

from gridtrader.domain.decide import decide
from gridtrader.domain.instrument import Instrument
from gridtrader.domain.known import Strategy, SymbolKnown
from gridtrader.domain.legs import Target
from gridtrader.domain.money import Allotment, Purse, allot
from gridtrader.domain.order_names import OrderName
from gridtrader.domain.planner import SymbolPlan, plan_symbol
from gridtrader.domain.reconcile import Difference, reconcile
from gridtrader.domain.types import (
    SIDES,
    Execution,
    ExecutionKind,
    FeeRates,
    OrderKind,
    OrderReport,
    OrderStatus,
    PositionReport,
    Quote,
    Side,
)
from gridtrader.engine.book import AccountBook

D = Decimal
LONG, SHORT = Side.LONG, Side.SHORT

COIN = Instrument(
    symbol="COINUSDT",
    tick_size=D("0.0001"),
    qty_step=D(1),
    min_qty=D(1),
    max_qty=D(1_000_000_000),
    min_notional=D(5),
    min_price=D("0.0001"),
    max_price=D(1000),
    max_leverage=D(75),
    funding_interval_min=480,
    is_trading=True,
)

STRATEGY = Strategy(
    symbol="COINUSDT",
    margin=D(1),
    leverage=D(75),
    step_percent=D(1),
    multiplier=D(2),
    target=D("0.01"),
    max_level=10,
    entry_allowance_percent=D(0),
    reprice_ms=3_000,
)

PLENTY = Purse(D(1_000_000), D(1_000_000), is_settled=True, is_fresh=True)
FREE_OF_FEES = FeeRates(D(0), D(0))


class World:
    """One symbol of one account, an exchange that does what it is told, and a price that the test moves."""

    def __init__(
        self,
        price: str = "1",
        strategy: Strategy = STRATEGY,
        instrument: Instrument = COIN,
        fees: FeeRates = FREE_OF_FEES,
        purse: Purse = PLENTY,
    ) -> None:
        self.book = AccountBook()
        self.known = SymbolKnown(
            strategy=strategy,
            instrument=instrument,
            fees=fees,
            closing_fee=fees.taker,
            leverage=min(strategy.leverage, instrument.max_leverage),
        )
        self.book.symbols[strategy.symbol] = self.known
        self.purse = purse
        self.now = 1_000_000
        self.seq = 0
        self.sizes = dict.fromkeys(SIDES, D(0))
        self.price(price)
        for side in SIDES:
            self._tell_position(side)

    # --- the market and the exchange ---

    def price(self, price: str) -> None:
        self.known.quote = Quote(D(price), D(price), D(price), self.now)

    def tick(self) -> int:
        self.now += 10
        self.seq += 1
        return self.now

    def accept(self, name: OrderName, target: Target) -> None:
        """Enter an order as sent, and let the exchange confirm it."""
        order = self.book.expect(self.known, name, target.price, target.leaves, target.margin, self.now)
        self.report(order.link_id, OrderStatus.WORKING)

    def report(self, link_id: str, status: OrderStatus, filled: Decimal | None = None) -> None:
        order = self.known.orders[link_id]
        at = self.tick()
        report = OrderReport(
            symbol=self.known.symbol,
            side=order.side,
            order_id=f"id-{link_id}",
            link_id=link_id,
            status=status,
            is_buy=(order.side is LONG) == order.name.slot.kind.opens,
            reduce_only=not order.name.slot.kind.opens,
            price=order.price,
            qty=order.qty,
            filled_qty=order.filled if filled is None else filled,
            filled_value=D(0),
            created_ms=order.created_ms or at,
            updated_ms=at,
        )
        list(self.book.learn_order(report, self.now))

    def fill(self, link_id: str, qty: Decimal | None = None, price: str | None = None, fee: str = "0") -> None:
        """Fill an order (the rest of it, or a part), and tell it by execution, order and position stream."""
        order = self.known.orders[link_id]
        slot, qty = order.name.slot, order.leaves if qty is None else qty
        at = self.tick()
        self.sizes[slot.side] += qty if slot.kind.opens else -qty
        execution = Execution(
            symbol=self.known.symbol,
            side=slot.side,
            kind=ExecutionKind.TRADE,
            exec_id=f"exec-{self.seq}",
            order_id=f"id-{link_id}",
            link_id=link_id,
            is_buy=(slot.side is LONG) == slot.kind.opens,
            price=order.price if price is None else D(price),
            qty=qty,
            closed_qty=D(0) if slot.kind.opens else qty,
            fee=D(fee),
            is_maker=True,
            pnl=None,
            at_ms=at,
            seq=self.seq,
        )
        list(self.book.learn_execution(execution))
        self._tell_position(slot.side)

    def _tell_position(self, side: Side) -> None:
        size = self.sizes[side]
        report = PositionReport(self.known.symbol, side, size, D(1) if size else D(0), D(75), self.seq, self.now)
        list(self.book.learn_position(report))

    def fund(self, side: Side, paid: str) -> None:
        at = self.tick()
        execution = Execution(
            symbol=self.known.symbol,
            side=side,
            kind=ExecutionKind.FUNDING,
            exec_id=f"exec-{self.seq}",
            order_id="",
            link_id="",
            is_buy=side is LONG,
            price=D(1),
            qty=self.sizes[side],
            closed_qty=D(0),
            fee=D(paid),
            is_maker=False,
            pnl=None,
            at_ms=at,
            seq=self.seq,
        )
        list(self.book.learn_execution(execution))

    # --- the bot ---

    def decide(self) -> None:
        while (decision := decide(self.known, self.now)) is not None:
            self.book.apply(self.known, decision, self.now)

    def plan(self) -> SymbolPlan:
        return plan_symbol(self.known, self.now)

    def allotment(self) -> Allotment:
        return allot([self.plan()], self.purse)

    def difference(self) -> Difference:
        alive = [order for side in SIDES for order in self.known.alive(side)]
        return reconcile(self.allotment().targets, alive, self.known.latest)

    def settle(self, *, fill_entries: bool = True) -> None:
        """Let the bot act and the exchange confirm until nothing is left to do; entries fill at once."""
        for _ in range(50):
            self.decide()
            todo = self.difference()
            if todo.is_empty:
                return
            for cancel in todo.cancel:
                self.report(cancel.order.link_id, OrderStatus.CANCELLED)
            for amend in todo.amend:
                order = amend.order
                order.price = amend.price if amend.price is not None else order.price
                order.asked_price = order.price
                order.qty = amend.qty if amend.qty is not None else order.qty
                self.report(order.link_id, OrderStatus.WORKING)
            for place in todo.place:
                self.accept(place.name, place.target)
                if fill_entries and place.name.slot.kind is OrderKind.ENTRY:
                    self.fill(place.name.encode())
        raise AssertionError("the bot never comes to rest")

    # --- what stands ---

    def working(self, side: Side, level: int) -> str:
        """Return the name of the working order of a level."""
        order = self.known.latest[self.known.slot(side, level)]
        assert order.phase.may_execute, f"{side} {level}: {order.phase}"
        return order.link_id

    def take_profit(self, side: Side) -> str:
        order = self.known.latest[self.known.take_profit_slot(side)]
        assert order.phase.may_execute
        return order.link_id

    def ladder(self, side: Side) -> dict[int, tuple[str, Decimal, Decimal]]:
        """Return level → (executed or resting, quantity, price) as it stands."""
        cycle = self.known.sides[side].cycle
        assert cycle is not None
        result = {}
        for level in range(60):
            if self.known.is_executed(side, level):
                known = cycle.levels[level]
                result[level] = ("executed", known.qty, known.average_price)
            else:
                order = self.known.latest.get(self.known.slot(side, level))
                if order is not None and order.phase.may_execute:
                    result[level] = ("resting", cycle.filled(level) + order.leaves, order.price)
        return result

    def quantities(self, side: Side) -> list[int]:
        return [int(qty) for _, (_, qty, _) in sorted(self.ladder(side).items())]

    def executed(self, side: Side) -> list[int]:
        return [level for level, (state, _, _) in sorted(self.ladder(side).items()) if state == "executed"]

    def resting(self, side: Side) -> list[int]:
        return [level for level, (state, _, _) in sorted(self.ladder(side).items()) if state == "resting"]


def with_strategy(**changes: object) -> Strategy:
    return replace(STRATEGY, **changes)  # type: ignore[arg-type]
