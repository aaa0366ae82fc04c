"""Mistakes about streams, prices and reconciliation (S10, A5, T6)."""

from tests.mutants.defect import Defect, Edit

STREAMS = (
    Defect(
        "not-read-after-reconnect",
        "What happened while the private stream was down is never learnt.",
        "protection",
        (Edit("engine/engine.py", 'self.watch.doubt(self.clock.now_ms(), "the private stream is new")', "pass"),),
    ),
    Defect(
        "unreadable-message-passed-over",
        "A message that could not be understood is logged and forgotten, with the fill it told.",
        "protection",
        (
            Edit(
                "engine/engine.py",
                'self.watch.doubt(now, "a stream message could not be understood")',
                "pass",
            ),
        ),
    ),
    Defect(
        "trades-while-blind",
        "The bot goes on sending while its private stream is down.",
        "A5",
        (Edit("engine/engine.py", "                self.mode = Mode.BLIND\n", ""),),
    ),
    Defect(
        "unconfirmed-never-looked-up",
        "A command that the stream does not confirm is waited for for ever.",
        "restless",
        (
            Edit(
                "engine/enquiry.py",
                "due = sent if is_unknown else sent + self.settings.confirm_ms",
                "due = sent if is_unknown else sent + 100 * self.settings.reconcile_ms",
            ),
        ),
    ),
    Defect(
        "vanished-order-not-missed",
        "The comparison does not notice an order that is not on the exchange any more.",
        "symmetry",
        (
            Edit(
                "engine/enquiry.py",
                "if order.link_id not in found and order.phase.may_execute:",
                "if order.link_id in found and order.phase.may_execute:",
            ),
        ),
    ),
    Defect(
        "comparison-does-not-read-fills",
        "The comparison reads positions and orders, and not the fills behind them.",
        "stopped without cause",
        (Edit("engine/enquiry.py", "            yield from self._read_executions(known)\n", ""),),
    ),
    Defect(
        "opens-on-an-old-price",
        "With the price stream down new exposure is opened at a price nobody knows any more.",
        "A5",
        (
            Edit(
                "engine/passes.py",
                "is_old = known.quote is None or now_ms - known.quoted_ms > self.settings.quote_max_age_ms",
                "is_old = known.quote is None",
            ),
            Edit(
                "engine/engine.py",
                "self._hold(symbol, HoldReason.PRICES_DOWN, is_held=True)",
                "self._hold(symbol, HoldReason.PRICES_DOWN, is_held=False)",
            ),
        ),
    ),
    Defect(
        "state-file-not-renewed",
        "The state file is written at the start and never again: status and tools show the past.",
        "mirror",
        (
            Edit(
                "engine/recorder.py",
                "        for fact in facts:\n            self._state_is_old = True",
                "        for fact in facts:\n            self._state_is_old |= False",
            ),
        ),
    ),
    Defect(
        "state-file-shows-what-is-left",
        "The state file shows what is open of a partly filled level, not the level.",
        "mirror",
        (
            Edit(
                "engine/state.py",
                "quantity = cycle.filled(level) + order.leaves",
                "quantity = order.leaves",
            ),
        ),
    ),
)
