"""Shared hands of the hostile tests: an account that trades, what stands on the exchange, and how often it was asked.

Every test judges by the exchange's own books and by what was sent, never by what the engine believes.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from gridtrader.domain.known import Strategy
from gridtrader.engine.ports import NewQuote, Outcome, StreamMessage
from gridtrader.simulator.core import model
from tests.support.desk import UID, Desk
from tests.support.inprocess import Table, settings

D = Decimal
DOGE = {"DOGEUSDT": "0.2"}
LONG, SHORT = 1, 2
"""`positionIdx` of the two sides."""


def opened(*strategies: Strategy, usdt: str = "10000", prices: Mapping[str, str] = DOGE, **changes: object) -> Table:
    """Return an account that has started on a market at rest; `changes` are engine settings."""
    table = Table(settings(*strategies, **changes), prices, usdt=usdt)
    table.start()
    return table


# --- what stands on the exchange ---


def take_profit(table: Table, leg: int, symbol: str = "DOGEUSDT") -> model.Order:
    """Return the one closing order of ours of a leg; fails if there is none, or another."""
    (order,) = [
        order
        for order in table.exchange.open_orders(UID, symbol)
        if order.reduce_only and order.position_idx == leg and order.order_link_id
    ]
    return order


def naked(table: Table) -> list[tuple[str, int, Decimal]]:
    """Return the legs whose size no reduce-only order covers."""
    covered: defaultdict[tuple[str, int], Decimal] = defaultdict(Decimal)
    for order in table.exchange.open_orders(UID):
        if order.reduce_only:
            covered[order.symbol, order.position_idx] += order.leaves_qty
    return [
        (symbol, view.position_idx, view.size)
        for symbol in table.exchange.instruments
        for view in table.exchange.positions(UID, symbol)
        if view.size and covered[symbol, view.position_idx] != view.size
    ]


def standing(table: Table) -> dict[str, tuple[Decimal, Decimal]]:
    """Return price and open quantity of every open order, by name."""
    return {o.order_link_id: (o.price, o.leaves_qty) for o in table.exchange.open_orders(UID)}


def executed(table: Table) -> list[tuple[str, Decimal]]:
    """Return order name and quantity of every execution, funding excepted."""
    return [(e.order_link_id, e.qty) for e in table.exchange.executions(UID) if e.exec_type != "Funding"]


# --- what was sent ---


def sent(table: Table, command: str, pattern: str = "") -> list[str]:
    """Return the names a command was sent for, in order, as far as they contain `pattern` (a regular expression)."""
    pairs = (line.split(" ", 1) for line in table.desk.commands)
    return [name for verb, name in pairs if verb == command and re.search(pattern, name)]


def is_opening(name: str) -> bool:
    """Whether an order name is an entry's or an averaging order's."""
    return re.match(r"g_\w+_[LS][EA]\d\d_", name) is not None


# --- what the test meddles with ---


def answer(command: str, pattern: str, outcome: Outcome) -> Callable[[str, str], Outcome | None]:
    """Return a fault for `Desk.before`: this outcome for one command on the orders whose names match."""
    return lambda what, name: outcome if what == command and re.search(pattern, name) else None


def meddle(desk: Desk, read: str, wrap: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    """Put something between the engine and one read of its gateway; it lasts until the next `Table.begin`."""
    setattr(desk, read, wrap(getattr(desk, read)))


def count_calls(desk: Desk, read: str) -> list[int]:
    """Return a list that grows by the time (ms) of every call of a read from now on."""
    calls: list[int] = []

    def wrap(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            calls.append(desk.clock.now)
            return real(*args, **kwargs)

        return call

    meddle(desk, read, wrap)
    return calls


def without(topic: str, pattern: str = "") -> Callable[[list[StreamMessage]], list[StreamMessage]]:
    """Return a stream that loses the messages of a topic; with `pattern`, those of orders whose names match."""

    def lose(messages: list[StreamMessage]) -> list[StreamMessage]:
        return [
            m
            for m in messages
            if m.topic != topic or (pattern and not any(re.search(pattern, o.link_id) for o in m.orders))
        ]

    return lose


class Withheld:
    """A stream that keeps back the messages it is told to, until they are put after all."""

    def __init__(self, table: Table, is_late: Callable[[StreamMessage], bool]) -> None:
        self.messages: list[StreamMessage] = []
        self._table, self._is_late = table, is_late
        table.desk.shuffle = self._sort

    def _sort(self, messages: list[StreamMessage]) -> list[StreamMessage]:
        self.messages.extend(m for m in messages if self._is_late(m))
        return [m for m in messages if not self._is_late(m)]

    def release(self) -> None:
        """Tell everything that was kept back, in its order, and be an honest stream from now on."""
        self._table.desk.shuffle = list
        for message in self.messages:
            self._table.inbox.put(message)


# --- time ---


def run_for(table: Table, ms: int, *, request_ms: int = 5, limit: int = 2_000) -> int:
    """Let the engine run as its thread does, waking when it asked to be woken or when something comes.

    A step takes `request_ms`. Returns the number of steps; stops at `limit`, which an engine that spins reaches.
    """
    end, steps = table.clock.now + ms, 0
    while table.clock.now < end and steps < limit:
        delay = table.engine.step()
        steps += 1
        is_news = table.desk.push()
        table.clock.now += request_ms if is_news else max(request_ms, min(delay, end - table.clock.now))
    return steps


def tell(table: Table, prices: Mapping[str, str]) -> None:
    """Move the market and tell the engine, without letting it come to rest."""
    quotes = [NewQuote(symbol, table.quote(symbol, price)) for symbol, price in prices.items()]
    table.desk.push()
    for quote in quotes:
        table.inbox.put(quote)


def thin_quote(table: Table, symbol: str, price: str, size: str) -> None:
    """Move the market to a price at which only so much is bid and offered, and let the streams tell of it."""
    value = D(price)
    table.clock.now += 1
    book = model.Quote(value, value, value, value, value, D(size), D(size))
    table.exchange.set_quote(symbol, book, table.clock.now)
    table.desk.push()
    table.inbox.put(NewQuote(symbol, table.desk.quote(symbol)))


def levels(names: Sequence[str], kind_and_level: str) -> list[str]:
    """Return the names of one side, kind and level, as in "LA02"."""
    return [name for name in names if f"_{kind_and_level}_" in name]
