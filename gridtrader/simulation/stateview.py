"""The state file's content as a reader of its JSON finds it (T1)."""

from collections.abc import Mapping
from typing import Any

from gridtrader.engine.ports import LevelState, SymbolState


def state_tree(states: Mapping[str, SymbolState]) -> dict[str, Any]:
    """Return `bot_state.json` as read."""
    return {
        symbol: {
            "long_positions": [_level(level) for level in state.long_positions],
            "short_positions": [_level(level) for level in state.short_positions],
            "long_tp_order_id": state.long_tp_order_id,
            "short_tp_order_id": state.short_tp_order_id,
        }
        for symbol, state in states.items()
    }


def _level(level: LevelState) -> dict[str, Any]:
    row: dict[str, Any] = {
        "quantity": level.quantity,
        "entry_price": level.entry_price,
        "grid_level": level.grid_level,
        "order_id": level.order_id,
        "created": level.created_ms,
    }
    if level.executed_ms is not None:
        row["executed"] = level.executed_ms
    return row
