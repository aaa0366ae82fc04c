"""Mistakes about executions, costs and the take-profit (S7, S10)."""

from tests.mutants.defect import Defect, Edit

PROFIT = (
    Defect(
        "execution-counted-twice",
        "A doubled message is booked again: the bot believes in a position it does not have.",
        "stopped without cause",
        (
            Edit(
                "engine/book.py",
                "if known is None or execution.exec_id in self._executions.get(execution.symbol, ()):",
                "if known is None:",
            ),
        ),
    ),
    Defect(
        "cycle-not-split",
        "What fills after a side was flat is thrown away with the closed cycle: a position nobody looks after.",
        "stopped without cause",
        (
            Edit(
                "domain/cycle.py",
                "        if not tail:\n            return None",
                "        if tail or not tail:\n            return None",
            ),
        ),
    ),
    Defect(
        "funding-ignored",
        "Funding paid is left out of the take-profit: the side closes below its target.",
        "protection",
        (
            Edit(
                "engine/book.py",
                "cycle.add_funding(execution.fee, execution.moment)",
                "cycle.add_funding(execution.fee * 0, execution.moment)",
            ),
        ),
    ),
    Defect(
        "funding-with-the-wrong-sign",
        "Funding paid counts as received.",
        "protection",
        (
            Edit(
                "engine/book.py",
                "cycle.add_funding(execution.fee, execution.moment)",
                "cycle.add_funding(-execution.fee, execution.moment)",
            ),
        ),
    ),
    Defect(
        "opening-fees-ignored",
        "The take-profit forgets what opening has cost.",
        "protection",
        (Edit("domain/cycle.py", "self.opening_fees += fill.fee", "self.opening_fees += ZERO"),),
    ),
    Defect(
        "maker-fee-for-closing",
        "The take-profit is reckoned with the maker's fee though it may be a taker's.",
        "protection",
        (
            Edit(
                "engine/survey.py",
                "closing_fee=fees.maker if self.settings.closing_fee_is_maker else fees.taker,",
                "closing_fee=fees.maker,",
            ),
        ),
    ),
    Defect(
        "take-profit-rounded-down",
        "The take-profit is rounded against the customer: a tick below the target.",
        "protection",
        (
            Edit(
                "domain/take_profit.py",
                "rounded = ceil_div if side is Side.LONG else floor_div",
                "rounded = floor_div if side is Side.LONG else ceil_div",
            ),
        ),
    ),
    Defect(
        "take-profit-from-the-ladder",
        "The take-profit closes what the executed levels should be, not what is held.",
        "protection",
        (
            Edit(
                "domain/planner.py",
                "return Target(slot, cycle.open_qty, price)",
                "held = [k for k in cycle.levels if known.is_executed(side, k)]\n"
                "    wanted = sum((known.reference.quantity(k) for k in held), ZERO) if known.reference else ZERO\n"
                "    return Target(slot, wanted or cycle.open_qty, price)",
            ),
        ),
    ),
    Defect(
        "take-profit-not-renewed",
        "The take-profit stays as it was when the side averaged: most of the position is not covered.",
        "protection",
        (
            Edit(
                "domain/planner.py",
                "if order is not None and order.phase.may_execute and known.is_unsettled(side):",
                "if order is not None and order.phase.may_execute:",
            ),
        ),
    ),
    Defect(
        "take-profit-runs-from-its-own-fills",
        "A partly filled take-profit moves its price with each of its fills.",
        "protection",
        (
            Edit(
                "domain/cycle.py",
                "if fill.level is None and (fill.moment < changed or fill.order_id != standing_id)",
                "if fill.level is None",
            ),
        ),
    ),
    Defect(
        "take-profit-not-reduce-only",
        "The take-profit opens instead of closing: the position doubles.",
        "protection",
        (Edit("engine/executor.py", "reduce_only=not slot.kind.opens,", "reduce_only=False,"),),
    ),
)
