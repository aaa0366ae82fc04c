"""The face of the pure exchange: what the server (and any in-process user) may call.

Calls are synchronous and take the time as an argument; nothing in the core reads a clock or a random source that was
not passed in. What happened is collected as events, in the exchange's own order, and fetched with `drain`.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Protocol

from gridtrader.simulator.core.model import (
    ClosedPnl,
    Event,
    Execution,
    Instrument,
    LedgerEntry,
    Options,
    Order,
    OrderRequest,
    PositionView,
    Quote,
    WalletView,
    World,
)


class ExchangeCore(Protocol):
    """Implemented by `exchange.Exchange(instruments, options, seed)`. Errors are `Reject`."""

    instruments: dict[str, Instrument]
    options: Options

    # accounts
    def open_account(self, uid: int, world: World, usdt: Decimal, now: int) -> None: ...
    def transfer(self, uid: int, usdt: Decimal, now: int) -> None:
        """Add (> 0) or take (< 0) money; taking more than is available is Reject 131212."""
        ...

    def margin_mode(self, uid: int) -> str: ...
    def set_margin_mode(self, uid: int, mode: str, now: int) -> None: ...
    def position_mode(self, uid: int, symbol: str) -> int:
        """Return 0 (one-way) or 3 (hedge)."""
        ...

    def switch_mode(self, uid: int, symbol: str | None, coin: str | None, mode: int, now: int) -> None: ...
    def set_leverage(self, uid: int, symbol: str, buy: Decimal, sell: Decimal, now: int) -> None: ...
    def set_fee_rates(self, uid: int, maker: Decimal, taker: Decimal) -> None: ...

    # orders
    def create_order(self, uid: int, request: OrderRequest, now: int) -> Order:
        """Check, book, and match at once what crosses; returns the acknowledged order (its ids)."""
        ...

    def amend_order(
        self,
        uid: int,
        symbol: str,
        now: int,
        *,
        order_id: str = "",
        order_link_id: str = "",
        qty: Decimal | None = None,
        price: Decimal | None = None,
        trigger_price: Decimal | None = None,
    ) -> Order: ...
    def cancel_order(
        self, uid: int, symbol: str, now: int, *, order_id: str = "", order_link_id: str = ""
    ) -> Order: ...
    def cancel_all(
        self,
        uid: int,
        now: int,
        *,
        symbol: str = "",
        settle_coin: str = "",
        active: bool = True,
        conditional: bool = True,
    ) -> Sequence[Order]: ...

    # market
    def set_quote(self, symbol: str, quote: Quote, now: int) -> None:
        """Move the market there: resting orders that the new quote crosses fill (nearest first, at their own price,
        maker), conditional orders trigger, accounts past their maintenance margin are liquidated."""
        ...

    def quote(self, symbol: str) -> Quote: ...
    def settle_funding(self, symbol: str, rate: Decimal, now: int) -> None: ...
    def set_status(self, symbol: str, status: str, now: int) -> None:
        """Halt, delist or reopen a contract."""
        ...

    # reading
    def open_orders(self, uid: int, symbol: str | None = None) -> Iterable[Order]: ...
    def closed_orders(self, uid: int) -> Sequence[Order]:
        """Return final versions, oldest first."""
        ...

    def find_order(self, uid: int, *, order_id: str = "", order_link_id: str = "") -> Order | None: ...
    def executions(self, uid: int) -> Sequence[Execution]: ...
    def ledger(self, uid: int) -> Sequence[LedgerEntry]: ...
    def closed_pnl(self, uid: int) -> Sequence[ClosedPnl]: ...
    def positions(self, uid: int, symbol: str) -> tuple[PositionView, ...]:
        """Return both legs (hedge) or the one leg (one-way), flat ones included."""
        ...

    def open_symbols(self, uid: int) -> Iterable[str]:
        """Return the symbols in which the account holds a position."""
        ...

    def wallet(self, uid: int) -> WalletView: ...
    def price_limits(self, symbol: str) -> tuple[Decimal, Decimal]:
        """Return (highest buy price, lowest sell price) allowed now."""
        ...

    def drain(self) -> list[Event]:
        """Return and forget the events since the last call."""
        ...
