"""The operator: whether an account had a reason to stop, and what he does about it."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from gridtrader.daemon.session import Phase
from gridtrader.simulation.faults import CONNECT_RATES, REQUEST_RATES, Fault, Mishap, Script
from gridtrader.simulation.hub import Hub
from gridtrader.simulation.judge import Judge
from gridtrader.simulation.life import SimAccount
from gridtrader.simulation.venue import Venue

_ATTENDS_MS: Final = 10 * 60_000
"""How long an account that does not trade waits for the operator."""

_LOOK_BACK_MS: Final = 15 * 60_000
"""A fault of a request or a connection explains a stop so much later at most: tries come after growing pauses."""

_CHANGED_BY_OTHERS: Final = frozenset({Fault.ADL, Fault.LIQUIDATION, Fault.FOREIGN_ORDER})
_LOST_MEMORY: Final = frozenset({Fault.TORN_JOURNAL, Fault.HISTORY_SHORT})
_NO_ANSWER: Final = frozenset(
    {
        Fault.REQUEST_LOST,
        Fault.REQUEST_LATE,
        Fault.REPLY_LOST,
        Fault.HTTP_5XX,
        Fault.HTML_BODY,
        Fault.SERVER_ERROR,
    }
)
_REQUESTS: Final = frozenset(REQUEST_RATES)
_MARKET: Final = frozenset({Fault.PRICE_BAND, Fault.PRICE_GAP, Fault.HALT, Fault.DELISTING, Fault.LIQUIDATION})

_NEVER_JUST: Final = ("internal error", "broken invariant", "API key")

_AT_THE_TIME: Final[Sequence[tuple[str, frozenset[Fault]]]] = (
    ("the private stream is lost", frozenset(CONNECT_RATES)),
    ("could not be placed or changed", _NO_ANSWER),
    ("the fate of take-profit", _REQUESTS),
    ("cannot be read", _REQUESTS),
)
"""What a reason says, and which faults of the account's network explain it, one of them a short while ago."""

_EVER: Final[Sequence[tuple[str, frozenset[Fault]]]] = (
    ("is refused", _REQUESTS | _MARKET),
    ("is not trading", frozenset({Fault.HALT, Fault.DELISTING})),
    ("failed: ", frozenset({Fault.LEVERAGE_CAP, Fault.HALT, Fault.DELISTING})),
    ("would ", frozenset({Fault.LEVERAGE_CAP, Fault.PRICE_GAP, Fault.LIQUIDATION})),
)
"""The same of faults that change the exchange for long: sizes that a new leverage or price makes too small, too."""


class Operator:
    """Looks after all accounts of a run."""

    def __init__(
        self, hub: Hub, venue: Venue, judges: Mapping[int, Judge], script: Script, log: logging.Logger
    ) -> None:
        self._hub = hub
        self._start_ms = hub.now
        self._venue = venue
        self._judges = judges
        self._script = script
        self._log = log
        self._blame: dict[int, set[Fault]] = {uid: set() for uid in judges}

    def blame(self, account: SimAccount, fault: Fault) -> None:
        """Note that a fault has befallen an account's position or files: it may stop for it."""
        self._blame[account.uid].add(fault)

    def phase_changed(self, account: SimAccount) -> None:
        """Judge a stop, or a failed start; what does not pass by itself is attended to."""
        phase, reason = account.policy.phase, account.policy.reason
        if phase not in (Phase.STOPPED, Phase.FAILED):
            return
        judge = self._judges[account.uid]
        judge.ended(phase)
        if account.policy.next_try is not None:
            return
        blame, happened, now = self._blame[account.uid], self._script.happened, self._hub.now - self._start_ms
        unjust = is_unjust(reason, account.plan.id, blame, happened, now, was_over=judge.halts.was_over)
        if unjust and not judge.was_forced and not judge.halts.carries_on:
            judge.breach(f"stopped without cause: {reason}")
        self._hub.after(_ATTENDS_MS, lambda: self._attend(account))

    def _attend(self, account: SimAccount) -> None:
        """Do what an operator does: flatten the account by hand, pay in, delete the file; it starts again.

        Where it trades again by the time he comes, he leaves it alone.
        """
        if account.policy.phase not in (Phase.STOPPED, Phase.FAILED):
            return
        self._log.info("the operator attends to account %s: %s", account.plan.id, account.policy.reason)
        exchange, uid, now = self._venue.exchange, account.uid, self._hub.now
        self._judges[uid].is_suspended = True
        is_halted = any(exchange.instruments[symbol].status == "PreLaunch" for symbol in account.symbols)
        if is_halted or self._venue.memories[uid].lag_ms:  # he waits until he can trade, and sees what is
            self._hub.after(_ATTENDS_MS, lambda: self._attend(account))
            return
        exchange.cancel_all(uid, now)
        for symbol in list(exchange.open_symbols(uid)):
            for view in exchange.positions(uid, symbol):
                if view.size:
                    exchange.deleverage(uid, symbol, view.position_idx, view.size, now)
        short = account.plan.usdt - exchange.wallet(uid).total_available
        if short > 0:
            exchange.transfer(uid, short, now)
        self._venue.pump()
        self._blame[uid].clear()
        self._judges[uid].resumed()
        account.disk.release()
        if account.policy.phase is Phase.FAILED:
            account.policy.next_try = self._hub.now / 1000


def is_unjust(
    reason: str, account: str, blame: Iterable[Fault], happened: Sequence[Mishap], now_ms: int, *, was_over: bool
) -> bool:
    """Whether an account stopped, or did not start, for a reason that nothing has given it.

    `blame`: what has befallen its positions and files; `was_over`: its margin rate has been over the threshold.
    """
    if any(words in reason for words in _NEVER_JUST):
        return True
    if "maintenance-margin rate" in reason:
        return not was_over
    if "somebody else" in reason:
        return not _CHANGED_BY_OTHERS.intersection(blame)
    if "cannot be restored" in reason:
        return not (_CHANGED_BY_OTHERS | _LOST_MEMORY).intersection(blame)
    for words, faults in _AT_THE_TIME:
        if words in reason:
            return not _has_struck(account, faults, happened, now_ms - _LOOK_BACK_MS)
    for words, faults in _EVER:
        if words in reason:
            return not any(mishap.fault in faults for mishap in happened)
    return True


def _has_struck(account: str, faults: frozenset[Fault], happened: Sequence[Mishap], since_ms: int) -> bool:
    for mishap in reversed(happened):
        if mishap.at_ms < since_ms:
            return False
        if mishap.fault in faults and mishap.place.partition("/")[0] == account:
            return True
    return False
