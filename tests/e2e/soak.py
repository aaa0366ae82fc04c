"""The daemon on the embedded exchange for a while, stopped now and then to check every law against the books.

    python -m tests.e2e.soak --seconds 120 --speed 3600 [--prices FILE…] [--config FILE]

The market is paused through the exchange's control plane, the daemon comes to rest, the exchange's own books are
read, and the laws of section 9 and the state files are checked against them. No log may hold an ERROR.
"""

import argparse
import json
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gridtrader.audit.dump import books_from_dump, marks_of
from gridtrader.audit.laws import Terms, check
from gridtrader.audit.ledger import ledger_of
from gridtrader.audit.mirror import check_mirror
from gridtrader.settings import AccountSettings, Settings, load_settings

_QUIET_S = 1.6
_REST_LIMIT_S = 20.0


@dataclass
class SoakResult:
    """What was seen."""

    fills: int = 0
    cycles: int = 0
    funding: int = 0
    checks: int = 0
    broken: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    exit_code: int | None = None
    output: str = ""
    names: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.broken and not self.errors and self.exit_code == 0


class Control:
    """The exchange's control plane."""

    def __init__(self, rest: str) -> None:
        self._place = urlsplit(rest)

    def __call__(self, method: str, path: str, **values: Any) -> Any:
        connection = HTTPConnection(self._place.hostname or "", self._place.port, timeout=10)
        try:
            connection.request(method, f"/control{path}", json.dumps(values), {"X-Control": "1"})
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()


def soak(
    folder: Path,
    *,
    seconds: float,
    speed: str,
    config: Path = Path("config/config.yaml"),
    prices: Sequence[str] = (),
    seed: int = 1,
    every_s: float = 10.0,
) -> SoakResult:
    """Run the daemon for so long, checking every `every_s` seconds and at the end."""
    settings = load_settings(config, Path("/nonexistent"), need_keys=False)
    result = SoakResult()
    command = [sys.executable, "-m", "gridtrader", "run", "--embedded", "--config", str(config)]
    command += ["--accounts-dir", str(folder / "accounts"), "--logs-dir", str(folder / "logs")]
    command += ["--seed", str(seed), "--speed", speed, *(["--prices", *prices] if prices else [])]
    with (folder / "output.txt").open("w") as output:
        daemon = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        try:
            control = Control(_find_exchange(folder, daemon))
            end = time.monotonic() + seconds
            while time.monotonic() < end and daemon.poll() is None:
                time.sleep(min(every_s, max(0.0, end - time.monotonic())))
                _check_all(control, settings, folder, result)
        finally:
            if daemon.poll() is None:
                daemon.send_signal(signal.SIGINT)
            try:
                result.exit_code = daemon.wait(20)
            except subprocess.TimeoutExpired:
                daemon.kill()
                result.broken.append("the daemon did not end within 20 s of SIGINT")
    result.output = (folder / "output.txt").read_text()
    for path in sorted(folder.rglob("errors_*.log")):
        lines = path.read_text().splitlines()
        result.errors.extend(
            f"{path.parent.name}: {line}" for line in lines if re.search(r" (ERROR|CRITICAL) ", line)
        )
    return result


def _find_exchange(folder: Path, daemon: "subprocess.Popen[bytes]") -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and daemon.poll() is None:
        for path in (folder / "logs").glob("bot_*.log"):
            match = re.search(r"the embedded exchange is at (\S+)", path.read_text())
            if match:
                return match[1]
        time.sleep(0.1)
    raise AssertionError(f"the daemon did not start: {(folder / 'output.txt').read_text()}")


def _check_all(control: Control, settings: Settings, folder: Path, result: SoakResult) -> None:
    control("POST", "/market/pause")
    accounts = control("GET", "/accounts")["accounts"]
    dumps = _rest(control, [account["uid"] for account in accounts])
    result.fills = result.cycles = result.funding = 0
    result.names = []
    for account, dump in zip(settings.enabled_accounts, dumps, strict=True):
        stopped = (folder / "accounts" / account.id / ".emergency_stop").exists()
        books = books_from_dump(dump, prices=marks_of(dump), is_stopped=stopped)
        terms = [terms_of(account, symbol.symbol) for symbol in account.symbols]
        state_path = folder / "accounts" / account.id / "bot_state.json"
        state = json.loads(state_path.read_text(), parse_float=str, parse_int=int)
        broken = check(books, terms) + check_mirror(state, books, terms)
        result.broken.extend(f"{account.id}: {text}" for text in broken)
        result.fills += sum(1 for fill in books.fills if not fill.is_funding)
        result.funding += sum(1 for fill in books.fills if fill.is_funding)
        result.cycles += len(ledger_of(books.fills)[1])
        result.names += [f"{account.id} {o['order_link_id']}" for o in dump["closed_orders"] + dump["open_orders"]]
    result.checks += 1
    control("POST", "/market/resume")


