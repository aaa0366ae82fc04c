"""Candles made of points: V5's intervals, and the figures of the last 24 hours, without ever looking back.

A candle covers [start, start + interval). On a continuous way its open is the price at its very start, so it equals
the close of the candle before, as on Bybit; after a jump the open is the price jumped to. A minute in which nothing
happens has a flat candle. The result depends on the points only, not on how often anybody looks.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from gridtrader.simulator.market.api import DayStats, Kline, PriceError
from gridtrader.simulator.market.path import price_between

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
DAY_MINUTES = 1440
_MONDAY_MS = 4 * DAY_MS  # 1970-01-05
_ZERO = Decimal(0)

MINUTES_OF = {name: int(name) for name in ("1", "3", "5", "15", "30", "60", "120", "240", "360", "720")}
INTERVALS = (*MINUTES_OF, "D", "W", "M")


def opening(interval: str) -> Callable[[int], int]:
    """Return the function from a market time to the start of its candle. Raises PriceError for no V5 interval."""
    if interval in MINUTES_OF:
        length = MINUTES_OF[interval] * MINUTE_MS
        return lambda time: time - time % length
    if interval == "D":
        return lambda time: time - time % DAY_MS
    if interval == "W":
        return lambda time: time - (time - _MONDAY_MS) % (7 * DAY_MS)
    if interval == "M":
        return _month
    raise PriceError(f"kline interval {interval!r}: expected one of {' '.join(INTERVALS)}")


def _month(time: int) -> int:
    day = datetime.fromtimestamp(time // 1000, UTC).replace(day=1, hour=0, minute=0, second=0)
    return int(day.timestamp()) * 1000


def merge(older: Kline, newer: Kline, start: int) -> Kline:
    """Return the candle from `start` that two neighbours make together."""
    return Kline(
        start=start,
        open=older.open,
        high=max(older.high, newer.high),
        low=min(older.low, newer.low),
        close=newer.close,
        volume=older.volume + newer.volume,
        turnover=older.turnover + newer.turnover,
    )


@dataclass(slots=True)
class _Bar:
    """A candle that is not closed yet."""

    start: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal = _ZERO
    turnover: Decimal = _ZERO
    is_fresh: bool = True
    """Nothing has happened since it was opened."""

    def take(self, part: Kline) -> None:
        """Go on with the part that follows."""
        self.close = part.close
        if part.high > self.high:
            self.high = part.high
        if part.low < self.low:
            self.low = part.low
        if part.volume:
            self.volume += part.volume
            self.turnover += part.turnover

    def closed(self) -> Kline:
        return Kline(self.start, self.open, self.high, self.low, self.close, self.volume, self.turnover)


class _Series:
    """Closed candles of one length, as many as are kept, and the one that is being put together of minutes."""

    def __init__(self, length_ms: int, keep: int) -> None:
        self._length = length_ms
        self._closed: deque[Kline] = deque(maxlen=keep)
        self._running: _Bar | None = None
        self._end = 0
        self.has_forgotten = False

    def add(self, minute: Kline) -> None:
        running = self._running
        if running is not None and minute.start < self._end:
            running.take(minute)
            return
        if running is not None:
            self.has_forgotten = self.has_forgotten or len(self._closed) == self._closed.maxlen
            self._closed.append(running.closed())
        start = minute.start - minute.start % self._length
        self._end = start + self._length
        self._running = _Bar(
            start, minute.open, minute.high, minute.low, minute.close, minute.volume, minute.turnover
        )

    def newest_first(self) -> Iterator[Kline]:
        if self._running is not None:
            yield self._running.closed()
        yield from reversed(self._closed)


class History:
    """All candles of one price of one symbol.

    Kept are `minute_days` days of minutes (for intervals below an hour), 60 times as long of hours (up to 720) and
    five years of days (D, W, M); what is older is forgotten, so an endless market needs bounded memory.
    """

    def __init__(self, tick: Decimal, minute_days: int, on_minute: Callable[[Kline], None] | None = None) -> None:
        """`on_minute` is told each closed minute."""
        self._tick = tick
        self._minutes = _Series(MINUTE_MS, minute_days * DAY_MINUTES)
        self._hours = _Series(HOUR_MS, minute_days * DAY_MINUTES)
        self._days = _Series(DAY_MS, 5 * 366)
        self._on_minute = on_minute
        self._time = 0
        self._price = _ZERO
        self._bar: _Bar | None = None
        self._end = 0

    def reach(self, time: int, price: Decimal, volume: Decimal, is_jump: bool) -> None:
        """Go on to the next point; `volume` was traded on the way, and counts at its price."""
        bar = self._bar
        if bar is None:
            bar = self._open(time - time % MINUTE_MS, price)
        elif is_jump:
            if time >= self._end:
                self.follow(time, None)
                bar = self._running()
            if bar.is_fresh and bar.start == time:
                bar.open = bar.high = bar.low = price
        elif time > self._end:
            self.follow(time - 1, (time, price))
            bar = self._running()
        bar.is_fresh = False
        bar.close = price
        if price > bar.high:
            bar.high = price
        elif price < bar.low:
            bar.low = price
        if volume:
            bar.volume += volume
            bar.turnover += volume * price
        self._time = time
        self._price = price
        if time == self._end:  # only on a continuous way: the next minute opens where this one ends
            self._roll(price)

    def follow(self, until: int, ahead: tuple[int, Decimal] | None) -> None:
        """Close the minutes that are over at `until`, on the way to (time, price) `ahead`; None: the price stands."""
        while self._bar is not None and self._end <= until:
            price = self._price
            if ahead is not None:
                price = price_between((self._time, self._price), ahead, self._end, self._tick)
            bar = self._bar
            bar.close = price
            bar.high = max(bar.high, price)
            bar.low = min(bar.low, price)
            self._roll(price)

    def klines(
        self, interval: str, start: int | None, end: int | None, limit: int, price: Decimal | None = None
    ) -> Sequence[Kline]:
        """Return candles newest first; `price` is the price now, where it lies between two points."""
        series = self._minutes
        if interval in ("D", "W", "M"):
            series = self._days
        elif interval in MINUTES_OF and MINUTES_OF[interval] >= 60:
            series = self._hours
        found: deque[Kline] = deque(maxlen=limit if start is not None and end is None else None)
        for kline in _grouped(self._parts(series, price), opening(interval), series.has_forgotten):
            if start is not None and kline.start < start:
                break
            if end is None or kline.start <= end:
                found.append(kline)
                if found.maxlen is None and len(found) == limit:
                    break
        return list(found)

    def running(self) -> Kline:
        """Return the running minute. Raises PriceError before the first point."""
        return self._running().closed()

    def _parts(self, series: _Series, price: Decimal | None) -> Iterator[Kline]:
        if self._bar is None:
            return
        bar = self._bar.closed()
        if price is not None:
            bar = merge(bar, Kline(bar.start, price, price, price, price, _ZERO, _ZERO), bar.start)
        yield bar
        yield from series.newest_first()

    def _running(self) -> _Bar:
        if self._bar is None:
            raise PriceError("no price yet: the market has not been advanced to its start")
        return self._bar

    def _open(self, start: int, price: Decimal) -> _Bar:
        self._bar = _Bar(start, price, price, price, price)
        self._end = start + MINUTE_MS
        return self._bar

    def _roll(self, price: Decimal) -> None:
        minute = self._running().closed()
        for series in (self._minutes, self._hours, self._days):
            series.add(minute)
        if self._on_minute is not None:
            self._on_minute(minute)
        self._open(self._end, price)


def _grouped(parts: Iterable[Kline], start_of: Callable[[int], int], drop_last: bool) -> Iterator[Kline]:
    """Put parts, newest first, together to candles; the oldest is dropped where its beginning has been forgotten."""
    group: Kline | None = None
    for part in parts:
        start = start_of(part.start)
        if group is not None and group.start == start:
            group = merge(part, group, start)
            continue
        if group is not None:
            yield group
        group = Kline(start, part.open, part.high, part.low, part.close, part.volume, part.turnover)
        oldest_part = part
    if group is not None and not (drop_last and oldest_part.start != group.start):
        yield group


class DayWindow:
    """Sums and extremes of the last 1440 closed minutes, each minute touched twice."""

    def __init__(self) -> None:
        self._minutes: deque[Kline] = deque()
        self._highs: deque[Kline] = deque()
        self._lows: deque[Kline] = deque()
        self._volume = _ZERO
        self._turnover = _ZERO

    def add(self, minute: Kline) -> None:
        """Take the next closed minute (minutes follow each other without gap) and let the oldest go."""
        self._minutes.append(minute)
        self._volume += minute.volume
        self._turnover += minute.turnover
        while self._highs and self._highs[-1].high <= minute.high:
            self._highs.pop()
        self._highs.append(minute)
        while self._lows and self._lows[-1].low >= minute.low:
            self._lows.pop()
        self._lows.append(minute)
        if len(self._minutes) > DAY_MINUTES:
            gone = self._minutes.popleft()
            self._volume -= gone.volume
            self._turnover -= gone.turnover
            if self._highs[0] is gone:
                self._highs.popleft()
            if self._lows[0] is gone:
                self._lows.popleft()

    def stats(self, running: Kline, price: Decimal) -> DayStats:
        """Return the figures to the minute; `running` is the minute not yet closed, `price` the price now."""
        minutes = self._minutes
        oldest = minutes[0] if minutes else running
        an_hour_ago = minutes[-60] if len(minutes) >= 60 else oldest
        high, low = max(running.high, price), min(running.low, price)
        return DayStats(
            prev_price_24h=oldest.open,
            prev_price_1h=an_hour_ago.open,
            high_24h=max(self._highs[0].high, high) if minutes else high,
            low_24h=min(self._lows[0].low, low) if minutes else low,
            volume_24h=self._volume + running.volume,
            turnover_24h=self._turnover + running.turnover,
        )
