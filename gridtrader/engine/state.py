"""What the state file and the trade history say of what is known (T1, section 7)."""

from decimal import Decimal

from gridtrader.domain.exact import HUNDRED, plain
from gridtrader.domain.known import SymbolKnown
from gridtrader.domain.orders import KnownOrder, Phase
from gridtrader.domain.types import Execution, Side
from gridtrader.engine.book import AccountBook
from gridtrader.engine.ports import LevelState, SymbolState


def account_state(known: SymbolKnown) -> SymbolState:
    """Return one symbol's entry of `bot_state.json`: executed and resting levels in one list, by level."""
    return SymbolState(
        long_positions=tuple(_levels(known, Side.LONG)),
        short_positions=tuple(_levels(known, Side.SHORT)),
        long_tp_order_id=_take_profit_id(known, Side.LONG),
        short_tp_order_id=_take_profit_id(known, Side.SHORT),
        extra=_extra(known),
    )


def _levels(known: SymbolKnown, side: Side) -> list[LevelState]:
    cycle = known.sides[side].cycle
    if cycle is None or known.reference is None:
        return []
    resting = {
        order.name.slot.level: order
        for order in known.orders.values()
        if order.phase is Phase.WORKING and order.side is side and known.is_of_level(order)
    }
    levels = []
    for level in sorted({*resting, *cycle.levels}):
        is_executed, fill, order = known.is_executed(side, level), cycle.levels.get(level), resting.get(level)
        if order is not None and not is_executed:
            quantity = cycle.filled(level) + order.leaves
            levels.append(
                LevelState(quantity, order.price, level, order.order_id, order.created_ms, executed_ms=None)
            )
        elif fill is not None:
            executed_ms = fill.executed_ms if is_executed else None
            levels.append(
                LevelState(fill.qty, fill.average_price, level, fill.order_id, fill.created_ms, executed_ms)
            )
    return levels


def take_profit_order(known: SymbolKnown, side: Side) -> KnownOrder | None:
    """Return the side's standing take-profit, if there is one."""
    if known.sides[side].cycle is None:
        return None
    order = known.latest.get(known.take_profit_slot(side))
    return order if order is not None and order.phase is Phase.WORKING else None


def _take_profit_id(known: SymbolKnown, side: Side) -> str | None:
    order = take_profit_order(known, side)
    return order.order_id if order else None


def _extra(known: SymbolKnown) -> dict[str, object]:
    """Return what `gridtrader status` shows beside the levels."""
    extra: dict[str, object] = {}
    for side in Side:
        half, order = known.sides[side], take_profit_order(known, side)
        extra[side.name.lower()] = {
            "cycle": half.cycle.number if half.cycle else None,
            "size": _shown(half.open_qty),
            "average_price": _shown(half.cycle.average_entry) if half.cycle and half.has_entries else None,
            "tp_price": _shown(order.price) if order else None,
            "tp_quantity": _shown(order.leaves) if order else None,
            "executed_levels": known.executed_levels(side) if half.has_fills else 0,
        }
    extra["reference_quantity"] = _shown(known.reference.quantity(0)) if known.reference else None
    extra["last_price"] = _shown(known.quote.last) if known.quote else None
    extra["holds"] = sorted(hold.value for hold in known.holds)
    return extra


def account_status(mode: str, reason: str, book: AccountBook) -> dict[str, object]:
    """Return the account's status file: what concerns the account as a whole."""
    wallet = book.wallet
    return {
        "mode": mode,
        "reason": reason,
        "margin_balance": wallet.margin_balance if wallet else None,
        "available": wallet.available if wallet else None,
        "initial_margin": wallet.initial_margin if wallet else None,
        "maintenance_margin": wallet.maintenance_margin if wallet else None,
        "mm_rate_percent": wallet.mm_rate * HUNDRED if wallet else None,
        "wallet_at_ms": wallet.at_ms if wallet else None,
    }


def metrics_row(book: AccountBook, now_ms: int) -> dict[str, object]:
    """Return one metrics snapshot (T6)."""
    row = account_status("", "", book)
    del row["mode"], row["reason"]
    row["at_ms"] = now_ms
    row["symbols"] = {
        known.symbol: {
            "orders": sum(1 for order in known.orders.values() if order.phase.may_execute),
            **{side.name.lower(): _side_metrics(known, side) for side in Side},
        }
        for known in book.symbols.values()
    }
    return row


def _side_metrics(known: SymbolKnown, side: Side) -> dict[str, object]:
    half = known.sides[side]
    return {
        "size": half.size,
        "levels": known.executed_levels(side) if half.has_fills else 0,
        "cycle": half.cycle.number if half.cycle else None,
        "has_tp": take_profit_order(known, side) is not None,
    }


def summary_line(known: SymbolKnown) -> str:
    """Return one line on a symbol, for the log."""
    parts = [known.symbol]
    for side in Side:
        half, order = known.sides[side], take_profit_order(known, side)
        resting = sum(1 for o in known.alive(side) if o.name.slot.kind.opens)
        parts.append(
            f"{side.name} size {plain(half.size)}, {known.executed_levels(side) if half.has_fills else 0} executed, "
            f"{resting} resting, TP {plain(order.price) if order else 'none'}"
        )
    return "; ".join(parts)


def _shown(value: Decimal) -> Decimal:
    """Return a number for a file that people read: averages need no sixty digits."""
    return round(value, 12).normalize() if value else Decimal(0)


def trade_row(execution: Execution, what: str, cycle: int | None) -> dict[str, str]:
    """Return one row of `trades_history.csv`."""
    return {
        "time_ms": str(execution.at_ms),
        "symbol": execution.symbol,
        "side": execution.side.name,
        "what": what,
        "cycle": "" if cycle is None else str(cycle),
        "direction": "buy" if execution.is_buy else "sell",
        "price": plain(execution.price),
        "quantity": plain(execution.qty),
        "value": plain(execution.price * execution.qty),
        "closed_quantity": plain(execution.closed_qty),
        "fee": plain(execution.fee),
        "liquidity": "maker" if execution.is_maker else "taker",
        "realised_pnl": "" if execution.pnl is None else plain(execution.pnl),
        "order_name": execution.link_id,
        "order_id": execution.order_id,
        "exec_id": execution.exec_id,
    }
