"""What may still be spent, and on what (S6). Pure.

All symbols of an account share one balance. A level is paid for on both sides or on neither; what was sent and is
not yet in the wallet counts as spent, a cancel the wallet has not seen counts as freed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import Final, NamedTuple

from gridtrader.domain.exact import HUNDRED, ZERO
from gridtrader.domain.known import LegRefused, SymbolKnown
from gridtrader.domain.legs import Target
from gridtrader.domain.order_names import Slot
from gridtrader.domain.orders import KnownOrder, Phase
from gridtrader.domain.planner import Note, NoteLevel, Rung, SymbolPlan
from gridtrader.domain.types import SIDES, Wallet


@dataclass(frozen=True, slots=True)
class Purse:
    """What the account may spend now. `is_settled`: the wallet is young and newer than everything we know of."""

    free: Decimal
    available: Decimal
    is_settled: bool
    is_fresh: bool


NO_PURSE: Final = Purse(ZERO, ZERO, is_settled=False, is_fresh=False)
"""Nothing can be spent: the balance is not known, or nothing is asked for."""


def open_purse(
    wallet: Wallet | None, symbols: Iterable[SymbolKnown], buffer_percent: Decimal, *, is_fresh: bool
) -> Purse:
    """Return `totalAvailableBalance − buffer − spent, unseen + freed, unseen`; without a wallet nothing is free.

    `is_fresh`: the wallet was heard no longer ago than a balance may be old when it decides.
    """
    if wallet is None:
        return NO_PURSE
    unseen, is_settled, at_ms = ZERO, True, wallet.at_ms
    for known in symbols:
        for order in known.orders.values():
            if not 0 < order.confirmed_ms < at_ms or order.phase is Phase.CANCELLED:
                unseen += _unseen_by(wallet, order)
            if order.updated_ms >= at_ms or order.is_in_flight:
                is_settled = False
        is_settled &= all(s.cycle is None or s.cycle.last_fill[0] < wallet.at_ms for s in known.sides.values())
    free = wallet.available - buffer_percent / HUNDRED * wallet.margin_balance - unseen
    return Purse(free, wallet.available, is_settled=is_settled and is_fresh, is_fresh=is_fresh)


def _unseen_by(wallet: Wallet, order: KnownOrder) -> Decimal:
    """Return what an opening order binds beyond what the wallet knows of; below 0 for what it has freed."""
    if not order.name.slot.kind.opens:
        return ZERO
    wallet_knows = 0 < order.confirmed_ms < wallet.at_ms
    if order.phase in (Phase.SENT, Phase.UNKNOWN, Phase.WORKING, Phase.FILLED):
        return ZERO if wallet_knows else order.margin
    if order.phase is Phase.CANCELLED and wallet_knows and order.updated_ms > wallet.latest_ms and order.qty:
        return -order.margin * order.leaves / order.qty
    return ZERO


class Verdict(Enum):
    GRANTED = "granted"
    DENIED = "denied"
    UNDECIDED = "undecided"
    """The balance has to be read anew before anybody can say."""


class Lack(NamedTuple):
    """How far the free money falls short of what was not granted of a symbol, in USDT, and how much more is missing
    for each 1 by which the symbol's price rises."""

    symbol: str
    amount: Decimal
    per_price: Decimal


@dataclass(slots=True)
class Allotment:
    """What should stand in the whole account, money considered."""

    targets: list[Target] = field(default_factory=list)
    notes: dict[str, list[Note]] = field(default_factory=dict)
    """By symbol."""
    wants_balance: bool = False
    is_short: bool = False
    """Whether any rung was not granted."""
    lacks: list[Lack | None] = field(default_factory=list)
    """What is missing for each rung that was not granted; None: nobody can say, the exchange's refusal, an unread
    balance, or a decision that the next price may change decide as well."""
    undecided: set[str] = field(default_factory=set)
    """Symbols about which nothing can be said before the balance is read."""
    wake_ms: int | None = None


