"""Accounts directories as a daemon leaves them, written by the real archive, and what is said of them."""

import io
import json
import logging
import os
from collections.abc import Mapping
from datetime import UTC
from decimal import Decimal
from pathlib import Path
from typing import Any

from gridtrader.engine.ports import LevelState, SymbolState
from gridtrader.operator.status.status import run_status
from gridtrader.store.archive import AccountArchive, FileBounds
from gridtrader.store.lock import LOCK_NAME

D = Decimal
NOW_MS = 1_760_000_100_000
"""2025-10-09 08:55:00 UTC."""
BOUNDS = FileBounds(1_000_000, 2, 1_000_000, 2, 2)
STATUS: Mapping[str, object] = {
    "mode": "trading",
    "reason": "",
    "margin_balance": D("9999.264133625"),
    "available": D("9968.705489625"),
    "initial_margin": D("30.558644"),
    "maintenance_margin": D("5.637401"),
    "mm_rate_percent": D("0.05"),
    "wallet_at_ms": 1_760_000_000_079,
}


def level(number: int, quantity: str, price: str, *, executed: bool, side: str = "long") -> LevelState:
    """Return a level, created ten seconds after the one before and executed, if it is, a second later."""
    created_ms = NOW_MS - 100_000 + number * 10_000
    order_id = f"{number}{number}{number}{number}-{side}"
    return LevelState(D(quantity), D(price), number, order_id, created_ms, created_ms + 1000 if executed else None)


def symbol_state(**extra: object) -> SymbolState:
    """Return a symbol: LONG has executed levels 0 to 2, SHORT has just reopened with level 0."""
    return SymbolState(
        long_positions=(
            level(0, "125", "0.2", executed=True),
            level(1, "250", "0.199", executed=True),
            level(2, "500", "0.198", executed=True),
            level(3, "1000", "0.19701", executed=False),
        ),
        short_positions=(
            level(0, "125", "0.1985", executed=True, side="short"),
            level(1, "250", "0.1995", executed=False, side="short"),
            level(2, "500", "0.2005", executed=False, side="short"),
            level(3, "1000", "0.20151", executed=False, side="short"),
        ),
        long_tp_order_id="tp-long",
        short_tp_order_id="tp-short",
        extra={
            "long": {
                "cycle": 24310401,
                "size": D(875),
                "average_price": D("0.198571428571"),
                "tp_price": D("0.19973"),
                "tp_quantity": D(875),
                "executed_levels": 3,
            },
            "short": {
                "cycle": 24310402,
                "size": D(125),
                "average_price": D("0.1985"),
                "tp_price": D("0.19728"),
                "tp_quantity": D(125),
                "executed_levels": 1,
            },
            "reference_quantity": D(125),
            "last_price": D("0.1975"),
            "holds": [],
            **extra,
        },
    )


class Accounts:
    """An accounts directory and what `gridtrader status` says of it at `now_ms`."""

    def __init__(self, folder: Path, config: Path) -> None:
        self.dir = folder / "accounts"
        self.dir.mkdir()
        self.config = config
        self.now_ms = NOW_MS
        self.out = ""

    def add(
        self,
        account_id: str,
        *,
        age_s: int = 3,
        venue: str = "bybit",
        states: Mapping[str, SymbolState] | None = None,
        status: Mapping[str, object] = STATUS,
    ) -> Path:
        """Write the files of an account that were last renewed `age_s` seconds ago."""
        folder = self.dir / account_id
        folder.mkdir(exist_ok=True)
        at_ms = self.now_ms - age_s * 1000
        archive = self.archive(account_id, at_ms)
        archive.journal([{"kind": "venue", "venue": venue, "at": at_ms}])
        archive.save_state({"DOGEUSDT": symbol_state()} if states is None else states)
        archive.save_status(status)
        archive.close()
        self.touch(account_id, "status.json", age_s)
        return folder

    def archive(self, account_id: str, at_ms: int) -> AccountArchive:
        log = logging.Logger("archive")
        log.addHandler(logging.NullHandler())
        return AccountArchive(self.dir / account_id, account_id, BOUNDS, lambda: at_ms, log, UTC)

    def stop(self, account_id: str, *, age_s: int, reason: str, mm_rate: str = "") -> None:
        """Declare an emergency stop as the daemon does."""
        archive = self.archive(account_id, self.now_ms - age_s * 1000)
        archive.declare_emergency(symbol="DOGEUSDT", reason=reason, mm_rate=mm_rate)
        archive.close()

    def daemon_since(self, age_s: int) -> None:
        """Make the lock, which must be held, as old as that."""
        self.touch("", LOCK_NAME, age_s)

    def touch(self, account_id: str, name: str, age_s: int) -> None:
        at_ns = (self.now_ms - age_s * 1000) * 1_000_000
        os.utime(self.dir / account_id / name, ns=(at_ns, at_ns))

    def status(self, account_id: str | None = None) -> int:
        """Run the command for people; its words are in `out`, without the directory's path."""
        out = io.StringIO()
        code = run_status(self.dir, self.config, account_id, now_ms=self.now_ms, out=out)
        self.out = out.getvalue().replace(f"{self.dir}/", "").replace(f"{self.config.parent}/", "")
        return code

    def report(self, account_id: str | None = None) -> tuple[int, dict[str, Any]]:
        """Run the command for programs; numbers are exact."""
        out = io.StringIO()
        code = run_status(self.dir, self.config, account_id, as_json=True, now_ms=self.now_ms, out=out)
        tree: dict[str, Any] = json.loads(out.getvalue(), parse_float=Decimal)
        return code, tree

    def first(self) -> dict[str, Any]:
        """Return the first account of the report."""
        account: dict[str, Any] = self.report()[1]["accounts"][0]
        return account
