"""ccxt's streaming client hears what happens: its own dialect of auth, subscriptions and pings."""

import asyncio
from typing import Any

import ccxt.pro
import pytest

from tests.support.exchange import EmbeddedExchange

streaming: Any = ccxt.pro
SYMBOL = "DOGE/USDT:USDT"
WAIT_S = 10


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_streams_tell_of_a_trade(exchange: EmbeddedExchange) -> None:
    heard = asyncio.run(asyncio.wait_for(_story(exchange), WAIT_S))
    order, trade, positions, balance, ticker = heard
    assert (order["clientOrderId"], order["status"]) == ("mine", "closed")
    assert (trade["amount"], trade["side"]) == (500, "buy")
    assert [(leg["side"], leg["contracts"]) for leg in positions if leg["contracts"]] == [("long", 500)]
    assert balance["USDT"]["total"] == pytest.approx(10_000 - 500 * 0.2 * 0.00055)
    assert ticker["last"] == 0.2


async def _story(exchange: EmbeddedExchange) -> tuple[Any, ...]:
    urls = exchange.urls
    sockets: dict[str, Any] = {"public": {"linear": urls.ws_public}, "private": {"contract": urls.ws_private}}
    client: Any = streaming.bybit(
        {
            "apiKey": "key",
            "secret": "secret",
            "enableRateLimit": False,
            "urls": {"api": {"public": urls.rest, "private": urls.rest, "ws": sockets}},
            "options": {"defaultType": "swap", "fetchMarkets": {"types": ["linear"]}},
        }
    )
    try:
        await client.load_markets()
        await client.set_position_mode(True, SYMBOL)
        ticker = await client.watch_ticker(SYMBOL)
        watches = [
            asyncio.ensure_future(watch)
            for watch in (client.watch_orders(SYMBOL), client.watch_my_trades(SYMBOL), client.watch_balance())
        ]
        assert await client.watch_positions([SYMBOL]) == [], "first comes what REST says"
        positions = asyncio.ensure_future(client.watch_positions([SYMBOL]))
        await asyncio.to_thread(exchange.wait_for_listener, "order", "execution", "position", "wallet", account="key")
        params = {"hedged": True, "clientOrderId": "mine"}
        await client.create_order(SYMBOL, "limit", "buy", 500, 0.201, params)
        orders, trades, balance = await asyncio.gather(*watches)
        legs = await positions
        while not any(leg["contracts"] for leg in legs):
            legs = await client.watch_positions([SYMBOL])
        return orders[-1], trades[-1], legs, balance, ticker
    finally:
        await client.close()
