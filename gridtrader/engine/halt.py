"""An emergency stop, carried out: written down until it is written, opening orders withdrawn once (R2, R3)."""

from dataclasses import dataclass
from decimal import Decimal

from gridtrader.domain.order_names import parse_order_name
from gridtrader.domain.orders import Phase
from gridtrader.domain.types import SIDES
from gridtrader.engine.book import AccountBook, OrderMoved
from gridtrader.engine.ports import Accepted, ArchiveError, Gateway, GatewayError, Lane
from gridtrader.engine.recorder import Recorder
from gridtrader.engine.settings import EngineSettings


@dataclass(slots=True)
class Halt:
    """One emergency stop. Its take-profits stay; nothing but the withdrawal is ever sent again."""

    gateway: Gateway
    recorder: Recorder
    settings: EngineSettings
    book: AccountBook
    reason: str
    symbol: str = ""
    mm_rate: Decimal | None = None
    """The account's maintenance-margin rate, a fraction; None: not known."""
    _is_declared: bool = False
    _is_concluded: bool = False

    def declare(self) -> bool:
        """Write the emergency file and the journal's record of it, unless done; returns whether they are written."""
        if self._is_declared:
            return True
        rate = "" if self.mm_rate is None else str(self.mm_rate)
        try:
            self.recorder.archive.declare_emergency(symbol=self.symbol, reason=self.reason, mm_rate=rate)
        except ArchiveError as error:
            self.recorder.log.critical("the emergency stop could not be written down: %s", error)
            return False
        self._is_declared = True
        return True

    def conclude(self) -> bool:
        """Write down, once it is declared, that all is done: else a later process carries it on. Returns whether."""
        if not self._is_concluded and self._is_declared:
            try:
                self.recorder.archive.conclude_emergency()
                self._is_concluded = True
            except ArchiveError as error:
                self.recorder.log.warning("the end of the emergency stop could not be written down yet: %s", error)
        return self._is_concluded

    def withdraw_openings(self) -> None:
        """Cancel resting opening orders once, whatever comes of it (R2)."""
        for strategy in self.settings.strategies:
            symbol = strategy.symbol
            try:
                names = self._opening(symbol)
            except GatewayError as error:
                self.recorder.log.critical("emergency: the open orders of %s cannot be read: %s", symbol, error)
                continue
            if not names:
                continue
            for name, outcome in zip(names, self.gateway.cancel(symbol, names, Lane.EMERGENCY), strict=True):
                if not isinstance(outcome, Accepted):
                    self.recorder.log.error("emergency: %s was not cancelled: %s", name, outcome)
            if symbol in self.book.symbols:
                self._note_what_stands(symbol)

    def _note_what_stands(self, symbol: str) -> None:
        """Enter which opening orders are gone, for the state file: no stream will tell any more (T2, S10)."""
        try:
            standing = {report.link_id for report in self.gateway.open_orders(symbol)}
        except GatewayError as error:
            self.recorder.log.warning("emergency: what of %s still stands cannot be read: %s", symbol, error)
            return
        for side in SIDES:
            for order in self.book.symbols[symbol].alive(side):
                if order.name.slot.kind.opens and order.link_id not in standing:
                    order.phase, order.change = Phase.CANCELLED, None
                    self.recorder.record([OrderMoved(order)])

    def _opening(self, symbol: str) -> list[str]:
        """Return the names of our opening orders: as the book knows them, or where there is none, the exchange."""
        known = self.book.symbols.get(symbol)
        if known is not None:
            return [order.link_id for side in SIDES for order in known.alive(side) if order.name.slot.kind.opens]
        parsed = (parse_order_name(order.link_id) for order in self.gateway.open_orders(symbol))
        return [name.encode() for name in parsed if name is not None and name.slot.kind.opens]
