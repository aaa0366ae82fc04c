from collections.abc import Callable, Iterator

import pytest

from tests.exchange.support.http_stub import HttpStub
from tests.exchange.support.prices import Hub
from tests.exchange.support.private import Private
from tests.exchange.support.rig import Rig
from tests.exchange.support.ws_stub import WsStub


@pytest.fixture
def stub() -> Iterator[HttpStub]:
    server = HttpStub()
    yield server
    server.close()


@pytest.fixture
def rig(stub: HttpStub) -> Iterator[Callable[..., Rig]]:
    """Make a client of the stub; the changes go to its settings."""
    made: list[Rig] = []

    def make(path: str = "", **changes: object) -> Rig:
        made.append(Rig(stub.url + path, **changes))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for one in made:
        one.client.close()


def _serve() -> Iterator[WsStub]:
    server = WsStub()
    yield server
    server.close()


@pytest.fixture
def stream() -> Iterator[WsStub]:
    yield from _serve()


@pytest.fixture
def private(stream: WsStub) -> Iterator[Callable[..., Private]]:
    made: list[Private] = []

    def make(url: str = "", **changes: object) -> Private:
        made.append(Private(url or stream.url, **changes))  # type: ignore[arg-type]
        made[-1].stream.start()
        return made[-1]

    yield make
    for one in made:
        one.stream.stop()


@pytest.fixture
def demo_stream() -> Iterator[WsStub]:
    yield from _serve()


@pytest.fixture
def make_hub(stream: WsStub, demo_stream: WsStub) -> Iterator[Callable[..., Hub]]:
    """Make a hub of the two stubs' prices; the changes go to its settings."""
    made: list[Hub] = []

    def make(**changes: object) -> Hub:
        made.append(Hub(stream.url, demo_stream.url, **changes))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for one in made:
        one.hub.close()
