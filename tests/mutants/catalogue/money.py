"""Mistakes about what may be spent (S6)."""

from tests.mutants.defect import Defect, Edit

MONEY = (
    Defect(
        "unseen-not-counted",
        "What was sent and is not yet in the wallet is spent a second time.",
        "reserve",
        (
            Edit(
                "domain/money.py",
                "free = wallet.available - buffer_percent / HUNDRED * wallet.margin_balance - unseen",
                "free = wallet.available - buffer_percent / HUNDRED * wallet.margin_balance",
            ),
        ),
    ),
    Defect(
        "buffer-ignored",
        "The customer's balance buffer is spent.",
        "reserve",
        (
            Edit(
                "domain/money.py",
                "free = wallet.available - buffer_percent / HUNDRED * wallet.margin_balance - unseen",
                "free = wallet.available - unseen",
            ),
        ),
    ),
    Defect(
        "one-leg-paid-for",
        "A level is placed if money covers one side of it: the other is refused, or eats the buffer.",
        "reserve",
        (
            Edit(
                "domain/planner.py",
                "return sum((target.margin for target in self.missing), ZERO)",
                "return max((target.margin for target in self.missing), default=ZERO)",
            ),
        ),
    ),
    Defect(
        "fees-not-reserved",
        "The margin of an order leaves out the fees the exchange reserves.",
        "reserve",
        (
            Edit(
                "domain/sizing.py",
                "return value * (share + taker_fee + (1 - side.sign * share) * taker_fee)",
                "return value * share",
            ),
        ),
    ),
    Defect(
        "freed-twice",
        "What a cancel has freed is counted though the wallet shows it already.",
        "reserve",
        (
            Edit(
                "domain/money.py",
                "wallet_knows and order.updated_ms > wallet.latest_ms and order.qty:",
                "wallet_knows and order.qty:",
            ),
        ),
    ),
    Defect(
        "one-side-if-money-is-short",
        "Where money covers one side of a level only, that side is placed alone.",
        "reserve",
        (
            Edit(
                "domain/money.py",
                "    result.notes[plan.symbol].append(_denial(rung, plan.symbol, purse, free))\n    return ZERO",
                "    result.notes[plan.symbol].append(_denial(rung, plan.symbol, purse, free))\n"
                "    alone = [target for target in rung.missing if target.margin <= free][:1]\n"
                "    result.targets.extend(alone or rung.withdrawable)\n"
                "    return sum((target.margin for target in alone), ZERO)",
            ),
        ),
    ),
    Defect(
        "refused-leg-leaves-its-twin",
        "One leg of a level is refused and the other stays: a level on one side.",
        "symmetry",
        (
            Edit(
                "domain/money.py",
                "    result.notes[plan.symbol].append(_denial(rung, plan.symbol, purse, free))\n    return ZERO",
                "    result.notes[plan.symbol].append(_denial(rung, plan.symbol, purse, free))\n"
                "    result.targets.extend(rung.withdrawable)\n"
                "    return ZERO",
            ),
        ),
    ),
)
