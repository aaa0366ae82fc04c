"""The public topics: what each shows first, and what it says when something changes."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Protocol

from gridtrader.simulator.market.api import Kline
from gridtrader.simulator.server.book import Levels, book
from gridtrader.simulator.server.tape import stream_trade
from gridtrader.simulator.server.text import at_step, plain
from gridtrader.simulator.server.venue import Venue

Frame = dict[str, object]

TICKER_MS = 100
KLINE_MS = 1000
PRICE_LIMIT_MS = 300
BOOK_REPEAT_MS = 3000
BOOK_DEPTHS = (1, 50, 200, 1000)
TRADES_PER_MESSAGE = 1024
MINUTE_MS = 60_000
DAY_MS = 86_400_000


class Feed(Protocol):
    """One topic. `now` is API time."""

    def first(self) -> Frame | None:
        """Return what a new subscriber gets, None where it has to wait for the next change."""
        ...

    def due(self, now: int) -> Iterator[Frame]:
        """Yield what all subscribers get now."""
        ...


class TickerFeed:
    """`tickers.{symbol}`: a snapshot of everything, then what has changed, at most every 100 ms."""

    def __init__(self, venue: Venue, symbol: str, topic: str) -> None:
        self._venue = venue
        self._symbol = symbol
        self._topic = topic
        self._shown = self._fields()
        self._next = 0
        self._cross = 1

    def first(self) -> Frame:
        return self._frame("snapshot", self._shown, self._venue.clock.now())

    def due(self, now: int) -> Iterator[Frame]:
        if now < self._next:
            return
        self._next = now + TICKER_MS
        fields = self._fields()
        changed = {name: value for name, value in fields.items() if value != self._shown[name]}
        if changed:
            self._shown = fields
            self._cross += 1
            yield self._frame("delta", {"symbol": self._symbol, **changed}, now)

    def _fields(self) -> dict[str, str]:
        return self._venue.ticker(self._symbol) | {"tickDirection": self._venue.tapes[self._symbol].direction}

    def _frame(self, kind: str, fields: dict[str, str], now: int) -> Frame:
        return {"topic": self._topic, "type": kind, "data": fields, "cs": self._cross, "ts": now}


class TradeFeed:
    """`publicTrade.{symbol}`: trades as they happen."""

    def __init__(self, venue: Venue, symbol: str, topic: str) -> None:
        self._tape = venue.tapes[symbol]
        self._symbol = symbol
        self._topic = topic
        self._seq = self._tape.seq

    def first(self) -> None:
        return None

    def due(self, now: int) -> Iterator[Frame]:
        trades = self._tape.newer_than(self._seq)[-TRADES_PER_MESSAGE:]
        self._seq = self._tape.seq
        if trades:
            rows = [stream_trade(self._symbol, trade, self._tape.instrument) for trade in trades]
            yield {"topic": self._topic, "type": "snapshot", "ts": now, "data": rows}


class KlineFeed:
    """`kline.{interval}.{symbol}`: the running candle every second, each candle once more when it is closed."""

    def __init__(self, venue: Venue, interval: str, symbol: str, topic: str) -> None:
        self._venue = venue
        self._interval = interval
        self._symbol = symbol
        self._topic = topic
        self._start: int | None = None
        self._end = 0
        self._next = 0

    def first(self) -> None:
        return None

    def due(self, now: int) -> Iterator[Frame]:
        if now < self._next and self._venue.market.now <= self._end:
            return
        self._next = now + KLINE_MS
        if self._start is None:
            newest = self._venue.market.klines(self._symbol, self._interval, None, None, 1)
        else:
            newest = self._venue.market.klines(self._symbol, self._interval, self._start, None, 1000)
        for place, candle in reversed(list(enumerate(newest))):
            yield self._frame(candle, is_closed=place > 0, now=now)
        if newest:
            self._start = newest[0].start
            self._end = candle_end(self._start, self._interval)

    def _frame(self, candle: Kline, *, is_closed: bool, now: int) -> Frame:
        row = {
            "start": candle.start,
            "end": candle_end(candle.start, self._interval),
            "interval": self._interval,
            "open": plain(candle.open),
            "close": plain(candle.close),
            "high": plain(candle.high),
            "low": plain(candle.low),
            "volume": plain(candle.volume),
            "turnover": plain(candle.turnover),
            "confirm": is_closed,
            "timestamp": now,
        }
        return {"topic": self._topic, "data": [row], "ts": now, "type": "snapshot"}


def candle_end(start: int, interval: str) -> int:
    """Return the last millisecond of the candle that opens at `start`."""
    if interval == "M":
        opened = datetime.fromtimestamp(start / 1000, UTC)
        year, month = divmod(opened.year * 12 + opened.month, 12)
        return int(datetime(year, month + 1, 1, tzinfo=UTC).timestamp()) * 1000 - 1
    days = {"D": DAY_MS, "W": 7 * DAY_MS}
    return start + (days.get(interval) or int(interval) * MINUTE_MS) - 1


class BookFeed:
    """`orderbook.{depth}.{symbol}`: depth 1 in snapshots only, again after 3 s of silence; else changes."""

    def __init__(self, venue: Venue, depth: int, symbol: str, topic: str) -> None:
        self._venue = venue
        self._depth = depth
        self._symbol = symbol
        self._topic = topic
        self._shown = self._levels()
        self._sent = 0
        self._update = 1

    def first(self) -> Frame:
        return self._frame("snapshot", *self._shown, self._venue.clock.now())

    def due(self, now: int) -> Iterator[Frame]:
        levels = self._levels()
        if levels != self._shown:
            before, self._shown = self._shown, levels
            self._update += 1
            self._sent = now
            if self._depth == 1:
                yield self._frame("snapshot", *levels, now)
            else:
                yield self._frame("delta", _changes(before[0], levels[0]), _changes(before[1], levels[1]), now)
        elif self._depth == 1 and now - self._sent >= BOOK_REPEAT_MS:
            self._sent = now
            yield self._frame("snapshot", *levels, now)

    def _levels(self) -> tuple[Levels, Levels]:
        instrument = self._venue.instruments[self._symbol]
        return book(instrument, self._venue.core.quote(self._symbol), self._depth)

    def _frame(self, kind: str, bids: Levels, asks: Levels, now: int) -> Frame:
        data = {
            "s": self._symbol,
            "b": bids,
            "a": asks,
            "u": self._update,
            "seq": self._venue.tapes[self._symbol].seq,
        }
        return {"topic": self._topic, "type": kind, "ts": now, "data": data, "cts": now}


def _changes(before: Levels, after: Levels) -> Levels:
    old, new = (dict(levels) for levels in (before, after))
    changed = [[price, size] for price, size in new.items() if old.get(price) != size]
    return changed + [[price, "0"] for price in old if price not in new]


class PriceLimitFeed:
    """`priceLimit.{symbol}`: the band for limit prices, when it changes."""

    def __init__(self, venue: Venue, symbol: str, topic: str) -> None:
        self._venue = venue
        self._symbol = symbol
        self._topic = topic
        self._shown = self._row()
        self._next = 0

    def first(self) -> Frame:
        return {"topic": self._topic, "data": self._shown, "ts": self._venue.clock.now()}

    def due(self, now: int) -> Iterator[Frame]:
        if now < self._next:
            return
        self._next = now + PRICE_LIMIT_MS
        row = self._row()
        if row != self._shown:
            self._shown = row
            yield {"topic": self._topic, "data": row, "ts": now}

    def _row(self) -> dict[str, str]:
        tick = self._venue.instruments[self._symbol].tick_size
        highest_buy, lowest_sell = self._venue.core.price_limits(self._symbol)
        return {"symbol": self._symbol, "buyLmt": at_step(highest_buy, tick), "sellLmt": at_step(lowest_sell, tick)}


class StatusFeed:
    """`system.status`: announcements of maintenance, when they change."""

    def __init__(self, venue: Venue, topic: str) -> None:
        self._venue = venue
        self._topic = topic
        self._shown = venue.notices

    def first(self) -> None:
        return None

    def due(self, now: int) -> Iterator[Frame]:
        notices = self._venue.notices
        if notices != self._shown:
            self._shown = notices
            yield {"topic": self._topic, "ts": now, "data": notices}
