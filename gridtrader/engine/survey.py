"""What a start reads before anything is changed: the account, its files, its symbols - and what it refuses (T3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from gridtrader.domain.decide import new_reference
from gridtrader.domain.exact import plain
from gridtrader.domain.guards import is_over_limit, over_limit_text
from gridtrader.domain.known import HoldReason, Strategy, SymbolKnown
from gridtrader.domain.order_names import parse_order_name
from gridtrader.domain.sizing import SizingError
from gridtrader.domain.types import SIDES, FeeRates, PositionReport, Side
from gridtrader.engine.errors import CannotStart, StopAccount
from gridtrader.engine.history import fills_since_flat, names_of
from gridtrader.engine.journal import SymbolMemory, remember
from gridtrader.engine.ports import Clock, Gateway, MarginMode, Record, Refusal, Refused
from gridtrader.engine.recorder import Recorder
from gridtrader.engine.restore import DAY_MS, SymbolReading
from gridtrader.engine.settings import EngineSettings


@dataclass(slots=True)
class Survey:
    """Reads one account. Changes nothing but the journal's note of whose fills it tells."""

    gateway: Gateway
    recorder: Recorder
    settings: EngineSettings
    clock: Clock
    read_ms: int = 0
    """The exchange's time when the reading began."""

    def check_account(self) -> bool:
        """Check the account's type; returns whether cross margin has to be switched on (T3)."""
        mode = self.gateway.account_mode()
        if not mode.is_unified:
            raise CannotStart("the account is not a unified trading account; upgrade it at the exchange")
        wallet = self.gateway.wallet()  # mandatory: an account whose balance cannot be read does not start
        self.read_ms = wallet.at_ms
        if mode.margin_mode is MarginMode.CROSS:
            if is_over_limit(wallet, self.settings.mm_threshold):
                text = over_limit_text(wallet, self.settings.mm_threshold)
                raise StopAccount(text, mm_rate=wallet.mm_rate)
            return False
        if self.gateway.positions():
            raise CannotStart(
                f"the account is in {mode.margin_mode.value} with positions open; the bot trades cross margin only "
                f"(REGULAR_MARGIN): close the positions or switch by hand"
            )
        return True

    def memory(self) -> Mapping[str, SymbolMemory]:
        records = self.recorder.read_journal()
        self._check_venue(records)
        memory, doubts = remember(records)
        for doubt in doubts:
            self.recorder.log.warning("%s", doubt)
        return memory

    def _check_venue(self, records: Sequence[Record]) -> None:
        """Refuse a folder whose journal tells of another exchange; mark a new one as this exchange's."""
        venues = [str(record["venue"]) for record in records if record.get("kind") == "venue" and "venue" in record]
        venue = self.settings.venue
        if not venues:
            self.recorder.write_ahead([{"kind": "venue", "venue": venue, "at": self.clock.now_ms()}])
        elif venues[-1] != venue:
            raise CannotStart(
                f"this account's folder holds the journal of trading on {venues[-1]!r}, this is {venue!r}: use "
                f"another --accounts-dir, or move the folder away"
            )

    def read(self, strategy: Strategy) -> SymbolReading:
        symbol = strategy.symbol
        try:
            instrument = self.gateway.instrument(symbol)
        except Refused as error:
            if error.refusal is not Refusal.INVALID:
                raise
            raise CannotStart(f"symbol {symbol}: the exchange does not know it: {error}") from error
        fees = self._fees(symbol)
        known = SymbolKnown(
            strategy=strategy,
            instrument=instrument,
            fees=fees,
            closing_fee=fees.maker if self.settings.closing_fee_is_maker else fees.taker,
            leverage=min(strategy.leverage, instrument.max_leverage),
        )
        known.quote, known.quoted_ms = self.gateway.quote(symbol), self.clock.now_ms()
        positions = self._positions(symbol)
        is_flat = not any(report.size for report in positions.values())
        if not instrument.is_trading:
            self._hold_back(known, is_flat=is_flat)
        self._check_sizing(known, is_flat=is_flat)
        return SymbolReading(known, positions, tuple(self.gateway.open_orders(symbol)))

    def _hold_back(self, known: SymbolKnown, *, is_flat: bool) -> None:
        """Refuse a contract that does not trade; one in which we hold something is looked after all the same."""
        if is_flat:
            raise CannotStart(
                f"symbol {known.symbol} is not trading at the exchange; take it out of the configuration"
            )
        known.holds.add(HoldReason.NOT_TRADING)
        self.recorder.log.critical(
            "%s is not trading at the exchange: nothing new is opened, its orders stay as they are", known.symbol
        )

    def _check_sizing(self, known: SymbolKnown, *, is_flat: bool) -> None:
        """Refuse a configuration whose quantities would not rise (S1); a ladder that runs keeps its own."""
        try:
            new_reference(known)
        except SizingError as error:
            if is_flat:
                raise CannotStart(str(error)) from error
            self.recorder.log.warning("the running ladder is kept, a new one could not be opened: %s", error)

    def _fees(self, symbol: str) -> FeeRates:
        fees = self.gateway.fee_rates(symbol)
        if fees is not None:
            return fees
        fallback = self.settings.fallback_fees
        self.recorder.log.warning(
            "%s: the exchange does not tell the account's fee rates, the configured ones are used: maker %s taker %s",
            symbol,
            plain(fallback.maker),
            plain(fallback.taker),
        )
        return fallback

    def _positions(self, symbol: str) -> dict[Side, PositionReport]:
        try:
            return {report.side: report for report in self.gateway.positions_of(symbol)}
        except Refused as error:
            if error.refusal is not Refusal.INVALID:
                raise
        if any(report.symbol == symbol for report in self.gateway.positions()):
            raise CannotStart(
                f"symbol {symbol} is in one-way mode with a position open; close it, or switch the symbol to hedge "
                f"mode by hand"
            )
        zero = Decimal(0)
        return {side: PositionReport(symbol, side, zero, zero, zero, -1, 0) for side in SIDES}

    def refuse_forgotten_symbols(self, memory: Mapping[str, SymbolMemory]) -> None:
        """Refuse if a symbol that is configured no more still has a position of ours, or orders (T3)."""
        configured = {strategy.symbol for strategy in self.settings.strategies}
        for symbol in sorted({report.symbol for report in self.gateway.positions()} - configured):
            now = self.read_ms
            known = dict(memory[symbol].executions) if symbol in memory else {}
            for execution in self.gateway.executions(symbol, now - 7 * DAY_MS, now + DAY_MS):
                known.setdefault(execution.exec_id, execution)
            sizes = {report.side: report.size for report in self.gateway.positions() if report.symbol == symbol}
            parts = [fills_since_flat(tuple(known.values()), side, size) for side, size in sizes.items()]
            ours = any(names_of(part.executions) for part in parts)
            if ours:
                raise CannotStart(
                    f"symbol {symbol} is not configured any more but has a position this bot opened; put it back "
                    f"into the configuration, or close the position and cancel the symbol's orders by hand"
                )
            self.recorder.log.warning("%s has a position that is not the bot's business", symbol)
        self._refuse_forgotten_orders(sorted(memory.keys() - configured))

    def _refuse_forgotten_orders(self, symbols: Sequence[str]) -> None:
        """An order that fills in a symbol nobody looks after would have no take-profit."""
        for symbol in symbols:
            try:
                names = [report.link_id for report in self.gateway.open_orders(symbol)]
            except Refused as error:
                if error.refusal is not Refusal.INVALID:
                    raise
                continue  # the contract is gone, and its orders with it
            ours = [name for name in names if parse_order_name(name) is not None]
            if ours:
                some = ", ".join(ours[:3]) + (", …" if len(ours) > 3 else "")
                raise CannotStart(
                    f"symbol {symbol} is not configured any more but has {len(ours)} resting orders of this bot "
                    f"({some}); put it back into the configuration, or cancel them by hand"
                )
