"""The exchange in a thread of another process's own."""

import socket
import threading

import pytest

from gridtrader.simulator.server.assembly import ExchangeConfig
from gridtrader.simulator.server.thread import ExchangeThread
from tests.simulator.server.wire import Stream, Wire

CONFIG = ExchangeConfig(symbols=("BTCUSDT",), speed=0)


def test_it_starts_serves_and_stops_without_a_trace() -> None:
    before = threading.active_count()
    thread = ExchangeThread(CONFIG)
    urls = thread.start()
    assert Wire(urls.rest).get("/v5/market/time").code == 0
    with Stream(urls.ws_public) as stream:
        thread.stop()
        assert stream.socket.recv() == "", "streams are closed in good order"
    with pytest.raises(ConnectionRefusedError):
        Wire(urls.rest).get("/v5/market/time")
    assert threading.active_count() == before
    thread.stop()


def test_what_keeps_it_from_starting_is_raised_where_it_was_started() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="address already in use"):
        ExchangeThread(CONFIG, port=taken.getsockname()[1]).start()
    with pytest.raises(ValueError, match="NOPE"):
        ExchangeThread(ExchangeConfig(symbols=("NOPE",))).start()


def test_what_a_function_raises_in_the_exchange_comes_back() -> None:
    thread = ExchangeThread(CONFIG)
    thread.start()
    try:
        assert thread.call(lambda server: sorted(server.venue.instruments)) == ["BTCUSDT"]
        with pytest.raises(ZeroDivisionError):
            thread.call(lambda server: 1 // 0)
    finally:
        thread.stop()