def allot(plans: Sequence[SymbolPlan], purse: Purse) -> Allotment:
    """Give the free money to the rungs: first what levels both ladders, then levels ahead, each in order of plans.

    A rung that cannot be paid stops all deeper ones of its symbol; if it is one that only levels the two sides
    (a reopening), the standing orders ahead are given up for it (S6), and deeper ones as far as that pays for it.
    """
    result = Allotment()
    wakes = [plan.wake_ms for plan in plans if plan.wake_ms is not None]
    result.wake_ms = min(wakes, default=None)
    free = purse.free
    open_plans: list[tuple[SymbolPlan, list[Rung]]] = []
    for plan in plans:
        result.notes[plan.symbol] = list(plan.notes)
        verdict = Verdict.GRANTED
        given_up: set[Slot] = set()
        for rung in (r for r in plan.rungs if not r.is_ahead):
            if verdict is Verdict.GRANTED:
                verdict = _judge(rung, purse, free)
                if verdict is Verdict.DENIED:
                    given_up = _given_up(plan, rung, free)
                free -= _carry_out(rung, verdict, plan, purse, free, result)
            elif verdict is Verdict.UNDECIDED:
                result.targets.extend(rung.withdrawable)
        result.targets.extend(target for target in plan.standing if target.slot not in given_up)
        rest = [r for r in plan.rungs if r.is_ahead]
        if verdict is Verdict.GRANTED:
            open_plans.append((plan, rest))
        elif verdict is Verdict.UNDECIDED:
            result.targets.extend(target for rung in rest for target in rung.withdrawable)
    for plan, rungs in open_plans:
        for rung in rungs:
            free -= _carry_out(rung, _judge(rung, purse, free), plan, purse, free, result)
    return result


def _given_up(plan: SymbolPlan, rung: Rung, free: Decimal) -> set[Slot]:
    """Return what is withdrawn for a level that only levels the two sides and lacks money: what is ahead (S6), and,
    if that makes up for it, the deepest of those that level them further out."""
    given_up = {target.slot for target in plan.ahead}
    want = rung.margin - free - sum((target.margin for target in plan.ahead), ZERO)
    if rung.refused is not None or want > sum((target.margin for target in plan.deeper), ZERO):
        return given_up
    for target in sorted(plan.deeper, key=lambda target: target.slot.level, reverse=True):
        if want <= 0:
            break
        want -= target.margin
        given_up.add(target.slot)
    return given_up


def _judge(rung: Rung, purse: Purse, free: Decimal) -> Verdict:
    if not purse.is_fresh:
        return Verdict.UNDECIDED
    if rung.refused is not None and not _has_more(rung, rung.refused, purse):
        return Verdict.DENIED
    if rung.margin <= free:
        return Verdict.GRANTED
    return Verdict.DENIED if purse.is_settled else Verdict.UNDECIDED


def _has_more(rung: Rung, refused: LegRefused, purse: Purse) -> bool:
    """Whether clearly more is available than when the exchange refused a leg: at least what a leg binds."""
    return purse.available >= refused.available + min(target.margin for target in rung.missing)


def _carry_out(
    rung: Rung, verdict: Verdict, plan: SymbolPlan, purse: Purse, free: Decimal, result: Allotment
) -> Decimal:
    """Put into the result what the verdict lets stand of a rung; returns what it costs."""
    if verdict is Verdict.GRANTED:
        result.targets.extend(rung.withdrawable)
        result.targets.extend(rung.missing)
        return rung.margin
    result.is_short = True
    result.lacks.append(_lack(rung, plan.symbol, verdict, free))
    if verdict is Verdict.UNDECIDED:
        result.targets.extend(rung.withdrawable)
        result.wants_balance = True
        result.undecided.add(plan.symbol)
        return ZERO
    result.notes[plan.symbol].append(_denial(rung, plan.symbol, purse, free))
    return ZERO


def _lack(rung: Rung, symbol: str, verdict: Verdict, free: Decimal) -> Lack | None:
    """Return what is missing for a rung; a ladder of which nothing is open yet is decided anew as prices go (S2)."""
    is_undecided = rung.level == 0 and len(rung.missing) == len(SIDES)
    if verdict is not Verdict.DENIED or rung.refused is not None or is_undecided:
        return None
    return Lack(symbol, rung.margin - free, sum((target.per_price for target in rung.missing), ZERO))


def _denial(rung: Rung, symbol: str, purse: Purse, free: Decimal) -> Note:
    sides = "both sides" if len(rung.missing) == len(SIDES) else rung.missing[0].slot.side.name
    where = f"{symbol} level {rung.level} ({sides})"
    if rung.refused is not None:
        return Note(
            NoteLevel.WARNING,
            f"refused {rung.level}",
            f"{where}: refused by the exchange, tried again later: {rung.refused.text}",
        )
    return Note(
        NoteLevel.WARNING,
        f"money {rung.level} {sides}",
        f"{where}: margin {rung.margin:.8f} USDT does not fit: free {free:.8f} of available "
        f"{purse.available:.8f} after the balance buffer; nothing is placed",
    )
