"""What the files of the accounts say, for `gridtrader status`: nothing else is asked, nothing is written.

Whatever a file is or holds, reading it raises nothing: what cannot be made out is a line in `problems`, or None.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, Final

from gridtrader.domain.exact import HUNDRED, ONE, plain
from gridtrader.domain.types import SIDES, Side
from gridtrader.engine.ports import ArchiveError, LevelState, SymbolState
from gridtrader.settings import AccountSettings
from gridtrader.store.archive import JOURNAL_NAME, STATE_NAME
from gridtrader.store.emergency import STOP_NAME, EmergencyStop, is_stopped, read_stop
from gridtrader.store.errors import StoreError
from gridtrader.store.folders import DRY_RUN_NAME, account_folder
from gridtrader.store.journal_read import read_journal
from gridtrader.store.state import read_state
from gridtrader.store.status import FAILED, STATUS_NAME, read_status

UNPROTECTED_S: Final = 10
"""A side without take-profit for so long is a fault; for a moment after each fill it has none yet."""

_MAX_DIGITS: Final = 30

FIGURES: Final = ("margin_balance", "available", "initial_margin", "maintenance_margin", "mm_rate_percent")


class Configured(Enum):
    """What the configuration says of an account."""

    ENABLED = "enabled"
    DISABLED = "disabled"
    ABSENT = "not configured"
    UNKNOWN = "unknown"
    """The configuration cannot be read."""


@dataclass(frozen=True, slots=True)
class TakeProfit:
    """The resting take-profit of a side; price and quantity where the file tells them."""

    order_id: str
    price: Decimal | None
    quantity: Decimal | None


@dataclass(frozen=True, slots=True)
class SideFiles:
    """One side of a symbol; levels by number, executed and resting ones."""

    side: Side
    cycle: int | None
    size: Decimal | None
    average_price: Decimal | None
    last_price: Decimal | None
    levels: tuple[LevelState, ...]
    take_profit: TakeProfit | None

    @property
    def executed(self) -> list[int]:
        return [level.grid_level for level in self.levels if level.executed_ms is not None]

    @property
    def resting(self) -> list[int]:
        return [level.grid_level for level in self.levels if level.executed_ms is None]

    @property
    def unrealised(self) -> Decimal | None:
        """Profit or loss in USDT, before fees, if the side were closed at the last price."""
        if self.size == 0:
            return Decimal(0)
        if self.size is None or self.average_price is None or self.last_price is None:
            return None
        return self.side.sign * self.size * (self.last_price - self.average_price)

    @property
    def distance_percent(self) -> Decimal | None:
        """How far the price has to move to the take-profit, in per cent of the last price; < 0 is down."""
        if self.take_profit is None or self.take_profit.price is None or not self.last_price:
            return None
        return (self.take_profit.price / self.last_price - ONE) * HUNDRED


@dataclass(frozen=True, slots=True)
class SymbolFiles:
    """One symbol. `changed_ms`: when its entry, the last price with it, was written."""

    symbol: str
    changed_ms: int
    last_price: Decimal | None
    reference_quantity: Decimal | None
    holds: tuple[str, ...]
    sides: Mapping[Side, SideFiles]


@dataclass(frozen=True, slots=True)
class AccountFiles:
    """One account's files. `told_ms` is when `status.json` was written; `figures` are those of `FIGURES`."""

    id: str
    folder: Path
    is_dry_run: bool
    account: AccountSettings | None
    configured: Configured
    venue: str | None
    told_ms: int | None
    mode: str
    reason: str
    figures: Mapping[str, Decimal | None]
    is_stopped: bool
    stop: EmergencyStop | None
    symbols: tuple[SymbolFiles, ...]
    problems: tuple[str, ...]


def account_folders(accounts_dir: Path) -> list[Path]:
    """Return the accounts' folders: those with digits as names, in the order of their numbers. Raises OSError."""
    found = [path for path in accounts_dir.iterdir() if path.name.isascii() and path.name.isdigit() and path.is_dir()]
    return sorted(found, key=lambda path: (int(path.name), path.name))


def read_account(folder: Path, account: AccountSettings | None, configured: Configured, now_ms: int) -> AccountFiles:
    """Return what the files of one account say at the moment; `folder` is that in the accounts directory."""
    problems: list[str] = []
    account_id, is_dry_run = folder.name, _is_dry_run(folder, account)
    folder = account_folder(folder.parent, account_id, dry_run=is_dry_run)
    status, told_ms = _status(folder, problems)
    stopped, stop = _stop(folder, problems)
    mode = _text(status, "mode")
    symbols = _symbols(folder, told_ms is not None and mode != FAILED, problems)
    problems += _unprotected(symbols, now_ms)
    return AccountFiles(
        id=account_id,
        folder=folder,
        is_dry_run=is_dry_run,
        account=account,
        configured=configured,
        venue=_venue(folder),
        told_ms=told_ms,
        mode=mode,
        reason=_text(status, "reason"),
        figures={key: _figure(status, key) for key in FIGURES},
        is_stopped=stopped,
        stop=stop,
        symbols=symbols,
        problems=tuple(problems),
    )


