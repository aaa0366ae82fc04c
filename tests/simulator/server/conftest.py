"""An exchange of its own for each test: starting one takes a few hundredths of a second."""

from collections.abc import Iterator

import pytest

from tests.simulator.server.wire import Wire
from tests.support.exchange import EmbeddedExchange


@pytest.fixture
def exchange() -> Iterator[EmbeddedExchange]:
    """BTCUSDT at 65000, an account of 10000 USDT in each world, no delays that are not needed."""
    with EmbeddedExchange(accounts=["key:secret:10000", "demo:secret:10000:demo"]) as running:
        running.quote("BTCUSDT", "65000")
        running.quote("DOGEUSDT", "0.2")
        yield running


@pytest.fixture
def wire(exchange: EmbeddedExchange) -> Wire:
    """The mainnet account, in hedge mode."""
    client = Wire(exchange.urls.rest)
    client.hedge()
    return client
