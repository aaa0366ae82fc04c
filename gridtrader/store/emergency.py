"""`.emergency_stop`: the file that keeps an account from trading until a person removes it (R2, R3).

Nothing here removes it, and one that is there already is left as it is: it tells of the first cause.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from decimal import Decimal
from pathlib import Path
from typing import Final

from gridtrader.store.atomic import create_atomic
from gridtrader.store.errors import StoreError
from gridtrader.store.journal import Entry, Journal
from gridtrader.store.journal_read import read_tail
from gridtrader.store.json_text import Json, dumps, loads
from gridtrader.store.times import from_iso, iso

STOP_NAME: Final = ".emergency_stop"
STOP_KIND: Final = "emergency"
"""Kind of the journal's record of a stop."""
CONCLUDED_KIND: Final = "emergency_concluded"
"""Kind of the journal's record that a stop has done all it does; `stop` in it is the time in the stop's file."""
_HUNDRED: Final = Decimal(100)


@dataclass(frozen=True, slots=True)
class EmergencyStop:
    """Why an account was stopped. `symbol` and `mm_rate` (a fraction, 1 is liquidation) may not be known."""

    at_ms: int
    account: str
    reason: str
    symbol: str | None = None
    mm_rate: Decimal | None = None


def write_stop(folder: Path, stop: EmergencyStop, zone: tzinfo | None = None) -> bool:
    """Write the stop file of the account in `folder`; return False if there is one already. Raises StoreError."""
    tree: dict[str, Json] = {
        "time": iso(stop.at_ms, zone),
        "account": stop.account,
        "symbol": stop.symbol,
        "reason": stop.reason,
        "mm_rate_percent": None if stop.mm_rate is None else stop.mm_rate * _HUNDRED,
        "what_to_do": "find and remove the cause, then delete this file: the account starts again by itself",
    }
    return create_atomic(folder / STOP_NAME, f"{dumps(tree)}\n".encode())


def is_stopped(folder: Path) -> bool:
    """Return whether the stop file is there, whatever it holds. Raises StoreError if that cannot be found out."""
    path = folder / STOP_NAME
    try:
        os.lstat(path)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise StoreError(path, "cannot be examined", error) from error
    return True


def acknowledge_stop(journal: Path, now_ms: Callable[[], int]) -> None:
    """Record in the journal that a stop file was found, also one made by hand: only then can it be released (R3).

    The journal must not be open elsewhere. Raises StoreError.
    """
    if journal.exists() and any(record.kind == STOP_KIND for record in read_tail(journal)):
        return
    writer = Journal(journal, now_ms)
    try:
        writer.append(Entry(STOP_KIND, {"at": now_ms(), "reason": f"{STOP_NAME} was found at the start"}))
    finally:
        writer.close()


def own_stop(folder: Path) -> EmergencyStop | None:
    """Return what the stop file says; None if there is none, or it was made by hand. Raises StoreError."""
    return read_stop(folder) if is_stopped(folder) else None


def interrupted_stop(folder: Path, journal: Path) -> EmergencyStop | None:
    """Return the stop whose process died before its opening orders were withdrawn (R2); None if there is none.

    A file made by hand is not ours to carry on. Raises StoreError if the files cannot be read.
    """
    stop = own_stop(folder)
    if stop is None:
        return None
    records = read_tail(journal) if journal.exists() else ()
    is_concluded = any(r.kind == CONCLUDED_KIND and r.data.get("stop") == stop.at_ms for r in records)
    return None if is_concluded else stop


def is_released(folder: Path, journal: Path) -> bool:
    """Return whether a person has removed the stop file (R3); False in any doubt.

    It is gone, and the journal is there and its last records say that there was one. A disk that has vanished has
    neither, and an old copy of the folder in its place does not know of the stop.
    """
    try:
        return not is_stopped(folder) and any(record.kind == STOP_KIND for record in read_tail(journal))
    except OSError:
        return False


def read_stop(folder: Path) -> EmergencyStop | None:
    """Return what the stop file says, or None if it is not one of ours (made by hand, or cut short).

    Raises StoreError if there is none or it cannot be read.
    """
    path = folder / STOP_NAME
    try:
        text = path.read_bytes().decode("utf-8", "replace")
    except OSError as error:
        raise StoreError(path, "cannot be read", error) from error
    try:
        tree = loads(text)
        rate, symbol = tree["mm_rate_percent"], tree["symbol"]
        if not all(isinstance(part, str) for part in (tree["account"], tree["reason"], symbol or "")):
            return None
        return EmergencyStop(
            at_ms=from_iso(tree["time"]),
            account=tree["account"],
            reason=tree["reason"],
            symbol=symbol,
            mm_rate=None if rate is None else rate / _HUNDRED,
        )
    except (ValueError, KeyError, TypeError, ArithmeticError):
        return None
