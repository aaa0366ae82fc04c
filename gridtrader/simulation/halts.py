"""Laws of stopping: who must stop (R1, S11), what a stop leaves behind (R2), and how a start gives up (T3)."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

from gridtrader.audit.books import BookOrder
from gridtrader.daemon.session import Phase
from gridtrader.domain.types import NewOrder
from gridtrader.paper.translate import INDEX
from gridtrader.simulation.hub import Hub
from gridtrader.simulation.life import Life, SimAccount
from gridtrader.simulation.trouble import Trouble

RATE_LATE_MS: Final = 15_000
"""How much later than its own refresh the bot may learn of a rate: a price, and an answer on its way."""

STRANGER_MS: Final = 30_000
"""How long the bot may take, in peace, to see that somebody else has changed a position."""

FILE_MS: Final = 15_000
"""How long an emergency file may be missing once the disk takes it: it is tried again every 5 s."""

_REMEMBERED_MS: Final = 120_000
"""A rate that was over the threshold so lately is a just reason to stop."""


class Halts:
    """One account's stops and failed starts, over all its lives."""

    def __init__(self, account: SimAccount, hub: Hub, trouble: Trouble) -> None:
        self._account = account
        self._hub = hub
        self._trouble = trouble
        self._over_ms: int | None = None
        """When the rate was at or over the threshold last."""
        self._over_since: int | None = None
        """Since when it has been, in peace; None while it is not."""
        self._stranger: tuple[Life, int] | None = None
        """In which life somebody else changed the position, and when, in peace."""
        self._withdrawn: set[str] = set()
        """Names that a cancel was sent for in this life."""
        self._bare: dict[str, bool | None] = {}
        """Symbols all of whose orders were cancelled in this start, take-profits not sent since. Whether its orders
        could be read since; None: it was not tried."""
        self._fileless_ms: int | None = None
        self._is_calm = False
        """Whether nothing stood in the way of the last stop."""
        self.carries_on = False
        """Whether this life is there only to withdraw what the one before could not (R2)."""

    # --- what happens ---

    def rate(self, rate: Decimal) -> None:
        """Take in the account's maintenance-margin rate."""
        if rate < self._account.plan.settings.mm_threshold:
            self._over_since = None
            return
        self._over_ms = self._hub.now
        if self._over_since is None:
            self._over_since = self._trouble.peace_ms

    def stranger(self) -> None:
        """Note that somebody else has changed a position; a bot that trades must stop for it (S11)."""
        life = self._account.life
        if self._stranger is None and life is not None and life.phase is Phase.TRADING:
            self._stranger = (life, self._trouble.peace_ms)

    def declared(self) -> None:
        """Note that an emergency stop begins: its file is there."""
        self._is_calm = not self._trouble.is_on

    def begun(self) -> None:
        """Note that a new life begins."""
        self._withdrawn.clear()
        self._bare.clear()
        self._is_calm = False
        self.carries_on = self._account.disk.emergency is not None
        self._stranger = self._fileless_ms = None

    def sent(self, command: str, what: object) -> None:
        """Take in a command that leaves."""
        if command == "cancel":
            self._withdrawn.add(str(what))
        elif command == "cancel all":
            self._bare[str(what)] = None
        elif isinstance(what, NewOrder) and what.reduce_only:
            self._bare.pop(what.symbol, None)

    def looks(self, what: str, symbol: str, is_answered: bool) -> None:
        """Take in a question by REST, or its answer."""
        if what == "open orders" and symbol in self._bare:
            self._bare[symbol] = is_answered

    @property
    def was_over(self) -> bool:
        """Whether the rate has been at or over the threshold just now (R1)."""
        return self._over_ms is not None and self._hub.now - self._over_ms <= _REMEMBERED_MS

    # --- judging ---

    def tick(self) -> Iterator[str]:
        """Give who should have stopped, and has not."""
        life = self._account.life
        if life is None:
            return
        if life.phase is Phase.TRADING and not life.engine.emergency_stopped:
            yield from self._must_stop(life)
        elif self._fileless_ms is not None:
            yield from self._must_be_written()

    def _must_stop(self, life: Life) -> Iterator[str]:
        peace = self._trouble.peace_ms
        late = self._account.plan.settings.mm_refresh_ms[1] + RATE_LATE_MS
        if self._over_since is not None and peace - self._over_since > late:
            yield f"R1: the maintenance-margin rate is over the threshold for {peace - self._over_since} ms"
        if self._stranger is not None and self._stranger[0] is life and peace - self._stranger[1] > STRANGER_MS:
            yield f"S11: somebody else changed a position {peace - self._stranger[1]} ms ago, and the bot trades on"

    def stopped(self, orders: Mapping[str, Mapping[str, BookOrder]]) -> Iterator[str]:
        """Give what an emergency stop has left undone; `orders` are those still open, by symbol."""
        self._over_since = self._stranger = None
        if self._account.disk.emergency is None:
            self._fileless_ms = self._hub.now
            yield from self._must_be_written()
        if not self._is_calm or not self._account.plan.settings.cancel_opening_on_emergency:
            return  # best effort
        for mine in orders.values():
            for order in mine.values():
                if order.name is not None and order.name.slot.kind.opens:
                    name = order.name.encode()
                    if name not in self._withdrawn:
                        yield f"{order.symbol}: R2: {name} was not withdrawn by the emergency stop"

    def disk_freed(self) -> None:
        """Note that files can be written again: the bot tries now and then."""
        if self._fileless_ms is not None:
            self._fileless_ms = self._hub.now + FILE_MS

    def _must_be_written(self) -> Iterator[str]:
        disk = self._account.disk
        if disk.emergency is not None:
            self._fileless_ms = None
        elif disk.is_full:
            self._fileless_ms = self._hub.now + FILE_MS
        elif self._fileless_ms is not None and self._hub.now >= self._fileless_ms:
            yield "R2: the account is in emergency stop, and there is no file of it"

    def failed(self, orders: Mapping[str, Mapping[str, BookOrder]]) -> Iterator[str]:
        """Give which positions a start that gave up has left bare after cancelling their orders (T3)."""
        exchange, uid = self._account.venue.exchange, self._account.uid
        for symbol, is_answered in self._bare.items():
            if is_answered is False or exchange.instruments[symbol].status != "Trading":
                continue  # it could not look: what stands is kept
            closing = {order.leg for order in orders[symbol].values() if order.reduce_only}
            for view in exchange.positions(uid, symbol):
                if view.size and view.position_idx in INDEX.values() and view.position_idx not in closing:
                    yield f"{symbol}: protection: the start gave up, and leg {view.position_idx} has no take-profit"
