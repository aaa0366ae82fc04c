"""One account's REST face of the simulated exchange, over a network that fails: the `Gateway` of the engine.

A command travels, is carried out, and the answer travels back; each part takes time, each can fail, and the process
can die between any two.
"""

import logging
from bisect import bisect_left
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from random import Random
from typing import Final, TypeVar

from gridtrader.domain.instrument import Instrument
from gridtrader.domain.types import (
    SIDES,
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
    Refusal,
    Refused,
    Unknown,
    Unreachable,
)
from gridtrader.exchange import codes
from gridtrader.paper import translate
from gridtrader.simulation.faults import DEATH_RATES, REQUEST_RATES, Dice, Fault
from gridtrader.simulation.hub import Hub, Killed
from gridtrader.simulation.machine import Process
from gridtrader.simulation.venue import Venue
from gridtrader.simulator.core import model

TIMEOUT_MS: Final = 10_000
RECV_WINDOW_MS: Final = 5_000
"""How old a request may be when the exchange sees it."""

_ANY: Final = frozenset(
    {
        Fault.REQUEST_LOST,
        Fault.REPLY_LOST,
        Fault.REPLY_LATE,
        Fault.HTTP_5XX,
        Fault.HTML_BODY,
        Fault.FORBIDDEN,
        Fault.RATE,
        Fault.CLOCK_WINDOW,
        Fault.SERVER_ERROR,
    }
)
_COMMAND: Final = _ANY | {Fault.REQUEST_LATE}
_OPEN: Final = _COMMAND | {Fault.MONEY, Fault.DUPLICATE, Fault.BUSY}
_CLOSE: Final = _COMMAND | {Fault.REDUCE_ONLY, Fault.DUPLICATE, Fault.BUSY}
_AMEND: Final = _COMMAND | {Fault.GONE, Fault.REDUCE_ONLY, Fault.BUSY}
_CANCEL: Final = _COMMAND | {Fault.GONE, Fault.BUSY}

_REFUSED: Final[dict[Fault, tuple[int, str]]] = {
    Fault.FORBIDDEN: (codes.RATE_OF_ADDRESS, "HTTP 403, access too frequent"),
    Fault.RATE: (codes.RATE_OF_ACCOUNT, "Too many visits. Exceeded the API Rate Limit."),
    Fault.CLOCK_WINDOW: (10002, "invalid request, please check your server timestamp or recv_window param"),
    Fault.GONE: (110001, "order not exists or too late to cancel"),
    Fault.MONEY: (110007, "ab not enough for new order"),
    Fault.REDUCE_ONLY: (110017, "current position is zero, cannot fix reduce-only order qty"),
    Fault.DUPLICATE: (110072, "OrderLinkedID is duplicate"),
    Fault.BUSY: (110079, "The order is processing and can not be operated, please try again later"),
}
"""Faults in which the exchange answers without doing anything."""

_MAYBE_DONE: Final = {
    Fault.HTTP_5XX: "HTTP 503 Service Unavailable",
    Fault.HTML_BODY: "HTTP 200 with a page instead of an answer",
    Fault.SERVER_ERROR: "Server error. (retCode 10016)",
}
"""Faults in which nobody can say whether anything was done."""

Answer = TypeVar("Answer")


