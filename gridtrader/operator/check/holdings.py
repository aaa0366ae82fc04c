"""What stands on an account already: orders and positions that are not the bot's, or that it could not take over.

The question that counts is the one a start asks (T4): can each position be explained, fill by fill, by this bot's own
orders? It is answered by the start's own proof, which changes nothing.
"""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from gridtrader.domain.exact import plain
from gridtrader.domain.known import SymbolKnown
from gridtrader.domain.order_names import parse_order_name
from gridtrader.domain.types import OrderReport, PositionReport, Side
from gridtrader.engine.book import AccountBook
from gridtrader.engine.errors import CannotStart
from gridtrader.engine.journal import SymbolMemory, remember
from gridtrader.engine.ports import Clock, Gateway, Record
from gridtrader.engine.restore import DAY_MS, Prover, SymbolReading
from gridtrader.operator.check.notes import Notes
from gridtrader.operator.rungs import Terms
from gridtrader.store.archive import JOURNAL_NAME
from gridtrader.store.journal_read import read_journal

_VENUE: Final = "bybit"
_TRIES: Final = 3
"""A trading account moves while it is read: what does not fit is read again."""
_OWN_DAYS: Final = 7


class Holdings:
    """Checks one account; `folder` holds its journal, if it has ever traded here."""

    def __init__(self, gateway: Gateway, folder: Path, clock: Clock, notes: Notes) -> None:
        self._gateway = gateway
        self._journal = folder / JOURNAL_NAME
        self._clock = clock
        self._notes = notes

    def check(
        self, traded: Mapping[str, Terms], positions: Sequence[PositionReport], *, configured: Sequence[str]
    ) -> None:
        """Write down what is in the way. `traded` are the configured symbols in hedge mode that could be checked.

        Raises `Refused`, `Unreachable` or StoreError.
        """
        if not self._is_own_journal():
            return
        self._orders(self._gateway.open_orders(), configured)
        held = {report.symbol for report in positions}
        for symbol, terms in traded.items():
            if symbol in held:
                self._prove(terms)
        for symbol in sorted(held - set(configured)):
            self._unconfigured(symbol)

    # --- orders ---

    def _orders(self, orders: Sequence[OrderReport], configured: Sequence[str]) -> None:
        by_symbol: dict[str, list[OrderReport]] = {}
        for order in orders:
            name = parse_order_name(order.link_id)
            is_ours = name is not None and name.slot.symbol == order.symbol
            if is_ours != (order.symbol in configured):
                by_symbol.setdefault(order.symbol, []).append(order)
        for symbol, found in sorted(by_symbol.items()):
            first = found[0]
            count = f"{len(found)} open order{'' if len(found) == 1 else 's'}"
            what = f"{'buy' if first.is_buy else 'sell'} {plain(first.qty)} at {plain(first.price)}"
            example = f"first: {what}, id {first.order_id}"
            if symbol in configured:
                self._notes.warn(f"{symbol} has {count} that the bot did not make ({example}): a start cancels them")
            else:
                self._notes.warn(
                    f"{symbol} is not configured and has {count} under the bot's names ({example}), which nobody "
                    f"looks after: cancel them by hand"
                )

    # --- positions ---

    def _prove(self, terms: Terms) -> None:
        """Try a restoration of one symbol (T4), again if the account has traded meanwhile."""
        symbol = terms.instrument.symbol
        sides = self._positions(symbol)
        problem = ""
        for _ in range(_TRIES):
            known = SymbolKnown(
                terms.strategy, terms.instrument, terms.fees, terms.closing_fee, terms.leverage, quote=terms.quote
            )
            reading = SymbolReading(known, sides, tuple(self._gateway.open_orders(symbol)))
            prover = Prover(self._gateway, self._clock.now_ms(), _silent_log())
            try:
                prover.prove(reading, self._memory().get(symbol, SymbolMemory()), AccountBook())
            except CannotStart as error:
                problem = str(error)
                before, sides = sides, self._positions(symbol)
                if sides == before:
                    break
                continue
            sizes = ", ".join(f"{report.side.name} {plain(report.size)}" for report in sides.values())
            self._notes.ok(f"{symbol}: the position ({sizes}) is the bot's own and can be restored")
            return
        self._notes.fail(problem)

    def _positions(self, symbol: str) -> dict[Side, PositionReport]:
        return {report.side: report for report in self._gateway.positions_of(symbol)}

    def _unconfigured(self, symbol: str) -> None:
        """A position on a symbol that is not configured: ours keeps the account from starting (T3)."""
        now = self._clock.now_ms()
        ours = symbol in self._memory() or any(
            parse_order_name(execution.link_id) is not None
            for execution in self._gateway.executions(symbol, now - _OWN_DAYS * DAY_MS, now + DAY_MS)
        )
        if ours:
            self._notes.fail(
                f"symbol {symbol} is not configured any more but has a position this bot opened: put it back into "
                f"the configuration, or close the position by hand"
            )
        else:
            self._notes.warn(
                f"{symbol} has a position that is not the bot's business; it shares the balance and the "
                f"maintenance-margin rate that can stop this account: better use an account of its own"
            )

    # --- journal ---

    def _records(self) -> Sequence[Record]:
        return [{"kind": record.kind, **record.data} for record in read_journal(self._journal)]

    def _memory(self) -> Mapping[str, SymbolMemory]:
        return remember(self._records())[0]

    def _is_own_journal(self) -> bool:
        """Refuse a folder whose journal tells of another exchange, as a start does."""
        venues = [record["venue"] for record in self._records() if record["kind"] == "venue"]
        if not venues or venues[-1] == _VENUE:
            return True
        self._notes.fail(
            f"{self._journal.parent} holds the journal of trading on {venues[-1]!r}, not on {_VENUE!r}: use another "
            f"--accounts-dir, or move the folder away"
        )
        return False


def _silent_log() -> logging.Logger:
    log = logging.Logger("check")
    log.addHandler(logging.NullHandler())
    return log
