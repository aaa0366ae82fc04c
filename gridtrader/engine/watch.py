"""What the engine must look at by itself, without being told: late confirmations, the 60-second comparison, the
balance, the risk rate (C3, T6, S6, R1). It decides when to ask; `Enquiry` asks.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from gridtrader.domain.exact import plain
from gridtrader.domain.guards import is_over_limit, over_limit_text, refresh_interval_ms
from gridtrader.domain.known import HoldReason, SymbolKnown
from gridtrader.domain.orders import KnownOrder
from gridtrader.domain.types import SIDES, OrderKind, Side, Wallet
from gridtrader.engine.book import AccountBook, Fact
from gridtrader.engine.enquiry import Enquiry
from gridtrader.engine.errors import StopAccount
from gridtrader.engine.ports import GatewayError, Refusal, Refused
from gridtrader.engine.recorder import Recorder
from gridtrader.engine.settings import EngineSettings

_INSTRUMENT_READINGS = 60
"""The contract's own data are read anew every so many comparisons (an hour): ticks, limits, delisting."""

_DOUBT_MS = 2_000

AGAIN_MS = 3_000
"""A reading just after a stream has come up is made again after so long: what happened shortly before was told to
nobody, and REST may show it late."""

_BACK_OFF_MS = (1_000, 2_000, 4_000, 8_000, 16_000, 30_000)


