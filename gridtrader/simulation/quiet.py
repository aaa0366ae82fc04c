"""Whether the bot has nothing more to do by itself: then the laws of section 9 must hold, without excuse."""

from gridtrader.domain.known import SymbolKnown
from gridtrader.domain.types import SIDES
from gridtrader.engine.engine import GridEngine, Mode


def quiet_symbols(engine: GridEngine) -> list[str]:
    """Return the symbols in which no command is in flight, no fill unseen, nothing to be tried again or read."""
    if engine.mode is not Mode.TRADING or engine.watch.must_read or engine.executor.has_doubts:
        return []
    now = engine.clock.now_ms()
    if not engine.recorder.is_healthy or engine.executor.next_due(now) is not None:
        return []
    if engine.watch.waits_for_balance:
        return []
    if engine.lacks_money and any(_is_just_refused(known, now) for known in engine.book.symbols.values()):
        return []  # it had been given the money first; the next pass gives it to who had to wait
    return [symbol for symbol, known in engine.book.symbols.items() if _is_settled(known, now)]


def _is_settled(known: SymbolKnown, now_ms: int) -> bool:
    if any(now_ms < refused.retry_ms for refused in known.refused_legs.values()):
        return False
    if any(order.is_in_flight for order in known.orders.values()):
        return False
    return not any(known.is_unsettled(side) or known.has_leftovers(side) for side in SIDES)


def _is_just_refused(known: SymbolKnown, now_ms: int) -> bool:
    return any(refused.count == 1 and now_ms < refused.retry_ms for refused in known.refused_legs.values())
