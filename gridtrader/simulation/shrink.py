"""Shorten a failure: the fewest faults, accounts and hours with which the same law is still broken.

Every try is a replay in which of all the faults that happened only some may happen again (`Plan.only`). First whole
kinds of fault are left out, then single ones, in ever smaller groups (delta debugging). The number of replays is
bounded; what has been reached by then is what is returned.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from gridtrader.simulation.faults import HOUR_MS, Fault, Mishap
from gridtrader.simulation.run import Result, play
from gridtrader.simulation.verdicts import Breach
from gridtrader.simulation.world import Plan

MOST_REPLAYS: Final = 80
_ROOM_MS: Final = HOUR_MS // 4
"""A try is played so much longer than the failure took: with fewer faults the law may be broken a little later."""
_SYMBOL: Final = re.compile(r"\b[0-9A-Z]+USDT\b:?\s?")
_SIDE: Final = re.compile(r"\b(LONG|SHORT|long|short)\b")
_WITH_A_FIGURE: Final = re.compile(r"\S*\d")

Replay = Callable[[Plan], Result]
Item = TypeVar("Item")


def law_kind(law: str) -> str:
    """Return what two failures have in common if they are the same one: the words before the first figure.

    Names of symbols are left out, and it does not matter which side it was.
    """
    words = _WITH_A_FIGURE.split(_SYMBOL.sub("", law), maxsplit=1)[0]
    return _SIDE.sub("side", words).strip(" :,([") or law


@dataclass(frozen=True, slots=True)
class Shrunk:
    """What is left of a failure."""

    plan: Plan
    """What to play. Where `is_proven` is false: the run as it was, with its faults drawn from the seed."""
    breach: Breach
    at_ms: int
    """When the law is broken by this plan, in ms since the beginning of the run."""
    replays: int
    is_proven: bool
    """Whether exactly this plan has been played again and has broken the same law."""


def shrink(result: Result, most_replays: int = MOST_REPLAYS, replay: Replay = play) -> Shrunk:
    """Return a short plan that breaks the same law as a failed run. Raises ValueError if nothing was broken."""
    if result.breach is None:
        raise ValueError("no law was broken, there is nothing to shorten")
    search = _Search(result, most_replays, replay)
    search.shorten()
    best = search.best
    if best is None or best.breach is None:
        return Shrunk(result.plan, result.breach, _elapsed(result), search.replays, is_proven=False)
    return Shrunk(best.plan, best.breach, _elapsed(best), search.replays, is_proven=True)


class _Spent(Exception):
    """No replay is left."""


class _Search:
    """The shortest plan so far, and how many replays are left."""

    def __init__(self, result: Result, most_replays: int, replay: Replay) -> None:
        self.best: Result | None = None
        self.replays = 0
        self._result = result
        self._kind = law_kind(result.breach.law) if result.breach else ""
        self._most = most_replays
        self._replay = replay

    def shorten(self) -> None:
        """Try what can be left out, as long as there are replays; the last one is kept for the end."""
        try:
            if not self._try(_until_failure(self._result, _ROOM_MS)):
                return
            self._drop_accounts()
            self._drop_faults()
            self._drop_accounts()
        except _Spent:
            pass
        self._breaks(_until_failure(self._known, 0))

    def _try(self, plan: Plan) -> bool:
        """Whether a plan breaks the law. Raises _Spent when only the last replay is left."""
        if self.replays + 1 >= self._most:
            raise _Spent
        return self._breaks(plan)

    def _breaks(self, plan: Plan) -> bool:
        """Play a plan; if it breaks the same law it is the best so far."""
        self.replays += 1
        try:
            result = self._replay(plan)
        except Exception:  # noqa: BLE001  # a plan that cannot be played is not the failure that is looked for
            return False
        if result.breach is None or law_kind(result.breach.law) != self._kind:
            return False
        self.best = result
        return True

    def _drop_accounts(self) -> None:
        """Leave out what befell other accounts, and those behind the one that failed: the first stay the same."""
        number = self._known.breach.account if self._known.breach else ""
        happened = self._known.happened
        its_own = [mishap for mishap in happened if _account_of(mishap) in ("", number)]
        if len(its_own) < len(happened):
            self._only(its_own)
        plan = _until_failure(self._known, _ROOM_MS)
        if number.isdecimal() and 0 < int(number) < plan.accounts:
            self._try(replace(plan, accounts=int(number)))

    def _drop_faults(self) -> None:
        """Leave out whole kinds, then single faults."""
        _fewest(_kinds(self._known), self._only_kinds)
        _fewest(self._known.happened, self._only)

    def _only_kinds(self, kinds: Sequence[Fault]) -> Sequence[Fault] | None:
        mishaps = [mishap for mishap in self._known.happened if mishap.fault in kinds]
        return None if self._only(mishaps) is None else _kinds(self._known)

    def _only(self, mishaps: Sequence[Mishap]) -> Sequence[Mishap] | None:
        """Return which of these faults still happen before the law is broken; None if it is not."""
        plan = replace(_until_failure(self._known, _ROOM_MS), only=tuple(mishaps))
        return self._known.happened if self._try(plan) else None

    @property
    def _known(self) -> Result:
        return self.best or self._result


def _elapsed(result: Result) -> int:
    """Return when the law was broken, in ms since the beginning."""
    return result.breach.at_ms - result.start_ms if result.breach else 0


def _until_failure(result: Result, room_ms: int) -> Plan:
    """Return the plan of exactly what happened, ending so long after the failure."""
    # A ten-thousandth of an hour is 360 ms; the millisecond covers what the division loses.
    hours = -(-(_elapsed(result) + room_ms + 1) // 360) / 10_000
    plan = result.plan
    happened = result.happened
    faults = frozenset(mishap.fault for mishap in happened)
    return replace(plan, hours=min(hours, plan.hours), faults=faults, only=happened)


def _account_of(mishap: Mishap) -> str:
    """Return the account a fault befell; "" where it befell all."""
    first = mishap.place.partition("/")[0]
    return first if first.isdecimal() else ""


def _kinds(result: Result) -> list[Fault]:
    """Return the kinds of fault that happened, in order of their first."""
    return list(dict.fromkeys(mishap.fault for mishap in result.happened))


def _fewest(items: Sequence[Item], attempt: Callable[[Sequence[Item]], Sequence[Item] | None]) -> None:
    """Try to leave out items in groups of every size: first all, then halves, quarters, down to single ones.

    `attempt` returns None where those that are left do not do, otherwise those of them that matter.
    """
    size = len(items)
    while items and size:
        start = 0
        while start < len(items):
            needed = attempt([*items[:start], *items[start + size :]])
            if needed is None:
                start += size
            else:
                items = needed
        size //= 2