@dataclass(slots=True)
class Watch:
    """The engine's timers; all times are our clock in ms. Owned by the engine's thread."""

    enquiry: Enquiry
    book: AccountBook
    recorder: Recorder
    settings: EngineSettings
    must_read: bool = False
    """Everything has to be read before the account acts again (reconnect, lost events, doubt)."""
    has_asked: bool = False
    contracts_in_doubt: set[str] = field(default_factory=set)
    """Symbols whose contract is read anew with the next comparison."""
    complete_ms: int = 0
    """When positions and orders were known completely last: a start, or a reading."""
    read_at: int = 0
    is_stream_new: bool = False
    """Whether the next complete reading is the first one since the private stream came up."""
    _wallet_at: int | None = None
    _read_ms: int = -1_000_000
    """When everything was read last."""
    _read_tries: int = 0
    _wallet_tries: int = 0
    _wallet_next: int = 0
    _rated: Wallet | None = None
    _lasts_ms: int = 0
    """How old the rate of the balance `_rated` may become."""
    _comparisons: int = 0
    _other_leverages: dict[str, frozenset[Decimal]] = field(default_factory=dict)
    """What leverage of each symbol the exchange had last that is not ours."""
    _disagreements: int = 0
    _disagreement: str = ""
    _unsettled_since: dict[tuple[str, Side], int] = field(default_factory=dict)

    # --- what is due ---

    def attend(self, now_ms: int) -> Iterator[Fact]:
        """Ask for whatever is due. Raises StopAccount where something critical cannot be had.

        `has_asked` tells afterwards whether more than the balance was asked for.
        """
        self._resolve_unsettled(now_ms)
        self.has_asked = False
        if self.read_at <= now_ms:
            self.has_asked = True
            yield from self._read_all(now_ms)
        for known, order in self.enquiry.overdue(now_ms):
            self.has_asked = True
            yield from self._look_up(known, order)
        self._refresh_wallet(now_ms)

    def next_due(self) -> int:
        """Return when `attend` has something to do next."""
        dues = [self.read_at]
        order_due = self.enquiry.next_due()
        if order_due is not None:
            dues.append(order_due)
        if self._wallet_at is not None:
            dues.append(max(self._wallet_at, self._wallet_next))
        dues.append(self._risk_due())
        dues.extend(since + self.settings.confirm_ms for since in self._unsettled_since.values())
        return min(dues)

    def doubt(self, now_ms: int, why: str) -> None:
        """Have everything read before the account acts again; a flood of doubts reads once in a few seconds."""
        if not self.must_read:
            self.recorder.log.warning("everything is read anew before acting: %s", why)
            self.must_read = True
            self._read_tries = 0
        self.read_at = min(self.read_at, max(now_ms, self._read_ms + _DOUBT_MS))

    # --- single orders ---

    def _look_up(self, known: SymbolKnown, order: KnownOrder) -> Iterator[Fact]:
        try:
            yield from self.enquiry.look_up(known, order)
        except GatewayError as error:
            _stop_on_bad_key(error)
            tries = self.enquiry.postpone(order)
            self.recorder.log.exception("order %s cannot be looked up (try %d)", order.link_id, tries)
            if order.name.slot.kind is OrderKind.TAKE_PROFIT and tries >= self.settings.safety_tries:
                raise StopAccount(
                    f"the fate of take-profit {order.link_id} cannot be learnt: {error}", known.symbol
                ) from error

    # --- everything ---

    def _read_all(self, now_ms: int) -> Iterator[Fact]:
        try:
            yield from self.enquiry.read_all()
        except GatewayError as error:
            _stop_on_bad_key(error)
            self._reading_failed(now_ms, error)
            return
        self.must_read, self._read_tries, self._read_ms = False, 0, now_ms
        self.complete_ms = now_ms
        self._unsettled_since.clear()
        self.read_at = now_ms + (AGAIN_MS if self.is_stream_new else self.settings.reconcile_ms)
        self.is_stream_new = False
        self._judge_agreement(now_ms)
        self._comparisons += 1
        for known in self.book.symbols.values():
            for side in SIDES:
                self.book.forget_orders(known, side)
            is_time = self._comparisons % _INSTRUMENT_READINGS == 0 or known.symbol in self.contracts_in_doubt
            if is_time or HoldReason.NOT_TRADING in known.holds:
                self._read_contract(known)
            self._compare_leverage(known)
        self.contracts_in_doubt.clear()
        self.recorder.compared(self.book)

    def _reading_failed(self, now_ms: int, error: GatewayError) -> None:
        delay = _BACK_OFF_MS[min(self._read_tries, len(_BACK_OFF_MS) - 1)]
        self._read_tries += 1
        self.recorder.log.error("the exchange cannot be read (try %d): %s", self._read_tries, error)
        is_old = now_ms - self.complete_ms >= self.settings.reconcile_ms + self.settings.positions_stop_ms
        if (self.must_read or is_old) and self._read_tries >= self.settings.safety_tries:
            raise StopAccount(f"positions and orders cannot be read: {error}") from error
        self.read_at = now_ms + delay

    def _judge_agreement(self, now_ms: int) -> None:
        """Everything has been read: a position our fills still do not explain is somebody else's doing (S11)."""
        found = self.enquiry.disagreement()
        if found is None:
            self._disagreements = 0
            return
        known, side = found
        half = known.sides[side]
        text = (
            f"{known.symbol} {side.name}: the position has {plain(half.size)}, the bot's fills give "
            f"{plain(half.open_qty)}"
        )
        self._disagreements = self._disagreements + 1 if text == self._disagreement else 1
        self._disagreement = text  # another one each time is an order that fills while we read
        if self._disagreements >= self.settings.disagreement_tries:
            raise StopAccount(f"the position was changed by somebody else: {text}", known.symbol)
        self.recorder.log.warning("%s; read again", text)
        self.read_at = now_ms + _BACK_OFF_MS[min(self._disagreements, len(_BACK_OFF_MS) - 1)]

    def _read_contract(self, known: SymbolKnown) -> None:
        """Renew what the exchange says of the contract and of the account's fees."""
        gateway = self.enquiry.gateway
        try:
            known.instrument = gateway.instrument(known.symbol)
            fees = gateway.fee_rates(known.symbol)
        except GatewayError:
            self.recorder.log.exception("%s: the contract's data cannot be read", known.symbol)
            return
        if known.instrument.is_trading:
            known.holds.discard(HoldReason.NOT_TRADING)
        else:
            known.holds.add(HoldReason.NOT_TRADING)
        if fees is not None and fees != known.fees:
            self.recorder.log.warning("%s: fee rates are now %s", known.symbol, fees)
            known.fees = fees
            known.closing_fee = fees.maker if self.settings.closing_fee_is_maker else fees.taker

    def _compare_leverage(self, known: SymbolKnown) -> None:
        """Say, once, if somebody has changed a symbol's leverage: what orders bind is reckoned with ours (S6)."""
        found = {half.position.leverage for half in known.sides.values() if half.position is not None}
        others = frozenset(leverage for leverage in found if leverage not in (0, known.leverage))
        if others and others != self._other_leverages.get(known.symbol):
            self.recorder.log.warning(
                "%s: the exchange has leverage %s, the bot reckons with %s; set it back, or restart the daemon",
                known.symbol,
                " and ".join(plain(leverage) for leverage in sorted(others)),
                plain(known.leverage),
            )
        self._other_leverages[known.symbol] = others

    # --- fills and position that do not (yet) tell the same ---

    def notice(self, now_ms: int, symbols: Iterable[str]) -> None:
        """Note which sides of these symbols do not (or no longer) add up; called after events."""
        for symbol in symbols:
            known = self.book.symbols.get(symbol)
            if known is None:
                continue
            for side in SIDES:
                if known.is_unsettled(side):
                    self._unsettled_since.setdefault((symbol, side), now_ms)
                else:
                    self._unsettled_since.pop((symbol, side), None)

    def _resolve_unsettled(self, now_ms: int) -> None:
        """Have everything read where a side has not added up for too long."""
        for (symbol, side), since in self._unsettled_since.items():
            if now_ms - since >= self.settings.confirm_ms:
                self.recorder.log.warning(
                    "%s %s: a fill is told by one stream and not by the other; read by REST", symbol, side.name
                )
                self._unsettled_since[symbol, side] = now_ms
                self.read_at = now_ms

    # --- the balance and the risk rate ---

    def want_balance(self, now_ms: int, *, wanted: bool) -> None:
        """Say whether a decision waits for a balance: a push is waited for shortly, then REST is asked."""
        if not wanted:
            self._wallet_at = None
        elif self._wallet_at is None:
            self._wallet_at = now_ms + self.settings.wallet_wait_ms

    @property
    def waits_for_balance(self) -> bool:
        """Whether a decision waits for a balance."""
        return self._wallet_at is not None

    def _risk_due(self) -> int:
        wallet = self.book.wallet
        if wallet is None:
            return self._wallet_next
        if wallet is not self._rated:
            settings = self.settings
            self._lasts_ms = refresh_interval_ms(wallet, settings.mm_threshold, *settings.mm_refresh_ms)
            self._rated = wallet
        return max(self.book.wallet_heard_ms + self._lasts_ms, self._wallet_next)

    def _refresh_wallet(self, now_ms: int) -> None:
        wanted = self._wallet_at is not None and max(self._wallet_at, self._wallet_next) <= now_ms
        if not wanted and self._risk_due() > now_ms:
            return
        try:
            self.enquiry.read_wallet()
        except GatewayError as error:
            _stop_on_bad_key(error)
            self._wallet_failed(now_ms, error)
            return
        self._wallet_tries, self._wallet_at, self._wallet_next = 0, None, now_ms + self.settings.wallet_again_ms

    def _wallet_failed(self, now_ms: int, error: GatewayError) -> None:
        self._wallet_next = now_ms + _BACK_OFF_MS[min(self._wallet_tries, len(_BACK_OFF_MS) - 1)]
        self._wallet_tries += 1
        self.recorder.log.error("the balance cannot be read (try %d): %s", self._wallet_tries, error)
        wallet = self.book.wallet
        is_near = wallet is None or wallet.mm_rate >= self.settings.mm_threshold / 2
        is_old = self.book.wallet_age_ms(now_ms) >= self.settings.balance_stop_ms
        if (is_near or is_old) and self._wallet_tries >= self.settings.safety_tries:
            raise StopAccount(f"the balance cannot be read, and with it the risk rate: {error}") from error

    def attend_risk(self, now_ms: int, symbol: str) -> None:
        """Look at the risk rate only: while the private stream is down nothing else is asked (R1, A5)."""
        self._refresh_wallet(now_ms)
        self.check_risk(symbol)

    def check_risk(self, symbol: str) -> None:
        """Stop the account if its maintenance-margin rate has reached the threshold (R1)."""
        wallet = self.book.wallet
        if wallet is not None and is_over_limit(wallet, self.settings.mm_threshold):
            raise StopAccount(over_limit_text(wallet, self.settings.mm_threshold), symbol)


def _stop_on_bad_key(error: GatewayError) -> None:
    if isinstance(error, Refused) and error.refusal is Refusal.KEY:
        raise StopAccount(f"the API key is refused: {error}") from error
