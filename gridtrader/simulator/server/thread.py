"""An exchange in a background thread of this process, for tests and for trading on the embedded exchange."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from gridtrader.simulator.server.app import ExchangeServer, Urls
from gridtrader.simulator.server.assembly import ExchangeConfig, build_venue

Result = TypeVar("Result")
STOP_TIMEOUT_S = 10.0


class ExchangeThread:
    """Owns the thread, its event loop and the server in it."""

    def __init__(self, config: ExchangeConfig, host: str = "127.0.0.1", port: int = 0) -> None:
        self._config = config
        self._place = (host, port)
        self._ready: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event, ExchangeServer, Urls]] = Future()
        self._thread = threading.Thread(target=self._main, name="exchange", daemon=True)

    def start(self) -> Urls:
        """Start, and return where it listens. Raises whatever kept it from starting."""
        self._thread.start()
        return self._ready.result()[3]

    @property
    def server(self) -> ExchangeServer:
        """The server; touch it only through `call`, unless it only reads what never changes."""
        return self._ready.result()[2]

    def call(self, function: Callable[[ExchangeServer], Result]) -> Result:
        """Run a function in the exchange's own thread and return what it returns."""
        loop, _, server, _ = self._ready.result()
        answer: Future[Result] = Future()

        def run() -> None:
            try:
                answer.set_result(function(server))
            except BaseException as problem:  # noqa: BLE001 - carried over to the caller's thread
                answer.set_exception(problem)

        loop.call_soon_threadsafe(run)
        return answer.result(STOP_TIMEOUT_S)

    def stop(self) -> None:
        """Stop and wait for the end of the thread."""
        if not self._thread.is_alive():
            return
        loop, stop, _, _ = self._ready.result()
        loop.call_soon_threadsafe(stop.set)
        self._thread.join(STOP_TIMEOUT_S)

    def _main(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as problem:
            if self._ready.done():
                raise
            self._ready.set_exception(problem)

    async def _serve(self) -> None:
        server = ExchangeServer(build_venue(self._config))
        stop = asyncio.Event()
        urls = await server.start(*self._place)
        self._ready.set_result((asyncio.get_running_loop(), stop, server, urls))
        await stop.wait()
        await server.stop()
