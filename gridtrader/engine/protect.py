"""The take-profits of what is held, sent and acknowledged before an account trades - or gives up (T3)."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from gridtrader.domain.exact import plain
from gridtrader.domain.known import SymbolKnown
from gridtrader.domain.legs import Target
from gridtrader.domain.order_names import parse_order_name
from gridtrader.domain.orders import KnownOrder, Phase
from gridtrader.domain.planner import plan_symbol
from gridtrader.domain.reconcile import reconcile
from gridtrader.domain.types import Amendment, OrderReport, PositionReport
from gridtrader.engine.book import AccountBook
from gridtrader.engine.errors import StopAccount
from gridtrader.engine.executor import Executor
from gridtrader.engine.ports import Clock, Gateway, Lane
from gridtrader.engine.recorder import Recorder
from gridtrader.engine.settings import EngineSettings


@dataclass(slots=True)
class Protector:
    """Sends take-profits at the end of a start, where no engine is there yet to do it again."""

    gateway: Gateway
    book: AccountBook
    recorder: Recorder
    settings: EngineSettings
    clock: Clock

    def protect(self, known: SymbolKnown) -> None:
        """Send the take-profits of what is held, until the exchange has acknowledged them, or a few times in vain.

        Whatever of ours was open has been cancelled, or has filled: a take-profit gets its next name, and a level
        that was open is looked up before it is placed again (C2).
        """
        executor = Executor(self.gateway, self.book, self.recorder, self.settings, self.clock)
        for order in _take_profits(known):
            if order.phase.may_execute:
                order.phase = Phase.CANCELLED
        for attempt in range(self.settings.safety_tries):
            if self._send(known, executor, attempt):
                return

    def _send(self, known: SymbolKnown, executor: Executor, attempt: int) -> bool:
        """Send what is missing; returns whether all are acknowledged."""
        plan = plan_symbol(known, self.clock.now_ms())
        targets = [target for target in plan.standing if not target.slot.kind.opens]
        missing = [target for target in targets if not _is_acknowledged(known, target)]
        if not missing:
            return True
        if attempt:
            self.clock.sleep(2.0 ** (attempt - 1))
        for order in _take_profits(known):
            if order.phase is Phase.UNKNOWN:
                order.phase = Phase.ABSENT  # sent again under its own name: it cannot be placed twice
        executor.forget_pauses()
        try:
            executor.send(known, reconcile(missing, [], known.latest))
        except StopAccount as stop:
            self.recorder.log.critical("%s: take-profits could not be placed: %s", known.symbol, stop.reason)
        return all(_is_acknowledged(known, target) for target in targets)


def _take_profits(known: SymbolKnown) -> list[KnownOrder]:
    return [order for order in known.orders.values() if not order.name.slot.kind.opens]


def _is_acknowledged(known: SymbolKnown, target: Target) -> bool:
    order = known.latest.get(target.slot)
    return order is not None and bool(order.order_id) and order.phase is Phase.SENT


def cover_position(
    gateway: Gateway, log: logging.Logger, positions: Iterable[PositionReport], orders: Iterable[OrderReport]
) -> None:
    """Give our standing take-profits of a symbol the quantity that is held, whoever has brought it (T3); best effort.

    Their prices stay: what the rest has cost is not known.
    """
    standing = {order.side: order for order in orders if order.reduce_only and parse_order_name(order.link_id)}
    for position in positions:
        order = standing.get(position.side)
        if order is None or order.qty - order.filled_qty == position.size:
            continue
        change = Amendment(position.symbol, order.link_id, None, order.filled_qty + position.size)
        (outcome,) = gateway.amend([change], Lane.PROTECT)
        log.critical(
            "%s %s: the position has %s, its take-profit had %s; amended: %s",
            position.symbol,
            position.side.name,
            plain(position.size),
            plain(order.qty - order.filled_qty),
            outcome,
        )