class SimDesk:
    """The `Gateway` of one account in one life of the process."""

    def __init__(
        self, venue: Venue, uid: int, hub: Hub, process: Process, dice: Dice, delays: Random, *, is_demo: bool
    ) -> None:
        self._venue = venue
        self._exchange = venue.exchange
        self._uid = uid
        self._hub = hub
        self._process = process
        self._dice = dice
        self._delays = delays
        self._is_demo = is_demo
        self.in_the_air = 0
        """Requests under way."""
        self.on_sent: Callable[[str, NewOrder | Amendment | str], None] = lambda command, what: None
        """Told of every command that leaves."""
        self.on_asked: Callable[[str, str], None] = lambda what, symbol: None
        self.on_read: Callable[[str, str], None] = lambda what, symbol: None
        self.on_answered: Callable[[str, Outcome], None] = lambda link_id, outcome: None
        """Told what the bot hears of a command about an order."""
        self.on_looked_up: Callable[[str], None] = lambda link_id: None
        """Told that an order has been asked for by its name, and answered."""
        self.on_balance: Callable[[], None] = lambda: None
        """Told when a balance is looked up at the exchange, on the way to the bot."""
        """Told what is asked about which symbol, and what has been answered."""
        self.log = logging.Logger("desk", logging.CRITICAL + 1)
        """Where requests and answers are written down; nowhere, unless it is replaced."""

    # --- the network ---

    def _leaves(self, command: str, what: NewOrder | Amendment | str) -> None:
        self.log.info("request %s %s", command, what)
        self.on_sent(command, what)

    def _travel(self, where: str) -> None:
        self._process.point(where)
        self._hub.sleep(8 + int(self._delays.random() * 40))
        if self._process.is_dead:
            self._process.point(where)

    def _wait(self, milliseconds: int) -> None:
        self._hub.sleep(milliseconds)
        self._process.point("time-out")

    def _read(self, what: str, read: Callable[[], Answer]) -> Answer:
        """Ask. Raises Unreachable or Refused."""
        self.in_the_air += 1
        try:
            self._travel(f"{what} asked")
            fault = self._dice.throw(REQUEST_RATES, _ANY)
            answer = None
            if fault is None or fault is Fault.REPLY_LATE:
                answer = read()
            if fault is Fault.REPLY_LATE:
                self._wait(self._dice.between(1_000, 9_000))
            if fault in (Fault.REQUEST_LOST, Fault.REPLY_LOST):
                self._wait(TIMEOUT_MS)
                raise Unreachable(f"{what}: no complete answer within 10 s")
            self._travel(f"{what} answered")
            if fault in _MAYBE_DONE:
                raise Unreachable(f"{what}: {_MAYBE_DONE[fault]}")
            if fault in _REFUSED:
                code, text = _REFUSED[fault]
                raise Refused(codes.refusal_of(code, text), code, text)
        finally:
            self.in_the_air -= 1
        self.log.debug("read %s: answered", what)
        return answer  # type: ignore[return-value]

    def _command(
        self, what: str, deeds: Sequence[Callable[[], model.Order | None]], among: frozenset[Fault]
    ) -> list[Outcome]:
        """Carry out commands that travel together."""
        if not deeds:
            return []
        self.in_the_air += 1
        try:
            self._send(what, deeds)
            late = 0
            outcomes: list[Outcome] = []
            for deed in deeds:
                fault = self._dice.throw(REQUEST_RATES, among)
                if fault is Fault.REPLY_LATE:
                    late = max(late, self._dice.between(1_000, 9_000))
                elif fault in (Fault.REQUEST_LOST, Fault.REPLY_LOST):
                    late = TIMEOUT_MS
                outcomes.append(self._outcome(fault, deed))
            self._process.point(f"{what} carried out")
            if late:
                self._wait(late)
            self._travel(f"{what} answered")
        finally:
            self.in_the_air -= 1
        for outcome in outcomes:
            self.log.info("answer %s %s", what, outcome)
        return outcomes

    def _send(self, what: str, deeds: Sequence[Callable[[], model.Order | None]]) -> None:
        """Let commands leave: what has left may outlive its process."""
        try:
            self._travel(f"{what} sent")
        except Killed:
            if self._dice.throw(DEATH_RATES) is not None:
                for deed in deeds:
                    self._arrive_late(deed)
            raise

    def _arrive_late(self, deed: Callable[[], model.Order | None]) -> None:
        """Let a command be carried out by and by, while the exchange takes it; nobody hears what became of it."""
        self._hub.after(self._dice.between(50, RECV_WINDOW_MS), partial(self._do, deed))

    def _outcome(self, fault: Fault | None, deed: Callable[[], model.Order | None]) -> Outcome:
        """Carry out a command, or not; returns what the bot hears of it."""
        if fault in _REFUSED:
            return codes.failure_of(*_REFUSED[fault])
        if fault is Fault.REQUEST_LOST:
            return Unknown("no complete answer within 10 s")
        if fault is Fault.REQUEST_LATE:
            self._arrive_late(deed)
            return Unknown("the connection broke")
        if fault in _MAYBE_DONE and self._dice.between(0, 1):
            return Unknown(_MAYBE_DONE[fault])
        outcome = self._do(deed)
        if fault is Fault.REPLY_LOST:
            return Unknown("no complete answer within 10 s")
        return Unknown(_MAYBE_DONE[fault]) if fault in _MAYBE_DONE else outcome

    def _do(self, deed: Callable[[], model.Order | None]) -> Outcome:
        try:
            return translate.outcome_of(deed)
        finally:
            self._venue.pump()

    # --- reading ---

    def account_mode(self) -> AccountMode:
        return self._read(
            "account", lambda: AccountMode(MarginMode(self._exchange.margin_mode(self._uid)), is_unified=True)
        )

    def wallet(self) -> Wallet:
        return self._read("wallet", self._wallet)

    def _wallet(self) -> Wallet:
        self.on_balance()
        past = self._venue.past(self._uid)
        return past.wallet if past else translate.wallet_of(self._exchange.wallet(self._uid), self._hub.now)

    def instrument(self, symbol: str) -> Instrument:
        return self._read("instrument", lambda: translate.instrument_of(self._exchange.instruments[symbol]))

    def fee_rates(self, symbol: str) -> FeeRates | None:  # all contracts have the same
        options = self._exchange.options
        rates = None if self._is_demo else FeeRates(options.maker_fee, options.taker_fee)
        return self._read("fees", lambda: rates)

    def quote(self, symbol: str) -> Quote:
        return self._read_of(symbol, "quote", lambda: translate.quote_of(self._exchange.quote(symbol), self._hub.now))

    def positions(self) -> Sequence[PositionReport]:
        return self._read(
            "positions",
            lambda: [r for symbol in self._exchange.open_symbols(self._uid) for r in self._sides(symbol) if r.size],
        )

    def positions_of(self, symbol: str) -> Sequence[PositionReport]:
        return self._read_of(symbol, "positions", lambda: self._sides(symbol))

    def _read_of(self, symbol: str, what: str, read: Callable[[], Answer]) -> Answer:
        self.on_asked(what, symbol)
        answer = self._read(what, read)
        self.on_read(what, symbol)
        return answer

    def _sides(self, symbol: str) -> list[PositionReport]:
        past = self._venue.past(self._uid)
        if past is not None:
            known = {report.side: report for report in past.positions if report.symbol == symbol}
            return [known.get(side) or translate.flat_report(symbol, side) for side in SIDES]
        views = self._exchange.positions(self._uid, symbol)
        if any(view.position_idx == 0 for view in views):
            raise Refused(Refusal.INVALID, codes.OK, f"{symbol} is in one-way position mode, hedge mode is needed")
        return translate.side_reports(symbol, views)

    def open_orders(self, symbol: str | None = None) -> Sequence[OrderReport]:
        return self._read_of(symbol or "", "open orders", lambda: self._open_orders(symbol))

    def _open_orders(self, symbol: str | None) -> list[OrderReport]:
        past = self._venue.past(self._uid)
        if past is not None:
            return [report for report in past.orders if symbol is None or report.symbol == symbol]
        return [translate.order_report(order) for order in self._exchange.open_orders(self._uid, symbol)]

    def order(self, symbol: str, link_id: str) -> OrderReport | None:
        report = self._read("order", lambda: self._order(symbol, link_id))
        self.on_looked_up(link_id)
        return report

    def _order(self, symbol: str, link_id: str) -> OrderReport | None:
        order = self._exchange.find_order(self._uid, order_link_id=link_id)
        memory, now = self._venue.memories[self._uid], self._hub.now
        if order is None or order.symbol != symbol or order.created_time > now - memory.lag_ms:
            return None
        if memory.keeps_ms is not None and order.status.is_final and order.updated_time < now - memory.keeps_ms:
            return None
        return translate.order_report(order)

    def order_history(self, symbol: str, start_ms: int, end_ms: int) -> Sequence[OrderReport]:
        return self._read("order history", lambda: self._order_history(symbol, start_ms, end_ms))

    def _order_history(self, symbol: str, start_ms: int, end_ms: int) -> list[OrderReport]:
        memory, now = self._venue.memories[self._uid], self._hub.now
        oldest = start_ms if memory.keeps_ms is None else max(start_ms, now - memory.keeps_ms)
        newest = min(end_ms, now - max(memory.history_lag_ms, memory.lag_ms))
        rows = (*self._exchange.closed_orders(self._uid), *self._exchange.open_orders(self._uid, symbol))
        shown = (row for row in rows if row.symbol == symbol and oldest <= row.created_time <= newest)
        return [translate.order_report(row) for row in shown]

    def executions(self, symbol: str, start_ms: int, end_ms: int) -> Sequence[Execution]:
        return self._read_of(symbol, "executions", lambda: self._executions(symbol, start_ms, end_ms))

    def _executions(self, symbol: str, start_ms: int, end_ms: int) -> list[Execution]:
        rows = self._exchange.executions(self._uid)
        first = bisect_left(rows, start_ms, key=lambda row: row.exec_time)
        recent = (row for row in rows[first:] if row.symbol == symbol and row.exec_time <= end_ms)
        return [translate.execution_of(row) for row in self._venue.remembered(self._uid, recent)]

    # --- commands ---

    def place(self, orders: Sequence[NewOrder], lane: Lane) -> Sequence[Outcome]:
        for order in orders:
            self._leaves("place", order)
        deeds = [partial(self._create, order) for order in orders]
        outcomes = self._command("place", deeds, _CLOSE if orders and orders[0].reduce_only else _OPEN)
        return self._answered([order.link_id for order in orders], outcomes)

    def _answered(self, link_ids: Sequence[str], outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
        for link_id, outcome in zip(link_ids, outcomes, strict=True):
            self.on_answered(link_id, outcome)
        return outcomes

    def _create(self, order: NewOrder) -> model.Order:
        return self._exchange.create_order(self._uid, translate.request_of(order), self._hub.now)

    def amend(self, amendments: Sequence[Amendment], lane: Lane) -> Sequence[Outcome]:
        for amendment in amendments:
            self._leaves("amend", amendment)
        outcomes = self._command("amend", [partial(self._amend, a) for a in amendments], _AMEND)
        return self._answered([amendment.link_id for amendment in amendments], outcomes)

    def _amend(self, a: Amendment) -> model.Order:
        return self._exchange.amend_order(
            self._uid, a.symbol, self._hub.now, order_link_id=a.link_id, qty=a.qty, price=a.price
        )

    def cancel(self, symbol: str, link_ids: Sequence[str], lane: Lane) -> Sequence[Outcome]:
        for name in link_ids:
            self._leaves("cancel", name)
        outcomes = self._command("cancel", [partial(self._cancel, symbol, name) for name in link_ids], _CANCEL)
        return self._answered(link_ids, outcomes)

    def _cancel(self, symbol: str, name: str) -> model.Order:
        return self._exchange.cancel_order(self._uid, symbol, self._hub.now, order_link_id=name)

    def cancel_all(self, symbol: str) -> Outcome:
        self._leaves("cancel all", symbol)
        return self._setting(lambda: self._exchange.cancel_all(self._uid, self._hub.now, symbol=symbol))

    def set_hedge_mode(self, symbol: str) -> Outcome:
        return self._setting(lambda: self._exchange.switch_mode(self._uid, symbol, None, 3, self._hub.now))

    def set_cross_margin(self) -> Outcome:
        return self._setting(lambda: self._exchange.set_margin_mode(self._uid, MarginMode.CROSS.value, self._hub.now))

    def set_leverage(self, symbol: str, leverage: Decimal) -> Outcome:
        return self._setting(
            lambda: self._exchange.set_leverage(self._uid, symbol, leverage, leverage, self._hub.now)
        )

    def _setting(self, setting: Callable[[], object]) -> Outcome:
        def deed() -> None:
            setting()

        return self._command("setting", [deed], _COMMAND)[0]
