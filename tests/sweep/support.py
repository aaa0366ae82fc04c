"""A folder with two symbols to sweep over, and a stand-in for a Ray cluster."""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gridtrader.operator.sweep.sweep import main
from tests.replay.support import Strategy, flat, write_candles, write_config

DOGE = [flat("0.20000"), ("0.20000", "0.20000", "0.19500", "0.19500"), ("0.19500", "0.20400", "0.19500", "0.20400")]
SOL = [flat("100.00"), ("100.00", "101.50", "99.00", "101.50"), ("101.50", "101.50", "97.00", "98.00")]


class Desk:
    """The command over an account with DOGE and SOL."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = write_config(folder / "config.yaml", Strategy(), Strategy("SOLUSDT"))
        self.prices = [
            str(write_candles(folder / f"{symbol}-1m-x.csv", candles))
            for symbol, candles in (("DOGEUSDT", DOGE), ("SOLUSDT", SOL))
        ]
        self.csv = folder / "rows.csv"

    def arguments(self, *argv: str) -> list[str]:
        return ["--config", str(self.config), "--account", "001", "--prices", *self.prices, *argv]

    def sweep(self, *argv: str, jobs: str = "1") -> tuple[int, str]:
        """Run the command in this process; return exit code and what it printed. All rows are in the CSV."""
        out = io.StringIO()
        where = () if "--ray" in argv else ("--jobs", jobs)
        code = main([*self.arguments(*argv), *where, "--csv", str(self.csv)], out)
        return code, out.getvalue()

    def rows(self) -> list[dict[str, str]]:
        with self.csv.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))


@dataclass
class Remote:
    """What `ray.remote(function)` gives."""

    cluster: "StandIn"
    function: Callable[[Any], Any]

    def remote(self, item: Any) -> int:
        cluster = self.cluster
        reference = cluster.sent
        cluster.sent += 1
        cluster.open[reference] = (self.function, item)
        cluster.most_open = max(cluster.most_open, len(cluster.open))
        return reference


@dataclass
class StandIn:
    """The few calls of Ray that are used. Tasks end in the reverse of the order in which they were sent."""

    fails: Callable[[Any], bool] = lambda _: False
    address: str = ""
    sent: int = 0
    open: dict[int, tuple[Callable[[Any], Any], Any]] = field(default_factory=dict)
    most_open: int = 0
    cancelled: list[int] = field(default_factory=list)
    is_running: bool = False
    functions: set[str] = field(default_factory=set)

    def init(self, *, address: str, logging_level: int, log_to_driver: bool) -> None:
        if address == "nowhere":
            raise ConnectionError("Could not find any running Ray instance.\nPlease start one")
        self.address, self.is_running = address, True

    def cluster_resources(self) -> dict[str, float]:
        return {"CPU": 2.0, "memory": 1e9}

    def remote(self, function: Callable[[Any], Any]) -> Remote:
        self.functions.add(f"{function.__module__}.{function.__qualname__}")
        return Remote(self, function)

    def wait(self, references: Sequence[int], *, num_returns: int) -> tuple[list[int], list[int]]:
        done = max(references)
        return [done], [each for each in references if each != done]

    def get(self, reference: int) -> Any:
        function, item = self.open.pop(reference)
        if self.fails(item):
            raise RuntimeError("the worker died")
        return function(item)

    def cancel(self, reference: int, *, force: bool) -> None:
        self.cancelled.append(reference)

    def shutdown(self) -> None:
        self.is_running = False