def _rest(control: Control, uids: Sequence[int]) -> list[dict[str, Any]]:
    """Wait until no account's orders and fills change any more; return the dumps."""
    deadline = time.monotonic() + _REST_LIMIT_S
    before: list[Any] = []
    since = time.monotonic()
    while time.monotonic() < deadline:
        dumps = [control("GET", f"/accounts/{uid}") for uid in uids]
        now = [(d["open_orders"], d["closed_orders"], d["executions"]) for d in dumps]
        if now != before:
            before, since = now, time.monotonic()
        elif time.monotonic() - since > _QUIET_S and not any(map(_has_waiting_entry, dumps)):
            return dumps
        time.sleep(0.1)
    return dumps


def _has_waiting_entry(dump: dict[str, Any]) -> bool:
    return any(re.search(r"_[LS]E\d\d_", order["order_link_id"]) for order in dump["open_orders"])


_INSTRUMENTS = Path(__file__).parents[2] / "gridtrader/simulator/catalogue/instruments.json"


def terms_of(account: AccountSettings, symbol: str) -> Terms:
    """Return what the laws need to know of one symbol of an account on the embedded exchange."""
    configured = next(s for s in account.symbols if s.symbol == symbol)
    row = next(row for row in _rows() if row["symbol"] == symbol)
    leverage = min(Decimal(configured.leverage), Decimal(row["leverageFilter"]["maxLeverage"]))
    lot, price = row["lotSizeFilter"], row["priceFilter"]
    taker = Decimal("0.00055")
    return Terms(
        symbol=symbol,
        multiplier=configured.averaging_multiplier,
        target=configured.take_profit_percent / 100,
        max_level=configured.max_grid_levels_per_side,
        qty_step=Decimal(lot["qtyStep"]),
        tick=Decimal(price["tickSize"]),
        max_qty=Decimal(lot["maxOrderQty"]),
        closing_fee=taker,
        taker_fee=taker,
        leverage=leverage,
        step=configured.grid_step_percent / 100,
        buffer=account.risk.balance_buffer_percent / 100,
        margin=configured.initial_position_size_usd,
        min_qty=Decimal(lot["minOrderQty"]),
        min_notional=Decimal(lot["minNotionalValue"]),
        min_price=Decimal(price["minPrice"]),
        max_price=Decimal(price["maxPrice"]),
    )


def _rows() -> list[dict[str, Any]]:
    tree = json.loads(_INSTRUMENTS.read_text())
    rows: list[dict[str, Any]] = tree["instruments"] if isinstance(tree, dict) else tree
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--speed", default="600")
    parser.add_argument("--prices", nargs="+", default=())
    parser.add_argument("--config", type=Path, default=Path("config/config.yaml"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", type=float, default=10.0)
    parser.add_argument("--keep", type=Path, help="folder to leave accounts and logs in")
    arguments = parser.parse_args()
    folder = arguments.keep or Path(tempfile.mkdtemp(prefix="soak-"))
    folder.mkdir(parents=True, exist_ok=True)
    result = soak(
        folder,
        seconds=arguments.seconds,
        speed=arguments.speed,
        config=arguments.config,
        prices=arguments.prices,
        seed=arguments.seed,
        every_s=arguments.every,
    )
    sys.stdout.write(
        f"{result.fills} fills, {result.cycles} cycles closed, {result.funding} fundings, {result.checks} checks, "
        f"exit {result.exit_code}; {len(result.broken)} broken laws, {len(result.errors)} errors\n"
    )
    for text in [*result.broken[:20], *result.errors[:20]]:
        sys.stdout.write(f"  {text}\n")
    return 0 if result.ok else 1


if __name__ == "__main__":
    sys.exit(main())
