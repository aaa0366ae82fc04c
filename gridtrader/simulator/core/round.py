"""A round: everything that happens to one account in one contract at one moment, told as one set of events.

A command, a new quote, a funding settlement or a step of a liquidation opens a round, changes orders and positions
through it, and closes it. Closing cuts the closing orders that the position does not carry any more and emits, in
Bybit's order: all executions in one event, each changed order once in its final version, both legs, the wallet.
Executions, orders and legs of a round bear the same sequence number.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from gridtrader.simulator.core import statements
from gridtrader.simulator.core.account import Account
from gridtrader.simulator.core.contract import Contract
from gridtrader.simulator.core.holding import is_active
from gridtrader.simulator.core.model import (
    ZERO,
    Executed,
    Execution,
    Options,
    Order,
    OrderChanged,
    OrderStatus,
    Position,
    PositionChanged,
    WalletChanged,
)
from gridtrader.simulator.core.positions import SIGN, Fill, pay_funding
from gridtrader.simulator.core.reduce_only import cuts
from gridtrader.simulator.core.tape import Tape
from gridtrader.simulator.core.versions import next_version
from gridtrader.simulator.core.views import position_views, wallet_view

MAKER: Final = True
TAKER: Final = False


@dataclass(frozen=True, slots=True)
class FillKind:
    """How a fill is called in the execution and in the transaction log."""

    exec_type: str
    ledger_type: str
    is_free: bool = False


TRADE: Final = FillKind("Trade", "TRADE")
BUST: Final = FillKind("BustTrade", "LIQUIDATION")
ADL: Final = FillKind("AdlTrade", "ADL")
DELIVERY: Final = FillKind("Delivery", "DELIVERY", is_free=True)


class Round:
    """Changes orders and one account's positions, and remembers what to tell."""

    def __init__(self, tape: Tape, options: Options, account: Account, contract: Contract, now: int) -> None:
        self.account = account
        self.contract = contract
        self.holding = account.holding(contract)
        self.now = now
        self.seq = tape.next_seq()
        self._tape = tape
        self._options = options
        self._executions: list[Execution] = []
        self._orders: dict[str, Order] = {}

    def new_id(self) -> str:
        return self._tape.new_id()

    # --- orders ---

    def record(self, order: Order) -> Order:
        """Let this version, made in this round, stand for the order, whatever stood before; return it."""
        assert order.seq == self.seq
        records = self.account.records
        self.holding.replace(records.orders.get(order.order_id), order)
        records.orders[order.order_id] = order
        if order.order_link_id:
            records.link_ids[order.order_link_id] = order.order_id
        if order.status.is_final:
            records.closed_orders.append(order)
            self.contract.forget(order)
        self._orders[order.order_id] = order
        self._mark_leg(self._leg_of(order))
        return order

    def end(
        self,
        order: Order,
        cancel_type: str,
        reject_reason: str = "EC_NoError",
        status: OrderStatus = OrderStatus.CANCELLED,
    ) -> Order:
        """Close an order that is not filled."""
        return self.record(
            next_version(
                order,
                self.now,
                self.seq,
                status=status,
                leaves_qty=ZERO,
                cancel_type=cancel_type,
                reject_reason=reject_reason,
            )
        )

    def tell(self, order: Order) -> None:
        """Emit a version at once, because a later one of this round will hide it."""
        self._tape.emit(OrderChanged(self.account.uid, order))

    # --- fills ---

    def fill(self, order: Order, price: Decimal, qty: Decimal, *, is_maker: bool, kind: FillKind = TRADE) -> Order:
        """Execute `qty` (> 0, at most what the order leaves) at `price` and return the new version of the order."""
        fees = self.account.fees
        rate = ZERO if kind.is_free else fees.maker if is_maker else fees.taker
        value = qty * price
        fee = value * rate
        extra_fee = fee * fees.extra_share
        closed = self.holding.fill(order, qty, price, fee + extra_fee, self.now)
        self._move_cash(closed.pnl - fee - extra_fee)
        leaves = order.leaves_qty - qty
        order = self.record(
            next_version(
                order,
                self.now,
                self.seq,
                leaves_qty=leaves,
                cum_exec_qty=order.cum_exec_qty + qty,
                cum_exec_value=order.cum_exec_value + value,
                cum_exec_fee=order.cum_exec_fee + fee,
                closed_pnl=order.closed_pnl + closed.net_pnl - self._funding_of(closed),
                status=OrderStatus.PARTIALLY_FILLED if leaves else OrderStatus.FILLED,
            )
        )
        self._keep(
            statements.trade(
                order,
                self.contract.quote,
                closed,
                exec_id=self.new_id(),
                exec_type=kind.exec_type,
                price=price,
                qty=qty,
                fee=fee,
                fee_rate=rate,
                is_maker=is_maker,
                extra_fee=extra_fee,
                extra_fee_rate=rate * fees.extra_share,
            ),
            kind.ledger_type,
        )
        if closed.closed:
            self._note_closed_pnl(order, kind.exec_type, closed)
        return order

    def _funding_of(self, closed: Fill) -> Decimal:
        return closed.funding if self._options.closed_pnl_funding else ZERO

    def settle_funding(self, leg: Position, rate: Decimal) -> None:
        """Charge or credit funding on an open leg at the mark price: the long side pays while the rate is above 0."""
        fee = leg.size * self.contract.mark * rate * SIGN[leg.side]
        pay_funding(leg, fee)
        self._move_cash(-fee)
        self._mark_leg(leg)
        self._keep(
            statements.funding(
                leg,
                self.contract.quote,
                uid=self.account.uid,
                exec_id=self.new_id(),
                order_id=self.new_id(),
                rate=rate,
                fee=fee,
                now=self.now,
                seq=self.seq,
            ),
            "SETTLEMENT",
        )

    # --- end of the round ---

    def close(self, *, tell_wallet: bool = True) -> None:
        """Cut what the position does not carry any more and tell everything."""
        self._cut_closers()
        account, contract = self.account, self.contract
        account.note_exposure(self.holding)
        if self._executions:
            self._tape.emit(Executed(account.uid, tuple(self._executions)))
        for order in self._orders.values():
            self._tape.emit(OrderChanged(account.uid, order))
        self._tape.emit_state((account.uid, contract.symbol), self._positions)
        if tell_wallet:
            self._tape.emit_state(account.uid, self._wallet)

    def _positions(self) -> PositionChanged:
        account = self.account
        return PositionChanged(account.uid, self.contract.symbol, position_views(account, self.holding), self.seq)

    def _wallet(self) -> WalletChanged:
        return WalletChanged(self.account.uid, wallet_view(self.account))

    def _cut_closers(self) -> None:
        for side, load in self.holding.load.items():
            if not load.closing_qty:
                continue
            excess = load.closing_qty - self.holding.closable(side)
            if excess > ZERO:
                closers = [order for order in self.holding.orders.values() if _is_closer(order, side)]
                for order, cut in cuts(closers, excess, self._options.reduce_only_victim):
                    self._cut(order, cut)

    def _cut(self, order: Order, cut: Decimal) -> None:
        if cut == order.leaves_qty or self._options.reduce_only_cut == "cancel":
            self.end(order, "CancelByReduceOnly")
        else:
            qty, leaves = order.qty - cut, order.leaves_qty - cut
            self.record(next_version(order, self.now, self.seq, qty=qty, leaves_qty=leaves))

    # --- books ---

    def _leg_of(self, order: Order) -> Position:
        return self.holding.legs[order.position_idx]

    def _mark_leg(self, leg: Position) -> None:
        leg.seq = self.seq
        leg.updated_time = self.now
        leg.created_time = leg.created_time or self.now

    def _move_cash(self, amount: Decimal) -> None:
        self.account.move_cash(amount)
        self.account.cum_realised_pnl += amount

    def _keep(self, execution: Execution, ledger_type: str) -> None:
        """File an execution and its row of the transaction log."""
        self._executions.append(execution)
        records = self.account.records
        records.executions.append(execution)
        leg = self.holding.legs[execution.position_idx]
        records.ledger.append(
            statements.ledger_row(
                execution,
                row_id=f"{execution.uid}_{execution.symbol}_{self.seq}_{len(records.ledger)}",
                row_type=ledger_type,
                size=leg.size * SIGN[leg.side],
                cash_balance=self.account.cash,
            )
        )

    def _note_closed_pnl(self, order: Order, exec_type: str, closed: Fill) -> None:
        """Add a fill to the one row that its closing order has."""
        rows = self.account.records.closed_pnl
        rows[order.order_id] = statements.closed_pnl_row(
            rows.get(order.order_id),
            order,
            exec_type,
            closed,
            leverage=self._leg_of(order).leverage,
            price_quantum=self.contract.price_quantum,
        )


@dataclass(frozen=True, slots=True)
class Rounds:
    """Opens rounds; everything an exchange shares between them."""

    tape: Tape
    options: Options

    def open(self, account: Account, contract: Contract, now: int) -> Round:
        return Round(self.tape, self.options, account, contract, now)


def _is_closer(order: Order, side: str) -> bool:
    return order.reduce_only and order.side == side and is_active(order)
