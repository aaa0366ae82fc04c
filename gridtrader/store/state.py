"""`bot_state.json`: the levels and take-profits of each symbol, for people and for the first look after a restart.

The exchange is the source of truth (T2): a file that is missing or makes no sense is a reason to ask it, no more.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, cast

from gridtrader.domain.order_names import MAX_LEVEL
from gridtrader.engine.ports import LevelState, SymbolState
from gridtrader.store.atomic import write_atomic
from gridtrader.store.errors import StoreError
from gridtrader.store.json_text import Json, dumps, loads
from gridtrader.store.times import from_iso, iso

_SYMBOL_KEYS: Final = ("timestamp", "long_positions", "short_positions", "long_tp_order_id", "short_tp_order_id")


@dataclass(frozen=True, slots=True)
class StateRead:
    """What the file says: `symbols` and when each last changed, or None and the `reason` why it says nothing."""

    symbols: Mapping[str, SymbolState] | None
    changed_ms: Mapping[str, int] = field(default_factory=dict)
    reason: str = ""


class StateFile:
    """Writes the file of one account; one writer, not thread-safe. Raises StoreError for whatever the disk does."""

    def __init__(self, path: Path, now_ms: Callable[[], int], zone: tzinfo | None = None) -> None:
        self._path = path
        self._now_ms = now_ms
        self._zone = zone
        self._written: dict[str, tuple[SymbolState, str]] = {}

    def write(self, symbols: Mapping[str, SymbolState]) -> None:
        """Replace the file. The timestamp of a symbol is the time of this call if the symbol has changed."""
        now = iso(self._now_ms(), self._zone)
        fresh = {}
        for symbol, state in symbols.items():
            before, text = self._written.get(symbol, (None, ""))
            if before != state:  # what stays as it was is not put into words again
                text = dumps(_symbol_tree(state, now, self._zone), depth=1)
            fresh[symbol] = (state, text)
        items = ",\n  ".join(f"{dumps(symbol)}: {text}" for symbol, (_, text) in fresh.items())
        write_atomic(self._path, f"{{\n  {items}\n}}\n".encode() if items else b"{}\n")
        self._written = fresh

    def clear(self) -> None:
        """Write a file without symbols (T3)."""
        self.write({})


def read_state(path: Path) -> StateRead:
    """Read a state file. Never raises for what the file is or holds."""
    try:
        tree = loads(path.read_text(encoding="utf-8"))
        if not isinstance(tree, dict):
            raise TypeError("not a mapping of symbols")
        symbols = {symbol: _symbol_state(value) for symbol, value in tree.items()}
        changed = {symbol: from_iso(_text(value, "timestamp")) for symbol, value in tree.items()}
    except FileNotFoundError:
        return StateRead(None, reason=f"{path}: there is no such file")
    except OSError as error:
        return StateRead(None, reason=str(StoreError(path, "cannot be read", error)))
    except (ValueError, TypeError, ArithmeticError) as error:
        return StateRead(None, reason=f"{path}: corrupt: {error}")
    return StateRead(symbols, changed)


def _symbol_tree(state: SymbolState, timestamp: str, zone: tzinfo | None) -> dict[str, Json]:
    own: dict[str, Json] = {
        "timestamp": timestamp,
        "long_positions": [_level_tree(level, zone) for level in state.long_positions],
        "short_positions": [_level_tree(level, zone) for level in state.short_positions],
        "long_tp_order_id": state.long_tp_order_id,
        "short_tp_order_id": state.short_tp_order_id,
    }
    clash = [key for key in state.extra if key in _SYMBOL_KEYS]
    if clash:
        raise ValueError(f"an extra key with the name of another: {', '.join(clash)}")
    return own | cast(dict[str, Json], dict(state.extra))


def _level_tree(level: LevelState, zone: tzinfo | None) -> dict[str, Json]:
    own: dict[str, Json] = {
        "quantity": level.quantity,
        "entry_price": level.entry_price,
        "grid_level": level.grid_level,
        "order_id": level.order_id,
        "created": iso(level.created_ms, zone),
    }
    if level.executed_ms is not None:
        own["executed"] = iso(level.executed_ms, zone)
    return own


def _symbol_state(tree: Any) -> SymbolState:
    if not isinstance(tree, dict):
        raise TypeError("a symbol that is not a mapping")
    return SymbolState(
        _levels(tree, "long_positions"),
        _levels(tree, "short_positions"),
        _order_id(tree, "long_tp_order_id"),
        _order_id(tree, "short_tp_order_id"),
        {key: value for key, value in tree.items() if key not in _SYMBOL_KEYS},
    )


def _levels(tree: dict[str, Any], key: str) -> tuple[LevelState, ...]:
    levels = tree.get(key)
    if not isinstance(levels, list) or not all(isinstance(level, dict) for level in levels):
        raise TypeError(f"{key} is not a list of levels")
    return tuple(_level(level) for level in levels)


def _level(tree: dict[str, Any]) -> LevelState:
    number = _number(tree, "grid_level")
    if not 0 <= number <= MAX_LEVEL or number != int(number):
        raise ValueError(f"grid_level is {number}")
    return LevelState(
        quantity=_positive(tree, "quantity"),
        entry_price=_positive(tree, "entry_price"),
        grid_level=int(number),
        order_id=_text(tree, "order_id"),
        created_ms=from_iso(_text(tree, "created")),
        executed_ms=from_iso(_text(tree, "executed")) if "executed" in tree else None,
    )


def _text(tree: dict[str, Any], key: str) -> str:
    value = tree.get(key)
    if not isinstance(value, str):
        raise TypeError(f"{key} is not a text")
    return value


def _order_id(tree: dict[str, Any], key: str) -> str | None:
    if key not in tree:
        raise ValueError(f"{key} is missing")
    return None if tree[key] is None else _text(tree, key)


def _number(tree: dict[str, Any], key: str) -> Decimal:
    value = tree.get(key)
    if not isinstance(value, Decimal):
        raise TypeError(f"{key} is not a number")
    return value


def _positive(tree: dict[str, Any], key: str) -> Decimal:
    value = _number(tree, key)
    if value <= 0:
        raise ValueError(f"{key} is {value}")
    return value
