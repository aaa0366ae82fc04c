"""One account of an exchange core as the engine's `Gateway`: every command is carried out and told at once."""

from collections.abc import Callable, Sequence
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
from gridtrader.engine.ports import (
    AccountMode,
    Lane,
    MarginMode,
    Outcome,
    Sink,
    StreamMessage,
)
from gridtrader.paper import translate
from gridtrader.paper.clock import VenueClock
from gridtrader.simulator.core import model
from gridtrader.simulator.core.exchange import Exchange

Deed = Callable[[int], model.Order | None]


class PaperGateway:
    """The account `uid`. What its commands and the market do to it is put into `sink`: before anything returns, or,
    once `tells_at_once` is false, with the next `pump`.

    The core must have this account only: what happens to others is dropped. A balance is dated one millisecond after
    the last change of the exchange: S6 takes for known what was confirmed *before* the balance, and this one contains
    everything up to that change. With the time of the change itself the newest order would be counted as spent twice,
    and the balance would count as older than it until the market moves. The next change has that millisecond or a
    later one, and is rightly not contained.
    """

    def __init__(self, exchange: Exchange, uid: int, clock: VenueClock, sink: Sink) -> None:
        self._exchange = exchange
        self._uid = uid
        self._clock = clock
        self._sink = sink
        self.commands = 0
        """How many commands there have been."""
        self.on_events: Callable[[Sequence[model.Event]], None] | None = None
        """Told of everything that happens at the exchange, before the engine is."""
        self.tells_at_once = True
        """Whether what a command has done is told before it returns."""

    # --- events ---

    def pump(self) -> None:
        """Tell what has happened at the exchange since the last call: together, as one message."""
        message = self.news()
        if message is not None:
            self._sink.put(message)

    def news(self) -> StreamMessage | None:
        """Return what has happened at the exchange since the last call, which nobody else is told; None: nothing."""
        events = self._exchange.drain()
        if not events:
            return None
        if self.on_events is not None:
            self.on_events(events)
        orders: list[OrderReport] = []
        executions: list[Execution] = []
        positions: dict[tuple[str, int], PositionReport] = {}
        wallet = None
        for event in events:
            match event:
                case model.Executed(executions=rows):
                    executions += map(self._execution, rows)
                case model.OrderChanged(order=order):
                    orders.append(self._report(order))
                case model.PositionChanged(legs=legs):
                    for leg in legs:
                        if leg.position_idx:
                            positions[leg.symbol, leg.position_idx] = translate.position_report(leg)
                case model.WalletChanged():
                    wallet = event.wallet
        return StreamMessage(
            "all",
            "",
            orders=tuple(orders),
            executions=tuple(executions),
            positions=tuple(positions.values()),
            wallet=None if wallet is None else self._dated(wallet),
        )

    def _report(self, order: model.Order) -> OrderReport:
        """Return an order as the engine is told of it."""
        return translate.order_report(order)

    def _execution(self, execution: model.Execution) -> Execution:
        """Return a fill as the engine is told of it."""
        return translate.execution_of(execution)

    def tell_balance(self) -> None:
        """Tell the balance at the prices of now, though nothing has happened but a price."""
        self._sink.put(StreamMessage("wallet", "", wallet=self.wallet()))

    # --- reading ---

    def account_mode(self) -> AccountMode:
        return AccountMode(MarginMode(self._exchange.margin_mode(self._uid)), is_unified=True)

    def wallet(self) -> Wallet:
        return self._dated(self._exchange.wallet(self._uid))

    def _dated(self, wallet: model.WalletView) -> Wallet:
        return translate.wallet_of(wallet, self._clock.now_ms() + 1)

    def instrument(self, symbol: str) -> Instrument:
        return translate.instrument_of(self._exchange.instruments[symbol])

    def fee_rates(self, symbol: str) -> FeeRates | None:  # noqa: ARG002  # all contracts have the same
        return FeeRates(self._exchange.options.maker_fee, self._exchange.options.taker_fee)

    def quote(self, symbol: str) -> Quote:
        return translate.quote_of(self._exchange.quote(symbol), self._clock.now_ms())

    def positions(self) -> Sequence[PositionReport]:
        symbols = self._exchange.open_symbols(self._uid)
        return [report for symbol in symbols for report in self.positions_of(symbol) if report.size]

    def positions_of(self, symbol: str) -> Sequence[PositionReport]:
        return translate.side_reports(symbol, self._exchange.positions(self._uid, symbol))

    def open_orders(self, symbol: str | None = None) -> Sequence[OrderReport]:
        return [self._report(order) for order in self._exchange.open_orders(self._uid, symbol)]

    def order(self, symbol: str, link_id: str) -> OrderReport | None:
        order = self._exchange.find_order(self._uid, order_link_id=link_id)
        return self._report(order) if order is not None and order.symbol == symbol else None

    def order_history(self, symbol: str, start_ms: int, end_ms: int) -> Sequence[OrderReport]:
        rows = (*self._exchange.closed_orders(self._uid), *self._exchange.open_orders(self._uid, symbol))
        meant = (row for row in rows if row.symbol == symbol and start_ms <= row.created_time <= end_ms)
        return [self._report(row) for row in meant]

    def executions(self, symbol: str, start_ms: int, end_ms: int) -> Sequence[Execution]:
        rows = self._exchange.executions(self._uid)
        meant = (row for row in rows if row.symbol == symbol and start_ms <= row.exec_time <= end_ms)
        return [self._execution(row) for row in meant]

    # --- commands ---

    def place(self, orders: Sequence[NewOrder], lane: Lane) -> Sequence[Outcome]:  # noqa: ARG002  # nothing waits here
        return self._carry_out([partial(self._create, order) for order in orders])

    def _create(self, order: NewOrder, now: int) -> model.Order:
        return self._exchange.create_order(self._uid, translate.request_of(order), now)

    def amend(self, amendments: Sequence[Amendment], lane: Lane) -> Sequence[Outcome]:  # noqa: ARG002
        return self._carry_out([partial(self._amend, amendment) for amendment in amendments])

    def _amend(self, what: Amendment, now: int) -> model.Order:
        return self._exchange.amend_order(
            self._uid, what.symbol, now, order_link_id=what.link_id, qty=what.qty, price=what.price
        )

    def cancel(self, symbol: str, link_ids: Sequence[str], lane: Lane) -> Sequence[Outcome]:  # noqa: ARG002
        return self._carry_out([partial(self._cancel, symbol, link_id) for link_id in link_ids])

    def _cancel(self, symbol: str, link_id: str, now: int) -> model.Order:
        return self._exchange.cancel_order(self._uid, symbol, now, order_link_id=link_id)

    def cancel_all(self, symbol: str) -> Outcome:
        return self._set(lambda now: self._exchange.cancel_all(self._uid, now, symbol=symbol))

    def set_hedge_mode(self, symbol: str) -> Outcome:
        return self._set(lambda now: self._exchange.switch_mode(self._uid, symbol, None, 3, now))

    def set_cross_margin(self) -> Outcome:
        return self._set(lambda now: self._exchange.set_margin_mode(self._uid, MarginMode.CROSS.value, now))

    def set_leverage(self, symbol: str, leverage: Decimal) -> Outcome:
        return self._set(lambda now: self._exchange.set_leverage(self._uid, symbol, leverage, leverage, now))

    def _set(self, setting: Callable[[int], object]) -> Outcome:
        def deed(now: int) -> None:
            setting(now)

        return self._carry_out([deed])[0]

    def _carry_out(self, deeds: Sequence[Deed]) -> list[Outcome]:
        self.commands += len(deeds)
        outcomes = [self._outcome(deed) for deed in deeds]
        if self.tells_at_once:
            self.pump()
        return outcomes

    def _outcome(self, deed: Deed) -> Outcome:
        return translate.outcome_of(lambda: deed(self._clock.tick()))
