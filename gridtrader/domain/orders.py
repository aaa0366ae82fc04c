"""What is known of each order of ours, from the moment it is decided to the moment it is gone.

One table says which news moves an order where (`_MOVES`); news that is older than what is known, doubled or late,
moves nothing. A final order never comes back.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum

from gridtrader.domain.exact import ZERO
from gridtrader.domain.order_names import OrderName
from gridtrader.domain.types import OrderReport, OrderStatus, Side


class Phase(Enum):
    """Where an order is in its life, as far as anybody can know."""

    SENT = "sent"
    """Handed to the network; perhaps acknowledged; not yet seen on the stream (S10)."""
    UNKNOWN = "unknown"
    """The outcome of sending it is not known: it must be looked up by name (C3)."""
    ABSENT = "absent"
    """Refused, or looked up and not there: nothing stands, and the same name may be sent again."""
    WORKING = "working"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    """Acknowledged and then thrown out by the exchange: the name is used up."""

    __hash__ = object.__hash__  # members are unique; Enum's own hashes the name, in Python, each time

    def __init__(self, word: str) -> None:
        self.is_final = word in ("filled", "cancelled", "rejected")
        self.is_sent = word in ("sent", "unknown")
        """Whether it has been sent, and nobody knows yet what has come of it."""
        self.may_execute = self.is_sent or word == "working"
        """Whether the order may stand on the exchange, as far as is known."""


_MOVES: dict[OrderStatus, Phase] = {
    OrderStatus.WORKING: Phase.WORKING,
    OrderStatus.FILLED: Phase.FILLED,
    OrderStatus.CANCELLED: Phase.CANCELLED,
    OrderStatus.REJECTED: Phase.REJECTED,
}


class ChangeKind(Enum):
    AMEND = "amend"
    CANCEL = "cancel"


@dataclass(slots=True)
class Change:
    """A command about a standing order that the stream has not yet confirmed."""

    kind: ChangeKind
    sent_ms: int
    is_unknown: bool = False


@dataclass(slots=True)
class KnownOrder:
    """One order of ours. Prices and quantities are the exchange's where it has told them, else what was asked.

    `price` and `qty` (total, filled part included) are what stands; `asked_price` is what was last asked for: where
    the exchange moved a price into its band, the two differ and the order is left alone (S4).
    """

    name: OrderName
    link_id: str
    price: Decimal
    qty: Decimal
    phase: Phase
    sent_ms: int
    """When it was last sent, or found; our clock."""
    asked_price: Decimal
    order_id: str = ""
    created_ms: int = 0
    """The exchange's time of creation."""
    filled: Decimal = ZERO
    """Executed, as order reports say."""
    seen: Decimal = ZERO
    """Executed, as the executions we have say."""
    margin: Decimal = ZERO
    """What it binds while nothing of it has executed (opening orders)."""
    confirmed_ms: int = 0
    """Exchange time of the first report of it; 0 before."""
    updated_ms: int = 0
    priced_ms: int = 0
    """When its price was last set; our clock."""
    change: Change | None = None
    asked_qty: Decimal | None = None
    """The total quantity last asked for by an amendment."""
    is_ask_refused: bool = False
    """Whether that amendment was refused."""
    is_meddled: bool = False
    """Whether its price, or an opening order's quantity, has changed though we had not asked for that: by hand (T6).
    A closing order is cut by the exchange itself where the position does not carry it."""
    name_is_used: bool = False
    """The exchange calls the name a duplicate: if it cannot show the order either, the name is used up (C2)."""
    is_withdrawn: bool = False
    """Whether we have asked for its end."""
    amend_refused: bool = False
    """The exchange would not amend it: it has to be cancelled and placed anew (S7)."""
    side: Side = field(init=False)

    def __post_init__(self) -> None:
        self.side = self.name.slot.side

    @property
    def leaves(self) -> Decimal:
        """What is still open of it."""
        return self.qty - self.filled

    @property
    def total_at_most(self) -> Decimal:
        """The most its total quantity may be: an amendment whose fate is open may have raised it already."""
        if self.change is None or self.change.kind is not ChangeKind.AMEND or self.asked_qty is None:
            return self.qty
        return max(self.qty, self.asked_qty)

    @property
    def has_unseen_fills(self) -> bool:
        return self.filled > self.seen

    @property
    def is_in_flight(self) -> bool:
        """Whether a command about it waits for its confirmation."""
        return self.change is not None or self.phase.is_sent

    @property
    def is_being_cancelled(self) -> bool:
        """Whether its cancel is under way: it may stand or not."""
        return self.change is not None and self.change.kind is ChangeKind.CANCEL

    def learn(self, report: OrderReport) -> bool:
        """Take in what the exchange says of this order; returns whether anything changed.

        Reports come in any order and more than once: a final phase stays, the filled quantity never falls, price
        and quantity are taken from the newest report. One that was taken for filled, since its executions came to the
        total known, works on if a newer report says so with a larger total.
        """
        before = (self.phase, self.filled, self.price, self.qty, self.change is None)
        self.order_id = self.order_id or report.order_id
        self.created_ms = self.created_ms or report.created_ms
        if not self.confirmed_ms:
            self.confirmed_ms = report.updated_ms
        self.filled = max(self.filled, report.filled_qty)
        is_over = self.phase.is_final and not self._lives_on(report)
        if is_over or report.updated_ms < self.updated_ms:
            return before != (self.phase, self.filled, self.price, self.qty, self.change is None)
        if self.change is None and self.phase is Phase.WORKING:
            is_resized = report.qty != self.qty and self.name.slot.kind.opens
            self.is_meddled |= is_resized or report.price != self.price
        self._settle_change(report)
        self.updated_ms = report.updated_ms
        self.phase = _MOVES[report.status]
        self.price = report.price
        self.qty = report.qty
        return before != (self.phase, self.filled, self.price, self.qty, self.change is None)

    def _lives_on(self, report: OrderReport) -> bool:
        is_more = report.status is OrderStatus.WORKING and report.qty > max(self.qty, self.seen)
        return self.phase is Phase.FILLED and is_more and report.updated_ms > self.updated_ms

    def give_up_change(self) -> None:
        """Forget a pending command: what stands is known, whether the command took effect or not."""
        if self.change is not None:
            if self.change.is_unknown:  # it may never have arrived
                self.asked_qty = None
            self.change, self.asked_price = None, self.price

    def _settle_change(self, report: OrderReport) -> None:
        """Forget a pending command that this report answers."""
        if self.change is None:
            return
        moved = report.price != self.price or report.qty != self.qty
        if report.status.is_final or (self.change.kind is ChangeKind.AMEND and moved):
            self.change, self.is_meddled = None, False
