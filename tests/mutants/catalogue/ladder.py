"""Mistakes about quantities, prices and depth of the ladders, and about reopening (S1-S5, S8)."""

from tests.mutants.defect import Defect, Edit

LADDER = (
    Defect(
        "leverage-forgotten-in-size",
        "Level 0 is as large as its margin: a tenth of what the customer has asked for.",
        "reference",
        (
            Edit(
                "domain/sizing.py",
                "first = floor_div(margin * leverage, price, instrument.qty_step)",
                "first = floor_div(margin, price, instrument.qty_step)",
            ),
        ),
    ),
    Defect(
        "level-quantity-rounded-up",
        "Levels of a multiplier like 1.3 are a step too large: more money is at risk than the ladder says.",
        "reference",
        (
            Edit(
                "domain/exact.py",
                "return Decimal(steps.numerator // steps.denominator) * step",
                "return Decimal(-(-steps.numerator // steps.denominator)) * step",
            ),
        ),
    ),
    Defect(
        "reference-anew-at-reopening",
        "A side that reopens reckons its quantities from the new price: the two ladders do not match any more.",
        "reference",
        (
            Edit(
                "engine/book.py",
                "self._start_cycle(known.sides[decision.side], decision.immediate, now_ms)",
                "known.reference = new_reference(known)\n"
                "            self._start_cycle(known.sides[decision.side], decision.immediate, now_ms)",
            ),
            Edit(
                "engine/book.py",
                "from gridtrader.domain.decide import Decision, StartCycle, StartLadder",
                "from gridtrader.domain.decide import Decision, StartCycle, StartLadder, new_reference",
            ),
        ),
    ),
    Defect(
        "reference-never-anew",
        "With both sides flat the old quantities are kept: after a month the size has nothing to do with the margin.",
        "reference",
        (
            Edit(
                "domain/decide.py",
                "return StartLadder(reference)",
                "return StartLadder(known.reference or reference)",
            ),
        ),
    ),
    Defect(
        "leverage-in-step",
        "The grid step is divided by the leverage: the whole ladder fills within one step.",
        "S4",
        (
            Edit(
                "domain/legs.py",
                "self.known.strategy.step_percent, instrument)",
                "self.known.strategy.step_percent / self.known.leverage, instrument)",
            ),
        ),
    ),
    Defect(
        "step-from-limit",
        "Steps count from the limit of an executed level, not from what it executed at.",
        "S4",
        (
            Edit(
                "domain/legs.py",
                "self.previous = cycle.levels[level].average_price",
                "done = known.latest.get(known.slot(side, level))\n"
                "            self.previous = done.price if done else cycle.levels[level].average_price",
            ),
        ),
    ),
    Defect(
        "step-from-average-entry",
        "Steps count from the side's average entry: levels crowd together near the market.",
        "S4",
        (
            Edit(
                "domain/legs.py",
                "self.previous = cycle.levels[level].average_price",
                "self.previous = cycle.average_entry",
            ),
        ),
    ),
    Defect(
        "step-rounded-to-the-market",
        "Ladder prices are rounded to the tick towards the market: levels are less than a step apart.",
        "S4",
        (
            Edit(
                "domain/instrument.py",
                "return floor_to(price, self.tick_size) if side is Side.LONG else ceil_to(price, self.tick_size)",
                "return ceil_to(price, self.tick_size) if side is Side.LONG else floor_to(price, self.tick_size)",
            ),
        ),
    ),
    Defect(
        "levels-above-an-unfilled-entry",
        "Levels are placed a step from an entry's limit before the entry has a price.",
        "S4",
        (
            Edit(
                "domain/legs.py",
                "self.previous = None if is_entry or crosses else price",
                "self.previous = None if crosses and not is_entry else price",
            ),
        ),
    ),
    Defect(
        "nothing-ahead",
        "Depth is the number of executed levels: no averaging order waits where the price goes.",
        "lookahead",
        (
            Edit(
                "domain/ladder.py",
                "return min(max(executed_long, executed_short) + 1, max_level + 1)",
                "return min(max(executed_long, executed_short), max_level + 1)",
            ),
        ),
    ),
    Defect(
        "two-ahead",
        "Depth is off by one: twice the margin is bound, and a fast market fills one level too many.",
        "symmetry",
        (
            Edit(
                "domain/ladder.py",
                "return min(max(executed_long, executed_short) + 1, max_level + 1)",
                "return min(max(executed_long, executed_short) + 2, max_level + 1)",
            ),
        ),
    ),
    Defect(
        "highest-level-missing",
        "max_grid_levels_per_side counts level 0: the last averaging level is never placed.",
        "lookahead",
        (
            Edit(
                "domain/ladder.py",
                "return min(max(executed_long, executed_short) + 1, max_level + 1)",
                "return min(max(executed_long, executed_short) + 1, max_level)",
            ),
        ),
    ),
    Defect(
        "ahead-on-long-only",
        "The level ahead is placed on LONG and not on SHORT: the hedge is lost with the next fill.",
        "lookahead",
        (
            Edit(
                "domain/planner.py",
                "leg.state is LegState.MISSING and leg.target)",
                "leg.state is LegState.MISSING and leg.target and (leg.side is Side.LONG or not self.is_ahead))",
            ),
        ),
    ),
    Defect(
        "deep-levels-kept",
        "After a take-profit the levels beyond the new depth stay: one side may fill deeper than the other.",
        "symmetry",
        (
            Edit(
                "domain/planner.py",
                "beyond = [level for level in cycle.levels if level >= depth and",
                "beyond = [level for level in range(depth, known.max_level + 1) if",
            ),
        ),
    ),
    Defect(
        "partly-filled-is-executed",
        "A level counts as executed with its first fill: the rest of it is never bought.",
        "symmetry",
        (
            Edit(
                "domain/known.py",
                "        if missing <= 0:\n            known.whole_of",
                "        if missing < self.reference.quantity(level):\n            known.whole_of",
            ),
        ),
    ),
    Defect(
        "remainder-ordered-whole",
        "A level that was cancelled half filled is placed anew as a whole.",
        "reference",
        (
            Edit(
                "domain/legs.py",
                "qty = reference.quantity(level) - cycle.filled(level)",
                "qty = reference.quantity(level)",
            ),
        ),
    ),
    Defect(
        "reopened-with-m-minus-1",
        "A side reopens one level too deep at the market: the largest of them is bought at the worst price.",
        "S8",
        (Edit("domain/ladder.py", "return max(1, executed_other - 2)", "return max(1, executed_other - 1)"),),
    ),
    Defect(
        "reopened-with-level-0-only",
        "A side reopens with level 0 alone: it stays far smaller than the other, and unhedged.",
        "S8",
        (Edit("domain/ladder.py", "return max(1, executed_other - 2)", "return 1"),),
    ),
    Defect(
        "reopened-from-level-1",
        "A reopening leaves level 0 out.",
        "symmetry",
        (
            Edit(
                "domain/legs.py",
                "self.legs.append(self._leg(cycle, reference, level, is_blocked=is_blocked))",
                "leg = self._leg(cycle, reference, level, is_blocked=is_blocked)\n"
                "            if level == 0 and cycle.immediate > 1 and leg.state is LegState.MISSING:\n"
                "                leg = Leg(self.side, LegState.EXECUTED, None, begun=False)\n"
                "            self.legs.append(leg)",
            ),
        ),
    ),
    Defect(
        "entry-never-repriced",
        "An entry that the market ran away from waits for ever, and with it the whole symbol.",
        "restless",
        (
            Edit(
                "domain/legs.py",
                "if order.is_in_flight or known.holds or touch_price is None:",
                "if order.is_in_flight or known.holds or touch_price is None or order.price:",
            ),
        ),
    ),
)
