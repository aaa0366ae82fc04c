"""The laws beside an in-process exchange: told of every fill and every command at the moment it happens."""

from collections.abc import Iterable
from decimal import Decimal

from gridtrader.audit.books import Books
from gridtrader.audit.laws import Laws, Terms
from gridtrader.simulation.bookkeeping import book_fill, book_order
from gridtrader.simulator.core import model
from gridtrader.simulator.core.exchange import Exchange


class Witness:
    """What breaks the laws in the life of one account of an `Exchange`, from its first order on.

    `broken` is what was found when it happened; `quiet` judges the moment.
    """

    def __init__(self, exchange: Exchange, uid: int, terms: Iterable[Terms], grace_ms: int = 1_000) -> None:
        self.exchange = exchange
        self.uid = uid
        self.laws = Laws(terms, grace_ms=grace_ms, patience_ms=0)
        self.broken: list[str] = []
        self.asked: dict[str, Decimal] = {}
        self.heard_ms = 0
        self._is_away = False
        self._counted = 0

    # --- what the bot does ---

    def heard(self, now_ms: int) -> None:
        """Note that the bot has heard of everything up to now, its balance too."""
        if self._is_away:
            self._is_away = False
            self.laws.ledger.back(now_ms)
        self.heard_ms = now_ms
        self.laws.note(self.books(now_ms))

    def told(self, now_ms: int) -> None:
        """Note that the exchange has told its balance."""
        self.laws.told(self.books(now_ms))

    def left(self) -> None:
        """Note that the bot has been gone since it last heard anything."""
        self._is_away = True
        self.laws.ledger.left(self.heard_ms)

    def create(self, request: model.OrderRequest, now_ms: int) -> model.Order:
        """Place an order, and judge it by the books before it."""
        before = self.books(now_ms)
        order = self.exchange.create_order(self.uid, request, now_ms)
        self._ask(order, request.price)
        self.broken += self.laws.placed(book_order(order, order.qty, self.asked.get(order.order_id)), before)
        return order

    def amend(
        self, symbol: str, link_id: str, qty: Decimal | None, price: Decimal | None, now_ms: int
    ) -> model.Order:
        order = self.exchange.amend_order(self.uid, symbol, now_ms, order_link_id=link_id, qty=qty, price=price)
        self._ask(order, price)
        return order

    def cancel(self, symbol: str, link_id: str, now_ms: int) -> model.Order:
        order = self.exchange.cancel_order(self.uid, symbol, now_ms, order_link_id=link_id)
        self.laws.withdrawn(book_order(order, order.qty - order.cum_exec_qty))
        return order

    def cancel_all(self, symbol: str, now_ms: int) -> None:
        for order in self.exchange.cancel_all(self.uid, now_ms, symbol=symbol):
            self.laws.withdrawn(book_order(order, order.qty - order.cum_exec_qty))

    def _ask(self, order: model.Order, price: Decimal | None) -> None:
        if price is not None:
            self.asked.pop(order.order_id, None)
            if price != order.price:
                self.asked[order.order_id] = price

    # --- the books ---

    def books(self, now_ms: int, *, held: Iterable[str] = (), is_stopped: bool = False) -> Books:
        """Return the exchange's books of now, after the ledger was told of all fills."""
        executions = self.exchange.executions(self.uid)
        while self._counted < len(executions):
            self.broken += self.laws.filled(book_fill(executions[self._counted]))
            self._counted += 1
        wallet = self.exchange.wallet(self.uid)
        instruments = self.exchange.instruments
        return Books(
            orders=[book_order(o, o.leaves_qty, self.asked.get(o.order_id)) for o in self._open_orders()],
            sizes={
                (view.symbol, view.position_idx): view.size
                for symbol in self.exchange.open_symbols(self.uid)
                for view in self.exchange.positions(self.uid, symbol)
            },
            available=wallet.total_available,
            margin_balance=wallet.total_margin_balance,
            now_ms=now_ms,
            prices={symbol: self.exchange.quote(symbol).last for symbol in instruments},
            held=frozenset(held) | {symbol for symbol, row in instruments.items() if row.status != "Trading"},
            is_stopped=is_stopped,
        )

    def _open_orders(self) -> Iterable[model.Order]:
        return self.exchange.open_orders(self.uid)
