"""One contract's side of the exchange: its rules, its market, the orders waiting in it and who holds it."""

from dataclasses import replace
from decimal import Decimal
from typing import Final

from gridtrader.simulator.core import rejections
from gridtrader.simulator.core.calm import Band
from gridtrader.simulator.core.model import ZERO, Instrument, Order, Quote, Reject
from gridtrader.simulator.core.price_band import PremiumAverage, price_band
from gridtrader.simulator.core.resting import Approach, PriceQueue

TRADING: Final = "Trading"
DELIVERING: Final = "Delivering"
CLOSED: Final = "Closed"
STATUSES: Final = ("PreLaunch", TRADING, DELIVERING, CLOSED)

_PRICE_DECIMALS: Final = 8
_DECIMALS_BELOW_TICK: Final = 3

TriggerKey = tuple[str, int]
"""(triggerBy, triggerDirection)"""


class Contract:
    """A perpetual while it is traded. No order of one user ever meets an order of another here."""

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.symbol = instrument.symbol
        self.resting = {"Buy": PriceQueue(Approach.FROM_ABOVE), "Sell": PriceQueue(Approach.FROM_BELOW)}
        self.triggers: dict[TriggerKey, PriceQueue] = {}
        """Queues of untriggered conditional orders; only those that ever held one."""
        self.holders: set[int] = set()
        """Uids of the accounts with a position."""
        self.exposed: set[int] = set()
        """Uids of the accounts that need margin here, for a position or for opening orders."""
        self.calm: Band | None = None
        """Mark prices at which none of them can be liquidated; None: not known."""
        self.mark = ZERO
        self._quote: Quote | None = None
        self._quoted_at = 0
        self._premium = PremiumAverage()
        self._price_limits: tuple[Decimal, Decimal] | None = None
        """Those of the latest quote; None until somebody asks."""
        self._rank = 0
        decimals = -int(instrument.tick_size.normalize().as_tuple().exponent)
        self.price_quantum = Decimal(1).scaleb(-max(_PRICE_DECIMALS, decimals + _DECIMALS_BELOW_TICK))
        """Averages of prices are shown to this precision: 8 decimals, more where the tick is very small."""

    @property
    def can_match(self) -> bool:
        """Whether orders execute: while trading, and before delivery, when positions may still be reduced."""
        return self._quote is not None and self.instrument.status in (TRADING, DELIVERING)

    @property
    def quote(self) -> Quote:
        """The market now. Raises Reject 110074 as long as there has been none."""
        if self._quote is None:
            raise Reject(*rejections.NOT_LIVE)
        return self._quote

    def move(self, quote: Quote, now: int) -> None:
        """Set the market. Raises ValueError if a price is not above 0 or bid > ask."""
        bid, ask, mark = quote.bid, quote.ask, quote.mark
        if not (ZERO < bid <= ask and mark > ZERO and quote.last > ZERO and quote.index > ZERO):
            raise ValueError(f"{self.symbol}: no market: {quote}; all prices must be above 0 and bid ≤ ask")
        self._quote = quote
        self.mark = mark
        self._quoted_at = now
        self._premium.feed(quote, now)
        self._price_limits = None

    def set_status(self, status: str) -> None:
        """Raises ValueError if the status is not one of Bybit's."""
        if status not in STATUSES:
            raise ValueError(f"{self.symbol}: status {status!r}; allowed are {', '.join(STATUSES)}")
        self.instrument = replace(self.instrument, status=status)

    @property
    def is_calm(self) -> bool:
        """Whether the mark price is known to endanger nobody."""
        calm = self.calm
        return calm is not None and calm.low < self.mark < calm.high

    def price_limits(self) -> tuple[Decimal, Decimal]:
        """Return (highest buy price, lowest sell price) of the price band as of the latest quote."""
        if self._price_limits is None:
            self._price_limits = price_band(self.instrument, self.quote, self._premium.doubled(self._quoted_at))
        return self._price_limits

    def price_of(self, trigger_by: str) -> Decimal:
        """Return the price that `triggerBy` names."""
        quote = self.quote
        return {"LastPrice": quote.last, "MarkPrice": quote.mark, "IndexPrice": quote.index}[trigger_by]

    def rest(self, order: Order, *, rank: int | None = None) -> None:
        """Put a limit order into its queue, behind all others of its price unless it keeps an old `rank`."""
        self.resting[order.side].add(
            order.order_id, order.uid, order.price, self._next_rank() if rank is None else rank
        )

    def arm(self, order: Order) -> None:
        """Let a conditional order wait for its trigger price."""
        assert order.trigger_price is not None
        key = (order.trigger_by, order.trigger_direction)
        if key not in self.triggers:
            self.triggers[key] = PriceQueue(
                Approach.FROM_BELOW if order.trigger_direction == 1 else Approach.FROM_ABOVE
            )
        self.triggers[key].add(order.order_id, order.uid, order.trigger_price, self._next_rank())

    def forget(self, order: Order) -> None:
        """Take an order out of whatever queue it waits in."""
        if not self.resting[order.side].remove(order.order_id) and order.trigger_price is not None:
            self.triggers[order.trigger_by, order.trigger_direction].remove(order.order_id)

    def _next_rank(self) -> int:
        self._rank += 1
        return self._rank
