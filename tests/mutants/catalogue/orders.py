"""Mistakes about order names, orders of old cycles, and what the exchange says of an order (C2, C3, S8, S10)."""

from tests.mutants.defect import Defect, Edit

ORDERS = (
    Defect(
        "attempt-after-filled",
        "An averaging order whose fill is still on its way is bought a second time under the next name.",
        "single",
        (
            Edit(
                "domain/known.py",
                "return order is not None and (order.is_in_flight or order.has_unseen_fills)",
                "return order is not None and order.is_in_flight",
            ),
            Edit(
                "domain/legs.py",
                "is_blocked = self.known.has_leftovers(self.side) or self.known.is_unsettled(self.side)",
                "is_blocked = self.known.has_leftovers(self.side)",
            ),
            Edit(
                "domain/reconcile.py",
                "elif last.phase is Phase.FILLED and slot.kind is not OrderKind.TAKE_PROFIT and not last.is_meddled:",
                "elif last.phase is Phase.FILLED and slot.level < 0:",
            ),
        ),
    ),
    Defect(
        "attempt-not-raised",
        "The name of a cancelled order is used again: the exchange refuses it, and the level never comes back.",
        "restless",
        (
            Edit(
                "domain/reconcile.py",
                "result.place.append(Place(OrderName(slot, last.name.attempt + 1), target))",
                "result.place.append(Place(last.name, target))",
            ),
        ),
    ),
    Defect(
        "new-name-for-each-try",
        "A command whose reply was lost is sent again at once under a new name: both orders stand.",
        "single",
        (
            Edit(
                "engine/executor.py",
                "                order.phase = Phase.UNKNOWN\n                self._no_answer(slot, reason)\n",
                "                order.phase = Phase.ABSENT if reason else Phase.UNKNOWN\n",
            ),
            Edit(
                "domain/reconcile.py",
                "result.place.append(Place(last.name, target))",
                "result.place.append(Place(OrderName(slot, last.name.attempt + 1), target))",
            ),
        ),
    ),
    Defect(
        "unknown-taken-for-accepted",
        "An order that never arrived is believed to stand: the level or the take-profit is missing for minutes.",
        "symmetry",
        (
            Edit(
                "engine/executor.py",
                "order.phase = Phase.UNKNOWN\n                self._no",
                "order.phase = Phase.WORKING\n                self._no",
            ),
        ),
    ),
    Defect(
        "cycle-number-kept",
        "A side's next cycle takes the names of the last one: its orders are taken for those that have executed.",
        "single",
        (
            Edit(
                "engine/book.py",
                "half.cycle = Cycle(half.last_cycle + 1, immediate, now_ms)",
                "half.cycle = Cycle(max(half.last_cycle, 1), immediate, now_ms)",
            ),
        ),
    ),
    Defect(
        "old-orders-forgotten",
        "Averaging orders of a closed cycle stay on the exchange and fill without anybody's knowing of them.",
        "single",
        (
            Edit(
                "engine/book.py",
                "if order.phase.may_execute or order.has_unseen_fills or (slot.cycle == number and is_latest):",
                "if order.has_unseen_fills or (slot.cycle == number and is_latest):",
            ),
        ),
    ),
    Defect(
        "new-cycle-beside-the-old",
        "A side reopens before the averaging orders of its last cycle are gone: both may fill.",
        "single",
        (
            Edit(
                "domain/legs.py",
                "is_blocked = self.known.has_leftovers(self.side) or self.known.is_unsettled(self.side)",
                "is_blocked = self.known.is_unsettled(self.side)",
            ),
        ),
    ),
    Defect(
        "amended-to-what-is-left",
        "An amended order gets what is open as its total: the part that has executed is missing from it.",
        "protection",
        (Edit("domain/reconcile.py", "total = order.filled + target.leaves", "total = target.leaves"),),
    ),
    Defect(
        "absent-before-its-time",
        "An order that has not arrived yet is taken for absent: its side is reopened, and then it comes.",
        "single",
        (
            Edit(
                "engine/enquiry.py",
                "now < order.sent_ms + self.settings.arrival_ms:",
                "now < order.sent_ms:",
            ),
        ),
    ),
)
