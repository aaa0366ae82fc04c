"""The edge against the embedded exchange, which shares no code with it: both speak V5, or one of them is wrong."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from gridtrader.domain.types import Amendment, ExecutionKind, NewOrder, OrderStatus, Side
from gridtrader.engine.ports import (
    Accepted,
    AccountMode,
    Lane,
    MarginMode,
    NewQuote,
    Refusal,
    Refused,
    Rejected,
    StreamDown,
    StreamMessage,
    StreamUp,
    Unknown,
)
from gridtrader.exchange.client import BybitClient
from gridtrader.exchange.credentials import ApiKey
from gridtrader.exchange.hosts import Hosts
from gridtrader.exchange.private_stream import PrivateStream
from gridtrader.exchange.rate_budget import RateBudget
from gridtrader.exchange.supervisor import ConnectionBudget
from gridtrader.exchange.tickers import TickerHub
from tests.exchange.support.clocks import RealClock
from tests.exchange.support.rig import QUICK, Log, new_order
from tests.exchange.support.waiting import RecordingSink, until
from tests.support.exchange import EmbeddedExchange

SYMBOL = "BTCUSDT"
CLOCK = RealClock()
SETTINGS = replace(QUICK, silence_s=5.0, ping_interval_s=1.0, budget_wait_s=5.0, request_timeout_s=1.0)


class Account:
    """Client and private stream of one account of the exchange."""

    def __init__(self, exchange: EmbeddedExchange, key: str, *, demo: bool) -> None:
        urls = exchange.urls
        self.hosts = (
            Hosts(urls.demo_rest, urls.demo_ws_private, urls.ws_public)
            if demo
            else Hosts(urls.rest, urls.ws_private, urls.ws_public)
        )
        self.log, self.sink = Log(), RecordingSink()
        api_key = ApiKey(key, f"{key}-secret")
        budget = RateBudget(SETTINGS, CLOCK).account(key)
        self.client = BybitClient(api_key, self.hosts, SETTINGS, budget, CLOCK, self.log.logger, demo=demo)
        self.stream = PrivateStream(
            key,
            api_key,
            self.hosts,
            self.sink,
            ConnectionBudget(SETTINGS, CLOCK),
            SETTINGS,
            CLOCK,
            self.client.skew,
            self.log.logger,
        )

    def listen(self) -> None:
        self.stream.start()
        self.sink.wait_for(StreamUp)

    def close(self) -> None:
        self.stream.stop()
        self.client.close()

    def trade(self, *orders: NewOrder) -> None:
        """Place orders of which all must be taken."""
        outcomes = self.client.place(orders, Lane.TRADE)
        assert all(isinstance(outcome, Accepted) for outcome in outcomes), outcomes


@pytest.fixture
def exchange() -> Iterator[EmbeddedExchange]:
    with EmbeddedExchange(["main:main-secret:10000", "demo:demo-secret:10000:demo"]) as exchange:
        exchange.quote(SYMBOL, "65000.00", bid="64999.90", ask="65000.00")
        yield exchange


@pytest.fixture(params=[False, True], ids=["mainnet", "demo"])
def account(exchange: EmbeddedExchange, request: pytest.FixtureRequest) -> Iterator[Account]:
    account = Account(exchange, "demo" if request.param else "main", demo=request.param)
    assert account.client.set_hedge_mode(SYMBOL) == Accepted("")
    yield account
    account.close()


def resting(number: int = 0, **changes: object) -> NewOrder:
    return new_order(number, **{"price": Decimal("60000.00"), "qty": Decimal("0.01"), **changes})


def entry(side: Side, link_id: str) -> NewOrder:
    price = Decimal("65010.00") if side is Side.LONG else Decimal("64990.00")
    return new_order(side=side, link_id=link_id, price=price, qty=Decimal("0.02"))


def test_an_order_lives_from_placing_over_amending_to_cancelling(account: Account) -> None:
    account.listen()
    order = resting()
    account.trade(order)
    found = account.client.order(SYMBOL, order.link_id)
    assert found is not None
    assert (found.status, found.price, found.side) == (OrderStatus.WORKING, Decimal(60000), Side.LONG)
    amendment = Amendment(SYMBOL, order.link_id, Decimal("59000.00"), Decimal("0.03"))
    assert isinstance(account.client.amend([amendment], Lane.TRADE)[0], Accepted)
    (again,) = account.client.amend([amendment], Lane.TRADE)
    assert isinstance(again, Rejected)
    assert again.refusal is Refusal.UNCHANGED
    (working,) = account.client.open_orders(SYMBOL)
    assert (working.price, working.qty) == (Decimal(59000), Decimal("0.03"))
    assert isinstance(account.client.cancel(SYMBOL, [order.link_id], Lane.PROTECT)[0], Accepted)
    (late,) = account.client.cancel(SYMBOL, [order.link_id], Lane.PROTECT)
    assert isinstance(late, Rejected)
    assert late.refusal is Refusal.GONE

    def seen() -> list[tuple[OrderStatus, Decimal]]:
        return [(one.status, one.price) for message in account.sink.of(StreamMessage) for one in message.orders]

    wanted = [
        (OrderStatus.WORKING, Decimal(60000)),
        (OrderStatus.WORKING, Decimal(59000)),
        (OrderStatus.CANCELLED, Decimal(59000)),
    ]
    until(lambda: seen() == wanted, f"the stream tells the same: {seen()}")
    assert [message.errors for message in account.sink.of(StreamMessage) if message.errors] == []
    (closed,) = account.client.order_history(SYMBOL, *today())
    assert (closed.status, closed.reason) == (OrderStatus.CANCELLED, "CancelByUser EC_PerCancelRequest")


def today() -> tuple[int, int]:
    now = time.time_ns() // 1_000_000
    return now - 24 * 3600 * 1000, now + 60_000


def test_a_batch_is_told_order_by_order(account: Account) -> None:
    good, poor = resting(0), resting(1, qty=Decimal(100))
    first, second, third = account.client.place([good, poor, resting(2)], Lane.TRADE)
    assert isinstance(first, Accepted)
    assert isinstance(second, Rejected)
    assert second.refusal in (Refusal.MONEY, Refusal.TIER)
    assert isinstance(third, Accepted)
    again = account.client.place([good, resting(3)], Lane.TRADE)
    assert isinstance(again[0], Rejected)
    assert again[0].refusal is Refusal.DUPLICATE
    names = [resting(number).link_id for number in (0, 1, 2, 3)]
    outcomes = account.client.cancel(SYMBOL, names, Lane.PROTECT)
    assert [isinstance(outcome, Accepted) for outcome in outcomes] == [True, False, True, True]
    assert account.client.open_orders(SYMBOL) == []


def test_both_sides_of_the_hedge_are_held_and_closed(account: Account) -> None:
    account.listen()
    account.trade(entry(Side.LONG, "g_BTC_LE00_1_0"), entry(Side.SHORT, "g_BTC_SE00_1_0"))
    long, short = account.client.positions_of(SYMBOL)
    assert (long.side, long.size, short.side, short.size) == (Side.LONG, Decimal("0.02"), Side.SHORT, Decimal("0.02"))
    assert {one.side for one in account.client.positions()} == {Side.LONG, Side.SHORT}
    closing = replace(
        entry(Side.SHORT, "g_BTC_LT00_1_0"), side=Side.LONG, reduce_only=True, price=Decimal("64990.00")
    )
    account.trade(closing)

    def fills() -> list[tuple[Side, bool, Decimal]]:
        return [
            (one.side, one.is_buy, one.closed_qty)
            for message in account.sink.of(StreamMessage)
            for one in message.executions
        ]

    wanted = [
        (Side.LONG, True, Decimal(0)),
        (Side.SHORT, False, Decimal(0)),
        (Side.LONG, False, Decimal("0.02")),
    ]
    until(lambda: sorted(fills(), key=str) == sorted(wanted, key=str), f"the fills come by stream: {fills()}")
    by_rest = account.client.executions(SYMBOL, *today())
    assert sorted(((one.side, one.is_buy, one.closed_qty) for one in by_rest), key=str) == sorted(wanted, key=str)
    assert [leg.size for leg in account.client.positions_of(SYMBOL)] == [Decimal(0), Decimal("0.02")]
    sides = {one.side: one.size for message in account.sink.of(StreamMessage) for one in message.positions}
    until(lambda: bool(sides), "the positions come by stream")
    assert [message.errors for message in account.sink.of(StreamMessage) if message.errors] == []


def test_funding_is_told_apart_from_fills(exchange: EmbeddedExchange, account: Account) -> None:
    account.trade(entry(Side.LONG, "g_BTC_LE00_1_0"))
    exchange.fund(SYMBOL, "0.0001")
    kinds = {one.kind: one for one in account.client.executions(SYMBOL, *today())}
    assert set(kinds) == {ExecutionKind.TRADE, ExecutionKind.FUNDING}
    assert kinds[ExecutionKind.FUNDING].side is Side.LONG
    assert kinds[ExecutionKind.FUNDING].fee > 0


def test_a_closing_order_without_position_is_refused_as_reduce_only(account: Account) -> None:
    (outcome,) = account.client.place([resting(reduce_only=True, price=Decimal("66000.00"))], Lane.PROTECT)
    assert isinstance(outcome, Rejected)
    assert outcome.refusal is Refusal.REDUCE_ONLY


def test_the_account_its_money_and_its_settings_are_read(account: Account) -> None:
    client = account.client
    assert client.account_mode() == AccountMode(MarginMode.CROSS, is_unified=True)
    assert client.set_cross_margin() == Accepted("")
    assert client.set_hedge_mode(SYMBOL) == Accepted("")
    for _ in range(2):
        assert client.set_leverage(SYMBOL, Decimal(20)) == Accepted("")
    assert [leg.leverage for leg in client.positions_of(SYMBOL)] == [Decimal(20), Decimal(20)]
    wallet = client.wallet()
    assert wallet.available > 9000
    assert abs(wallet.at_ms - time.time_ns() // 1_000_000) < 60_000
    instrument = client.instrument(SYMBOL)
    assert (instrument.symbol, instrument.is_trading) == (SYMBOL, True)
    assert client.quote(SYMBOL).ask == Decimal("65000.00")
    is_demo = "demo" in account.hosts.rest
    assert (client.fee_rates(SYMBOL) is None) == is_demo


def test_a_symbol_in_one_way_mode_and_one_that_is_not_there_are_refused(account: Account) -> None:
    with pytest.raises(Refused, match="one-way"):
        account.client.positions_of("DOGEUSDT")
    with pytest.raises(Refused) as caught:
        account.client.instrument("NOTHINGUSDT")
    assert caught.value.refusal is Refusal.INVALID


@pytest.mark.parametrize("status", ["Delivering", "PreLaunch", "Closed"])
def test_a_contract_that_does_not_trade_is_read_all_the_same(
    exchange: EmbeddedExchange, account: Account, status: str
) -> None:
    exchange.set_status(SYMBOL, status)
    instrument = account.client.instrument(SYMBOL)
    assert (instrument.symbol, instrument.is_trading) == (SYMBOL, False)
    exchange.set_status(SYMBOL, "Trading")
    assert account.client.instrument(SYMBOL).is_trading


def test_an_order_whose_answer_was_lost_is_unknown_and_found_by_its_name(
    exchange: EmbeddedExchange, account: Account
) -> None:
    exchange.fault(point="rest", kind="drop", processed=True, match="/v5/order/create")
    order = resting()
    (outcome,) = account.client.place([order], Lane.TRADE)
    assert isinstance(outcome, Unknown)
    found = account.client.order(SYMBOL, order.link_id)
    assert found is not None
    assert found.status is OrderStatus.WORKING
    (again,) = account.client.place([order], Lane.TRADE)
    assert isinstance(again, Rejected)
    assert again.refusal is Refusal.DUPLICATE


def test_an_order_that_never_arrived_is_unknown_and_nowhere(exchange: EmbeddedExchange, account: Account) -> None:
    exchange.fault(point="rest", kind="stall", seconds=2, match="/v5/order/create")
    (outcome,) = account.client.place([resting()], Lane.TRADE)
    assert isinstance(outcome, Unknown)
    assert account.client.order(SYMBOL, resting().link_id) is None


def test_everything_is_cancelled_at_once(account: Account) -> None:
    account.trade(*(resting(number) for number in range(3)))
    assert len(account.client.open_orders()) == 3
    assert account.client.cancel_all(SYMBOL) == Accepted("")
    assert account.client.open_orders() == []
    assert account.client.cancel_all(SYMBOL) == Accepted("")


def test_a_clock_that_is_wrong_by_a_minute_does_not_stop_the_account(
    exchange: EmbeddedExchange, account: Account
) -> None:
    exchange.shift_clock(60_000)
    (outcome,) = account.client.place([resting()], Lane.TRADE)
    assert isinstance(outcome, Rejected)
    assert outcome.refusal is Refusal.CLOCK
    account.trade(resting())
    account.listen()


@pytest.mark.parametrize("deed", ["close", "reset"])
def test_the_private_stream_comes_back(exchange: EmbeddedExchange, account: Account, deed: str) -> None:
    account.listen()
    assert exchange.strike_streams(deed, stream="private") == 1
    account.sink.wait_for(StreamDown)
    account.sink.wait_for(StreamUp, 2)
    account.trade(resting())
    until(lambda: any(message.orders for message in account.sink.of(StreamMessage)), "orders come again")


def test_a_dead_key_is_named_as_such(exchange: EmbeddedExchange, account: Account) -> None:
    name = "demo" if "demo" in account.hosts.rest else "main"
    exchange.revoke(name, 33004)
    with pytest.raises(Refused) as caught:
        account.client.wallet()
    assert caught.value.refusal is Refusal.KEY
    assert f"{name}-secret" not in account.log.text


def test_prices_come_from_the_public_stream(exchange: EmbeddedExchange) -> None:
    urls, sink, log = exchange.urls, RecordingSink(), Log()
    mainnet = Hosts(urls.rest, urls.ws_private, urls.ws_public)
    demo = Hosts(urls.demo_rest, urls.demo_ws_private, urls.ws_public)
    hub = TickerHub(mainnet, demo, ConnectionBudget(SETTINGS, CLOCK), SETTINGS, CLOCK, log.logger)
    hub.subscribe(SYMBOL, True, sink)
    sink.wait_for(NewQuote)
    exchange.quote(SYMBOL, "65123.40", bid="65123.30", ask="65123.40")

    def lasts() -> Sequence[Decimal]:
        return [event.quote.last for event in sink.of(NewQuote)]

    until(lambda: Decimal("65123.40") in lasts(), "the new price comes")
    hub.close()
    assert log.at(30) == log.at(40) == []
