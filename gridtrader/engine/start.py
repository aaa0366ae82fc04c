"""Start-up of one account: read, prove, and only then change anything (T3, T5).

If a step fails after orders were cancelled, the positions' take-profits are placed before the account gives up.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from gridtrader.domain.exact import plain
from gridtrader.domain.order_names import parse_order_name
from gridtrader.domain.types import SIDES, OrderReport, OrderStatus, aged
from gridtrader.engine.book import AccountBook, Booked
from gridtrader.engine.errors import CannotStart, ToldToEnd
from gridtrader.engine.journal import SymbolMemory
from gridtrader.engine.ports import (
    Accepted,
    Clock,
    Event,
    Gateway,
    GatewayError,
    Outcome,
    Refusal,
    Refused,
    Rejected,
    StreamMessage,
    Unknown,
    Unreachable,
)
from gridtrader.engine.protect import Protector, cover_position
from gridtrader.engine.recorder import Recorder
from gridtrader.engine.restore import NOTHING_CHANGED, Findings, Prover, SymbolReading
from gridtrader.engine.settings import EngineSettings
from gridtrader.engine.survey import Survey

_PASSING = frozenset({Refusal.RATE, Refusal.CLOCK, Refusal.BUSY})
"""Refusals that another try a little later may not meet."""

_CHANGED = "An earlier try of this start has cancelled orders; take-profits were placed."

_NEWS = "the stream told news of its symbols meanwhile"


@dataclass(slots=True)
class Starter:
    """Brings one account from nothing known to a proven book with clean sheets. Used once per start.

    `news` returns what the private stream has told since it was last asked.
    """

    gateway: Gateway
    recorder: Recorder
    settings: EngineSettings
    clock: Clock
    pause: Callable[[int], None]
    """Waits so many milliseconds. Raises ToldToEnd."""
    news: Callable[[], Sequence[Event]]
    read_ms: int = 0
    """The exchange's time when the reading that counts began."""
    told: Sequence[StreamMessage] = ()
    """What the stream has told of our own changes: the engine takes it in."""
    _late_tries: int = 0
    _has_changed: bool = False
    _secured: set[str] = field(default_factory=set)
    """Symbols whose orders have been cancelled and whose take-profits have been placed."""

    def knock(self) -> None:
        """Ask for what any good key may ask: a wrong one is told before anything waits. Raises CannotStart."""
        try:
            self.gateway.account_mode()
        except Unreachable as error:
            raise CannotStart(f"the exchange cannot be reached: {error}", is_passing=True) from error
        except Refused as error:
            raise CannotStart(_refusal(error), is_passing=error.refusal in _PASSING) from error

    def start(self) -> AccountBook:
        """Return the proven book, with clean sheets and the take-profits sent.

        Raises CannotStart, ToldToEnd, and StopAccount where the account is beyond its risk limit.
        """
        reason = ""
        for attempt in range(self.settings.restore_tries):
            self.news()
            try:
                book = self._try(is_first=attempt == 0)
            except Unreachable as error:
                raise CannotStart(f"the exchange cannot be read: {error}", is_passing=True) from error
            except Refused as error:
                raise CannotStart(_refusal(error), is_passing=error.refusal in _PASSING) from error
            if isinstance(book, AccountBook):
                return book
            reason = book
            self.recorder.log.warning("restoration %d is void: %s", attempt + 1, reason)
        raise CannotStart(
            f"the account would not keep still, {self.settings.restore_tries} restorations were void ({reason}); "
            f"stop whatever else trades it; if nothing does, a calmer market will let it start",
            is_passing=True,
        )

    def _try(self, *, is_first: bool) -> AccountBook | str:
        """Read, prove, change; returns why not, if something voided it (T5), or if it can be hoped that the exchange
        only shows late what has happened: it is waited for, longer with each attempt."""
        survey = Survey(self.gateway, self.recorder, self.settings, self.clock)
        needs_cross = survey.check_account()
        self.read_ms = survey.read_ms
        memory = survey.memory()
        if is_first:
            self._let_arrive(memory)
        book = AccountBook()
        prover = Prover(self.gateway, self.read_ms, self.recorder.log)
        readings = [survey.read(strategy) for strategy in self.settings.strategies]
        survey.refuse_forgotten_symbols(memory)
        try:
            for reading in readings:
                prover.prove(reading, memory.get(reading.known.symbol, SymbolMemory()), book)
        except CannotStart as error:
            if self._is_voided(readings, by_us=False):
                return _NEWS  # something happened between two readings: they need not fit
            self._await_history(error, readings)
            return f"{error}; it is tried again, the exchange's history may be late"
        if self._is_voided(readings, by_us=False):
            return _NEWS
        return self._take_over(readings, book, prover.findings, needs_cross=needs_cross)

    def _let_arrive(self, memory: Mapping[str, SymbolMemory]) -> None:
        """Wait until nothing that an earlier life has sent can still be carried out: an order that came after the
        reading would be known to nobody, and its level would be bought twice (C2)."""
        last_ms = max((symbol.last_ms for symbol in memory.values()), default=0)
        wait_ms = min(last_ms + self.settings.arrival_ms - self.clock.now_ms(), self.settings.arrival_ms)
        if wait_ms > 0:
            self.recorder.log.info("%d ms are waited: what was sent last may still be under way", wait_ms)
            self.pause(wait_ms)
            self.news()  # what came meanwhile will be read

    def _await_history(self, error: CannotStart, readings: Sequence[SymbolReading]) -> None:
        """Wait, longer with each time, or give up. Before giving up: let the take-profits that an earlier try has
        placed close what is held now (T3)."""
        self._late_tries += 1
        try:
            if self._late_tries == self.settings.history_tries:
                raise CannotStart(self._truly(str(error))) from error
            self.pause(self.settings.pause_ms * 2 ** (self._late_tries - 1))
        except (CannotStart, ToldToEnd):
            self._cover(readings)
            raise

    def _take_over(
        self, readings: Sequence[SymbolReading], book: AccountBook, findings: Findings, *, needs_cross: bool
    ) -> AccountBook | str:
        """Change what stands into what the book says. From the first cancel on, take-profits are placed whatever
        happens: an account that gives up must not leave positions without (T3)."""
        self._record(findings)
        self._has_changed = True
        self._secured.clear()
        now = self.clock.now_ms()
        for reading in readings:
            if not reading.known.instrument.is_trading:  # its orders stay: those of old cycles are to be known too
                for order in reading.open_orders:
                    self.recorder.record(book.learn_order(order, now))
        protector = Protector(self.gateway, book, self.recorder, self.settings, self.clock)
        try:
            self._change(readings, protector, needs_cross=needs_cross)
            asked_ms = self.clock.now_ms()
            book.learn_wallet(aged(self.gateway.wallet(), self.settings.rest_lag_ms), asked_ms)
        finally:
            for reading in _trading(readings):
                self._secure(reading, protector)
        return _NEWS if self._is_voided(readings, by_us=True) else book

    def _secure(self, reading: SymbolReading, protector: Protector) -> None:
        """Place the take-profits of a symbol, if they are not. Where it is not sure, or was not come to, that its
        orders are cancelled, those that stand are kept: two of them would be one too many."""
        symbol = reading.known.symbol
        if symbol in self._secured:
            return
        try:
            orders = self.gateway.open_orders(symbol)
        except GatewayError as error:
            self.recorder.log.critical("%s: its open orders cannot be read, they stay: %s", symbol, error)
            return
        if any(order.reduce_only and parse_order_name(order.link_id) for order in orders):
            cover_position(self.gateway, self.recorder.log, reading.positions.values(), orders)
        else:
            protector.protect(reading.known)

    def _record(self, findings: Findings) -> None:
        executions = sorted(findings.executions, key=lambda e: e.moment)
        self.recorder.record(Booked(e, parse_order_name(e.link_id)) for e in executions)
        self.recorder.write_ahead(findings.records)

    def _truly(self, message: str) -> str:
        return message.replace(NOTHING_CHANGED, _CHANGED) if self._has_changed else message

    def _cover(self, readings: Sequence[SymbolReading]) -> None:
        if self._has_changed:
            for reading in _trading(readings):
                cover_position(self.gateway, self.recorder.log, reading.positions.values(), reading.open_orders)

    # --- conflict ---

    def _is_voided(self, readings: Sequence[SymbolReading], *, by_us: bool) -> bool:
        """Whether the stream told of anything our reading did not contain, or our own changes did not cause (T5)."""
        sizes = {(r.known.symbol, side): r.positions[side].size for r in readings for side in SIDES}
        symbols = {reading.known.symbol for reading in readings}
        self.told = [event for event in self.news() if isinstance(event, StreamMessage)]
        for event in self.told:
            orders = [o for o in event.orders if not (by_us and _is_our_doing(o))]
            told = {order.symbol for order in orders} | {execution.symbol for execution in event.executions}
            if told & symbols:
                return True
            if any(sizes.get((p.symbol, p.side), p.size) != p.size for p in event.positions):
                return True
        return False

    # --- change ---

    def _change(self, readings: Sequence[SymbolReading], protector: Protector, *, needs_cross: bool) -> None:
        """Cancel what stands and set the modes (T3). Each symbol's take-profits are back before anything else."""
        if needs_cross:
            self._insist("cross margin", self.gateway.set_cross_margin)
        for reading in _trading(readings):
            symbol, leverage = reading.known.symbol, reading.known.leverage
            self._insist(f"{symbol}: cancelling all orders", partial(self.gateway.cancel_all, symbol))
            protector.protect(reading.known)
            self._secured.add(symbol)
            self._insist(f"{symbol}: hedge mode", partial(self.gateway.set_hedge_mode, symbol))
            self._insist(
                f"{symbol}: leverage {plain(leverage)}", partial(self.gateway.set_leverage, symbol, leverage)
            )

    def _insist(self, what: str, command: Callable[[], Outcome]) -> None:
        """Carry out a setting that may be repeated without harm; three tries with back-off (C4)."""
        reason, is_passing = "", True
        for attempt in range(self.settings.safety_tries):
            if attempt:
                self.pause(1_000 * 2 ** (attempt - 1))
            match command():
                case Accepted():
                    return
                case Unknown(unknown):
                    reason = unknown
                case Rejected(refusal, code, text):
                    reason = f"{text} (retCode {code})"
                    is_passing = refusal in _PASSING
                    if not is_passing:
                        break
        raise CannotStart(f"{what} failed: {reason}", is_passing=is_passing)


def _is_our_doing(order: OrderReport) -> bool:
    """Whether a start causes such news itself: orders are cancelled, and take-profits of ours come to stand."""
    return order.status is OrderStatus.CANCELLED or (
        order.status is OrderStatus.WORKING and parse_order_name(order.link_id) is not None
    )


def _trading(readings: Sequence[SymbolReading]) -> list[SymbolReading]:
    """Return those whose contracts trade: in a halted one a cancelled take-profit could not be placed again."""
    return [reading for reading in readings if reading.known.instrument.is_trading]


def _refusal(error: Refused) -> str:
    if error.refusal is Refusal.KEY:
        return f"the API key is refused: {error}"
    return f"the exchange refuses to be read: {error}"
