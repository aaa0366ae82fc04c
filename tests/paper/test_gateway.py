"""The account of an exchange in the same process: what it is told, when, and how old a balance is."""

from collections.abc import Sequence
from decimal import Decimal

import pytest

from gridtrader.domain.order_names import OrderName, Slot
from gridtrader.domain.types import NewOrder, OrderKind, OrderStatus, Side
from gridtrader.engine.inbox import Inbox
from gridtrader.engine.ports import Event, Lane, StreamMessage
from gridtrader.paper.clock import PaperClock
from gridtrader.paper.contracts import without_band
from gridtrader.paper.gateway import PaperGateway
from gridtrader.replay.balance import Balance
from gridtrader.simulator.catalogue import load_catalogue
from gridtrader.simulator.core.exchange import Exchange
from gridtrader.simulator.core.model import Options, Quote, WalletChanged, WalletView, World

D = Decimal
SYMBOL = "DOGEUSDT"
UID = 1


class Account:
    """One account on an exchange with one contract, at a price of 0.2."""

    def __init__(self, kind: type[Exchange] = Exchange) -> None:
        self.clock = PaperClock(1_760_000_000_000)
        contracts = {SYMBOL: without_band(load_catalogue()[SYMBOL])}
        self.exchange = kind(contracts, Options(), tells_late=True)
        self.exchange.open_account(UID, World.MAINNET, D(1_000), self.clock.now_ms())
        self.inbox = Inbox(self.clock.now_ms)
        self.gateway = PaperGateway(self.exchange, UID, self.clock, self.inbox)
        self.move("0.2")
        self.gateway.set_hedge_mode(SYMBOL)
        self.inbox.drain()

    def move(self, price: str) -> None:
        there = D(price)
        self.exchange.set_quote(SYMBOL, Quote(there, there, there, there, there), self.clock.tick())
        self.gateway.pump()

    def place(self, level: int, price: str = "0.19") -> None:
        name = OrderName(Slot(SYMBOL, Side.LONG, 1, OrderKind.AVERAGING, level), 0).encode()
        self.gateway.place([NewOrder(SYMBOL, Side.LONG, name, D(price), D(100), reduce_only=False)], Lane.TRADE)


def messages(events: Sequence[Event]) -> list[StreamMessage]:
    return [event for event in events if isinstance(event, StreamMessage)]


@pytest.fixture
def account() -> Account:
    return Account()


def test_what_a_command_has_done_is_told_before_it_returns(account: Account) -> None:
    for level in (1, 2):
        account.place(level)
        (message,) = messages(account.inbox.drain())
        assert len(message.orders) == 1


def test_what_several_commands_have_done_may_be_told_together(account: Account) -> None:
    account.gateway.tells_at_once = False
    account.place(1)
    account.place(2, "0.21")
    assert account.inbox.is_empty
    account.gateway.pump()
    (message,) = messages(account.inbox.drain())
    assert [order.filled_qty for order in message.orders if order.status is OrderStatus.FILLED] == [D(100)]
    assert [order.price for order in message.orders if order.status is OrderStatus.WORKING] == [D("0.19")]
    assert [execution.qty for execution in message.executions] == [D(100)]
    assert {position.side: position.size for position in message.positions} == {Side.LONG: D(100), Side.SHORT: D(0)}


def test_a_balance_is_younger_than_all_it_contains_and_not_than_what_follows(account: Account) -> None:
    """S6 takes for known what was confirmed before the balance."""
    account.place(1)
    (message,) = messages(account.inbox.drain())
    assert message.wallet is not None
    assert message.orders[0].updated_ms < message.wallet.at_ms
    assert message.orders[0].updated_ms < account.gateway.wallet().at_ms
    account.place(2)
    (following,) = messages(account.inbox.drain())
    assert message.wallet.at_ms <= following.orders[0].updated_ms


# --- the balance of a replay ---


class CountingExchange(Exchange):
    asked = 0

    def wallet(self, uid: int) -> WalletView:
        self.asked += 1
        return super().wallet(uid)


def test_a_wallet_is_worked_out_once_until_something_changes() -> None:
    account = Account(CountingExchange)
    account.place(1, "0.21")
    exchange, balance = account.exchange, Balance(account.exchange, UID, account.clock)
    assert isinstance(exchange, CountingExchange)
    first = balance.now()
    assert balance.now() is first
    assert exchange.asked == 1
    account.move("0.21")
    assert balance.now().equity == first.equity + 1
    assert exchange.asked == 2


def test_a_wallet_that_was_told_is_not_worked_out_again(account: Account) -> None:
    balance = Balance(account.exchange, UID, account.clock)
    account.gateway.tells_at_once = False
    account.place(2)
    (told,) = [event.wallet for event in account.exchange.drain() if isinstance(event, WalletChanged)]
    balance.told(told)
    assert balance.now() is told
    assert told == account.exchange.wallet(UID)
