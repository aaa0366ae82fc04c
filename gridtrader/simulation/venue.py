"""The simulated exchange with everything around its core: who hears of what happens, and what REST remembers when.

After every call that may have changed something, `pump` hands the exchange's events on: first to the judge, who sees
everything at once, then to the accounts' private streams, which take their time.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from gridtrader.domain.types import OrderReport, PositionReport, Wallet
from gridtrader.paper.translate import order_report, position_report, wallet_of
from gridtrader.simulation.hub import Hub
from gridtrader.simulator.core import model
from gridtrader.simulator.core.exchange import Exchange

Listener = Callable[[Sequence[model.Event]], None]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What REST shows of one account at one moment."""

    at_ms: int
    orders: tuple[OrderReport, ...]
    positions: tuple[PositionReport, ...]
    wallet: Wallet


@dataclass(slots=True)
class Memory:
    """How REST remembers one account: late, shortly, or as it is."""

    lag_ms: int = 0
    """REST shows the account as it was so long ago (a window of a fault)."""
    history_lag_ms: int = 0
    """Fills and closed orders appear so much later."""
    keeps_ms: int | None = None
    """Fills and orders older than this are forgotten."""
    snapshots: list[Snapshot] = field(default_factory=list)


class Venue:
    """The exchange, its listeners, and each account's memory."""

    def __init__(self, exchange: Exchange, hub: Hub) -> None:
        self.exchange = exchange
        self._hub = hub
        self.memories: dict[int, Memory] = {}
        self._streams: dict[int, Listener] = {}
        self._judges: dict[int, Listener] = {}

    def open(self, uid: int, judge: Listener) -> Memory:
        """Note an account and who judges it."""
        self._judges[uid] = judge
        memory = self.memories[uid] = Memory()
        return memory

    def listen(self, uid: int, stream: Listener | None) -> None:
        """Send an account's events to a private stream, or to nobody."""
        if stream is None:
            self._streams.pop(uid, None)
        else:
            self._streams[uid] = stream

    def pump(self, deaf: int | None = None) -> None:
        """Hand on what has happened; the stream of the account `deaf` is not told, and never will be."""
        events = self.exchange.drain()
        by_account: dict[int, list[model.Event]] = {}
        for event in events:
            by_account.setdefault(event.uid, []).append(event)
        for uid, theirs in by_account.items():
            self._judges[uid](theirs)
            stream = self._streams.get(uid)
            if stream is not None and uid != deaf:
                stream(theirs)
        for uid, memory in self.memories.items():
            if memory.lag_ms:  # a price alone changes the balance, too
                self._remember(uid)

    # --- a lagging REST ---

    def lag(self, uid: int, lag_ms: int) -> None:
        """Let REST lag behind from now on (0: not any more)."""
        memory = self.memories[uid]
        memory.lag_ms = lag_ms
        memory.snapshots.clear()
        if lag_ms:
            self._remember(uid)

    def _remember(self, uid: int) -> None:
        exchange, memory = self.exchange, self.memories[uid]
        positions = [view for symbol in exchange.instruments for view in exchange.positions(uid, symbol)]
        memory.snapshots.append(
            Snapshot(
                self._hub.now,
                tuple(map(order_report, exchange.open_orders(uid))),
                tuple(position_report(view) for view in positions if view.position_idx),
                wallet_of(exchange.wallet(uid), self._hub.now),
            )
        )

    def past(self, uid: int) -> Snapshot | None:
        """Return what REST shows, if that is not how things are now."""
        memory = self.memories[uid]
        if not memory.lag_ms:
            return None
        until = self._hub.now - memory.lag_ms
        if memory.snapshots[-1].at_ms <= until:
            return None  # nothing has happened since
        shown = [snapshot for snapshot in memory.snapshots if snapshot.at_ms <= until]
        return shown[-1] if shown else memory.snapshots[0]

    def remembered(self, uid: int, rows: Iterable[model.Execution]) -> list[model.Execution]:
        """Return those fills that REST shows now."""
        memory, now = self.memories[uid], self._hub.now
        newest = now - max(memory.history_lag_ms, memory.lag_ms)
        oldest = 0 if memory.keeps_ms is None else now - memory.keeps_ms
        return [row for row in rows if oldest <= row.exec_time <= newest]
