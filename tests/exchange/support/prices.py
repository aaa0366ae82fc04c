"""A ticker hub with its log, the pushes it is fed with, and the connection they go over."""

import time
from dataclasses import replace
from typing import Any

from gridtrader.engine.ports import Clock
from gridtrader.exchange.supervisor import ConnectionBudget
from gridtrader.exchange.tickers import TickerHub
from tests.exchange.support.captures import TICKER_SNAPSHOT, fresh
from tests.exchange.support.clocks import RealClock
from tests.exchange.support.rig import QUICK, Log, hosts_at
from tests.exchange.support.waiting import until
from tests.exchange.support.ws_stub import Connection, WsStub


class Hub:
    """A hub whose mainnet and demo prices come from two stubs."""

    def __init__(self, mainnet: str, demo: str, clock: Clock | None = None, **changes: object) -> None:
        self.log = Log()
        settings = replace(QUICK, **changes)  # type: ignore[arg-type]
        clock = clock or RealClock()
        self.hub = TickerHub(
            hosts_at(mainnet.replace("ws", "http", 1)),
            hosts_at(demo.replace("ws", "http", 1)),
            ConnectionBudget(settings, clock),
            settings,
            clock,
            self.log.logger,
        )


def snapshot(last: str = "65100.00", symbol: str = "BTCUSDT", ts: int | None = None) -> dict[str, Any]:
    push: dict[str, Any] = fresh(TICKER_SNAPSHOT)
    push["topic"] = f"tickers.{symbol}"
    push["data"] |= {"symbol": symbol, "lastPrice": last, "bid1Price": last, "ask1Price": last}
    push["ts"] = ts or time.time_ns() // 1_000_000
    return push


def delta(ts: int | None = None, **changes: str) -> dict[str, Any]:
    """Return a push of BTCUSDT that tells nothing but the changes."""
    data = {"symbol": "BTCUSDT", **changes}
    return {"topic": "tickers.BTCUSDT", "type": "delta", "data": data, "cs": 1, "ts": ts or snapshot()["ts"]}


def subscribed(stream: WsStub, topic: str, count: int = 1) -> Connection:
    """Return the newest connection that asked for a topic, once there have been so many."""

    def found() -> list[Connection]:
        wanted = {"op": "subscribe", "args": [topic]}
        return [
            connection
            for connection in list(stream.connections)
            if any({"op": said["op"], "args": said.get("args")} == wanted for said in list(connection.received))
        ]

    until(lambda: len(found()) >= count, f"{count} subscriptions of {topic}")
    return found()[-1]
