"""`orderFilter`: which kinds of orders a request means (Bybit V5 docs, "Cancel All Orders").

Of the five kinds that V5 knows only two exist for linear contracts: orders in the book, and conditional orders that
wait for their trigger. Without a filter both are meant.
"""

from dataclasses import dataclass
from typing import Final

from gridtrader.simulator.core.model import Order, OrderStatus
from gridtrader.simulator.server.params import Params

ACTIVE: Final = "Order"
CONDITIONAL: Final = "StopOrder"
SPOT_ONLY: Final = ("tpslOrder", "OcoOrder", "BidirectionalTpslOrder")
FILTERS: Final = ("", ACTIVE, CONDITIONAL, *SPOT_ONLY)
STOP: Final = "Stop"
STOP_ORDER_TYPES: Final = (
    *("", STOP, "TakeProfit", "StopLoss", "TrailingStop", "PartialTakeProfit", "PartialStopLoss"),
    *("tpslOrder", "OcoOrder", "MmRateClose", "BidirectionalTpslOrder"),
)


@dataclass(frozen=True, slots=True)
class Kinds:
    """The kinds that are meant."""

    active: bool
    conditional: bool

    @classmethod
    def asked(cls, params: Params) -> "Kinds":
        """Read `orderFilter`, and `stopOrderType`, which narrows conditional orders. Raises Reject 10001."""
        kind = params.choice("orderFilter", FILTERS, "")
        stop_type = params.choice("stopOrderType", STOP_ORDER_TYPES, "")
        is_stop_meant = kind == "" or stop_type in ("", STOP)
        return cls(kind in ("", ACTIVE), kind in ("", CONDITIONAL) and is_stop_meant)

    def hold(self, order: Order) -> bool:
        """Whether an order is meant; a conditional order that has triggered and rests is in the book."""
        is_open = not order.status.is_final
        waits = order.status is OrderStatus.UNTRIGGERED if is_open else order.trigger_price is not None
        return self.conditional if waits else self.active
