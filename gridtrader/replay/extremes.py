"""Where on the way to a stop an extreme of the account may be passed: the corners that must be reckoned exactly.

An estimate is wrong by less than `spare`; so the corner at which a figure is highest is among those whose estimates
are at most twice that below the highest.
"""

from dataclasses import dataclass

import numpy as np

from gridtrader.replay.course import Bounds, Course, Floats

_RATE_STEP = 1e-4
"""Risk rates have four decimals."""
_RATE_SPARE = 1e-10
"""By which an estimated rate may be wrong."""


@dataclass(frozen=True, slots=True)
class Records:
    """The extremes so far. `peak`, the highest equity, is less the equity that a course begins with."""

    peak: float
    drawdown: float
    margin: float
    rate: float


def may_pass(records: Records, bounds: Bounds, spare: float) -> bool:
    """Whether any record may be passed within the bounds."""
    fall = max(records.peak, bounds.highest_equity) - bounds.lowest_equity
    return (
        bounds.highest_equity > records.peak - spare
        or bounds.highest_margin > records.margin - spare
        or fall > records.drawdown - 2 * spare
        or bounds.highest_rate > _next_rate(records) - _RATE_SPARE
    )


def corners_to_reckon(records: Records, ahead: Course, spare: float) -> list[int]:
    """Return the numbers of the corners of a course at which a record may be passed, rising."""
    highs = np.maximum(np.maximum.accumulate(ahead.equity), records.peak)
    falls = _tops(highs - ahead.equity, records.drawdown, 2 * spare)
    found = {
        *falls,
        *_tops(ahead.margin, records.margin, spare),
        *_tops(ahead.rate, _next_rate(records), _RATE_SPARE),
        *_tops(ahead.equity, records.peak, spare),
    }
    for place in falls:  # the high it is the fall from has to be exact before
        found.update(_tops(ahead.equity[: place + 1], records.peak, spare))
    return sorted(found)


def _next_rate(records: Records) -> float:
    """Return the lowest rate that would be shown as a higher one."""
    return records.rate + _RATE_STEP


def _tops(values: Floats, record: float, spare: float) -> list[int]:
    """Return where a series may be highest, if that may be above a record; each height once."""
    top = float(values.max())
    if top <= record - spare:
        return []
    found = np.flatnonzero(values >= top - 2 * spare)
    if len(found) > 1:
        found = found[np.unique(values[found], return_index=True)[1]]
    return [int(place) for place in found]
