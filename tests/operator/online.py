"""One account on the embedded exchange, the check of it, and a hand that does there what the bot never does."""

import itertools
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from gridtrader.daemon.clock import SystemClock
from gridtrader.domain.types import NewOrder, Side
from gridtrader.engine.ports import Accepted, Lane
from gridtrader.exchange.credentials import ApiKey
from gridtrader.exchange.http import BybitHTTP
from gridtrader.operator.check.check import Finding, Grade
from gridtrader.operator.check.online import online_check
from gridtrader.operator.venue import Desk, Venue
from gridtrader.settings import Settings, load_settings
from gridtrader.store.archive import AccountArchive
from tests.operator.folders import BOUNDS
from tests.support.exchange import EmbeddedExchange
from tests.support.memory import MemoryDiary

D = Decimal
CONFIG = """\
accounts:
  - id: "001"
    demo_trading: false
    dry_run: false
    symbols:
      - symbol: DOGEUSDT
        leverage: 10
        initial_position_size_usd: 5.0
        grid_step_percent: 0.5
        averaging_multiplier: 2.0
        take_profit_percent: 0.5
        max_grid_levels_per_side: 4
"""
_numbers = itertools.count(1)


class Online:
    """One account on the exchange, and the check of it."""

    def __init__(self, market: EmbeddedExchange, folder: Path) -> None:
        self.market = market
        self.folder = folder
        self.accounts = folder / "accounts"
        self.accounts.mkdir()
        self.keys: dict[str, str] = {}
        self.open()
        self.configure(CONFIG)

    @property
    def key(self) -> str:
        """The key of account 001."""
        return self.keys["001"]

    def open(self, usdt: str = "10000", *, demo: bool = False, account_id: str = "001") -> None:
        """Open an account on the exchange for one of the configuration, in place of an older one."""
        key = f"KeyNumber{next(_numbers):06d}"
        self.market.open_account(key, f"SecretOf{key}", usdt, demo=demo)
        self.keys[account_id] = key

    def configure(self, text: str, *, rest: str | None = None) -> Settings:
        config = self.folder / "config.yaml"
        config.write_text(text)
        environ: dict[str, str] = {}
        for account_id, key in self.keys.items():
            environ |= {f"{account_id}_BYBIT_API_KEY": key, f"{account_id}_BYBIT_API_SECRET": f"SecretOf{key}"}
        settings = load_settings(config, self.folder / ".env", environ=environ)
        urls = self.market.urls
        hosts = settings.system.hosts
        hosts = hosts.model_copy(
            update={
                "mainnet": hosts.mainnet.model_copy(update={"rest": rest or urls.rest}),
                "demo": hosts.demo.model_copy(update={"rest": rest or urls.demo_rest}),
            }
        )
        system = settings.system.model_copy(update={"hosts": hosts})
        self.settings = Settings(system, settings.accounts, settings.keys, settings.warnings)
        return self.settings

    def change(self, old: str, new: str) -> None:
        assert old in CONFIG
        self.configure(CONFIG.replace(old, new))

    def findings(self) -> list[Finding]:
        return list(online_check(self.accounts)(self.settings))

    def said(self, grade: Grade) -> list[str]:
        """Return the texts of one grade, of the account only."""
        return [found.text for found in self.findings() if found.grade is grade and found.account == "001"]

    def desk(self) -> Desk:
        """Return a way to the exchange that may also command."""
        key = ApiKey(self.key, f"SecretOf{self.key}")
        return Venue(self.settings.system, SystemClock()).desk(key, demo=self.settings.accounts[0].demo_trading)

    def command(self, method: str, **parameters: str) -> None:
        """Do by pybit's method what the bot itself never does."""
        key = ApiKey(self.key, f"SecretOf{self.key}")
        http = BybitHTTP(self.market.urls.rest, key, SystemClock().now_ms, 5.0, 5000, 1_000_000)
        assert b'"retCode":0' in http.call(method, parameters).body
        http.close()

    def books(self) -> dict[str, Any]:
        return self.market.books(self.key)

    def place(self, link_id: str, *, qty: str = "250", price: str = "0.2", symbol: str = "DOGEUSDT") -> None:
        """Buy on the LONG side of a symbol in hedge mode."""
        desk = self.desk()
        assert isinstance(desk.client.set_hedge_mode(symbol), Accepted)
        order = NewOrder(symbol, Side.LONG, link_id, D(price), D(qty), reduce_only=False)
        (outcome,) = desk.client.place([order], Lane.TRADE)
        assert isinstance(outcome, Accepted), outcome
        desk.close()

    def journal(self, *records: Mapping[str, str | int | None]) -> None:
        (self.accounts / "001").mkdir()
        archive = AccountArchive(self.accounts / "001", "001", BOUNDS, lambda: 1, MemoryDiary().bot)
        archive.journal(records)
        archive.close()
