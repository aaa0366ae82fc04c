"""One account's private stream: orders, executions, positions and wallet, as events in the account's inbox (A3)."""

import logging
from collections.abc import Mapping

from gridtrader.engine.ports import Clock, Sink, StreamDown, StreamLost, StreamUp
from gridtrader.exchange.credentials import ApiKey
from gridtrader.exchange.hosts import Hosts
from gridtrader.exchange.messages import TOPICS, private_message, unreadable
from gridtrader.exchange.settings import EdgeSettings
from gridtrader.exchange.skew import ClockSkew
from gridtrader.exchange.stream import Listener, Stream
from gridtrader.exchange.supervisor import ConnectionBudget, Supervisor


class PrivateStream:
    """Puts `StreamUp`, messages, `StreamDown` and, when it gives up, `StreamLost` into the sink.

    Within one connection `StreamUp` comes before its messages; after a `StreamDown` none of the old connection's come
    any more. After `StreamLost` nothing comes: make a new one. `start` and `stop` once each, from any thread.
    """

    def __init__(
        self,
        account: str,
        key: ApiKey,
        hosts: Hosts,
        sink: Sink,
        connections: ConnectionBudget,
        settings: EdgeSettings,
        clock: Clock,
        skew: ClockSkew,
        log: logging.Logger,
    ) -> None:
        """`skew` is that of the account's `BybitClient`: the login is signed with the exchange's time."""
        self._account = account
        self._sink = sink
        self._skew = skew
        self._mask = key.mask
        name = f"private-{account}"

        def make(listener: Listener) -> Stream:
            return Stream(
                hosts.ws_private, key, TOPICS, listener, settings, clock, skew.now_ms, log, name=f"{name}-reader"
            )

        self._supervisor = Supervisor(
            name,
            make,
            self,
            connections,
            settings,
            clock,
            log,
            mask=key.mask,
            attempts=settings.private_attempts,
            then_every_s=None,
        )

    def __repr__(self) -> str:
        return f"PrivateStream({self._account}, {'up' if self.is_up else 'down'})"

    @property
    def is_up(self) -> bool:
        """Whether the stream is subscribed, as far as is known."""
        return self._supervisor.is_up

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._supervisor.start()

    def stop(self) -> None:
        """Close the socket for good; returns within the settings' stop timeout. Nothing is put any more."""
        self._supervisor.stop()

    # --- what the supervisor tells ---

    def up(self) -> None:
        self._sink.put(StreamUp())

    def message(self, message: Mapping[str, object], text: str) -> None:
        told = private_message(message, self._mask(text), self._skew.latest_ms())
        if told.errors:  # they quote what was wrong, and the topic may be any text
            errors = tuple(map(self._mask, told.errors))
            told = told._replace(topic=self._mask(told.topic), errors=errors)
        self._sink.put(told)

    def garbage(self, text: str, reason: str) -> None:
        self._sink.put(unreadable(self._mask(text), self._mask(reason)))

    def down(self, reason: str) -> None:
        self._sink.put(StreamDown(self._mask(reason)))

    def exhausted(self, reason: str) -> None:
        self._sink.put(StreamLost(self._mask(reason)))
