"""hftbacktest: an order book of one level a side, moved from corner to corner; compiled (numba), no latency.

It keeps one net position, so the strategy reckons each side by its own orders. Its book has bid and ask a tick apart.
Ladders are arrays: what `ladder` does in objects, once more.
"""

from collections.abc import Callable
from math import ceil, floor
from typing import Any

import numpy as np
from hftbacktest import (
    BUY_EVENT,
    DEPTH_EVENT,
    EXCH_EVENT,
    FILLED,
    GTC,
    LIMIT,
    LOCAL_EVENT,
    SELL_EVENT,
    BacktestAsset,
    ROIVectorMarketDepthBacktest,
    event_dtype,
)
from numba import njit

from benchmarks.candles import Candles
from benchmarks.peers.protocol import answer
from benchmarks.terms import (
    MAKER_FEE,
    MAX_LEVEL,
    MULTIPLIER,
    STEP_PERCENT,
    TAKER_FEE,
    TARGET_PERCENT,
    TICK,
)

CORNER_NS = 15_000_000_000
LEVELS = MAX_LEVEL + 1
TAKE_PROFIT = LEVELS
PLACES = LEVELS + 1
"""Order numbers: those of SHORT follow those of LONG, the number of attempts follows in steps of 2 x PLACES."""
ENOUGH = 1e12


@njit  # type: ignore[misc]
def _send(hbt: Any, ids: Any, side: int, place: int, price: int, quantity: float) -> None:
    """Place one order: averaging or opening (place = level) or the take-profit, and wait for its acceptance."""
    number = ids[side, place] + 2 * PLACES
    ids[side, place] = number
    if (side == 0) == (place < TAKE_PROFIT):
        hbt.submit_buy_order(0, number, price * TICK, quantity, GTC, LIMIT, True)
    else:
        hbt.submit_sell_order(0, number, price * TICK, quantity, GTC, LIMIT, True)


@njit  # type: ignore[misc]
def _withdraw(hbt: Any, ids: Any, side: int, place: int) -> None:
    order = hbt.orders(0).get(ids[side, place])
    if order is not None and order.cancellable:
        hbt.cancel(0, ids[side, place], True)


@njit  # type: ignore[misc]
def _filled(hbt: Any, ids: Any, side: int, place: int) -> int:
    """Return the ticks at which an order was filled; 0 if it was not."""
    order = hbt.orders(0).get(ids[side, place])
    if order is None or order.status != FILLED:
        return 0
    return round(order.exec_price / TICK)


@njit  # type: ignore[misc]
def _open(hbt: Any, ids: Any, sums: Any, levels: Any, side: int, count: int) -> int:
    """Open so many levels at once at the price there is, and return their number."""
    depth = hbt.depth(0)
    price = depth.best_ask_tick if side == 0 else depth.best_bid_tick
    sums[side] = 0
    for level in range(count):
        _send(hbt, ids, side, level, price, float(MULTIPLIER**level))
        _take_in(sums, levels, side, level, price, TAKER_FEE)
    return count


@njit  # type: ignore[misc]
def _take_in(sums: Any, levels: Any, side: int, level: int, price: int, fee: float) -> None:
    """Note a fill in the side's quantity, value and fees."""
    quantity = float(MULTIPLIER**level)
    levels[side, level] = price
    sums[side, 0] += quantity
    sums[side, 1] += quantity * price
    sums[side, 2] += quantity * price * fee


@njit  # type: ignore[misc]
def _target(sums: Any, side: int) -> int:
    size, value, fees = sums[side]
    if side == 0:
        return ceil((value * (1 + TARGET_PERCENT / 100) + fees) / (size * (1 - TAKER_FEE)))
    return floor((value * (1 - TARGET_PERCENT / 100) - fees) / (size * (1 + TAKER_FEE)))


