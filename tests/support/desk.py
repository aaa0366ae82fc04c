"""The exchange's pure core where REST and streams stand in the daemon, without a wire.

`Desk` is a `Gateway` for the engine, and it puts what the exchange emits into the engine's inbox.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial

from gridtrader.domain.instrument import Instrument
from gridtrader.domain.types import (
    Amendment,
    Execution,
    FeeRates,
    NewOrder,
    OrderReport,
    PositionReport,
    Quote,
    Wallet,
)
from gridtrader.engine.inbox import Inbox
from gridtrader.engine.ports import (
    Accepted,
    AccountMode,
    Lane,
    MarginMode,
    Outcome,
    Refusal,
    Rejected,
    StreamMessage,
    Unreachable,
)
from gridtrader.paper.translate import (
    SIDES,
    execution_of,
    flat_report,
    instrument_of,
    order_report,
    position_report,
    quote_of,
    request_of,
    wallet_of,
)
from gridtrader.simulator.core import model
from gridtrader.simulator.core.exchange import Exchange
from tests.support.memory import TestClock
from tests.support.witness import Witness

UID = 1
_REFUSALS = {
    110007: Refusal.MONEY,
    110090: Refusal.TIER,
    110072: Refusal.DUPLICATE,
    110001: Refusal.GONE,
    110017: Refusal.REDUCE_ONLY,
}

Shuffle = Callable[[list[StreamMessage]], list[StreamMessage]]
Fault = Callable[[str, str], Outcome | None]
"""Takes a command ("place", "amend", "cancel") and an order name; see `Desk.before` and `Desk.after`."""


@dataclass
class Desk:
    """The exchange's side of the table, with hands to tamper with what passes over it."""

    exchange: Exchange
    clock: TestClock
    inbox: Inbox
    witness: Witness
    shuffle: Shuffle = list
    """What the streams make of the messages of one moment: doubled, reordered, lost."""
    before: Fault = lambda command, name: None
    """An outcome here means: the command never reaches the exchange."""
    after: Fault = lambda command, name: None
    """An outcome here is what the bot hears of a command that was carried out."""
    is_down: bool = False
    """Whether every read fails."""
    refusals: dict[int, Refusal] = field(default_factory=dict)
    """What more of the exchange's codes mean."""
    commands: list[str] = field(default_factory=list)
    told_ms: int = 0
    """The moment of what the streams are telling."""

    # --- streams ---

    def push(self) -> int:
        """Put what has happened into the engine's inbox; returns how many messages."""
        self.told_ms = self.clock.now  # a balance alone (a transfer) is of now
        messages = [self._message(event) for event in self.exchange.drain()]
        self.witness.heard(self.clock.now)
        for message in self.shuffle(messages):
            self.inbox.put(message)
        return len(messages)

    def _message(self, event: model.Event) -> StreamMessage:
        match event:
            case model.OrderChanged(order=order):
                self.told_ms = order.updated_time
                return StreamMessage("order", "", orders=(order_report(order),))
            case model.Executed(executions=executions):
                self.told_ms = executions[-1].exec_time
                return StreamMessage("execution", "", executions=tuple(map(execution_of, executions)))
            case model.PositionChanged(legs=legs):
                return StreamMessage("position", "", positions=tuple(map(position_report, legs)))
            case model.WalletChanged(wallet=wallet):
                self.witness.told(self.clock.now)
                return StreamMessage("wallet", "", wallet=self._wallet(wallet, self.told_ms))

    def _wallet(self, view: model.WalletView, at_ms: int | None = None) -> Wallet:
        """Stamp a balance with the moment it is of (None: now), however late it is told."""
        return wallet_of(view, (self.clock.now if at_ms is None else at_ms) + 1)

    # --- reads ---

    def _read(self) -> None:
        if self.is_down:
            raise Unreachable("the test has taken the exchange away")

    def account_mode(self) -> AccountMode:
        self._read()
        return AccountMode(MarginMode(self.exchange.margin_mode(UID)), is_unified=True)

    def wallet(self) -> Wallet:
        self._read()
        self.witness.told(self.clock.now)
        return self._wallet(self.exchange.wallet(UID))

    def instrument(self, symbol: str) -> Instrument:
        return instrument_of(self.exchange.instruments[symbol])

    def fee_rates(self, symbol: str) -> FeeRates | None:
        return FeeRates(Decimal("0.0002"), Decimal("0.00055"))

    def quote(self, symbol: str) -> Quote:
        return quote_of(self.exchange.quote(symbol), self.clock.now_ms())

    def positions(self) -> Sequence[PositionReport]:
        return [r for s in self.exchange.open_symbols(UID) for r in self.positions_of(s) if r.size]

    def positions_of(self, symbol: str) -> Sequence[PositionReport]:
        self._read()
        views = {v.position_idx: v for v in self.exchange.positions(UID, symbol)}
        return [
            position_report(views[idx]) if idx in views else flat_report(symbol, side) for idx, side in SIDES.items()
        ]

    def open_orders(self, symbol: str | None = None) -> Sequence[OrderReport]:
        return [order_report(order) for order in self.exchange.open_orders(UID, symbol)]

    def order(self, symbol: str, link_id: str) -> OrderReport | None:
        self._read()
        order = self.exchange.find_order(UID, order_link_id=link_id)
        return None if order is None else order_report(order)

    def order_history(self, symbol: str, start_ms: int, end_ms: int) -> Sequence[OrderReport]:
        orders = (*self.exchange.closed_orders(UID), *self.exchange.open_orders(UID, symbol))
        return [order_report(o) for o in orders if o.symbol == symbol and start_ms <= o.created_time <= end_ms]

    def executions(self, symbol: str, start_ms: int, end_ms: int) -> Sequence[Execution]:
        rows = self.exchange.executions(UID)
        return [execution_of(e) for e in rows if e.symbol == symbol and start_ms <= e.exec_time <= end_ms]

    # --- commands ---

    def place(self, orders: Sequence[NewOrder], lane: Lane) -> Sequence[Outcome]:
        return [self._do("place", order.link_id, partial(self._create, order)) for order in orders]

    def _create(self, order: NewOrder) -> model.Order:
        return self.witness.create(request_of(order), self._tick())

    def amend(self, amendments: Sequence[Amendment], lane: Lane) -> Sequence[Outcome]:
        return [
            self._do(
                "amend",
                a.link_id,
                partial(self._amend, a),
            )
            for a in amendments
        ]

    def cancel(self, symbol: str, link_ids: Sequence[str], lane: Lane) -> Sequence[Outcome]:
        return [self._do("cancel", name, partial(self._cancel, symbol, name)) for name in link_ids]

    def _amend(self, a: Amendment) -> model.Order:
        return self.witness.amend(a.symbol, a.link_id, a.qty, a.price, self._tick())

    def _cancel(self, symbol: str, name: str) -> model.Order:
        return self.witness.cancel(symbol, name, self._tick())

    def cancel_all(self, symbol: str) -> Outcome:
        self.witness.cancel_all(symbol, self._tick())
        return Accepted("")

    def set_hedge_mode(self, symbol: str) -> Outcome:
        return self._do("mode", symbol, lambda: self.exchange.switch_mode(UID, symbol, None, 3, self._tick()), 110025)

    def set_cross_margin(self) -> Outcome:
        return self._do("margin", "", lambda: self.exchange.set_margin_mode(UID, "REGULAR_MARGIN", self._tick()))

    def set_leverage(self, symbol: str, leverage: Decimal) -> Outcome:
        return self._do(
            "leverage",
            symbol,
            lambda: self.exchange.set_leverage(UID, symbol, leverage, leverage, self._tick()),
            110043,
        )

    def _tick(self) -> int:
        self.clock.now += 1
        return self.clock.now

    def _do(self, command: str, name: str, deed: Callable[[], object], soft: int = 0) -> Outcome:
        self.commands.append(f"{command} {name}")
        spoiled = self.before(command, name)
        if spoiled is not None:
            return spoiled
        try:
            result = deed()
        except model.Reject as reject:
            if reject.code == soft:
                return Accepted("")
            refusals = {**_REFUSALS, **self.refusals}
            return Rejected(refusals.get(reject.code, Refusal.OTHER), reject.code, reject.text)
        return self.after(command, name) or Accepted(result.order_id if isinstance(result, model.Order) else "")
