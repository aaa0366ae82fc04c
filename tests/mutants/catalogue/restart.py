"""Mistakes about journal, restoration, conflicts and stops (T3-T5, R1-R3, section 7)."""

from tests.mutants.defect import Defect, Edit

RESTART = (
    Defect(
        "names-not-journalled",
        "An order leaves before its name is on disk: after a crash nobody knows that the name was used.",
        "single",
        (
            Edit(
                "engine/executor.py",
                "write_ahead([sent_record(known.symbol, (place.name for place in places), now)])",
                "write_ahead([])",
            ),
        ),
    ),
    Defect(
        "executions-not-journalled",
        "Fills that the exchange has forgotten cannot be restored: the account does not start again.",
        "stopped without cause",
        (
            Edit(
                "engine/recorder.py",
                "records.append(journal.execution_record(fact.execution))",
                "records.extend([])",
            ),
        ),
    ),
    Defect(
        "decisions-not-journalled",
        "A crash forgets the ladder's quantities and how many levels were opened at once.",
        "reference",
        (
            Edit(
                "engine/passes.py",
                "if not self.recorder.write_ahead(records):",
                "if not self.recorder.write_ahead([]):",
            ),
        ),
    ),
    Defect(
        "partly-filled-levels-not-restored",
        "A level that was half filled when the process died is no level after the restart.",
        "stopped without cause",
        (
            Edit(
                "engine/history.py",
                "if fill.qty > wanted or (is_whole and fill.qty < wanted):",
                "if fill.qty != wanted:",
            ),
        ),
    ),
    Defect(
        "restart-forgets-funding",
        "Funding of the running cycles is lost with a restart.",
        "protection",
        (
            Edit(
                "engine/history.py",
                "            cycle.add_funding(execution.fee, execution.moment)\n",
                "",
            ),
        ),
    ),
    Defect(
        "restart-forgets-immediate",
        "After a restart the decided levels of a reopening are taken for averaging levels.",
        "S8",
        (
            Edit(
                "engine/restore.py",
                "            cycle.immediate = journalled.immediate\n",
                "            cycle.immediate = 1\n",
            ),
        ),
    ),
    Defect(
        "restart-counts-old-cycles",
        "Restoration does not stop where the side was flat: levels of closed cycles come back.",
        "stopped without cause",
        (
            Edit(
                "engine/history.py",
                "        if running == 0:\n            break\n        count += 1",
                "        if running == 0 and count > 40:\n            break\n        count += 1",
            ),
        ),
    ),
    Defect(
        "conflict-check-skipped",
        "A fill that comes while the account is being restored is lost.",
        "protection",
        (
            Edit(
                "engine/start.py",
                "            if told & symbols:\n                return True",
                "            if told & symbols:\n                return False",
            ),
            Edit(
                "engine/start.py",
                "if any(sizes.get((p.symbol, p.side), p.size) != p.size for p in event.positions):\n"
                "                return True",
                "if any(sizes.get((p.symbol, p.side), p.size) != p.size for p in event.positions):\n"
                "                return False",
            ),
        ),
    ),
    Defect(
        "not-protected-at-start",
        "A start that fails after it has cancelled orders leaves positions without take-profits.",
        "protection",
        (
            Edit(
                "engine/start.py",
                "self._secure(reading, protector)",
                "_ = self._secure, reading, protector",
            ),
        ),
    ),
    Defect(
        "old-orders-not-cancelled-at-start",
        "A restart leaves on the exchange what stood there: orders nobody knows of any more.",
        "single",
        (
            Edit(
                "engine/start.py",
                'self._insist(f"{symbol}: cancelling all orders", partial(self.gateway.cancel_all, symbol))',
                "_ = partial",
            ),
        ),
    ),
    Defect(
        "opens-on-a-full-disk",
        "The bot goes on opening while its journal cannot be written.",
        "section 7",
        (
            Edit(
                "engine/executor.py",
                "        if lane is Lane.TRADE and not written:",
                "        if lane is Lane.TRADE and not written and not places:",
            ),
            Edit(
                "engine/passes.py",
                "set_hold(known, HoldReason.FILES, is_held=not self.recorder.is_healthy)",
                "set_hold(known, HoldReason.FILES, is_held=False)",
            ),
        ),
    ),
    Defect(
        "risk-rate-not-checked",
        "The maintenance-margin rate is never looked at: the account is liquidated instead of stopped.",
        "R1",
        (Edit("domain/guards.py", "return wallet.mm_rate >= threshold", "return wallet.mm_rate > threshold * 1000"),),
    ),
    Defect(
        "emergency-goes-on-sending",
        "An emergency stop is declared, and the bot trades on.",
        "silence",
        (
            Edit(
                "engine/engine.py",
                "        if self.mode is Mode.STOPPED:\n            return IDLE_MS\n        try:",
                "        try:",
            ),
            Edit(
                "daemon/session.py",
                "self.engine.stop_reason, False)\n                return\n            self.inbox",
                "self.engine.stop_reason, False)\n            self.inbox",
            ),
        ),
    ),
    Defect(
        "emergency-cancels-take-profits",
        "An emergency stop takes the take-profits away with the opening orders: positions without any cover.",
        "silence",
        (
            Edit(
                "engine/halt.py",
                "for order in known.alive(side) if order.name.slot.kind.opens]",
                "for order in known.alive(side)]",
            ),
        ),
    ),
    Defect(
        "emergency-withdraws-nothing",
        "An emergency stop leaves its averaging orders: they fill, and nobody adjusts the take-profits.",
        "R2",
        (
            Edit(
                "engine/engine.py",
                "        if self.settings.cancel_opening_on_emergency:",
                "        if not self.settings.cancel_opening_on_emergency:",
            ),
        ),
    ),
    Defect(
        "starts-despite-emergency",
        "The emergency file is not written: the next start of the daemon trades on.",
        "R2",
        (
            Edit(
                "engine/halt.py",
                "        if self._is_declared:\n            return True\n",
                "        if self._is_declared or not self._is_declared:\n            return True\n",
            ),
        ),
    ),
    Defect(
        "start-while-orders-are-under-way",
        "A start reads while what an earlier life has sent can still arrive: it comes beside what the start places.",
        "S8",
        (
            Edit(
                "engine/start.py",
                "            self._let_arrive(memory)\n",
                "            pass\n",
            ),
        ),
    ),
    Defect(
        "new-journal-forgets-closed-cycles",
        "A new journal file has nothing of closed cycles: the next start tells of yesterday's fills once more.",
        "section 7",
        (
            Edit(
                "engine/journal_tail.py",
                "if each.exec_id not in running)",
                "if each.exec_id in running)",
            ),
        ),
    ),
)
