"""What stands at the exchange, in the words of the laws: one account's open orders, and what each was asked at."""

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Final

from gridtrader.audit.books import BookFill, BookOrder
from gridtrader.domain.types import OrderKind
from gridtrader.simulation.bookkeeping import book_fill, book_order
from gridtrader.simulator.core import model

_REMEMBERED: Final = 1_000
"""More orders than an account ever has open."""


class OpenOrders:
    """Fed with the exchange's events. Orders of other symbols than these concern nobody."""

    def __init__(self, symbols: Iterable[str]) -> None:
        self._orders: dict[str, dict[str, BookOrder]] = {symbol: {} for symbol in symbols}
        self._entries: dict[str, BookOrder] = {}
        self._asked: dict[str, Decimal] = {}
        """The price each of the last orders was sent with: the exchange may have moved it into its band."""

    @property
    def orders(self) -> Mapping[str, Mapping[str, BookOrder]]:
        """The open orders by symbol and id."""
        return self._orders

    @property
    def entries(self) -> Collection[BookOrder]:
        """The entries among them (S3)."""
        return self._entries.values()

    def of(self, symbols: Iterable[str]) -> list[BookOrder]:
        return [order for symbol in symbols for order in self._orders[symbol].values()]

    def is_new(self, order: model.Order) -> bool:
        """Whether the exchange has not told of an order before."""
        orders = self._orders.get(order.symbol)
        is_old = order.created_time < order.updated_time
        return orders is not None and order.order_id not in orders and not is_old

    # --- what is told ---

    def asked(self, link_id: str, price: Decimal) -> None:
        """Note the price that a command bears."""
        self._asked[link_id] = price
        if len(self._asked) > _REMEMBERED:
            del self._asked[next(iter(self._asked))]

    def book(self, order: model.Order, leaves: Decimal) -> BookOrder:
        """Return an order with `leaves` open in the laws' words."""
        asked = self._asked.get(order.order_link_id)
        return book_order(order, leaves, None if asked == order.price else asked)

    def fill(self, execution: model.Execution) -> BookFill:
        """Return a fill in the laws' words."""
        return book_fill(execution, self._asked.get(execution.order_link_id))

    def enter(self, order: BookOrder) -> None:
        """Note an open order, or what has become of it; its symbol must be one of these."""
        self._orders[order.symbol][order.order_id] = order
        if order.name is not None and order.name.slot.kind is OrderKind.ENTRY:
            self._entries[order.order_id] = order

    def gone(self, symbol: str, order_id: str) -> BookOrder | None:
        """Note that an order is over; returns it as it was known, if it was."""
        self._entries.pop(order_id, None)
        return self._orders[symbol].pop(order_id, None)
