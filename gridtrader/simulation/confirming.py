"""The law "C3": what became of a command is not waited for for ever: what no stream tells is asked for."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from gridtrader.engine.ports import Outcome, Refusal, Rejected, StreamMessage

LATE_MS: Final = 25_000
"""How long an order may stay unconfirmed in peace: five seconds, a few look-ups, and what else is under way."""

_TOLD_NOTHING: Final = frozenset({Refusal.DUPLICATE, Refusal.GONE, Refusal.UNCHANGED})
"""Refusals after which only the order itself can say how things stand."""


@dataclass(slots=True)
class _Sent:
    symbol: str
    at_ms: int


class Unconfirmed:
    """Orders of one account that were sent or changed, and not heard of since. Times are peace, in ms."""

    def __init__(self) -> None:
        self._sent: dict[str, _Sent] = {}

    def sent(self, link_id: str, symbol: str, peace_ms: int) -> None:
        """Note that a command about an order leaves."""
        self._sent[link_id] = _Sent(symbol, peace_ms)

    def answered(self, link_id: str, outcome: Outcome) -> None:
        """Note the answer to it: a refusal says that nothing has come of it."""
        if isinstance(outcome, Rejected) and outcome.refusal not in _TOLD_NOTHING:
            self._sent.pop(link_id, None)

    def told(self, message: StreamMessage) -> None:
        """Note what the bot has taken out of its inbox."""
        for report in message.orders:
            self._sent.pop(report.link_id, None)
        for execution in message.executions:
            self._sent.pop(execution.link_id, None)

    def asked(self, link_id: str) -> None:
        """Note that it has looked an order up."""
        self._sent.pop(link_id, None)

    def read(self, symbol: str) -> None:
        """Note that it has read all open orders of a symbol."""
        for link_id in [link_id for link_id, sent in self._sent.items() if sent.symbol == symbol]:
            del self._sent[link_id]

    def forget(self) -> None:
        """Note that it is away: when it comes back it reads everything."""
        self._sent.clear()

    def overdue(self, peace_ms: int) -> Iterator[str]:
        """Give what has been waited for too long."""
        for link_id, sent in self._sent.items():
            if peace_ms - sent.at_ms > LATE_MS:
                lasts = peace_ms - sent.at_ms
                yield f"{sent.symbol}: C3: {link_id} has been without confirmation for {lasts} ms, and nobody asks"
                return
