"""`gridtrader status --json`: one document, its keys and their order stable; numbers are JSON numbers, exact.

at                  time of the look, ISO 8601
accounts_dir        the directory that was looked at
daemon              running (true, false, null where it cannot be told), pid, since, problem ("" or why not)
config              file, problem ("" or the first of its faults; names and "configured" are then unknown)
needs_attention     whether the exit code is 1
accounts            one for each folder:
  id, name          name is "" where the configuration has none
  configured        enabled, disabled, not configured, unknown
  demo_trading      true, false, or null where the account is not configured
  dry_run           whether nothing of the account is real
  venue             bybit, embedded, dry run, …: whose fills the journal tells of; null where there is none yet
  state             trading, starting, blind, silent, not started, failed, emergency stop, not running
  age_s             seconds since status.json was written; null where there is none
  problems          texts, each with its remedy
  emergency         null, or time, symbol, reason, mm_rate_percent of .emergency_stop (null: not known)
  margin_balance, available, initial_margin, maintenance_margin      USD, null where not known
  mm_rate_percent   100 is liquidation
  symbols           one for each entry of bot_state.json:
    symbol
    changed, age_s  when the entry was written; levels and last price are as old
    last_price, reference_quantity
    holds           why nothing new is opened; empty if nothing holds it
    long, short:
      cycle, size, average_price
      executed, resting         numbers of levels
      unrealised    USDT at the last price, before fees
      take_profit   null, or order_id, price, quantity, distance_percent (from the last price, < 0: down)
      levels        level, is_executed, quantity, price, created, executed (null while it rests), order_id
without_folder      ids of enabled accounts that have no folder yet
"""

from collections.abc import Sequence
from datetime import tzinfo
from decimal import Decimal
from pathlib import Path
from typing import Final

from gridtrader.domain.exact import HUNDRED
from gridtrader.domain.types import SIDES
from gridtrader.engine.ports import LevelState
from gridtrader.operator.status.judge import Daemon, Judged, needs_attention
from gridtrader.operator.status.read import SideFiles, SymbolFiles
from gridtrader.store.emergency import EmergencyStop
from gridtrader.store.json_text import Json
from gridtrader.store.times import iso

_PLACES: Final = 12


def document(
    daemon: Daemon,
    accounts: Sequence[Judged],
    *,
    accounts_dir: Path,
    config: Path,
    config_problem: str,
    without_folder: Sequence[str],
    now_ms: int,
    zone: tzinfo | None,
) -> dict[str, Json]:
    """Return the document described above."""
    return {
        "at": iso(now_ms, zone),
        "accounts_dir": str(accounts_dir),
        "daemon": {
            "running": daemon.running,
            "pid": daemon.pid,
            "since": _time(daemon.since_ms, zone),
            "problem": daemon.problem,
        },
        "config": {"file": str(config), "problem": config_problem},
        "needs_attention": needs_attention(accounts),
        "accounts": [_account(judged, now_ms, zone) for judged in accounts],
        "without_folder": list(without_folder),
    }


def _account(judged: Judged, now_ms: int, zone: tzinfo | None) -> dict[str, Json]:
    files = judged.files
    return {
        "id": files.id,
        "name": files.account.name if files.account else "",
        "configured": files.configured.value,
        "demo_trading": files.account.demo_trading if files.account else None,
        "dry_run": files.is_dry_run,
        "venue": files.venue,
        "state": judged.state.value,
        "age_s": judged.age_s,
        "problems": list(judged.problems),
        "emergency": _emergency(files.is_stopped, files.stop, zone),
        **files.figures,
        "symbols": [_symbol(symbol, now_ms, zone) for symbol in files.symbols],
    }


def _emergency(stopped: bool, stop: EmergencyStop | None, zone: tzinfo | None) -> dict[str, Json] | None:
    if not stopped:
        return None
    return {
        "time": _time(stop.at_ms, zone) if stop else None,
        "symbol": stop.symbol if stop else None,
        "reason": stop.reason if stop else None,
        "mm_rate_percent": stop.mm_rate * HUNDRED if stop and stop.mm_rate is not None else None,
    }


def _symbol(symbol: SymbolFiles, now_ms: int, zone: tzinfo | None) -> dict[str, Json]:
    return {
        "symbol": symbol.symbol,
        "changed": _time(symbol.changed_ms, zone),
        "age_s": max(0, now_ms - symbol.changed_ms) // 1000,
        "last_price": symbol.last_price,
        "reference_quantity": symbol.reference_quantity,
        "holds": list(symbol.holds),
        **{side.name.lower(): _side(symbol.sides[side], zone) for side in SIDES},
    }


def _side(side: SideFiles, zone: tzinfo | None) -> dict[str, Json]:
    tp = side.take_profit
    return {
        "cycle": side.cycle,
        "size": side.size,
        "average_price": side.average_price,
        "executed": list(side.executed),
        "resting": list(side.resting),
        "unrealised": _rounded(side.unrealised),
        "take_profit": None
        if tp is None
        else {
            "order_id": tp.order_id,
            "price": tp.price,
            "quantity": tp.quantity,
            "distance_percent": _rounded(side.distance_percent),
        },
        "levels": [_level(level, zone) for level in side.levels],
    }


def _level(level: LevelState, zone: tzinfo | None) -> dict[str, Json]:
    return {
        "level": level.grid_level,
        "is_executed": level.executed_ms is not None,
        "quantity": level.quantity,
        "price": level.entry_price,
        "created": _time(level.created_ms, zone),
        "executed": _time(level.executed_ms, zone),
        "order_id": level.order_id,
    }


def _rounded(value: Decimal | None) -> Decimal | None:
    return None if value is None else round(value, _PLACES)


def _time(at_ms: int | None, zone: tzinfo | None) -> str | None:
    """Return a time; null for one that is not known (a state file may have the beginning of 1970 for that)."""
    return iso(at_ms, zone) if at_ms else None
