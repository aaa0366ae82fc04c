"""A dry run's gateway: the paper account, its commands and events in the log, its orders marked as imagined."""

import logging
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

from gridtrader.domain.exact import plain
from gridtrader.domain.types import Amendment, Execution, FeeRates, NewOrder, OrderReport
from gridtrader.engine.ports import Accepted, ArchiveError, Lane, Outcome, Refusal, Rejected, Sink, StreamMessage
from gridtrader.exchange import codes
from gridtrader.paper.calls import UID
from gridtrader.paper.clock import VenueClock
from gridtrader.paper.gateway import PaperGateway
from gridtrader.paper.recorded import RecordedExchange
from gridtrader.simulator.core import model

MARK: Final = "dry-run-"
"""Every id of an order or a fill begins with it, wherever it is written."""


class DryRunGateway(PaperGateway):
    """The account of a dry run. A command that cannot be written down is refused, and may be tried again."""

    def __init__(
        self, exchange: RecordedExchange, clock: VenueClock, sink: Sink, fees: FeeRates, log: logging.Logger
    ) -> None:
        super().__init__(exchange, UID, clock, sink)
        self._fees = fees
        self._log = log

    def fee_rates(self, symbol: str) -> FeeRates | None:  # noqa: ARG002  # all contracts have the same
        return self._fees

    def news(self) -> StreamMessage | None:
        message = super().news()
        if message is None:
            return None
        parts = (*message.orders, *message.executions, *message.positions, message.wallet)
        return message._replace(text="; ".join(str(part) for part in parts if part is not None))

    # --- commands ---

    def place(self, orders: Sequence[NewOrder], lane: Lane) -> Sequence[Outcome]:
        outcomes = super().place(orders, lane)
        for order, outcome in zip(orders, outcomes, strict=True):
            closes = ", reduce-only" if order.reduce_only else ""
            what = f"{'buy' if order.is_buy else 'sell'} {plain(order.qty)} at {plain(order.price)}{closes}"
            self._tell(f"place {order.link_id}: {what}", outcome)
        return outcomes

    def amend(self, amendments: Sequence[Amendment], lane: Lane) -> Sequence[Outcome]:
        outcomes = super().amend(amendments, lane)
        for wanted, outcome in zip(amendments, outcomes, strict=True):
            what = f"price {_shown(wanted.price)}, quantity {_shown(wanted.qty)}"
            self._tell(f"amend {wanted.link_id}: {what}", outcome)
        return outcomes

    def cancel(self, symbol: str, link_ids: Sequence[str], lane: Lane) -> Sequence[Outcome]:
        outcomes = super().cancel(symbol, link_ids, lane)
        for link_id, outcome in zip(link_ids, outcomes, strict=True):
            self._tell(f"cancel {link_id}", outcome)
        return outcomes

    def cancel_all(self, symbol: str) -> Outcome:
        return self._tell(f"cancel all of {symbol}", super().cancel_all(symbol))

    def set_hedge_mode(self, symbol: str) -> Outcome:
        return self._tell(f"hedge mode of {symbol}", super().set_hedge_mode(symbol))

    def set_cross_margin(self) -> Outcome:
        return self._tell("cross margin", super().set_cross_margin())

    def set_leverage(self, symbol: str, leverage: Decimal) -> Outcome:
        return self._tell(f"leverage {plain(leverage)} of {symbol}", super().set_leverage(symbol, leverage))

    def _tell(self, command: str, outcome: Outcome) -> Outcome:
        if isinstance(outcome, Rejected):
            self._log.warning("%s: refused: %s (retCode %d)", command, outcome.text, outcome.code)
        else:
            self._log.info("%s: done", command)
        return outcome

    def _outcome(self, deed: Callable[[int], model.Order | None]) -> Outcome:
        try:
            outcome = super()._outcome(deed)
        except ArchiveError as error:
            return Rejected(Refusal.BUSY, codes.OK, f"not done, it could not be written down: {error}")
        return Accepted(_marked(outcome.order_id)) if isinstance(outcome, Accepted) else outcome

    # --- what is told ---

    def _report(self, order: model.Order) -> OrderReport:
        report = super()._report(order)
        return report._replace(order_id=_marked(report.order_id))

    def _execution(self, execution: model.Execution) -> Execution:
        told = super()._execution(execution)
        return told._replace(exec_id=_marked(told.exec_id), order_id=_marked(told.order_id))


def _marked(order_id: str) -> str:
    return f"{MARK}{order_id}" if order_id else ""


def _shown(value: Decimal | None) -> str:
    return "as it is" if value is None else plain(value)
