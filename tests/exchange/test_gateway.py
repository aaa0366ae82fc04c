"""The classes are what the ports describe; the type checker says so, the tests only hold the names."""

from gridtrader.engine.ports import Gateway, Sink
from gridtrader.exchange.client import BybitClient
from tests.exchange.support.waiting import RecordingSink


def _is_a_gateway(client: BybitClient) -> Gateway:
    return client


def _is_a_sink(sink: RecordingSink) -> Sink:
    return sink


def test_the_client_has_every_method_of_the_gateway() -> None:
    wanted = {name for name in vars(Gateway) if not name.startswith("_")}
    assert wanted <= set(dir(BybitClient))
