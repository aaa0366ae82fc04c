"""`gridtrader download` on the embedded exchange, over real sockets with the real client library."""

import csv
import gzip
import io
import random
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from gridtrader.exchange.http import BybitHTTP, Reply
from gridtrader.operator.download.download import main
from tests.exchange.support.clocks import FakeClock
from tests.history.support import MINUTE, T0
from tests.support.exchange import EmbeddedExchange

ACCOUNT = """
accounts:
  - id: "001"
    demo_trading: true
    dry_run: false
    symbols:
      - symbol: DOGEUSDT
        leverage: 10
        initial_position_size_usd: 10
        grid_step_percent: 1
        averaging_multiplier: 2
        take_profit_percent: 0.5
        max_grid_levels_per_side: 4
"""


def write_candles(path: Path, count: int, start: int = T0) -> Path:
    """Write minutes of DOGEUSDT: a walk from a seed, each candle opening where the one before closed."""
    dice = random.Random(7)
    price = 20_000
    lines = ["timestamp,open,high,low,close,volume"]
    for number in range(count):
        close = price + dice.randint(-30, 30)
        high, low = max(price, close) + dice.randint(0, 20), min(price, close) - dice.randint(0, 20)
        figures = [format(Decimal(each) / 100_000, "f") for each in (price, high, low, close)]
        lines.append(",".join([str(start + number * MINUTE), *figures, str(dice.randint(4, 9_000) * 4)]))
        price = close
    path.write_text("\n".join(lines) + "\n")
    return path


def rows_of(path: Path) -> list[dict[str, str]]:
    content = path.read_bytes()
    text = gzip.decompress(content) if path.suffix == ".gz" else content
    return list(csv.DictReader(io.StringIO(text.decode())))


class Shop:
    """A folder to download into, and what the command says there. `clock.slept` are its pauses."""

    def __init__(self, folder: Path, exchange: EmbeddedExchange, patch: pytest.MonkeyPatch) -> None:
        self.data = folder / "data"
        self.config = folder / "config.yaml"
        self.exchange = exchange
        self.clock = FakeClock()
        self.out = io.StringIO()
        self.progress = io.StringIO()
        self.asked: list[tuple[str, dict[str, object]]] = []
        self.configure(exchange.urls.rest, exchange.urls.demo_rest)
        send = BybitHTTP.call

        def call(
            http: BybitHTTP, method: str, parameters: dict[str, object], timeout_s: float | None = None
        ) -> Reply:
            self.asked.append((method, parameters))
            return send(http, method, parameters, timeout_s)

        patch.setattr(BybitHTTP, "call", call)

    def configure(self, rest: str, demo_rest: str, timeout_s: int = 30) -> None:
        self.config.write_text(
            f"system:\n  requests: {{request_timeout_s: {timeout_s}}}\n  hosts:\n    mainnet: {{rest: '{rest}'}}\n"
            f"    demo: {{rest: '{demo_rest}'}}\n{ACCOUNT}"
        )

    def download(self, *arguments: str, symbols: Sequence[str] = ("DOGEUSDT",)) -> int:
        """Run the command and return its exit code; `asked`, `out` and `progress` begin anew."""
        self.asked.clear()
        self.out, self.progress = io.StringIO(), io.StringIO()
        place = ("--config", str(self.config), "--folder", str(self.data))
        return main([*symbols, *arguments, *place], self.out, self.progress, self.clock)

    @property
    def said(self) -> list[str]:
        """Return what was said of the files, without their folder."""
        return self.out.getvalue().replace(f"{self.data}/", "").splitlines()

    def methods(self) -> list[str]:
        return [method for method, _ in self.asked]

    def names(self) -> list[str]:
        return sorted(path.name for path in self.data.iterdir() if path.name != ".lock")

    def rows(self, name: str) -> list[dict[str, str]]:
        return rows_of(self.data / name)
