"""Laws of the moment in which a command leaves: does the bot see (A5), has it a price, is it written down (T4, C2)?

What the bot has not been told yet excuses it, and so does what came while its pass was already sending; nothing else
does.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from gridtrader.audit.books import BookOrder, name_of
from gridtrader.audit.silence import Request, Silence
from gridtrader.audit.terms import quantity
from gridtrader.daemon.session import Phase
from gridtrader.domain.order_names import OrderName
from gridtrader.domain.types import Amendment, NewOrder, OrderKind
from gridtrader.engine.ports import Record
from gridtrader.simulation.hub import Hub
from gridtrader.simulation.life import Life, SimAccount
from gridtrader.simulation.machine import Disk

Command = NewOrder | Amendment | str

_REQUESTS: Final = {
    "place": Request.PLACE,
    "amend": Request.AMEND,
    "cancel": Request.CANCEL,
    "cancel all": Request.CANCEL_ALL,
    "setting": Request.SETTING,
}


class Conduct:
    """One account's commands, over all its lives."""

    def __init__(self, account: SimAccount, hub: Hub) -> None:
        self._account = account
        self._hub = hub
        self._decided = _Decided()
        self.silence = Silence(patience_ms=60_000)

    def begun(self) -> Iterator[str]:
        """Give what is wrong with a new life: despite an emergency file only to carry on what a death cut short."""
        disk = self._account.disk
        if disk.emergency is not None:
            self.silence.carried_on(self._hub.now)
            if disk.stop_is_concluded:
                yield "R3: the account begins anew, and its emergency file is there"

    def sent(self, command: str, what: Command) -> Iterator[str]:
        """Give what is wrong with a command that leaves now."""
        yield from self.silence.sent(self._hub.now, _REQUESTS[command], [_called(what)])
        life = self._account.life
        if life is None or self._account.disk.emergency is not None or life.engine.emergency_stopped:
            return  # what may still be sent then is another law's business (R2)
        life.sight.acts()
        if life.phase is Phase.TRADING:
            yield from self._sees(life, command, what)
        elif command == "cancel all" and what in life.sight.outdated:
            yield f"{what}: T5: its orders are cancelled, and a fill was told after its positions had been read"
        if isinstance(what, NewOrder):
            yield from self._is_written(what)
        if not isinstance(what, str) and _adds_exposure(what):
            yield from self._has_price(life, what)

    def is_anew(self, order: BookOrder) -> bool:
        """Whether an opening order belongs to a new ladder: its cycle and q(0) were decided together (S2, S3)."""
        if order.name is None or order.reduce_only:
            return False
        side = order.name.slot.side.name
        for group in reversed(self._account.disk.journal):
            mine = [record for record in group if record.get("symbol") == order.symbol]
            if any(record["kind"] == "cycle" and record["side"] == side for record in mine):
                return any(record["kind"] == "ladder" for record in mine)
        return True

    # --- sight ---

    @staticmethod
    def _sees(life: Life, command: str, what: Command) -> Iterator[str]:
        sight = life.sight
        if sight.is_blind:
            yield f"A5: {command} {_called(what)} was sent while the private stream was known to be down"
        elif sight.owed:
            missing, symbol = next(iter(sight.owed))
            yield f"A5: {command} {_called(what)} was sent before {missing} of {symbol} had been read anew"

    def _has_price(self, life: Life, what: NewOrder | Amendment) -> Iterator[str]:
        if what.symbol in life.sight.prices_down:
            yield f"{what.symbol}: A5: {what.link_id} opens while the price stream is known to be down"
        age, most = life.sight.price_age_ms(what.symbol), self._account.plan.settings.quote_max_age_ms
        if self._account.clock.has_gone_back:
            most += most // 10  # the bot's clock goes a twentieth slower until the machine's has caught up
        if age is None or age > most:
            yield f"{what.symbol}: A5: {what.link_id} opens on a price that is {age} ms old, {most} at most"

    # --- what is on disk before it happens ---

    def _is_written(self, order: NewOrder) -> Iterator[str]:
        disk, name = self._account.disk, name_of(order.link_id)
        if name is None:
            yield f"{order.symbol}: C2: {order.link_id} is no name of the bot's"
            return
        if disk.is_full:
            if name.slot.kind.opens:
                yield f"{order.symbol}: section 7: {order.link_id} opens while the journal cannot be written"
            return
        if not any(order.link_id in str(record.get("names", "")).split() for record in _newest_first(disk)):
            yield f"{order.symbol}: C2: {order.link_id} leaves, and its name is not in the journal"
        if name.slot.kind.opens:
            yield from self._is_decided(order, name)

    def _is_decided(self, order: NewOrder, name: OrderName) -> Iterator[str]:
        """The decision behind an opening order is on disk: how many levels open at once, and q(0) (S2, S8)."""
        slot, symbol, disk = name.slot, order.symbol, self._account.disk
        cycle = self._decided.last(disk, "cycle", symbol, slot.side.name)
        if cycle is None or cycle["number"] != slot.cycle:
            yield f"{symbol}: S8: {order.link_id} leaves, and its cycle is not in the journal"
        elif (slot.level < int(str(cycle["immediate"]))) != (slot.kind is OrderKind.ENTRY):
            yield f"{symbol}: S8: {order.link_id} leaves, the journal has {cycle['immediate']} levels at once"
        ladder = self._decided.last(disk, "ladder", symbol)
        if ladder is None:
            yield f"{symbol}: S2: {order.link_id} leaves, and no q(0) is in the journal"
            return
        first, multiplier = Decimal(str(ladder["q0"])), Decimal(str(ladder["multiplier"]))
        step = self._account.venue.exchange.instruments[symbol].qty_step
        wanted = quantity(first, slot.level, multiplier, step)
        if order.qty > wanted:
            yield f"{symbol}: S2: {order.link_id} leaves with {order.qty}, the journal's ladder has {wanted}"


def _newest_first(disk: Disk) -> Iterator[Record]:
    for group in reversed(disk.journal):
        yield from reversed(group)


class _Decided:
    """The newest decision of each kind in a journal, kept while the journal only grows."""

    def __init__(self) -> None:
        self._count = 0
        self._newest: tuple[Record, ...] = ()
        self._found: dict[tuple[object, object, object], Record] = {}

    def last(self, disk: Disk, kind: str, symbol: str, side: str | None = None) -> Record | None:
        """Return the newest record of a kind, of a side if one is given."""
        journal = disk.journal
        if len(journal) < self._count or (self._count and journal[self._count - 1] is not self._newest):
            self._count = 0
            self._found.clear()  # torn, or begun anew
        for group in journal[self._count :]:
            for record in group:
                if record["kind"] in ("cycle", "ladder"):
                    self._found[record["kind"], record["symbol"], record.get("side")] = record
        self._count, self._newest = len(journal), journal[-1] if journal else ()
        return self._found.get((kind, symbol, side))


def _adds_exposure(what: NewOrder | Amendment) -> bool:
    """Whether a command opens, or moves something that opens nearer to the market."""
    if isinstance(what, NewOrder):
        return not what.reduce_only
    name = name_of(what.link_id)
    return what.price is not None and name is not None and name.slot.kind.opens


def _called(what: Command) -> str:
    return what if isinstance(what, str) else what.link_id