@njit  # type: ignore[misc]
def _stand(hbt: Any, ids: Any, sums: Any, levels: Any, executed: Any, resting: Any, targets: Any) -> None:
    """Let everything stand that should."""
    depth = min(max(executed[0], executed[1]) + 1, LEVELS)
    for side in range(2):
        for level in range(depth, resting[side]):
            _withdraw(hbt, ids, side, level)
        for level in range(max(resting[side], executed[side]), depth):
            before = levels[side, level - 1]
            down, up = before * (1 - STEP_PERCENT / 100), before * (1 + STEP_PERCENT / 100)
            levels[side, level] = floor(down) if side == 0 else ceil(up)
            _send(hbt, ids, side, level, levels[side, level], float(MULTIPLIER**level))
        resting[side] = max(depth, executed[side])
        target = _target(sums, side)
        if target != targets[side]:
            _withdraw(hbt, ids, side, TAKE_PROFIT)
            _send(hbt, ids, side, TAKE_PROFIT, target, sums[side, 0])
            targets[side] = target


@njit  # type: ignore[misc]
def _react(hbt: Any, ids: Any, sums: Any, levels: Any, executed: Any, resting: Any, targets: Any) -> int:
    """Take in what was filled and act on it; return the number of fills."""
    fills = 0
    for side in range(2):
        while executed[side] < resting[side]:
            price = _filled(hbt, ids, side, executed[side])
            if price == 0:
                break
            _take_in(sums, levels, side, executed[side], price, MAKER_FEE)
            executed[side] += 1
            fills += 1
    for side in range(2):
        if _filled(hbt, ids, side, TAKE_PROFIT):
            for level in range(executed[side], resting[side]):
                _withdraw(hbt, ids, side, level)
            executed[side] = _open(hbt, ids, sums, levels, side, max(1, executed[1 - side] - 2))
            resting[side], targets[side] = executed[side], 0
            fills += executed[side] + 1
    if fills:
        hbt.clear_inactive_orders(0)
        _stand(hbt, ids, sums, levels, executed, resting, targets)
    return fills


@njit  # type: ignore[misc]
def _play(hbt: Any) -> int:
    """Play to the end and return the number of fills."""
    ids = np.arange(2 * PLACES).reshape(2, PLACES)
    sums, levels = np.zeros((2, 3)), np.zeros((2, LEVELS), np.int64)
    executed, resting, targets = np.zeros(2, np.int64), np.zeros(2, np.int64), np.zeros(2, np.int64)
    hbt.elapse(CORNER_NS // 2)
    fills = 2
    for side in range(2):
        executed[side] = resting[side] = _open(hbt, ids, sums, levels, side, 1)
    _stand(hbt, ids, sums, levels, executed, resting, targets)
    while hbt.wait_next_feed(True, CORNER_NS) != 1:
        fills += _react(hbt, ids, sums, levels, executed, resting, targets)
    return fills


def events_of(candles: Candles) -> Any:
    """Return the book's changes: at each corner the bid moves to the price, the ask to a tick above."""
    prices = candles.corners().reshape(-1)
    events = np.zeros(2 * len(prices), event_dtype)
    both = DEPTH_EVENT | EXCH_EVENT | LOCAL_EVENT
    times = 1 + CORNER_NS * np.arange(len(prices), dtype=np.int64)
    for number, (kind, above) in enumerate(((BUY_EVENT, 0), (SELL_EVENT, 1))):
        part = events[number::2]
        part["ev"], part["px"], part["qty"] = both | kind, (prices + above) * TICK, ENOUGH
        part["exch_ts"] = part["local_ts"] = times
    return events


def engine(candles: Candles, events: Any) -> Any:
    """Return the backtester over the candles' events, which it does not keep alive itself."""
    asset = (
        BacktestAsset()
        .data(events)
        .linear_asset(1.0)
        .constant_order_latency(0, 0)
        .risk_adverse_queue_model()
        .no_partial_fill_exchange()
        .trading_value_fee_model(MAKER_FEE, TAKER_FEE)
        .tick_size(TICK)
        .lot_size(1.0)
        .roi_lb(float(candles.low.min()) * TICK / 2)
        .roi_ub(float(candles.high.max()) * TICK * 2)
    )
    return ROIVectorMarketDepthBacktest([asset])


def prepare(candles: Candles) -> Callable[[], int]:
    """Return a run over the candles, compiled by one over the first thousand."""
    head = Candles(candles.open[:1000], candles.high[:1000], candles.low[:1000], candles.close[:1000])

    def run(events: Any) -> int:
        hbt = engine(candles, events)
        fills: int = _play(hbt)
        hbt.close()
        return fills

    run(events_of(head))
    events = events_of(candles)
    return lambda: run(events)


if __name__ == "__main__":
    answer("hftbacktest", prepare)
