"""An exchange with one account that writes every call down before it carries it out."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from gridtrader.paper.calls import CASH, UID, Founding, wallet_balance
from gridtrader.simulator.core import model
from gridtrader.simulator.core.exchange import Exchange
from gridtrader.store.journal import Entry
from gridtrader.store.json_text import Json

Write = Callable[[Sequence[Entry]], None]


class RecordedExchange(Exchange):
    """The exchange of a dry run. Before `record` is called nothing is written: calls are then told again.

    A price that changes nothing is not written, but the newest one of each contract is, before the next call: that
    call may depend on it. What cannot be written is not carried out and raises StoreError.
    """

    def __init__(self, contracts: Mapping[str, model.Instrument], founding: Founding) -> None:
        options = model.Options(maker_fee=founding.maker_fee, taker_fee=founding.taker_fee)
        super().__init__(contracts, options, founding.seed, tells_late=True)
        self.open_account(UID, model.World.MAINNET, founding.balance, founding.at_ms)
        self._write: Write | None = None
        self._prices: dict[str, Entry] = {}
        """By symbol: the newest price that is not written; in the order of their times."""
        self._owed: list[Entry] = []
        """What should have been written, and could not be."""

    def record(self, write: Write) -> None:
        """Write every call down from now on."""
        self._write = write

    # --- calls of the account ---

    def create_order(self, uid: int, request: model.OrderRequest, now: int) -> model.Order:
        self._note(
            "order",
            now,
            symbol=request.symbol,
            side=request.side,
            leg=request.position_idx,
            qty=request.qty,
            price=request.price,
            reduce_only=request.reduce_only,
            name=request.order_link_id,
        )
        return super().create_order(uid, request, now)

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
    ) -> model.Order:
        self._note("amend", now, symbol=symbol, name=order_link_id, qty=qty, price=price)
        return super().amend_order(
            uid,
            symbol,
            now,
            order_id=order_id,
            order_link_id=order_link_id,
            qty=qty,
            price=price,
            trigger_price=trigger_price,
        )

    def cancel_order(
        self, uid: int, symbol: str, now: int, *, order_id: str = "", order_link_id: str = ""
    ) -> model.Order:
        self._note("cancel", now, symbol=symbol, name=order_link_id)
        return super().cancel_order(uid, symbol, now, order_id=order_id, order_link_id=order_link_id)

    def cancel_all(
        self,
        uid: int,
        now: int,
        *,
        symbol: str = "",
        settle_coin: str = "",
        active: bool = True,
        conditional: bool = True,
    ) -> Sequence[model.Order]:
        self._note("cancel_all", now, symbol=symbol)
        return super().cancel_all(
            uid, now, symbol=symbol, settle_coin=settle_coin, active=active, conditional=conditional
        )

    def switch_mode(self, uid: int, symbol: str | None, coin: str | None, mode: int, now: int) -> None:
        self._note("position_mode", now, symbol=symbol, mode=mode)
        super().switch_mode(uid, symbol, coin, mode, now)

    def set_margin_mode(self, uid: int, mode: str, now: int) -> None:
        self._note("margin_mode", now, mode=mode)
        super().set_margin_mode(uid, mode, now)

    def set_leverage(self, uid: int, symbol: str, buy: Decimal, sell: Decimal, now: int) -> None:
        self._note("leverage", now, symbol=symbol, leverage=buy)
        super().set_leverage(uid, symbol, buy, sell, now)

    # --- what the world does ---

    def set_fees(self, maker: Decimal, taker: Decimal, now: int) -> None:
        """Change the account's rates (fractions)."""
        self._note("fees", now, maker=maker, taker=taker)
        super().set_fee_rates(UID, maker, taker)

    def set_status(self, symbol: str, status: str, now: int) -> None:
        self._note("status", now, symbol=symbol, status=status)
        super().set_status(symbol, status, now)

    def settle(self, symbol: str, rate: Decimal, due_ms: int, now: int) -> None:
        """Settle the funding that was due at `due_ms`, the exchange's time."""
        self._note("funding", now, symbol=symbol, rate=rate, due=due_ms)
        super().settle_funding(symbol, rate, now)

    def set_quote(self, symbol: str, quote: model.Quote, now: int) -> None:
        """Move the market. A move that fills something is written before, one that liquidates right after."""
        if self._write is None:
            super().set_quote(symbol, quote, now)
            return
        price: dict[str, Json] = {"symbol": symbol, "last": quote.last, "bid": quote.bid, "ask": quote.ask}
        if self._fills(symbol, quote):
            self._note("quote", now, **price)
            super().set_quote(symbol, quote, now)
            return
        entry = Entry("quote", {**price, "at": now, CASH: wallet_balance(self)})
        before = len(self.executions(UID))
        super().set_quote(symbol, quote, now)
        self._prices.pop(symbol, None)
        self._prices[symbol] = entry
        if len(self.executions(UID)) != before:
            self._owed += self._prices.values()
            self._prices.clear()
            self._write_all([])

    def _fills(self, symbol: str, quote: model.Quote) -> bool:
        """Whether a resting order is reached."""
        buy, sell = self.nearest(symbol)
        return (buy is not None and quote.ask <= buy) or (sell is not None and quote.bid >= sell)

    # --- writing ---

    def _note(self, kind: str, now: int, **data: Json) -> None:
        if self._write is not None:
            self._write_all([Entry(kind, {**data, "at": now, CASH: wallet_balance(self)})])

    def _write_all(self, entries: Sequence[Entry]) -> None:
        """Write what is owed, the newest prices, and then these. Raises StoreError, and owes what it owed before."""
        if self._write is not None:
            self._write([*self._owed, *self._prices.values(), *entries])
        self._owed.clear()
        self._prices.clear()