def _is_dry_run(folder: Path, account: AccountSettings | None) -> bool:
    """Whether the account is in dry run; where no configuration says so, whether that is all it has ever done."""
    if account is not None:
        return account.dry_run
    return (folder / DRY_RUN_NAME / JOURNAL_NAME).exists() and not (folder / JOURNAL_NAME).exists()


# --- files ---


def _status(folder: Path, problems: list[str]) -> tuple[Mapping[str, Any], int | None]:
    try:
        status = read_status(folder)
        if status is None:
            return {}, None
        return status, (folder / STATUS_NAME).stat().st_mtime_ns // 1_000_000
    except (ArchiveError, OSError) as error:
        problems.append(str(error))
        return {}, None


def _stop(folder: Path, problems: list[str]) -> tuple[bool, EmergencyStop | None]:
    try:
        if not is_stopped(folder):
            return False, None
    except StoreError as error:
        problems.append(str(error))
        return False, None
    try:
        stop = read_stop(folder)
    except StoreError as error:
        problems.append(str(error))
        return True, None
    if stop is None:
        problems.append(f"{folder / STOP_NAME}: not as the bot writes it; the account is stopped all the same")
    return True, stop


def _symbols(folder: Path, has_traded: bool, problems: list[str]) -> tuple[SymbolFiles, ...]:
    path = folder / STATE_NAME
    read = read_state(path)
    if read.symbols is None:
        if has_traded or os.path.lexists(path):
            problems.append(f"{read.reason}; levels are not known here, the exchange has them")
        return ()
    return tuple(_symbol(symbol, state, read.changed_ms[symbol]) for symbol, state in read.symbols.items())


def _venue(folder: Path) -> str | None:
    """Return whose fills the journal tells of: it begins with that."""
    try:
        first = next(iter(read_journal(folder / JOURNAL_NAME)), None)
    except (ArchiveError, OSError, ValueError):
        return None
    venue = first.data.get("venue") if first is not None and first.kind == "venue" else None
    return venue if isinstance(venue, str) else None


# --- the state file's entries ---


def _symbol(symbol: str, state: SymbolState, changed_ms: int) -> SymbolFiles:
    extra, last = state.extra, _figure(state.extra, "last_price")
    holds = extra.get("holds")
    return SymbolFiles(
        symbol=symbol,
        changed_ms=changed_ms,
        last_price=last,
        reference_quantity=_figure(extra, "reference_quantity"),
        holds=tuple(hold for hold in holds if isinstance(hold, str)) if isinstance(holds, list) else (),
        sides={side: _side(side, state, last) for side in SIDES},
    )


def _side(side: Side, state: SymbolState, last_price: Decimal | None) -> SideFiles:
    is_long = side is Side.LONG
    found = state.extra.get(side.name.lower())
    tree: Mapping[str, Any] = found if isinstance(found, dict) else {}
    cycle = _figure(tree, "cycle")
    order_id = state.long_tp_order_id if is_long else state.short_tp_order_id
    return SideFiles(
        side=side,
        cycle=None if cycle is None else int(cycle),
        size=_figure(tree, "size"),
        average_price=_figure(tree, "average_price"),
        last_price=last_price,
        levels=state.long_positions if is_long else state.short_positions,
        take_profit=None
        if order_id is None
        else TakeProfit(order_id, _figure(tree, "tp_price"), _figure(tree, "tp_quantity")),
    )


def _unprotected(symbols: tuple[SymbolFiles, ...], now_ms: int) -> list[str]:
    return [
        f"{symbol.symbol} {side.side.name} holds {plain(side.size)} and has no take-profit"
        for symbol in symbols
        for side in symbol.sides.values()
        if side.size and side.take_profit is None and now_ms - symbol.changed_ms > UNPROTECTED_S * 1000
    ]


def _figure(tree: Mapping[str, Any], key: str) -> Decimal | None:
    """Return a number of the file; one that no market has is as good as none."""
    value = tree.get(key)
    return value if isinstance(value, Decimal) and value.adjusted() < _MAX_DIGITS else None


def _text(tree: Mapping[str, Any], key: str) -> str:
    value = tree.get(key)
    return value if isinstance(value, str) else ""
