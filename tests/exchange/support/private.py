"""A private stream with its sink and its log, against a stub."""

from dataclasses import replace

from gridtrader.engine.ports import StreamMessage
from gridtrader.exchange.credentials import ApiKey
from gridtrader.exchange.private_stream import PrivateStream
from gridtrader.exchange.skew import ClockSkew
from gridtrader.exchange.supervisor import ConnectionBudget
from tests.exchange.support.clocks import RealClock
from tests.exchange.support.rig import API_KEY, QUICK, Log, hosts_at
from tests.exchange.support.waiting import RecordingSink


class Private:
    """A private stream, its sink and its log."""

    def __init__(self, url: str, sink: RecordingSink | None = None, key: ApiKey = API_KEY, **changes: object) -> None:
        self.sink = sink or RecordingSink()
        self.log = Log()
        self.settings = replace(QUICK, **changes)  # type: ignore[arg-type]
        clock = RealClock()
        self.skew = ClockSkew(clock, 10**9, 5000)
        self.stream = PrivateStream(
            "001",
            key,
            hosts_at(url.replace("ws", "http", 1)),
            self.sink,
            ConnectionBudget(self.settings, clock),
            self.settings,
            clock,
            self.skew,
            self.log.logger,
        )

    @property
    def messages(self) -> list[StreamMessage]:
        return self.sink.of(StreamMessage)
