"""Decisions that must be journalled before anything is sent: a new ladder, a side's next cycle (S2, S3, S8)."""

from dataclasses import dataclass

from gridtrader.domain.exact import plain
from gridtrader.domain.known import SymbolKnown
from gridtrader.domain.ladder import entry_price, immediate_levels, step_away
from gridtrader.domain.sizing import Reference, SizingError, reference_for
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
    if any(known.is_unsettled(side) for side in SIDES):
        return None
    flat = [side for side in SIDES if not known.claims(side)]
    if len(flat) == len(SIDES):
        return _start_ladder(known, now_ms)
    for side in flat:
        if known.sides[side].cycle is None and known.sides[side].size == 0:
            executed = known.executed_levels(side.other)
            return StartCycle(side, max(1, min(immediate_levels(executed), known.depth_limit)), executed)
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
    """Return the quantities a ladder begun now would have.

    Raises SizingError where they would not rise, or a level's value would be too small for the exchange.
    """
    strategy = known.strategy
    lowest = entry_price(known.touch(Side.SHORT), Side.SHORT, strategy.entry_allowance_percent, known.instrument)
    reference = reference_for(
        margin=strategy.margin,
        leverage=known.leverage,
        multiplier=strategy.multiplier,
        price=known.touch(Side.LONG),
        lowest_price=lowest,
        max_level=strategy.max_level,
        instrument=known.instrument,
    )
    price = lowest
    for level in range(1, strategy.max_level + 1):
        price = step_away(price, Side.LONG, strategy.step_percent, known.instrument)
        if price < known.instrument.min_price:
            break
        smallest = known.instrument.smallest_qty(price)
        if reference.quantity(level) < smallest:
            raise SizingError(
                f"{known.symbol}: level {level} of {plain(reference.quantity(level))} at {plain(price)} would be "
                f"below the exchange's minimum {plain(smallest)}; raise initial_position_size_usd, leverage or "
                f"averaging_multiplier, or lower grid_step_percent"
            )
    return reference
