"""pybit, the client the daemon is built on, trades a whole story here: REST and both streams."""

import queue
from collections.abc import Callable, Iterator
from typing import Any

import pybit.unified_trading
import pytest
from pybit.exceptions import FailedRequestError, InvalidRequestError

from tests.support.exchange import EmbeddedExchange

unified: Any = pybit.unified_trading
LINEAR = {"category": "linear", "symbol": "DOGEUSDT"}
WAIT_S = 5
TOPICS = ("order", "execution", "position", "wallet")


class Inbox:
    """What the callbacks of a stream have brought."""

    def __init__(self) -> None:
        self._frames: queue.Queue[dict[str, Any]] = queue.Queue()
        self.seen: list[dict[str, Any]] = []

    def put(self, frame: dict[str, Any]) -> None:
        self._frames.put(dict(frame))

    def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        while True:
            frame = self._frames.get(timeout=WAIT_S)
            self.seen.append(frame)
            if wanted(frame):
                return frame


@pytest.fixture
def http(exchange: EmbeddedExchange) -> Any:
    session = unified.HTTP(api_key="key", api_secret="secret", retry_codes={-1})
    session.endpoint = exchange.urls.rest
    return session


@pytest.fixture
def streams(exchange: EmbeddedExchange, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Inbox, Inbox]]:
    monkeypatch.setattr(unified, "PRIVATE_WSS", exchange.urls.ws_private)
    public_url = exchange.urls.ws_public.replace("linear", "{CHANNEL_TYPE}")
    monkeypatch.setattr(unified, "PUBLIC_WSS", public_url)
    own, public = Inbox(), Inbox()
    keys = {"api_key": "key", "api_secret": "secret", "private_auth_expire": 10}
    private_socket = unified.WebSocket(testnet=False, channel_type="private", **keys)
    public_socket = unified.WebSocket(testnet=False, channel_type="linear")
    private_socket.order_stream(own.put)
    private_socket.execution_stream(own.put)
    private_socket.position_stream(own.put)
    private_socket.wallet_stream(own.put)
    public_socket.ticker_stream("DOGEUSDT", public.put)
    public_socket.kline_stream(1, "DOGEUSDT", public.put)
    public_socket.trade_stream("DOGEUSDT", public.put)
    public_socket.orderbook_stream(50, "DOGEUSDT", public.put)
    exchange.wait_for_listener(*TOPICS, account="key")
    exchange.wait_for_listener(
        *(f"{kind}.DOGEUSDT" for kind in ("tickers", "kline.1", "publicTrade", "orderbook.50"))
    )
    yield own, public
    private_socket.exit()
    public_socket.exit()


