"""The exchange in one object: accounts, contracts, commands, events. Pure and deterministic.

How orders meet the market
--------------------------
There is no book of other people's orders; the market of a contract is its latest `Quote`.

* An order that crosses when it comes (a Buy at or above the ask, a Sell at or below the bid) executes at the touch
  as taker. A quote without sizes gives any quantity there. A quote with sizes gives the touch size at the touch, then
  the same size one tick further, and so on up to the order's limit. Takers do not use anything up for each other.
  What is left of a GTC order rests; of an IOC order it is cancelled; a FOK order executes whole or not at all; a
  PostOnly order that would cross is cancelled.
* A Market order is an IOC order with a limit 5 % beyond the touch.
* A resting Buy fills when a new ask is at or below its price, a resting Sell when a new bid is at or above it: at its
  own price, as maker, nearest to the market first, then by age. A quote with sizes brings the ask size once for all
  resting buys and the bid size once for all resting sells, so that orders fill in parts.
* Users' orders never meet each other. All fills of one account by one quote are one round (`round`), hence one event.
* After the fills of a quote, conditional orders whose price is reached turn into ordinary ones (they may set off
  each other's cuts, never each other), then accounts whose maintenance margin is not covered are liquidated.

Contracts start without a market; orders are refused (110074) until the first quote. Times are integer milliseconds
that never go back. Methods raise `Reject` for what Bybit would refuse, ValueError for what no caller should ask.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import islice

from gridtrader.simulator.core import changing, placing, rejections, settings, settlement, statements, views
from gridtrader.simulator.core.account import Account
from gridtrader.simulator.core.calm import Band, common
from gridtrader.simulator.core.contract import CLOSED, Contract
from gridtrader.simulator.core.holding import is_active
from gridtrader.simulator.core.liquidation import liquidate_if_due
from gridtrader.simulator.core.margin import Margin, Slopes
from gridtrader.simulator.core.matching import fill_shares, shares
from gridtrader.simulator.core.model import (
    ZERO,
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
    Reject,
    WalletChanged,
    WalletView,
    World,
)
from gridtrader.simulator.core.round import Rounds
from gridtrader.simulator.core.switches import check_options
from gridtrader.simulator.core.tape import Tape

MAX_CANCEL_ALL = 500
"""How many orders one cancel-all takes (Bybit V5 docs)."""


class Exchange:
    """Implements `api.ExchangeCore`. The same calls on the same seed give the same events, bit for bit."""

    def __init__(
        self,
        instruments: Mapping[str, Instrument],
        options: Options | None = None,
        seed: int = 0,
        *,
        tells_late: bool = False,
    ) -> None:
        """`tells_late`: positions and wallets are told once a `drain`, as they are then, not once a change."""
        self.instruments = dict(instruments)
        self.options = options if options is not None else Options()
        check_options(self.options)
        self._contracts = {symbol: Contract(instrument) for symbol, instrument in instruments.items()}
        self._accounts: dict[int, Account] = {}
        self._tape = Tape(seed, tells_late=tells_late)
        self._rounds = Rounds(self._tape, self.options)

    # --- accounts ---

    def open_account(self, uid: int, world: World, usdt: Decimal, now: int) -> None:
        """Open an account with `usdt` (≥ 0) in its wallet: one-way mode, cross margin, leverage 10."""
        if uid in self._accounts:
            raise ValueError(f"account {uid} exists")
        if usdt < ZERO:
            raise ValueError(f"account {uid}: opening balance {usdt}; it must not be below 0")
        self._accounts[uid] = Account(uid, world, self.options)
        self._move_money(self._accounts[uid], usdt, now)

    def transfer(self, uid: int, usdt: Decimal, now: int) -> None:
        """Add (> 0) or take (< 0) money. Raises Reject 131212 if less than that is available."""
        account = self._account(uid)
        if usdt < ZERO and -usdt > min(account.cash, account.available()):
            raise Reject(*rejections.NO_MONEY_TO_TRANSFER)
        self._move_money(account, usdt, now)
        self._tape.emit(WalletChanged(uid, views.wallet_view(account)))

    def margin_mode(self, uid: int) -> str:
        return self._account(uid).margin_mode

    def set_margin_mode(self, uid: int, mode: str, now: int) -> None:  # noqa: ARG002  (every command takes the time)
        settings.set_margin_mode(self._account(uid), mode)

    def position_mode(self, uid: int, symbol: str) -> int:
        """Return 0 (one-way) or 3 (hedge)."""
        return self._account(uid).mode(self._contract(symbol).symbol)

    def switch_mode(self, uid: int, symbol: str | None, coin: str | None, mode: int, now: int) -> None:
        """Change the position mode of a contract, or of all idle contracts of a settle coin and those to come."""
        account = self._account(uid)
        if symbol:
            settings.switch_contract(self._rounds, account, self._contract(symbol), mode, now)
        elif coin:
            settings.switch_coin(self._rounds, account, self._contracts.values(), coin, mode, now)
        else:
            raise Reject(*rejections.MODE_TARGET)

    def set_leverage(self, uid: int, symbol: str, buy: Decimal, sell: Decimal, now: int) -> None:
        settings.set_leverage(self._rounds, self._account(uid), self._contract(symbol), buy, sell, now)

    def set_fee_rates(self, uid: int, maker: Decimal, taker: Decimal) -> None:
        """Set the account's rates as fractions; without effect on an exchange without fees."""
        self._account(uid).set_fees(maker, taker)

    # --- orders ---

    def create_order(self, uid: int, request: OrderRequest, now: int) -> Order:
        """Check, book, and match at once what crosses; return the order as it stands then."""
        round_ = self._rounds.open(self._account(uid), self._contract(request.symbol), now)
        order = placing.create(round_, request, self.options)
        round_.close()
        return order

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
    ) -> Order:
        """Change a working order's total quantity, limit or trigger price; return it as it stands then."""
        account, contract = self._account(uid), self._contract(symbol)
        order = changing.working_order(account, symbol, order_id, order_link_id, rejections.TOO_LATE_TO_REPLACE)
        round_ = self._rounds.open(account, contract, now)
        order = changing.amend(round_, order, changing.Amendment(qty, price, trigger_price), self.options)
        round_.close()
        return order

    def cancel_order(self, uid: int, symbol: str, now: int, *, order_id: str = "", order_link_id: str = "") -> Order:
        account, contract = self._account(uid), self._contract(symbol)
        order = changing.working_order(account, symbol, order_id, order_link_id, rejections.TOO_LATE_TO_CANCEL)
        round_ = self._rounds.open(account, contract, now)
        order = changing.cancel(round_, order)
        round_.close()
        return order

    def cancel_all(
        self,
        uid: int,
        now: int,
        *,
        symbol: str = "",
        settle_coin: str = "",
        active: bool = True,
        conditional: bool = True,
    ) -> Sequence[Order]:
        """Cancel the working orders of a contract, or of all (they all settle in USDT); at most 500, oldest first.

        `active` are the orders in the book, `conditional` those that wait for their trigger.
        """
        account = self._account(uid)
        if symbol:
            holdings = [account.holding(self._contract(symbol))]
        else:
            holdings = list(account.holdings.values()) if settle_coin in ("", "USDT") else []
        cancelled: list[Order] = []
        for holding in holdings:
            meant = (order for order in holding.orders.values() if (active if is_active(order) else conditional))
            orders = list(islice(meant, MAX_CANCEL_ALL - len(cancelled)))
            if orders:
                round_ = self._rounds.open(account, holding.contract, now)
                cancelled.extend(changing.cancel(round_, order) for order in orders)
                round_.close()
        return cancelled

    # --- market ---

    def set_quote(self, symbol: str, quote: Quote, now: int) -> None:
        """Move the market there: resting orders that the new quote crosses fill, conditional orders trigger, accounts
        past their maintenance margin are liquidated. Raises ValueError for prices that are no market."""
        contract = self._contract(symbol)
        contract.move(quote, now)
        if contract.can_match:
            resting = contract.resting
            if resting["Buy"].is_reached(quote.ask) or resting["Sell"].is_reached(quote.bid):
                for uid, mine in shares(contract, self._accounts).items():
                    round_ = self._rounds.open(self._accounts[uid], contract, now)
                    fill_shares(round_, mine)
                    round_.close()
            if contract.triggers:
                self._fire(contract, now)
        if not contract.is_calm:
            self._check_exposed(contract, now)

    def quote(self, symbol: str) -> Quote:
        return self._contract(symbol).quote

    def settle_funding(self, symbol: str, rate: Decimal, now: int) -> None:
        """Settle funding at the mark price now: with `rate` > 0 the long side pays, the short side receives."""
        contract = self._contract(symbol)
        holders = [self._accounts[uid] for uid in sorted(contract.holders)]
        settlement.settle_funding(self._rounds, contract, holders, rate, now)
        self._check_exposed(contract, now)

    def set_status(self, symbol: str, status: str, now: int) -> None:
        """Halt (PreLaunch), announce the end of (Delivering), end (Closed) or reopen (Trading) a contract.

        Halted contracts keep their orders and execute nothing; Delivering ones take only orders that reduce; closing
        cancels all orders and settles all positions at the index price.
        """
        contract = self._contract(symbol)
        contract.set_status(status)
        self.instruments[symbol] = contract.instrument
        if status == CLOSED:
            settlement.deliver(self._rounds, contract, self._accounts.values(), now)

    def cap_leverage(self, symbol: str, maximum: Decimal) -> None:
        """Lower (or raise) the highest leverage of a contract; what accounts have set stays."""
        contract = self._contract(symbol)
        contract.instrument = self.instruments[symbol] = replace(contract.instrument, max_leverage=maximum)

    def deleverage(self, uid: int, symbol: str, position_idx: int, qty: Decimal, now: int) -> None:
        """Take `qty` (at most the size) off a position at the mark price, as auto-deleveraging would (`AdlTrade`)."""
        account, contract = self._account(uid), self._contract(symbol)
        leg = account.holding(contract).legs.get(position_idx)
        if leg is None or not ZERO < qty <= leg.size:
            raise ValueError(f"account {uid}: {symbol} {position_idx} holds no {qty}")
        round_ = self._rounds.open(account, contract, now)
        settlement.force_close(round_, leg, qty, contract.mark, settlement.DELEVERAGING)
        round_.close()

    # --- reading ---

    def open_orders(self, uid: int, symbol: str | None = None) -> Iterable[Order]:
        """Return the working orders, untriggered ones included, oldest first within a contract."""
        orders = self._account(uid).working_orders()
        return [order for order in orders if symbol is None or order.symbol == symbol]

    def closed_orders(self, uid: int) -> Sequence[Order]:
        """Return final versions, oldest first."""
        return self._account(uid).records.closed_orders

    def find_order(self, uid: int, *, order_id: str = "", order_link_id: str = "") -> Order | None:
        """Return the latest version of an order, whatever its status; of a reused orderLinkId the latest order."""
        return self._account(uid).records.find(order_id, order_link_id)

    def executions(self, uid: int) -> Sequence[Execution]:
        """Return fills and funding, oldest first."""
        return self._account(uid).records.executions

    def ledger(self, uid: int) -> Sequence[LedgerEntry]:
        """Return the transaction log, oldest first; its changes add up to the wallet balance."""
        return self._account(uid).records.ledger

    def closed_pnl(self, uid: int) -> Sequence[ClosedPnl]:
        """Return one row per closing order, in the order of their first fills."""
        return list(self._account(uid).records.closed_pnl.values())

    def positions(self, uid: int, symbol: str) -> tuple[PositionView, ...]:
        """Return both legs (hedge) or the one leg (one-way), flat ones included."""
        account = self._account(uid)
        return views.position_views(account, account.holding(self._contract(symbol)))

    def open_symbols(self, uid: int) -> Iterable[str]:
        """Return the symbols in which the account holds a position."""
        return [symbol for symbol, holding in self._account(uid).holdings.items() if holding.has_position]

    def wallet(self, uid: int) -> WalletView:
        """Return the wallet at the mark prices now."""
        return views.wallet_view(self._account(uid))

    def price_limits(self, symbol: str) -> tuple[Decimal, Decimal]:
        """Return (highest buy price, lowest sell price) allowed now, as of the latest quote's time."""
        return self._contract(symbol).price_limits()

    def nearest(self, symbol: str) -> tuple[Decimal | None, Decimal | None]:
        """Return the prices of the resting buy and of the resting sell that are reached first; None: nobody waits."""
        resting = self._contract(symbol).resting
        return resting["Buy"].nearest, resting["Sell"].nearest

    def slopes(self, uid: int, symbol: str) -> Slopes:
        """Return how the account's equity and margins move with a contract's mark price."""
        return self._account(uid).holding(self._contract(symbol)).needs.slopes()

    def margin(self, uid: int, symbol: str) -> Margin:
        """Return what a contract adds to the account's requirements at the mark price now."""
        return self._account(uid).holding(self._contract(symbol)).needs.margin()

    def calm_marks(self, uid: int, symbol: str, room: Decimal) -> Band:
        """Return the mark prices around the present one at which neither margin balance less maintenance margin, nor
        any part of the first less the second, is `room` USDT lower than now, as long as nothing else changes."""
        return self._account(uid).holding(self._contract(symbol)).needs.calm_band(room)

    def drain(self) -> list[Event]:
        """Return and forget the events since the last call."""
        return self._tape.drain()

    # --- inside ---

    def _account(self, uid: int) -> Account:
        account = self._accounts.get(uid)
        if account is None:
            raise ValueError(f"no account {uid}")
        return account

    def _contract(self, symbol: str) -> Contract:
        contract = self._contracts.get(symbol)
        if contract is None:
            raise Reject(*rejections.SYMBOL)
        return contract

    def _move_money(self, account: Account, usdt: Decimal, now: int) -> None:
        account.move_cash(usdt)
        ledger = account.records.ledger
        row_id = f"{account.uid}_transfer_{len(ledger)}"
        ledger.append(statements.transfer_row(row_id=row_id, amount=usdt, cash_balance=account.cash, now=now))

    def _fire(self, contract: Contract, now: int) -> None:
        for (trigger_by, _), queue in contract.triggers.items():
            price = contract.price_of(trigger_by)
            if queue.is_reached(price):
                for uid, order_id, _ in queue.reached(price):
                    account = self._accounts[uid]
                    round_ = self._rounds.open(account, contract, now)
                    placing.fire(round_, account.records.orders[order_id], self.options)
                    round_.close()

    def _check_exposed(self, contract: Contract, now: int) -> None:
        """Liquidate who is past the maintenance margin, and note until when nobody else can be."""
        if not self.options.risk_tiers:
            return
        bands = {uid: self._accounts[uid].calm_band(contract) for uid in sorted(contract.exposed)}
        for uid, band in bands.items():
            if band is None:
                liquidate_if_due(self._rounds, self._accounts[uid], now)
        safe = [band for band in bands.values() if band is not None]
        if len(safe) == len(bands):
            contract.calm = common(safe)
