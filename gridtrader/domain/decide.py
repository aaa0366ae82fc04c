"""Decisions that must be journalled before anything is sent: a new ladder, a side's next cycle (S2, S3, S8)."""

from dataclasses import dataclass

from gridtrader.domain.known import SymbolKnown
from gridtrader.domain.ladder import entry_price, immediate_levels
from gridtrader.domain.sizing import Reference, reference_for
from gridtrader.domain.types import SIDES, Side


@dataclass(frozen=True, slots=True)
class StartLadder:
    """Both sides are flat: new reference quantities, and level 0 of both sides (S3)."""

    reference: Reference


@dataclass(frozen=True, slots=True)
class StartCycle:
    """One side is flat: open `immediate` levels at once; `executed_other` is the m this follows from (S8)."""

    side: Side
    immediate: int
    executed_other: int


Decision = StartLadder | StartCycle


def decide(known: SymbolKnown, now_ms: int) -> Decision | None:
    """Return the next decision that is due, or None. Taken once: the cycle it makes stands until it is closed.

    Raises SizingError where a new ladder's quantities would not rise.
    """
    flat = [side for side in SIDES if not known.claims(side)]
    if len(flat) == len(SIDES):
        return _start_ladder(known, now_ms)
    for side in flat:
        if known.sides[side].cycle is None and known.sides[side].size == 0:
            executed = known.executed_levels(side.other)
            return StartCycle(side, min(immediate_levels(executed), known.depth_limit), executed)
    return None


def _start_ladder(known: SymbolKnown, now_ms: int) -> StartLadder | None:
    """Both sides are flat and nothing of them may fill: what ladder begins, if it is time to begin one.

    A ladder that was decided and could not open a single order (no money) is decided again only when the price has
    moved enough to change its quantities, and not more often than entries are re-priced.
    """
    if known.holds or known.quote is None:
        return None
    if any(known.has_leftovers(side) or known.sides[side].size for side in SIDES):
        return None
    fresh = all(known.sides[side].cycle is not None for side in SIDES)
    if fresh and now_ms - known.decided_ms < known.strategy.reprice_ms:
        return None
    reference = new_reference(known)
    if fresh and reference == known.reference and _opens_one_level(known):
        return None
    return StartLadder(reference)


def _opens_one_level(known: SymbolKnown) -> bool:
    return all(cycle is not None and cycle.immediate == 1 for cycle in (s.cycle for s in known.sides.values()))


def new_reference(known: SymbolKnown) -> Reference:
    """Return the quantities a ladder begun now would have. Raises SizingError where they would not rise."""
    strategy = known.strategy
    lowest = entry_price(known.touch(Side.SHORT), Side.SHORT, strategy.entry_allowance_percent, known.instrument)
    return reference_for(
        margin=strategy.margin,
        leverage=known.leverage,
        multiplier=strategy.multiplier,
        price=known.touch(Side.LONG),
        lowest_price=lowest,
        max_level=strategy.max_level,
        instrument=known.instrument,
    )