def test_a_two_sided_ladder_lives_and_dies(
    exchange: EmbeddedExchange, http: Any, streams: tuple[Inbox, Inbox]
) -> None:
    own, public = streams
    assert http.get_account_info()["result"]["marginMode"] == "REGULAR_MARGIN"
    assert http.set_margin_mode(setMarginMode="REGULAR_MARGIN")["retCode"] == 0
    http.switch_position_mode(**LINEAR, mode=3)
    http.set_leverage(**LINEAR, buyLeverage="50", sellLeverage="50")
    exchange.quote("DOGEUSDT", "0.2")

    entries = [
        {
            "symbol": "DOGEUSDT",
            "side": side,
            "orderType": "Limit",
            "qty": "500",
            "price": price,
            "positionIdx": leg,
            "orderLinkId": name,
        }
        for side, price, leg, name in (("Buy", "0.20001", 1, "L0"), ("Sell", "0.2", 2, "S0"))
    ]
    placed = http.place_batch_order(category="linear", request=entries)
    assert [item["code"] for item in placed["retExtInfo"]["list"]] == [0, 0]
    http.place_order(
        **LINEAR, side="Buy", orderType="Limit", qty="1000", price="0.198", positionIdx=1, orderLinkId="L1"
    )
    http.place_order(
        **LINEAR,
        side="Sell",
        orderType="Limit",
        qty="500",
        price="0.204",
        positionIdx=1,
        reduceOnly=True,
        orderLinkId="LT",
    )
    assert http.amend_order(**LINEAR, orderLinkId="LT", price="0.202")["result"]["orderLinkId"] == "LT"
    with pytest.raises(InvalidRequestError) as duplicate:
        http.place_order(
            **LINEAR, side="Buy", orderType="Limit", qty="1", price="0.1", positionIdx=1, orderLinkId="L1"
        )
    assert duplicate.value.status_code == 110072

    exchange.quote("DOGEUSDT", "0.1975")
    own.until(lambda frame: frame["topic"] == "execution" and frame["data"][0]["orderLinkId"] == "L1")
    exchange.quote("DOGEUSDT", "0.203", bid="0.203")
    sold = own.until(lambda frame: frame["topic"] == "execution" and frame["data"][0]["orderLinkId"] == "LT")
    assert (sold["data"][0]["closedSize"], sold["data"][0]["isMaker"]) == ("500", True)
    legs = {leg["positionIdx"]: leg for leg in http.get_positions(**LINEAR)["result"]["list"]}
    assert (legs[1]["size"], legs[2]["size"]) == ("1000", "500")

    cancelled = http.cancel_all_orders(category="linear", settleCoin="USDT")["result"]["list"]
    assert cancelled == []
    for leg, side in ((1, "Sell"), (2, "Buy")):
        http.place_order(
            **LINEAR, side=side, orderType="Market", qty="0", positionIdx=leg, reduceOnly=True, closeOnTrigger=True
        )
    assert http.get_positions(category="linear", settleCoin="USDT")["result"]["list"] == []

    books = exchange.books("key")
    executed = {each["exec_id"] for each in books["executions"]}
    rest_ids = {each["execId"] for each in http.get_executions(category="linear")["result"]["list"]}
    own.until(lambda frame: frame["topic"] == "wallet" and frame["data"][0]["totalInitialMargin"] == "0")
    pushed = {each["execId"] for frame in own.seen if frame["topic"] == "execution" for each in frame["data"]}
    assert rest_ids == executed
    assert pushed <= executed
    assert {frame["topic"] for frame in own.seen} == set(TOPICS)
    wallet = http.get_wallet_balance(accountType="UNIFIED", coin="USDT")["result"]["list"][0]
    assert wallet["totalWalletBalance"] == books["ledger"][-1]["cash_balance"]
    assert len(http.get_transaction_log(accountType="UNIFIED")["result"]["list"]) == len(books["ledger"])
    assert len(http.get_closed_pnl(**LINEAR)["result"]["list"]) == 3
    assert len(http.get_order_history(**LINEAR)["result"]["list"]) == 6
    public.until(lambda frame: frame["topic"] == "tickers.DOGEUSDT" and frame["data"]["lastPrice"] == "0.20300")


def test_every_reading_method_of_the_daemon_gets_an_answer(http: Any) -> None:
    assert int(http.get_server_time()["result"]["timeSecond"]) > 1_700_000_000
    for method, arguments in (
        ("get_instruments_info", {"category": "linear", "limit": 1000}),
        ("get_tickers", LINEAR),
        ("get_kline", LINEAR | {"interval": 1}),
        ("get_mark_price_kline", LINEAR | {"interval": 60}),
        ("get_funding_rate_history", LINEAR),
        ("get_risk_limit", LINEAR),
        ("get_orderbook", LINEAR),
        ("get_public_trade_history", LINEAR),
        ("get_price_limit", LINEAR),
        ("get_fee_rates", LINEAR),
        ("get_open_orders", LINEAR),
        ("get_api_key_information", {}),
        ("get_coin_info", {}),
    ):
        assert getattr(http, method)(**arguments)["retCode"] == 0, method


def test_refusals_become_pybits_exceptions(exchange: EmbeddedExchange, http: Any) -> None:
    with pytest.raises(InvalidRequestError) as unchanged:
        http.switch_position_mode(**LINEAR, mode=0)
    assert unchanged.value.status_code == 110025
    exchange.fault(point="rest", kind="status", status=502)
    with pytest.raises(FailedRequestError) as gateway:
        http.get_account_info()
    assert gateway.value.status_code == 502
    exchange.fault(point="rest", kind="status", status=200, body="<html>maintenance</html>")
    with pytest.raises(FailedRequestError):
        http.get_account_info()


def test_the_demo_world_under_its_prefix(exchange: EmbeddedExchange) -> None:
    session = unified.HTTP(api_key="demo", api_secret="secret", demo=True, retry_codes={-1})
    session.endpoint = exchange.urls.demo_rest
    assert session.get_wallet_balance(accountType="UNIFIED")["result"]["list"][0]["totalEquity"] == "10000"
    assert session.request_demo_trading_funds()["retCode"] == 0
    with pytest.raises(InvalidRequestError) as unknown:
        session.get_fee_rates(category="linear")
    assert unknown.value.status_code == 10001


def test_a_stream_that_is_cut_comes_back_by_itself(
    exchange: EmbeddedExchange, http: Any, streams: tuple[Inbox, Inbox]
) -> None:
    own, _ = streams
    exchange.strike_streams("close", stream="private")
    exchange.wait_for_listener(*TOPICS, account="key")
    http.switch_position_mode(**LINEAR, mode=3)
    assert own.until(lambda frame: frame["topic"] == "position")["data"][0]["symbol"] == "DOGEUSDT"
