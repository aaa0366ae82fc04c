"""The way a price takes between the moments that are known."""

from decimal import ROUND_HALF_EVEN, Decimal

from gridtrader.simulator.market.api import Point

_ONE = Decimal(1)


def price_between(start: tuple[int, Decimal], end: tuple[int, Decimal], time: int, tick: Decimal) -> Decimal:
    """Return the price at `time` on the straight line between two (time, price), to the nearest tick (ties: even).

    `start` is earlier than `end`; both prices are multiples of `tick` and so is the result, within them.
    """
    (from_time, from_price), (to_time, to_price) = start, end
    if from_price == to_price:
        return from_price
    way = from_price * (to_time - time) + to_price * (time - from_time)
    ticks = (way / ((to_time - from_time) * tick)).quantize(_ONE, rounding=ROUND_HALF_EVEN)
    return ticks * tick


def same_prices(first: Point, second: Point) -> bool:
    return (
        first.last == second.last
        and first.mark == second.mark
        and first.bid == second.bid
        and first.ask == second.ask
        and first.index == second.index
    )


def point_between(start: Point, end: Point, time: int, tick: Decimal) -> Point:
    """Return the market at `time` on the continuous way from `start` to `end`.

    Every price moves on its own line; rounding keeps their order, so bid ≤ last ≤ ask holds between as it does at
    the ends. Sizes are those of `start`; volume is counted at the ends only.
    """

    def price(first: Decimal, last: Decimal) -> Decimal:
        return price_between((start.time, first), (end.time, last), time, tick)

    return Point(
        time=time,
        last=price(start.last, end.last),
        bid=price(start.bid, end.bid),
        ask=price(start.ask, end.ask),
        mark=price(start.mark, end.mark),
        index=price(start.index, end.index),
        bid_size=start.bid_size,
        ask_size=start.ask_size,
    )
