"""From when to when a position had no take-profit, reckoned afterwards from the exchange's own orders and fills.

A take-profit for less than the position counts: how much it covers is what the laws ask at the end.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.support.process import Life

Leg = tuple[str, int]
"""Symbol and `positionIdx`."""


@dataclass(frozen=True, slots=True)
class Bare:
    """A stretch without take-profit; `until_ms` is the end of the record where it goes on."""

    leg: Leg
    since_ms: int
    until_ms: int

    @property
    def length_ms(self) -> int:
        return self.until_ms - self.since_ms


def bare_stretches(dump: Mapping[str, Any], end_ms: int) -> list[Bare]:
    """Return every stretch of an account's dump, by leg and time; what lasts no millisecond is left out."""
    legs = {(row["symbol"], row["position_idx"]) for row in dump["executions"]}
    return [stretch for leg in sorted(legs) for stretch in _of_leg(dump, leg, end_ms)]


def _of_leg(dump: Mapping[str, Any], leg: Leg, end_ms: int) -> Iterable[Bare]:
    """Walk through the moments at which the size or the number of working take-profits changes."""
    changes: list[tuple[int, Decimal, int]] = []
    for row in dump["executions"]:
        if (row["symbol"], row["position_idx"]) == leg and row["exec_type"] != "Funding":
            opened = Decimal(row["qty"]) - 2 * Decimal(row["closed_size"])
            changes.append((row["exec_time"], opened, 0))
    for row in [*dump["open_orders"], *dump["closed_orders"]]:
        if (row["symbol"], row["position_idx"]) == leg and row["reduce_only"]:
            changes.append((row["created_time"], Decimal(0), 1))
    for row in dump["closed_orders"]:
        if (row["symbol"], row["position_idx"]) == leg and row["reduce_only"]:
            changes.append((row["updated_time"], Decimal(0), -1))
    size, working, since = Decimal(0), 0, None
    moments = sorted({at_ms for at_ms, _, _ in changes})
    by_moment: dict[int, list[tuple[Decimal, int]]] = {at_ms: [] for at_ms in moments}
    for at_ms, opened, more in changes:
        by_moment[at_ms].append((opened, more))
    for at_ms in moments:
        for opened, more in by_moment[at_ms]:
            size, working = size + opened, working + more
        is_bare = size > 0 and not working
        if is_bare and since is None:
            since = at_ms
        elif not is_bare and since is not None:
            yield Bare(leg, since, at_ms)
            since = None
    if since is not None:
        yield Bare(leg, since, end_ms)


@dataclass(frozen=True, slots=True)
class Recovery:
    """A life that came to trade: how long after its start, and after how long all positions had take-profits.

    `bare_ms` is the longest that a position was without one between the process's start and the account's trading.
    """

    life: int
    trades_ms: int
    protected_ms: int
    bare_ms: int


def recoveries(
    lives: Sequence[Life], bare: Mapping[str, Sequence[Bare]], stood_still: Iterable[tuple[int, int]] = ()
) -> list[Recovery]:
    """Return what every life took that came to trade with all accounts and did not stand still before it did.

    `bare` is by account.
    """
    result = []
    pauses = list(stood_still)
    for life in lives:
        if len(life.traded_ms) < len(bare):
            continue
        if any(life.started_ms <= since <= max(life.traded_ms.values()) for since, _ in pauses):
            continue
        during = [
            (max(stretch.since_ms, life.started_ms), stretch.until_ms)
            for account_id, stretches in bare.items()
            for stretch in stretches
            if stretch.since_ms <= life.traded_ms[account_id] and stretch.until_ms >= life.started_ms
        ]
        result.append(
            Recovery(
                life.number,
                max(life.traded_ms.values()) - life.started_ms,
                max((until for _, until in during), default=life.started_ms) - life.started_ms,
                max((until - since for since, until in during), default=0),
            )
        )
    return result
